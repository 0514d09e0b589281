/*
 * bench - a scheduler to play with: short calls for what tests say often
 */
#ifndef TESTS_UNIT_SCHEDULE_BENCH_H
#define TESTS_UNIT_SCHEDULE_BENCH_H

#include "schedule/schedule_conn.h"
#include "schedule/schedule_view.h"

/* One worker that takes everything; transport "t" without limits. */
struct schedule	*bench_new(uint32_t active_limit, uint32_t window);
void		 bench_transport(struct schedule *s, const char *id,
		    uint32_t concurrency, uint32_t tokens, int64_t per_ms);
struct schedule_entry_in bench_entry(const char *domain, const char *tenant,
		    uint64_t user);
schedule_ref	 bench_add(struct schedule *s, const char *domain,
		    const char *tenant, uint64_t user);
/* The user of the next pickup, or 0 where none goes; with `done` its
 * connection is closed and its entries leave at once. */
uint64_t	 bench_next(struct schedule *s, int64_t now_ms, bool done,
		    struct schedule_pickup *p);
void		 bench_over(struct schedule *s, int64_t now_ms,
		    const struct schedule_pickup *p, bool keep);

#endif
