/*
 * slot - the pages of counters that master hands out
 *
 * One slot per worker that may live at a time, and one per service for what
 * workers that are gone have counted.
 *
 * Ownership  slots_init() to start, slots_fini() to end; a slot stays valid
 *            in between.
 * Failure    NULL with *e.
 */
#ifndef MASTER_SLOT_H
#define MASTER_SLOT_H

#include <stdbool.h>
#include <sys/queue.h>

#include "proc/board.h"

struct slot {
	TAILQ_ENTRY(slot)	 link;
	uint32_t		 id;
	int			 writable;
	int			 readable;
	struct board		*board;
	char			 service[BOARD_SERVICE_MAX];
	bool			 used;
	bool			 sessions;	/* of an SMTP server */
	bool			 totals;	/* of workers that are gone */
};

TAILQ_HEAD(slots, slot);

void		 slots_init(struct slots *s);
void		 slots_fini(struct slots *s);
struct slot	*slots_take(struct slots *s, const char *service,
		    uint32_t generation, struct err *e);
/* Those of a service see each other, of older generations too, which may have
 * sessions still; who runs scripts sees who has sessions, which they may ask
 * for; the metrics service sees all. */
bool		 slot_is_seen(const struct slot *slot, const char *by_command,
		    const char *by_service);
/* Where a service's workers that are gone are summed; NULL with *e. */
struct slot	*slots_totals(struct slots *s, const char *service,
		    struct err *e);
/* One more worker of the service was started again. */
void		 slots_count_restart(struct slots *s, const char *service);
/* The worker goes on under this name, as a service with totals of its own. */
void		 slots_rename(struct slots *s, struct slot *slot,
		    const char *service, uint32_t generation);
/* Its counters go to the service's totals. */
void		 slots_clear(struct slots *s, struct slot *slot);
void		 slots_give(struct slots *s, struct slot *slot);

#endif
