/*
 * Natives that call script functions have a frame: slots for their state,
 * and a step that runs at the beginning and after every call it asked for.
 * The result of a call is in slot 0.
 */
#include <stdarg.h>
#include <stdio.h>

#include "hsl/run/call.h"
#include "hsl/run/fast_call.h"
#include "hsl/run/native.h"
#include "hsl/run/throw.h"

int
native_begin(struct hsl_call *c, native_step *step, uint16_t nslots)
{
	struct hsl_exec		*x = c->x;
	struct segment		*segment = x->segment;
	struct hsl_value	*top = x->top, *slots;
	struct frame		*f;

	if ((f = frame_new(x)) == NULL)
		return HSL_THROW;
	slots = frame_window(x, (uint32_t)nslots + 1);
	if (slots == NULL)
		return HSL_THROW;
	f->segment = segment;
	f->top = top;
	f->base = slots;
	f->nslots = nslots;
	f->step = step;
	for (int i = 0; i < c->argc && i + 1 < nslots; i++)
		slots[i + 1] = vref(c->argv[i]);
	for (uint16_t i = (uint16_t)(c->argc + 1); i < nslots; i++)
		slots[i] = vnone();
	slots[0] = vnone();
	x->nframes++;
	return RC_FRAME;
}

/* ---- Natives in steps -------------------------------------------------- */

static int
native_host_step(struct hsl_exec *x, struct frame *f)
{
	uint32_t		 at = x->nframes - 1;
	struct hsl_steps	 s = { .x = x, .slots = f->base,
				    .state = f->state, .count = f->pos,
				    .row = f->native };
	enum hsl_rc		 rc = f->host_step(&s);

	/* A call may have moved the frames. */
	f = &x->frames[at];
	f->state = (uint8_t)s.state;
	f->pos = s.count;
	if (rc == HSL_SUSPEND) {
		x->waiting = true;
		x->wait_ret = &f->base[0];
	} else if (rc == HSL_THROW && !x->throwing)
		throw_error(x, "%s() failed", f->native->name);
	return (int)rc;
}

enum hsl_rc
hsl_steps_begin(struct hsl_call *c, hsl_step *step, int nslots)
{
	int	 rc = native_begin(c, native_host_step, (uint16_t)nslots);

	if (rc == RC_FRAME)
		c->x->frames[c->x->nframes - 1].host_step = step;
	return (enum hsl_rc)rc;
}

enum hsl_rc
hsl_steps_call(struct hsl_steps *s, struct hsl_value fn,
    const struct hsl_value *args, int argc)
{
	return (enum hsl_rc)native_call(s->x, fn, args, (uint32_t)argc);
}

void
hsl_slot_set(struct hsl_steps *s, int slot, struct hsl_value v)
{
	vset(s->x, &s->slots[slot], v);
}

enum hsl_rc
hsl_steps_throw(struct hsl_steps *s, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	(void)throw_verror(s->x, fmt, ap);
	va_end(ap);
	return HSL_THROW;
}

/* A call of a script's function that is nothing but a frame. */
static bool
native_call_plain(struct hsl_exec *x, struct hsl_value fn,
    const struct hsl_value *args, uint32_t argc, struct hsl_value *ret)
{
	struct hsl_closure	*c = fn.u.function;
	struct frame		*f = &x->frames[x->nframes];

	if (fn.type != HSL_FUNCTION || c->proto == NULL || c->proto->method ||
	    c->proto->plain_argc != argc || x->nframes >= x->frames_cap ||
	    x->top + c->proto->nregs > x->segment->end)
		return false;
	for (uint32_t i = 0; i < argc; i++)
		x->top[i] = vref(args[i]);
	(void)fast_push(x, c->proto, x->top, ret);
	vref(fn);
	f->closure = c;
	f->pc = c->proto->code;
	/* The frame below is a native's: the loop can't return to it. */
	f->flags = 0;
	return true;
}

int
native_call(struct hsl_exec *x, struct hsl_value fn,
    const struct hsl_value *args, uint32_t argc)
{
	struct frame		*f = &x->frames[x->nframes - 1];
	struct call		 c = { .ret = &f->base[0], .argc = argc };
	struct hsl_value	*w, *top = x->top;
	struct segment		*segment = x->segment;
	uint32_t		 depth = x->nframes;
	int			 rc;

	if (native_call_plain(x, fn, args, argc, c.ret))
		return RC_CALL;
	if ((w = frame_window(x, argc + 1)) == NULL)
		return HSL_THROW;
	w[0] = vref(fn);
	for (uint32_t i = 0; i < argc; i++)
		w[i + 1] = vref(args[i]);
	c.base = w;
	rc = call_value(x, &c);
	if (x->nframes > depth) {
		/* frame_pop() shall give back the window, too. */
		x->frames[depth].segment = segment;
		x->frames[depth].top = top;
	} else {
		for (uint32_t i = 0; i <= argc; i++)
			vset(x, &w[i], vnone());
		if (x->segment != segment)
			frame_segment_back(x, segment);
		x->top = top;
	}
	return rc == HSL_OK || rc == RC_FRAME ? RC_CALL : rc;
}
