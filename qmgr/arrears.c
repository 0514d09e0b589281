/*
 * All of the queue is walked in slices.  That it was done is a file of the
 * spool: a walk that was broken off begins anew, and finds what is left.
 *
 * What those builds wrote as a reason is known: of an error one of a few
 * texts, of a reply its code, with the address of who gave it, which is there
 * only after an attempt.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "spool/book_walk.h"

#include "arrears.h"
#include "delivery.h"

#define ARREARS_MARK		"bounces"
#define ARREARS_SLICE_MS	3
#define ARREARS_REST_MS		20
#define ARREARS_AGAIN_MS	60000

static struct {
	struct worker		*worker;
	struct timer		 turn;
	bool			 walks, over;
	struct book_cursor	 at;
	struct spool_id		*found;		/* in this batch */
	size_t			 count, cap;
	uint64_t		 given_up;
} arrears;

/* ---- Which --------------------------------------------------------------- */

/* Whole reasons, or what they begin with. */
static bool
arrears_is_error(struct str reason)
{
	static const struct str	begins[] = {
		STR("expired: "),
		STR("expired before it could be tried again"),
		STR("5.4.7 its time to be delivered by has passed: "),
		STR("backend does not offer 8BITMIME"),
		STR("backend does not offer BINARYMIME"),
		STR("backend does not offer SMTPUTF8"),
		STR("backend does not offer REQUIRETLS"),
		STR("REQUIRETLS: "),
		STR("message is larger than the backend takes"),
		STR("mail to address literals is not sent"),
		STR("no such name"),
		STR("not an address literal"),
		STR("no host has an address"),
		STR("not a domain name"),
		STR("the domain takes no mail"),
	};
	size_t			i;

	for (i = 0; i < sizeof begins / sizeof begins[0]; i++)
		if (str_prefix(reason, begins[i]))
			return true;
	return false;
}

/* "mail for DOMAIN loops back to myself" */
static bool
arrears_is_loop(struct str r)
{
	static const struct str	end = STR(" loops back to myself");

	return str_prefix(r, STR("mail for ")) && r.len > end.len &&
	    str_eq((struct str){ r.p + r.len - end.len, end.len }, end);
}

static bool
arrears_is_reply(const struct entry_state *s)
{
	struct str	r = s->reason;

	return s->remoteip.len > 0 && r.len >= 4 && r.p[0] == '5' &&
	    ascii_isdigit(r.p[1]) && ascii_isdigit(r.p[2]) && r.p[3] == ' ';
}

static bool
arrears_is(const struct entry_state *s)
{
	return s->state == STATE_HOLD && !s->wanted && s->fate == 0 &&
	    (arrears_is_reply(s) || arrears_is_error(s->reason) ||
	    arrears_is_loop(s->reason));
}

/* ---- The walk ------------------------------------------------------------ */

static int
arrears_meet(void *arg, const struct spool_id *id,
    const struct book_entry *entry, const struct spool_entry *accepted)
{
	(void)arg;
	(void)accepted;
	if (entry->state != STATE_HOLD || entry->journal == 0)
		return 0;
	if (arrears.count == arrears.cap) {
		arrears.cap = arrears.cap == 0 ? 64 : arrears.cap * 2;
		arrears.found = xreallocarray(arrears.found, arrears.cap,
		    sizeof *arrears.found);
	}
	arrears.found[arrears.count++] = *id;
	return 0;
}

/* As queue bounce does; its reason stays. */
static int
arrears_one(const struct spool_id *id, struct err *e)
{
	struct entry_state	s;
	int			rc;

	if ((rc = book_state(keeper_book(), id, &s, e)) != 0 ||
	    !arrears_is(&s))
		return rc == -1 ? -1 : 0;
	s.fate = FATE_BOUNCE;
	s.state = STATE_READY;
	s.due_ms = (uint64_t)keeper_queue_ms();
	if (book_change(keeper_book(), id, &s, e) == -1)
		return -1;
	arrears.given_up++;
	pump_one(id);
	return 0;
}

/* 1: that was all. */
static int
arrears_step(struct err *e)
{
	size_t	i;
	int	rc;

	arrears.count = 0;
	if ((rc = book_walk(keeper_book(), &arrears.at, 64, arrears_meet, NULL,
	    e)) == -1)
		return -1;
	for (i = 0; i < arrears.count; i++)
		if (arrears_one(&arrears.found[i], e) == -1)
			return -1;
	return rc;
}

/* ---- Once ---------------------------------------------------------------- */

/* 0: it was done; 1: it was not. */
static int
arrears_marked(struct err *e)
{
	struct disk_file	*f;

	if (disk_open(keeper_disk(), ARREARS_MARK, DISK_READ, &f) == 0) {
		disk_close(&f);
		return 0;
	}
	return errno == ENOENT ? 1 : err_errno(e, "%s", ARREARS_MARK);
}

static int
arrears_mark(struct err *e)
{
	struct disk_file	*f;

	if (book_sync(keeper_book(), e) == -1)
		return -1;
	if (disk_open(keeper_disk(), ARREARS_MARK, DISK_CREATE, &f) == -1)
		return err_errno(e, "%s", ARREARS_MARK);
	disk_close(&f);
	if (disk_sync_dir(keeper_disk(), "") == -1)
		return err_errno(e, "sync the spool");
	return 0;
}

static void
arrears_stop(void)
{
	arrears.walks = false;
	free(arrears.found);
	arrears.found = NULL;
	arrears.count = arrears.cap = 0;
}

static void
arrears_end(void)
{
	arrears_stop();
	arrears.over = true;
	if (arrears.given_up > 0)
		LOG(EV_QUEUE_ARREARS, NULL, LOG_NUM("entries",
		    (int64_t)arrears.given_up));
}

static void
arrears_failed(const struct err *e)
{
	LOG(EV_QUEUE_ERROR, NULL, LOG_STR("reason", e->text));
	COUNT(queue_errors);
	arrears.at = (struct book_cursor){ 0 };
	timer_start(&arrears.turn, ARREARS_AGAIN_MS);
}

static void
arrears_turn(void *arg)
{
	int64_t		end = clock_mono_ms() + ARREARS_SLICE_MS;
	struct err	e;
	int		rc;

	(void)arg;
	if (!arrears.walks || delivery_schedule() == NULL)
		return;
	while ((rc = arrears_step(&e)) == 0 && clock_mono_ms() < end)
		;
	if (arrears.count > 0)
		keeper_changed();
	if (rc == 1)
		rc = arrears_mark(&e) == 0 ? 1 : -1;
	if (rc == -1)
		arrears_failed(&e);
	else if (rc == 1)
		arrears_end();
	else
		timer_start(&arrears.turn, ARREARS_REST_MS);
}

void
arrears_begin(void)
{
	struct err	e;
	int		rc;

	if (arrears.over || arrears.walks)
		return;
	if ((rc = arrears_marked(&e)) == 0) {
		arrears.over = true;
		return;
	}
	arrears.walks = true;
	arrears.at = (struct book_cursor){ 0 };
	if (rc == -1)
		arrears_failed(&e);
	else
		timer_start(&arrears.turn, 0);
}

void
arrears_prepare(struct worker *w)
{
	arrears.worker = w;
	timer_init(&arrears.turn, w->loop, arrears_turn, NULL);
}

void
arrears_close(void)
{
	timer_stop(&arrears.turn);
	arrears_stop();
}
