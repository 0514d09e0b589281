/*
 * fast - what the dispatch loop does with values without a call
 *
 * Inside the VM only.
 */
#ifndef HSL_RUN_FAST_H
#define HSL_RUN_FAST_H

#include "hsl/run/access.h"
#include "hsl/run/frame.h"
#include "hsl/run/throw.h"
#include "hsl/values/class.h"

#define LIKELY(e)	__builtin_expect(!!(e), 1)
#define UNLIKELY(e)	__builtin_expect(!!(e), 0)

/* Copies a variable that may live anywhere; throws unless it is set. */
static inline bool
fast_get(struct hsl_exec *x, struct hsl_value *dst, struct hsl_value v,
    struct ins i)
{
	if (v.type == HSL_UNDEF && !(i.x & QUIET))
		return throw_error(x, "undefined variable");
	vset(x, dst, vref(v));
	return true;
}

static inline void
fast_put(struct hsl_exec *x, struct hsl_value *slot, struct hsl_value *src,
    struct ins i)
{
	struct hsl_value	 v = *src;

	if (i.x & KILL_B)
		src->type = HSL_NONE;
	else
		vref(v);
	vset(x, slot, v);
}

static inline void
fast_kill(struct hsl_exec *x, struct hsl_value *regs, struct ins i)
{
	if (i.x & KILL_B)
		vset(x, &regs[i.b], vnone());
	if (i.x & KILL_C)
		vset(x, &regs[i.c], vnone());
}

/* The next item of a list; false: the caller must use iterate_next(). */
static inline bool
fast_next_packed(struct hsl_exec *x, struct hsl_value *iter,
    struct hsl_value *value, struct hsl_value *key)
{
	const struct hsl_array	*a = iter->u.array;
	uint32_t		 pos;

	if (iter->type != HSL_ARRAY || !a->packed)
		return false;
	pos = (uint32_t)(int32_t)iter[1].u.number;
	if (pos >= a->used)
		return false;
	iter[1].u.number++;
	vset(x, value, vref(a->u.list[pos]));
	if (key != NULL)
		vset(x, key, vnumber(pos));
	return true;
}

static inline void
fast_set_number(struct hsl_exec *x, struct hsl_value *d, double n)
{
	if (UNLIKELY(d->type >= HSL_STRING)) {
		vset(x, d, vnumber(n));
		return;
	}
	d->type = HSL_NUMBER;
	d->u.number = n;
}

static inline void
fast_set_boolean(struct hsl_exec *x, struct hsl_value *d, bool b)
{
	vset(x, d, vboolean(b));
}

/* An item by a constant key, if it is found at once. */
static inline struct hsl_value *
fast_key_slot(struct hsl_value v, const struct hsl_value *key)
{
	const struct hsl_array	*a = v.u.array;
	const struct hsl_string	*name = key->u.string;

	if (v.type != HSL_ARRAY)
		return NULL;
	if (a->packed)
		return key->type == HSL_NUMBER && key->u.number >= 0 &&
		    key->u.number < a->count ?
		    &a->u.list[(uint32_t)key->u.number] : NULL;
	if (key->type != HSL_STRING || a->used > ACCESS_SLOTS)
		return NULL;
	/* An entry that was removed has no string any more. */
	for (uint32_t k = 0; k < a->used; k++)
		if (a->u.entries[k].s == name)
			return &a->u.entries[k].v;
	return NULL;
}

/* $a[] = v, where there is room; v is taken. */
static inline bool
fast_push_room(const struct hsl_value *root, struct hsl_value v)
{
	struct hsl_array	*a = root->u.array;

	if (root->type != HSL_ARRAY || a->refs != 1 || !a->packed ||
	    a->used == a->cap)
		return false;
	a->count++;
	a->u.list[a->used++] = v;
	return true;
}

/* A property, if it is found at once and the code that runs may see it. */
static inline struct hsl_value *
fast_prop_slot(const struct frame *f, struct hsl_value v,
    const struct hsl_string *name)
{
	const struct vclass	*k;

	if (v.type != HSL_OBJECT || (k = v.u.object->class) == NULL ||
	    (k->guarded && k != f->proto->class))
		return NULL;
	return access_slot(v.u.object, name);
}

#endif
