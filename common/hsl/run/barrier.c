/*
 * What `barrier` compiles to: calls of four natives that no script can name,
 * with the token that the first gave.
 *
 *	token = enter(name); load(token); ... leave(token[, value])
 *	on an exception: drop(token, exception)
 *
 * An execution keeps a list of what it holds, the barrier taken last first.
 * Whatever ends the execution releases all of them.  A wait that ended by an
 * exception leaves an entry that is not held; the next use of the list drops
 * it.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "hsl/run/barrier.h"
#include "hsl/run/throw.h"

struct barrier {
	struct barrier	*next;
	uint64_t	 id;
	bool		 held;
	size_t		 len;
	char		 name[];
};

enum { S_RESULT, S_ARG, S_VALUE, S_ID, S_NAME, S_SLOTS };
enum { AT_BEGIN, AT_ANSWER };

static void
barrier_release(struct hsl_exec *x, struct barrier **at)
{
	struct barrier	*b = *at;

	*at = b->next;
	x->program->barriers->release(x, b->id);
	free(b);
}

void
barrier_release_all(struct hsl_exec *x)
{
	while (x->barriers != NULL)
		barrier_release(x, &x->barriers);
}

static void
barrier_forget_waits(struct hsl_exec *x)
{
	struct barrier	**at = &x->barriers;

	while (*at != NULL)
		if ((*at)->held)
			at = &(*at)->next;
		else
			barrier_release(x, at);
}

static struct barrier **
barrier_by_token(struct hsl_exec *x, struct hsl_value token)
{
	struct barrier	**at = &x->barriers;
	double		  id = hsl_value_number(token, 0);

	while (*at != NULL && (double)(*at)->id != id)
		at = &(*at)->next;
	return at;
}

/* NULL after throwing. */
static struct barrier *
barrier_add(struct hsl_exec *x, struct str name)
{
	struct barrier	*b;

	barrier_forget_waits(x);
	for (b = x->barriers; b != NULL; b = b->next)
		if (str_eq((struct str){ b->name, b->len }, name)) {
			throw_error(x, "barrier \"%.*s\" is held already",
			    name.len < 200 ? (int)name.len : 200, name.p);
			return NULL;
		}
	b = xmalloc(sizeof *b + name.len);
	b->id = ++x->barrier_serial;
	b->held = false;
	b->len = name.len;
	memcpy(b->name, name.p, name.len);
	b->next = x->barriers;
	x->barriers = b;
	return b;
}

/* Calls one of the host's functions; its result goes to slot 0. */
static enum hsl_rc
barrier_ask(struct hsl_steps *s, hsl_native *fn,
    const struct hsl_value *argv, int argc)
{
	struct hsl_call	 c = { .x = s->x, .argv = argv, .argc = argc,
			    .ret = &s->slots[S_RESULT], .host = s->row };

	vset(s->x, &s->slots[S_RESULT], vnone());
	s->state = AT_ANSWER;
	return fn(&c);
}

/* Id and name, which the host's functions begin with. */
static void
barrier_arguments(struct hsl_steps *s, const struct barrier *b)
{
	vset(s->x, &s->slots[S_ID], vnumber((double)b->id));
	vset(s->x, &s->slots[S_NAME], hsl_string(s->x,
	    (struct str){ b->name, b->len }));
}

/* ---- enter(name): token ------------------------------------------------ */

static enum hsl_rc
enter_step(struct hsl_steps *s)
{
	struct barrier	*b;
	enum hsl_rc	 rc = HSL_OK;

	if (s->state == AT_BEGIN) {
		b = barrier_add(s->x, hsl_value_str(s->slots[S_ARG]));
		if (b == NULL)
			return HSL_THROW;
		barrier_arguments(s, b);
		rc = barrier_ask(s, s->x->program->barriers->acquire,
		    &s->slots[S_ID], 2);
	}
	if (rc != HSL_OK)
		return rc;
	b = *barrier_by_token(s->x, s->slots[S_ID]);
	b->held = true;
	vset(s->x, &s->slots[S_RESULT], s->slots[S_ID]);
	return HSL_OK;
}

static enum hsl_rc
barrier_enter(struct hsl_call *c)
{
	struct hsl_value	 name = c->argv[0];

	if (name.type != HSL_STRING || hsl_value_str(name).len == 0)
		return hsl_throw(c, "barrier: the name is %s, not a string "
		    "that is not empty", hsl_type_phrase(name));
	return hsl_steps_begin(c, enter_step, S_SLOTS);
}

/* ---- load(token): [value], or none ------------------------------------- */

static enum hsl_rc
load_step(struct hsl_steps *s)
{
	struct hsl_value	 list;
	enum hsl_rc		 rc = HSL_OK;

	if (s->state == AT_BEGIN) {
		barrier_arguments(s, *barrier_by_token(s->x,
		    s->slots[S_ARG]));
		rc = barrier_ask(s, s->x->program->barriers->load,
		    &s->slots[S_ID], 2);
	}
	if (rc != HSL_OK || vnullish(s->slots[S_RESULT]))
		return rc;
	list = hsl_array(s->x);
	hsl_array_push(s->x, list, vref(s->slots[S_RESULT]));
	vset(s->x, &s->slots[S_RESULT], list);
	return HSL_OK;
}

static enum hsl_rc
barrier_load(struct hsl_call *c)
{
	return hsl_steps_begin(c, load_step, S_SLOTS);
}

/* ---- leave(token[, value]) --------------------------------------------- */

static enum hsl_rc
leave_step(struct hsl_steps *s)
{
	enum hsl_rc	 rc = HSL_OK;

	if (s->state == AT_BEGIN) {
		barrier_arguments(s, *barrier_by_token(s->x,
		    s->slots[S_ARG]));
		/* The host's function takes id, name and value from slots that
	 * follow each other. */
		vset(s->x, &s->slots[S_RESULT], s->slots[S_VALUE]);
		s->slots[S_VALUE] = vnone();
		vset(s->x, &s->slots[S_NAME + 1], s->slots[S_RESULT]);
		s->slots[S_RESULT] = vnone();
		rc = barrier_ask(s, s->x->program->barriers->store,
		    &s->slots[S_ID], 3);
	}
	if (rc != HSL_OK)
		return rc;
	barrier_release(s->x, barrier_by_token(s->x, s->slots[S_ARG]));
	vset(s->x, &s->slots[S_RESULT], vnone());
	return HSL_OK;
}

static enum hsl_rc
barrier_leave(struct hsl_call *c)
{
	if (c->argc == 2)
		return hsl_steps_begin(c, leave_step, S_SLOTS + 1);
	barrier_release(c->x, barrier_by_token(c->x, c->argv[0]));
	return HSL_OK;
}

/* ---- drop(token, exception) -------------------------------------------- */

/* Gives the barrier back and throws the exception again, with the place where
 * it was thrown first. */
static enum hsl_rc
barrier_drop(struct hsl_call *c)
{
	struct hsl_exec	*x = c->x;
	struct barrier	**at = barrier_by_token(x, c->argv[0]);

	if (*at != NULL)
		barrier_release(x, at);
	vset(x, &x->thrown, vref(c->argv[1]));
	x->throwing = true;
	return HSL_THROW;
}

const struct hsl_function	barrier_rows[] = {
	[BARRIER_ENTER] = { "barrier", 1, 1, barrier_enter, "", "" },
	[BARRIER_LOAD] = { "barrier", 1, 1, barrier_load, "", "" },
	[BARRIER_LEAVE] = { "barrier", 1, 2, barrier_leave, "", "" },
	[BARRIER_DROP] = { "barrier", 2, 2, barrier_drop, "", "" },
};
