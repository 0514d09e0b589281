/* Notifications: what they hold, and what strangers can't do to them. */
#include "../mime/check.h"

#include <stdio.h>

#include "dsn/notification.h"
#include "spool/fields.h"

#define ID	"018c190a-0000-7000-8000-000000000001"
#define QUEUE	"018c190a-0000-7000-8000-000000000000:7"

struct bench {
	struct spool_entry		 entry;
	struct dsn_order		 order;
	struct notification_request	 rq;
	struct templates		*templates;
	struct notification		 n;
	struct str			 original;
	bool				 broken;
};

static int
next(void *arg, struct str *piece, struct err *e)
{
	struct bench	*b = arg;

	if (b->original.len == 0)
		return b->broken ? err_set(e, "damaged") : 1;
	*piece = (struct str){ b->original.p, b->original.len < 5 ?
	    b->original.len : 5 };
	b->original.p += piece->len;
	b->original.len -= piece->len;
	return 0;
}

static int
bench_setup(void **state)
{
	struct bench	*b = calloc(1, sizeof *b);

	assert_non_null(b);
	b->templates = templates_new();
	b->entry.sender = STR("a@s.example");
	b->entry.recipient = STR("b@r.example");
	b->entry.ts_us = 1700000000000000;
	b->order.action = ENTRY_ACTION_FAILED;
	b->order.id = STR(ID);
	b->rq = (struct notification_request){ .id = STR(QUEUE),
	    .entry = &b->entry, .order = &b->order,
	    .templates = b->templates, .language = STR("en"),
	    .hostname = STR("mx.example"), .size_limit = 1000,
	    .now_us = 1700000100000000, .next = next, .arg = b };
	b->original = STR("Subject: hello\r\nMessage-ID: <1@x>\r\n\r\n"
	    "text\r\n");
	*state = b;
	return 0;
}

static int
bench_teardown(void **state)
{
	struct bench	*b = *state;

	notification_fini(&b->n);
	templates_free(&b->templates);
	free(b);
	return 0;
}

/* Made, sound, and as text. */
static const char *
bench_make(struct bench *b)
{
	struct err	e;
	struct str	s;
	size_t		i, line = 0;

	notification_fini(&b->n);
	assert_int_equal(notification_make(&b->n, &b->rq, &e), 0);
	s = buf_str(&b->n.message);
	for (i = 0; i < s.len; i++) {
		assert_int_not_equal(s.p[i], '\0');
		if (s.p[i] == '\r' || s.p[i] == '\n') {
			assert_true(s.p[i] == '\r' && i + 1 < s.len &&
			    s.p[i + 1] == '\n');
			assert_true(line <= 998);
			line = 0;
			i++;
			continue;
		}
		line++;
	}
	assert_int_equal(line, 0);
	return buf_cstr(&b->n.message);
}

static void
assert_has(const char *text, const char *want)
{
	if (strstr(text, want) == NULL)
		fail_msg("no \"%s\" in\n%s", want, text);
}

static void
assert_has_not(const char *text, const char *want)
{
	if (strstr(text, want) != NULL)
		fail_msg("\"%s\" in\n%s", want, text);
}

static size_t
parts(const char *text)
{
	size_t	n = 0;

	while ((text = strstr(text, "\r\n--=_" ID)) != NULL) {
		n++;
		text++;
	}
	return n;
}

static void
test_actions(void **state)
{
	static const struct {
		uint64_t	 action;
		const char	*word, *status, *subject;
	} rows[] = {
		{ ENTRY_ACTION_FAILED, "failed", "5.0.0", "Not delivered" },
		{ ENTRY_ACTION_DELAYED, "delayed", "4.0.0", "Delayed" },
		{ ENTRY_ACTION_DELIVERED, "delivered", "2.0.0",
		    "Delivered" },
		{ ENTRY_ACTION_RELAYED, "relayed", "2.0.0", "Passed on" },
		{ ENTRY_ACTION_EXPANDED, "expanded", "2.0.0", "Passed on" },
	};
	struct bench	*b = *state;
	struct str	 original = b->original;
	const char	*text;
	char		 want[128];
	size_t		 i;

	for (i = 0; i < COUNT(rows); i++) {
		b->original = original;
		b->order.action = rows[i].action;
		b->order.until_us = 1700100000000000;
		text = bench_make(b);
		(void)snprintf(want, sizeof want, "\r\nAction: %s\r\n"
		    "Status: %s\r\n", rows[i].word, rows[i].status);
		assert_has(text, want);
		(void)snprintf(want, sizeof want, "\r\nSubject: %s: hello\r\n",
		    rows[i].subject);
		assert_has(text, want);
		assert_int_equal(strstr(text, "Will-Retry-Until") != NULL,
		    rows[i].action == ENTRY_ACTION_DELAYED);
		assert_int_equal(parts(text), 4);
	}
}

static void
test_fields(void **state)
{
	struct bench	*b = *state;
	const char	*text;

	b->entry.dsn_envid = STR("env+1");
	b->entry.dsn_orcpt = STR("rfc822;B@r.example");
	b->entry.helo = STR("client.example");
	b->entry.client_address = STR("192.0.2.1");
	b->order.status = STR("5.1.1");
	b->order.diagnostictype = STR("smtp");
	b->order.diagnosticcode = STR("550 5.1.1 no such user");
	b->order.remotemta = STR("mx.r.example");
	b->order.remoteip = STR("192.0.2.9");
	b->order.reply_to = STR("RCPT");
	b->order.attempt_us = 1700000050000000;
	text = bench_make(b);
	assert_has(text, "From: \"Mail Delivery System\" "
	    "<MAILER-DAEMON@mx.example>\r\nTo: <a@s.example>\r\n");
	assert_has(text, "\r\nMessage-ID: <" ID "@mx.example>\r\n");
	assert_has(text, "\r\nAuto-Submitted: auto-replied\r\n"
	    "In-Reply-To: <1@x>\r\nReferences: <1@x>\r\n"
	    "Original-Envelope-ID: env+1\r\n"
	    "Original-Recipient: rfc822;B@r.example\r\n");
	assert_has(text, "\r\n\r\nOriginal-Envelope-Id: env+1\r\n"
	    "Reporting-MTA: dns; mx.example\r\n"
	    "Received-From-MTA: dns; client.example (192.0.2.1)\r\n"
	    "Arrival-Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n\r\n"
	    "Original-Recipient: rfc822;B@r.example\r\n"
	    "Final-Recipient: rfc822; b@r.example\r\n"
	    "Action: failed\r\nStatus: 5.1.1\r\n"
	    "Remote-MTA: dns; mx.r.example\r\n"
	    "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n"
	    "Last-Attempt-Date: Tue, 14 Nov 2023 22:14:10 +0000\r\n"
	    "Final-Log-ID: " QUEUE "\r\n\r\n--");
	assert_has(text, "Answer of the mail server mx.r.example "
	    "(192.0.2.9):\r\n\r\n  550 5.1.1 no such user\r\n"
	    "  (in reply to RCPT TO)\r\n");
	assert_has(text, "There is no mailbox of this address.");
}

/* Everything that a script may order. */
static void
test_ordered(void **state)
{
	struct bench	*b = *state;
	struct buf	 headers = BUF_INIT, one = BUF_INIT, two = BUF_INIT;
	const char	*text;

	fields_list_add(&headers, STR("X-Job: 7"));
	fields_list_add(&headers, STR("Auto-Submitted: no"));
	fields_list_add(&headers, STR("Content-Type: text/plain"));
	fields_list_add(&headers, STR("no field"));
	fields_list_add(&headers, STR("X-Two: a\r\nBcc: b@c\r\n\r\nbody"));
	fields_list_add(&one, STR("X-Message: m"));
	fields_list_add(&one, STR("X-\r\n\r\nevil: m"));
	fields_list_add(&two, STR("X-Recipient: \xc3\xbc\r\n\r\nAction: x"));
	b->order.recipient = STR("c@t.example");
	b->order.from = STR("d@t.example");
	b->order.from_name = STR("J\xc3\xb6rg \"x\"\r\nBcc: e@f");
	b->order.subject = STR("Own \xc3\xbc");
	b->order.subject_prepend = STR("[x]");
	b->order.headers = buf_str(&headers);
	b->order.additional_fields = buf_str(&one);
	b->order.additional_recipient_fields = buf_str(&two);
	b->order.reportingmta = STR("x-mta; me");
	b->order.receivedfrommta = STR("peer.example");
	b->order.finalrecipient = STR("f@t.example");
	text = bench_make(b);
	assert_has(text, "\r\nTo: <c@t.example>\r\nSubject: [x] Own "
	    "=?UTF-8?Q?=C3=BC?=\r\n");
	assert_has(text, "<d@t.example>\r\n");
	assert_has(text, "\r\nX-Job: 7\r\nAuto-Submitted: no\r\n"
	    "X-Two: a  Bcc: b@c    body\r\nMIME-Version: 1.0\r\n");
	assert_has_not(text, "auto-replied");
	assert_has_not(text, "\r\nBcc");
	assert_has_not(text, "evil");
	assert_has(text, "\r\nReporting-MTA: x-mta; me\r\n"
	    "Received-From-MTA: dns; peer.example\r\n");
	assert_has(text, "\r\nX-Message: m\r\n\r\nFinal-Recipient: rfc822; "
	    "f@t.example\r\n");
	assert_has(text, "\r\nX-Recipient: \\x{FC} Action: x\r\n\r\n--");
	assert_true(str_eq(b->n.recipient, STR("c@t.example")));
	buf_free(&headers);
	buf_free(&one);
	buf_free(&two);
}

static void
test_hostile(void **state)
{
	struct bench	*b = *state;
	struct buf	 code = BUF_INIT, helo = BUF_INIT;
	const char	*text;
	int		 i;

	buf_add_text(&code, "550 a\r\n\r\n--=_" ID "--\r\nX: y\r\n\xff\xfe");
	for (i = 0; i < 5000; i++)
		buf_add_byte(&code, 'x');
	buf_add_text(&helo, "h\r\nAction: delivered");
	b->order.diagnosticcode = buf_str(&code);
	b->order.status = STR("5.1.1\r\nX");
	b->order.diagnostictype = STR("smtp\r\nX: y");
	b->order.remotemta = STR("r\n\nx");
	b->entry.helo = buf_str(&helo);
	b->entry.sender = STR("a@s.example>, <c@d.example");
	b->original = STR("Subject: x\r\n --=_" ID "\r\nMessage-ID: <a b>\r\n"
	    "--=_" ID "--\r\n\r\n");
	text = bench_make(b);
	assert_has(text, "\r\nTo: undisclosed-recipients:;\r\n");
	assert_has(text, "boundary=\"=_" ID "_2\"");
	assert_has(text, "\r\nAction: failed\r\nStatus: 5.0.0\r\n");
	assert_has_not(text, "\r\nAction: delivered");
	assert_has_not(text, "\r\nX: y");
	assert_has_not(text, "In-Reply-To");
	buf_free(&code);
	buf_free(&helo);
}

/* What of the original goes along. */
static void
test_original(void **state)
{
	static const struct {
		enum order_ret	 ret;
		uint64_t	 asked, action, limit;
		const char	*original, *type, *has;
	} rows[] = {
		{ ORDER_RET_DEFAULT, 0, ENTRY_ACTION_FAILED, 1000, NULL,
		    "text/rfc822-headers", "Message-ID: <1@x>\r\n\r\n--" },
		{ ORDER_RET_DEFAULT, ENTRY_RET_FULL, ENTRY_ACTION_FAILED,
		    1000, NULL, "message/rfc822",
		    "Message-ID: <1@x>\r\n\r\ntext\r\n\r\n--" },
		{ ORDER_RET_DEFAULT, ENTRY_RET_FULL, ENTRY_ACTION_DELIVERED,
		    1000, NULL, "text/rfc822-headers", "" },
		{ ORDER_RET_DEFAULT, ENTRY_RET_FULL, ENTRY_ACTION_FAILED, 40,
		    NULL, "text/rfc822-headers", "Message-ID: <1@x>" },
		{ ORDER_RET_DEFAULT, ENTRY_RET_HDRS, ENTRY_ACTION_FAILED, 20,
		    NULL, "text/rfc822-headers", "\r\nSubject: hello\r\n\r\n--"
		    },
		{ ORDER_RET_FULL, ENTRY_RET_HDRS, ENTRY_ACTION_DELAYED, 1000,
		    NULL, "message/rfc822", "" },
		{ ORDER_RET_FULL, 0, ENTRY_ACTION_FAILED, 1000,
		    "Subject: \xc3\xbc\r\n\r\nx\r\n", "message/global\r\n",
		    "quoted-printable\r\n\r\nSubject: =C3=BC\r\n\r\nx\r\n" },
		{ ORDER_RET_HDRS, 0, ENTRY_ACTION_FAILED, 1000,
		    "Subject: \xc3\xbc\r\n\r\nx\r\n", "message/global-headers",
		    "Subject: =C3=BC\r\n" },
		{ ORDER_RET_HDRS, 0, ENTRY_ACTION_FAILED, 1000,
		    "Subject: \xfc\r\n\r\nx\r\n", "text/rfc822-headers",
		    "Subject: =FC\r\n" },
		{ ORDER_RET_FULL, 0, ENTRY_ACTION_FAILED, 1000,
		    "Subject: x\r\n\r\n\xfc\r\n", "message/rfc822",
		    "Content-Transfer-Encoding: 8bit\r\n\r\nSubject" },
		{ ORDER_RET_FULL, 0, ENTRY_ACTION_FAILED, 1000,
		    "Subject: x\r\n\r\na\nb\r\n", "text/rfc822-headers", "" },
	};
	struct bench	*b = *state;
	const char	*text;
	char		 type[128];
	size_t		 i;

	for (i = 0; i < COUNT(rows); i++) {
		b->original = rows[i].original != NULL ?
		    str_of(rows[i].original) : STR("Subject: hello\r\n"
		    "Message-ID: <1@x>\r\n\r\ntext\r\n");
		b->order.ret = rows[i].ret;
		b->order.action = rows[i].action;
		b->entry.dsn_ret = rows[i].asked;
		b->rq.size_limit = rows[i].limit;
		text = bench_make(b);
		(void)snprintf(type, sizeof type, "\r\nContent-Type: %s",
		    rows[i].type);
		assert_has(text, type);
		assert_has(text, rows[i].has);
		assert_int_equal(parts(text), 4);
	}
}

static void
test_no_original(void **state)
{
	struct bench	*b = *state;
	const char	*text;

	b->order.ret = ORDER_RET_NOTHING;
	text = bench_make(b);
	assert_int_equal(parts(text), 3);
	assert_has_not(text, "attached");
	assert_str(str_of(b->n.trouble.text), "");
	b->order.ret = ORDER_RET_FULL;
	b->broken = true;
	text = bench_make(b);
	assert_int_equal(parts(text), 3);
	assert_has(text, "could not be read any more");
	assert_has(b->n.trouble.text, "damaged");
	b->rq.next = NULL;
	text = bench_make(b);
	assert_int_equal(parts(text), 3);
	assert_str(str_of(b->n.trouble.text), "");
}

static void
test_utf8(void **state)
{
	struct bench	*b = *state;
	const char	*text;

	b->entry.sender = STR("\xc3\xa4@s.example");
	b->entry.recipient = STR("\xc3\xbc@r.example");
	b->order.diagnosticcode = STR("550 5.1.1 \xc3\xbc?");
	text = bench_make(b);
	assert_true(b->n.smtputf8);
	assert_has(text, "\r\nTo: <\xc3\xa4@s.example>\r\n");
	assert_has(text, "message/global-delivery-status");
	assert_has(text, "Final-Recipient: utf-8; =C3=BC@r.example\r\n");
	assert_has(text, "smtp; 550 5.1.1 =C3=BC?\r\n");
	b->entry.sender = STR("a@s.example");
	b->entry.recipient = STR("b@r.example");
	text = bench_make(b);
	assert_false(b->n.smtputf8);
	assert_has(text, "smtp; 550 5.1.1 \\x{FC}?\r\n");
	b->entry.recipient = STR("\xff@r.example");
	text = bench_make(b);
	assert_has(text, "message/delivery-status\r\n");
}

static void
test_readable(void **state)
{
	static const struct {
		const char	*part, *has, *trouble;
	} rows[] = {
		{ "Content-Type: text/html\n\n<p>x\n",
		    "\r\nContent-Type: text/html\r\n\r\n<p>x\r\n\r\n--", "" },
		{ "\n\nplain", "\r\n\r\n\r\nplain\r\n--", "" },
		{ "no field\n\nx", "not be delivered", "no field" },
		{ "X: y\n", "not be delivered", "no empty line" },
		{ "X: y\n\n--=_" ID "--\n", "boundary=\"=_" ID "_2\"", "" },
	};
	struct bench	*b = *state;
	size_t		 i;

	for (i = 0; i < COUNT(rows); i++) {
		b->order.readable_mimepart = str_of(rows[i].part);
		assert_has(bench_make(b), rows[i].has);
		assert_has(b->n.trouble.text, rows[i].trouble);
	}
}

static void
test_dkim(void **state)
{
	struct bench	*b = *state;
	struct buf	 options = BUF_INIT;

	fields_list_add(&options, STR("timestamp"));
	fields_list_add(&options, STR("true"));
	b->order.dkim_selector = STR("sel");
	b->order.dkim_domain = STR("mx.example");
	b->order.dkim_options = buf_str(&options);
	b->order.dkim_key = STR("-----BEGIN PRIVATE KEY-----\n"
	    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g"
	    "\n-----END PRIVATE KEY-----\n");
	assert_true(str_prefix(str_of(bench_make(b)),
	    STR("DKIM-Signature: v=1; ")));
	assert_has(buf_cstr(&b->n.message), "t=1700000100;");
	b->order.dkim_key = STR("secret");
	assert_has_not(bench_make(b), "DKIM-Signature");
	assert_has(b->n.trouble.text, "dkim");
	assert_has_not(b->n.trouble.text, "secret");
	buf_free(&options);
}

static void
test_entry(void **state)
{
	struct bench		*b = *state;
	struct spool_entry	 n;
	struct buf		 metadata = BUF_INIT, want = BUF_INIT;
	struct buf		 more = BUF_INIT;

	fields_list_add(&more, STR("k"));
	fields_list_add(&more, STR("v"));
	fields_list_add(&more, STR("_original_sender"));
	fields_list_add(&more, STR("forged"));
	b->order.metadata = buf_str(&more);
	b->order.transportid = STR("mx");
	b->order.jobid = STR("j2");
	b->entry.tenantid = STR("t1");
	b->entry.jobid = STR("j1");
	(void)bench_make(b);
	notification_entry(&b->n, &b->rq, &metadata, &n);
	assert_str(n.sender, "");
	assert_str(n.recipient, "a@s.example");
	assert_str(n.transportid, "mx");
	assert_str(n.tenantid, "t1");
	assert_str(n.jobid, "j2");
	assert_str(n.serverid, "bounce");
	assert_str(n.parent, QUEUE);
	assert_int_equal(n.parent_action, ENTRY_ACTION_FAILED);
	assert_int_equal(n.size, b->n.message.len);
	assert_int_equal(n.flags, 0);
#define PAIR(k, v) \
	(fields_list_add(&want, STR(k)), fields_list_add(&want, STR(v)))
	PAIR("_original_transaction", "018c190a-0000-7000-8000-000000000000");
	PAIR("_original_queue", "7");
	PAIR("_original_sender", "a@s.example");
	PAIR("_original_recipient", "b@r.example");
	PAIR("_original_tenantid", "t1");
	PAIR("_original_jobid", "j1");
	PAIR("k", "v");
	assert_true(str_eq(n.metadata, buf_str(&want)));
	buf_free(&metadata);
	buf_free(&want);
	buf_free(&more);
}

static void
test_nobody(void **state)
{
	struct bench	*b = *state;
	struct err	 e;

	b->entry.sender = STR("");
	assert_int_equal(notification_make(&b->n, &b->rq, &e), -1);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, bench_setup, \
	bench_teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		TEST(test_actions),
		TEST(test_fields),
		TEST(test_ordered),
		TEST(test_hostile),
		TEST(test_original),
		TEST(test_no_original),
		TEST(test_utf8),
		TEST(test_readable),
		TEST(test_dkim),
		TEST(test_entry),
		TEST(test_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
