/*
 * line: lines of the log read and written again; what is none is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "logs/log_line.h"

#define HEAD	"2026-11-22T05:10:18.123456Z info smtpd[7]: "
#define JHEAD	"{\"event\":\"x\","					\
		"\"time\":\"2026-11-22T05:10:18.123456Z\","		\
		"\"level\":\"info\",\"program\":\"smtpd\",\"pid\":7"

static const struct {
	const char	*in;
	const char	*json;		/* NULL: no line of ours */
	const char	*text;		/* NULL: as it came in */
} row[] = {
	{ HEAD "event=x", JHEAD "}", NULL },
	{ HEAD "event=x code=250 to=a:250 n=-3", JHEAD ",\"code\":250,"
	    "\"to\":\"a:250\",\"n\":-3}", NULL },
	{ HEAD "event=x text=\"a \\\"b\\\" = \\\\ \\u001b[1m\" k=v", JHEAD
	    ",\"text\":\"a \\\"b\\\" = \\\\ \\u001b[1m\",\"k\":\"v\"}", NULL },
	{ HEAD "event=x from=\"\"", JHEAD ",\"from\":\"\"}", NULL },
	/* Not as numbers: they would not come back the same. */
	{ HEAD "event=x a=007 b=12345678901234567890 c=-", JHEAD
	    ",\"a\":\"007\",\"b\":\"12345678901234567890\",\"c\":\"-\"}",
	    NULL },
	{ HEAD "event=x t=\"\\u00e9\\ud83d\\ude00\\ud800\\n\"", JHEAD
	    ",\"t\":\"\xc3\xa9\xf0\x9f\x98\x80\xef\xbf\xbd\\u000a\"}", HEAD
	    "event=x t=\"\xc3\xa9\xf0\x9f\x98\x80\xef\xbf\xbd\\u000a\"" },
	/* What a terminal would obey. */
	{ HEAD "event=x t=a\033[2J", JHEAD ",\"t\":\"a\\u001b[2J\"}", HEAD
	    "event=x t=\"a\\u001b[2J\"" },
	{ HEAD "event=x t=a\xc2\x9b", JHEAD ",\"t\":\"a\\u009b\"}", HEAD
	    "event=x t=\"a\\u009b\"" },
	/* JSON. */
	{ "{\"time\":\"2026-11-22T05:10:18.123456Z\",\"level\":\"info\","
	    "\"program\":\"smtpd\",\"pid\":7,\"event\":\"x\",\"code\":250,"
	    "\"text\":\"a b\"}", JHEAD ",\"code\":250,\"text\":\"a b\"}",
	    HEAD "event=x code=250 text=\"a b\"" },
	/* The system's log. */
	{ "Nov 22 05:10:18 host halyard[7]: event=x code=1",
	    "{\"event\":\"x\",\"time\":\"Nov 22 05:10:18 host halyard[7]:\","
	    "\"code\":1}",
	    "\"Nov 22 05:10:18 host halyard[7]:\" event=x code=1" },
	{ "Nov 22 05:10:18 host halyard[7]: {\"event\":\"x\",\"code\":1}",
	    "{\"event\":\"x\",\"code\":1}", "event=x code=1" },
	{ "event=x", "{\"event\":\"x\"}", NULL },
	/* Others. */
	{ "", NULL, NULL },
	{ "hello", NULL, NULL },
	{ "{", NULL, NULL },
	{ "{}", NULL, NULL },
	{ "{\"event\"", NULL, NULL },
	{ "{\"event\":", NULL, NULL },
	{ "{\"event\":\"x\"", NULL, NULL },
	{ "{\"event\":\"x\"}}", NULL, NULL },
	{ "{\"event\":\"x\",}", NULL, NULL },
	{ "{\"event\":\"x\",\"a\":{}}", NULL, NULL },
	{ "{\"event\":\"x\",\"a\":[1]}", NULL, NULL },
	{ "{\"event\":\"x\",\"a\":}", NULL, NULL },
	{ "{\"event\":\"x\",\"\033\":1}", NULL, NULL },
	{ "{\"a\":\"x\"}", NULL, NULL },
	{ HEAD "event=x a", NULL, NULL },
	{ HEAD "event=x a=\"b", NULL, NULL },
	{ HEAD "event=x a=\"b\"c", NULL, NULL },
	{ HEAD "event=x a=\"\\x\"", NULL, NULL },
	{ HEAD "event=x a=\"\\u12g4\"", NULL, NULL },
	{ HEAD "event=x a=\"\\", NULL, NULL },
	{ HEAD "event=x \033=1", NULL, NULL },
};

static void
test_rows(void **state)
{
	struct log_line	l = LOG_LINE_INIT;
	struct buf	out = BUF_INIT;
	size_t		i;
	int		rc;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		rc = log_line_parse(&l, str_of(row[i].in));
		if (rc != (row[i].json == NULL ? -1 : 0))
			fail_msg("%s: %d", row[i].in, rc);
		if (rc == -1)
			continue;
		buf_clear(&out);
		log_line_json(&l, &out);
		assert_string_equal(buf_cstr(&out), row[i].json);
		buf_clear(&out);
		log_line_text(&l, &out);
		assert_string_equal(buf_cstr(&out), row[i].text != NULL ?
		    row[i].text : row[i].in);
	}
	log_line_fini(&l);
	buf_free(&out);
}

static void
test_bounds(void **state)
{
	struct log_line	l = LOG_LINE_INIT;
	struct buf	in = BUF_INIT;

	(void)state;
	buf_add_text(&in, "event=x");
	while (in.len < LOG_LINE_MAX)
		buf_add_byte(&in, 'x');
	assert_int_equal(log_line_parse(&l, buf_str(&in)), 0);
	buf_add_byte(&in, 'x');
	assert_int_equal(log_line_parse(&l, buf_str(&in)), -1);
	buf_clear(&in);
	buf_add_text(&in, "event=x");
	for (int i = 0; i < LOG_LINE_FIELDS; i++)
		buf_printf(&in, " f%d=%d", i, i);
	assert_int_equal(log_line_parse(&l, buf_str(&in)), 0);
	assert_int_equal(l.count, LOG_LINE_FIELDS);
	buf_add_text(&in, " g=1");
	assert_int_equal(log_line_parse(&l, buf_str(&in)), -1);
	log_line_fini(&l);
	buf_free(&in);
}

static void
test_names(void **state)
{
	(void)state;
	assert_non_null(log_event_help(STR("queued")));
	assert_null(log_event_help(STR("nope")));
	assert_true(log_field_known(STR("txn")));
	assert_true(log_field_known(STR("remote")));
	assert_false(log_field_known(STR("nope")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
