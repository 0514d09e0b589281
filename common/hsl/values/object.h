/*
 * object - how counted values lie in memory, and their reference counts
 *
 * Every counted value starts with `refs`.  Constants of a program carry
 * VREF_IMMORTAL: their count never changes and nothing frees them before the
 * program, so that executions share them.
 *
 * Ownership  a copy of a struct hsl_value is a reference only after vref().
 */
#ifndef HSL_VALUES_OBJECT_H
#define HSL_VALUES_OBJECT_H

#include "hsl/hsl.h"

#define VREF_IMMORTAL	0x80000000u
#define VSTR_BOX	UINT32_MAX	/* as `len`: an array key of any type */

/* A variable that a closure captured; values of this type stay in the VM. */
#define HSL_CELL	(HSL_RESOURCE + 1)

struct proto;
struct vclass;

struct hsl_string {
	uint32_t		 refs;
	uint32_t		 hash;		/* 0: not computed yet */
	uint32_t		 len;
	uint32_t		 cap;		/* bytes of data, without NUL */
	char			 data[];
};

/* The dead wait in a list by `dead`, so that no depth of nesting recurses. */
struct vcell {
	uint32_t		 refs;
	uint8_t			 type;
	struct vcell		*dead;
	struct hsl_value	 v;
};

struct hsl_closure {
	uint32_t		 refs;
	uint8_t			 type;
	uint8_t			 bound;		/* self is set */
	uint16_t		 ncells;
	struct vcell		*dead;
	/* One of the three, what is called; the others are NULL. */
	const struct proto	*proto;
	const struct hsl_function *native;
	const struct vclass	*class;
	struct hsl_value	 self;
	struct vcell		*cells[];
};

struct hsl_object {
	uint32_t		 refs;
	uint8_t			 type;
	bool			 listed;	/* in the list of finalizers */
	bool			 shadows;	/* a property hides a method */
	bool			 printing;	/* print.c is inside of it */
	struct vcell		*dead;
	const struct vclass	*class;		/* NULL: of a host's class */
	const struct hsl_class	*host;		/* NULL: of a script's */
	struct hsl_value	 props;		/* an array */
	void			*data;
	struct hsl_object	*next;		/* objects with a free() */
	struct hsl_object	*prev;
};

struct hsl_resource {
	uint32_t		 refs;
	uint8_t			 type;
	struct vcell		*dead;
	const struct hsl_resource_kind *kind;
	void			*data;
	struct hsl_resource	*next;		/* all of them, to be freed */
	struct hsl_resource	*prev;
};

void	vdestroy(struct hsl_exec *x, struct hsl_value v);
struct hsl_value vclosure(struct hsl_exec *x, uint16_t ncells);
struct hsl_value *vprops(struct hsl_value object);

static inline uint32_t *
vrefs(struct hsl_value v)
{
	return v.u.counted;
}

static inline struct hsl_value
vref(struct hsl_value v)
{
	if (v.type >= HSL_STRING && !(*vrefs(v) & VREF_IMMORTAL))
		++*vrefs(v);
	return v;
}

static inline void
vunref(struct hsl_exec *x, struct hsl_value v)
{
	if (v.type >= HSL_STRING && !(*vrefs(v) & VREF_IMMORTAL) &&
	    --*vrefs(v) == 0)
		vdestroy(x, v);
}

/* Stores v, which is taken, and drops what was there. */
static inline void
vset(struct hsl_exec *x, struct hsl_value *slot, struct hsl_value v)
{
	struct hsl_value	 old = *slot;

	*slot = v;
	vunref(x, old);
}

static inline struct hsl_value
vmake(enum hsl_type type, void *counted)
{
	struct hsl_value	 v;

	v.type = type;
	v.u.counted = counted;
	return v;
}

static inline struct hsl_value
vnone(void)
{
	return (struct hsl_value){ .type = HSL_NONE };
}

static inline struct hsl_value
vnumber(double n)
{
	return (struct hsl_value){ .type = HSL_NUMBER, .u.number = n };
}

static inline struct hsl_value
vboolean(bool b)
{
	return (struct hsl_value){ .type = HSL_BOOLEAN, .u.boolean = b };
}

static inline bool
vnullish(struct hsl_value v)
{
	return v.type <= HSL_NONE;
}

#endif
