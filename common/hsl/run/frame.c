/*
 * Frames and the registers that they stand on: entering a function of the
 * script with its arguments, and leaving it.
 */
#include "base/mem.h"
#include "hsl/run/frame.h"
#include "hsl/run/throw.h"

#define SEGMENT_FIRST	256		/* registers */
#define SEGMENT_MAX	16384

static bool
frame_segment_new(struct hsl_exec *x, uint32_t n)
{
	struct segment	*s = x->spare;
	size_t		 regs = x->segment == NULL ? SEGMENT_FIRST :
			    SEGMENT_MAX;

	if (s != NULL && (size_t)(s->end - s->regs) >= n) {
		x->spare = NULL;
	} else {
		regs = regs < n ? n : regs;
		s = vheap_alloc(&x->space.heap,
		    sizeof *s + regs * sizeof s->regs[0]);
		if (s == NULL)
			return throw_limit(x, "memory limit exceeded");
		s->size = sizeof *s + regs * sizeof s->regs[0];
		s->end = s->regs + regs;
	}
	s->prev = x->segment;
	x->segment = s;
	x->top = s->regs;
	return true;
}

/* One segment is kept: the next call that needs one finds it. */
void
frame_segment_back(struct hsl_exec *x, struct segment *to)
{
	struct segment	*s;

	while ((s = x->segment) != to) {
		x->segment = s->prev;
		if (x->spare != NULL)
			vheap_free(&x->space.heap, x->spare, x->spare->size);
		x->spare = s;
	}
}

struct frame *
frame_new(struct hsl_exec *x)
{
	struct frame	*f;

	if (x->nframes >= x->limits.depth) {
		throw_error(x, "call depth limit exceeded");
		return NULL;
	}
	if (x->nframes == x->frames_cap) {
		x->frames_cap = x->frames_cap ? x->frames_cap * 2 : 8;
		if (x->frames_cap > x->limits.depth)
			x->frames_cap = x->limits.depth;
		x->frames = xreallocarray(x->frames, x->frames_cap,
		    sizeof *x->frames);
	}
	f = &x->frames[x->nframes];
	memset(f, 0, sizeof *f);
	f->segment = x->segment;
	f->top = x->top;
	return f;
}

static bool
frame_fits(const struct segment *s, const struct hsl_value *at, uint32_t n)
{
	return s != NULL && at >= s->regs && at <= s->end &&
	    (size_t)(s->end - at) >= n;
}

/* Room for n registers: from `at` on, or elsewhere, and then the first `keep`
 * are moved there. */
static struct hsl_value *
frame_room(struct hsl_exec *x, struct hsl_value *at, uint32_t keep, uint32_t n)
{
	struct hsl_value	*to = at;

	if (!frame_fits(x->segment, at, n)) {
		if (!frame_fits(x->segment, x->top, n) &&
		    !frame_segment_new(x, n))
			return NULL;
		to = x->top;
		for (uint32_t i = 0; i < keep; i++) {
			to[i] = at[i];
			at[i].type = HSL_NONE;
		}
	}
	x->top = to + n;
	return to;
}

/* Missing parameters take their defaults, surplus ones the ...$rest. */
static void
frame_arguments(struct hsl_exec *x, const struct proto *p,
    struct hsl_value *args, uint32_t argc)
{
	uint32_t		 fixed = p->nparams - p->variadic;
	struct hsl_array	*rest;

	for (uint32_t i = argc; i < fixed; i++)
		args[i] = i < p->nrequired ? vnone() :
		    vref(p->defaults[i - p->nrequired]);
	if (!p->variadic)
		return;
	rest = varr_new(x, argc > fixed ? argc - fixed : 0);
	for (uint32_t i = fixed; i < argc; i++)
		varr_add(x, rest, args[i]);
	args[fixed] = vmake(HSL_ARRAY, rest);
}

bool
frame_push(struct hsl_exec *x, const struct proto *p, const struct call *c)
{
	uint32_t		 method = p->method, n = method + c->argc;
	uint32_t		 set = method + p->nparams;
	uint32_t		 need = n > p->nregs ? n : p->nregs;
	struct frame		*f = frame_new(x);
	struct hsl_value	*base;

	if (f == NULL || (base = frame_room(x, c->base, n, need)) == NULL) {
		if (c->closure != NULL)
			vunref(x, vmake(HSL_FUNCTION, c->closure));
		return false;
	}
	if (c->argc != p->nparams || p->variadic)
		frame_arguments(x, p, base + method, c->argc);
	for (uint32_t i = set; i < p->nregs; i++)
		base[i].type = HSL_UNDEF;
	for (uint32_t i = p->nregs; i < n; i++)
		base[i].type = HSL_UNDEF;
	x->top = base + p->nregs;
	f->pc = p->code;
	f->base = base;
	f->ret = c->ret;
	f->proto = p;
	f->closure = c->closure;
	f->flags = c->flags;
	x->nframes++;
	return true;
}

void
frame_pop(struct hsl_exec *x)
{
	struct frame	*f = &x->frames[--x->nframes];
	uint32_t	 n = f->proto != NULL ? f->proto->nregs : f->nslots;

	if (!(f->flags & FRAME_MODULE)) {
		for (uint32_t i = 0; i < n; i++) {
			struct hsl_value	 v = f->base[i];

			f->base[i].type = HSL_NONE;
			vunref(x, v);
		}
	}
	if (f->closure != NULL)
		vunref(x, vmake(HSL_FUNCTION, f->closure));
	if (x->segment != f->segment)
		frame_segment_back(x, f->segment);
	x->top = f->top;
}

struct hsl_value *
frame_window(struct hsl_exec *x, uint32_t n)
{
	struct hsl_value	*w = frame_room(x, x->top, 0, n);

	for (uint32_t i = 0; w != NULL && i < n; i++)
		w[i].type = HSL_UNDEF;
	return w;
}
