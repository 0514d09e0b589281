/*
 * Each pair of numbers is what the log says and what the simulation does.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "simulate_print.h"

#define PRINT_NAME	23
#define PRINT_PAIR	15
#define PRINT_LIMITERS	20

/* By enum schedule_wait; words of JSON, and those for people. */
static const char *const	wait_names[][2] = {
	[SCHEDULE_WAIT_TURN] = { "turn", "others' turn" },
	[SCHEDULE_WAIT_SENDING] = { "sending", "being sent" },
	[SCHEDULE_WAIT_CONCURRENCY] = { "concurrency", "concurrency" },
	[SCHEDULE_WAIT_RATE] = { "rate", "rate" },
	[SCHEDULE_WAIT_CONNECT] = { "connectinterval", "connectinterval" },
	[SCHEDULE_WAIT_WORKER] = { "worker", "room at workers" },
	[SCHEDULE_WAIT_CLOSED] = { "suspended", "suspended" },
	[SCHEDULE_WAIT_BARRED] = { "dead-host", "a dead host" },
};

static size_t
print_least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* ---- For people ---------------------------------------------------------- */

/* "1.234s", "12.3m", "1.25h" in out. */
static const char *
print_time(int64_t ms, char out[24])
{
	double	s = (double)ms / 1000;

	if (s < 100)
		(void)snprintf(out, 24, "%.2fs", s);
	else if (s < 6000)
		(void)snprintf(out, 24, "%.1fm", s / 60);
	else
		(void)snprintf(out, 24, "%.1fh", s / 3600);
	return out;
}

/* width: of a column, 0: the last one of its line.  Two times of two minutes
 * and a name of 23 bytes fill 80 columns. */
static void
print_pair(int64_t logged, int64_t simulated, int width)
{
	char	a[24], b[24], both[52];

	(void)snprintf(both, sizeof both, "%s > %s", print_time(logged, a),
	    print_time(simulated, b));
	(void)printf(" %-*s", width, both);
}

/* A name is a stranger's: what a terminal would not show is "?". */
static void
print_name(struct str name)
{
	char	text[PRINT_NAME + 1];
	size_t	i;

	if (name.len == 0)
		name = STR("-");
	for (i = 0; i < name.len && i < PRINT_NAME; i++)
		text[i] = name.p[i] > ' ' && name.p[i] < 0x7f ? name.p[i] :
		    '?';
	text[i] = '\0';
	(void)printf("%-*s", PRINT_NAME, text);
}

static void
print_delays(uint64_t count, const struct forecast_delay *a,
    const struct forecast_delay *b)
{
	(void)printf(" %8" PRIu64, count);
	print_pair(a->p50_ms, b->p50_ms, PRINT_PAIR);
	print_pair(a->p90_ms, b->p90_ms, PRINT_PAIR);
	print_pair(a->p99_ms, b->p99_ms, 0);
	(void)printf("\n");
}

static void
print_groups(const char *head, const struct forecast_group *g, size_t count)
{
	size_t	i;

	(void)printf("\n%-*s MESSAGES %-*s %-*s %s\n", PRINT_NAME, head,
	    PRINT_PAIR, "HALF WITHIN", PRINT_PAIR, "90% WITHIN",
	    "99% WITHIN");
	for (i = 0; i < count; i++) {
		print_name(g[i].name);
		print_delays(g[i].count, &g[i].logged, &g[i].simulated);
	}
}

static void
print_waits(const struct forecast_report *p)
{
	size_t	i;

	(void)printf("\nWAITED FOR\n");
	if (p->waited_s <= 0)
		(void)printf("nothing\n");
	for (i = 0; i < print_least(p->wait_count, PRINT_LIMITERS); i++)
		(void)printf("%5.1f%%  %-*s%.*s\n",
		    100 * p->waits[i].seconds / p->waited_s,
		    p->waits[i].limiter.len > 0 ? 17 : 0,
		    wait_names[p->waits[i].why][1],
		    (int)p->waits[i].limiter.len, p->waits[i].limiter.p != NULL
		    ? p->waits[i].limiter.p : "");
}

static void
print_note(uint64_t count, const char *text)
{
	if (count > 0)
		(void)printf("%" PRIu64 " %s\n", count, text);
}

void
simulate_print(const struct forecast_report *p, size_t top)
{
	(void)printf("%" PRIu64 " messages, %" PRIu64 " attempts, %" PRIu64
	    " delivered or given up\n", p->recipients, p->attempts, p->over);
	print_note(p->nowhere, "of transports that are not there: left out");
	print_note(p->untried, "queued without an attempt: left out");
	print_note(p->domainless, "attempts whose domain the log does not "
	    "tell");
	print_note(p->stuck, "would not go within a month");
	(void)printf("logged > simulated; all took");
	print_pair(p->logged_ms, p->simulated_ms, 0);
	(void)printf("\n");
	print_groups("TENANT", p->tenants,
	    print_least(p->tenant_count, top));
	print_groups("DESTINATION", p->domains,
	    print_least(p->domain_count, top));
	(void)printf("\n%-*s", PRINT_NAME, "ALL");
	print_delays(p->over, &p->logged, &p->simulated);
	print_waits(p);
}

/* ---- JSON ---------------------------------------------------------------- */

static json_t *
print_str(struct str s)
{
	struct buf	b = BUF_INIT;
	json_t		*text;

	buf_add_json(&b, s);
	text = json_loadb(buf_data(&b), b.len, JSON_DECODE_ANY, NULL);
	buf_free(&b);
	return text;
}

static json_t *
print_delay(const struct forecast_delay *d)
{
	return json_pack("{s:f,s:f,s:f}", "p50", (double)d->p50_ms / 1000,
	    "p90", (double)d->p90_ms / 1000, "p99",
	    (double)d->p99_ms / 1000);
}

static json_t *
print_array(const struct forecast_group *g, size_t count)
{
	json_t	*array = json_array();
	size_t	 i;

	for (i = 0; i < count; i++)
		json_array_append_new(array, json_pack("{s:o,s:I,s:o,s:o}",
		    "name", print_str(g[i].name), "messages",
		    (json_int_t)g[i].count, "logged",
		    print_delay(&g[i].logged), "simulated",
		    print_delay(&g[i].simulated)));
	return array;
}

static json_t *
print_limiters(const struct forecast_report *p)
{
	json_t	*array = json_array();
	size_t	 i;

	for (i = 0; i < p->wait_count; i++)
		json_array_append_new(array, json_pack("{s:s,s:o,s:f,s:f}",
		    "why", wait_names[p->waits[i].why][0], "limiter",
		    print_str(p->waits[i].limiter), "seconds",
		    p->waits[i].seconds, "share", p->waits[i].seconds /
		    p->waited_s));
	return array;
}

static json_t *
print_whole(int64_t ms, const struct forecast_delay *d)
{
	json_t	*o = print_delay(d);

	json_object_set_new(o, "seconds", json_real((double)ms / 1000));
	return o;
}

json_t *
simulate_json(const struct forecast_report *p, size_t top)
{
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:f,s:f,s:o,s:o,s:o,"
	    "s:o,s:o}", "messages", (json_int_t)p->recipients, "attempts",
	    (json_int_t)p->attempts, "over", (json_int_t)p->over, "nowhere",
	    (json_int_t)p->nowhere, "untried", (json_int_t)p->untried,
	    "domainless", (json_int_t)p->domainless, "stuck",
	    (json_int_t)p->stuck, "turn", (double)p->turn_ms / 1000,
	    "waited", p->waited_s, "logged",
	    print_whole(p->logged_ms, &p->logged), "simulated",
	    print_whole(p->simulated_ms, &p->simulated), "tenants",
	    print_array(p->tenants, print_least(p->tenant_count,
	    top)), "destinations",
	    print_array(p->domains, print_least(p->domain_count, top)),
	    "waits", print_limiters(p));
}
