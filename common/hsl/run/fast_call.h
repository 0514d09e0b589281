/*
 * fast_call - entering and leaving functions of the script, the common way
 *
 * Inside the VM only.
 */
#ifndef HSL_RUN_FAST_CALL_H
#define HSL_RUN_FAST_CALL_H

#include "hsl/run/fast.h"

/*
 * The common call: the arguments stand in place, from base on, as many as p
 * has parameters, and p is neither variadic nor a generator.  False: the caller
 * must use frame_push().
 */
static inline __attribute__((always_inline)) bool
fast_push(struct hsl_exec *x, const struct proto *p,
    struct hsl_value *base, struct hsl_value *ret)
{
	struct frame		*f = &x->frames[x->nframes];
	const struct segment	*s = x->segment;
	struct hsl_value	*r, *end;
	uint32_t		 n = p->nparams + p->method;

	/* frames_cap is never over the depth that is allowed. */
	if (UNLIKELY(x->nframes >= x->frames_cap))
		return false;
	if (UNLIKELY(base < s->regs || base + p->nregs > s->end)) {
		/* From a module's top level, whose registers lie elsewhere. */
		if (x->top + p->nregs > s->end)
			return false;
		for (uint32_t k = 0; k < n; k++) {
			x->top[k] = base[k];
			base[k].type = HSL_NONE;
		}
		base = x->top;
	}
	end = base + p->nregs;
	for (r = base + n; r < end; r++)
		r->type = HSL_UNDEF;
	f->base = base;
	f->ret = ret;
	f->proto = p;
	f->closure = NULL;
	f->segment = x->segment;
	f->top = x->top;
	f->flags = FRAME_FAST;
	x->top = end;
	x->nframes++;
	return true;
}

/* From one function of the script to another, with v taken. */
static inline bool
fast_return(struct hsl_exec *x, struct frame *f, struct hsl_value v)
{
	struct hsl_value	*r, *end = f->base + f->proto->nregs;

	if (UNLIKELY((f->flags & ~FRAME_CONSTRUCT) != FRAME_FAST ||
	    x->segment != f->segment || x->space.budget < 0 ||
	    x->space.heap.over))
		return false;
	if (f->flags & FRAME_CONSTRUCT) {
		if (f->base->type != HSL_OBJECT)
			return false;
		vunref(x, v);
		v = *f->base;
		f->base->type = HSL_NONE;
	}
	for (r = f->base; r < end; r++) {
		if (r->type >= HSL_STRING) {
			struct hsl_value	 old = *r;

			r->type = HSL_NONE;
			vunref(x, old);
		}
	}
	x->top = f->top;
	x->nframes--;
	if (f->closure != NULL)
		vunref(x, vmake(HSL_FUNCTION, f->closure));
	if (f->ret != NULL)
		vset(x, f->ret, v);
	else
		vunref(x, v);
	return true;
}

/* Calls a closure by fast_push(); false: the caller must use call_value(). */
static inline bool
fast_call_closure(struct hsl_exec *x, struct hsl_value *base, uint32_t argc,
    struct hsl_value *ret)
{
	struct hsl_closure	*c = base->u.function;
	const struct proto	*p;

	if (base->type != HSL_FUNCTION || (p = c->proto) == NULL ||
	    p->method || p->plain_argc != argc ||
	    !fast_push(x, p, base + 1, ret))
		return false;
	/* The frame has the reference that was in the register. */
	x->frames[x->nframes - 1].closure = c;
	base->type = HSL_NONE;
	return true;
}

/* Makes an object and calls its constructor by fast_push(); false: the caller
 * must use call_class(). */
static inline bool
fast_construct(struct hsl_exec *x, const struct vclass *k,
    struct hsl_value *base, uint32_t argc, struct hsl_value *ret)
{
	const struct proto	*p = k->constructor;
	struct frame		*f;

	if (p == NULL || p->plain_argc != argc ||
	    !fast_push(x, p, base, ret))
		return false;
	f = &x->frames[x->nframes - 1];
	f->flags = FRAME_FAST | FRAME_CONSTRUCT;
	vset(x, f->base, vobject(x, k));
	return true;
}

#endif
