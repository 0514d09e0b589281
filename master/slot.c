/*
 * Slots are in one list and are used again: a page that was taken in is
 * cleared and given to the next worker.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#include "slot.h"

void
slots_init(struct slots *s)
{
	TAILQ_INIT(s);
}

static void
slot_free(struct slot *slot)
{
	board_unmap(&slot->board);
	(void)close(slot->writable);
	(void)close(slot->readable);
	free(slot);
}

void
slots_fini(struct slots *s)
{
	struct slot	*slot;

	while ((slot = TAILQ_FIRST(s)) != NULL) {
		TAILQ_REMOVE(s, slot, link);
		slot_free(slot);
	}
}

static struct slot *
slots_new(struct slots *s, struct err *e)
{
	struct slot	*slot = xcalloc(1, sizeof *slot), *last;

	if (board_create(&slot->writable, &slot->readable, e) == -1) {
		free(slot);
		return NULL;
	}
	slot->board = board_map(slot->writable, true, e);
	if (slot->board == NULL) {
		slot_free(slot);
		return NULL;
	}
	last = TAILQ_LAST(s, slots);
	slot->id = last != NULL ? last->id + 1 : 0;
	TAILQ_INSERT_TAIL(s, slot, link);
	return slot;
}

static void
slot_name(struct slot *slot, const char *service, uint32_t generation)
{
	if (service != slot->service)
		(void)strlcpy(slot->service, service, sizeof slot->service);
	(void)strlcpy(slot->board->service, service,
	    sizeof slot->board->service);
	slot->board->generation = generation;
}

struct slot *
slots_take(struct slots *s, const char *service, uint32_t generation,
    struct err *e)
{
	struct slot	*slot;

	TAILQ_FOREACH(slot, s, link)
		if (!slot->used)
			break;
	if (slot == NULL && (slot = slots_new(s, e)) == NULL)
		return NULL;
	slot->used = true;
	slot->totals = false;
	slot->sessions = false;
	slot_name(slot, service, generation);
	return slot;
}

bool
slot_is_seen(const struct slot *slot, const char *by_command,
    const char *by_service)
{
	if (strcmp(by_command, "metrics") == 0)
		return true;
	if (!slot->used || slot->totals)
		return false;
	return strcmp(slot->service, by_service) == 0 ||
	    (slot->sessions && (strcmp(by_command, "smtpd") == 0 ||
	    strcmp(by_command, "deliver") == 0));
}

struct slot *
slots_totals(struct slots *s, const char *service, struct err *e)
{
	struct slot	*slot;

	TAILQ_FOREACH(slot, s, link)
		if (slot->totals && strncmp(slot->service, service,
		    BOARD_SERVICE_MAX - 1) == 0)
			return slot;
	slot = slots_take(s, service, 0, e);
	if (slot != NULL)
		slot->totals = true;
	return slot;
}

void
slots_rename(struct slots *s, struct slot *slot, const char *service,
    uint32_t generation)
{
	(void)slots_totals(s, service, NULL);
	slot_name(slot, service, generation);
}

void
slots_count_restart(struct slots *s, const char *service)
{
	struct slot	*totals = slots_totals(s, service, NULL);

	if (totals != NULL)
		totals->board->value[COUNTER_worker_restarts]++;
}

/* The page is the worker's to write: its name is taken from the slot. */
void
slots_clear(struct slots *s, struct slot *slot)
{
	struct slot	*totals = slots_totals(s, slot->service, NULL);

	if (totals != NULL)
		board_take_in(totals->board, slot->board);
	slot_name(slot, slot->service, slot->board->generation);
}

void
slots_give(struct slots *s, struct slot *slot)
{
	slots_clear(s, slot);
	slot->used = false;
}
