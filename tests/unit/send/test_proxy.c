/*
 * Proxies: the bytes that they are told and tell, and connections through
 * one in another process.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "smtp/proxy_header.h"

#include "relay.h"
#include "sending.h"

#define OK	"250 2.0.0 EOD: Ok: queued"

static struct netaddr
address(const char *ip, uint16_t port)
{
	struct netaddr	a;

	assert_int_equal(netaddr_parse_ip(&a, str_of(ip), port), 0);
	return a;
}

/* ---- Bytes --------------------------------------------------------------- */

/* As the server's own reader takes it. */
static void
test_header(void **state)
{
	static const struct {
		const char	*from, *to;
	} rows[] = {
		{ "192.0.2.7", "198.51.100.1" },
		{ "2001:db8::7", "2001:db8:1::1" },
	};
	struct proxy_header	h;
	struct netaddr		from, to, none = { .len = 0 };
	struct buf		b = BUF_INIT;
	const char		*why;
	size_t			i, used;

	(void)state;
	for (i = 0; i < 2; i++) {
		from = address(rows[i].from, 0);
		to = address(rows[i].to, 25);
		buf_clear(&b);
		proxy_put_header(&b, &from, &to);
		proxy_header_init(&h);
		assert_int_equal(proxy_header_feed(&h, buf_str(&b), &used,
		    &why), PROXY_DONE);
		assert_int_equal(used, b.len);
		assert_true(netaddr_eq(&h.from, &from));
		assert_true(netaddr_eq(&h.to, &to));
		proxy_header_fini(&h);
	}
	to = address("198.51.100.1", 25);
	buf_clear(&b);
	proxy_put_header(&b, &none, &to);
	assert_int_equal(b.len, 28);
	assert_memory_equal(buf_data(&b) + 16,
	    "\0\0\0\0\xc6\x33\x64\1\0\0\0\x19", 12);
	buf_free(&b);
}

#define CHOSEN	"\5\0"
#define V4	"\5\0\0\1\xc0\0\2\1\0\x19"

/* In every cut; what is behind is the backend's. */
static void
test_socks(void **state)
{
	static const struct {
		struct str	 said;
		enum proxy_said	 want;
		size_t		 used;
		const char	*why;
		bool		 unreachable;
	} rows[] = {
		{ STR(CHOSEN V4 "220 x"), PROXY_SOCKS_OPEN, 12, NULL, false },
		{ STR(CHOSEN "\5\0\0\4aaaabbbbccccdddd\0\0" "220"),
		    PROXY_SOCKS_OPEN, 24, NULL, false },
		{ STR(CHOSEN "\5\0\0\3\4name\0\0"), PROXY_SOCKS_OPEN, 13,
		    NULL, false },
		{ STR(CHOSEN "\5\0\0\3\0\0\0" "2"), PROXY_SOCKS_OPEN, 9,
		    NULL, false },
		{ STR(CHOSEN "\5\0\0\1\xc0\0\2\1\0"), PROXY_SOCKS_MORE, 11,
		    NULL, false },
		{ STR("\5\xff"), PROXY_SOCKS_FAILED, 2,
		    "wants authentication", false },
		{ STR("\4\0"), PROXY_SOCKS_FAILED, 1,
		    "does not speak SOCKS5", false },
		{ STR(CHOSEN "\5\5"), PROXY_SOCKS_FAILED, 4,
		    "connection refused", true },
		{ STR(CHOSEN "\5\4"), PROXY_SOCKS_FAILED, 4,
		    "host unreachable", true },
		{ STR(CHOSEN "\5\1"), PROXY_SOCKS_FAILED, 4,
		    "general failure", false },
		{ STR(CHOSEN "\5\xee"), PROXY_SOCKS_FAILED, 4, "failed",
		    false },
		{ STR(CHOSEN "\5\0\0\7"), PROXY_SOCKS_FAILED, 6,
		    "malformed reply", false },
	};
	struct proxy_socks	p;
	struct netaddr		to = address("192.0.2.9", 25), from;
	struct buf		out = BUF_INIT;
	enum proxy_said		said = PROXY_SOCKS_MORE;
	const char		*why = NULL;
	struct str		part;
	size_t			i, cut, used, all;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		for (cut = 1; cut <= rows[i].said.len; cut++) {
			buf_clear(&out);
			proxy_socks_begin(&p, &to, &out);
			said = PROXY_SOCKS_MORE;
			for (all = 0; said == PROXY_SOCKS_MORE &&
			    all < rows[i].said.len; all += used) {
				part = (struct str){ rows[i].said.p + all,
				    rows[i].said.len - all };
				part.len = part.len > cut ? cut : part.len;
				said = proxy_socks_feed(&p, part, &used,
				    &out, &why);
			}
			assert_int_equal(said, rows[i].want);
			assert_int_equal(all, rows[i].used);
			if (rows[i].why != NULL)
				assert_string_equal(why, rows[i].why);
			assert_int_equal(p.unreachable, rows[i].unreachable);
		}
	buf_clear(&out);
	proxy_socks_begin(&p, &to, &out);
	said = proxy_socks_feed(&p, STR(CHOSEN V4), &used, &out, &why);
	assert_int_equal(said, PROXY_SOCKS_OPEN);
	assert_true(str_eq(buf_str(&out),
	    STR("\5\1\0" "\5\1\0\1\xc0\0\2\x09\0\x19")));
	proxy_socks_from(&p, &from);
	to = address("192.0.2.1", 25);
	assert_true(netaddr_eq(&from, &to));
	buf_free(&out);
}

/* ---- Connections --------------------------------------------------------- */

static void
through(struct sending *f, enum send_proxy_kind kind, const char *host,
    uint16_t port)
{
	f->req.backend.proxy.kind = kind;
	f->req.backend.proxy.host = str_of(host);
	f->req.backend.proxy.port = port;
}

static void
test_through_socks(void **state)
{
	struct sending	*f = *state;
	uint16_t	 port;
	pid_t		 pid = relay_start(RELAY_SOCKS, &port);

	sending_names(f, "proxy.lab A 127.0.0.1\n");
	through(f, SEND_PROXY_SOCKS5, "proxy.lab", port);
	assert_string_equal(sending_run(f), OK);
	assert_string_equal(f->connection->localip, "10.1.2.3");
	assert_string_equal(f->connection->remoteip, "127.0.0.1");
	assert_string_equal(sending_run(f), OK);
	assert_int_equal(f->transactions, 2);
	/* Not one that goes another way. */
	through(f, SEND_PROXY_NONE, NULL, 0);
	assert_string_equal(sending_run(f), OK);
	assert_int_equal(f->transactions, 1);
	through(f, SEND_PROXY_SOCKS5, "127.0.0.1", port);
	assert_string_equal(sending_run(f), OK);
	assert_int_equal(f->transactions, 1);
	relay_stop(pid);
}

/* The source is the proxy's to connect from; it sees that it is. */
static void
test_through_header(void **state)
{
	struct sending	*f = *state;
	uint16_t	 port;
	pid_t		 pid = relay_start(RELAY_HEADER, &port);

	through(f, SEND_PROXY_HEADER, "127.0.0.1", port);
	f->req.backend.source4 = address("127.0.0.7", 0);
	assert_string_equal(sending_run(f), OK);
	assert_string_equal(f->connection->localip, "127.0.0.7");
	/* One that is not ours is not bound to here. */
	f->req.backend.source4 = address("203.0.113.7", 0);
	(void)sending_run(f);
	assert_non_null(strstr(buf_cstr(&f->result), "network temporary "
	    "BANNER"));
	relay_stop(pid);
}

static void
test_faults(void **state)
{
	static const struct {
		enum relay	 kind;
		const char	*why;
	} rows[] = {
		{ RELAY_REFUSED, "connection refused" },
		{ RELAY_BABBLES, "does not speak SOCKS5" },
		{ RELAY_HANGS, "connection timed out" },
		{ RELAY_CLOSES, "" },
	};
	struct sending	*f = *state;
	char		 want[160];
	uint16_t	 port;
	size_t		 i;
	pid_t		 pid;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		pid = relay_start(rows[i].kind, &port);
		f->req.backend.connect_ms = rows[i].kind == RELAY_HANGS ?
		    200 : 20000;
		through(f, SEND_PROXY_SOCKS5, "127.0.0.1", port);
		(void)snprintf(want, sizeof want, "network temporary : "
		    "127.0.0.1: proxy 127.0.0.1:%u: %s", port, rows[i].why);
		(void)sending_run(f);
		if (strstr(buf_cstr(&f->result), want) == NULL)
			fail_msg("\"%s\", not \"%s\"", buf_cstr(&f->result),
			    want);
		relay_stop(pid);
	}
	/* Nobody is there, or it has no name. */
	through(f, SEND_PROXY_SOCKS5, "127.0.0.2", script_dead_port());
	assert_non_null(strstr(sending_run(f), ": proxy 127.0.0.2:"));
	sending_names(f, "a.lab A 127.0.0.1\n");
	through(f, SEND_PROXY_HEADER, "proxy.invalid", 1080);
	assert_string_equal(sending_run(f), "network temporary : proxy "
	    "proxy.invalid: DNS: no such name");
	assert_int_equal(f->script.connections, 0);
}

#define TEST(fn)	cmocka_unit_test_setup_teardown(fn,		\
	sending_setup, sending_teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_header), cmocka_unit_test(test_socks),
		TEST(test_through_socks), TEST(test_through_header),
		TEST(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
