/* Header size, hops and depth of messages, for every way of cutting them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mime/scan.h"

#define MULTI(b)	"Content-Type: multipart/mixed; boundary=" b "\r\n\r\n"

static const struct {
	const char	*text;
	unsigned	 received, depth;
} rows[] = {
	{ "", 0, 0 },
	{ "\r\n", 0, 0 },
	{ "a: b\r\n\r\nReceived: x\r\n", 0, 0 },
	{ "a: b\r\n", 0, 0 },
	{ "Received: a\r\nreceived : b\r\nRECEIVED:\r\n c\r\nxreceived: d\r\n"
	    "Received-SPF: e\r\n no: x\r\n Received: y\r\n\r\n", 3, 0 },
	{ MULTI("x"), 0, 1 },
	{ MULTI("x") "--x\r\n\r\ntext\r\n--x--\r\n", 0, 1 },
	{ MULTI("x") "--x\r\n" MULTI("y") "--y\r\n\r\n--y--\r\n--x\r\n"
	    MULTI("z") "--z--\r\n--x--\r\n", 0, 2 },
	{ MULTI("x") "--x\r\n" MULTI("y") "--y\r\n" MULTI("z") "--z\r\n\r\n",
	    0, 3 },
	/* The outer's boundary ends the inner. */
	{ MULTI("x") "--x\r\n" MULTI("y") "--x\r\n" MULTI("z"), 0, 2 },
	/* Behind the end nothing counts. */
	{ MULTI("x") "--x--\r\n--x\r\n" MULTI("y") "--y\r\n" MULTI("z"), 0,
	    1 },
	{ MULTI("x") "no\r\n" MULTI("y") "--x\r\n\r\n" MULTI("y"), 0, 1 },
	{ "Content-Type: message/rfc822\r\n\r\nReceived: a\r\n" MULTI("x")
	    "--x\r\n", 0, 2 },
	{ "Content-Type: multipart/alternative;\r\n\tcharset=\"a;b\\\";\";"
	    "\r\n\tBoundary=\"a b\"\r\n\r\n--a b\r\n" MULTI("y"), 0, 2 },
	{ "Content-Type: multipart/mixed\r\n\r\n", 0, 0 },
	/* A line that is no field ends the header, too. */
	{ "a: b\r\nno field\r\nReceived: x\r\n\r\n", 0, 0 },
	{ "Content-Type: multipart/mixed; boundary=x\r\n--x\r\n" MULTI("y"),
	    0, 2 },
	{ "Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n", 0, 0 },
	{ "Content-Type: text/plain; boundary=x\r\n\r\n--x\r\n" MULTI("y"),
	    0, 0 },
	{ "Content-Type: text/plain\r\n" MULTI("x"), 0, 0 },
};

static void
scan_cut(struct mime_scan *s, struct str text, size_t cut)
{
	size_t	i, n;

	for (i = 0; i < text.len; i += n) {
		n = text.len - i < cut ? text.len - i : cut;
		mime_scan_add(s, (struct str){ text.p + i, n });
	}
}

/* What ends it belongs to it: an empty line, or one that is no field. */
static size_t
header_size(const char *text)
{
	const char	*end = strstr(text, "\r\n\r\n");
	const char	*other = strstr(text, "no field\r\n");

	if (other == NULL)
		other = strstr(text, "=x\r\n--x");
	if (other != NULL)
		return (size_t)(strstr(other + 4, "\r\n") - text) + 2;

	if (strncmp(text, "\r\n", 2) == 0)
		return 2;
	return end != NULL ? (size_t)(end - text) + 4 : strlen(text);
}

static void
test_rows(void **state)
{
	struct mime_scan	s;
	size_t			i, cut;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		for (cut = 1; cut < 400; cut += cut < 20 ? 1 : 97) {
			mime_scan_init(&s, 100);
			scan_cut(&s, str_of(rows[i].text), cut);
			assert_int_equal(s.header_size,
			    header_size(rows[i].text));
			assert_int_equal(s.received, rows[i].received);
			assert_int_equal(s.depth, rows[i].depth);
			mime_scan_fini(&s);
		}
}

static void
test_message_id(void **state)
{
	static const struct {
		const char	*text, *want;
	} ids[] = {
		{ "A: b\r\n\r\nMessage-ID: <body>\r\n", NULL },
		{ "Message-ID: <a@b>\r\n\r\n", "<a@b>" },
		{ "message-id : <a@b> \r\nMessage-ID: <2>\r\n", "<a@b>" },
		{ "Message-ID:\r\n <a@\r\n\tb>\r\nTo: c\r\n d\r\n\r\n",
		    "<a@b>" },
		{ "Message-ID:\r\nX: y\r\n z\r\n\r\n", NULL },
		{ "Content-Type: message/rfc822\r\n\r\nMessage-ID: <in>\r\n",
		    NULL },
	};
	struct mime_scan	s;
	struct str		got;
	size_t			i, cut;

	(void)state;
	for (i = 0; i < sizeof ids / sizeof ids[0]; i++)
		for (cut = 1; cut < 60; cut++) {
			mime_scan_init(&s, 100);
			scan_cut(&s, str_of(ids[i].text), cut);
			got = mime_scan_id(&s);
			assert_true(str_eq(got, str_of(ids[i].want)));
			mime_scan_fini(&s);
		}
}

/* Beyond the limit the scan ends: depth tells that it was passed. */
static void
test_limit(void **state)
{
	struct mime_scan	s;
	struct buf		b = BUF_INIT;
	int			i;

	(void)state;
	for (i = 0; i < 50; i++)
		buf_printf(&b, "Content-Type: multipart/mixed; "
		    "boundary=b%d\r\n\r\n--b%d\r\n", i, i);
	mime_scan_init(&s, 10);
	mime_scan_add(&s, buf_str(&b));
	assert_int_equal(s.depth, 11);
	assert_int_equal(s.open_count, 10);
	mime_scan_fini(&s);
	mime_scan_init(&s, 50);
	mime_scan_add(&s, buf_str(&b));
	assert_int_equal(s.depth, 50);
	mime_scan_fini(&s);
	buf_free(&b);
}

/* A header without end, a line without end: bounded, and counted. */
static void
test_endless(void **state)
{
	struct mime_scan	s;
	char			block[1000];
	int			i;

	(void)state;
	memset(block, 'a', sizeof block);
	mime_scan_init(&s, 10);
	for (i = 0; i < 1000; i++)
		mime_scan_add(&s, (struct str){ block, sizeof block });
	assert_int_equal(s.header_size, 1000000);
	assert_true(s.line.len <= MIME_SCAN_LINE);
	mime_scan_fini(&s);
}

static void
test_delivered(void **state)
{
	static const char	text[] = "Delivered-To: A@b.example\r\n"
	    "DELIVERED-TO: <c@d>\r\nDelivered-To:\r\n\r\n"
	    "Delivered-To: no@d\r\n";
	static const struct {
		const char	*address;
		bool		 want;
	} asked[] = {
		{ "a@B.example", true }, { "c@d", true }, { "no@d", false },
		{ "", false }, { "b.example", false },
	};
	struct mime_scan	s;
	char			line[400];
	size_t			cut, i;

	(void)state;
	for (cut = 1; cut < sizeof text; cut++) {
		mime_scan_init(&s, 10);
		scan_cut(&s, STR(text), cut);
		for (i = 0; i < sizeof asked / sizeof asked[0]; i++)
			assert_int_equal(mime_scan_delivered(&s,
			    str_of(asked[i].address)), asked[i].want);
		mime_scan_fini(&s);
	}
	/* However many there are. */
	mime_scan_init(&s, 10);
	for (i = 0; i < 1000; i++) {
		(void)snprintf(line, sizeof line, "Delivered-To: %0300zu\r\n",
		    i);
		mime_scan_add(&s, str_of(line));
	}
	assert_true(s.delivered.len <= MIME_SCAN_DELIVERED);
	mime_scan_fini(&s);
}

/* RFC 8689 4.3: the field has one value, and is the message's own. */
static void
test_tls_required(void **state)
{
	static const struct {
		const char	*text;
		bool		 want;
	} fields[] = {
		{ "TLS-Required: No\r\n\r\n", true },
		{ "a: b\r\ntls-required:no \r\n\r\n", true },
		{ "TLS-Required: Yes\r\n\r\n", false },
		{ "TLS-Required:\r\n\r\n", false },
		{ "TLS-Required: none\r\n\r\n", false },
		{ "X-TLS-Required: No\r\n\r\n", false },
		{ "a: b\r\n\r\nTLS-Required: No\r\n", false },
		{ "Content-Type: message/rfc822\r\n\r\n"
		    "TLS-Required: No\r\n\r\n", false },
	};
	struct mime_scan	s;
	size_t			i, cut;

	(void)state;
	for (i = 0; i < sizeof fields / sizeof fields[0]; i++)
		for (cut = 1; cut < strlen(fields[i].text); cut++) {
			mime_scan_init(&s, 10);
			scan_cut(&s, str_of(fields[i].text), cut);
			assert_int_equal(s.tls_not_required, fields[i].want);
			mime_scan_fini(&s);
		}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_message_id),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_delivered),
		cmocka_unit_test(test_tls_required),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
