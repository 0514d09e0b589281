/*
 * Arrays are copied on write: one that values share is cloned before it is
 * changed.
 */
#include <string.h>

#include "hsl/values/array.h"
#include "hsl/values/space.h"

static void
varr_ref_all(struct hsl_array *a)
{
	for (uint32_t i = 0; i < a->used; i++) {
		if (a->packed) {
			vref(a->u.list[i]);
			continue;
		}
		vref(a->u.entries[i].v);
		if (a->u.entries[i].s != NULL)
			vref(vmake(HSL_STRING, a->u.entries[i].s));
	}
}

struct hsl_array *
varr_clone(struct hsl_exec *x, const struct hsl_array *a)
{
	struct hsl_array	*b = vheap_alloc(&space_of(x)->heap, sizeof *b);
	size_t			 bytes;

	*b = *a;
	b->refs = 1;
	b->dead = NULL;
	if (a->packed)
		b->cap = a->count;
	bytes = varr_bytes(b);
	b->u.list = NULL;
	if (bytes > 0) {
		b->u.list = vheap_alloc(&space_of(x)->heap, bytes);
		if (b->u.list == NULL) {
			vheap_free(&space_of(x)->heap, b, sizeof *b);
			return NULL;
		}
		if (a->packed)
			memcpy(b->u.list, a->u.list, bytes);
		else
			memcpy(b->u.entries, a->u.entries, bytes);
	}
	if (!a->packed && a->index != NULL)
		b->index = (uint32_t *)(void *)(b->u.entries + b->cap);
	varr_ref_all(b);
	space_of(x)->budget -= b->used / 8;
	return b;
}

struct hsl_array *
varr_own(struct hsl_exec *x, struct hsl_value *v)
{
	struct hsl_array	*a;

	if (v->type == HSL_ARRAY) {
		if (v->u.array->refs == 1)
			return v->u.array;
		if ((a = varr_clone(x, v->u.array)) == NULL)
			return NULL;
	} else
		a = varr_new(x, 0);
	vset(x, v, vmake(HSL_ARRAY, a));
	return a;
}

void
varr_set(struct hsl_exec *x, struct hsl_array *a, struct vkey k,
    struct hsl_value v)
{
	struct hsl_value	*slot = varr_put(x, a, k);

	if (slot != NULL)
		vset(x, slot, v);
	else
		vunref(x, v);
}
