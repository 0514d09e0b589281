/*
 * Filters against one entry, table by table; and the entry as JSON.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "queue/queue_filter.h"
#include "spool/fields.h"

#define ID	"01234567-89ab-7def-8123-456789abcdef"

/* Accepted an hour ago, retried twice, due in ten minutes. */
static void
row_make(struct queue_row *r, struct buf *metadata)
{
	memset(r, 0, sizeof *r);
	assert_int_equal(spool_id_parse(&r->id, STR(ID ":7")), 0);
	r->now_ms = 10000000;
	r->wall_ms = 1796000000000;
	r->entry.accepted_ms = r->now_ms - 3600000;
	r->entry.due_ms = r->now_ms + 600000;
	r->entry.state = STATE_DEFER;
	r->entry.retry = 2;
	r->accepted.sender = STR("Some.One@Example.com");
	r->accepted.recipient = STR("r@b.example");
	r->accepted.transportid = STR("mx");
	r->accepted.jobid = STR("a*b");
	r->accepted.ts_us = 1796000000000000ULL - 3600000000ULL;
	fields_list_add(metadata, STR("k"));
	fields_list_add(metadata, STR("v=w"));
	r->accepted.metadata = buf_str(metadata);
}

/* "name=value name=value": terms; NULL is the end. */
static struct queue_filter *
filter_make(const char *const *terms)
{
	struct queue_filter	*f = queue_filter_new();
	struct str		 name, value;
	struct err		 e;

	for (; *terms != NULL; terms++) {
		name = str_split(str_of(*terms), '=', &value);
		if (queue_filter_add(f, name, value, &e) == -1) {
			queue_filter_free(&f);
			return NULL;
		}
	}
	return f;
}

static void
test_match(void **state)
{
	static const struct {
		const char	*terms[4];
		bool		 early, whole;
	} cases[] = {
		{ { NULL }, true, true },
		{ { "id=" ID }, true, true },
		{ { "id=" ID ":7" }, true, true },
		{ { "id=" ID ":8" }, false, false },
		{ { "id=" ID ":8", "id=" ID ":7" }, true, true },
		{ { "sender=some.one@example.COM" }, true, true },
		{ { "sender=*@example.com" }, true, true },
		{ { "sender=*@example.co" }, true, false },
		{ { "sender=s*o*e@*.c*" }, true, true },
		{ { "sender=" }, true, false },
		{ { "senderdomain=example.com", "recipientdomain=b.example" },
		    true, true },
		{ { "senderdomain=example.com", "recipientdomain=other" },
		    true, false },
		{ { "recipientdomain=other", "recipientdomain=b.example" },
		    true, true },
		{ { "transportid=MX" }, true, false },
		{ { "jobid=a\\*b" }, true, true },
		{ { "jobid=a\\*" }, true, false },
		{ { "tenantid=" }, true, true },
		{ { "tenantid=*" }, true, true },
		{ { "state=DEFER" }, true, true },
		{ { "state=active" }, false, false },
		{ { "state=UNKNOWN" }, false, false },
		{ { "state=hold", "state=defer" }, true, true },
		{ { "retrycount=2" }, true, true },
		{ { "retrycount=>=2", "sender=x" }, true, false },
		{ { "retrycount=>2" }, false, false },
		{ { "retrycount=<2" }, false, false },
		{ { "retrycount=<=2" }, true, true },
		{ { "retrycount=1..2" }, true, true },
		{ { "retrycount=3..9" }, false, false },
		{ { "retrydelay=10m" }, true, true },
		{ { "retrydelay=<600" }, false, false },
		{ { "age=3600" }, true, true },
		{ { "age=>59m" }, true, true },
		{ { "age=1h..1d" }, true, true },
		{ { "age=>1h" }, false, false },
		{ { "priority=0" }, true, true },
		{ { "priority=1" }, true, false },
		{ { "ts=1795996400" }, true, true },
		{ { "ts=>2026-11-29T00:00:00Z" }, true, true },
		{ { "ts=2026-11-01..2026-12-31" }, true, true },
		{ { "ts=<2026-11-29" }, true, false },
		{ { "metadata=k=v=w" }, true, true },
		{ { "metadata=k=v*" }, true, true },
		{ { "metadata=k=v" }, true, false },
		{ { "metadata=x=" }, true, false },
		{ { "remotemx=" }, true, true },
		{ { "remotemx=mx*" }, true, false },
	};
	struct queue_filter	*f;
	struct buf		 metadata = BUF_INIT;
	struct queue_row	 r;
	size_t			 i;

	(void)state;
	row_make(&r, &metadata);
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		f = filter_make(cases[i].terms);
		if (f == NULL || queue_filter_early(f, &r) != cases[i].early ||
		    queue_filter_match(f, &r) != cases[i].whole)
			fail_msg("case %zu: %s", i, cases[i].terms[0]);
		queue_filter_free(&f);
	}
	buf_free(&metadata);
}

static void
test_refused(void **state)
{
	static const char	*const bad[] = { "nonsense=1", "id=", "id=x",
		"id=" ID ":0x", "state=", "state=later", "retrycount=",
		"retrycount=>", "retrycount=-1", "retrycount=1..",
		"retrycount=..2", "retrycount=1h", "age=1y", "age=h",
		"ts=2026-13-01", "ts=2026-1-1", "ts=2026-01-01T", "ts=soon",
		"ts=2026-01-01T10:00:00Zx", "metadata=k", "priority=high",
		"age=99999999999999999999" };
	const char		*terms[2] = { NULL, NULL };
	struct queue_filter	*f;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		terms[0] = bad[i];
		if ((f = filter_make(terms)) != NULL)
			fail_msg("%s was taken", bad[i]);
	}
}

static void
test_ids(void **state)
{
	const char		*some[] = { "id=" ID ":1", "id=" ID ":2",
				    NULL };
	const char		*more[] = { "id=" ID ":1", "state=hold",
				    NULL };
	struct queue_filter	*f = filter_make(some);
	struct spool_id		 id;
	struct buf		 text = BUF_INIT;

	(void)state;
	assert_int_equal(queue_filter_ids(f), 2);
	queue_filter_id(f, 1, &id);
	assert_int_equal(id.queue, 2);
	queue_filter_text(f, &text);
	assert_string_equal(buf_cstr(&text), "--id " ID ":1 --id " ID ":2");
	queue_filter_free(&f);
	f = filter_make(more);
	assert_int_equal(queue_filter_ids(f), 0);
	queue_filter_free(&f);
	buf_free(&text);
}

static void
test_json(void **state)
{
	struct buf		 metadata = BUF_INIT, out = BUF_INIT;
	struct queue_row	 r;

	(void)state;
	row_make(&r, &metadata);
	queue_row_json(&out, &r);
	assert_non_null(strstr(buf_cstr(&out), "{\"id\":{\"transaction\":\""
	    ID "\",\"queue\":7},\"state\":\"defer\",\"ts\":1795996400.000,"
	    "\"sender\":\"Some.One@Example.com\""));
	assert_non_null(strstr(buf_cstr(&out), "\"retry\":2,"
	    "\"due\":1796000600.000,\"age\":3600,"));
	assert_non_null(strstr(buf_cstr(&out), "\"metadata\":{\"k\":\"v=w\"}"));
	buf_clear(&out);
	queue_row_group(&out, &r, queue_field_group(STR("senderdomain")));
	assert_string_equal(buf_cstr(&out), "example.com");
	assert_int_equal(queue_field_group(STR("ts")), QUEUE_FIELDS);
	buf_free(&metadata);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
