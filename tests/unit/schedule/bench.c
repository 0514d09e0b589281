/*
 * bench - a scheduler to play with
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bench.h"

void
bench_transport(struct schedule *s, const char *id, uint32_t concurrency,
    uint32_t tokens, int64_t per_ms)
{
	struct schedule_limits l = { .concurrency = concurrency,
		.rate = { tokens * 1000ull, per_ms } };

	schedule_transport(s, str_of(id), &l, 1);
}

struct schedule *
bench_new(uint32_t active_limit, uint32_t window)
{
	struct schedule_options o = { .active_limit = active_limit,
		.active_window = window, .start_ms = 1000000 };
	struct schedule	       *s = schedule_new(&o);

	schedule_worker_add(s, 0, UINT32_MAX);
	bench_transport(s, "t", 0, 0, 0);
	return s;
}

struct schedule_entry_in
bench_entry(const char *domain, const char *tenant, uint64_t user)
{
	struct schedule_entry_in in = { .user = user,
		.subqueue = { STR("t"), str_of(domain), str_of(tenant),
		STR_NONE } };

	return in;
}

schedule_ref
bench_add(struct schedule *s, const char *domain, const char *tenant,
    uint64_t user)
{
	struct schedule_entry_in in = bench_entry(domain, tenant, user);

	return schedule_add(s, &in, 0);
}

void
bench_over(struct schedule *s, int64_t now_ms,
    const struct schedule_pickup *p, bool keep)
{
	schedule_ref ref[64];

	assert_in_range(p->count, 1, 64);
	for (size_t n = 0; n < p->count; n++)
		ref[n] = p->refs[n];
	if (keep)
		schedule_connection_idle(s, p->conn, now_ms);
	else
		schedule_connection_closed(s, p->conn, now_ms);
	for (size_t n = 0; n < p->count; n++)
		schedule_done(s, ref[n]);
}

uint64_t
bench_next(struct schedule *s, int64_t now_ms, bool done,
    struct schedule_pickup *p)
{
	struct schedule_pickup mine;
	int64_t		       wake;
	uint64_t	       user;

	if (p == NULL)
		p = &mine;
	if (!schedule_next(s, now_ms, p, &wake))
		return 0;
	user = schedule_user(s, p->refs[0]);
	if (done)
		bench_over(s, now_ms, p, false);
	return user;
}
