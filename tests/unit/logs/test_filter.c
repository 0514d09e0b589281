/*
 * filter: which lines of the log are meant.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "logs/log_filter.h"

#define T1	"01a226a6-5d54-7308-b540-78e0016600a8"
#define T2	"01a226a6-5d54-7308-b540-78e0016600a9"

static const char *const lines[] = {
	"0Z info smtpd[1]: event=connect conn=c server=s1 client=192.0.2.1",
	"1Z info smtpd[1]: event=message conn=c txn=" T1 " code=250 "
	    "from=A@x.example to=\"b@y.example:250 +2:c@z.example:550\"",
	"2Z warn qmgr[2]: event=attempt queue=" T1 ":1 code=451 from=\"\"",
	"3Z info qmgr[2]: event=attempt queue=" T1 ":12 code=250",
	"4Z info qmgr[2]: event=queue-change uid=0 action=hold "
	    "filter=\"id " T1 ":12 id " T2 ":1\"",
	"5Z error master[3]: event=worker-death service=s1 worker=4",
};

#define LINES	(sizeof lines / sizeof *lines)

static const struct {
	const char	*terms[8];	/* name, value ... */
	const char	*want;		/* digits: lines that are meant */
} row[] = {
	{ { NULL }, "012345" },
	{ { "id", T1 }, "1234" },
	{ { "id", T1 ":1" }, "12" },
	{ { "id", T1 ":12" }, "134" },
	{ { "id", T1 ":120" }, "1" },
	{ { "id", T2 ":1" }, "4" },
	{ { "id", T1 ":1", "id", T2 }, "124" },
	{ { "id", T1 ":x" }, "" },
	{ { "id", "" }, "" },
	{ { "event", "attempt" }, "23" },
	{ { "event", "queue-*", "event", "connect" }, "04" },
	{ { "level", "error" }, "5" },
	{ { "level", "warn" }, "25" },
	{ { "level", "debug" }, "012345" },
	{ { "service", "s1" }, "05" },
	{ { "service", "qmgr" }, "234" },
	{ { "sender", "a@X.example" }, "1" },
	{ { "sender", "" }, "2" },
	{ { "senderdomain", "x.example" }, "1" },
	{ { "senderdomain", "example" }, "" },
	{ { "recipient", "b@y.example" }, "1" },
	{ { "recipient", "+2:c@z.example" }, "1" },
	{ { "recipientdomain", "z.*" }, "1" },
	{ { "recipientdomain", "y.example", "code", "451" }, "" },
	{ { "code", "4*", "code", "250", "event", "attempt" }, "23" },
	{ { "client", "192.0.2.*" }, "0" },
};

static void
test_rows(void **state)
{
	struct log_line	l = LOG_LINE_INIT;
	struct err	e;
	size_t		i, k;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		struct log_filter	f = { .count = 0 };
		char			got[LINES + 1];
		size_t			n = 0;

		for (k = 0; row[i].terms[k] != NULL; k += 2)
			assert_int_equal(log_filter_add(&f,
			    str_of(row[i].terms[k]),
			    str_of(row[i].terms[k + 1]), &e), 0);
		for (k = 0; k < LINES; k++) {
			assert_int_equal(log_line_parse(&l, str_of(lines[k])),
			    0);
			if (log_filter_match(&f, &l))
				got[n++] = (char)('0' + k);
		}
		got[n] = '\0';
		if (strcmp(got, row[i].want) != 0)
			fail_msg("%s %s: %s", row[i].terms[0],
			    row[i].terms[1], got);
	}
	log_line_fini(&l);
}

/* What it is looked for by is in each line that is meant. */
static void
test_needle(void **state)
{
	static const struct {
		const char	*terms[8], *want;
	} rows[] = {
		{ { "event", "attempt" }, "attempt" },
		{ { "event", "queue-*" }, "" },
		{ { "event", "a", "event", "b" }, "" },
		{ { "event", "a", "event", "b", "id", T1 ":1" }, T1 },
		{ { "code", "250" }, "" },
		{ { NULL }, "" },
	};
	struct err	e;
	size_t		i, k;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct log_filter	f = { .count = 0 };

		for (k = 0; rows[i].terms[k] != NULL; k += 2)
			assert_int_equal(log_filter_add(&f,
			    str_of(rows[i].terms[k]),
			    str_of(rows[i].terms[k + 1]), &e), 0);
		assert_true(str_eq(log_filter_needle(&f),
		    str_of(rows[i].want)));
	}
}

static void
test_refused(void **state)
{
	struct log_filter	f = { .count = 0 };
	struct err		e;
	int			i;

	(void)state;
	assert_int_equal(log_filter_add(&f, STR("nope"), STR("1"), &e), -1);
	assert_int_equal(log_filter_add(&f, STR("level"), STR("x"), &e), -1);
	for (i = 0; i < LOG_FILTER_TERMS; i++)
		assert_int_equal(log_filter_add(&f, STR("code"), STR("1"),
		    &e), 0);
	assert_int_equal(log_filter_add(&f, STR("code"), STR("1"), &e), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_needle),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
