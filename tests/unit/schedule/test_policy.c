/*
 * policy: rows of policy.cf, options with their defaults, and what is wrong
 * with its place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "laws.h"
#include "schedule/pattern_regex.h"
#include "schedule/policy_list.h"

static void
test_defaults(void **state)
{
	static const struct {
		const char	*name, *def;
	} t[] = {
		{ "grouping_default", "none" }, { "concurrency", "none" },
		{ "rate", "none" }, { "rate_algorithm", "spread" },
		{ "connectinterval", "0s" }, { "stop", "no" },
		{ "cluster", "yes" }, { "tag", "" }, { "property", "" },
		{ "items", "" }, { "file", "" }, { "match", "" },
		{ "window", "" },
	};
	struct policy_options	set;
	enum policy_option	o;
	struct err		e;
	size_t			i;

	(void)state;
	assert_int_equal(sizeof t / sizeof t[0], POLICY_OPTIONS);
	for (i = 0; i < POLICY_OPTIONS; i++) {
		o = policy_option_find(str_of(t[i].name));
		assert_int_not_equal(o, POLICY_OPTIONS);
		assert_string_equal(policy_option_default(o), t[i].def);
		if (t[i].def[0] != '\0')
			assert_int_equal(policy_option_set(&set, o,
			    str_of(t[i].def), &e), 0);
	}
}

/* The example of the rules compiles. */
static void
test_example(void **state)
{
	struct policies		*p = laws_good(
	    "set        -       -      -o grouping_default=recipientdomain "
	    "-o rate_algorithm=spread\n"
	    "list       big     remotemx  "
	    "-o { items = *.google.com /\\.yahoodns\\.net$/ }\n"
	    "grouping   google  remotemx  "
	    "-o { match = *.google.com *.smtp.goog }\n"
	    "rollup     microsoft remotemx  "
	    "-o { match = *.protection.outlook.com }\n"
	    "policy     mxip    remotemx#microsoft,localip  -o concurrency=5 "
	    "-o rate=10/1s -o connectinterval=1s\n"
	    "if         mxip    remotemx=#microsoft  -o concurrency=20 "
	    "-o rate=100/60s -o tag=ms -o property.backoff-ttl=600\n"
	    "policy     all     -  -o rate=1000/60s\n"
	    "delivery   d1      { remotemx=@big localip=192.0.2.0/24 }  "
	    "-o tls=dane -o timeout_EOD=15m\n"
	    "suspend    maint   remotemx=mx.broken.example  "
	    "-o tag=maintenance -o { window = 0 2 * * * +2h }\n");
	const struct policy	*po;

	(void)state;
	assert_int_equal(policies_count(p), 2);
	po = policies_find(p, STR("mxip"));
	assert_non_null(po);
	assert_int_equal(po->fields, POLICY_BIT(POLICY_FIELD_REMOTEMX) |
	    POLICY_BIT(POLICY_FIELD_LOCALIP));
	assert_int_equal(po->limits.limits.concurrency, 5);
	assert_int_equal(po->limits.limits.rate.thousandths, 10000);
	assert_int_equal(po->limits.limits.connectinterval_ms, 1000);
	assert_int_equal(po->limits.line, 5);
	assert_ptr_equal(policies_with(p, 0), policies_at(p, 1));
	assert_null(policies_with(p, 1));
	assert_int_equal(policies_suspension_count(p), 1);
	assert_int_equal(policies_suspension(p, 0)->line, 9);
	policies_free(&p);
	policies_free(&p);
	assert_int_equal(policies_count(NULL), 0);
	assert_null(policies_find(NULL, STR("x")));
}

static void
test_empty(void **state)
{
	struct policies	*p = laws_good("# nothing\n\n");

	(void)state;
	assert_int_equal(policies_count(p), 0);
	policies_free(&p);
}

/* ---- What is wrong ------------------------------------------------------ */

#define FIELDS	"transportid,localip,remoteip,remotemx,recipientdomain," \
	"tenantid,jobid,grouping"

static const struct {
	const char	*text;
	const char	*want;
} wrong[] = {
	{ "policies x -\n", "1:1: kind: \"policies\" is not set, list, "
	    "grouping, rollup, policy, if, delivery or suspend\n" },
	{ "policy x\n", "1:1: column 3 (on) is missing: a row has 3 "
	    "columns\n" },
	{ "policy a/b -\n", "1:8: id: \"a/b\" is not 1 to 32 letters, digits "
	    "or \"._-\"\n" },
	/* Unique per kind. */
	{ "policy a -\nsuspend a jobid=x\npolicy a jobid\n",
	    "3:8: policy \"a\" is already in line 1\n" },
	{ "set x -\n", "1:5: id: \"x\" has no meaning here; write \"-\"\n" },
	{ "set - - -o rate_algorithm=spread\nset - - -o rate_algorithm="
	    "spread\n", "2:27: rate_algorithm is set twice\n" },
	{ "set - - -o rate_algorithm=leaky\n", "1:27: \"leaky\" is not one "
	    "of spread|tokenbucket|fixedwindow\n" },
	{ "set - - -o grouping_default=jobid\n", "1:29: \"jobid\" is not one "
	    "of none|remotemx|recipientdomain\n" },
	/* Fields. */
	{ "policy p remotmx\n", "1:10: on: \"remotmx\" is not a field; did "
	    "you mean remotemx?\n" },
	{ "policy p jobid,jobid\n", "1:16: on: jobid is said twice\n" },
	{ "policy p jobid,\n", "1:10: on: \"jobid,\" is not a field; did you "
	    "mean jobid?\n" },
	{ "policy p remotemx#ms\nrollup ms remotemx -o match=x\n",
	    "1:19: there is no rollup \"ms\" before this line\n" },
	{ "rollup r remoteip -o match=192.0.2.1\npolicy p remotemx#r\n",
	    "2:19: rollup \"r\" is of remoteip\n" },
	/* An `if`. */
	{ "if p jobid=1\n", "1:4: id: \"p\" is no policy before this line\n" },
	{ "policy p jobid\nif p tenantid=1\n", "2:6: on: policy \"p\" has no "
	    "field tenantid\n" },
	{ "policy p jobid\nif p -\n", "2:6: on: \"-\" is no condition: the "
	    "policy's own options are for the rest\n" },
	{ "policy p jobid\nif p jobid\n", "2:6: on: \"field=pattern\" "
	    "expected\n" },
	{ "policy p jobid\nif p jobid=\n", "2:6: on: \"\": there is nothing "
	    "after \"=\"\n" },
	{ "policy p jobid\nif p { jobid=1 jobid=2 }\n", "2:16: on: jobid is "
	    "said twice: alternatives are a list's\n" },
	{ "rollup r jobid -o match=/x/\npolicy p jobid\nif p jobid=#r\n",
	    "3:12: on: \"#r\": policy \"p\" does not roll up by \"r\"\n" },
	{ "policy p jobid\nif p jobid=#r\n", "2:12: on: \"#r\": there is no "
	    "rollup \"r\" before this line\n" },
	{ "policy p jobid\nif p jobid=@l\n", "2:12: on: \"@l\": there is no "
	    "list \"l\" before this line\n" },
	{ "list l jobid -o items=x\npolicy p tenantid\nif p tenantid=@l\n",
	    "3:15: on: \"@l\": list \"l\" is of jobid\n" },
	{ "policy p grouping\nif p grouping=&g\n", "2:15: on: \"&g\": there "
	    "is no grouping \"g\" before this line\n" },
	{ "policy p remotemx\nif p remotemx=&g\n", "2:15: on: \"&g\": \"&\" "
	    "is for the field grouping\n" },
	/* Patterns. */
	{ "list l remoteip -o { items = 192.0.2.0/33 x }\n",
	    "1:30: \"192.0.2.0/33\" is not an address or a network\n"
	    "1:43: \"x\" is not an address or a network\n" },
	{ "list l remoteip -o items=/x/\n", "1:26: \"/x/\" is not an address "
	    "or a network\n" },
	{ "list l remotemx -o { items = a*b *.a.*.b }\n",
	    "1:30: \"a*b\" has a \"*\"\n1:34: \"*.a.*.b\" has a \"*\"\n" },
	{ "list l jobid -o { items = /(/ /x/g // }\n",
	    "1:27: \"/(/\" missing closing parenthesis, at its byte 2\n"
	    "1:31: \"/x/g\" is not /PCRE/ or /PCRE/i\n"
	    "1:36: \"//\" is not /PCRE/ or /PCRE/i\n" },
	/* A domain's names are no pattern of what is no name of a host. */
	{ "list l tenantid -o { items = a *.b }\n", "1:32: \"*.b\" is a "
	    "pattern of names of hosts; of other text /\\.domain$/ is one\n" },
	{ "rollup r tenantid -o match=*.b\n", "1:28: \"*.b\" is a pattern of "
	    "names of hosts; of other text /\\.domain$/ is one\n" },
	{ "policy p jobid\nif p jobid=*.b\n", "2:12: on: \"*.b\": is a "
	    "pattern of names of hosts; of other text /\\.domain$/ is one\n" },
	{ "rollup r remotemx\n", "1:1: match is missing\n" },
	{ "rollup r remotemx -o match=#x\n", "1:28: \"#x\" is not a pattern "
	    "or a list\n" },
	{ "grouping g jobid -o match=x\n", "1:12: on: \"jobid\" is not "
	    "remotemx, remoteip or recipientdomain\n" },
	/* Lists' files. */
	{ "list l jobid -o file=nowhere\n", "1:22: nowhere: there is no such "
	    "file\n" },
	{ "list l remoteip -o file=here\n", "here:3:1: \"bad\" is not an "
	    "address or a network\n" },
	/* Options. */
	{ "policy p - -o concurency=1\n", "1:15: unknown option "
	    "\"concurency\", did you mean \"concurrency\"?\n" },
	{ "policy p - -o window=1\n", "1:15: window is no option of a policy "
	    "row\n" },
	{ "policy p - -o property=x\n", "1:15: unknown option \"property\", "
	    "did you mean \"property.NAME\"?\n" },
	{ "policy p - -o property.=x -o property.a=1 -o property.a=2\n",
	    "1:24: the name of a property is 1 to 64 letters, digits or "
	    "\"._-\"\n1:55: property.a is set twice\n" },
	{ "policy p - -o concurrency=0 -o rate=0 -o connectinterval=2d\n",
	    "1:27: concurrency must be from 1 to 1000000\n"
	    "1:37: \"0\" is not a rate, such as 10/1s or 0.5\n"
	    "1:58: connectinterval must be from 0s to 1d\n" },
	{ "policy p - -o stop=maybe -o stop=no -o stop=no\n",
	    "1:20: \"maybe\" is neither yes nor no\n"
	    "1:40: stop is set twice\n" },
	{ "policy p - -o tag=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
	    "1:19: tag is longer than 32 bytes\n" },
	{ "delivery d - -o concurrency=5\n", "1:17: concurrency is no option "
	    "of a delivery row\n" },
	{ "delivery d - -o tls=never\n", "1:17: \"never\" is not one of "
	    "disabled|optional|optional_verify|dane|dane_require|require|"
	    "require_verify|dane_fallback_require_verify\n" },
	{ "delivery d - -o tls=dane -o tls=dane\n", "1:29: tls is set "
	    "twice\n" },
	{ "delivery d - -o stop=yes\n", "1:17: unknown option \"stop\"\n" },
	{ "suspend s - -o { window = 60 * * * * +1h }\n", "1:27: window: "
	    "\"60\" is no minute\n" },
	{ "suspend s - -o { window = * * * * * }\n", "1:27: window: after "
	    "five columns a length from +1m to +7d is expected\n" },
	{ "suspend s { }\n", "1:11: on: no condition; \"-\" is for all\n" },
	{ "suspend s { jobid=x\n", "1:11: \"{\" without \"}\"\n" },
	/* All in one go. */
	{ "policy p x,y -o z=1\nsuspend s a=b\n",
	    "1:10: on: \"x\" is not a field; fields are " FIELDS "\n"
	    "1:12: on: \"y\" is not a field; fields are " FIELDS "\n"
	    "1:17: unknown option \"z\"\n"
	    "2:11: on: \"a\" is not a field; fields are " FIELDS "\n" },
	/* No "$" means anything. */
	{ "policy p - -o concurrency=$x\n", "1:27: \"$x\" is not a number\n" },
};

static void
test_wrong(void **state)
{
	struct buf	said = BUF_INIT;
	struct policies	*p;
	size_t		i;

	(void)state;
	laws_file("here", "# fine\n192.0.2.1\nbad\n");
	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		buf_clear(&said);
		p = laws_compile(wrong[i].text, &said);
		if (p != NULL || strcmp(buf_cstr(&said), wrong[i].want) != 0)
			print_message("%s", wrong[i].text);
		assert_null(p);
		assert_string_equal(buf_cstr(&said), wrong[i].want);
	}
	buf_free(&said);
}

/* ---- Bounds ------------------------------------------------------------ */

static void
test_many(void **state)
{
	struct buf	 text = BUF_INIT, said = BUF_INIT;
	struct policies	*p;
	int		 i;

	(void)state;
	buf_add_text(&text, "policy p remotemx -o concurrency=5\n");
	for (i = 0; i < 19999; i++)
		buf_printf(&text, "if p remotemx=mx%d.example -o "
		    "concurrency=6\n", i);
	p = laws_good(buf_cstr(&text));
	policies_free(&p);
	buf_add_text(&text, "policy q -\n");
	assert_null(laws_compile(buf_cstr(&text), &said));
	assert_string_equal(buf_cstr(&said), "20001:1: more than 20000 "
	    "rows\n");
	buf_clear(&text);
	buf_clear(&said);
	for (i = 0; i < 32; i++)
		buf_printf(&text, "policy p%d - -o concurrency=5\n", i);
	assert_null(laws_compile(buf_cstr(&text), &said));
	assert_string_equal(buf_cstr(&said), "32:1: more than 31 policies "
	    "that limit by default\n");
	buf_free(&text);
	buf_free(&said);
}

/* A pattern that would take years, or the memory of the machine. */
static void
test_regex_bounds(void **state)
{
	static const char *const	refused[] = {
	    "/((a{1,200}){1,200}){1,200}/", "/a/x", "/", "a", "/a" };
	struct pattern_regex		*re;
	struct err			 e;
	char				 value[256];
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof refused / sizeof refused[0]; i++)
		assert_null(pattern_regex_new(str_of(refused[i]), false, &e));
	re = pattern_regex_new(STR("/^(a+)+$/"), false, &e);
	assert_non_null(re);
	assert_true(pattern_regex_match(re, STR("aaaa")));
	memset(value, 'a', sizeof value);
	value[254] = 'b';
	assert_false(pattern_regex_match(re, (struct str){ value, 255 }));
	assert_false(pattern_regex_match(re, (struct str){ value, 256 }));
	pattern_regex_free(&re);
	pattern_regex_free(&re);
}

/* ---- Lists -------------------------------------------------------------- */

static void
collect(void *arg, const char *file, int line, int column, const char *text)
{
	buf_printf(arg, "%s:%d:%d: %s\n", file, line, column, text);
}

static void
test_list(void **state)
{
	struct policy_list_view	 v;
	struct policies		*p;
	struct buf		 said = BUF_INIT;
	struct err		 e;

	(void)state;
	laws_file("nets", "# ours\n192.0.2.0/24\n\n2001:db8::/32\n");
	p = laws_good("list l remoteip -o items=198.51.100.1 -o file=nets\n");
	assert_int_equal(policies_list_count(p), 1);
	policies_list_at(p, 0, &v);
	assert_int_equal(v.items, 3);
	assert_true(policies_list_has(p, STR("l"), STR("192.0.2.77")));
	assert_true(policies_list_has(p, STR("l"), STR("::ffff:192.0.2.77")));
	assert_true(policies_list_has(p, STR("l"), STR("2001:DB8::1")));
	assert_false(policies_list_has(p, STR("l"), STR("192.0.3.1")));
	assert_int_equal(policies_list_add(p, STR("l"), STR("10.0.0.0/8"),
	    &e), 0);
	assert_int_equal(policies_list_add(p, STR("l"), STR("10.0.0.0/8"),
	    &e), 0);
	assert_true(policies_list_has(p, STR("l"), STR("10.1.1.1")));
	assert_int_equal(policies_list_delete(p, STR("l"), STR("10.0.0.0/8"),
	    &e), 0);
	assert_false(policies_list_has(p, STR("l"), STR("10.1.1.1")));
	assert_int_equal(policies_list_delete(p, STR("l"), STR("10.0.0.0/8"),
	    &e), -1);
	assert_int_equal(policies_list_add(p, STR("l"), STR("x"), &e), -1);
	assert_int_equal(policies_list_add(p, STR("k"), STR("x"), &e), -1);
	/* A file that is wrong leaves the list as it was. */
	assert_int_equal(policies_list_file(p, STR("l"), STR("1.2.3.4\nx\n"),
	    collect, &said), -1);
	assert_string_equal(buf_cstr(&said), "nets:2:1: \"x\" is not an "
	    "address or a network\n");
	assert_true(policies_list_has(p, STR("l"), STR("192.0.2.77")));
	assert_int_equal(policies_list_file(p, STR("l"), STR("1.2.3.4\n"),
	    collect, &said), 0);
	assert_false(policies_list_has(p, STR("l"), STR("192.0.2.77")));
	assert_true(policies_list_has(p, STR("l"), STR("1.2.3.4")));
	assert_true(policies_list_has(p, STR("l"), STR("198.51.100.1")));
	policies_free(&p);
	buf_free(&said);
}

/* It would be in the list, and no value would. */
static void
test_list_misread(void **state)
{
	struct buf	 said = BUF_INIT;
	struct policies	*p;
	struct err	 e;

	(void)state;
	laws_file("nobody", "# none yet\n");
	p = laws_good("list l tenantid -o items=a -o file=nobody\n");
	assert_int_equal(policies_list_add(p, STR("l"), STR("*.b"), &e), -1);
	assert_string_equal(e.text, "\"*.b\" is a pattern of names of hosts; "
	    "of other text /\\.domain$/ is one");
	assert_int_equal(policies_list_delete(p, STR("l"), STR("*.b"), &e),
	    -1);
	assert_int_equal(policies_list_file(p, STR("l"), STR("c\n*.b\n"),
	    collect, &said), -1);
	assert_string_equal(buf_cstr(&said), "nobody:2:1: \"*.b\" is a "
	    "pattern of names of hosts; of other text /\\.domain$/ is one\n");
	assert_false(policies_list_has(p, STR("l"), STR("c")));
	assert_true(policies_list_has(p, STR("l"), STR("a")));
	assert_int_equal(policies_list_add(p, STR("l"), STR("/\\.b$/"), &e),
	    0);
	assert_true(policies_list_has(p, STR("l"), STR("c.b")));
	policies_free(&p);
	buf_free(&said);
}

/* ---- Delivery rows ------------------------------------------------------ */

/* tls of a row against tls of the transport. */
static void
test_stricter(void **state)
{
	static const char *const	modes[] = { "disabled", "optional",
	    "optional_verify", "dane", "dane_require", "require",
	    "require_verify", "dane_fallback_require_verify" };
	/* Of the mode before to the one after: y where it changes. */
	static const char *const	moves[] = {
	    "-yyyyyyy", ".-yyyyyy", "..-.y.yy", "...-y..y", "....-...",
	    "....y-yy", "....y.-y", "....y..-" };
	struct transport_options	o;
	struct policy_delivery		d = { .line = 1 };
	int				a, b, want;

	(void)state;
	memset(&o, 0, sizeof o);
	for (a = 0; a < 8; a++)
		for (b = 0; b < 8; b++) {
			o.tls = a;
			d.options.tls = b;
			d.set[TRANSPORT_tls] = true;
			policy_delivery_lay(&d, &o);
			want = moves[a][b] == 'y' ? b : a;
			if (o.tls != want)
				fail_msg("%s, %s: %s", modes[a], modes[b],
				    modes[o.tls]);
		}
}

static void
test_delivery(void **state)
{
	struct policies		*p = laws_good("delivery d - -o tls=require "
	    "-o timeout_EOD=15m -o pooling=no -o retry=1m,2m "
	    "-o retry_count=3\n");
	struct policy_matcher	*m = policy_matcher_new(p, NULL);
	struct policy_values	 v = { .of = { STR_NONE } };
	struct policy_match	 match;
	struct transport_options o;
	struct err		 e;
	enum transport_option	 i;

	(void)state;
	for (i = 0; i < TRANSPORT_OPTIONS; i++)
		assert_int_equal(transport_option_set(&o, i, str_of(
		    transport_option_default(i, false)), &e), 0);
	policy_match(m, &v, 0, &match);
	assert_non_null(match.delivery);
	policy_delivery_lay(match.delivery, &o);
	assert_int_equal(o.tls, TRANSPORT_TLS_REQUIRE);
	assert_int_equal(o.timeout_EOD, 900000);
	assert_int_equal(o.timeout_DATA, 120000);
	assert_false(o.pooling);
	assert_int_equal(o.retry.count, 2);
	assert_int_equal(o.retry_count, 3);
	policy_matcher_free(&m);
	policies_free(&p);
}

/* A row as another process reads it changes the same, and says so again. */
static void
test_delivery_put(void **state)
{
	struct policies			*p = laws_good("list l remotemx "
	    "-o { items = *.google.com }\n"
	    "delivery d remotemx=@l -o tls=require -o { tls_ciphers = "
	    "HIGH:!aNULL @SECLEVEL=2 } -o pooling=no -o retry=1m,2m+notify "
	    "-o { tls_verify_name = a.lab, b.lab } -o jitter=5%\n");
	struct policy_matcher		*m = policy_matcher_new(p, NULL);
	struct policy_values		 v = { .of = { STR_NONE } };
	struct policy_match		 match;
	struct policies			*again;
	const struct policy_delivery	*d;
	struct transport_options	 one, two;
	struct buf			 text = BUF_INIT, said = BUF_INIT;

	(void)state;
	v.of[POLICY_FIELD_REMOTEMX] = STR("mx.google.com");
	policy_match(m, &v, 0, &match);
	assert_non_null(match.delivery);
	policy_delivery_put(match.delivery, &text);
	again = laws_good(buf_cstr(&text));
	d = policies_delivery(again);
	assert_non_null(d);
	memset(&one, 0, sizeof one);
	memset(&two, 0, sizeof two);
	policy_delivery_lay(match.delivery, &one);
	policy_delivery_lay(d, &two);
	assert_true(str_eq(one.tls_ciphers, two.tls_ciphers));
	assert_true(str_eq(one.tls_verify_name, two.tls_verify_name));
	one.tls_ciphers = two.tls_ciphers;
	one.tls_verify_name = two.tls_verify_name;
	assert_memory_equal(&one, &two, sizeof one);
	policy_delivery_put(d, &said);
	assert_string_equal(buf_cstr(&said), buf_cstr(&text));
	/* One, and no more. */
	buf_add_text(&text, "delivery e - -o pooling=no\n");
	policies_free(&again);
	again = laws_good(buf_cstr(&text));
	assert_null(policies_delivery(again));
	policies_free(&again);
	policy_matcher_free(&m);
	policies_free(&p);
	buf_free(&text);
	buf_free(&said);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_regex_bounds),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_list_misread),
		cmocka_unit_test(test_stricter),
		cmocka_unit_test(test_delivery),
		cmocka_unit_test(test_delivery_put),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
