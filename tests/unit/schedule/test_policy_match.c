/*
 * policy_match: what applies to a candidate, each rule with a row; a pattern
 * is matched once for a value, however many policies there are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "laws.h"
#include "schedule/policy_list.h"

#define BIG	"list big remotemx -o { items = *.google.com mx.b.example }\n"
#define MS	"rollup ms remotemx -o { match = *.outlook.example }\n"

static const struct {
	const char	*rule;
	const char	*file;
	const char	*candidate;
	const char	*want;
} rows[] = {
	{ "no policies", "", "jobid=1", "" },
	{ "each field must have a value", "policy p remotemx,localip\n",
	    "remotemx=mx.example", "" },
	{ "a tuple of all fields, in one order",
	    "policy p remotemx,localip -o concurrency=5\n",
	    "remotemx=MX.example. localip=192.0.2.1",
	    "p localip=192.0.2.1 remotemx=mx.example c5" },
	{ "the same in another order",
	    "policy p localip,remotemx -o concurrency=5\n",
	    "remotemx=MX.example. localip=::ffff:192.0.2.1",
	    "p localip=192.0.2.1 remotemx=mx.example c5" },
	{ "no fields: all", "policy p - -o rate=1000/60s\n", "",
	    "p - r1000/60000ms" },
	{ "each field", "policy p transportid,remoteip,recipientdomain,"
	    "tenantid,jobid,grouping\n", "transportid=T remoteip=2001:DB8::1 "
	    "recipientdomain=A.example tenantid=X jobid=J grouping=&G",
	    "p transportid=T remoteip=2001:db8::1 recipientdomain=a.example "
	    "tenantid=X jobid=J grouping=&G" },
	{ "in the file's order, all that apply",
	    "policy b jobid -o concurrency=1\npolicy a - -o concurrency=2\n",
	    "jobid=1", "b jobid=1 c1; a - c2" },
	{ "its options are the default: none is unlimited",
	    "policy p jobid\n", "jobid=1", "p jobid=1" },
	{ "stop, after its own row",
	    "policy a - -o stop=yes -o concurrency=1\npolicy b -\n",
	    "", "a - c1 stop" },
	{ "stop of an if", "policy a jobid\nif a jobid=1 -o stop=yes\n"
	    "policy b -\n", "jobid=1", "a jobid=1 stop" },
	{ "stop of an if that does not match",
	    "policy a jobid\nif a jobid=1 -o stop=yes\npolicy b -\n",
	    "jobid=2", "a jobid=2; b -" },
	{ "the first if that matches", "policy p jobid -o concurrency=1\n"
	    "if p jobid=/^a/ -o concurrency=2\n"
	    "if p jobid=ab -o concurrency=3\n",
	    "jobid=ab", "p jobid=ab c2" },
	{ "the first one, not the more exact one", "policy p jobid\n"
	    "if p jobid=ab -o concurrency=3\n"
	    "if p jobid=/^a/ -o concurrency=2\n",
	    "jobid=ab", "p jobid=ab c3" },
	{ "an if replaces the defaults whole",
	    "policy p jobid -o concurrency=1 -o rate=5 -o tag=x\n"
	    "if p jobid=a -o connectinterval=1s\n",
	    "jobid=a", "p jobid=a i1000" },
	{ "an if: all fields must match", "policy p jobid,tenantid\n"
	    "if p { jobid=a tenantid=b } -o concurrency=1\n",
	    "jobid=a tenantid=c", "p tenantid=c jobid=a" },
	{ "an if with some of the fields", "policy p jobid,tenantid\n"
	    "if p tenantid=b -o concurrency=1\n",
	    "jobid=a tenantid=b", "p tenantid=b jobid=a c1" },
	{ "ifs of their own policy alone",
	    "policy p jobid\npolicy q jobid\nif q jobid=a -o concurrency=1\n",
	    "jobid=a", "p jobid=a; q jobid=a c1" },
	/* Patterns. */
	{ "a text, as it is", "policy p jobid\nif p jobid=a -o tag=x\n",
	    "jobid=A", "p jobid=A" },
	{ "a domain in any case", "policy p remotemx\n"
	    "if p remotemx=Mx.Example -o tag=x\n",
	    "remotemx=mX.eXample", "p remotemx=mx.example t=x" },
	{ "*.domain at any depth", "policy p remotemx\n"
	    "if p remotemx=*.Example -o tag=x\n",
	    "remotemx=a.b.c.example", "p remotemx=a.b.c.example t=x" },
	{ "*.domain is not the domain", "policy p remotemx\n"
	    "if p remotemx=*.b.example -o tag=x\n",
	    "remotemx=b.example", "p remotemx=b.example" },
	{ "*.domain ends at a dot", "policy p remotemx\n"
	    "if p remotemx=*.b.example -o tag=x\n",
	    "remotemx=ab.example", "p remotemx=ab.example" },
	{ "PCRE, of domains in any case", "policy p remotemx\n"
	    "if p remotemx=/^MX[0-9]\\./ -o tag=x\n",
	    "remotemx=mx7.example", "p remotemx=mx7.example t=x" },
	{ "PCRE, of texts as they are", "policy p jobid\n"
	    "if p jobid=/^A/ -o tag=x\nif p jobid=/^B/i -o tag=y\n",
	    "jobid=bc", "p jobid=bc t=y" },
	{ "a network", "policy p remoteip\n"
	    "if p remoteip=192.0.2.0/25 -o tag=x\n",
	    "remoteip=192.0.2.127", "p remoteip=192.0.2.127 t=x" },
	{ "not of the network", "policy p remoteip\n"
	    "if p remoteip=192.0.2.0/25 -o tag=x\n",
	    "remoteip=192.0.2.128", "p remoteip=192.0.2.128" },
	{ "IPv6", "policy p remoteip\nif p remoteip=2001:db8::/33 -o tag=x\n",
	    "remoteip=2001:db8:7fff::1", "p remoteip=2001:db8:7fff::1 t=x" },
	{ "every address", "policy p remoteip\nif p remoteip=0.0.0.0/0 "
	    "-o tag=x\n", "remoteip=8.8.8.8", "p remoteip=8.8.8.8 t=x" },
	{ "a list", BIG "policy p remotemx\nif p remotemx=@big -o tag=x\n",
	    "remotemx=mx.b.example", "p remotemx=mx.b.example t=x" },
	{ "what is in no list", BIG "policy p remotemx\n"
	    "if p remotemx=@big -o tag=x\n",
	    "remotemx=b.example", "p remotemx=b.example" },
	{ "a grouping", "grouping g remotemx -o match=x\npolicy p grouping\n"
	    "if p grouping=&g -o tag=x\n", "grouping=&g",
	    "p grouping=&g t=x" },
	{ "a grouping that is a domain", "policy p grouping\n"
	    "if p grouping=*.example -o tag=x\n", "grouping=a.example",
	    "p grouping=a.example t=x" },
	/* Roll-ups. */
	{ "rolled up", MS "policy p remotemx#ms -o concurrency=3\n",
	    "remotemx=a.outlook.example", "p remotemx=#ms c3" },
	{ "not rolled up", MS "policy p remotemx#ms -o concurrency=3\n",
	    "remotemx=b.example", "p remotemx=b.example c3" },
	{ "in that policy alone", MS "policy p remotemx#ms\n"
	    "policy q remotemx\n", "remotemx=a.outlook.example",
	    "p remotemx=#ms; q remotemx=a.outlook.example" },
	{ "the first roll-up of the field",
	    "rollup r1 jobid -o match=/^a/\nrollup r2 jobid -o match=/^ab/\n"
	    "policy p jobid#r2#r1\n", "jobid=abc", "p jobid=#r2" },
	{ "the second", "rollup r1 jobid -o match=/^a/\n"
	    "rollup r2 jobid -o match=/^ab/\npolicy p jobid#r2#r1\n",
	    "jobid=ac", "p jobid=#r1" },
	{ "a roll-up of a list", BIG "rollup r remotemx -o { match = x @big "
	    "}\npolicy p remotemx#r\n", "remotemx=mx.b.example",
	    "p remotemx=#r" },
	{ "an if of a roll-up", MS "policy p remotemx#ms -o concurrency=1\n"
	    "if p remotemx=#ms -o concurrency=9\n",
	    "remotemx=a.outlook.example", "p remotemx=#ms c9" },
	{ "a text that the roll-up covers stands for it", MS
	    "policy p remotemx#ms -o concurrency=1\n"
	    "if p remotemx=a.outlook.example -o concurrency=9\n",
	    "remotemx=b.outlook.example", "p remotemx=#ms c9" },
	{ "another pattern does not meet what was rolled up", MS
	    "policy p remotemx#ms -o concurrency=1\n"
	    "if p remotemx=*.example -o concurrency=9\n",
	    "remotemx=b.outlook.example", "p remotemx=#ms c1" },
	{ "but what was not", MS "policy p remotemx#ms -o concurrency=1\n"
	    "if p remotemx=*.example -o concurrency=9\n",
	    "remotemx=b.example", "p remotemx=b.example c9" },
	{ "a value is no roll-up", "rollup r jobid -o match=a\n"
	    "policy p jobid#r -o concurrency=1\n"
	    "if p jobid=#r -o concurrency=9\n",
	    "jobid=#r", "p jobid=\\x5c#r c1" },
	/* Algorithms. */
	{ "an algorithm of its own", "set - - -o rate_algorithm=tokenbucket\n"
	    "policy p - -o rate=1 -o rate_algorithm=fixedwindow\n", "",
	    "p - r1/1000ms a2" },
	{ "that of all, also if it is set below",
	    "policy p - -o rate=1\nset - - -o rate_algorithm=tokenbucket\n",
	    "", "p - r1/1000ms a1" },
	/* Delivery rows. */
	{ "the first delivery row that matches",
	    "delivery a jobid=2\ndelivery b jobid=/./\ndelivery c -\n",
	    "jobid=1", " | b" },
	{ "a delivery row for all", "delivery a jobid=2\ndelivery c -\n",
	    "tenantid=1", " | c" },
	{ "all of its fields must match", BIG
	    "delivery d { remotemx=@big localip=192.0.2.0/24 }\n",
	    "remotemx=x.google.com localip=192.0.3.1", "" },
	{ "and do", BIG "delivery d { remotemx=@big localip=192.0.2.0/24 }\n",
	    "remotemx=x.google.com localip=192.0.2.1", " | d" },
	{ "a roll-up as a pattern", MS "delivery d remotemx=#ms\n",
	    "remotemx=x.outlook.example", " | d" },
	/* Suspensions. */
	{ "exact values", "suspend s { remotemx=Mx.example localip=192.0.2.1 "
	    "}\n", "remotemx=mx.Example localip=192.0.2.1 jobid=7", " ! s" },
	{ "one with localip removes that candidate alone",
	    "suspend s localip=192.0.2.1\n", "localip=192.0.2.2", "" },
	{ "without fields it stops all", "suspend s -\n", "", " ! s" },
	{ "as it is written: not rolled up", MS
	    "policy p remotemx#ms\nsuspend s remotemx=a.outlook.example\n",
	    "remotemx=b.outlook.example", "p remotemx=#ms" },
	{ "with patterns", BIG "suspend s remotemx=@big\n"
	    "suspend t remotemx=*.b.example\n", "remotemx=mx.b.example",
	    " ! s" },
	{ "an address in its other form", "suspend s remoteip=2001:db8::1\n",
	    "remoteip=2001:0DB8:0:0::1", " ! s" },
	{ "a network", "suspend s remoteip=192.0.2.0/24\n",
	    "remoteip=192.0.2.9", " ! s" },
	{ "a grouping", "grouping g remotemx -o match=x\n"
	    "suspend s grouping=&g\n", "grouping=&g", " ! s" },
	/* Names are one whatever is in values. */
	{ "blanks and backslashes", "policy p tenantid,jobid\n",
	    "tenantid=a\\b jobid=c\td", "p tenantid=a\\x5cb jobid=c\\x09d" },
};

static void
test_rules(void **state)
{
	struct policy_matcher	*m;
	struct policies		*p;
	size_t			 i;
	int			 again;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		p = laws_good(rows[i].file);
		m = policy_matcher_new(p, NULL);
		for (again = 0; again < 2; again++)
			laws_assert(m, rows[i].candidate, 0, rows[i].want);
		policy_matcher_free(&m);
		policies_free(&p);
	}
}

/* ---- Groupings ---------------------------------------------------------- */

static void
test_groupings(void **state)
{
	static const char	file[] =
	    "list l remotemx -o items=*.listed.example\n"
	    "grouping a remotemx -o { match = *.one.example x.example }\n"
	    "grouping b recipientdomain -o match=one.example\n"
	    "grouping c remotemx -o { match = x.example @l }\n"
	    "grouping d remoteip -o match=192.0.2.0/24\n";
	static const struct {
		const char	*def, *candidate, *want;
	} t[] = {
		/* The first one that matches. */
		{ "none", "remotemx=x.example", "&a" },
		{ "none", "remotemx=X.One.example recipientdomain="
		    "one.example", "&a" },
		{ "none", "remotemx=y.example recipientdomain=ONE.example",
		    "&b" },
		{ "none", "remotemx=z.listed.example", "&c" },
		{ "none", "remoteip=192.0.2.3", "&d" },
		{ "none", "remotemx=y.example", "" },
		{ "remotemx", "remotemx=y.example recipientdomain=r.example",
		    "y.example" },
		{ "recipientdomain", "remotemx=y.example recipientdomain="
		    "r.example", "r.example" },
		{ "recipientdomain", "remotemx=y.example", "" },
	};
	struct policy_values	 v;
	struct policies		*p;
	struct buf		 text = BUF_INIT;
	struct str		 got;
	char			 room[256], shown[256];
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof t[0]; i++) {
		buf_clear(&text);
		buf_printf(&text, "%sset - - -o grouping_default=%s\n", file,
		    t[i].def);
		p = laws_good(buf_cstr(&text));
		v = laws_values(t[i].candidate, room, sizeof room);
		got = policies_grouping(p, &v);
		(void)snprintf(shown, sizeof shown, "%.*s", (int)got.len,
		    got.p != NULL ? got.p : "");
		assert_string_equal(shown, t[i].want);
		policies_free(&p);
	}
	buf_free(&text);
}

/* ---- Properties, tags ---------------------------------------------------- */

static void
test_properties(void **state)
{
	struct policies		*p = laws_good("policy p - -o property.a=1 "
	    "-o property.b.c=2 -o { property.a-b = x y }\n");
	struct policy_matcher	*m = policy_matcher_new(p, NULL);
	struct policy_values	 v = { .of = { STR_NONE } };
	struct policy_match	 match;
	struct policy_property	 one;

	(void)state;
	policy_match(m, &v, 0, &match);
	assert_int_equal(match.count, 1);
	assert_true(policy_applied_property(&match.applied[0], 2, &one));
	assert_true(str_eq(one.name, STR("a-b")));
	assert_true(str_eq(one.value, STR("x y")));
	assert_false(policy_applied_property(&match.applied[0], 3, &one));
	policy_matcher_free(&m);
	policies_free(&p);
}

/* ---- Lists that change --------------------------------------------------- */

static void
test_live_list(void **state)
{
	struct policies		*p = laws_good("list l remotemx -o items=x\n"
	    "rollup r remotemx -o match=@l\npolicy p remotemx#r\n"
	    "if p remotemx=a.example -o concurrency=9\n"
	    "suspend s remotemx=@l\n");
	struct policy_matcher	*m = policy_matcher_new(p, NULL);

	(void)state;
	laws_assert(m, "remotemx=b.example", 0, "p remotemx=b.example");
	assert_int_equal(policies_list_add(p, STR("l"), STR("*.example"),
	    NULL), 0);
	/* The text of the `if` is in the roll-up now. */
	laws_assert(m, "remotemx=b.example", 0, "p remotemx=#r c9 ! s");
	assert_int_equal(policies_list_delete(p, STR("l"), STR("*.example"),
	    NULL), 0);
	laws_assert(m, "remotemx=b.example", 0, "p remotemx=b.example");
	laws_assert(m, "remotemx=a.example", 0, "p remotemx=a.example c9");
	policy_matcher_free(&m);
	policies_free(&p);
}

/* ---- Windows ------------------------------------------------------------ */

static void
test_window(void **state)
{
	struct policies		*p = laws_good("suspend s - -o { window = "
	    "0 2 * * * +2h }\n");
	struct policy_matcher	*m = policy_matcher_new(p, NULL);
	int64_t			 day = 20000 * INT64_C(86400);

	(void)state;
	/* Nobody said what time it is. */
	laws_assert(m, "jobid=1", 0, "");
	assert_int_equal(policies_windows(p, day), day + 7200);
	laws_assert(m, "jobid=1", 0, "");
	assert_int_equal(policies_windows(p, day + 7200), day + 4 * 3600);
	laws_assert(m, "jobid=1", 0, " ! s");
	policies_windows(p, day + 4 * 3600);
	laws_assert(m, "jobid=1", 0, "");
	policy_matcher_free(&m);
	policies_free(&p);
}

/* ---- What it costs ------------------------------------------------------- */

/* As many policies as there may be, and as many conditions: values are looked
 * into once, combinations of their kinds are planned once. */
static void
test_flat(void **state)
{
	struct policy_matcher_stats	 st;
	struct policy_matcher		*m;
	struct policies			*p;
	struct buf			 text = BUF_INIT, out = BUF_INIT;
	char				 words[64];
	int				 i, round;

	(void)state;
	for (i = 0; i < 1000; i++)
		buf_printf(&text, "policy p%d recipientdomain\n"
		    "if p%d recipientdomain=/^d%d\\./ -o concurrency=5\n", i,
		    i, i);
	p = laws_good(buf_cstr(&text));
	m = policy_matcher_new(p, NULL);
	for (round = 0; round < 20; round++)
		for (i = 2000; i < 2100; i++) {
			(void)snprintf(words, sizeof words,
			    "recipientdomain=d%d.example", i);
			laws_shown(m, words, 0, &out);
		}
	policy_matcher_stats(m, &st);
	assert_int_equal(st.matches, 2000);
	assert_int_equal(st.values, 100);
	assert_int_equal(st.plans, 1);
	policy_matcher_free(&m);
	policies_free(&p);
	buf_free(&text);
	buf_free(&out);
}

/* What is kept of values is bounded. */
static void
test_many_values(void **state)
{
	struct policies			*p = laws_good("policy p jobid\n");
	struct policy_matcher		*m = policy_matcher_new(p, NULL);
	struct policy_values		 v = { .of = { STR_NONE } };
	struct policy_match		 match;
	char				 text[32];
	int				 i;

	(void)state;
	for (i = 0; i < 300000; i++) {
		(void)snprintf(text, sizeof text, "%d", i);
		v.of[POLICY_FIELD_JOBID] = str_of(text);
		policy_match(m, &v, 0, &match);
		assert_int_equal(match.count, 1);
	}
	policy_matcher_free(&m);
	policies_free(&p);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_groupings),
		cmocka_unit_test(test_properties),
		cmocka_unit_test(test_live_list),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_flat),
		cmocka_unit_test(test_many_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
