/*
 * Natives that call script functions have a frame: slots for their state,
 * and a step that runs at the beginning and after every call it asked for.
 * The result of a call is in slot 0.
 */
#include "hsl/vm.h"

/* A frame for the native being called; its arguments go to slots 1, 2 ... */
int
nf_begin(struct hsl_call *c, native_step *step, uint16_t nslots)
{
	struct hsl_exec		*x = c->x;
	struct segment		*segment = x->segment;
	struct hsl_value	*top = x->top, *slots;
	struct frame		*f;

	if ((f = vm_frame_new(x)) == NULL)
		return HSL_THROW;
	slots = vm_window(x, (uint32_t)nslots + 1);
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

/* A step's last words: calls fn; the arguments are borrowed. */
int
nf_call(struct hsl_exec *x, struct hsl_value fn,
    const struct hsl_value *args, uint32_t argc)
{
	struct frame		*f = &x->frames[x->nframes - 1];
	struct call		 c = { .ret = &f->base[0], .argc = argc };
	struct hsl_value	*w, *top = x->top;
	struct segment		*segment = x->segment;
	uint32_t		 depth = x->nframes;
	int			 rc;

	if ((w = vm_window(x, argc + 1)) == NULL)
		return HSL_THROW;
	w[0] = vref(fn);
	for (uint32_t i = 0; i < argc; i++)
		w[i + 1] = vref(args[i]);
	c.base = w;
	rc = vm_call_value(x, &c);
	if (x->nframes > depth) {
		/* Popping the new frame takes the window with it. */
		x->frames[depth].segment = segment;
		x->frames[depth].top = top;
	} else {
		for (uint32_t i = 0; i <= argc; i++)
			vset(x, &w[i], vnone());
		if (x->segment != segment)
			vm_segment_back(x, segment);
		x->top = top;
	}
	return rc == HSL_OK || rc == RC_FRAME ? RC_CALL : rc;
}
