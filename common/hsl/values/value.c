/*
 * Making and destroying values.  What dies waits in a list until its turn, so
 * that freeing a million nested arrays takes no C stack.
 */
#include <stddef.h>

#include "hsl/values/array.h"
#include "hsl/values/class.h"
#include "hsl/values/space.h"
#include "hsl/values/vstr.h"

/* The list of values to be destroyed is threaded through this field, whatever
 * kind of value it is. */
#define DEAD_AT(t)	_Static_assert(offsetof(struct t, dead) == \
	offsetof(struct vcell, dead), #t " does not start as struct vcell")
DEAD_AT(hsl_array);
DEAD_AT(hsl_closure);
DEAD_AT(hsl_object);
DEAD_AT(hsl_resource);

static void
vdestroy_array(struct hsl_exec *x, struct hsl_array *a)
{
	for (uint32_t i = 0; i < a->used; i++) {
		if (a->packed) {
			vunref(x, a->u.list[i]);
			continue;
		}
		if (a->u.entries[i].s != NULL)
			vunref(x, vmake(HSL_STRING, a->u.entries[i].s));
		vunref(x, a->u.entries[i].v);
	}
	varr_release(x, a);
}

static void
vdestroy_closure(struct hsl_exec *x, struct hsl_closure *f)
{
	for (uint16_t i = 0; i < f->ncells; i++)
		if (f->cells[i] != NULL)
			vunref(x, vmake(HSL_CELL, f->cells[i]));
	if (f->bound)
		vunref(x, f->self);
	vheap_free(&space_of(x)->heap, f,
	    sizeof *f + f->ncells * sizeof f->cells[0]);
}

static void
vobject_unlist(struct hsl_exec *x, struct hsl_object *o)
{
	if (!o->listed)
		return;
	if (o->next != NULL)
		o->next->prev = o->prev;
	if (o->prev != NULL)
		o->prev->next = o->next;
	else
		space_of(x)->objects = o->next;
	o->listed = false;
}

static void
vdestroy_object(struct hsl_exec *x, struct hsl_object *o)
{
	vobject_unlist(x, o);
	if (o->host != NULL && o->host->drop != NULL)
		o->host->drop(x, o->data);
	if (o->host != NULL && o->host->free != NULL)
		o->host->free(o->data);
	vunref(x, o->props);
	vheap_free(&space_of(x)->heap, o, sizeof *o);
}

static void
vdestroy_resource(struct hsl_exec *x, struct hsl_resource *r)
{
	if (r->next != NULL)
		r->next->prev = r->prev;
	if (r->prev != NULL)
		r->prev->next = r->next;
	else
		space_of(x)->resources = r->next;
	r->kind->free(r->data);
	vheap_free(&space_of(x)->heap, r, sizeof *r);
}

static void
vdestroy_one(struct hsl_exec *x, struct vcell *dead)
{
	void	*p = dead;

	switch (dead->type) {
	case HSL_ARRAY:
		vdestroy_array(x, p);
		break;
	case HSL_FUNCTION:
		vdestroy_closure(x, p);
		break;
	case HSL_OBJECT:
		vdestroy_object(x, p);
		break;
	case HSL_RESOURCE:
		vdestroy_resource(x, p);
		break;
	default:
		vunref(x, dead->v);
		vheap_free(&space_of(x)->heap, dead, sizeof *dead);
	}
}

void
vdestroy(struct hsl_exec *x, struct hsl_value v)
{
	struct vcell	*dead;

	if (v.type == HSL_STRING) {
		if (v.u.string->len != VSTR_BOX)
			vheap_free(&space_of(x)->heap, v.u.string,
			    sizeof *v.u.string + v.u.string->cap + 1);
		else
			vstr_free_box(x, v.u.string);
		return;
	}
	dead = v.u.counted;
	dead->dead = space_of(x)->dead;
	space_of(x)->dead = dead;
	if (space_of(x)->destroying)
		return;
	space_of(x)->destroying = true;
	while ((dead = space_of(x)->dead) != NULL) {
		space_of(x)->dead = dead->dead;
		vdestroy_one(x, dead);
	}
	space_of(x)->destroying = false;
}

/* Constants are made from the inside out: where a value is immortal already,
 * so is all that it holds. */
void
vimmortal(struct hsl_exec *x, struct hsl_value v)
{
	struct hsl_value	 k, *item;
	uint32_t		 pos = 0;

	if (v.type < HSL_STRING || (*vrefs(v) & VREF_IMMORTAL))
		return;
	*vrefs(v) |= VREF_IMMORTAL;
	if (v.type == HSL_STRING)
		vstr_hash(v.u.string);
	if (v.type != HSL_ARRAY)
		return;
	while (varr_next(v.u.array, &pos, &k, &item)) {
		vimmortal(x, *item);
		if (k.type == HSL_STRING)
			vimmortal(x, k);
	}
}

/* ---- Making them ------------------------------------------------------- */

struct hsl_value
vobject(struct hsl_exec *x, const struct vclass *c)
{
	struct hsl_object	*o = vheap_alloc(&space_of(x)->heap, sizeof *o);

	memset(o, 0, sizeof *o);
	o->refs = 1;
	o->type = HSL_OBJECT;
	o->class = c;
	o->props = c != NULL ? vref(c->template) : vnone();
	return vmake(HSL_OBJECT, o);
}

struct hsl_value
hsl_object_new(struct hsl_exec *x, const struct hsl_class *class, void *data)
{
	struct hsl_value	 v = vobject(x, NULL);
	struct hsl_object	*o = v.u.object;

	o->host = class;
	o->data = data;
	if (class->free != NULL) {
		o->next = space_of(x)->objects;
		if (o->next != NULL)
			o->next->prev = o;
		space_of(x)->objects = o;
		o->listed = true;
	}
	return v;
}

void *
hsl_object_data(struct hsl_value v, const struct hsl_class *class)
{
	return v.type == HSL_OBJECT && v.u.object->host == class ?
	    v.u.object->data : NULL;
}

struct hsl_value *
vprops(struct hsl_value object)
{
	return &object.u.object->props;
}

struct hsl_value
hsl_resource_new(struct hsl_exec *x, const struct hsl_resource_kind *kind,
    void *data)
{
	struct hsl_resource	*r = vheap_alloc(&space_of(x)->heap, sizeof *r);

	memset(r, 0, sizeof *r);
	r->refs = 1;
	r->type = HSL_RESOURCE;
	r->kind = kind;
	r->data = data;
	r->next = space_of(x)->resources;
	if (r->next != NULL)
		r->next->prev = r;
	space_of(x)->resources = r;
	return vmake(HSL_RESOURCE, r);
}

void *
hsl_resource_data(struct hsl_value v, const struct hsl_resource_kind *kind)
{
	return v.type == HSL_RESOURCE && v.u.resource->kind == kind ?
	    v.u.resource->data : NULL;
}

struct hsl_value
vclosure(struct hsl_exec *x, uint16_t ncells)
{
	struct hsl_closure	*f;

	f = vheap_alloc(&space_of(x)->heap,
	    sizeof *f + ncells * sizeof f->cells[0]);
	if (f == NULL)
		return vnone();
	memset(f, 0, sizeof *f);
	f->refs = 1;
	f->type = HSL_FUNCTION;
	f->ncells = ncells;
	f->self = vnone();
	for (uint16_t i = 0; i < ncells; i++)
		f->cells[i] = NULL;
	return vmake(HSL_FUNCTION, f);
}

/* ---- What natives and hosts use (value.h) ------------------------------ */

struct hsl_value
hsl_none(void)
{
	return vnone();
}

struct hsl_value
hsl_boolean(bool b)
{
	return vboolean(b);
}

struct hsl_value
hsl_number(double n)
{
	return vnumber(n);
}

struct hsl_value
hsl_string(struct hsl_exec *x, struct str s)
{
	if (s.len <= 1)
		return s.len == 1 ? vstr_byte((unsigned char)s.p[0]) :
		    vstr_empty();
	return vstr_value(vstr_new(x, s));
}

struct hsl_value
hsl_string_new(struct hsl_exec *x, size_t n, char **bytes)
{
	struct hsl_string	*s = vstr_alloc(x, n);

	*bytes = s != NULL ? s->data : NULL;
	return vstr_value(s);
}

struct hsl_value
hsl_text(struct hsl_exec *x, const char *text)
{
	return hsl_string(x, str_of(text));
}

struct hsl_value
hsl_value_ref(struct hsl_value v)
{
	return vref(v);
}

void
hsl_value_unref(struct hsl_exec *x, struct hsl_value v)
{
	vunref(x, v);
}

struct str
hsl_value_str(struct hsl_value v)
{
	return v.type == HSL_STRING ? vstr_str(v.u.string) : STR_NONE;
}

double
hsl_value_number(struct hsl_value v, double otherwise)
{
	return v.type == HSL_NUMBER ? v.u.number : otherwise;
}

bool
hsl_value_true(struct hsl_value v)
{
	return vtrue(v);
}

const char *
hsl_type_name(struct hsl_value v)
{
	static const char *const	 names[] = {
		"none", "none", "boolean", "number", "string", "array",
		"function", "object", "resource"
	};

	return v.type <= HSL_RESOURCE ? names[v.type] : "none";
}

const char *
hsl_type_phrase(struct hsl_value v)
{
	static const char *const	 phrases[] = {
		"none", "none", "a boolean", "a number", "a string",
		"an array", "a function", "an object", "a resource"
	};

	return v.type <= HSL_RESOURCE ? phrases[v.type] : "none";
}

void
hsl_value_print(struct hsl_value v, struct buf *out)
{
	vprint(v, out, out->len + 16 * 1024 * 1024);
}

struct hsl_value
hsl_array(struct hsl_exec *x)
{
	return vmake(HSL_ARRAY, varr_new(x, 0));
}

void
hsl_array_push(struct hsl_exec *x, struct hsl_value array,
    struct hsl_value v)
{
	varr_add(x, array.u.array, v);
}

void
hsl_array_set(struct hsl_exec *x, struct hsl_value array, const char *key,
    struct hsl_value v)
{
	varr_set(x, array.u.array, varr_key_text(str_of(key)), v);
}

void
hsl_array_set_key(struct hsl_exec *x, struct hsl_value array,
    struct hsl_value key, struct hsl_value v)
{
	varr_set(x, array.u.array, varr_key(&key), v);
	vunref(x, key);
}

struct hsl_value
hsl_array_get(struct hsl_value array, const char *key)
{
	struct hsl_value	*v;

	if (array.type != HSL_ARRAY)
		return vnone();
	v = varr_find(array.u.array, varr_key_text(str_of(key)));
	return v == NULL ? vnone() : *v;
}

struct hsl_value
hsl_array_at(struct hsl_value array, int64_t key)
{
	struct hsl_value	*v;

	if (array.type != HSL_ARRAY)
		return vnone();
	v = varr_find(array.u.array, varr_key_int(key));
	return v == NULL ? vnone() : *v;
}

size_t
hsl_array_count(struct hsl_value array)
{
	return array.type == HSL_ARRAY ? array.u.array->count : 0;
}

bool
hsl_array_next(struct hsl_value array, size_t *pos, struct hsl_value *key,
    struct hsl_value *v)
{
	struct hsl_value	*slot;
	uint32_t		 at = (uint32_t)*pos;
	bool			 more;

	if (array.type != HSL_ARRAY)
		return false;
	more = varr_next(array.u.array, &at, key, &slot);
	*pos = at;
	if (more)
		*v = *slot;
	return more;
}
