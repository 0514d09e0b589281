/*
 * What goes on around the dispatch loop: starting, slices, returning, the
 * steps of natives, the end.
 */
#include "hsl/run/barrier.h"
#include "hsl/run/dispatch.h"
#include "hsl/run/iterate.h"
#include "hsl/run/throw.h"
#include "hsl/run/unwind.h"
#include "hsl/run/vm.h"

void
vm_start(struct hsl_exec *x)
{
	const struct hsl_program	*p = x->program;
	struct hsl_value		*regs;
	uint16_t			 n;

	for (uint32_t m = 0; m < p->nmodules; m++) {
		n = p->modules[m].main->nregs;
		regs = vheap_alloc(&x->space.heap, n * sizeof *regs);
		if (regs == NULL) {
			throw_limit(x, "memory limit exceeded");
			return;
		}
		for (uint16_t i = 0; i < n; i++)
			regs[i].type = HSL_UNDEF;
		x->globals[m] = regs;
	}
	if (frame_window(x, 1) != NULL)
		vm_module(x, 0);
}

/* The frame of a module's top level, whose registers are its globals. */
bool
vm_module(struct hsl_exec *x, uint32_t number)
{
	struct frame	*f = frame_new(x);

	if (f == NULL)
		return false;
	x->module_run[number] = true;
	f->proto = x->program->modules[number].main;
	f->pc = f->proto->code;
	f->base = x->globals[number];
	f->flags = FRAME_MODULE;
	x->nframes++;
	return true;
}

void
vm_return(struct hsl_exec *x, struct hsl_value v)
{
	struct frame		*f = &x->frames[x->nframes - 1];
	struct hsl_value	*ret = f->ret, self;

	if (f->flags & FRAME_GENERATOR) {
		vunref(x, v);
		iterate_end(x);
		return;
	}
	if (f->flags & FRAME_CONSTRUCT) {
		self = f->base[0];
		if (self.type == HSL_CELL)
			self = ((struct vcell *)self.u.counted)->v;
		vset(x, &v, vref(self));
	}
	frame_pop(x);
	if (x->nframes == 0)
		vset(x, &x->result, v);
	else if (ret != NULL)
		vset(x, ret, v);
	else
		vunref(x, v);
}

static enum vm_rc
vm_native_step(struct hsl_exec *x)
{
	struct frame		*f = &x->frames[x->nframes - 1];
	struct hsl_value	 v;
	int			 rc = f->step(x, f);

	x->space.budget -= 4;
	if (x->space.heap.over)
		throw_limit(x, "memory limit exceeded");
	if (x->throwing)
		return VM_AGAIN;
	if (rc == HSL_OK) {
		/* The step left its result in slot 0. */
		f = &x->frames[x->nframes - 1];
		v = f->base[0];
		f->base[0] = vnone();
		vm_return(x, v);
	}
	return rc == HSL_SUSPEND ? VM_WAIT : rc == HSL_EXIT ? VM_EXIT :
	    VM_AGAIN;
}

/* ---- hsl_run() --------------------------------------------------------- */

static enum hsl_run
vm_end(struct hsl_exec *x, bool exited)
{
	while (x->nframes > 0) {
		if (x->frames[x->nframes - 1].flags & FRAME_GENERATOR) {
			x->throwing = true;
			iterate_end(x);
			x->throwing = false;
		} else
			frame_pop(x);
	}
	barrier_release_all(x);
	x->exited = exited;
	x->done = true;
	return HSL_RUN_DONE;
}

enum hsl_run
hsl_run(struct hsl_exec *x)
{
	enum vm_rc	 rc;

	if (x->done || x->failed)
		return x->failed ? HSL_RUN_ERROR : HSL_RUN_DONE;
	if (x->waiting)
		return HSL_RUN_WAIT;
	x->spent += (uint64_t)(x->slice - x->space.budget);
	x->space.budget = x->slice;
	throw_check(x);
	for (;;) {
		if (x->throwing && !unwind_frames(x))
			return HSL_RUN_ERROR;
		if (x->nframes == 0)
			return vm_end(x, false);
		if (x->space.budget < 0) {
			if (throw_check(x))
				return HSL_RUN_YIELD;
			continue;
		}
		if (x->frames[x->nframes - 1].proto == NULL)
			rc = vm_native_step(x);
		else
			rc = dispatch_run(x);
		if (rc == VM_WAIT)
			return HSL_RUN_WAIT;
		if (rc == VM_EXIT)
			return vm_end(x, true);
	}
}
