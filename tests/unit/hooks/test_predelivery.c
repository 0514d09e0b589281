/*
 * The hook before an attempt: what it shares with the one behind it reaches
 * its own answer.  What Try() asks for is tested with the worker.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "event/loop.h"
#include "hooks/hooks.h"
#include "hooks/predelivery.h"

struct before {
	struct loop			*loop;
	enum predelivery_action		 action;
	bool				 hold;
	char				 subject[32], metadata[32];
};

static void
before_report(void *arg, const struct hsl_diag *d)
{
	(void)arg;
	fail_msg("%d:%d: %s", d->line, d->column, d->text);
}

static void
before_keep(char to[32], struct str s)
{
	assert_true(s.len < 32);
	if (s.len > 0)
		memcpy(to, s.p, s.len);
	to[s.len] = '\0';
}

static void
before_done(void *arg, const struct predelivery_answer *a)
{
	struct before	*b = arg;

	b->action = a->action;
	b->hold = a->hold;
	before_keep(b->subject, a->dsn.subject);
	before_keep(b->metadata, a->change.metadata);
	loop_stop(b->loop);
}

static void
before_run(struct before *b, const char *script)
{
	static const struct logctx	 ctx;
	static const struct spool_id	 id = { .queue = 1 };
	struct spool_entry		 entry = { .recipient =
					    STR("r@a.example") };
	struct predelivery_request	 rq = { .id = &id, .entry = &entry,
	    .log = &ctx, .done = before_done, .arg = b };
	struct hook_config		 c = { .limits = hsl_limits_default,
	    .offers = hooks_host(HOOK_PREDELIVERY) };
	struct file_source		 none = { .arg = NULL };
	struct hook			*h;

	rq.original = rq.modified = &none;
	memset(b, 0, sizeof *b);
	b->loop = c.host.loop = loop_new(NULL);
	h = hook_new(HOOK_PREDELIVERY, &c, "t", str_of(script),
	    before_report, NULL);
	assert_non_null(h);
	(void)predelivery_start(h, &rq);
	assert_int_equal(loop_run(b->loop), 0);
	hook_free(&h);
	loop_free(&b->loop);
}

static void
test_dsn(void **state)
{
	struct before	b;

	(void)state;
	before_run(&b, "Bounce([\"dsn\" => [\"subject\" => \"no\"]]);");
	assert_int_equal(b.action, PREDELIVERY_BOUNCE);
	assert_string_equal(b.subject, "no");
	before_run(&b, "Queue([\"hold\" => true, \"dsn\" => [\"subject\" => "
	    "\"later\"]]);");
	assert_int_equal(b.action, PREDELIVERY_QUEUE);
	assert_true(b.hold);
	assert_string_equal(b.subject, "later");
	/* Half of it is none of it. */
	before_run(&b, "Bounce([\"dsn\" => [\"subject\" => \"no\", \"ret\" "
	    "=> 5]]);");
	assert_int_equal(b.action, PREDELIVERY_QUEUE);
	assert_string_equal(b.subject, "");
}

/* One that was caught leaves nothing behind; metadata stay. */
static void
test_caught(void **state)
{
	struct before	b;

	(void)state;
	before_run(&b, "SetMetaData([\"a\" => \"b\"]); try { Bounce([\"dsn\" "
	    "=> [\"subject\" => \"no\", \"from\" => 1]]); } "
	    "catch ($e) { }");
	assert_int_equal(b.action, PREDELIVERY_TRY);
	assert_string_equal(b.subject, "");
	assert_string_equal(b.metadata, "\1a\1b");
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_dsn),
		cmocka_unit_test(test_caught),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
