/*
 * Array functions that call back.  Each is a frame with slots:
 *
 *	0 result of the last call, 1 callback, 2 array, 3 what is built,
 *	4 key of the item the callback has, 5 its value
 *
 * and a step that takes the result, then hands out the next item.
 */
#include "hsl/library/lib.h"
#include "hsl/run/frame.h"

enum { S_RESULT, S_CALLBACK, S_ARRAY, S_OUT, S_KEY, S_VALUE, S_SLOTS };

/* Puts the next item into slots 4 and 5; false at the end. */
static bool
each_next(struct hsl_exec *x, struct frame *f)
{
	struct hsl_value	 k, *v;
	uint32_t		 from = f->pos;

	if (!varr_next(f->base[S_ARRAY].u.array, &f->pos, &k, &v))
		return false;
	x->space.budget -= (f->pos - from) / 8;
	vset(x, &f->base[S_KEY], vref(k));
	vset(x, &f->base[S_VALUE], vref(*v));
	return true;
}

static int
each_done(struct hsl_exec *x, struct frame *f, struct hsl_value v)
{
	vset(x, &f->base[S_RESULT], v);
	return HSL_OK;
}

static int
each_call(struct hsl_exec *x, struct frame *f)
{
	f->state = 1;
	return native_call(x, f->base[S_CALLBACK], &f->base[S_VALUE], 1);
}

static void
each_keep(struct hsl_exec *x, struct frame *f, struct hsl_value v)
{
	struct hsl_array	*out = f->base[S_OUT].u.array;
	const struct hsl_value	*key = &f->base[S_KEY];

	if (out->packed && key->type == HSL_NUMBER &&
	    key->u.number == out->count)
		varr_add(x, out, v);
	else
		varr_set(x, out, varr_key(key), v);
}

static enum hsl_rc
each_begin(struct hsl_call *c, native_step *step)
{
	struct hsl_array	*a;
	struct frame		*f;
	int			 rc;

	if (!hsl_arg_function(c, 0) || !lib_array(c, 1, &a))
		return HSL_THROW;
	if ((rc = native_begin(c, step, S_SLOTS)) != RC_FRAME)
		return HSL_THROW;
	f = &c->x->frames[c->x->nframes - 1];
	if (c->argc < 3)
		vset(c->x, &f->base[S_OUT], vmake(HSL_ARRAY,
		    varr_new(c->x, 0)));
	return (enum hsl_rc)rc;
}

static int
map_step(struct hsl_exec *x, struct frame *f)
{
	if (f->state == 1) {
		each_keep(x, f, f->base[S_RESULT]);
		f->base[S_RESULT] = vnone();
	}
	if (!each_next(x, f))
		return each_done(x, f, vref(f->base[S_OUT]));
	return each_call(x, f);
}

enum hsl_rc
fn_array_map(struct hsl_call *c)
{
	return each_begin(c, map_step);
}

static int
filter_step(struct hsl_exec *x, struct frame *f)
{
	if (f->state == 1 && vtrue(f->base[S_RESULT]))
		each_keep(x, f, vref(f->base[S_VALUE]));
	if (!each_next(x, f))
		return each_done(x, f, vref(f->base[S_OUT]));
	return each_call(x, f);
}

enum hsl_rc
fn_array_filter(struct hsl_call *c)
{
	return each_begin(c, filter_step);
}

static int
find_step(struct hsl_exec *x, struct frame *f)
{
	if (f->state == 1 && vtrue(f->base[S_RESULT]))
		return each_done(x, f, vref(f->base[S_VALUE]));
	if (!each_next(x, f))
		return each_done(x, f, vnone());
	return each_call(x, f);
}

enum hsl_rc
fn_array_find(struct hsl_call *c)
{
	return each_begin(c, find_step);
}

static int
every_step(struct hsl_exec *x, struct frame *f)
{
	if (f->state == 1 && !vtrue(f->base[S_RESULT]))
		return each_done(x, f, vboolean(false));
	if (!each_next(x, f))
		return each_done(x, f, vboolean(true));
	return each_call(x, f);
}

enum hsl_rc
fn_array_every(struct hsl_call *c)
{
	return each_begin(c, every_step);
}

static int
some_step(struct hsl_exec *x, struct frame *f)
{
	if (f->state == 1 && vtrue(f->base[S_RESULT]))
		return each_done(x, f, vboolean(true));
	if (!each_next(x, f))
		return each_done(x, f, vboolean(false));
	return each_call(x, f);
}

/* array_includes() and in_array() with a callback. */
enum hsl_rc
each_some(struct hsl_call *c)
{
	return each_begin(c, some_step);
}

/* Of array_reduce() what is built is the carry. */
static int
reduce_step(struct hsl_exec *x, struct frame *f)
{
	struct hsl_value	 args[2];

	if (f->state == 1) {
		vset(x, &f->base[S_OUT], f->base[S_RESULT]);
		f->base[S_RESULT] = vnone();
	}
	if (!each_next(x, f))
		return each_done(x, f, vref(f->base[S_OUT]));
	f->state = 1;
	args[0] = f->base[S_OUT];
	args[1] = f->base[S_VALUE];
	return native_call(x, f->base[S_CALLBACK], args, 2);
}

enum hsl_rc
fn_array_reduce(struct hsl_call *c)
{
	enum hsl_rc	 rc = each_begin(c, reduce_step);
	struct frame	*f;

	if (rc != (enum hsl_rc)RC_FRAME || c->argc == 3)
		return rc;
	f = &c->x->frames[c->x->nframes - 1];
	if (!each_next(c->x, f)) {
		frame_pop(c->x);
		return hsl_throw(c, "array_reduce() of [] needs an initial "
		    "value");
	}
	vset(c->x, &f->base[S_OUT], vref(f->base[S_VALUE]));
	return rc;
}
