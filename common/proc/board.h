/*
 * board - counters that outlive the worker that counts
 *
 * Each worker owns one page of shared memory, made by master: the worker
 * writes it, its siblings and the metrics service read it, and master takes
 * it in when the worker is gone (a shared counter would never come down after
 * a SIGKILL).
 *
 * Ownership  board_create() gives two descriptors, one for writing.
 * Failure    0 or a page, or -1 or NULL with *e.
 */
#ifndef PROC_BOARD_H
#define PROC_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "proc/crowd.h"

enum counter {
#define ROW(name, kind, metric, help)	COUNTER_##name,
#include "proc/counters.def"
#undef ROW
	COUNTER_MAX
};

struct counter_row {
	const char	*name;
	const char	*metric;
	bool		 gauge;
	const char	*help;
};

extern const struct counter_row	counter_rows[COUNTER_MAX];

/* ---- Durations --------------------------------------------------------- */

enum histogram {
#define HISTOGRAM(name, metric, help)	HISTOGRAM_##name,
#include "proc/histograms.def"
#undef HISTOGRAM
	HISTOGRAM_MAX
};

struct histogram_row {
	const char	*metric;
	const char	*help;
};

#define HISTOGRAM_BUCKETS	16	/* the last one has no bound */

extern const struct histogram_row histogram_rows[HISTOGRAM_MAX];
/* Upper bounds, in milliseconds; HISTOGRAM_BUCKETS - 1 of them. */
extern const int64_t		 histogram_bounds_ms[];

struct board_histogram {
	_Atomic uint64_t	bucket[HISTOGRAM_BUCKETS];
	_Atomic uint64_t	sum_ms;
};

/* ---- Backends ---------------------------------------------------------- */

/* How a delivery ended: the backend's 2xx, 4xx, 5xx, or no answer. */
enum backend_result { BACKEND_ACCEPTED, BACKEND_DEFERRED, BACKEND_REJECTED,
	BACKEND_FAILED, BACKEND_RESULTS };

/* What a page says beyond it is nothing that a worker has counted. */
#define BOARD_COUNT_MAX		(UINT64_C(1) << 53)

#define BOARD_BACKENDS		32	/* more are "other", the last */
#define BOARD_BACKEND_NAME	80
#define BACKEND_OTHER		"other"

struct board_backend {
	char			name[BOARD_BACKEND_NAME];
	_Atomic uint64_t	result[BACKEND_RESULTS];
};

#define BOARD_SERVICE_MAX	64
#define BOARD_SERVER_MAX	68
#define BOARD_CULPRIT		20	/* a spool_id as bytes */

struct board {
	char		service[BOARD_SERVICE_MAX];
	char		server[BOARD_SERVER_MAX]; /* id; "": it is none */
	uint32_t	generation;
	uint32_t	pid;		/* 0: nobody */
	_Atomic uint32_t accepting;
	_Atomic uint32_t blamed;	/* culprit counts */
	unsigned char	culprit[BOARD_CULPRIT];
	_Atomic uint64_t value[COUNTER_MAX];
	_Atomic int64_t	certificate_ends;	/* unix time; 0: none */
	struct board_histogram histogram[HISTOGRAM_MAX];
	struct board_backend backend[BOARD_BACKENDS];
	struct crowd	crowd;
};

int		 board_create(int *writable, int *readable, struct err *e);
struct board	*board_map(int fd, bool writable, struct err *e);
void		 board_unmap(struct board **b);
/* This process has sessions of the server of that id. */
void		 board_set_server(const char *id);
/* Adds the counters of from to those of to and clears from. */
void		 board_take_in(struct board *to, struct board *from);

/* This process's own page; never NULL. */
struct board	*board_self(void);
void		 board_set_self(struct board *b);
void		 board_add(enum counter c, int64_t n);
uint64_t	 board_get(const struct board *b, enum counter c);
/* Of a bucket; of HISTOGRAM_BUCKETS: the sum of all, in milliseconds. */
uint64_t	 board_duration(const struct board *b, enum histogram h,
		    int bucket);

/* What is worked on from now on, and to be blamed should this process die by
 * it; NULL: nothing. */
void		 board_blame(const unsigned char id[BOARD_CULPRIT]);
/* Of a page that was another's: false: there is none. */
bool		 board_culprit(const struct board *b,
		    unsigned char id[BOARD_CULPRIT]);

void		 board_observe(enum histogram h, int64_t ms);
/* One delivery to "host:port"; names come from scripts and may be anything. */
void		 board_backend(const char *name, enum backend_result r);
/* The row of a name, the one for others if there are too many. */
struct board_backend *board_backend_row(struct board_backend *rows,
		    const char *name);
/* Adds the rows of a page, whose names may be any bytes. */
void		 board_backends_add(struct board_backend *to,
		    const struct board_backend *from);
/* The certificate that ends first is what counts. */
void		 board_certificate(int64_t not_after);

#define COUNT(name)	board_add(COUNTER_##name, 1)

#endif
