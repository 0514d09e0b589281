/* The PROXY protocol's header, whole and byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "smtp/proxy_header.h"

#define SIG	"\r\n\r\n\0\r\nQUIT\n"
#define V4	"\300\0\2\1\300\0\2\2\4\322\0\31"

static const struct {
	struct str	 bytes;
	size_t		 used;		/* 0: bad; too short: SIZE_MAX */
	const char	*from;		/* NULL: no addresses */
	const char	*to;
	struct str	 tlv;
} rows[] = {
	{ STR("PROXY TCP4 192.0.2.1 192.0.2.2 1234 25\r\nEHLO"), 40,
	    "192.0.2.1:1234", "192.0.2.2:25", STR("") },
	{ STR("PROXY TCP6 2001:db8::1 ::1 65535 0\r\n"), 36,
	    "[2001:db8::1]:65535", "[::1]:0", STR("") },
	{ STR("PROXY UNKNOWN\r\nx"), 15, NULL, NULL, STR("") },
	{ STR("PROXY UNKNOWN ff:: x 1\r\n"), 24, NULL, NULL, STR("") },
	{ STR("PROXY TCP4 192.0.2.1 192.0.2.2 01 25\r\n"), 0, NULL, NULL,
	    STR("") },
	{ STR("PROXY TCP4 192.0.2.1 192.0.2.2 65536 25\r\n"), 0, NULL, NULL,
	    STR("") },
	{ STR("PROXY TCP4 ::1 192.0.2.2 1 25\r\n"), 0, NULL, NULL, STR("") },
	{ STR("PROXY TCP6 192.0.2.1 ::1 1 25\r\n"), 0, NULL, NULL, STR("") },
	{ STR("PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n"), 0, NULL, NULL,
	    STR("") },
	{ STR("PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n"), 0, NULL, NULL,
	    STR("") },
	{ STR("PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n"), 0, NULL, NULL,
	    STR("") },
	{ STR("PROXY TCP5 192.0.2.1 192.0.2.2 1 2\r\n"), 0, NULL, NULL,
	    STR("") },
	{ STR("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n"), 0, NULL, NULL,
	    STR("") },
	{ STR("PROXY TCP4 192.0.2.1\r 192.0.2.2 1 2\r\n"), 0, NULL, NULL,
	    STR("") },
	{ STR("proxy TCP4 192.0.2.1 192.0.2.2 1 2\r\n"), 0, NULL, NULL,
	    STR("") },
	{ STR("EHLO client.example\r\n"), 0, NULL, NULL, STR("") },
	{ STR("PROXY UNKNOWN 012345678901234567890123456789012345678901234567"
	    "89012345678901234567890123456789012345678901\r\n"), 0, NULL, NULL,
	    STR("") },
	{ STR("PROXY TCP4 192.0.2.1"), SIZE_MAX, NULL, NULL, STR("") },
	{ STR(SIG "\x21\x11\0\14" V4 "EHLO"), 28, "192.0.2.1:1234",
	    "192.0.2.2:25", STR("") },
	{ STR(SIG "\x21\x11\0\21" V4 "\2\0\2ab"), 33, "192.0.2.1:1234",
	    "192.0.2.2:25", STR("\2\0\2ab") },
	{ STR(SIG "\x20\x00\0\0x"), 16, NULL, NULL, STR("") },
	{ STR(SIG "\x20\x11\0\3abcx"), 19, NULL, NULL, STR("") },
	{ STR(SIG "\x21\x00\0\0"), 16, NULL, NULL, STR("") },
	{ STR(SIG "\x21\x11\0\13" V4), 0, NULL, NULL, STR("") },
	{ STR(SIG "\x21\x11\0\16" V4 "\2\0"), 0, NULL, NULL, STR("") },
	{ STR(SIG "\x21\x11\0\20" V4 "\2\0\2a"), 0, NULL, NULL, STR("") },
	{ STR(SIG "\x21\x12\0\14" V4), 0, NULL, NULL, STR("") },
	{ STR(SIG "\x21\x41\0\14" V4), 0, NULL, NULL, STR("") },
	{ STR(SIG "\x11\x11\0\14" V4), 0, NULL, NULL, STR("") },
	{ STR(SIG "\x22\x11\0\14" V4), 0, NULL, NULL, STR("") },
	{ STR(SIG "\x21\x11\xff\xff" V4), 0, NULL, NULL, STR("") },
	{ STR("\r\n\r\n\0\r\nQUIX"), 0, NULL, NULL, STR("") },
	{ STR(SIG "\x21\x11\0\14"), SIZE_MAX, NULL, NULL, STR("") },
	/* CRC-32C, right and wrong. */
	{ STR(SIG "\x21\x11\0\23" V4 "\3\0\4\x96\x5a\xb9\x68"), 35,
	    "192.0.2.1:1234", "192.0.2.2:25",
	    STR("\3\0\4\x96\x5a\xb9\x68") },
	{ STR(SIG "\x21\x11\0\23" V4 "\3\0\4\x96\x5a\xb9\x69"), 0, NULL,
	    NULL, STR("") },
};

static void
check_row(size_t i, size_t cut)
{
	struct proxy_header	 h;
	enum proxy_read		 got = PROXY_MORE;
	const char		*why;
	char			 text[NETADDR_TEXT];
	struct str		 part;
	size_t			 total = 0, used;

	proxy_header_init(&h);
	while (got == PROXY_MORE && total < rows[i].bytes.len) {
		part = (struct str){ rows[i].bytes.p + total,
		    rows[i].bytes.len - total };
		part.len = part.len < cut ? part.len : cut;
		got = proxy_header_feed(&h, part, &used, &why);
		total += used;
	}
	assert_int_equal(got, rows[i].used == 0 ? PROXY_BAD :
	    rows[i].used == SIZE_MAX ? PROXY_MORE : PROXY_DONE);
	if (got == PROXY_DONE) {
		assert_int_equal(total, rows[i].used);
		assert_int_equal(h.has_addresses, rows[i].from != NULL);
		assert_true(str_eq(h.tlv, rows[i].tlv));
	}
	if (got == PROXY_DONE && rows[i].from != NULL) {
		assert_string_equal(netaddr_text(&h.from, text, sizeof text),
		    rows[i].from);
		assert_string_equal(netaddr_text(&h.to, text, sizeof text),
		    rows[i].to);
	}
	proxy_header_fini(&h);
}

static void
test_rows(void **state)
{
	size_t	i, cut;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		for (cut = 1; cut < 130; cut = cut < 20 ? cut + 1 : cut * 2)
			check_row(i, cut);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
