/*
 * space - what making and dropping values needs of an execution
 *
 * The first member of struct hsl_exec (run/exec.h), so that this room needs
 * to know nothing else of one.
 *
 * Ownership  the lists borrow: what stands in them is in the heap.
 */
#ifndef HSL_VALUES_SPACE_H
#define HSL_VALUES_SPACE_H

#include "hsl/values/heap.h"
#include "hsl/values/object.h"

struct space {
	struct vheap		 heap;
	struct vcell		*dead;		/* waiting to be destroyed */
	bool			 destroying;
	struct hsl_object	*objects;	/* those with a free() */
	struct hsl_resource	*resources;
	/* Throws an Exception: set by the room above, which has frames. */
	bool			(*throw)(struct hsl_exec *x, const char *fmt,
				    ...) __attribute__((format(printf, 2, 3)));
	int64_t			 budget;	/* work left of this slice */
};

static inline struct space *
space_of(struct hsl_exec *x)
{
	return (struct space *)(void *)x;
}

#endif
