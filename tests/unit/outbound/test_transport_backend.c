/*
 * Options of a transport as a backend has them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "outbound/transport_backend.h"

static struct params		 params;
static struct transports	*all;

static void
report(void *arg, const char *file, int line, int column, const char *text)
{
	(void)arg;
	(void)file;
	fail_msg("%d:%d: %s", line, column, text);
}

static struct send_backend
make(const char *text, struct err *e)
{
	struct send_backend	b = { .port = 25, .helo = STR("us") };

	transports_free(&all);
	assert_int_equal(transports_compile(&all, "transport.cf",
	    str_of(text), &params, report, NULL), 0);
	if (transport_backend(all, transports_at(all, 0), "/run/h", &b,
	    e) == -1)
		b.host = STR_NONE;
	else
		transport_keep(transports_at(all, 0), &b);
	return b;
}

static void
test_targets(void **state)
{
	static const struct {
		const char	*text;
		const char	*host;
		uint16_t	 port;
		const char	*socket;
	} rows[] = {
		{ "transport a host b.example", "b.example", 25, NULL },
		{ "transport a host 192.0.2.1:2525", "192.0.2.1", 2525, NULL },
		{ "transport a lmtp b.example", "b.example", 24, NULL },
		{ "transport a lmtp b.example:2003", "b.example", 2003, NULL },
		{ "transport a lmtp unix:dovecot", "unix:dovecot", 0,
		    "/run/h/dovecot" },
		{ "transport a lmtp unix:/var/s", "unix:/var/s", 0,
		    "/var/s" },
	};
	struct send_backend	b;
	struct err		e;
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		b = make(rows[i].text, &e);
		assert_true(str_eq(b.host, str_of(rows[i].host)));
		assert_int_equal(b.port, rows[i].port);
		assert_int_equal(b.lmtp, strstr(rows[i].text, "lmtp") !=
		    NULL);
		if (rows[i].socket != NULL)
			assert_string_equal(b.address.u.un.sun_path,
			    rows[i].socket);
		else
			assert_int_equal(b.address.len, 0);
	}
}

static void
test_options(void **state)
{
	struct send_backend	b;
	struct err		e;

	(void)state;
	b = make("address ip4 - 192.0.2.7 -o helo=out.example\n"
	    "address ip6 - 2001:db8::7\n"
	    "transport a host b -o tls=require_verify -o source=ip4,ip6 "
	    "-o timeout_MAIL=7s -o timeout_EOD=8s -o timeout_connect=9s "
	    "-o timeout_BLOCK=10s -o timeout_QUIT=0s -o chunking=no "
	    "-o tls_verify_name=c.example -o pooling=no "
	    "-o pooling_timeout=11s -o pooling_transactions=12 "
	    "-o pooling_lifetime=13s -o saslusername=u "
	    "-o saslpassword_file=p\n", &e);
	assert_int_equal(b.tls, SEND_TLS_REQUIRE_VERIFY);
	assert_true(str_eq(b.tls_name, STR("c.example")));
	assert_true(str_eq(b.helo, STR("out.example")));
	assert_true(str_eq(b.source_id, STR("ip4")));
	assert_int_equal(b.source4.u.sa.sa_family, AF_INET);
	assert_int_equal(b.source6.u.sa.sa_family, AF_INET6);
	assert_int_equal(b.state_ms[SMTP_STATE_MAIL], 7000);
	assert_int_equal(b.end_ms, 8000);
	assert_int_equal(b.connect_ms, 9000);
	assert_int_equal(b.block_ms, 10000);
	assert_int_equal(b.state_ms[SMTP_STATE_QUIT], 1);
	assert_true(b.no_chunking);
	assert_true(b.keep.never);
	assert_int_equal(b.keep.idle_ms, 11000);
	assert_int_equal(b.keep.transactions, 12);
	assert_int_equal(b.keep.lifetime_ms, 13000);
	assert_true(str_eq(b.username, STR("u")));
	assert_int_equal(b.password.len, 0);
}

static void
test_proxies(void **state)
{
	struct send_backend	b;
	struct err		e;

	(void)state;
	b = make("transport a host b -o proxyprotocol=[2001:db8::1]:8080\n",
	    &e);
	assert_int_equal(b.proxy.kind, SEND_PROXY_HEADER);
	assert_true(str_eq(b.proxy.host, STR("[2001:db8::1]")));
	assert_int_equal(b.proxy.port, 8080);
	b = make("group g - - -o socks5=proxy.lab:1080\n"
	    "transport a host b -o group=g\n", &e);
	assert_int_equal(b.proxy.kind, SEND_PROXY_SOCKS5);
	assert_true(str_eq(b.proxy.host, STR("proxy.lab")));
	assert_int_equal(b.proxy.port, 1080);
	/* Of its own kind it has none. */
	b = make("group g - - -o socks5=proxy.lab:1080\n"
	    "transport a host b -o group=g -o { socks5 = }\n", &e);
	assert_int_equal(b.proxy.kind, SEND_PROXY_NONE);
	b = make("transport a lmtp unix:x -o socks5=proxy.lab:1080\n", &e);
	assert_int_equal(b.proxy.kind, SEND_PROXY_NONE);
}

/* Every mode that a transport can name. */
static void
test_tls(void **state)
{
	static const struct {
		const char	*word;
		enum send_tls	 mode;
		bool		 no_sni;
	} cases[] = {
#define MODE(id, word)	{ word, SEND_TLS_##id, SEND_TLS_##id ==		\
	SEND_TLS_DISABLED || SEND_TLS_##id == SEND_TLS_OPTIONAL ||	\
	SEND_TLS_##id == SEND_TLS_REQUIRE },
		SEND_TLS_MODES(MODE)
#undef MODE
	};
	struct send_backend	b;
	struct err		e = { "" };
	char			text[80];
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		(void)snprintf(text, sizeof text, "transport a host b "
		    "-o tls=%s\n", cases[i].word);
		b = make(text, &e);
		assert_string_equal(e.text, "");
		assert_int_equal(b.tls, cases[i].mode);
		assert_int_equal(b.tls_no_sni, cases[i].no_sni);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_options), cmocka_unit_test(test_proxies),
		cmocka_unit_test(test_tls),
	};
	int	rc;

	params_init(&params);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	transports_free(&all);
	params_fini(&params);
	return rc;
}
