/* Addresses as written out, xtext, and the meaning of parameters. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "smtp/ext.h"
#include "smtp/option.h"
#include "smtp/path.h"
#include "base/xtext.h"

static void
test_path_write(void **state)
{
	static const struct {
		const char	*local, *domain, *want;
	} rows[] = {
		{ "a", "b.example", "a@b.example" },
		{ "a.b", "[192.0.2.1]", "a.b@[192.0.2.1]" },
		{ "", "d", "\"\"@d" },
		{ "a b", "d", "\"a b\"@d" },
		{ "a..b", "d", "\"a..b\"@d" },
		{ ".a", "d", "\".a\"@d" },
		{ "a\"\\", "d", "\"a\\\"\\\\\"@d" },
		{ "a@b", "d", "\"a@b\"@d" },
		{ "Postmaster", "", "Postmaster" },
		{ "", "", "" },
		{ "\xc3\xa4", "d", "\xc3\xa4@d" },
		{ "a\r\nRCPT TO:<x@y>", "d", NULL },
		{ "a", "d>\r\nQUIT", NULL },
		{ "a", "d e", NULL },
		{ "a", "", NULL },
		{ "\xff", "d", NULL },
	};
	struct smtp_path	p, again;
	struct arena		a = ARENA_INIT;
	struct buf		out = BUF_INIT;
	size_t			i;
	int			rc;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		rc = smtp_path_set(&p, str_of(rows[i].local),
		    str_of(rows[i].domain));
		assert_int_equal(rc, rows[i].want != NULL ? 0 : -1);
		if (rc == -1)
			continue;
		buf_clear(&out);
		smtp_path_add(&out, &p);
		assert_true(str_eq(buf_str(&out), str_of(rows[i].want)));
		assert_int_equal(smtp_address_parse(&again, buf_str(&out),
		    &a), 0);
		assert_true(str_eq(again.localpart, p.localpart));
		assert_true(str_eq(again.domain, p.domain));
	}
	buf_free(&out);
	arena_free(&a);
}

static void
test_path_lower(void **state)
{
	struct smtp_path	p;
	struct buf		out = BUF_INIT;

	(void)state;
	assert_int_equal(smtp_path_set(&p, STR("A.B"), STR("EXAMPLE.com")), 0);
	buf_add_text(&out, "X");
	smtp_path_add_lower(&out, &p);
	assert_true(str_eq(buf_str(&out), STR("Xa.b@example.com")));
	buf_free(&out);
}

static void
test_xtext(void **state)
{
	static const char *const	bad[] = { "+", "+4", "+zz", "+4g",
					    "a=b", "a b", "\x7f", "+4a" };
	struct buf			out = BUF_INIT, back = BUF_INIT;
	char				all[256];
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(xtext_decode(&out, str_of(bad[i])), -1);
		assert_int_equal(out.len, 0);
	}
	assert_int_equal(xtext_decode(&out, STR("a+2Bb+3D")), 0);
	assert_true(str_eq(buf_str(&out), STR("a+b=")));
	buf_clear(&out);
	for (i = 0; i < 256; i++)
		all[i] = (char)i;
	xtext_encode(&out, (struct str){ all, 256 });
	assert_int_equal(xtext_decode(&back, buf_str(&out)), 0);
	assert_true(str_eq(buf_str(&back), (struct str){ all, 256 }));
	buf_free(&out);
	buf_free(&back);
}

static const unsigned	everything = ~0u;

static int
read_mail(const char *line, unsigned offered, struct smtp_mail_options *o,
    struct smtp_refusal *why)
{
	struct smtp_command	c;
	struct arena		a = ARENA_INIT;
	int			rc;

	assert_int_equal(smtp_command_parse(&c, str_of(line), NULL, &a,
	    why), 0);
	rc = smtp_mail_options(o, &c, offered, why);
	arena_free(&a);
	return rc;
}

static void
test_mail_options(void **state)
{
	static const struct {
		const char	*line;
		int		 code;
	} bad[] = {
		{ "MAIL FROM:<> SIZE=-1", 501 },
		{ "MAIL FROM:<> SIZE", 501 },
		{ "MAIL FROM:<> SIZE=0x10", 501 },
		{ "MAIL FROM:<> SIZE=18446744073709551616", 501 },
		{ "MAIL FROM:<> SIZE=000000000000000000001", 501 },
		{ "MAIL FROM:<> BODY=9BIT", 501 },
		{ "MAIL FROM:<> SMTPUTF8=yes", 501 },
		{ "MAIL FROM:<> RET=ALL", 501 },
		{ "MAIL FROM:<> ENVID=+zz", 501 },
		{ "MAIL FROM:<> ENVID=a+00", 501 },
		{ "MAIL FROM:<> ENVID=a+0D+0Ab", 501 },
		{ "MAIL FROM:<> ENVID=+7F", 501 },
		{ "MAIL FROM:<> ENVID=+E4", 501 },
		{ "MAIL FROM:<> ENVID=\xc3\xa4", 501 },
		{ "MAIL FROM:<> NOTIFY=NEVER", 555 },
		{ "MAIL FROM:<> X=1", 555 },
	};
	struct smtp_mail_options	o;
	struct smtp_refusal		why;
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(read_mail(bad[i].line, everything, &o, &why),
		    -1);
		assert_int_equal(why.code, bad[i].code);
	}
	assert_int_equal(read_mail("MAIL FROM:<> SIZE=18446744073709551615 "
	    "body=8bitmime SMTPUTF8 RET=hdrs ENVID=q+2Bx", everything, &o,
	    &why), 0);
	assert_true(o.size == UINT64_MAX && o.smtputf8);
	assert_int_equal(o.body, SMTP_BODY_8BITMIME);
	assert_int_equal(o.ret, SMTP_RET_HDRS);
	assert_true(str_eq(o.envid, STR("q+2Bx")));
	assert_int_equal(read_mail("MAIL FROM:<> RET=FULL", SMTP_EXT_SIZE,
	    &o, &why), -1);
	assert_int_equal(why.code, 555);
	assert_int_equal(read_mail("MAIL FROM:<> BODY=BINARYMIME",
	    SMTP_EXT_8BITMIME, &o, &why), -1);
	assert_int_equal(why.code, 501);
}

#define ORCPT	"RCPT TO:<a@b> ORCPT="

static void
test_rcpt_options(void **state)
{
	static const struct {
		const char	*line;
		int		 rc;
		unsigned	 notify;
		bool		 utf8;
	} rows[] = {
		{ "RCPT TO:<a@b> NOTIFY=NEVER", 0, SMTP_NOTIFY_NEVER, false },
		{ "RCPT TO:<a@b> NOTIFY=success,DELAY", 0,
		    SMTP_NOTIFY_SUCCESS | SMTP_NOTIFY_DELAY, false },
		{ "RCPT TO:<a@b> NOTIFY=NEVER,DELAY", -1, 0, false },
		{ "RCPT TO:<a@b> NOTIFY=DELAY,DELAY", -1, 0, false },
		{ "RCPT TO:<a@b> NOTIFY=DELAY,", -1, 0, false },
		{ "RCPT TO:<a@b> NOTIFY=,DELAY", -1, 0, false },
		{ "RCPT TO:<a@b> ORCPT=rfc822;a+40b", 0, 0, false },
		{ ORCPT "rfc822;a+20b", 0, 0, false },
		{ ORCPT "rfc822;a+00b", -1, 0, false },
		{ ORCPT "rfc822;a+0D+0Ab", -1, 0, false },
		{ ORCPT "x-y;a+7F", -1, 0, false },
		{ ORCPT "rfc822;a+E4b", -1, 0, true },
		{ ORCPT "rfc822;\xc3\xa4@b", -1, 0, true },
		{ ORCPT "utf-8;\xc3\xa4@b", 0, 0, true },
		{ ORCPT "utf-8;\xc3\xa4@b", -1, 0, false },
		{ ORCPT "utf-8;\xc2\x85@b", -1, 0, true },
		{ ORCPT "utf-8;\xc2\xa0@b", 0, 0, true },
		{ ORCPT "utf-8;a+b@c", 0, 0, true },
		{ ORCPT "utf-8;a+00@c", -1, 0, false },
		{ ORCPT "utf-8;\\x{E4}\\x{1F600}@b", 0, 0, false },
		{ ORCPT "UTF-8;\\x{20}\\x{2B}\\x{3D}\\x{5C}\\x{10FFFF}", 0, 0,
		    false },
		{ ORCPT "utf-8;\\x{ZZ}", -1, 0, true },
		{ ORCPT "utf-8;\\x{00}", -1, 0, true },
		{ ORCPT "utf-8;\\x{0A}", -1, 0, true },
		{ ORCPT "utf-8;\\x{1F}", -1, 0, true },
		{ ORCPT "utf-8;\\x{7F}", -1, 0, true },
		{ ORCPT "utf-8;\\x{85}", -1, 0, true },
		{ ORCPT "utf-8;\\x{41}", -1, 0, true },
		{ ORCPT "utf-8;\\x{0E4}", -1, 0, true },
		{ ORCPT "utf-8;\\x{D800}", -1, 0, true },
		{ ORCPT "utf-8;\\x{110000}", -1, 0, true },
		{ ORCPT "utf-8;\\x{1000000}", -1, 0, true },
		{ ORCPT "utf-8;\\x{}", -1, 0, true },
		{ ORCPT "utf-8;\\x{E4", -1, 0, true },
		{ ORCPT "utf-8;a\\", -1, 0, true },
		{ ORCPT "utf-8;\\y{E4}", -1, 0, true },
		{ "RCPT TO:<a@b> ORCPT=rfc822;", -1, 0, false },
		{ "RCPT TO:<a@b> ORCPT=;a", -1, 0, false },
		{ "RCPT TO:<a@b> ORCPT=a", -1, 0, false },
	};
	struct smtp_rcpt_options	o;
	struct smtp_refusal		why;
	struct smtp_command		c;
	struct arena			a = ARENA_INIT;
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(smtp_command_parse(&c, str_of(rows[i].line),
		    NULL, &a, &why), 0);
		if (smtp_rcpt_options(&o, &c, everything, rows[i].utf8,
		    &why) != rows[i].rc)
			fail_msg("%s", rows[i].line);
		if (rows[i].rc == 0)
			assert_int_equal(o.notify, rows[i].notify);
	}
	arena_free(&a);
}

static void
test_notify_text(void **state)
{
	struct buf	out = BUF_INIT;

	(void)state;
	smtp_notify_add(&out, SMTP_NOTIFY_SUCCESS | SMTP_NOTIFY_FAILURE);
	assert_true(str_eq(buf_str(&out), STR("SUCCESS,FAILURE")));
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_path_write),
		cmocka_unit_test(test_path_lower),
		cmocka_unit_test(test_xtext),
		cmocka_unit_test(test_mail_options),
		cmocka_unit_test(test_rcpt_options),
		cmocka_unit_test(test_notify_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
