/*
 * exec - one run of a program: heap, frames, globals, limits
 *
 * Frames stand in one growing array; their registers stand in segments that
 * never move, so that pointers to registers hold for as long as the frame.
 *
 * I1  Every register of a live frame holds a value it owns.
 * I2  A frame's `pc` is right whenever anything but the dispatch loop runs.
 * I3  Only the dispatch loop runs script code; natives ask for calls.
 */
#ifndef HSL_RUN_EXEC_H
#define HSL_RUN_EXEC_H

#include "hsl/arguments.h"
#include "hsl/values/array.h"
#include "hsl/values/program.h"
#include "hsl/values/space.h"
#include "hsl/values/vstr.h"

/* What natives return beyond enum hsl_rc. */
#define RC_FRAME	HSL_STEPS	/* a native frame was pushed */
#define RC_CALL		HSL_CALL	/* a step wants native_call()'s call */

struct frame;
typedef int	native_step(struct hsl_exec *x, struct frame *f);

enum frame_flags {
	FRAME_CONSTRUCT = 1,	/* the result is $this */
	FRAME_MODULE = 2,	/* registers are globals and stay */
	FRAME_GENERATOR = 4,	/* registers belong to an iterator */
	FRAME_FAST = 8		/* returns to code that is in the loop */
};

struct frame {
	const struct ins	*pc;
	struct hsl_value	*base;
	struct hsl_value	*ret;		/* or NULL: dropped */
	const struct proto	*proto;		/* NULL: a native's frame */
	struct hsl_closure	*closure;	/* a reference, or NULL */
	/* What x->segment and x->top become when this frame goes. */
	struct segment		*segment;
	struct hsl_value	*top;
	uint8_t			 flags;
	/* Of a native: the step that runs next, and how far it has come. */
	uint8_t			 state;
	uint16_t		 nslots;
	uint32_t		 pos;
	native_step		*step;
	const struct hsl_function *native;
	union {
		struct iterator	*iterator;	/* FRAME_GENERATOR */
		hsl_step	*host_step;	/* of a native in steps */
	};
	struct hsl_object	*self;		/* the object of iterator */
};

struct segment {
	struct segment		*prev;
	size_t			 size;		/* bytes */
	struct hsl_value	*end;
	struct hsl_value	 regs[];
};

struct hsl_exec {
	struct space		 space;		/* first: see space_of() */
	int64_t			 slice;		/* what the budget began with */
	uint64_t		 spent;		/* in earlier slices */
	struct hsl_program	*program;
	void			*data;		/* the host's own */
	struct hsl_limits	 limits;
	int64_t			 start_ms;
	bool			 unlimited_time;

	struct frame		*frames;
	uint32_t		 nframes;
	uint32_t		 frames_cap;
	struct segment		*segment;
	struct segment		*spare;		/* one kept for the next call */
	struct hsl_value	*top;		/* first free register */

	struct hsl_value	**globals;	/* of each module */
	bool			*module_run;
	struct hsl_value	*statics;

	struct barrier		*barriers;	/* held or waited for */
	uint64_t		 barrier_serial;

	struct hsl_value	 thrown;
	bool			 throwing;
	bool			 waiting;
	bool			 exited;
	bool			 done;
	bool			 failed;
	const char		*limit;		/* the one passed, or NULL */
	struct hsl_value	*wait_ret;	/* where hsl_resume() stores */
	struct hsl_value	 result;
	struct hsl_failure	 failure;

	void			(*echo)(void *arg, struct str text);
	void			*echo_arg;
	/* The message's cache, lent by the host; else one of its own. */
	struct hsl_cache	**lent;
	struct hsl_cache	*message;
	struct regex_cache	*regexes;	/* of patterns in strings */
};

_Static_assert(offsetof(struct hsl_exec, space) == 0, "see space_of()");

/* hsl_charge() of little work, which most often is paid at once. */
static inline bool
exec_charge(struct hsl_exec *x, uint32_t units)
{
	x->space.budget -= units;
	return (x->space.budget >= 0 && !x->space.heap.over) ||
	    hsl_charge(x, 0);
}

/* A heap without a program, for the constants of one. */
struct hsl_exec	*exec_new_bare(size_t memory);
void		 exec_free_bare(struct hsl_exec *x);

#endif
