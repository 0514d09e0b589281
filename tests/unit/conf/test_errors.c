/*
 * What conf_parse() says about wrong files: every error at its line and
 * column, all of them in one go.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf.h"

#define N(a)	(sizeof(a) / sizeof((a)[0]))
#define ROW	"smtp inet n - - - 1 smtpd\n"
#define TWICE_16(a)	a a a a a a a a a a a a a a a a

struct wrong {
	const char	*main_cf;
	const char	*master_cf;
	const char	*want;
};

/* Nothing of these is wrong by itself. */
static const struct wrong	unfit_cases[] = {
	{ "hook_eod = x\n", ROW, "" },
	{ "hook_eod = x\nmessage_size_limit = 100M\n", ROW,
	    "main.cf:2:22: hook_memory_limit (128M) is too small beside "
	    "message_size_limit (100M): a script that makes two texts of the "
	    "largest message defers it for ever\n" },
	{ "hook_eod = x\nhook_memory_limit = 90M\n", ROW,
	    "main.cf:2:21: hook_memory_limit (90M) is too small beside "
	    "message_size_limit (50M): a script that makes two texts of the "
	    "largest message defers it for ever\n" },
	{ "message_size_limit = 100M\n", ROW, "" },	/* no script */
	/* rows that belong together, and how they are found */
	{ "", "cleanup.sock unix - - - - - cleanup\n"
	    "qmgr.sock unix - - - - - qmgr\ndeliver unix - - - - - deliver\n"
	    "bounce unix - - - - - bounce\n", "" },
	{ "", "cleanup.sock unix - - - - - cleanup\n"
	    "qmgr.sock unix - - - - - qmgr\n",
	    "master.cf:1:1: cleanup is here, and no row for deliver: what is "
	    "queued stays there\n"
	    "master.cf:1:1: cleanup is here, and no row for bounce: what "
	    "can't be delivered stays there, and its sender is not told\n" },
	{ "", "share.sock unix - - - - - share\n"
	    "deliver unix - - - - - deliver\n",
	    "master.cf:2:1: deliver is here, and no row for cleanup: nothing "
	    "can be queued\n"
	    "master.cf:2:1: deliver is here, and no row for qmgr: what is "
	    "queued stays there, unseen\n"
	    "master.cf:2:1: deliver is here, and no row for bounce: what "
	    "can't be delivered stays there, and its sender is not told\n" },
	{ "", "share unix - - - - - share\n",
	    "master.cf:1:1: nobody finds share here: its row is to be named "
	    "share.sock\n" },
	{ "body_memory_limit = 2M\nbody_memory_total = 1M\n", ROW,
	    "main.cf:2:21: body_memory_total (1M) is too small beside "
	    "body_memory_limit (2M): no message of that size is ever kept in "
	    "memory\n" },
};

static const struct wrong	main_cases[] = {
	{ "hook_eof = x\n", ROW,
	    "main.cf:1:1: unknown parameter \"hook_eof\", did you mean "
	    "\"hook_eod\"?\n" },
	{ "zzz = x\nlog_level = loud\n", ROW,
	    "main.cf:1:1: unknown parameter \"zzz\"\n"
	    "main.cf:2:13: \"loud\" is not one of error|warn|info|debug\n" },
	{ "# c\nmessage_size_limit =\n# c\n   12x\n", ROW,
	    "main.cf:4:4: \"12x\" is not a size: digits and nothing or one "
	    "of k M G T\n" },
	{ "smtpd_greeting = hi $myhostnam\n", ROW,
	    "main.cf:1:21: unknown parameter \"myhostnam\", did you mean "
	    "\"myhostname\"?\n" },
	{ "smtpd_greeting = ${a?b}${myhostname\n", ROW,
	    "main.cf:1:18: only a parameter's name may stand in \"${}\"\n"
	    "main.cf:1:24: \"${\" without \"}\"\n" },
	{ "smtpd_greeting = 5 $\n", ROW,
	    "main.cf:1:20: a lone \"$\"; write \"$$\" for the character\n" },
	{ "server_id = $server_id\n", ROW,
	    "main.cf:1:13: $server_id leads back to server_id\n" },
	{ "server_id = $log_target\nlog_target = ${smtpd_greeting}\n"
	    "smtpd_greeting = $server_id\n", ROW,
	    "main.cf:1:13: $log_target leads back to server_id\n" },
	{ "log_level = info\nlog_format = json\nlog_level = warn\n", ROW,
	    "main.cf:3:1: log_level is already set in line 1\n" },
	{ "log_level\n= info\n9 9 = 1\n", ROW,
	    "main.cf:1:1: \"name = value\" expected\n"
	    "main.cf:2:1: a parameter's name is letters, digits and \"_\"\n"
	    "main.cf:3:1: a parameter's name is letters, digits and "
	    "\"_\"\n" },
	{ "  log_level = info\n", ROW,
	    "main.cf:1:1: a line that starts with a blank continues the one "
	    "before, and there is none\n" },
	{ "log_level = info\r\n", ROW,
	    "main.cf:1:17: carriage return: lines end with a newline "
	    "alone\n" },
	{ "log_level = in\001fo\n", ROW,
	    "main.cf:1:15: control character 0x01\n" },
	{ "log_level =\n", ROW,
	    "main.cf:1:12: \"\" is not one of error|warn|info|debug\n" },
	{ "smtpd_tls_cert_file = cert.pem\n", ROW,
	    "main.cf:1:23: smtpd_tls_cert_file without "
	    "smtpd_tls_key_file\n" },
	{ "smtpd_tls_key_file = key.pem\n", ROW,
	    "main.cf:1:22: smtpd_tls_key_file without "
	    "smtpd_tls_cert_file\n" },
	{ "smtpd_tls_wrapper = yes\nsmtpd_tls_cert_dir = more\n", ROW,
	    "main.cf:1:21: smtpd_tls_wrapper without "
	    "smtpd_tls_cert_file\n"
	    "main.cf:2:22: smtpd_tls_cert_dir without "
	    "smtpd_tls_cert_file\n" },
	{ "xclient_hosts = 10.0.0.0/8 here\n"
	    "proxy_protocol_hosts = ::1/129\n"
	    "smtpd_client_limit_exempt = 10.0.0.0/x\n", ROW,
	    "main.cf:1:17: \"here\" is not an address or "
	    "address/length\n"
	    "main.cf:2:24: \"::1/129\" is not an address or "
	    "address/length\n"
	    "main.cf:3:29: \"10.0.0.0/x\" is not an address or "
	    "address/length\n" },
	{ "dns_servers = 127.0.0.1@5353 ::1 dns.example 1.1.1.1@0\n", ROW,
	    "main.cf:1:15: \"dns.example\" is not an address or "
	    "address@port\n"
	    "main.cf:1:15: \"1.1.1.1@0\" is not an address or "
	    "address@port\n" },
	{ "myhostname = my host\n", ROW,
	    "main.cf:1:14: \"my host\" is not the name of a host\n" },
	/* Values that double with each reference stay bounded. */
	{ "server_id = " TWICE_16("$log_target") "\n"
	    "log_target = " TWICE_16("$smtpd_greeting") "\n"
	    "smtpd_greeting = " TWICE_16("$myhostname") "\n"
	    "myhostname = " TWICE_16("0123456789") "\n", ROW,
	    "main.cf:3:18: smtpd_greeting is longer than 2047 bytes\n" },
};

static const struct wrong	master_cases[] = {
	{ "", "# nothing\n",
	    "master.cf:1:1: no service: there is nothing to run\n" },
	{ "", "smtp inet n - - - 1\n",
	    "master.cf:1:1: column 8 (command) is missing: a service has 8 "
	    "columns\n" },
	{ "", "smtp tcp n - - - 1 smtpd\n",
	    "master.cf:1:6: type: \"tcp\" is not inet or unix\n" },
	{ "", "smtp inet n - - - 1 stmpd\nx unix - - - - 1 qqqqqqq\n",
	    "master.cf:1:21: unknown command \"stmpd\", did you mean "
	    "\"smtpd\"?\n"
	    "master.cf:2:18: unknown command \"qqqqqqq\"\n" },
	{ "", "25 inet yes no - x 0 smtpd\n",
	    "master.cf:1:9: private: \"yes\" is not y, n or -\n"
	    "master.cf:1:13: unpriv: \"no\" is not y, n or -\n"
	    "master.cf:1:18: wakeup: \"x\" is not a number that can be used "
	    "here\n"
	    "master.cf:1:20: maxproc of smtpd must be from 1 to 1024\n" },
	{ "", "25 inet y - - - 1 smtpd\n",
	    "master.cf:1:9: an inet service is not private\n" },
	{ "", "metrics unix - - - - 2 metrics\n",
	    "master.cf:1:22: maxproc of metrics must be 1\n" },
	{ "", "share.sock unix - - - - 2 share\n",
	    "master.cf:1:25: maxproc of share must be 1\n" },
	{ "", "qmgr.sock unix - - - - - qmgr\n"
	    "other.sock unix - - - - - qmgr\n",
	    "master.cf:2:1: there is only one qmgr, and line 1 has it "
	    "already\n" },
	{ "", "smtp inet n - - - 1 smtpd\n# x\n25 inet n - - - 1 smtpd\n",
	    "master.cf:3:1: service 25 is already in line 1\n" },
	{ "", "[::1]:25 inet n - - - 1 smtpd\n"
	    "[0:0::1]:smtp inet n - - - 1 smtpd\n",
	    "master.cf:2:1: service [0:0::1]:smtp is already in line 1\n" },
	{ "", "0 inet n - - - 1 smtpd\n65536 inet n - - - 1 smtpd\n"
	    ":25 inet n - - - 1 smtpd\nhost:25 inet n - - - 1 smtpd\n"
	    "::1:25 inet n - - - 1 smtpd\nno-such inet n - - - 1 smtpd\n"
	    "[::1] inet n - - - 1 smtpd\n",
	    "master.cf:1:1: \"0\" is not a port: 1 to 65535, or a name of "
	    "services(5)\n"
	    "master.cf:2:1: \"65536\" is not a port: 1 to 65535, or a name "
	    "of services(5)\n"
	    "master.cf:3:1: an address is missing before \":\"; for all "
	    "addresses write the port alone\n"
	    "master.cf:4:1: \"host\" is not an address; 192.0.2.1:port, "
	    "[2001:db8::1]:port or a port alone\n"
	    "master.cf:5:1: \"::1\" is not an address; 192.0.2.1:port, "
	    "[2001:db8::1]:port or a port alone\n"
	    "master.cf:6:1: no port is known for \"no-such\"\n"
	    "master.cf:7:1: \"\" is not a port: 1 to 65535, or a name of "
	    "services(5)\n" },
	{ "", "../x unix - - - - 1 smtpd\n/x unix - - - - 1 smtpd\n"
	    "master.sock unix - - - - 1 smtpd\n",
	    "master.cf:1:1: the name of a unix service is letters, digits, "
	    "\"._-\" and \"/\", at most 64 bytes\n"
	    "master.cf:2:1: the name of a unix service is letters, digits, "
	    "\"._-\" and \"/\", at most 64 bytes\n"
	    "master.cf:3:1: master.sock is the control socket's name\n" },
	{ "", "smtp inet n - - - 1 smtpd\n  -o log_levl=info\n"
	    "  -o log_level=loud -o\n",
	    "master.cf:2:6: unknown parameter \"log_levl\", did you mean "
	    "\"log_level\"?\n"
	    "master.cf:3:21: only \"-o name=value\" may follow the "
	    "last column\n"
	    "master.cf:3:16: \"loud\" is not one of "
	    "error|warn|info|debug\n" },
	{ "", "smtp inet n - - - 1 smtpd -v\n",
	    "master.cf:1:27: only \"-o name=value\" may follow the "
	    "last column\n" },
	{ "", "smtp inet n - - - 1 smtpd -o { server_id = x\n",
	    "master.cf:1:30: \"{\" without \"}\"\n" },
	{ "", "smtp inet n - - - 1 smtpd -o { } -o =x\n",
	    "master.cf:1:30: \"name = value\" expected\n"
	    "master.cf:1:37: a parameter's name is letters, digits and "
	    "\"_\"\n" },
	{ "", "smtp inet n - - - 1 smtpd -o run_directory=/tmp\n",
	    "master.cf:1:30: run_directory is one for all services: it "
	    "belongs in main.cf\n" },
	{ "", "smtp inet n - - - 1 smtpd\n"
	    "  -o { smtpd_greeting = $server_id }\n"
	    "  -o server_id=${smtpd_greeting}\n",
	    "master.cf:2:25: $server_id leads back to smtpd_greeting\n" },
	/* What is wrong in main.cf is said once, not for each service. */
	{ "log_level = loud\n", "25 inet n - - - 1 smtpd\n"
	    "26 inet n - - - 1 smtpd\n",
	    "main.cf:1:13: \"loud\" is not one of error|warn|info|debug\n" },
};

static void
collect(void *arg, const char *file, int line, int column, const char *text)
{
	const char	*base = strrchr(file, '/');

	buf_printf(arg, "%s:%d:%d: %s\n", base + 1, line, column, text);
}

static void
run(const struct wrong *cases, size_t n)
{
	struct conf_text	text = { .dir = "/instance" };
	struct conf		*c = NULL;
	struct buf		 got = BUF_INIT;
	size_t			 i;

	for (i = 0; i < n; i++) {
		buf_clear(&got);
		text.main_cf = str_of(cases[i].main_cf);
		text.master_cf = str_of(cases[i].master_cf);
		assert_int_equal(conf_parse(&c, &text, collect, &got), -1);
		assert_string_equal(buf_cstr(&got), cases[i].want);
		assert_null(c);
	}
	buf_free(&got);
}

static void
test_main_cf(void **state)
{
	(void)state;
	run(main_cases, N(main_cases));
}

static void
test_master_cf(void **state)
{
	(void)state;
	run(master_cases, N(master_cases));
}

static void
test_unfit(void **state)
{
	struct conf_text	text = { .dir = "/instance" };
	struct conf		*c = NULL;
	struct buf		 got = BUF_INIT;
	size_t			 i;

	(void)state;
	for (i = 0; i < N(unfit_cases); i++) {
		buf_clear(&got);
		text.main_cf = str_of(unfit_cases[i].main_cf);
		text.master_cf = str_of(unfit_cases[i].master_cf);
		assert_int_equal(conf_parse(&c, &text, collect, &got), 0);
		conf_warn(c, collect, &got);
		assert_string_equal(buf_cstr(&got), unfit_cases[i].want);
		conf_free(&c);
	}
	buf_free(&got);
}

static void
count(void *arg, const char *file, int line, int column, const char *text)
{
	(void)file;
	(void)line;
	(void)column;
	(void)text;
	++*(int *)arg;
}

/* A file of another kind does not flood the operator. */
static void
test_flood(void **state)
{
	struct conf_text	text = { .dir = "/instance" };
	struct conf		*c = NULL;
	struct buf		 b = BUF_INIT;
	int			 i, n = 0;

	(void)state;
	for (i = 0; i < 5000; i++)
		buf_printf(&b, "junk %d\n", i);
	text.main_cf = buf_str(&b);
	text.master_cf = STR(ROW);
	assert_int_equal(conf_parse(&c, &text, count, &n), -1);
	assert_int_equal(n, 101);
	assert_int_equal(conf_parse(&c, &text, NULL, NULL), -1);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_main_cf),
		cmocka_unit_test(test_master_cf),
		cmocka_unit_test(test_unfit),
		cmocka_unit_test(test_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
