/*
 * Indexes and members.  Reading what is not there gives none; private and
 * readonly members are checked against the class whose code is running.
 */
#include "hsl/run/access.h"
#include "hsl/run/compare.h"
#include "hsl/run/throw.h"
#include "hsl/values/class.h"

/* The class whose code runs, which may see what is private in it; or NULL. */
static const struct vclass *
access_class(const struct hsl_exec *x)
{
	for (uint32_t i = x->nframes; i-- > 0;)
		if (x->frames[i].proto != NULL)
			return x->frames[i].proto->class;
	return NULL;
}

bool
access_allowed(struct hsl_exec *x, struct hsl_value object,
    struct hsl_string *name, bool write)
{
	const struct vclass	*k = object.u.object->class;
	const struct vmember	*m;

	if (k == NULL || !k->guarded || access_class(x) == k)
		return true;
	m = vclass_member(k, name);
	if (m == NULL || (m->flags & MEMBER_STATIC))
		return true;
	if (m->flags & MEMBER_PRIVATE)
		return throw_error(x, "'%s' of class %.*s is private",
		    name->data, (int)k->name.len, k->name.p);
	if (write && (m->flags & MEMBER_READONLY))
		return throw_error(x, "'%s' of class %.*s is read-only",
		    name->data, (int)k->name.len, k->name.p);
	return true;
}

static struct hsl_value
access_bind(struct hsl_exec *x, struct hsl_value self, const struct proto *p,
    const struct hsl_function *row)
{
	struct hsl_value	 v = vclosure(x, 0);

	v.u.function->proto = p;
	v.u.function->native = row;
	v.u.function->self = vref(self);
	v.u.function->bound = true;
	return v;
}

struct hsl_value *
access_find_prop(const struct hsl_object *o, struct hsl_string *name)
{
	struct hsl_value	 key = vmake(HSL_STRING, name);
	struct hsl_value	*slot = access_slot(o, name);

	return slot != NULL ? slot :
	    varr_find_value(o->props.u.array, &key);
}

bool
access_prop(struct hsl_exec *x, struct hsl_value *dst, struct hsl_value v,
    struct hsl_string *name)
{
	struct hsl_value		*prop;
	const struct hsl_function	*row;
	const struct vmember		*m;
	struct hsl_object		*o;

	if (v.type != HSL_OBJECT) {
		if (v.type == HSL_ARRAY || v.type == HSL_STRING)
			return throw_error(x, "'->%s' of %s", name->data,
			    hsl_type_phrase(v));
		vset(x, dst, vnone());
		return true;
	}
	o = v.u.object;
	if (o->class == NULL) {
		row = table_find(o->host->methods, vstr_str(name));
		vset(x, dst, row == NULL ? vnone() :
		    access_bind(x, v, NULL, row));
		return true;
	}
	if (o->class->guarded && !access_allowed(x, v, name, false))
		return false;
	prop = access_find_prop(o, name);
	if (prop != NULL) {
		vset(x, dst, vref(*prop));
		return true;
	}
	m = vclass_member(o->class, name);
	vset(x, dst, m != NULL && m->proto != NULL && m->proto->method ?
	    access_bind(x, v, m->proto, NULL) : vnone());
	return true;
}

static void
access_index_string(struct hsl_exec *x, struct hsl_value *dst,
    const struct hsl_string *s, const struct hsl_value *key)
{
	int64_t	 i = vnum_key(compare_number(*key));

	if (i < 0)
		i += s->len;
	vset(x, dst, i < 0 || i >= s->len ? vnone() :
	    vstr_byte((unsigned char)s->data[i]));
}

bool
access_index(struct hsl_exec *x, struct hsl_value *dst, struct hsl_value v,
    const struct hsl_value *key)
{
	struct hsl_value	*item;

	access_charge_key(x, key);
	switch (v.type) {
	case HSL_ARRAY:
		item = varr_find_value(v.u.array, key);
		vset(x, dst, item == NULL ? vnone() : vref(*item));
		return true;
	case HSL_STRING:
		access_index_string(x, dst, v.u.string, key);
		return true;
	case HSL_OBJECT:
		if (key->type == HSL_STRING)
			return access_prop(x, dst, v, key->u.string);
		/* FALLTHROUGH */
	default:
		vset(x, dst, vnone());
		return true;
	}
}

bool
access_has(struct hsl_exec *x, struct hsl_value v, const struct hsl_value *key,
    bool *has)
{
	struct hsl_object	*o;
	int64_t			 i;

	*has = false;
	access_charge_key(x, key);
	switch (v.type) {
	case HSL_ARRAY:
		*has = varr_find_value(v.u.array, key) != NULL;
		return true;
	case HSL_STRING:
		i = vnum_key(compare_number(*key));
		*has = i < v.u.string->len &&
		    i >= -(int64_t)v.u.string->len;
		return true;
	case HSL_OBJECT:
		o = v.u.object;
		if (o->class == NULL || key->type != HSL_STRING)
			return true;
		if (!access_allowed(x, v, key->u.string, false))
			return false;
		*has = access_find_prop(o, key->u.string) != NULL;
		return true;
	default:
		return true;
	}
}

/* The object does not have it yet, and nothing shares its properties. */
struct hsl_value *
access_new_prop(struct hsl_exec *x, struct hsl_value object,
    struct hsl_string *name)
{
	struct hsl_value	 key = vmake(HSL_STRING, name);
	struct hsl_object	*o = object.u.object;

	if (vclass_member(o->class, name) != NULL)
		o->shadows = true;
	return varr_put(x, o->props.u.array, varr_key(&key));
}

/* Takes v. */
bool
access_set_prop(struct hsl_exec *x, struct hsl_value object,
    struct hsl_string *name, struct hsl_value v)
{
	struct hsl_value	 key = vmake(HSL_STRING, name), *slot;
	struct hsl_array	*a;

	if (object.type != HSL_OBJECT || object.u.object->class == NULL) {
		vunref(x, v);
		return throw_error(x, "property '%s' of %s can't be set",
		    name->data, hsl_type_phrase(object));
	}
	if (!access_allowed(x, object, name, true)) {
		vunref(x, v);
		return false;
	}
	a = varr_own(x, vprops(object));
	if (a == NULL || ((slot = varr_find_value(a, &key)) == NULL &&
	    (slot = access_new_prop(x, object, name)) == NULL)) {
		vunref(x, v);
		return throw_check(x);
	}
	vset(x, slot, v);
	return true;
}

/* Takes v. */
bool
access_set_index(struct hsl_exec *x, struct hsl_value *root,
    const struct hsl_value *key, struct hsl_value v)
{
	struct hsl_array	*a;
	struct hsl_value	*slot;

	access_charge_key(x, key);
	if (root->type == HSL_OBJECT && key->type == HSL_STRING)
		return access_set_prop(x, *root, key->u.string, v);
	if (root->type == HSL_OBJECT) {
		vunref(x, v);
		return throw_error(x, "an object has no such index");
	}
	a = varr_own(x, root);
	if (a == NULL || (slot = varr_put_value(x, a, key)) == NULL) {
		vunref(x, v);
		return throw_check(x);
	}
	vset(x, slot, v);
	return true;
}
