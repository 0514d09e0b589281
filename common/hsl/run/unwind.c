/*
 * Carries an exception to the nearest handler by taking frames off the heap.
 * A limit is an exception that no handler sees: the execution has failed.
 */
#include "hsl/run/barrier.h"
#include "hsl/run/iterate.h"
#include "hsl/run/throw.h"
#include "hsl/run/unwind.h"

static const struct handler *
unwind_handler(const struct frame *f)
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
unwind_fail(struct hsl_exec *x)
{
	struct buf	 b = BUF_INIT;
	struct str	 s;

	if (x->limit != NULL)
		buf_add_text(&b, x->limit);
	else
		throw_print(x, &b, sizeof x->failure.text);
	/* "" and none print as nothing, which would be an error without a
	 * text. */
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
unwind_frames(struct hsl_exec *x)
{
	const struct handler	*h;
	struct frame		*f;

	while (x->nframes > 0) {
		f = &x->frames[x->nframes - 1];
		h = x->limit == NULL ? unwind_handler(f) : NULL;
		if (h != NULL) {
			vset(x, &f->base[h->reg], x->thrown);
			x->thrown = vnone();
			x->throwing = false;
			f->pc = f->proto->code + h->handler;
			return true;
		}
		if (f->flags & FRAME_GENERATOR)
			iterate_end(x);
		else
			frame_pop(x);
	}
	x->throwing = false;
	barrier_release_all(x);
	unwind_fail(x);
	return false;
}
