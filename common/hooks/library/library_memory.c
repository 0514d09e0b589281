/*
 * memory_*(): values that all scripts share.
 *
 * The answer to a question about a value is an array: ok, version, value.
 * Where a function of the script has a say, the value is read with its
 * version, and written only if it still has that version, else all is done
 * again with what is there by then; the answer of the write that failed
 * brings it.  A value may have a time to live (option ttl); what changes it by
 * a function or by adding leaves that as it is.  Slots: 0 the answer, 1 and on
 * the arguments, then the value that was read and its version, 0 for none.
 */
#include <math.h>

#include "hsl/frozen.h"

#include "library_share.h"

#define TRIES_MAX	1000
#define NO_CALLBACK	(-1)

enum { S_ANSWER, S_KEY, S_ARG2, S_ARG3, S_ARG4, S_OLD, S_VERSION, S_SLOTS };

static bool
memory_callback(struct hsl_call *c, int i)
{
	const struct hsl_function	*row = c->host;

	if (c->argc <= i || c->argv[i].type == HSL_NONE ||
	    c->argv[i].type == HSL_FUNCTION)
		return true;
	hsl_throw(c, "%s(): argument %d is %s, not a function", row->name,
	    i + 1, hsl_type_phrase(c->argv[i]));
	return false;
}

/* ["ttl" => seconds], as argument i. */
static bool
memory_options(struct hsl_call *c, int i)
{
	const struct hsl_function	*row = c->host;
	const double			 max = (double)SHARE_INTERVAL_MAX_MS /
					    1000;
	struct hsl_value		 key, v;
	size_t				 pos = 0;

	if (c->argc <= i || c->argv[i].type == HSL_NONE)
		return true;
	if (c->argv[i].type != HSL_ARRAY) {
		hsl_throw(c, "%s(): argument %d is %s, not an array of "
		    "options", row->name, i + 1,
		    hsl_type_phrase(c->argv[i]));
		return false;
	}
	while (hsl_array_next(c->argv[i], &pos, &key, &v)) {
		if (key.type != HSL_STRING ||
		    !str_eq(hsl_value_str(key), STR("ttl"))) {
			hsl_throw(c, "%s(): the only option is ttl",
			    row->name);
			return false;
		}
		if (v.type == HSL_NONE || (v.type == HSL_NUMBER &&
		    hsl_value_number(v, 0) > 0 &&
		    hsl_value_number(v, 0) <= max))
			continue;
		hsl_throw(c, "%s(): ttl is a number of seconds, at most %.0f",
		    row->name, max);
		return false;
	}
	return true;
}

/* callback: the argument that may be one; NO_CALLBACK: none. */
static enum hsl_rc
memory_begin(struct hsl_call *c, int callback, hsl_step *step)
{
	if (!library_share_key(c) ||
	    (callback != NO_CALLBACK && !memory_callback(c, callback)))
		return HSL_THROW;
	return hsl_steps_begin(c, step, S_SLOTS);
}

/* ---- Values ------------------------------------------------------------ */

static struct hsl_value
reply_value(struct hsl_exec *x, const struct share_answer *a,
    const char **wrong)
{
	struct hsl_value	v = hsl_none(), out;

	if (a->version != 0 &&
	    hsl_thaw_bytes(x, a->value, &v, NULL) == -1) {
		*wrong = library_unreadable;
		return hsl_none();
	}
	out = hsl_array(x);
	hsl_array_set(x, out, "ok", hsl_boolean(a->status == SHARE_OK));
	hsl_array_set(x, out, "existed", hsl_boolean(a->number > 0));
	hsl_array_set(x, out, "version", hsl_number((double)a->version));
	hsl_array_set(x, out, "value", v);
	return out;
}

static struct share_question
question(const struct hsl_steps *s, enum share_op op)
{
	return (struct share_question){ .op = op,
	    .key = hsl_value_str(s->slots[S_KEY]) };
}

static enum hsl_rc
steps_ask(struct hsl_steps *s, const struct share_question *q)
{
	return library_share_ask(s->x, s->row->name, q, reply_value);
}

static bool
answer_ok(const struct hsl_steps *s)
{
	return hsl_value_true(hsl_array_get(s->slots[S_ANSWER], "ok"));
}

static bool
was_there(const struct hsl_steps *s)
{
	return hsl_value_number(s->slots[S_VERSION], 0) > 0;
}

/* Moves what was read to its slots; false: there is none. */
static bool
answer_keep(struct hsl_steps *s)
{
	hsl_slot_set(s, S_OLD, hsl_value_ref(hsl_array_get(
	    s->slots[S_ANSWER], "value")));
	hsl_slot_set(s, S_VERSION, hsl_value_ref(hsl_array_get(
	    s->slots[S_ANSWER], "version")));
	return was_there(s);
}

static enum hsl_rc
steps_end(struct hsl_steps *s, struct hsl_value v)
{
	hsl_slot_set(s, S_ANSWER, v);
	return HSL_OK;
}

static enum hsl_rc
steps_fetch(struct hsl_steps *s)
{
	struct share_question	q = question(s, SHARE_FETCH);

	return steps_ask(s, &q);
}

/* Option ttl of memory_add() and memory_store(), whose options stand behind
 * the value or behind the callback; 0: for ever. */
static uint64_t
steps_ttl(const struct hsl_steps *s)
{
	struct hsl_value	options = s->slots[S_ARG3];

	if (options.type != HSL_ARRAY)
		options = s->slots[S_ARG4];
	if (options.type != HSL_ARRAY)
		return 0;
	return (uint64_t)ceil(1000 * hsl_value_number(hsl_array_get(options,
	    "ttl"), 0));
}

/* Stores v, with SHARE_IF_VERSION if what was read is still there. */
static enum hsl_rc
steps_store(struct hsl_steps *s, struct hsl_value v, unsigned flags)
{
	struct share_question	 q = question(s, SHARE_STORE);
	struct hsl_frozen	*f;
	struct err		 e;
	enum hsl_rc		 rc = HSL_THROW;

	if (hsl_freeze(v, SHARE_VALUE_MAX, &f, &e) == -1)
		return hsl_steps_throw(s, "%s(): %s", s->row->name, e.text);
	q.value = hsl_frozen_bytes(f);
	q.flags = flags;
	if (!(flags & SHARE_TTL_KEEP))
		q.interval_ms = steps_ttl(s);
	q.version = (uint64_t)hsl_value_number(s->slots[S_VERSION], 0);
	if (hsl_charge(s->x, q.value.len / 8))
		rc = steps_ask(s, &q);
	hsl_frozen_free(&f);
	return rc;
}

/* callback(key[, old]) */
static enum hsl_rc
steps_call(struct hsl_steps *s, int callback, int argc)
{
	struct hsl_value	args[2] = { s->slots[S_KEY],
				    s->slots[S_OLD] };

	return hsl_steps_call(s, s->slots[callback], args, argc);
}

static bool
has_callback(const struct hsl_steps *s, int slot)
{
	return s->slots[slot].type == HSL_FUNCTION;
}

/* Another try; an exception after too many. */
static bool
steps_again(struct hsl_steps *s)
{
	if (++s->count < TRIES_MAX)
		return true;
	hsl_steps_throw(s, "%s(): others changed it %d times meanwhile",
	    s->row->name, TRIES_MAX);
	return false;
}

/* ---- memory_add(), memory_fetch(), memory_exists() --------------------- */

static enum hsl_rc
add_step(struct hsl_steps *s)
{
	if (s->state++ == 0)
		return steps_store(s, s->slots[S_ARG2], SHARE_IF_VERSION);
	return steps_end(s, hsl_boolean(answer_ok(s)));
}

enum hsl_rc
library_memory_add(struct hsl_call *c)
{
	if (!memory_options(c, 2))
		return HSL_THROW;
	return memory_begin(c, NO_CALLBACK, add_step);
}

static enum hsl_rc
fetch_step(struct hsl_steps *s)
{
	if (s->state == 0) {
		s->state = 1;
		return steps_fetch(s);
	}
	if (s->state == 2)
		return HSL_OK;
	s->state = 2;
	if (answer_keep(s) || !has_callback(s, S_ARG2))
		return steps_end(s, hsl_value_ref(s->slots[S_OLD]));
	return steps_call(s, S_ARG2, 1);
}

enum hsl_rc
library_memory_fetch(struct hsl_call *c)
{
	return memory_begin(c, 1, fetch_step);
}

static enum hsl_rc
exists_step(struct hsl_steps *s)
{
	if (s->state == 0) {
		s->state = 1;
		return steps_fetch(s);
	}
	if (s->state == 1) {
		s->state = 2;
		if (!answer_keep(s))
			return steps_end(s, hsl_boolean(false));
		if (has_callback(s, S_ARG2))
			return steps_call(s, S_ARG2, 2);
	}
	return steps_end(s, hsl_boolean(true));
}

enum hsl_rc
library_memory_exists(struct hsl_call *c)
{
	return memory_begin(c, 1, exists_step);
}

/* ---- Read, then write -------------------------------------------------- */

enum { AT_BEGIN, AT_READ, AT_CALLED, AT_WRITTEN, AT_TOLD };

/* AT_READ again if what was written met another version. */
static bool
steps_met_another(struct hsl_steps *s)
{
	if (s->state != AT_WRITTEN || answer_ok(s))
		return false;
	s->state = AT_READ;
	return true;
}

/* Calls the callback with the value that was there before. */
static enum hsl_rc
store_told_step(struct hsl_steps *s)
{
	if (steps_met_another(s) && !steps_again(s))
		return HSL_THROW;
	switch (s->state) {
	case AT_BEGIN:
		s->state = AT_READ;
		return steps_fetch(s);
	case AT_READ:
		(void)answer_keep(s);
		s->state = AT_WRITTEN;
		return steps_store(s, s->slots[S_ARG2], SHARE_IF_VERSION);
	case AT_WRITTEN:
		s->state = AT_TOLD;
		if (was_there(s))
			return steps_call(s, S_ARG3, 2);
		/* FALLTHROUGH */
	default:
		return steps_end(s, hsl_boolean(was_there(s)));
	}
}

static enum hsl_rc
store_step(struct hsl_steps *s)
{
	if (s->state++ == 0)
		return steps_store(s, s->slots[S_ARG2], 0);
	return steps_end(s, hsl_value_ref(hsl_array_get(
	    s->slots[S_ANSWER], "existed")));
}

enum hsl_rc
library_memory_store(struct hsl_call *c)
{
	bool	told = c->argc > 2 && c->argv[2].type == HSL_FUNCTION;

	/* Options may stand in the place of the callback. */
	if (c->argc > 2 && c->argv[2].type == HSL_ARRAY && c->argc == 3)
		return memory_options(c, 2) ? memory_begin(c, NO_CALLBACK,
		    store_step) :
		    HSL_THROW;
	if (!memory_options(c, 3))
		return HSL_THROW;
	return memory_begin(c, 2, told ? store_told_step : store_step);
}

static enum hsl_rc
steps_delete(struct hsl_steps *s, unsigned flags)
{
	struct share_question	q = question(s, SHARE_DELETE);

	q.flags = flags;
	q.version = (uint64_t)hsl_value_number(s->slots[S_VERSION], 0);
	return steps_ask(s, &q);
}

static enum hsl_rc
delete_told_step(struct hsl_steps *s)
{
	if (steps_met_another(s) && !steps_again(s))
		return HSL_THROW;
	switch (s->state) {
	case AT_BEGIN:
		s->state = AT_READ;
		return steps_fetch(s);
	case AT_READ:
		if (!answer_keep(s))
			return steps_end(s, hsl_boolean(false));
		s->state = AT_WRITTEN;
		return steps_delete(s, SHARE_IF_VERSION);
	case AT_WRITTEN:
		s->state = AT_TOLD;
		return steps_call(s, S_ARG2, 2);
	default:
		return steps_end(s, hsl_boolean(true));
	}
}

static enum hsl_rc
delete_step(struct hsl_steps *s)
{
	if (s->state++ == 0)
		return steps_delete(s, 0);
	return steps_end(s, hsl_boolean(answer_ok(s)));
}

enum hsl_rc
library_memory_delete(struct hsl_call *c)
{
	return memory_begin(c, 1, c->argc > 1 &&
	    c->argv[1].type == HSL_FUNCTION ? delete_told_step : delete_step);
}

/* ---- memory_update() --------------------------------------------------- */

/* callback(key, current, value), where initial stands in for current. */
static enum hsl_rc
update_call(struct hsl_steps *s)
{
	struct hsl_value	args[3] = { s->slots[S_KEY],
				    s->slots[was_there(s) ? S_OLD : S_ARG4],
				    s->slots[S_ARG2] };

	return hsl_steps_call(s, s->slots[S_ARG3], args, 3);
}

static enum hsl_rc
update(struct hsl_steps *s, bool initial)
{
	if (steps_met_another(s) && !steps_again(s))
		return HSL_THROW;
	switch (s->state) {
	case AT_BEGIN:
		s->state = AT_READ;
		return steps_fetch(s);
	case AT_READ:
		if (!answer_keep(s) && !initial)
			return steps_end(s, hsl_boolean(false));
		s->state = AT_CALLED;
		return update_call(s);
	case AT_CALLED:
		s->state = AT_WRITTEN;
		return steps_store(s, s->slots[S_ANSWER], SHARE_IF_VERSION |
		    SHARE_TTL_KEEP);
	default:
		return steps_end(s, hsl_boolean(was_there(s)));
	}
}

static enum hsl_rc
update_step(struct hsl_steps *s)
{
	return update(s, false);
}

/* An initial value was given, and counts also if it is none. */
static enum hsl_rc
update_initial_step(struct hsl_steps *s)
{
	return update(s, true);
}

enum hsl_rc
library_memory_update(struct hsl_call *c)
{
	if (c->argv[2].type != HSL_FUNCTION)
		return hsl_throw(c, "memory_update(): argument 3 is %s, "
		    "not a function", hsl_type_phrase(c->argv[2]));
	return memory_begin(c, 2, c->argc > 3 ? update_initial_step :
	    update_step);
}
