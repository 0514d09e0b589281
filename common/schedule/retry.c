/*
 * retry - when a recipient is tried again, and when it is given up
 *
 * Everything is a function of the entry, the transport's options and the
 * moment of the verdict.
 */
#include "retry.h"

int64_t
retry_expiry(const struct transport_options *o, const struct retry_entry *e)
{
	return e->created_ms +
	    (e->null_sender ? o->bounce_max_age : o->max_age);
}

bool
retry_expired(const struct transport_options *o, const struct retry_entry *e,
    int64_t now_ms)
{
	return (o->retry_count > 0 && e->retry >= o->retry_count) ||
	    now_ms >= retry_expiry(o, e);
}

static const struct transport_step *
retry_step(const struct transport_options *o, const struct retry_entry *e)
{
	int n = e->retry < o->retry.count ? e->retry : o->retry.count - 1;

	return &o->retry.step[n < 0 ? 0 : n];
}

/* Longer or shorter by up to so many per cent, evenly. */
static int64_t
retry_jitter(int64_t wait_ms, int64_t percent, uint64_t random)
{
	int64_t most = wait_ms / 100 * percent + wait_ms % 100 * percent / 100;

	return wait_ms - most +
	    (int64_t)(random % (2 * (uint64_t)most + 1));
}

int64_t
retry_wait(const struct transport_options *o, const struct retry_entry *e,
    uint64_t random)
{
	return retry_jitter(retry_step(o, e)->wait_ms, o->jitter, random);
}

/* Mode R ends with its deadline; mode N only tells the sender. */
static bool
retry_late(const struct retry_entry *e, int64_t now_ms)
{
	return e->deadline_ms != 0 && e->by_return &&
	    now_ms >= e->deadline_ms;
}

int64_t
retry_due(const struct transport_options *o, const struct retry_entry *e,
    int64_t now_ms, int64_t chosen_ms)
{
	int64_t due = chosen_ms, expiry = retry_expiry(o, e);

	if (due > expiry)
		due = expiry;
	if (e->deadline_ms != 0 && !e->deadline_told && due > e->deadline_ms)
		due = e->deadline_ms;
	return due < now_ms ? now_ms : due;
}

struct retry_verdict
retry_temporary(const struct transport_options *o,
    const struct retry_entry *e, int64_t now_ms, uint64_t random)
{
	const struct transport_step *step = retry_step(o, e);
	struct retry_verdict	     v = { 0 };
	struct retry_entry	     told = *e;

	v.late = retry_late(e, now_ms);
	v.expired = v.late || retry_expired(o, e, now_ms);
	if (v.expired)
		return v;
	v.notify_deadline = e->deadline_ms != 0 && !e->by_return &&
	    !e->deadline_told && now_ms >= e->deadline_ms;
	told.deadline_told |= v.notify_deadline;
	/* A step past the last is that one again, whose notice is told. */
	v.notify = step->notify && e->retry < o->retry.count;
	v.due_ms = retry_due(o, &told, now_ms,
	    now_ms + retry_wait(o, e, random));
	return v;
}

bool
retry_too_late(const struct transport_options *o, const struct retry_entry *e,
    int64_t now_ms)
{
	return now_ms >= retry_expiry(o, e) + INT64_C(3600000);
}
