/*
 * forecast: logs of a few messages under policies, by a virtual clock.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "forecast/forecast.h"

#define START	1790000000	/* 2026-09-21T14:13:20Z */

struct story {
	struct params		 params;
	struct transports	*transports;
	struct policies		*policies;
	struct forecast		*forecast;
	struct log_line		 line;
};

static void
fault(void *arg, const char *file, int line, int column, const char *text)
{
	(void)arg;
	fail_msg("%s:%d:%d: %s", file, line, column, text);
}

static void
story_begin(struct story *s, const char *transport, const char *policy)
{
	struct policy_source	src = { .file = "policy.cf",
				    .text = str_of(policy) };

	*s = (struct story){ .line = LOG_LINE_INIT };
	params_init(&s->params);
	assert_int_equal(transports_compile(&s->transports, "transport.cf",
	    str_of(transport), &s->params, fault, NULL), 0);
	assert_int_equal(policies_compile(&s->policies, &src, fault, NULL),
	    0);
	s->forecast = forecast_new(s->transports);
}

static void
story_end(struct story *s)
{
	forecast_free(&s->forecast);
	policies_free(&s->policies);
	transports_free(&s->transports);
	params_fini(&s->params);
	log_line_fini(&s->line);
}

/* A line at so many milliseconds. */
static void __attribute__((format(printf, 4, 5)))
story_line(struct story *s, int64_t ms, bool json, const char *fmt, ...)
{
	time_t		t = START + (time_t)(ms / 1000);
	char		text[1024], when[64], rest[800];
	struct tm	tm;
	va_list		ap;

	(void)gmtime_r(&t, &tm);
	(void)strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &tm);
	va_start(ap, fmt);
	(void)vsnprintf(rest, sizeof rest, fmt, ap);
	va_end(ap);
	(void)snprintf(text, sizeof text, json ?
	    "{\"event\":\"delivery\",\"time\":\"%s.%03d000Z\",%s}" :
	    "%s.%03d000Z info deliver[7]: event=%s", when, (int)(ms % 1000),
	    rest);
	assert_int_equal(log_line_parse(&s->line, str_of(text)), 0);
	forecast_line(s->forecast, &s->line);
}

/* A message that came at came_ms; more: fields of its own. */
static void
story_tell(struct story *s, int n, int64_t came_ms, int64_t end_ms,
    const char *more)
{
	story_line(s, end_ms, false, "delivery queue=01a226a6-5d54-7308-b540-"
	    "%012x:1 transport=t age_ms=%d local=192.0.2.1 %s", (unsigned)n,
	    (int)(end_ms - came_ms), more);
}

#define DEAD(domain, ip)						\
	"to=r@" domain " remote_host=mx." domain " remote=" ip		\
	" remote_port=25 "
#define TO(domain, ip)	DEAD(domain, ip) "connection=c "

static const struct forecast_report *
story_run(struct story *s)
{
	struct forecast_options	o = { .policies = s->policies,
				    .in_flight = 1000, .seed = 1,
				    .active_limit = 1000, .active_window = 3 };
	struct err		e;

	assert_int_equal(forecast_run(s->forecast, &o, &e), 0);
	return forecast_report(s->forecast);
}

/*
 * A number of messages come at once; each attempt takes 1 s, of which 400 ms
 * were for the connection of the first.  From the beginning to the last end.
 */
static const struct {
	const char	*name, *transport, *policy;
	int		 count;
	int64_t		 least_ms, most_ms;
	const char	*limiter;	/* that is waited for most */
} row[] = {
	{ "nothing binds", "", "", 10, 1000, 1500, NULL },
	{ "concurrency", "", "policy p remotemx -o concurrency=2\n", 10,
	    5000, 5500, "p remotemx=mx.a.example" },
	{ "the transport's", "-o concurrency=5", "", 10, 2000, 2500,
	    "transport t" },
	{ "rate", "", "policy p - -o rate=2/1s\n", 10, 5200, 6000, "p -" },
	{ "an if", "", "policy p tenantid -o concurrency=9\n"
	    "if p tenantid=x -o concurrency=1\n", 10, 10000, 10700,
	    "p tenantid=x" },
	{ "no pool", "-o pooling=no", "policy p - -o concurrency=1\n", 10,
	    13900, 14500, "p -" },
	{ "short lives", "-o pooling_transactions=2",
	    "policy p - -o concurrency=1\n", 10, 11900, 12500, "p -" },
	{ "connects", "", "policy p - -o connectinterval=500ms "
	    "-o concurrency=10\n", 4, 1900, 2500, "p -" },
	{ "sources", "-o source=one,two", "policy p localip "
	    "-o concurrency=1\n", 10, 5000, 6000, NULL },
	{ "grouping", "", "grouping g recipientdomain -o "
	    "{ match = a.example }\npolicy p grouping -o concurrency=1\n",
	    4, 4000, 4500, "p grouping=&g" },
};

static void
test_limits(void **state)
{
	const struct forecast_report	*p;
	struct story			 s;
	char				 transport[400];
	size_t				 i;
	int				 n;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		(void)snprintf(transport, sizeof transport,
		    "address one - 192.0.2.1\naddress two - 192.0.2.2\n"
		    "transport t mx - %s\n", row[i].transport);
		story_begin(&s, transport, row[i].policy);
		for (n = 0; n < row[i].count; n++)
			story_tell(&s, n, 0, n == 0 ? 1400 : 1000,
			    n == 0 ? TO("a.example", "192.0.2.9") "tenant=x "
			    "transactions=1 open_ms=400 ms=1400 verdict=done" :
			    TO("a.example", "192.0.2.9") "tenant=x "
			    "transactions=2 ms=1000 verdict=done");
		p = story_run(&s);
		if (p->simulated_ms < row[i].least_ms ||
		    p->simulated_ms > row[i].most_ms)
			fail_msg("%s: %lld", row[i].name,
			    (long long)p->simulated_ms);
		assert_int_equal(p->over, row[i].count);
		assert_int_equal(p->logged_ms, 1400);
		assert_int_equal(p->tenant_count, 1);
		assert_int_equal(p->domains[0].count, row[i].count);
		if (row[i].limiter != NULL && (p->wait_count == 0 ||
		    !str_eq(p->waits[0].limiter, str_of(row[i].limiter))))
			fail_msg("%s: %.*s", row[i].name, p->wait_count > 0 ?
			    (int)p->waits[0].limiter.len : 0,
			    p->wait_count > 0 ? p->waits[0].limiter.p : "");
		story_end(&s);
	}
}

/* What was deferred comes back after its delay, or when somebody made it;
 * what is due at the end is not over. */
static void
test_deferred(void **state)
{
	const struct forecast_report	*p;
	struct story			 s;

	(void)state;
	story_begin(&s, "transport t mx - -o dead_host=0s\n", "");
	story_tell(&s, 1, 0, 1000, TO("a.example", "192.0.2.9")
	    "transactions=1 ms=1000 verdict=defer next_ms=60000");
	story_tell(&s, 2, 0, 1000, DEAD("a.example", "192.0.2.9")
	    "ms=1000 verdict=defer next_ms=60000 type=network");
	story_tell(&s, 3, 0, 1000, TO("a.example", "192.0.2.9")
	    "transactions=1 ms=1000 verdict=defer next_ms=60000");
	story_tell(&s, 4, 0, 500, "to=r@none.example ms=500 type=dns "
	    "verdict=bounce");
	story_tell(&s, 2, 0, 21000, TO("a.example", "192.0.2.9")
	    "ms=1000 verdict=done retry=1");
	story_tell(&s, 1, 0, 63000, TO("a.example", "192.0.2.9")
	    "ms=1000 verdict=done retry=1");
	story_tell(&s, 5, 2000, 3000, TO("b.example", "192.0.2.9")
	    "ms=1000 verdict=done");
	p = story_run(&s);
	assert_int_equal(p->recipients, 5);
	assert_int_equal(p->attempts, 7);
	assert_int_equal(p->over, 4);
	assert_in_range(p->simulated_ms, 62000, 63000);
	assert_string_equal(p->domains[0].name.p, "a.example");
	assert_in_range(p->domains[0].simulated.p50_ms, 21000, 21500);
	assert_in_range(p->domains[0].simulated.p99_ms, 62000, 63000);
	assert_int_equal(p->domains[1].simulated.p99_ms +
	    p->domains[2].simulated.p99_ms, 500 + 1016);
	story_end(&s);
}

/* The limit of a better host is waited for; a worse one is not taken. */
static void
test_preference(void **state)
{
	const struct forecast_report	*p;
	struct story			 s;
	int				 n;

	(void)state;
	story_begin(&s, "transport t mx -\n",
	    "policy p remoteip -o concurrency=1\n");
	for (n = 0; n < 4; n++)
		story_tell(&s, n, 0, 1000, n == 0 ?
		    TO("a.example", "192.0.2.9") "preference=20 ms=1000 "
		    "verdict=done" : TO("a.example", "192.0.2.8")
		    "preference=10 ms=1000 verdict=done");
	p = story_run(&s);
	assert_in_range(p->simulated_ms, 4000, 4200);
	assert_int_equal(p->wait_count > 0, true);
	assert_string_equal(p->waits[0].limiter.p, "p remoteip=192.0.2.8");
	story_end(&s);
}

/* But where nobody is there it is, for a time. */
static void
test_dead_host(void **state)
{
	const struct forecast_report	*p;
	struct story			 s;
	int				 n, i;

	(void)state;
	for (i = 0; i < 2; i++) {
		story_begin(&s, i == 0 ? "transport t mx - -o dead_host=0s\n" :
		    "transport t mx - -o dead_host=60s\n",
		    "policy p remoteip\n"
		    "if p remoteip=192.0.2.8 -o concurrency=1\n");
		story_tell(&s, 0, 0, 1000, DEAD("a.example", "192.0.2.8")
		    "preference=10 ms=1000 type=network verdict=bounce");
		for (n = 1; n <= 3; n++)
			story_tell(&s, n, 2000, 3000,
			    TO("a.example", "192.0.2.9")
			    "preference=20 ms=1000 verdict=done");
		p = story_run(&s);
		if (i == 0)
			assert_in_range(p->simulated_ms, 5000, 5200);
		else
			assert_in_range(p->simulated_ms, 3000, 3200);
		story_end(&s);
	}
}

/* What is suspended never goes, or when its window is over. */
static void
test_suspended(void **state)
{
	const struct forecast_report	*p;
	struct story			 s;
	int				 i;

	(void)state;
	(void)setenv("TZ", "UTC", 1);
	for (i = 0; i < 2; i++) {
		story_begin(&s, "transport t mx -\n", i == 0 ?
		    "suspend s recipientdomain=a.example\n" :
		    "suspend s - -o { window = 0 14 * * * +1h }\n");
		story_tell(&s, 1, 0, 1000, TO("a.example", "192.0.2.9")
		    "ms=1000 verdict=done");
		p = story_run(&s);
		assert_int_equal(p->stuck, i == 0);
		if (i == 1)	/* from 14:13:20 to 15:00 */
			assert_in_range(p->simulated_ms, 2800000, 2802000);
		story_end(&s);
	}
}

/* Recipients of one message go together, as its transport says. */
static void
test_together(void **state)
{
	const struct forecast_report	*p;
	struct story			 s;
	int				 n;

	(void)state;
	story_begin(&s, "transport t mx - -o recipients=3\n",
	    "policy p - -o concurrency=1\n");
	for (n = 1; n <= 6; n++)
		story_line(&s, 1000, true, "\"queue\":"
		    "\"01a226a6-5d54-7308-b540-000000000001:%d\","
		    "\"transport\":\"t\",\"to\":\"r%d@a.example\","
		    "\"remote\":\"192.0.2.9\",\"remote_port\":25,"
		    "\"age_ms\":1000,\"ms\":1000,\"verdict\":\"done\"", n, n);
	p = story_run(&s);
	assert_int_equal(p->over, 6);
	assert_in_range(p->simulated_ms, 2000, 2100);
	story_end(&s);
}

/* What the log does not tell, and what is not in transport.cf. */
static void
test_left_out(void **state)
{
	const struct forecast_report	*p;
	struct forecast_options		 o = { .in_flight = 1,
					    .active_limit = 1,
					    .active_window = 1 };
	struct story			 s;
	struct err			 e;

	(void)state;
	story_begin(&s, "transport t mx -\n", "");
	o.policies = s.policies;
	story_line(&s, 0, false, "queue-open entries=0");
	story_line(&s, 0, false, "queued entries=5 size=7");
	story_line(&s, 0, false, "script-queued queue=x size=7");
	story_line(&s, 0, false, "delivery queue=nonsense transport=t");
	assert_int_equal(forecast_run(s.forecast, &o, &e), -1);
	story_tell(&s, 1, 0, 1000, "to=0123456789abcdef remote=192.0.2.9 "
	    "ms=1000 verdict=done");
	story_tell(&s, 2, 0, 1000, "to=r@a.example verdict=again");
	story_line(&s, 1000, false, "delivery transport=gone to=r@a.example "
	    "queue=01a226a6-5d54-7308-b540-000000000003:1 verdict=done");
	p = story_run(&s);
	assert_int_equal(p->recipients, 1);
	assert_int_equal(p->domainless, 1);
	assert_int_equal(p->nowhere, 1);
	assert_int_equal(p->untried, 4);
	assert_int_equal(p->over, 1);
	story_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_deferred),
		cmocka_unit_test(test_preference),
		cmocka_unit_test(test_dead_host),
		cmocka_unit_test(test_suspended),
		cmocka_unit_test(test_together),
		cmocka_unit_test(test_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
