/*
 * Exceptions: made, and carried to the nearest handler by taking frames off
 * the heap.  A limit is an exception no handler sees.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "hsl/barrier.h"
#include "hsl/vm.h"

/* The place of the instruction a script's frame is at. */
static const struct mark *
vm_place(const struct hsl_exec *x)
{
	const struct frame	*f;

	for (uint32_t i = x->nframes; i-- > 0;) {
		f = &x->frames[i];
		if (f->proto != NULL)
			return proto_mark(f->proto,
			    (uint32_t)(f->pc - f->proto->code) -
			    (f->pc > f->proto->code));
	}
	return NULL;
}

static void
vm_note_place(struct hsl_exec *x)
{
	const struct mark	*m = vm_place(x);

	x->failure.file[0] = '\0';
	x->failure.line = x->failure.column = 0;
	if (m == NULL || x->program == NULL)
		return;
	snprintf(x->failure.file, sizeof x->failure.file, "%s",
	    x->program->files[m->file]);
	x->failure.line = (int)m->line;
	x->failure.column = m->column;
}

bool
vm_throw_value(struct hsl_exec *x, struct hsl_value v)
{
	if (x->limit != NULL) {
		vunref(x, v);
		return false;
	}
	vset(x, &x->thrown, v);
	x->throwing = true;
	vm_note_place(x);
	return false;
}

bool
vm_vthrow(struct hsl_exec *x, const char *fmt, va_list ap)
{
	struct hsl_value	 message, e;
	char			 text[512];

	vsnprintf(text, sizeof text, fmt, ap);
	message = hsl_text(x, text);
	e = exception_new(x, message, vm_place(x));
	vunref(x, message);
	return vm_throw_value(x, e);
}

bool
vm_throw(struct hsl_exec *x, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	(void)vm_vthrow(x, fmt, ap);
	va_end(ap);
	return false;
}

enum hsl_rc
hsl_throw(struct hsl_call *c, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	(void)vm_vthrow(c->x, fmt, ap);
	va_end(ap);
	return HSL_THROW;
}

bool
vm_limit(struct hsl_exec *x, const char *which)
{
	if (x->limit == NULL) {
		x->limit = which;
		x->throwing = true;
		vm_note_place(x);
	}
	return false;
}

bool
vm_check(struct hsl_exec *x)
{
	uint64_t	 used;

	if (x->heap.over)
		return vm_limit(x, "memory limit exceeded");
	used = x->spent + (uint64_t)(x->slice - x->budget);
	if (used > x->limits.instructions)
		return vm_limit(x, "instruction limit exceeded");
	if (hsl_time_left_ms(x) == 0)
		return vm_limit(x, "time limit exceeded");
	return !x->throwing;
}

static const struct handler *
vm_find_handler(const struct frame *f)
{
	const struct handler	*h;
	uint32_t		 pc;

	if (f->proto == NULL)
		return NULL;
	pc = (uint32_t)(f->pc - f->proto->code);
	pc -= pc > 0;			/* pc is after the instruction */
	for (uint32_t i = 0; i < f->proto->nhandlers; i++) {
		h = &f->proto->handlers[i];
		if (pc >= h->start && pc < h->end)
			return h;
	}
	return NULL;
}

static void
vm_fail(struct hsl_exec *x)
{
	struct buf	 b = BUF_INIT;
	struct str	 s;

	if (x->limit != NULL)
		buf_add_text(&b, x->limit);
	else if (exception_is(x->thrown))
		exception_print(x->thrown, &b);
	else
		vprint(x->thrown, &b, sizeof x->failure.text);
	/* What prints as nothing would leave a line without its end. */
	if (b.len == 0)
		buf_add_text(&b, vnullish(x->thrown) ? "none" : "\"\"");
	s = buf_str(&b);
	if (s.len >= sizeof x->failure.text)
		s.len = sizeof x->failure.text - 1;
	if (s.len > 0)
		memcpy(x->failure.text, s.p, s.len);
	x->failure.text[s.len] = '\0';
	x->failure.limit = x->limit != NULL;
	x->failed = true;
	buf_free(&b);
}

bool
vm_unwind(struct hsl_exec *x)
{
	const struct handler	*h;
	struct frame		*f;

	while (x->nframes > 0) {
		f = &x->frames[x->nframes - 1];
		h = x->limit == NULL ? vm_find_handler(f) : NULL;
		if (h != NULL) {
			vset(x, &f->base[h->reg], x->thrown);
			x->thrown = vnone();
			x->throwing = false;
			f->pc = f->proto->code + h->handler;
			return true;
		}
		if (f->flags & FRAME_GENERATOR)
			vm_generator_end(x);
		else
			vm_pop(x);
	}
	x->throwing = false;
	barrier_release_all(x);
	vm_fail(x);
	return false;
}
