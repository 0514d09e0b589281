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
#ifndef HSL_EXEC_H
#define HSL_EXEC_H

#include <stdarg.h>

#include "hsl/array.h"
#include "hsl/heap.h"
#include "hsl/object.h"
#include "hsl/program.h"
#include "hsl/vstr.h"

/* What natives return beyond enum hsl_rc. */
#define RC_FRAME	HSL_STEPS	/* a native frame was pushed */
#define RC_CALL		HSL_CALL	/* a step wants nf_call()'s call */

struct frame;
typedef int	native_step(struct hsl_exec *x, struct frame *f);

enum frame_flags {
	FRAME_CONSTRUCT = 1,	/* the result is $this */
	FRAME_MODULE = 2,	/* registers are globals and stay */
	FRAME_GENERATOR = 4,	/* registers belong to an iterator */
	FRAME_FAST = 8		/* a plain call by code that is below */
};

struct frame {
	const struct ins	*pc;
	struct hsl_value	*base;
	struct hsl_value	*ret;		/* or NULL: dropped */
	const struct proto	*proto;		/* NULL: a native's frame */
	struct hsl_closure	*closure;	/* a reference, or NULL */
	struct segment		*segment;	/* to go back to */
	struct hsl_value	*top;		/* likewise */
	uint8_t			 flags;
	/* A native's frame: what runs next, and what it is at. */
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
	struct vheap		 heap;
	struct vcell		*dead;		/* being destroyed */
	bool			 destroying;
	struct hsl_program	*program;
	void			*data;
	struct hsl_limits	 limits;
	int64_t			 budget;	/* left of this slice */
	int64_t			 slice;		/* what it began with */
	uint64_t		 spent;		/* in earlier slices */
	struct hsl_cache	**lent;		/* of the message, or NULL: */
	struct hsl_cache	*message;	/* this execution's own */
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
	const char		*limit;		/* why, once over a limit */
	struct hsl_value	*wait_ret;	/* where hsl_resume() stores */
	struct hsl_value	 result;
	struct hsl_failure	 failure;

	void			(*echo)(void *arg, struct str text);
	void			*echo_arg;
	struct hsl_object	*objects;	/* with a free() */
	struct hsl_resource	*resources;
	struct regex_cache	*regexes;	/* of patterns in strings */
};

/* A generator: its registers while it is not running. */
struct iterator {
	const struct proto	*proto;
	struct hsl_closure	*closure;
	const struct ins	*pc;
	struct hsl_value	*regs;
	bool			 running, done;
};

extern const struct hsl_class	iterator_class, exception_class;

/* hsl_charge() of little work, which most often is paid at once. */
static inline bool
exec_charge(struct hsl_exec *x, uint32_t units)
{
	x->budget -= units;
	return (x->budget >= 0 && !x->heap.over) || hsl_charge(x, 0);
}

struct hsl_exec	*exec_new_bare(size_t memory);
void		 exec_free_bare(struct hsl_exec *x);

/* Objects and resources; the list of finalizers. */
struct hsl_value vobject(struct hsl_exec *x, const struct vclass *c);
struct hsl_value vclosure(struct hsl_exec *x, uint16_t ncells);
struct hsl_value *vprops(struct hsl_value object);

/* Exceptions: each is false, so that "return vm_throw(...)" reads well. */
bool		 vm_vthrow(struct hsl_exec *x, const char *fmt, va_list ap);
bool		 vm_throw(struct hsl_exec *x, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));
bool		 vm_throw_value(struct hsl_exec *x, struct hsl_value v);
bool		 vm_limit(struct hsl_exec *x, const char *which);
/* False if something was thrown; throws if a limit ends the execution. */
bool		 vm_check(struct hsl_exec *x);
struct hsl_value exception_new(struct hsl_exec *x, struct hsl_value message,
		    const struct mark *at);

#endif
