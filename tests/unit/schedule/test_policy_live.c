/*
 * policy_live: dynamic policies and suspensions, their time, what a reload
 * leaves of them.
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

#define FILE_1								\
	"rollup ms remotemx -o match=*.outlook.example\n"		\
	"list l remotemx -o items=*.listed.example\n"			\
	"policy mx remotemx#ms,localip -o concurrency=5 -o rate=10 "	\
	"-o tag=static -o property.a=1 -o property.b=2\n"		\
	"policy second localip,remotemx -o concurrency=7\n"		\
	"policy job jobid\n"

#define AT	INT64_C(1000)		/* now */

struct world {
	struct policies		*p;
	struct policy_live	*l;
	struct policy_matcher	*m;
};

static void
world_new(struct world *w, const char *file)
{
	w->p = laws_good(file);
	w->l = policy_live_new(w->p);
	w->m = policy_matcher_new(w->p, w->l);
}

static void
world_reload(struct world *w, const char *file)
{
	struct policies	*was = w->p;

	w->p = laws_good(file);
	policy_live_reload(w->l, w->p);
	policy_matcher_reload(w->m, w->p);
	policies_free(&was);
}

static void
world_free(struct world *w)
{
	policy_matcher_free(&w->m);
	policy_live_free(&w->l);
	policies_free(&w->p);
}

static unsigned
fields_of(const char *names)
{
	struct str	rest = str_of(names), one;
	unsigned	mask = 0;

	while (rest.p != NULL && rest.len > 0) {
		one = str_split(rest, ',', &rest);
		mask |= POLICY_BIT(policy_field_find(one));
	}
	return mask;
}

/* "c1 r5 i9 stop t=tag": what is given. */
static void
limits_of(const char *words, struct policy_limits *l)
{
	struct str	rest = str_of(words), w;

	*l = (struct policy_limits){ .given = 0 };
	while (rest.p != NULL && rest.len > 0) {
		w = str_split(rest, ' ', &rest);
		if (w.p[0] == 'c') {
			l->given |= 1u << POLICY_concurrency;
			l->limits.concurrency = (uint32_t)(w.p[1] - '0');
		} else if (w.p[0] == 'r') {
			l->given |= 1u << POLICY_rate;
			l->limits.rate = (struct transport_rate){
			    (uint64_t)(w.p[1] - '0') * 1000, 1000 };
		} else if (w.p[0] == 'i') {
			l->given |= 1u << POLICY_connectinterval;
			l->limits.connectinterval_ms =
			    (uint32_t)(w.p[1] - '0');
		} else if (w.p[0] == 's') {
			l->given |= 1u << POLICY_stop;
			l->stop = true;
		} else {
			l->tag = (struct str){ w.p + 2, w.len - 2 };
		}
	}
}

/* 1, 0, -1; the id stays in got. */
static int
add(struct world *w, const char *fields, const char *on, const char *limits,
    struct policy_dynamic_in *in, char got[80])
{
	struct policy_dynamic_in	mine = { .ttl_ms = 0 };
	struct str			id = STR_NONE;
	struct err			e = { "" };
	char				room[256];
	int				rc;

	if (in == NULL)
		in = &mine;
	in->fields = fields_of(fields);
	in->on = laws_values(on, room, sizeof room);
	limits_of(limits, &in->limits);
	rc = policy_live_add(w->l, in, AT, &id, &e);
	if (got != NULL)
		(void)snprintf(got, 80, "%.*s", rc == -1 ? 79 : (int)id.len,
		    rc == -1 ? e.text : id.p != NULL ? id.p : "");
	return rc;
}

static int
suspend(struct world *w, const char *on, const char *id, int64_t ttl_ms,
    char got[80])
{
	struct policy_suspend_in	in = { .id = str_of(id),
		.ttl_ms = ttl_ms };
	struct str			made = STR_NONE;
	struct err			e = { "" };
	char				room[256];
	int				rc;

	in.on = laws_values(on, room, sizeof room);
	rc = policy_live_suspend(w->l, &in, AT, &made, &e);
	if (got != NULL)
		(void)snprintf(got, 80, "%.*s", rc == -1 ? 79 :
		    (int)made.len, rc == -1 ? e.text : made.p);
	return rc;
}

/* ---- Policies ----------------------------------------------------------- */

static const struct {
	const char	*rule;
	const char	*fields, *on, *limits;
	const char	*candidate, *want;
} rows[] = {
	{ "keys that are given override, others stay",
	    "remotemx,localip", "remotemx=a.example localip=192.0.2.1", "c1",
	    "remotemx=a.example localip=192.0.2.1",
	    "mx localip=192.0.2.1 remotemx=a.example c1 r10/1000ms t=static; "
	    "second localip=192.0.2.1 remotemx=a.example c7" },
	{ "in any order of fields, values in any form",
	    "localip,remotemx", "remotemx=A.Example. localip=192.0.2.1",
	    "c0 r0 i5 t=x", "remotemx=a.example localip=::ffff:192.0.2.1",
	    "mx localip=192.0.2.1 remotemx=a.example i5 t=static t=x; "
	    "second localip=192.0.2.1 remotemx=a.example c7" },
	{ "for its values alone",
	    "remotemx,localip", "remotemx=a.example localip=192.0.2.1", "c1",
	    "remotemx=a.example localip=192.0.2.2",
	    "mx localip=192.0.2.2 remotemx=a.example c5 r10/1000ms "
	    "t=static; second localip=192.0.2.2 remotemx=a.example c7" },
	{ "a value that is rolled up is the roll-up",
	    "remotemx,localip", "remotemx=a.outlook.example localip="
	    "192.0.2.1", "c1", "remotemx=b.outlook.example localip=192.0.2.1",
	    "mx localip=192.0.2.1 remotemx=#ms c1 r10/1000ms t=static; "
	    "second localip=192.0.2.1 remotemx=b.outlook.example c7" },
	{ "the roll-up by its name", "remotemx,localip", "remotemx=#ms", "c2",
	    "remotemx=b.outlook.example localip=192.0.2.9",
	    "mx localip=192.0.2.9 remotemx=#ms c2 r10/1000ms t=static; "
	    "second localip=192.0.2.9 remotemx=b.outlook.example c7" },
	{ "a condition on some fields: any value of the others",
	    "remotemx,localip", "localip=192.0.2.1", "c1",
	    "remotemx=z.example localip=192.0.2.1",
	    "mx localip=192.0.2.1 remotemx=z.example c1 r10/1000ms t=static; "
	    "second localip=192.0.2.1 remotemx=z.example c7" },
	{ "stop", "remotemx,localip", "", "stop",
	    "remotemx=z.example localip=192.0.2.1",
	    "mx localip=192.0.2.1 remotemx=z.example c5 r10/1000ms t=static "
	    "stop" },
};

static void
test_rules(void **state)
{
	struct world	w;
	char		got[80];
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		world_new(&w, FILE_1);
		if (add(&w, rows[i].fields, rows[i].on, rows[i].limits, NULL,
		    got) != 1)
			fail_msg("%s: %s", rows[i].rule, got);
		assert_int_equal(strlen(got), 36);	/* an id was made */
		laws_assert(w.m, rows[i].candidate, AT, rows[i].want);
		assert_true(policy_live_delete(w.l, str_of(got)));
		assert_false(policy_live_delete(w.l, str_of(got)));
		world_free(&w);
	}
}

static void
test_refused(void **state)
{
	static const struct {
		const char	*fields, *on, *id;
		int		 rc;
		const char	*said;
	} t[] = {
		{ "remotemx", "remotemx=a", "", 0, "" },	/* no such */
		{ "", "", "", 0, "" },
		{ "jobid", "tenantid=x", "", -1, "tenantid is not among the "
		    "fields" },
		{ "remotemx,localip", "remotemx=*.a.example", "", -1,
		    "remotemx: a value or a roll-up is expected, not a "
		    "pattern" },
		{ "jobid", "jobid=*.b", "", -1, "jobid: a value or a "
		    "roll-up is expected, not a pattern" },
		{ "jobid", "jobid=/x/", "", -1, "jobid: a value or a roll-up "
		    "is expected, not a pattern" },
		{ "jobid", "jobid=@l", "", -1, "jobid: a value or a roll-up "
		    "is expected, not a pattern" },
		{ "jobid", "jobid=#ms", "", -1, "jobid: rollup \"ms\" is of "
		    "remotemx" },
		{ "jobid", "jobid=2", "mine", -1, "id: it is that of another "
		    "condition" },
	};
	struct policy_dynamic_in	in;
	struct world			w;
	char				got[80];
	size_t				i;

	(void)state;
	world_new(&w, FILE_1);
	in = (struct policy_dynamic_in){ .id = STR("mine") };
	assert_int_equal(add(&w, "jobid", "jobid=1", "c1", &in, got), 1);
	assert_string_equal(got, "mine");
	for (i = 0; i < sizeof t / sizeof t[0]; i++) {
		in = (struct policy_dynamic_in){ .id = str_of(t[i].id) };
		assert_int_equal(add(&w, t[i].fields, t[i].on, "c1", &in,
		    got), t[i].rc);
		assert_string_equal(got, t[i].said);
	}
	world_free(&w);
}

/* The newest that gives a key wins, whatever their conditions. */
static void
test_newest(void **state)
{
	struct policy_dynamic_in	in;
	struct world			w;

	(void)state;
	world_new(&w, "policy p jobid,tenantid -o concurrency=9\n");
	assert_int_equal(add(&w, "jobid,tenantid", "jobid=1", "c1 r1 t=one",
	    NULL, NULL), 1);
	assert_int_equal(add(&w, "jobid,tenantid", "tenantid=2", "c2 t=two",
	    NULL, NULL), 1);
	laws_assert(w.m, "jobid=1 tenantid=2", AT,
	    "p tenantid=2 jobid=1 c2 r1/1000ms t=one t=two");
	/* One with an id of its own is another one. */
	in = (struct policy_dynamic_in){ .id = STR("x") };
	assert_int_equal(add(&w, "jobid,tenantid", "jobid=1", "c3", &in,
	    NULL), 1);
	laws_assert(w.m, "jobid=1 tenantid=2", AT,
	    "p tenantid=2 jobid=1 c3 r1/1000ms t=one t=two");
	/* The first is new again. */
	assert_int_equal(add(&w, "jobid,tenantid", "tenantid=2", "c4", NULL,
	    NULL), 1);
	laws_assert(w.m, "jobid=1 tenantid=2", AT,
	    "p tenantid=2 jobid=1 c4 r1/1000ms t=one");
	assert_true(policy_live_delete(w.l, STR("x")));
	laws_assert(w.m, "jobid=1 tenantid=3", AT,
	    "p tenantid=3 jobid=1 c1 r1/1000ms t=one");
	world_free(&w);
}

/* update: new values and time; else it is left alone. */
static void
test_update(void **state)
{
	struct policy_dynamic_in	in = { .ttl_ms = 100, .keep = true };
	struct world			w;
	char				first[80], got[80];

	(void)state;
	world_new(&w, FILE_1);
	assert_int_equal(add(&w, "jobid", "jobid=1", "c1", &in, first), 1);
	in.ttl_ms = 900;
	assert_int_equal(add(&w, "jobid", "jobid=1", "c2", &in, got), 1);
	assert_string_equal(first, got);
	laws_assert(w.m, "jobid=1", AT, "job jobid=1 c1");
	assert_int_equal(policy_live_find(w.l, str_of(first))->expires_ms,
	    AT + 100);
	in.keep = false;
	assert_int_equal(add(&w, "jobid", "jobid=1", "r3", &in, got), 1);
	assert_string_equal(first, got);
	laws_assert(w.m, "jobid=1", AT, "job jobid=1 r3/1000ms");
	assert_int_equal(policy_live_find(w.l, str_of(first))->expires_ms,
	    AT + 900);
	world_free(&w);
}

static void
test_ttl(void **state)
{
	struct policy_dynamic_in	in = { .ttl_ms = 100 };
	struct world			w;
	char				id[80];

	(void)state;
	world_new(&w, FILE_1);
	assert_int_equal(policy_live_expire(w.l, AT), INT64_MAX);
	assert_int_equal(add(&w, "jobid", "jobid=1", "c1", &in, id), 1);
	in.ttl_ms = 50;
	assert_int_equal(add(&w, "jobid", "jobid=2", "c1", &in, NULL), 1);
	assert_int_equal(add(&w, "jobid", "jobid=3", "c1", NULL, NULL), 1);
	assert_int_equal(policy_live_expire(w.l, AT), AT + 50);
	laws_assert(w.m, "jobid=2", AT + 49, "job jobid=2 c1");
	/* It does not hold any more, whether it was taken away or not. */
	laws_assert(w.m, "jobid=2", AT + 50, "job jobid=2");
	assert_int_equal(policy_live_expire(w.l, AT + 50), AT + 100);
	assert_non_null(policy_live_find(w.l, str_of(id)));
	assert_int_equal(policy_live_expire(w.l, AT + 100), INT64_MAX);
	assert_null(policy_live_find(w.l, str_of(id)));
	laws_assert(w.m, "jobid=3", INT64_MAX / 2, "job jobid=3 c1");
	world_free(&w);
}

static void
test_properties(void **state)
{
	static const struct policy_property over[] = {
	    { { "b", 1 }, { "20", 2 } }, { { "c", 1 }, { "30", 2 } } };
	static const char *const	want[][2] = { { "a", "1" },
	    { "b", "20" }, { "c", "30" } };
	struct policy_dynamic_in	in = { .ttl_ms = 0 };
	struct policy_values		v;
	struct policy_match		match;
	struct policy_property		one;
	struct world			w;
	struct str			id;
	char				room[64];
	size_t				i;

	(void)state;
	world_new(&w, FILE_1);
	v = laws_values("remotemx=a localip=192.0.2.1", room, sizeof room);
	in.fields = fields_of("remotemx,localip");
	in.limits.properties = over;
	in.limits.property_count = 2;
	assert_int_equal(policy_live_add(w.l, &in, AT, &id, NULL), 1);
	policy_match(w.m, &v, AT, &match);
	assert_int_equal(match.count, 2);
	assert_int_equal(match.applied[0].dynamic_count, 1);
	for (i = 0; i < 3; i++) {
		assert_true(policy_applied_property(&match.applied[0], i,
		    &one));
		assert_true(str_eq(one.name, str_of(want[i][0])));
		assert_true(str_eq(one.value, str_of(want[i][1])));
	}
	assert_false(policy_applied_property(&match.applied[0], 3, &one));
	world_free(&w);
}

/* ---- A reload ------------------------------------------------------------ */

static void
test_reload(void **state)
{
	struct policy_dynamic_in	in = { .id = STR("x"),
		.ttl_ms = 100 };
	struct world			w;

	(void)state;
	world_new(&w, FILE_1);
	assert_int_equal(add(&w, "jobid", "jobid=1", "c1", &in, NULL), 1);
	assert_int_equal(add(&w, "remotemx,localip", "remotemx="
	    "a.outlook.example", "c2", NULL, NULL), 1);
	/* The names of limiters stay where id and fields do. */
	world_reload(&w, "rollup big remotemx -o match=*.outlook.example\n"
	    "policy mx localip,remotemx#big -o concurrency=6\n"
	    "policy other jobid\n");
	laws_assert(w.m, "remotemx=b.outlook.example localip=192.0.2.1 "
	    "jobid=1", AT, "mx localip=192.0.2.1 remotemx=#big c2; "
	    "other jobid=1 c1");
	/* No policy has its fields: it is there, and does nothing. */
	world_reload(&w, "policy mx localip,remotemx -o concurrency=6\n");
	assert_null(policy_live_find(w.l, STR("x"))->policy);
	laws_assert(w.m, "remotemx=b.outlook.example localip=192.0.2.1 "
	    "jobid=1", AT, "mx localip=192.0.2.1 "
	    "remotemx=b.outlook.example c6");
	world_reload(&w, FILE_1);
	laws_assert(w.m, "jobid=1", AT, "job jobid=1 c1");
	world_reload(&w, "");
	assert_int_equal(policy_live_expire(w.l, AT + 100), INT64_MAX);
	assert_null(policy_live_find(w.l, STR("x")));
	world_free(&w);
}

/* ---- Suspensions --------------------------------------------------------- */

static void
note_suspension(void *arg, const struct policy_suspension *s)
{
	buf_printf(arg, "%.*s%s ", (int)s->id.len, s->id.p, s->detached ?
	    "(detached)" : "");
}

static void
test_suspensions(void **state)
{
	static const struct {
		const char	*on, *candidate, *want;
	} t[] = {
		{ "remotemx=A.example", "remotemx=a.example", " ! s" },
		{ "remotemx=a.example", "remotemx=b.example", "" },
		{ "remotemx=*.example", "remotemx=b.example", " ! s" },
		{ "remotemx=/^b/", "remotemx=b.example", " ! s" },
		{ "remotemx=@l", "remotemx=b.listed.example", " ! s" },
		{ "remotemx=#ms", "remotemx=b.outlook.example", " ! s" },
		{ "remoteip=192.0.2.0/24 tenantid=x",
		    "remoteip=192.0.2.1 tenantid=x", " ! s" },
		{ "remoteip=192.0.2.0/24 tenantid=x",
		    "remoteip=192.0.2.1 tenantid=y", "" },
		{ "remotemx=a tenantid=x", "remotemx=a", "" },
		{ "", "tenantid=y", " ! s" },
	};
	struct world	w;
	size_t		i;
	char		got[80];

	(void)state;
	for (i = 0; i < sizeof t / sizeof t[0]; i++) {
		world_new(&w, "rollup ms remotemx -o match=*.outlook.example\n"
		    "list l remotemx -o items=*.listed.example\n");
		laws_assert(w.m, t[i].candidate, AT, "");
		if (suspend(&w, t[i].on, "s", 100, got) != 1)
			fail_msg("%s: %s", t[i].on, got);
		laws_assert(w.m, t[i].candidate, AT, t[i].want);
		laws_assert(w.m, t[i].candidate, AT + 100, "");
		/* Again: its time to live alone. */
		assert_int_equal(suspend(&w, t[i].on, "", 200, got), 1);
		assert_string_equal(got, "s");
		laws_assert(w.m, t[i].candidate, AT + 100, t[i].want);
		assert_int_equal(policy_live_expire(w.l, AT + 150), AT + 200);
		assert_true(policy_live_resume(w.l, STR("s")));
		assert_false(policy_live_resume(w.l, STR("s")));
		laws_assert(w.m, t[i].candidate, AT, "");
		world_free(&w);
	}
}

static void
test_suspensions_refused(void **state)
{
	struct buf	shown = BUF_INIT;
	struct world	w;
	char		got[80];

	(void)state;
	world_new(&w, FILE_1);
	assert_int_equal(suspend(&w, "jobid=/(/", "", 0, got), -1);
	assert_string_equal(got, "jobid: missing closing parenthesis, at its "
	    "byte 2");
	assert_int_equal(suspend(&w, "tenantid=*.b", "", 0, got), -1);
	assert_string_equal(got, "tenantid: is a pattern of names of hosts; "
	    "of other text /\\.domain$/ is one");
	assert_int_equal(suspend(&w, "remotemx=@k", "", 0, got), -1);
	assert_int_equal(suspend(&w, "jobid=1", "s", 0, got), 1);
	assert_int_equal(suspend(&w, "jobid=2", "s", 0, got), -1);
	assert_string_equal(got, "id: it is that of another suspension");
	/* Two of the same, each goes for itself. */
	assert_int_equal(suspend(&w, "jobid=1", "t", 0, got), 1);
	assert_int_equal(suspend(&w, "jobid=1", "u", 0, got), 1);
	assert_true(policy_live_resume(w.l, STR("s")));
	assert_true(policy_live_resume(w.l, STR("u")));
	laws_assert(w.m, "jobid=1", AT, "job jobid=1 ! t");
	/* The list that one names goes, and comes again. */
	assert_int_equal(suspend(&w, "remotemx=@l", "v", 0, got), 1);
	world_reload(&w, "policy job jobid\n");
	policy_live_show(w.l, NULL, note_suspension, &shown);
	assert_string_equal(buf_cstr(&shown), "t v(detached) ");
	laws_assert(w.m, "remotemx=x.listed.example", AT, "");
	world_reload(&w, FILE_1);
	laws_assert(w.m, "remotemx=x.listed.example", AT, " ! v");
	buf_free(&shown);
	world_free(&w);
}

/* Texts of all together are bounded; what goes makes room. */
static void
test_bytes(void **state)
{
	static char			value[1000];
	struct policy_property		prop[POLICY_PROPERTIES];
	struct policy_dynamic_in	in = { .fields = fields_of("jobid") };
	struct policy_suspend_in	s = { .tag = STR("t") };
	struct str			id, first = STR_NONE;
	struct world			w;
	struct err			e;
	char				job[16];
	int				n;

	(void)state;
	world_new(&w, FILE_1);
	memset(value, 'v', sizeof value);
	for (n = 0; n < POLICY_PROPERTIES; n++)
		prop[n] = (struct policy_property){ STR("n"),
		    { value, sizeof value } };
	in.limits.properties = prop;
	in.limits.property_count = POLICY_PROPERTIES;
	for (n = 0; n < POLICY_LIVE_MAX; n++) {
		(void)snprintf(job, sizeof job, "j%d", n);
		in.on.of[POLICY_FIELD_JOBID] = str_of(job);
		if (policy_live_add(w.l, &in, AT, &id, &e) != 1)
			break;
		if (n == 0)
			first = id;
	}
	assert_in_range(n, 900, 1100);
	assert_string_equal(e.text, "there are 67108864 bytes of them already");
	assert_int_equal(policy_live_suspend(w.l, &s, AT, &id, &e), -1);
	assert_true(policy_live_delete(w.l, first));
	assert_int_equal(policy_live_add(w.l, &in, AT, &id, &e), 1);
	/* One that is there and becomes smaller counts as such. */
	assert_true(policy_live_delete(w.l, id));
	in.limits.property_count = 0;
	in.on.of[POLICY_FIELD_JOBID] = STR("j1");
	assert_int_equal(policy_live_add(w.l, &in, AT, &id, &e), 1);
	assert_int_equal(policy_live_suspend(w.l, &s, AT, &id, &e), 1);
	world_free(&w);
}

/* As many as there may be; each is found at once, and all go. */
static void
test_many(void **state)
{
	struct policy_dynamic_in	in = { .ttl_ms = 0 };
	struct world			w;
	char				on[64], got[80];
	int				i;

	(void)state;
	world_new(&w, FILE_1);
	for (i = 0; i < POLICY_LIVE_MAX; i++) {
		(void)snprintf(on, sizeof on, "jobid=%d", i);
		in.ttl_ms = 1 + i * 7919 % 100003;
		assert_int_equal(suspend(&w, on, "", in.ttl_ms, NULL), 1);
		assert_int_equal(add(&w, "jobid", on, "c1", &in, NULL), 1);
	}
	assert_int_equal(suspend(&w, "jobid=x", "", 0, got), -1);
	assert_int_equal(add(&w, "jobid", "jobid=x", "c1", &in, got), -1);
	world_reload(&w, FILE_1);
	in.id = STR("last");
	assert_int_equal(policy_live_expire(w.l, AT + 50000) > AT + 50000,
	    true);
	assert_int_equal(add(&w, "jobid", "jobid=x", "c2", &in, got), 1);
	assert_int_equal(suspend(&w, "jobid=x", "last", 0, got), 1);
	laws_assert(w.m, "jobid=x", AT, "job jobid=x c2 ! last");
	assert_int_equal(policy_live_expire(w.l, AT + 200000), INT64_MAX);
	assert_null(policy_live_find(w.l, STR("last")));
	laws_assert(w.m, "jobid=x", AT + 200000, "job jobid=x ! last");
	world_free(&w);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_newest),
		cmocka_unit_test(test_update),
		cmocka_unit_test(test_ttl),
		cmocka_unit_test(test_properties),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_suspensions),
		cmocka_unit_test(test_suspensions_refused),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
