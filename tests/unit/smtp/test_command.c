/* Lines of a client, table by table: verbs, paths, parameters, BDAT. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "smtp/command.h"

struct row {
	const char	*line;
	int		 code;		/* 0: taken */
	int		 subject, detail;
	const char	*want;		/* local|domain, or the argument */
};

static const struct row	rows[] = {
	{ "NOOP", 0, 0, 0, "" },
	{ "noop hello there ", 0, 0, 0, "hello there" },
	{ "RSET", 0, 0, 0, "" },
	{ "RSET x", 501, 5, 4, NULL },
	{ "DATA x", 501, 5, 4, NULL },
	{ "QUIT x", 501, 5, 4, NULL },
	{ "STARTTLS now", 501, 5, 4, NULL },
	{ "VRFY", 501, 5, 4, NULL },
	{ "", 500, 5, 1, NULL },
	{ "MAILFROM:<a@b>", 500, 5, 1, NULL },
	{ "EHLO mx.example", 0, 0, 0, "mx.example" },
	{ "EHLO [IPv6:::1]", 0, 0, 0, "[IPv6:::1]" },
	{ "EHLO", 501, 0, 0, NULL },
	{ "HELO a b", 501, 0, 0, NULL },
	{ "EHLO \xff", 501, 0, 0, NULL },
	{ "NOOP a\x01", 500, 5, 2, NULL },
	{ "MAIL FROM:<>", 0, 0, 0, "|" },
	{ "MAIL FROM: <>", 0, 0, 0, "|" },
	{ "mail from:<a@b.example>", 0, 0, 0, "a|b.example" },
	{ "MAIL FROM:<a.b+c=d/e@b>", 0, 0, 0, "a.b+c=d/e|b" },
	{ "MAIL FROM:<@x.example,@[192.0.2.9]:a@b>", 0, 0, 0, "a|b" },
	{ "MAIL FROM:<@x.example a@b>", 501, 1, 7, NULL },
	{ "MAIL FROM:<a..b@c>", 501, 1, 7, NULL },
	{ "MAIL FROM:<.a@c>", 501, 1, 7, NULL },
	{ "MAIL FROM:<a.@c>", 501, 1, 7, NULL },
	{ "MAIL FROM:<a@b@c>", 501, 1, 7, NULL },
	{ "MAIL FROM:<a b@c>", 501, 1, 7, NULL },
	{ "MAIL FROM:<a@>", 501, 1, 7, NULL },
	{ "MAIL FROM:<@b>", 501, 1, 7, NULL },
	{ "MAIL FROM:<a>", 501, 1, 7, NULL },
	{ "MAIL FROM:<a@b", 501, 1, 7, NULL },
	{ "MAIL FROM:a@b", 501, 1, 7, NULL },
	{ "MAIL FROM:<postmaster>", 501, 1, 7, NULL },
	{ "MAIL FROM:", 501, 1, 7, NULL },
	{ "MAIL a@b", 501, 5, 4, NULL },
	{ "MAIL FROM:<\"a b\\\"c@\"@d>", 0, 0, 0, "a b\"c@|d" },
	{ "MAIL FROM:<\"\"@d>", 0, 0, 0, "|d" },
	{ "MAIL FROM:<\"a@d>", 501, 1, 7, NULL },
	{ "MAIL FROM:<\"a\\", 501, 1, 7, NULL },
	{ "MAIL FROM:<a@[192.0.2.1]>", 0, 0, 0, "a|[192.0.2.1]" },
	{ "MAIL FROM:<a@[IPv6:2001:db8::1]>", 0, 0, 0,
	    "a|[IPv6:2001:db8::1]" },
	{ "MAIL FROM:<a@[999.0.2.1]>", 501, 1, 7, NULL },
	{ "MAIL FROM:<a@[2001:db8::1]>", 501, 1, 7, NULL },
	{ "MAIL FROM:<a@[IPv6:192.0.2.1]>", 501, 1, 7, NULL },
	{ "MAIL FROM:<a@[IPv6:[::1]]>", 501, 1, 7, NULL },
	{ "MAIL FROM:<a@b_c.example>", 0, 0, 0, "a|b_c.example" },
	{ "MAIL FROM:<a@-b.example>", 501, 1, 7, NULL },
	{ "MAIL FROM:<a@b..example>", 501, 1, 7, NULL },
	{ "MAIL FROM:<a@b.example.>", 501, 1, 7, NULL },
	{ "MAIL FROM:<\xc3\xa4@b\xc3\xbc.example>", 0, 0, 0,
	    "\xc3\xa4|b\xc3\xbc.example" },
	{ "MAIL FROM:<\xc0\x80@b>", 501, 1, 7, NULL },
	{ "MAIL FROM:<a@\xed\xa0\x80>", 501, 1, 7, NULL },
	{ "RCPT TO:<>", 501, 1, 3, NULL },
	{ "RCPT TO:<POSTmaster>", 0, 0, 0, "POSTmaster|" },
	{ "RCPT TO:<\"postmaster\">", 0, 0, 0, "postmaster|" },
	{ "RCPT TO:<other>", 501, 1, 3, NULL },
	{ "MAIL FROM:<>SIZE=1", 501, 5, 4, NULL },
	{ "MAIL FROM:<> SIZE=1  BODY=8BITMIME", 0, 0, 0, "|" },
	{ "MAIL FROM:<> SIZE=1 size=2", 501, 5, 4, NULL },
	{ "MAIL FROM:<> BODY=", 501, 5, 4, NULL },
	{ "MAIL FROM:<> =x", 501, 5, 4, NULL },
	{ "MAIL FROM:<> a=b=c", 501, 5, 4, NULL },
	{ "MAIL FROM:<> -a=b", 501, 5, 4, NULL },
	{ "MAIL FROM:<> a1 a2 a3 a4 a5 a6 a7 a8 a9 b1 b2 b3 b4 b5 b6 b7 b8",
	    501, 5, 4, NULL },
	{ "BDAT 0", 0, 0, 0, "0" },
	{ "BDAT 12 last", 0, 0, 0, "12 last" },
	{ "BDAT 9223372036854775807 LAST", 0, 0, 0,
	    "9223372036854775807 LAST" },
};

static struct str
row_line(const struct row *r)
{
	return str_of(r->line);
}

static void
check_path(const struct row *r, const struct smtp_command *c)
{
	char	got[600];

	(void)snprintf(got, sizeof got, "%.*s|%.*s",
	    (int)c->path.localpart.len, c->path.localpart.p,
	    (int)c->path.domain.len, c->path.domain.p);
	assert_string_equal(got, r->want);
	assert_int_equal(c->path.null, strcmp(r->want, "|") == 0);
	assert_int_equal(c->path.utf8, !str_is_ascii(str_of(r->want)));
}

static void
test_rows(void **state)
{
	struct smtp_refusal	why;
	struct smtp_command	c;
	struct arena		a = ARENA_INIT;
	size_t			i;
	int			rc;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		memset(&why, 0, sizeof why);
		rc = smtp_command_parse(&c, row_line(&rows[i]), NULL, &a, &why);
		if ((rc == -1) != (rows[i].code != 0) ||
		    (rc == -1 && why.code != rows[i].code))
			fail_msg("%s: %d %d", rows[i].line, rc, why.code);
		if (rc == -1) {
			assert_int_equal(why.enhanced[1], rows[i].subject);
			assert_int_equal(why.enhanced[2], rows[i].detail);
		} else if (c.verb == SMTP_MAIL || c.verb == SMTP_RCPT)
			check_path(&rows[i], &c);
		else
			assert_true(str_eq(c.arg, str_of(rows[i].want)));
	}
	arena_free(&a);
}

static void
test_params(void **state)
{
	struct smtp_refusal	why;
	struct smtp_command	c;
	struct arena		a = ARENA_INIT;

	(void)state;
	assert_int_equal(smtp_command_parse(&c,
	    STR("MAIL FROM:<a@b> SIZE=12 SMTPUTF8"), NULL, &a, &why), 0);
	assert_int_equal(c.param_count, 2);
	assert_true(str_eq(c.param[0].key, STR("SIZE")));
	assert_true(str_eq(c.param[0].value, STR("12")));
	assert_null(c.param[1].value.p);
	arena_free(&a);
}

/* What can't be skipped or may hide a command ends the session. */
static void
test_close(void **state)
{
	static const char *const	lines[] = {
		"BDAT", "BDAT -1", "BDAT 5 LASTX", "BDAT 5 LAST extra",
		"BDAT 9223372036854775808", "BDAT 0x10", "BDAT \x01",
		"NOOP a\rMAIL FROM:<>", "NOOP a\nMAIL FROM:<>", "\n",
		"BDAT 000000000000000000001",
	};
	struct smtp_refusal	why;
	struct smtp_command	c;
	struct arena		a = ARENA_INIT;
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		assert_int_equal(smtp_command_parse(&c, str_of(lines[i]),
		    NULL, &a, &why), -1);
		if (!why.close)
			fail_msg("%s", lines[i]);
	}
	arena_free(&a);
}

static void
test_lengths(void **state)
{
	struct smtp_refusal	why;
	struct smtp_command	c;
	struct arena		a = ARENA_INIT;
	char			line[1024];
	size_t			n;

	(void)state;
	for (n = 1; n <= 300; n++) {
		memcpy(line, "RCPT TO:<", 9);
		memset(line + 9, 'a', n);
		memcpy(line + 9 + n, "@b>", 3);
		assert_int_equal(smtp_command_parse(&c,
		    (struct str){ line, n + 12 }, NULL, &a, &why) == 0,
		    n <= 255);
	}
	for (n = 1; n <= 70; n++) {
		memcpy(line, "RCPT TO:<a@", 11);
		memset(line + 11, 'b', n);
		memcpy(line + 11 + n, ">", 1);
		assert_int_equal(smtp_command_parse(&c,
		    (struct str){ line, n + 12 }, NULL, &a, &why) == 0,
		    n <= 63);
	}
	arena_free(&a);
}

/* Every byte in every place of a command is answered, NUL included. */
static void
test_every_byte(void **state)
{
	static const char	base[] = "MAIL FROM:<\"a\"@b> SIZE=1";
	struct smtp_refusal	why;
	struct smtp_command	c;
	struct arena		a = ARENA_INIT;
	char			line[sizeof base];
	size_t			at;
	int			byte;

	(void)state;
	for (at = 0; at < sizeof base - 1; at++)
		for (byte = 0; byte < 256; byte++) {
			memcpy(line, base, sizeof base);
			line[at] = (char)byte;
			if (smtp_command_parse(&c, (struct str){ line,
			    sizeof base - 1 }, NULL, &a, &why) == -1)
				assert_in_range(why.code, 500, 555);
		}
	arena_free(&a);
}

/* What old devices send, each thing where it is allowed, and only there. */
static void
test_lenient(void **state)
{
	static const struct {
		const char	*line;
		unsigned	 needs;		/* 1 bare, 2 dot, 4 domain */
		const char	*want;
	} cases[] = {
		{ "MAIL FROM:a@b.example", 1, "a|b.example" },
		{ "MAIL FROM: a@b.example SIZE=1", 1, "a|b.example" },
		{ "RCPT TO:\"a b\"@[192.0.2.1]", 1, "a b|[192.0.2.1]" },
		{ "RCPT TO:postmaster", 1, "postmaster|" },
		{ "MAIL FROM:<a@b.example.>", 2, "a|b.example" },
		{ "MAIL FROM:<@x.,@y:a@b.>", 2, "a|b" },
		{ "MAIL FROM:a@b.example. SIZE=1", 3, "a|b.example" },
		{ "MAIL FROM:<root>", 4, "root|d.example" },
		{ "MAIL FROM:<postmaster>", 4, "postmaster|d.example" },
		{ "RCPT TO:<\"a@b\">", 4, "a@b|d.example" },
		{ "RCPT TO:<postmaster>", 0, "postmaster|" },
		{ "RCPT TO:root", 5, "root|d.example" },
		{ "MAIL FROM:<>", 0, "|" },
		{ "MAIL FROM:", 8, NULL },
		{ "MAIL FROM:a@b>", 8, NULL },
		{ "MAIL FROM:<a@b", 8, NULL },
		{ "MAIL FROM:a@b,c@d", 8, NULL },
		{ "MAIL FROM:a b@c", 8, NULL },
		{ "MAIL FROM:@x:a@b", 8, NULL },
		{ "MAIL FROM:<a@.>", 8, NULL },
		{ "MAIL FROM:<a@b..>", 8, NULL },
		{ "MAIL FROM:<a@>", 8, NULL },
		{ "MAIL FROM:<@b>", 8, NULL },
		{ "MAIL FROM:<a@[192.0.2.1].>", 8, NULL },
		{ "RCPT TO:<>", 8, NULL },
		{ "RCPT TO:", 8, NULL },
	};
	struct smtp_refusal	why;
	struct smtp_command	c;
	struct arena		a = ARENA_INIT;
	struct row		r;
	size_t			i;
	unsigned		has;
	int			rc;

	(void)state;
	for (i = 0; i < 8 * sizeof cases / sizeof cases[0]; i++) {
		struct smtp_leniency	l = { .domain = STR_NONE };

		has = i % 8;
		l.bare = has & 1;
		l.final_dot = has & 2;
		if (has & 4)
			l.domain = STR("d.example");
		r = (struct row){ .line = cases[i / 8].line,
		    .want = cases[i / 8].want };
		rc = smtp_command_parse(&c, row_line(&r), &l, &a, &why);
		if ((rc == 0) != ((cases[i / 8].needs & ~has) == 0))
			fail_msg("%s with %u: %d", r.line, has, rc);
		if (rc == 0)
			check_path(&r, &c);
	}
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_lenient),
		cmocka_unit_test(test_params),
		cmocka_unit_test(test_close),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
