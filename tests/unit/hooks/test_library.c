/*
 * Runs of a hook that wait: resumed, cancelled in every turn of the loop, and
 * late; and where files are found.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "hooks/origin.h"

static void
cancel(void *arg)
{
	fixture_cancel(arg, 0);
}

/*
 * One run of its own.  cancel_ms -1: not cancelled, -2: before the loop's
 * first turn.
 */
static struct run
run_script(const char *script, uint32_t time_ms, int64_t cancel_ms)
{
	struct fixture	f;
	struct timer	t;
	struct run	r;

	fixture_init(&f);
	fixture_dns(&f);
	fixture_script_ms(&f, script, time_ms);
	timer_init(&t, f.loop, cancel, &f);
	fixture_start(&f, 0);
	if (cancel_ms == -2)
		fixture_cancel(&f, 0);
	else {
		if (cancel_ms >= 0)
			timer_start(&t, cancel_ms);
		fixture_wait(&f);
	}
	r = f.runs[0];
	timer_fini(&t);
	fixture_fini(&f);
	return r;
}

static void
test_waits_end(void **state)
{
	static const char *const	scripts[] = {
		"if (sleep(0.01) < 0.01) Reject();",
		"sleep(0); sleep(0); foreach (array_map(sleep, [0, 0.001]) as "
		"$s) if ($s < 0) Reject();",
		"if (dns_query(\"x.example\", [\"timeout\" => 0.01]) != "
		"[\"error\" => \"TRY_AGAIN\", \"dnssec\" => false]) Reject();",
		"if (dns_query(\"a b\")[\"error\"] != \"NXDOMAIN\") Reject();",
		"function f() { sleep(0.001); throw 1; } "
		"try { f(); Reject(); } catch ($e) { sleep(0); }",
		"$f = File::String(\"a\"); sleep(0); if ($f->read() != \"a\") "
		"Reject();",
	};
	struct run			r;
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
		r = run_script(scripts[i], 0, -1);
		assert_true(r.done);
		assert_int_equal(r.action, VERDICT_ACCEPT);
	}
}

static void
test_waits_cancelled(void **state)
{
	static const char *const	scripts[] = {
		"$f = File::String(\"a\"); sleep(100);",
		"dns_query(\"x.example\", [\"timeout\" => 100]);",
		"dns_query(\"a b\"); sleep(100);",
		"while (true) sleep(0);",
		"while (true) dns_query(\"a b\");",
	};
	struct run			r;
	size_t				i;
	int				ms;

	(void)state;
	for (i = 0; i < sizeof scripts / sizeof scripts[0]; i++)
		for (ms = -2; ms < 12; ms += ms == -2 ? 2 : 3) {
			r = run_script(scripts[i], 0, ms);
			assert_false(r.done);
			assert_null(r.run);
		}
}

/* A limit of time ends a wait, and no script can catch it. */
static void
test_waits_late(void **state)
{
	static const char *const	scripts[] = {
		"try { sleep(100); } catch ($e) { } Accept();",
		"try { dns_query(\"x.example\", [\"timeout\" => 100]); } "
		"catch ($e) { } Accept();",
	};
	struct run			r;
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
		r = run_script(scripts[i], 30, -1);
		assert_true(r.done);
		assert_int_equal(r.action, VERDICT_DEFER);
	}
}

/* ---- Files ------------------------------------------------------------- */

static void
make_file(const char *dir, const char *name)
{
	char	path[256];
	FILE	*f;

	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs("text", f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void
make_link(const char *dir, const char *to, const char *name)
{
	char	path[256];

	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	assert_int_equal(symlink(to, path), 0);
}

static void
test_origin(void **state)
{
	static const struct {
		const char	*path;
		bool		 found;
	} rows[] = {
		{ "in", true }, { "./in", true }, { "file://in", true },
		{ "file:in", true }, { "/in", true }, { "x/../in", true },
		{ "link", true }, { "sub/in", true },
		{ "../out", false }, { "./../out", false },
		{ "file://../out", false }, { "away", false },
		{ "up/out", false }, { "sub", false }, { "", false },
		{ ".", false }, { "loop", false }, { "absent", false },
		{ "/../out", false }, { "extras://in", false },
		{ "../root-too/in", false },
	};
	char		dir[] = "/tmp/test_library.XXXXXX", root[64], text[256];
	struct origin	o = { .root = root, .confined = true };
	uint64_t	size;
	size_t		i;
	int		fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(root, sizeof root, "%s/root", dir);
	(void)snprintf(text, sizeof text, "mkdir %s %s/sub %s-too", root,
	    root, root);
	assert_int_equal(system(text), 0);
	make_file(dir, "out");
	make_file(dir, "root/in");
	make_file(dir, "root/sub/in");
	make_file(dir, "root-too/in");
	make_link(root, "in", "link");
	make_link(root, "../out", "away");
	make_link(root, "..", "up");
	make_link(root, "loop", "loop");
	assert_int_equal(origin_open_root(&o, NULL), 0);
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size = 0;
		fd = origin_open_file(&o, rows[i].path, &size, NULL);
		if ((fd != -1) != rows[i].found)
			fail_msg("%s", rows[i].path);
		assert_true(fd == -1 || size == 4);
		if (fd != -1)
			(void)close(fd);
	}
	origin_close_root(&o);
	(void)snprintf(text, sizeof text, "rm -r %s", dir);
	assert_int_equal(system(text), 0);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_waits_end),
		cmocka_unit_test(test_waits_cancelled),
		cmocka_unit_test(test_waits_late),
		cmocka_unit_test(test_origin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
