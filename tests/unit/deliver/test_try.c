/*
 * Try(): what each of its options asks for, as qmgr keeps it and the attempt is
 * told it; and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <signal.h>

#include <cmocka.h>

#include "base/log.h"
#include "outbound/wish.h"

#include "desk.h"

static void
show_value(struct buf *out, struct str v, bool list)
{
	struct str	text;

	if (!list) {
		buf_add_str(out, v);
		return;
	}
	while (wish_list_next(&v, &text) == 0) {
		buf_add_str(out, text);
		buf_add_byte(out, ',');
	}
}

/* "host=a.lab port=26", lists as "mx_include=a,b,"; what is set of transport's
 * options first. */
static const char *
show_wish(void)
{
	static struct buf	out;
	static const char *const names[] = {
#define WISH(kind, name, least, most)	#name,
#include "outbound/wish.def"
	};
	static const char	kinds[][8] = {
#define WISH(kind, name, least, most)	#kind,
#include "outbound/wish.def"
	};
	struct wish		w;
	int			i;

	buf_clear(&out);
	if (wish_get(&w, buf_str(&t.try)) == -1)
		return "it does not read";
	for (i = 0; i < TRANSPORT_OPTIONS; i++)
		if (w.option[i].p != NULL) {
			buf_printf(&out, "%s=", transport_option_name(
			    (enum transport_option)i));
			buf_add_str(&out, w.option[i]);
			buf_add_byte(&out, ' ');
		}
	for (i = 0; i < WISH_IDS; i++)
		if (w.of[i].p != NULL) {
			buf_printf(&out, "%s=", names[i]);
			show_value(&out, w.of[i],
			    strcmp(kinds[i], "LIST") == 0);
			buf_add_byte(&out, ' ');
		}
	return buf_cstr(&out);
}

#define TRANSPORTS	"transport hop host 127.0.0.1\n"		\
	"transport other mx -\n"					\
	"address ip1 - 192.0.2.7 -o helo=one.example\n"			\
	"address ip6 - 2001:db8::7\n"

/* What an exception says is the reason of a Queue(). */
static const char *
tried(const char *options)
{
	struct buf		 script = BUF_INIT;
	static struct buf	 out;
	const char		*said;

	buf_printf(&script, "try { Try(%s); } catch ($e) { Queue([\"reason\""
	    " => \"!\" . $e->message()]); }", options);
	give_hook(buf_cstr(&script), TRANSPORTS);
	give_prepare(7, "r@a.example");
	said = hear(" 7;");
	buf_clear(&out);
	buf_add_text(&out, strcmp(said, "prepared 7;") == 0 ? show_wish() :
	    strchr(strchr(buf_cstr(&t.verdict), '|') + 1, '|') + 1);
	if (strcmp(said, "prepared 7;") != 0)
		give_safe(7);
	buf_free(&script);
	return buf_cstr(&out);
}

struct option {
	const char	*options, *want;
};

static void
check_options(const struct option *rows, size_t count)
{
	const char	*got;
	size_t		 i;
	bool		 wrong = false;

	for (i = 0; i < count; i++) {
		got = tried(rows[i].options);
		if (strcmp(got, rows[i].want) != 0) {
			print_error("%s:\n  \"%s\", not\n  \"%s\"\n",
			    rows[i].options, got, rows[i].want);
			wrong = true;
		}
	}
	assert_false(wrong);
}

#define CHECK(rows)	check_options(rows, sizeof rows / sizeof rows[0])

static void
test_options(void **state)
{
	static const struct option	rows[] = {
		{ "", "" },
		{ "[]", "" },
		{ "none", "" },
		{ "[\"host\" => \"a.lab\", \"port\" => 26]",
		    "host=a.lab port=26 " },
		/* In any order the same bytes. */
		{ "[\"port\" => 26, \"host\" => \"a.lab\"]",
		    "host=a.lab port=26 " },
		{ "[\"host\" => \"lookup-mx\"]", "host=lookup-mx " },
		{ "[\"protocol\" => \"lmtp\"]", "protocol=lmtp " },
		{ "[\"sender\" => \"b@X.example\"]",
		    "sender=b@X.example " },
		{ "[\"sender\" => \"\"]", "sender= " },
		{ "[\"sender\" => [\"localpart\" => \"b\", \"domain\" => "
		    "\"x.example\", \"params\" => [\"MT-PRIORITY\" => 3, "
		    "\"FLAG\" => none]]]",
		    "sender=b@x.example sender_params= MT-PRIORITY=3 FLAG " },
		{ "[\"recipient\" => \"c@y.example\"]",
		    "recipient=c@y.example " },
		{ "[\"helo\" => \"us.example\"]", "helo=us.example " },
		{ "[\"sourceip\" => \"ip1\"]",
		    "sourceip=192.0.2.7,ip1,one.example, " },
		{ "[\"sourceip\" => [\"ip1\", \"192.0.2.8\", [\"id\" => "
		    "\"ip6\", \"helo\" => \"six.example\"], [\"address\" "
		    "=> \"192.0.2.9\"]]]", "sourceip=192.0.2.7,ip1,"
		    "one.example,192.0.2.8,,,2001:db8::7,ip6,six.example,"
		    "192.0.2.9,,, " },
		{ "[\"sourceip_random\" => false]",
		    "source_order=strict " },
		{ "[\"nonlocal_source\" => true]", "nonlocal_source=yes " },
		{ "[\"proxyprotocol\" => [\"server\" => \"2001:db8::1\", "
		    "\"port\" => 99]]", "proxyprotocol=[2001:db8::1]:99 " },
		{ "[\"mx_include\" => [\"*.lab\"], \"mx_exclude\" => "
		    "[\"a.lab\", \"b.lab\"]]",
		    "mx_include=*.lab, mx_exclude=a.lab,b.lab, " },
		{ "[\"ip_include\" => [\"192.0.2.0/24\"], \"ip_exclude\" "
		    "=> [\"192.0.2.1\"]]",
		    "ip_include=192.0.2.0/24, ip_exclude=192.0.2.1, " },
		{ "[\"saslusername\" => \"u\", \"saslpassword\" => "
		    "\"p q\"]", "saslusername=u saslpassword=p q " },
		{ "[\"xclient\" => [\"addr\" => \"2001:db8::1\", \"NAME\" "
		    "=> none]]", "xclient_values=addr,IPV6:2001:db8::1,NAME,"
		    "[UNAVAILABLE], " },
		{ "[\"tls\" => \"dane_require\"]", "tls=dane_require " },
		{ "[\"tls_sni\" => true]", "tls_sni=yes " },
		{ "[\"tls_sni\" => \"n.example\"]", "tls_sni=n.example " },
		{ "[\"tls_protocols\" => \"!TLSv1.1\", \"tls_ciphers\" => "
		    "\"HIGH\"]", "tls_protocols=!TLSv1.1 tls_ciphers=HIGH " },
		{ "[\"tls_verify_host\" => true, \"tls_default_ca\" => "
		    "false]", "tls_verify_host=yes tls_default_ca=no " },
		{ "[\"tls_verify_name\" => [\"a.example\", "
		    "\"*.b.example\"]]",
		    "tls_verify_name=a.example *.b.example " },
		{ "[\"tls_client_cert\" => \"ours\"]",
		    "tls_client_cert=ours " },
		{ "[\"chunking\" => false, \"pooling\" => false]",
		    "chunking=no pooling=no " },
		{ "[\"timeout\" => [\"MAIL\" => 30, \"AUTH-PLAIN\" => 1.5, "
		    "\"NOOP\" => 3]]",
		    "timeout=MAIL,30001,AUTH-PLAIN,1501, " },
		{ "[\"connect_timeout\" => 2.5]",
		    "timeout_connect=2500ms " },
		{ "[\"recipients\" => 50]", "recipients=50 " },
		{ "[\"tenantid\" => \"t\", \"jobid\" => \"\"]",
		    "tenantid=t jobid= " },
		{ "[\"dsn\" => [\"envid\" => \"e 1\", \"ret\" => "
		    "\"HDRS\", \"notify\" => [\"FAILURE\", \"DELAY\"], "
		    "\"orcpt\" => \"rfc822;o@x\", \"success\" => "
		    "\"delivered\"]]", "dsn_envid=e 1 dsn_ret=2 "
		    "dsn_notify=12 dsn_orcpt=rfc822;o@x "
		    "dsn_success=delivered " },
		/* Another function's. */
		{ "[\"hold\" => true, \"helo\" => none]", "" },
	};

	(void)state;
	CHECK(rows);
}

static void
test_wrong_options(void **state)
{
	static const struct option	rows[] = {
		{ "5", "!Try: options is an array, not a number" },
		{ "[\"nonsense\" => 1]",
		    "!Try: unknown option 'nonsense'" },
		{ "[\"plugin\" => [\"id\" => \"x\"]]",
		    "!Try: plugin: there are no plugins for delivery" },
		{ "[\"host\" => 1]", "!Try: host is a text" },
		{ "[\"host\" => \"a b\"]", "!Try: host is text of 1 to 255 "
		    "bytes without blanks" },
		{ "[\"port\" => 0]",
		    "!Try: port is a number from 1 to 65535" },
		{ "[\"port\" => 1.5]", "!Try: port is a whole number" },
		{ "[\"protocol\" => \"http\"]",
		    "!Try: protocol is 'smtp' or 'lmtp'" },
		{ "[\"sender\" => 5]", "!Try: sender is not an address" },
		{ "[\"recipient\" => \"\"]",
		    "!Try: recipient is not an address" },
		{ "[\"recipient\" => [\"localpart\" => \"a\", "
		    "\"domain\" => \"b\", \"params\" => [\"NOTIFY\" => "
		    "\"NEVER\"]]]", "!Try: recipient: parameter NOTIFY is "
		    "said by the message and by dsn" },
		{ "[\"recipient\" => [\"localpart\" => \"a\", "
		    "\"domain\" => \"b\", \"params\" => [\"X Y\" => "
		    "1]]]", "!Try: recipient: 'X Y' is no parameter of an "
		    "address" },
		{ "[\"sourceip\" => \"ip9\"]", "!Try: sourceip: "
		    "transport.cf has no address 'ip9'" },
		{ "[\"sourceip\" => [[\"helo\" => \"x\"]]]", "!Try: "
		    "sourceip: an array has id or address, and helo" },
		{ "[\"sourceip\" => [[\"address\" => \"here\"]]]",
		    "!Try: sourceip: 'here' is not an address" },
		{ "[\"sourceip\" => []]",
		    "!Try: sourceip is a list of 1 to 256" },
		{ "[\"sourceip_random\" => 1]",
		    "!Try: sourceip_random is true or false" },
		{ "[\"proxyprotocol\" => \"a:1\"]", "!Try: proxyprotocol is "
		    "an array of server and port" },
		{ "[\"mx_include\" => [\"a*.lab\"]]", "!Try: mx_include: "
		    "'a*.lab' is neither a name nor one with * for a label" },
		{ "[\"ip_exclude\" => [\"a.lab\"]]", "!Try: ip_exclude: "
		    "'a.lab' is neither an address nor a network" },
		{ "[\"ip_exclude\" => \"192.0.2.1\"]",
		    "!Try: ip_exclude is an array of texts" },
		{ "[\"saslusername\" => \"u\"]",
		    "!Try: saslusername and saslpassword go together" },
		{ "[\"xclient\" => [\"COLOUR\" => 1]]",
		    "!Try: xclient has no attribute 'COLOUR'" },
		{ "[\"timeout\" => [\"LUNCH\" => 1]]",
		    "!Try: timeout has no state 'LUNCH'" },
		{ "[\"timeout\" => [\"MAIL\" => 0]]", "!Try: timeout: MAIL "
		    "is a number of seconds up to 3600" },
		{ "[\"timeout\" => 5]",
		    "!Try: timeout is an array of seconds by states" },
		{ "[\"connect_timeout\" => \"5\"]", "!Try: connect_timeout "
		    "is a number of seconds from 1 to 3600" },
		{ "[\"pooling\" => \"yes\"]",
		    "!Try: pooling is true or false" },
		{ "[\"tls_verify_name\" => \"a\"]",
		    "!Try: tls_verify_name is an array of names" },
		{ "[\"dsn\" => [\"ret\" => \"ALL\"]]",
		    "!Try: dsn.ret is FULL or HDRS" },
		{ "[\"dsn\" => [\"success\" => \"relayed\"]]",
		    "!Try: dsn: success is 'delivered'" },
	};

	(void)state;
	CHECK(rows);
	assert_non_null(strstr(tried("[\"tls\" => \"perhaps\"]"),
	    "!Try: tls: "));
	assert_non_null(strstr(tried("[\"recipients\" => 0]"),
	    "!Try: recipients: "));
}

/* The two kinds of things are told by their names alone. */
static void
test_names(void **state)
{
	static const char *const	names[] = {
#define WISH(kind, name, least, most)	#name,
#include "outbound/wish.def"
	};
	int				i;

	(void)state;
	for (i = 0; i < WISH_IDS; i++)
		assert_int_equal(transport_option_find(str_of(names[i])),
		    TRANSPORT_OPTIONS);
}

#define TEST(fn)	cmocka_unit_test_setup_teardown(fn, desk_setup,	\
	desk_teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_names),
		TEST(test_options), TEST(test_wrong_options),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	log_open("test", LOG_TO_FD, open("/dev/null", O_WRONLY));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
