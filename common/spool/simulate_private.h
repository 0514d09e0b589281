/*
 * simulate_private - what a simulated life knows
 *
 * A subject is an entry as the simulation knows it: the state that was
 * confirmed, and those that were asked for since and may have come to be.
 */
#ifndef SPOOL_SIMULATE_PRIVATE_H
#define SPOOL_SIMULATE_PRIVATE_H

#include "book.h"
#include "disk_fake.h"
#include "kv/kv_model.h"
#include "simulate.h"
#include "writer.h"

#define SIM_STATES	64		/* asked for and not confirmed */

struct sim_state {
	bool		gone;
	bool		told;		/* then: its notification is there */
	bool		taken;		/* it is one, and its parent knows */
	uint8_t		state;
	uint16_t	retry;
	uint64_t	due_ms;
	uint64_t	mark;		/* in its metadata; 0: none */
};

struct sim_subject {
	struct spool_id	id;
	uint32_t	body_len;
	bool		acknowledged;
	bool		known;		/* it was seen in the book */
	struct sim_state at[SIM_STATES];	/* the first one: confirmed */
	int		states;
	uint64_t	bounce;		/* its notification, or 0 */
	bool		tells;		/* it is one */
	int		seen;		/* in this check */
	int		waits;		/* found as due, or in a sub-queue */
};

struct sim {
	struct disk	*disk;
	struct kv_model	*index;
	struct spool_writer *writer;
	struct book	*book;
	struct book_time time;
	uint64_t	 life;		/* its seed */
	struct sim_subject *subject;
	size_t		 count, cap;
	uint64_t	 next_txn, next_mark;
	uint64_t	 damaged;	/* as the book tells */
	uint64_t	 spoilt;	/* tables, by the simulation */
	bool		 writing;	/* the writer was not restarted */
	struct spool_id	 stranger;	/* that a walk met */
	uint64_t	 quota[2], quota_bytes[2];	/* as they should be */
	struct simulate_report *report;
};

uint64_t sim_random(struct sim *s, uint64_t below);
int	sim_open_book(struct sim *s, struct err *e);
int	sim_check(struct sim *s, struct err *e);
int	sim_restart_book(struct sim *s, struct err *e);
/* The byte at that place of the body of that transaction. */
char	sim_byte(const struct spool_id *id, uint32_t i);
struct sim_subject *sim_find(struct sim *s, const struct spool_id *id);

#endif
