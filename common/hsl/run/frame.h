/*
 * frame - the frames of functions and natives that run, and their registers
 *
 * Ownership  the values in a frame's registers are the frame's.
 * Failure    NULL or false once an exception was thrown.
 */
#ifndef HSL_RUN_FRAME_H
#define HSL_RUN_FRAME_H

#include "hsl/run/exec.h"

/* What is called: its arguments are taken, its window starts at `base`. */
struct call {
	struct hsl_value	*base;		/* $this or first argument */
	uint32_t		 argc;		/* without $this */
	struct hsl_value	*ret;		/* or NULL: dropped */
	struct hsl_closure	*closure;	/* a reference, or NULL */
	uint8_t			 flags;
};

/* An empty one, which counts once x->nframes was increased. */
struct frame	*frame_new(struct hsl_exec *x);
bool		 frame_push(struct hsl_exec *x, const struct proto *p,
		    const struct call *c);
void		 frame_pop(struct hsl_exec *x);
/* Registers that stay where they are until the frame goes. */
struct hsl_value *frame_window(struct hsl_exec *x, uint32_t n);
/* Gives back the segments that were begun after `to`. */
void		 frame_segment_back(struct hsl_exec *x, struct segment *to);

#endif
