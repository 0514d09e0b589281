/*
 * memory_*(), rate() and barrier from scripts, on a store of this process:
 * what each returns and refuses, many runs at once, runs that are given up
 * or late in every turn of the loop.
 */
#include "fixture.h"
#include "support/file.h"

/* Scripts in shared/ begin with this: is() throws unless both are the same. */
#define IS	"function is($a, $b) { if ($a !== $b) throw [$a, $b]; } " \
		"function error($f) { try { $f(); } catch ($e) { return " \
		"$e->message(); } return none; } "

static void
shared_init(struct fixture *f)
{
	fixture_init(f);
	fixture_share(f);
}

/* ---- What each returns ------------------------------------------------- */


static void
shared_visit(void *arg, const char *path)
{
	struct fixture	*f = arg;
	struct buf	 script = BUF_INIT;

	buf_add_text(&script, IS);
	assert_true(file_read(path, &script));
	if (fixture_run(f, buf_cstr(&script)) != VERDICT_ACCEPT)
		fail_msg("%s", path);
	buf_free(&script);
}

static void
test_functions(void **state)
{
	struct fixture	 f;

	(void)state;
	shared_init(&f);
	file_each("tests/unit/hooks/shared", shared_visit, &f);
	assert_int_equal(share_open_tickets(f.share), 0);
	fixture_fini(&f);
}

static void
test_nothing_is_shared(void **state)
{
	static const char *const	all[] = {
		"memory_inc(\"k\")", "memory_fetch(\"k\")",
		"memory_store(\"k\", 1)", "rate(\"n\", \"e\", 1, 1)",
	};
	char				script[512];
	struct fixture			f;
	size_t				i;

	(void)state;
	fixture_init(&f);
	for (i = 0; i < sizeof all / sizeof all[0]; i++) {
		(void)snprintf(script, sizeof script, "try { %s; } catch "
		    "($e) { if ($e->message() =~ #/no share service here$/) "
		    "Accept(); } Reject();", all[i]);
		assert_int_equal(fixture_run(&f, script), VERDICT_ACCEPT);
	}
	assert_int_equal(fixture_run(&f, "try { barrier \"b\" { } } catch ($e) "
	    "{ Accept(); } Reject();"), VERDICT_ACCEPT);
	fixture_fini(&f);
}

/* ---- Many at once ------------------------------------------------------ */

static void
run_many(struct fixture *f, const char *script)
{
	int	i;

	fixture_script_ms(f, script, 0);
	for (i = 0; i < RUNS; i++)
		fixture_start(f, i);
	fixture_wait(f);
	for (i = 0; i < RUNS; i++) {
		assert_true(f->runs[i].done);
		assert_int_equal(f->runs[i].action, VERDICT_ACCEPT);
	}
}

static void
test_many(void **state)
{
	struct fixture	f;

	(void)state;
	shared_init(&f);
	run_many(&f, "for ($i = 0; $i < 10; $i += 1) { memory_inc(\"i\"); "
	    "memory_update(\"u\", 1, function ($k, $c, $v) { "
	    "memory_inc(\"calls\"); sleep(0); return $c + $v; }, 0); "
	    "barrier \"b\" => $n { $was = isset($n) ? $n : 0; sleep(0); "
	    "$n = $was + 1; } }");
	assert_int_equal(fixture_run(&f, IS "is(memory_fetch(\"i\"), 200); "
	    "is(memory_fetch(\"u\"), 200); barrier \"b\" => $n { is($n, 200); "
	    "} if (memory_fetch(\"calls\") <= 200) Reject(\"no retry\");"),
	    VERDICT_ACCEPT);
	fixture_fini(&f);
}

/* One that always loses gives up. */
static void
test_too_many_tries(void **state)
{
	struct fixture	f;

	(void)state;
	shared_init(&f);
	assert_int_equal(fixture_run(&f, "try { memory_update(\"k\", 1, "
	    "function ($k, $c, $v) { memory_inc(\"k\"); return 0; }, 0); } "
	    "catch ($e) { if ($e->message() == \"memory_update(): others "
	    "changed it 1000 times meanwhile\" and memory_fetch(\"k\") == "
	    "1000) Accept(); } Reject();"), VERDICT_ACCEPT);
	fixture_fini(&f);
}

/* ---- Given up, and late ------------------------------------------------ */

/* Whatever was held or waited for is free again. */
static void
test_cancelled(void **state)
{
	static const char	script[] = "barrier \"a\" => $v { $v = 1; "
	    "barrier \"b\" { memory_update(\"k\", 1, function ($k, $c, $v) { "
	    "sleep(0); return 1; }); } } barrier \"a\" { barrier \"b\" { } }";
	struct fixture		f;
	int			i, turns, given_up = 0;

	(void)state;
	shared_init(&f);
	for (turns = 0; turns < 60; turns++) {
		fixture_script_ms(&f, script, 0);
		fixture_start(&f, 0);
		/* A timer of 0 is a turn. */
		for (i = 0; i < turns && f.left > 0; i++) {
			struct timer	t;

			timer_init(&t, f.loop, (void (*)(void *))loop_stop,
			    f.loop);
			timer_start(&t, 0);
			(void)loop_run(f.loop);
			timer_fini(&t);
		}
		given_up += f.runs[0].run != NULL;
		fixture_cancel(&f, 0);
		assert_int_equal(fixture_run(&f, "barrier \"a\" { barrier "
		    "\"b\" { Accept(); } } Reject();"), VERDICT_ACCEPT);
		assert_int_equal(share_open_tickets(f.share), 0);
	}
	print_message("given up in %d of 60 places\n", given_up);
	assert_true(given_up > 5 && given_up < 60);
	fixture_fini(&f);
}

static void
test_late(void **state)
{
	struct fixture	f;

	(void)state;
	shared_init(&f);
	/* The one holds it for longer than the other may wait. */
	fixture_script_ms(&f, "barrier \"a\" { sleep(0.01); "
	    "memory_store(\"in\", 1); sleep(30); }", 300);
	fixture_start(&f, 0);
	fixture_start(&f, 1);
	fixture_wait(&f);
	assert_int_equal(f.runs[0].action, VERDICT_DEFER);
	assert_int_equal(f.runs[1].action, VERDICT_DEFER);
	assert_int_equal(share_open_tickets(f.share), 0);
	assert_int_equal(fixture_run(&f, "barrier \"a\" { Accept(); } "
	    "Reject();"), VERDICT_ACCEPT);
	fixture_fini(&f);
}

/* ---- The pages --------------------------------------------------------- */

/* What every script may call is on the page of hooks or of the language. */
static void
test_pages(void **state)
{
	const struct hsl_function	*fn = hooks_script_host.functions;
	struct buf			 page = BUF_INIT;
	char				 here[80], there[80], bare[80];

	(void)state;
	assert_true(file_read("common/hsl/halyard-hsl.7", &page));
	assert_true(file_read("smtpd/smtpd.8", &page));
	for (; fn->name != NULL; fn++) {
		(void)snprintf(here, sizeof here, "\n.It Ic %s Ns ",
		    fn->name);
		(void)snprintf(there, sizeof there, " Fn %s ",
		    fn->name);
		(void)snprintf(bare, sizeof bare, "\n.It Fn %s\n", fn->name);
		if (strstr(buf_cstr(&page), here) == NULL &&
		    strstr(buf_cstr(&page), there) == NULL &&
		    strstr(buf_cstr(&page), bare) == NULL)
			fail_msg("no page has %s()", fn->name);
	}
	buf_free(&page);
}

/* ---- What each charges ------------------------------------------------- */

/*
 * Every function beside the core library, with a call whose work grows with
 * its text and must be charged for, or NULL where a call costs the same
 * whatever it is given, and charges that.
 */
static const struct {
	const char	*name;
	const char	*call;
} charges[] = {
	{ "gethostname", NULL }, { "sleep", NULL }, { "dns_query", NULL },
	{ "syslog", NULL },		/* is cut */
	{ "header_dkim_decode", "header_dkim_decode(\"a=\" . $s)" },
	{ "mimeword_encode", "mimeword_encode($s)" },
	{ "mimeword_decode", "mimeword_decode($s)" },
	{ "memory_add", "memory_add(\"k\", $s)" },
	{ "memory_store", "memory_store(\"k\", $s)" },
	{ "memory_fetch", "memory_fetch(\"kept\")" },
	{ "memory_exists", "memory_exists(\"kept\", function ($k, $v) { })" },
	{ "memory_delete", "memory_delete(\"kept\", function ($k, $v) { })" },
	{ "memory_update", "memory_update(\"kept\", 1, "
	    "function ($k, $c, $v) { return 1; })" },
	{ "memory_inc", NULL }, { "memory_dec", NULL }, { "rate", NULL },
	/* By the size of the file, when it is read: hooks/file.c. */
	{ "file", NULL }, { "file_get_contents", NULL }, { "in_file", NULL },
	{ "server_concurrency", NULL },
	{ "queue_quota", NULL }, { "queue_policy", NULL },
	{ "queue_policy_delete", NULL }, { "queue_suspend", NULL },
};

/* Whether a script of this call ends within so many instructions. */
static bool
run_within(struct fixture *f, const char *call, uint64_t instructions)
{
	struct hsl_limits	l = hsl_limits_default;
	char			script[256];

	(void)snprintf(script, sizeof script,
	    "$s = \"a\" * 900000; $x = %s;", call);
	l.instructions = instructions;
	fixture_script(f, script, &l);
	fixture_start(f, 0);
	fixture_wait(f);
	return f->runs[0].action == VERDICT_ACCEPT;
}

static bool
has_charge(const char *name, const char **call)
{
	for (size_t i = 0; i < sizeof charges / sizeof charges[0]; i++)
		if (strcmp(charges[i].name, name) == 0) {
			*call = charges[i].call;
			return true;
		}
	return false;
}

static void
test_charges(void **state)
{
	static const char *const	names[] = {
#define FN(name, min, max, signature, text)	#name,
#include "hooks/library/library.def"
#undef FN
	};
	const uint64_t			few = 900000 / 32 + 5000;
	struct fixture			f;
	const char			*call = NULL;

	(void)state;
	shared_init(&f);
	assert_true(run_within(&f, "1", few));
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (!has_charge(names[i], &call))
			fail_msg("what does %s() charge?", names[i]);
		if (call == NULL)
			continue;
		assert_int_equal(fixture_run(&f, "memory_delete(\"k\"); "
		    "memory_store(\"kept\", \"v\" * 900000);"),
		    VERDICT_ACCEPT);
		if (run_within(&f, call, few + 10000) ||
		    !run_within(&f, call, 10000000))
			fail_msg("%s charges too little or too much", call);
	}
	fixture_fini(&f);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_nothing_is_shared),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_too_many_tries),
		cmocka_unit_test(test_cancelled),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_charges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
