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
#define ROW(name, kind, help)	COUNTER_##name,
#include "proc/counters.def"
#undef ROW
	COUNTER_MAX
};

struct counter_row {
	const char	*name;
	bool		 gauge;
	const char	*help;
};

extern const struct counter_row	counter_rows[COUNTER_MAX];

#define BOARD_SERVICE_MAX	64

struct board {
	char		service[BOARD_SERVICE_MAX];
	uint32_t	generation;
	uint32_t	pid;		/* 0: nobody */
	_Atomic uint32_t accepting;
	_Atomic uint64_t value[COUNTER_MAX];
	struct crowd	crowd;
};

int		 board_create(int *writable, int *readable, struct err *e);
struct board	*board_map(int fd, bool writable, struct err *e);
void		 board_unmap(struct board **b);
/* Adds the counters of from to those of to and clears from. */
void		 board_take_in(struct board *to, struct board *from);

/* This process's own page; never NULL. */
struct board	*board_self(void);
void		 board_set_self(struct board *b);
void		 board_add(enum counter c, int64_t n);
uint64_t	 board_get(const struct board *b, enum counter c);

#define COUNT(name)	board_add(COUNTER_##name, 1)

#endif
