/*
 * access - reading and writing items of arrays and properties of objects
 *
 * Failure    false once an exception was thrown.
 */
#ifndef HSL_RUN_ACCESS_H
#define HSL_RUN_ACCESS_H

#include "hsl/run/exec.h"

bool		 access_index(struct hsl_exec *x, struct hsl_value *dst,
		    struct hsl_value v, const struct hsl_value *key);
bool		 access_set_index(struct hsl_exec *x, struct hsl_value *root,
		    const struct hsl_value *key, struct hsl_value v);
/* What isset() asks. */
bool		 access_has(struct hsl_exec *x, struct hsl_value v,
		    const struct hsl_value *key, bool *has);
bool		 access_prop(struct hsl_exec *x, struct hsl_value *dst,
		    struct hsl_value v, struct hsl_string *name);
bool		 access_set_prop(struct hsl_exec *x, struct hsl_value object,
		    struct hsl_string *name, struct hsl_value v);
/* The slot of a property, or NULL: there is none. */
struct hsl_value *access_find_prop(const struct hsl_object *o,
		    struct hsl_string *name);
/* The same, made if there was none; or NULL once thrown. */
struct hsl_value *access_new_prop(struct hsl_exec *x, struct hsl_value object,
		    struct hsl_string *name);
/* Whether the code that runs may; throws if not. */
bool		 access_allowed(struct hsl_exec *x, struct hsl_value object,
		    struct hsl_string *name, bool write);

/* A key is hashed and compared: of a long one that is work. */
static inline void
access_charge_key(struct hsl_exec *x, const struct hsl_value *key)
{
	if (key->type == HSL_STRING)
		x->space.budget -= key->u.string->len / 64;
}

/*
 * A property by the very string that code names it by, or NULL: most objects
 * have few, and looking at each is faster than hashing.
 */
#define ACCESS_SLOTS	8

static inline struct hsl_value *
access_slot(const struct hsl_object *o, const struct hsl_string *name)
{
	const struct hsl_array	*a = o->props.u.array;

	if (a->packed || a->used > ACCESS_SLOTS)
		return NULL;
	for (uint32_t i = 0; i < a->used; i++)
		if (a->u.entries[i].s == name)
			return a->u.entries[i].v.type != HSL_UNDEF ?
			    &a->u.entries[i].v : NULL;
	return NULL;
}

#endif
