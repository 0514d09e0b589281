/*
 * schedule_limit - what a limiter allows, and who is bound by which
 *
 * A limiter is a name (a policy and its tuple, or a transport), with limits
 * and what is counted against them.  It is the same limiter wherever it is
 * named.
 *
 * Process    pure.
 */
#ifndef SCHEDULE_SCHEDULE_LIMIT_H
#define SCHEDULE_SCHEDULE_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "transport_option.h"

enum schedule_algorithm {
	SCHEDULE_SPREAD,	/* evenly: n + 1 in any window */
	SCHEDULE_TOKENBUCKET,	/* 2n in any window */
	SCHEDULE_FIXEDWINDOW,	/* n in each aligned window */
};

struct schedule_limits {
	uint32_t		concurrency;	/* connections; 0: any number */
	struct transport_rate	rate;		/* recipients; 0: any */
	enum schedule_algorithm	algorithm;
	uint32_t		connectinterval_ms; /* between connects; 0 */
};

struct schedule_limiter_in {
	struct str		name;
	struct schedule_limits	limits;
};

enum { SCHEDULE_LIMITERS = 32 };	/* of a candidate */
enum { SCHEDULE_CANDIDATES = 64 };

/*
 * Where an attempt may go.  Of those with the lowest preference, but for hosts
 * that are barred, those with the lowest order that has room; of these one by
 * chance, by weight.
 */
struct schedule_candidate {
	struct str				 name;	/* connections of the
							 * same are alike */
	struct str				 host;	/* schedule_bar()'s, or
							 * none */
	uint16_t				 preference, order;
	uint16_t				 weight;	/* 0: 1 */
	/* Suspended: nothing goes there, nor for that reason to any with a
	 * higher preference. */
	bool					 closed;
	const struct schedule_limiter_in	*limiters;
	size_t					 limiter_count;
};

#endif
