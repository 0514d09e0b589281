/*
 * transport: rows, options with their defaults, groups, "$", and what is
 * wrong with its place; what is put compiles to the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "event/tls_version.h"
#include "schedule/transport.h"

static struct params	params;

static void
collect(void *arg, const char *file, int line, int column, const char *text)
{
	(void)file;
	buf_printf(arg, "%d:%d: %s\n", line, column, text);
}

static struct transports *
compile(const char *text, struct buf *said)
{
	struct transports	*t = NULL;
	int			 rc;

	rc = transports_compile(&t, "transport.cf", str_of(text), &params,
	    collect, said);
	assert_int_equal(rc, t != NULL ? 0 : -1);
	assert_true((said->len > 0) == (rc == -1));
	return t;
}

static struct transports *
good(const char *text)
{
	struct buf		 said = BUF_INIT;
	struct transports	*t = compile(text, &said);

	assert_string_equal(buf_cstr(&said), "");
	buf_free(&said);
	return t;
}

static const struct transport *
find(const struct transports *t, const char *id)
{
	const struct transport	*tr = transports_find(t, str_of(id));

	assert_non_null(tr);
	return tr;
}

static void
assert_str(struct str s, const char *want)
{
	char	got[4096];

	(void)snprintf(got, sizeof got, "%.*s", (int)s.len, s.p);
	assert_string_equal(got, want);
}

/* ---- Defaults ---------------------------------------------------------- */

/* As the rules of the queue have them, one by one. */
static void
test_defaults(void **state)
{
	static const struct {
		const char	*name;
		const char	*mx;
		const char	*host;	/* NULL: the same */
	} t[] = {
		{ "retry", "60s,15m,1h+notify,2h,3h", NULL },
		{ "jitter", "10%", NULL }, { "retry_count", "0", NULL },
		{ "max_age", "5d", NULL }, { "bounce_max_age", "5d", NULL },
		{ "tls", "optional", NULL },
		{ "tls_protocols", "!SSLv2,!SSLv3,!TLSv1,!TLSv1.1", NULL },
		{ "tls_sni", "no", NULL }, { "tls_verify_host", "no", NULL },
		{ "tls_default_ca", "no", NULL },
		{ "timeout_connect", "30s", NULL },
		{ "timeout_BANNER", "5m", NULL },
		{ "timeout_RCPT", "5m", NULL },
		{ "timeout_DATA", "2m", NULL },
		{ "timeout_BLOCK", "3m", NULL },
		{ "timeout_BDAT", "5m", NULL },
		{ "timeout_EOD", "10m", NULL },
		{ "timeout_RSET", "20s", NULL },
		{ "timeout_QUIT", "5s", NULL },
		{ "attempt_limit", "1h", NULL },
		{ "pooling", "yes", NULL },
		{ "pooling_timeout", "5s", "30s" },
		{ "pooling_transactions", "100", NULL },
		{ "pooling_lifetime", "5m", NULL },
		{ "pooling_evictable", "yes", NULL },
		{ "address_limit", "5", NULL },
		{ "session_limit", "2", NULL },
		{ "concurrency", "none", "20" }, { "rate", "none", NULL },
		{ "recipients", "1", NULL },
		{ "families", "ipv6,ipv4", NULL },
		{ "source_order", "random", NULL },
		{ "dead_host", "60s", NULL }, { "dsn", "yes", NULL },
		{ "dsn_transport", "", NULL }, { "helo", "", NULL },
		{ "chunking", "yes", NULL }, { "source", "", NULL },
	};
	struct transports	*all = good("transport m mx -\n"
				    "transport h host backend:26\n"
				    "transport l lmtp unix:dovecot\n");
	enum transport_option	 o;
	const char		*host;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof t[0]; i++) {
		o = transport_option_find(str_of(t[i].name));
		assert_int_not_equal(o, TRANSPORT_OPTIONS);
		host = t[i].host != NULL ? t[i].host : t[i].mx;
		assert_str(transport_text(find(all, "m"), o), t[i].mx);
		assert_str(transport_text(find(all, "h"), o), host);
		assert_str(transport_text(find(all, "l"), o),
		    o == TRANSPORT_tls ? "disabled" : host);
	}
	assert_int_equal(find(all, "l")->options.tls, TRANSPORT_TLS_DISABLED);
	assert_int_equal(find(all, "h")->options.tls, TRANSPORT_TLS_OPTIONAL);
	assert_int_equal(find(all, "h")->options.tls_protocols,
	    TLS_1_0 | TLS_1_1);
	transports_free(&all);
}

/* Each default must be read as one of its own values. */
static void
test_every_default_holds(void **state)
{
	struct transport_options	set;
	enum transport_option		o;
	struct err			e;
	int				near;

	(void)state;
	for (o = 0; o < TRANSPORT_OPTIONS; o++)
		for (near = 0; near <= 1; near++)
			if (transport_option_set(&set, o, str_of(
			    transport_option_default(o, near)), &e) == -1)
				fail_msg("%s: %s", transport_option_name(o),
				    e.text);
}

/* ---- Values ------------------------------------------------------------ */

static void
test_values(void **state)
{
	struct transports		*t = good(
	    "transport t host [2001:db8::1]:2600\n"
	    "  -o retry=5m+notify,1h -o jitter=0% -o rate=0.25/1m\n"
	    "  -o concurrency=none\n"
	    "  -o { tls_verify_name = a.example b.example }\n"
	    "  -o tls=dane_fallback_require_verify -o families=ipv4\n"
	    "transport u mx example.org -o rate=10 -o dsn=no\n"
	    "transport v lmtp unix:/run/dovecot/lmtp -o tls=require\n"
	    "transport w host h -o dsn_transport=w\n");
	const struct transport		*tr = find(t, "t");
	const struct transport_options	*o = &tr->options;

	(void)state;
	assert_str(tr->host, "[2001:db8::1]");
	assert_int_equal(tr->port, 2600);
	assert_int_equal(tr->line, 1);
	assert_int_equal(o->retry.count, 2);
	assert_int_equal(o->retry.step[0].wait_ms, 300000);
	assert_true(o->retry.step[0].notify && !o->retry.step[1].notify);
	assert_int_equal(o->jitter, 0);
	assert_int_equal(o->rate.thousandths, 250);
	assert_int_equal(o->rate.per_ms, 60000);
	assert_int_equal(o->concurrency, 0);
	assert_str(o->tls_verify_name, "a.example b.example");
	assert_int_equal(o->tls, TRANSPORT_TLS_DANE_FALLBACK_REQUIRE_VERIFY);
	assert_int_equal(o->families, TRANSPORT_IPV4);
	tr = find(t, "u");
	assert_int_equal(tr->mode, TRANSPORT_MX);
	assert_str(tr->host, "example.org");
	assert_int_equal(tr->options.rate.thousandths, 10000);
	assert_int_equal(tr->options.rate.per_ms, 1000);
	assert_false(tr->options.dsn);
	tr = find(t, "v");
	assert_str(tr->socket, "/run/dovecot/lmtp");
	assert_int_equal(tr->options.tls, TRANSPORT_TLS_REQUIRE);
	assert_int_equal(find(t, "w")->port, 0);
	assert_int_equal(transports_count(t), 4);
	assert_null(transports_find(t, STR("T")));
	assert_null(transports_find(NULL, STR("t")));
	transports_free(&t);
	transports_free(&t);
}

/* Weakest first: the default, the group, the transport. */
static void
test_groups(void **state)
{
	struct transports	*t = good(
	    "group g - - -o max_age=1d -o helo=g.example\n"
	    "transport a mx - -o group=g\n"
	    "transport b mx - -o helo=b.example -o group=g\n"
	    "transport g mx -\n");	/* ids are of a kind */

	(void)state;
	assert_int_equal(find(t, "a")->options.max_age, 86400000);
	assert_str(find(t, "a")->options.helo, "g.example");
	assert_str(find(t, "a")->group, "g");
	assert_int_equal(find(t, "b")->options.max_age, 86400000);
	assert_str(find(t, "b")->options.helo, "b.example");
	assert_int_equal(find(t, "g")->options.max_age, 5 * 86400000);
	transports_free(&t);
}

static void
test_addresses(void **state)
{
	struct transports		*t = good(
	    "address one - 192.0.2.1 -o helo=out.example\n"
	    "address two - 2001:db8::2\n"
	    "transport a mx - -o source=one,two -o source_order=strict\n");
	const struct transport_address	*one;

	(void)state;
	one = transports_address(t, STR("one"));
	assert_non_null(one);
	assert_str(one->helo, "out.example");
	assert_non_null(transports_address(t, STR("two")));
	assert_null(transports_address(t, STR("a")));
	assert_int_equal(find(t, "a")->options.source_order,
	    TRANSPORT_ORDER_STRICT);
	transports_free(&t);
}

static void
test_expansion(void **state)
{
	struct transports	*t;
	struct err		 e;

	(void)state;
	assert_int_equal(params_set(&params, "myhostname", "mx.example.org",
	    &e), 0);
	t = good("transport a host b -o helo=out.${myhostname}\n");
	assert_str(find(t, "a")->options.helo, "out.mx.example.org");
	transports_free(&t);
}

/* ---- What is wrong ------------------------------------------------------ */

static const struct {
	const char	*text;
	const char	*want;
} wrong[] = {
	{ "transports x mx -\n",
	    "1:1: kind: \"transports\" is not group, transport or address\n" },
	{ "transport x mx\n",
	    "1:1: column 4 (target) is missing: a row has 4 columns\n" },
	{ "transport a/b mx -\n",
	    "1:11: id: \"a/b\" is not 1 to 32 letters, digits or \"._-\"\n" },
	{ "transport aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa mx -\n",
	    "1:11: id: \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\" is not 1 to 32 "
	    "letters, digits or \"._-\"\n" },
	{ "transport a mx -\n# x\ntransport a host b\n",
	    "3:11: transport \"a\" is already in line 1\n" },
	{ "transport a smtp b\n",
	    "1:13: mode: \"smtp\" is not mx, host or lmtp\n" },
	{ "transport a host -\n",
	    "1:18: target: \"-\" is not host:port, [address]:port or "
	    "unix:name\n" },
	{ "transport a host b:0\n",
	    "1:18: target: \"b:0\" has no port from 1 to 65535\n" },
	{ "transport a host ::1\n",
	    "1:18: target: \"::1\" is not host:port, [address]:port or "
	    "unix:name\n" },
	{ "transport a lmtp unix:../x\n",
	    "1:18: target: \"unix:../x\" is not the path of a socket\n" },
	{ "transport a mx [192.0.2.1]\n",
	    "1:16: target: \"[192.0.2.1]\" is not a domain\n" },
	{ "group a mx -\n", "1:9: mode: \"mx\" has no meaning here; write "
	    "\"-\"\n" },
	{ "address a - b\n", "1:13: target: \"b\" is not an address\n" },
	{ "address a - 192.0.2.1 -o tls=dane\n",
	    "1:26: tls is no option of an address\n" },
	{ "transport a mx - -o tsl=dane\n",
	    "1:21: unknown option \"tsl\", did you mean \"tls\"?\n" },
	{ "transport a mx - -o tls=always\n",
	    "1:25: \"always\" is not one of disabled|optional|"
	    "optional_verify|dane|dane_require|require|require_verify|"
	    "dane_fallback_require_verify\n" },
	{ "transport a mx - -o dsn=no -o dsn=no\n",
	    "1:31: dsn is set twice\n" },
	{ "transport a mx -\n  -o rate=10/0s -o retry=1m,,5x\n",
	    "2:11: \"10/0s\" is not a rate, such as 10/1s or 0.5\n"
	    "2:26: \"5x\" is not a time: digits and one of ms s m h d w\n" },
	{ "transport a mx - -o retry=, -o rate=0 -o jitter=10\n",
	    "1:27: retry has no wait\n"
	    "1:37: \"0\" is not a rate, such as 10/1s or 0.5\n"
	    "1:49: \"10\" is not a percentage, such as 10%\n" },
	{ "transport a mx - -o jitter=101% -o max_age=0s\n",
	    "1:28: jitter must be from 0% to 100%\n"
	    "1:44: max_age must be from 1s to 365d\n" },
	{ "transport a mx - -o group=g\ngroup g - -\n",
	    "1:21: there is no group \"g\" before this line\n" },
	{ "group g - - -o dsn_transport=b\ntransport a mx - -o group=g\n"
	    "transport b mx -\n",
	    "1:30: there is no transport \"b\" before line 2\n" },
	{ "transport a mx - -o source=ip1\n",
	    "1:28: there is no address \"ip1\" before line 1\n" },
	{ "transport a host b -o saslusername=u",
	    "1:36: saslusername goes with one of saslpassword_file and "
	    "sasltoken_file\n" },
	{ "transport a host b -o sasltoken_file=t",
	    "1:38: saslusername goes with one of saslpassword_file and "
	    "sasltoken_file\n" },
	{ "transport a mx - -o socks5=proxy\n",
	    "1:28: socks5 is not host:port or [address]:port\n" },
	{ "transport a mx - -o proxyprotocol=p:0\n",
	    "1:35: proxyprotocol is not host:port or [address]:port\n" },
	{ "group g - - -o socks5=p:1\n"
	    "transport a mx - -o group=g -o proxyprotocol=p:2\n",
	    "1:23: proxyprotocol and socks5 exclude each other\n" },
	{ "transport a mx - -o helo=$nothing\n",
	    "1:26: unknown parameter \"nothing\"\n" },
	{ "transport a mx - -o { helo = a;b }\n",
	    "1:30: helo has a \";\"\n" },
	{ "transport a mx - -v\n", "1:18: only \"-o name=value\" may follow "
	    "the last column\n" },
};

static void
test_wrong(void **state)
{
	struct buf	said = BUF_INIT;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		buf_clear(&said);
		assert_null(compile(wrong[i].text, &said));
		assert_string_equal(buf_cstr(&said), wrong[i].want);
	}
	buf_free(&said);
}

/* What other processes are given. */
static void
test_put(void **state)
{
	struct transports	*t = good(
	    "# comment\ngroup g - - -o retry=1m\n"
	    "address ip - 192.0.2.1 -o { helo = $myhostname }\n"
	    "transport a mx - -o group=g -o source=ip\n"
	    "transport b host h:25\n  -o { tls_verify_name = x y }\n");
	struct buf		 first = BUF_INIT, again = BUF_INIT;

	(void)state;
	transports_put(t, &first);
	transports_free(&t);
	assert_string_equal(buf_cstr(&first),
	    "address ip - 192.0.2.1 -o { helo = mx.example.org }\n"
	    "transport a mx - -o { retry = 1m } -o { source = ip }\n"
	    "transport b host h:25 -o { tls_verify_name = x y }\n");
	t = good(buf_cstr(&first));
	transports_put(t, &again);
	assert_string_equal(buf_cstr(&again), buf_cstr(&first));
	transports_free(&t);
	buf_free(&first);
	buf_free(&again);
}

/* As large as a file may be. */
static void
test_many(void **state)
{
	struct buf		 text = BUF_INIT, said = BUF_INIT;
	struct transports	*t;
	int			 i;

	(void)state;
	for (i = 0; i < 20000; i++)
		buf_printf(&text, "transport t%d host h\n", i);
	t = good(buf_cstr(&text));
	assert_non_null(transports_find(t, STR("t19999")));
	transports_free(&t);
	buf_add_text(&text, "transport x mx -\n");
	assert_null(compile(buf_cstr(&text), &said));
	assert_string_equal(buf_cstr(&said), "20001:1: more than 20000 "
	    "rows\n");
	buf_free(&text);
	buf_free(&said);
}

static int
setup(void **state)
{
	(void)state;
	params_init(&params);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	params_fini(&params);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_every_default_holds),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_expansion),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_put),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
