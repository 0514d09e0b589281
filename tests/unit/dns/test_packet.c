/* Names and records of hostile packets, each by hand. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dns/packet.h"

static struct dns_packet
packet(struct str s)
{
	return (struct dns_packet){ (const unsigned char *)s.p, s.len };
}

static void
test_names(void **state)
{
	static const struct {
		struct str	in;
		size_t		at;
		const char	*want;
		size_t		end;
	} rows[] = {
		{ STR("\0"), 0, ".", 1 },
		{ STR("\1a\0"), 0, "a", 3 },
		{ STR("\1a\2bc\0x"), 0, "a.bc", 6 },
		{ STR("\1a\0\1b\xc0\0"), 3, "b.a", 7 },
		{ STR("\1.\1\\\1 \0"), 0, "\\..\\\\.\\032", 7 },
		{ STR("\1a"), 0, NULL, 0 },			/* no end */
		{ STR("\5a"), 0, NULL, 0 },			/* cut label */
		{ STR("\xc0\0"), 0, NULL, 0 },			/* itself */
		{ STR("\1a\xc0\2"), 2, NULL, 0 },		/* itself */
		{ STR("\1a\xc0\4\1b\0"), 0, NULL, 0 },		/* forward */
		{ STR("\1a\xc0"), 0, NULL, 0 },		/* half pointer */
		{ STR("\x40" "a\0"), 0, NULL, 0 },		/* reserved */
		{ STR(""), 0, NULL, 0 },
	};
	char	out[DNS_NAME_TEXT];
	size_t	i, at;
	int	rc;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		at = rows[i].at;
		rc = dns_name_read(packet(rows[i].in), &at, out);
		assert_int_equal(rc, rows[i].want != NULL ? 0 : -1);
		if (rc == 0) {
			assert_string_equal(out, rows[i].want);
			assert_int_equal(at, rows[i].end);
		}
	}
}

/* 127 labels are 255 bytes; one more is too long, however it is written. */
static void
test_longest_name(void **state)
{
	char	wire[300], out[DNS_NAME_TEXT];
	size_t	i, at = 0;

	(void)state;
	for (i = 0; i < 254; i += 2)
		memcpy(wire + i, "\1\1", 2);
	wire[254] = '\0';
	assert_int_equal(dns_name_read(packet((struct str){ wire, 255 }), &at,
	    out), 0);
	assert_int_equal(strlen(out), 127 * 4 + 126);
	memcpy(wire + 254, "\1a", 3);
	at = 0;
	assert_int_equal(dns_name_read(packet((struct str){ wire, 257 }), &at,
	    out), -1);
}

static void
test_data(void **state)
{
	static const struct {
		int		type;
		struct str	data;
		bool		ok;
	} rows[] = {
		{ DNS_A, STR("\1\2\3\4"), true },
		{ DNS_A, STR("\1\2\3"), false },
		{ DNS_AAAA, STR("\1\2\3\4"), false },
		{ DNS_MX, STR("\0\1\1a\0"), true },
		{ DNS_MX, STR("\0\1\1a\0x"), false },
		{ DNS_MX, STR("\0\1"), false },
		{ DNS_TXT, STR("\1a\0\2bc"), true },
		{ DNS_TXT, STR("\1a\3bc"), false },
		{ DNS_TXT, STR(""), false },
		{ DNS_PTR, STR("\1a\0"), true },
		{ DNS_PTR, STR(""), false },
		{ DNS_SRV, STR("\0\1\0\2\0\3\0"), true },
		{ DNS_SRV, STR("\0\1\0\2\0\3"), false },
		{ DNS_TLSA, STR("\3\1\1\xff"), true },
		{ DNS_TLSA, STR("\3\1\1"), false },
		{ DNS_SOA, STR("\0\0aaaabbbbccccddddeeee"), true },
		{ DNS_SOA, STR("\0\0aaaabbbbccccddddeee"), false },
		{ DNS_SOA, STR("\0\0aaaabbbbccccddddeeeef"), false },
		{ DNS_SOA, STR("\0\3aaabbbbccccddddeeeef"), false },
	};
	struct dns_record	rr;
	struct dns_tlsa		tlsa;
	struct dns_srv		srv;
	struct dns_soa		soa;
	struct netaddr		addr;
	struct buf		txt = BUF_INIT;
	uint16_t		preference;
	char			name[DNS_NAME_TEXT];
	size_t			i;
	int			taken;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		rr = (struct dns_record){ .packet = packet(rows[i].data),
		    .type = (uint16_t)rows[i].type, .len = rows[i].data.len };
		buf_clear(&txt);
		taken = (dns_read_address(&rr, 25, &addr) == 0) +
		    (dns_read_mx(&rr, &preference, name) == 0) +
		    (dns_read_name(&rr, name) == 0) +
		    (dns_read_txt(&rr, &txt) == 0) +
		    (dns_read_srv(&rr, &srv) == 0) +
		    (dns_read_soa(&rr, &soa) == 0) +
		    (dns_read_tlsa(&rr, &tlsa) == 0);
		assert_int_equal(taken, rows[i].ok);
	}
	buf_free(&txt);
}

#define HEADER(questions, answers) \
	"\0\0\0\0\0" questions "\0" answers "\0\0\0\0"
#define QUESTION	"\1a\0\0\1\0\1"
#define ANSWER(len)	"\1b\0\0\1\0\1\0\0\0\5\0" len

/* How many records are read before the packet ends, or -1 if it is cut. */
static void
test_sections(void **state)
{
	static const struct {
		struct str	in;
		int		want;
	} rows[] = {
		{ STR(""), -1 },
		{ STR("\0\0\0\0\0\1\0\0\0\0\0"), -1 },
		{ STR(HEADER("\1", "\0")), -1 },
		{ STR(HEADER("\0", "\0") QUESTION), -1 },
		{ STR(HEADER("\2", "\0") QUESTION QUESTION), -1 },
		{ STR(HEADER("\1", "\0") "\3a"), -1 },
		{ STR(HEADER("\1", "\0") "\xc0\x0c\0\1\0\1"), -1 },
		{ STR(HEADER("\1", "\0") "\1a\0\0\1\0"), -1 },
		{ STR(HEADER("\1", "\0") QUESTION), 0 },
		{ STR(HEADER("\1", "\1") QUESTION), -1 },
		{ STR(HEADER("\1", "\1") QUESTION "\3b"), -1 },
		{ STR(HEADER("\1", "\1") QUESTION "\1b\0\0\1\0\1\0\0\0\5\0"),
		    -1 },
		{ STR(HEADER("\1", "\1") QUESTION ANSWER("\4") "\1\2\3"), -1 },
		{ STR(HEADER("\1", "\1") QUESTION ANSWER("\4") "\1\2\3\4"), 1 },
		{ STR(HEADER("\1", "\1") QUESTION ANSWER("\0")), 1 },
		{ STR(HEADER("\1", "\2") QUESTION ANSWER("\0")), -1 },
		{ STR(HEADER("\1", "\2") QUESTION ANSWER("\0") ANSWER("\1")
		    "x"), 2 },
		/* What follows the answers is not looked at. */
		{ STR(HEADER("\1", "\1") QUESTION ANSWER("\0") "\xff"), 1 },
	};
	char			owner[DNS_NAME_TEXT];
	struct dns_walk		w;
	struct dns_record	rr;
	size_t			i;
	int			n, rc;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		n = 0;
		if ((rc = dns_walk_init(&w, packet(rows[i].in))) == 0) {
			assert_string_equal(w.question, "a");
			while ((rc = dns_walk_next(&w, &rr, owner)) == 1) {
				assert_string_equal(owner, "b");
				assert_int_equal(rr.type, DNS_A);
				assert_int_equal(rr.ttl, 5);
				n++;
			}
		}
		assert_int_equal(rc == -1 ? -1 : n, rows[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_longest_name),
		cmocka_unit_test(test_data),
		cmocka_unit_test(test_sections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
