/*
 * Questions to the share service (common/share), each a wait of the script;
 * rate(), and what `barrier` stands on.
 */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "event/loop.h"
#include "hsl/frozen.h"

#include "library_share.h"

#define KEY_MAX		1024
#define CHARGE		100
#define COUNT_MAX	1e15
#define INTERVAL_MAX_S	((double)SHARE_INTERVAL_MAX_MS / 1000)

struct inquiry {
	struct library		*library;
	struct hsl_exec		*x;
	const struct library_asked *of;
	const char		*name;		/* of the function */
	struct timer		 late;
	struct share_ticket	*ticket;
	uint64_t		 lock;		/* id of a barrier; 0: none */
	library_reply_fn	*reply;
};

const char	library_unreadable[] = "what is kept there can't be read";

static const struct library_asked	memory_asked = {
	.absent = "there is no share service: master.cf needs a row for "
	    "share.sock",
	.late = "no answer in the time that is left",
	.most_ms = INT64_MAX,
};

/* A barrier that this run holds. */
struct library_lock {
	struct library_lock	*next;
	struct share_ticket	*ticket;
	uint64_t		 id;
};

static void
inquiry_free(void *arg)
{
	struct inquiry	*q = arg;

	timer_fini(&q->late);
	share_cancel(&q->ticket);
	free(q);
}

static void
inquiry_fail(struct inquiry *q, const char *why)
{
	struct library	*l = q->library;
	struct hsl_exec	*x = q->x;
	const char	*name = q->name;

	inquiry_free(q);
	library_resume_throw(l, x, "%s: %s", name, why);
}

static void
inquiry_late(void *arg)
{
	struct inquiry	*q = arg;

	inquiry_fail(q, q->of->late);
}

static void
inquiry_hold(struct inquiry *q)
{
	struct library_lock	*k = xcalloc(1, sizeof *k);

	k->id = q->lock;
	k->ticket = q->ticket;
	k->next = q->library->locks;
	q->library->locks = k;
}

static void
inquiry_answer(void *arg, const struct share_answer *a)
{
	struct inquiry		*q = arg;
	struct library		*l = q->library;
	struct hsl_exec		*x = q->x;
	struct hsl_value	 v;
	const char		*wrong = NULL;

	if (q->lock != 0 && a->status == SHARE_OK)
		inquiry_hold(q);
	q->ticket = NULL;
	if (a->status == SHARE_FULL) {
		inquiry_fail(q, "shared memory is full");
		return;
	}
	if (a->status == SHARE_ABSENT) {
		inquiry_fail(q, q->of->absent);
		return;
	}
	v = q->reply(x, a, &wrong);
	if (wrong != NULL) {
		inquiry_fail(q, wrong);
		return;
	}
	inquiry_free(q);
	library_resume(l, x, v);
}

static enum hsl_rc
inquiry_begin(struct hsl_exec *x, const struct library_asked *of,
    const char *name, const struct share_question *question,
    library_reply_fn *reply, uint64_t lock)
{
	struct library	*l = library_of(x);
	struct inquiry	*q = xcalloc(1, sizeof *q);
	int64_t		 left = library_time_ms(x, of->most_ms);

	q->library = l;
	q->x = x;
	q->of = of;
	q->name = name;
	q->lock = lock;
	q->reply = reply;
	timer_init(&q->late, l->host.loop, inquiry_late, q);
	if (left < INT64_MAX / 2)
		timer_start(&q->late, left);
	library_wait(l, inquiry_free, q);
	q->ticket = share_ask(of->of_quotas ? l->host.quotas : l->host.share,
	    question, inquiry_answer, q);
	return HSL_SUSPEND;
}

enum hsl_rc
library_share_ask(struct hsl_exec *x, const char *name,
    const struct share_question *q, library_reply_fn *reply)
{
	return inquiry_begin(x, &memory_asked, name, q, reply, 0);
}

enum hsl_rc
library_ask_of(struct hsl_exec *x, const struct library_asked *of,
    const char *name, const struct share_question *q, library_reply_fn *reply)
{
	return inquiry_begin(x, of, name, q, reply, 0);
}

/* ---- Arguments --------------------------------------------------------- */

static bool
share_there(struct hsl_call *c)
{
	const struct hsl_function	*row = c->host;

	if (library_of(c->x)->host.share != NULL)
		return true;
	hsl_throw(c, "%s: there is no share service here", row->name);
	return false;
}

bool
library_share_key(struct hsl_call *c)
{
	struct str	key;

	if (!share_there(c) || !hsl_arg_string(c, 0, &key))
		return false;
	if (key.len > KEY_MAX) {
		hsl_throw(c, "a key is longer than %d bytes", KEY_MAX);
		return false;
	}
	return hsl_charge(c->x, CHARGE);
}

/* ---- memory_inc(), memory_dec() ---------------------------------------- */

static struct hsl_value
reply_number(struct hsl_exec *x, const struct share_answer *a,
    const char **wrong)
{
	(void)x;
	(void)wrong;
	return a->status == SHARE_OK ? hsl_number(a->number) : hsl_none();
}

static bool
share_offset(struct hsl_call *c, double *n)
{
	const struct hsl_function	*row = c->host;

	*n = 1;
	if (c->argc < 2)
		return true;
	*n = hsl_value_number(c->argv[1], NAN);
	if (isfinite(*n))
		return true;
	hsl_throw(c, "%s(): offset is %s, not a number that is finite",
	    row->name, hsl_type_phrase(c->argv[1]));
	return false;
}

static enum hsl_rc
share_add(struct hsl_call *c, double sign, unsigned flags)
{
	const struct hsl_function	*row = c->host;
	struct share_question		 q = { .op = SHARE_ADD,
					    .flags = flags };
	double				 n;

	if (!library_share_key(c) || !share_offset(c, &n))
		return HSL_THROW;
	q.key = hsl_value_str(c->argv[0]);
	q.number = sign * n;
	return library_share_ask(c->x, row->name, &q, reply_number);
}

enum hsl_rc
library_memory_inc(struct hsl_call *c)
{
	return share_add(c, 1, 0);
}

enum hsl_rc
library_memory_dec(struct hsl_call *c)
{
	return share_add(c, -1, c->argc > 2 && hsl_value_true(c->argv[2]) ?
	    SHARE_DROP_ZERO : 0);
}

/* ---- rate() ------------------------------------------------------------ */

static struct hsl_value
reply_allowed(struct hsl_exec *x, const struct share_answer *a,
    const char **wrong)
{
	(void)x;
	(void)wrong;
	return hsl_boolean(a->status == SHARE_OK);
}

static struct hsl_value
reply_count(struct hsl_exec *x, const struct share_answer *a,
    const char **wrong)
{
	(void)x;
	(void)wrong;
	return hsl_number(a->number);
}

/* Namespace and entry, each a string or a number, with a NUL in between. */
static bool
rate_key(struct hsl_call *c, struct buf *key)
{
	struct str	s;
	int		i;

	for (i = 0; i < 2; i++) {
		if (c->argv[i].type != HSL_NUMBER && !hsl_arg_string(c, i, &s))
			return false;
		hsl_value_print(c->argv[i], key);
		if (i == 0)
			buf_add_byte(key, '\0');
	}
	if (key->len <= KEY_MAX)
		return true;
	hsl_throw(c, "rate(): namespace and entry are longer than %d bytes",
	    KEY_MAX - 1);
	return false;
}

static bool
rate_limits(struct hsl_call *c, struct share_question *q)
{
	double	count = hsl_value_number(c->argv[2], NAN);
	double	interval = hsl_value_number(c->argv[3], NAN);

	if (c->argv[2].type != HSL_NUMBER || !(count >= 0) ||
	    count >= COUNT_MAX) {
		hsl_throw(c, "rate(): count is a number from 0");
		return false;
	}
	if (c->argv[3].type != HSL_NUMBER || !(interval >= 0.001) ||
	    interval > INTERVAL_MAX_S) {
		hsl_throw(c, "rate(): interval is a number of seconds, at "
		    "most %.0f", INTERVAL_MAX_S);
		return false;
	}
	if (c->argc > 4 && c->argv[4].type != HSL_ARRAY &&
	    c->argv[4].type != HSL_NONE) {
		hsl_throw(c, "rate(): options is an array, not %s",
		    hsl_type_phrase(c->argv[4]));
		return false;
	}
	q->number = floor(count);
	q->interval_ms = (uint64_t)ceil(interval * 1000);
	return true;
}

enum hsl_rc
library_rate(struct hsl_call *c)
{
	struct share_question	 q = { .op = SHARE_RATE };
	struct buf		 key = BUF_INIT;
	enum hsl_rc		 rc = HSL_THROW;

	if (share_there(c) && rate_key(c, &key) && rate_limits(c, &q) &&
	    hsl_charge(c->x, CHARGE)) {
		q.key = buf_str(&key);
		rc = library_share_ask(c->x, "rate()", &q, q.number < 1 ?
		    reply_count : reply_allowed);
	}
	buf_free(&key);
	return rc;
}

/* ---- barrier ----------------------------------------------------------- */

static struct hsl_value
reply_nothing(struct hsl_exec *x, const struct share_answer *a,
    const char **wrong)
{
	(void)x;
	(void)a;
	(void)wrong;
	return hsl_none();
}

static struct hsl_value
reply_kept(struct hsl_exec *x, const struct share_answer *a,
    const char **wrong)
{
	struct hsl_value	v = hsl_none();

	if (a->version != 0 && hsl_thaw_bytes(x, a->value, &v, NULL) == -1)
		*wrong = library_unreadable;
	return v;
}

static bool
barrier_name(struct hsl_call *c, struct share_question *q)
{
	q->key = hsl_value_str(c->argv[1]);
	q->flags = SHARE_BARRIER;
	if (library_of(c->x)->host.share == NULL)
		hsl_throw(c, "barrier: there is no share service here");
	else if (q->key.len > KEY_MAX)
		hsl_throw(c, "barrier: the name is longer than %d bytes",
		    KEY_MAX);
	else
		return hsl_charge(c->x, CHARGE);
	return false;
}

static enum hsl_rc
barrier_acquire(struct hsl_call *c)
{
	struct share_question	q = { .op = SHARE_LOCK };

	if (!barrier_name(c, &q))
		return HSL_THROW;
	return inquiry_begin(c->x, &memory_asked, "barrier", &q,
	    reply_nothing,
	    (uint64_t)hsl_value_number(c->argv[0], 0));
}

static enum hsl_rc
barrier_load(struct hsl_call *c)
{
	struct share_question	q = { .op = SHARE_FETCH };

	if (!barrier_name(c, &q))
		return HSL_THROW;
	return library_share_ask(c->x, "barrier", &q, reply_kept);
}

/* A variable that is none is not kept: a script that reads it gets none. */
static enum hsl_rc
barrier_store(struct hsl_call *c)
{
	struct share_question	 q = { .op = SHARE_STORE };
	struct hsl_frozen	*f = NULL;
	struct err		 e;
	enum hsl_rc		 rc;

	if (!barrier_name(c, &q))
		return HSL_THROW;
	if (c->argv[2].type == HSL_NONE)
		q.op = SHARE_DELETE;
	else if (hsl_freeze(c->argv[2], SHARE_VALUE_MAX, &f, &e) == -1)
		return hsl_throw(c, "barrier: %s", e.text);
	else
		q.value = hsl_frozen_bytes(f);
	rc = library_share_ask(c->x, "barrier", &q, reply_nothing);
	hsl_frozen_free(&f);
	return rc;
}

static void
barrier_release(struct hsl_exec *x, uint64_t id)
{
	struct library_lock	**at = &library_of(x)->locks, *k;

	while (*at != NULL && (*at)->id != id)
		at = &(*at)->next;
	k = *at;
	if (k == NULL)
		return;
	*at = k->next;
	share_cancel(&k->ticket);
	free(k);
}

const struct hsl_barriers	library_barriers = {
	.acquire = barrier_acquire,
	.load = barrier_load,
	.store = barrier_store,
	.release = barrier_release
};
