/*
 * Functions of arrays that call no function of the script; those are in
 * lib_each.c and lib_sort.c.
 */
#include <math.h>
#include <stdlib.h>

#include "hsl/library/lib.h"
#include "hsl/run/among.h"
#include "hsl/run/arith.h"
#include "hsl/run/compare.h"

#define ARRAY_RANGE_MAX	100000000

static enum hsl_rc
array_return(struct hsl_call *c, struct hsl_array *a)
{
	*c->ret = vmake(HSL_ARRAY, a);
	return throw_check(c->x) ? HSL_OK : HSL_THROW;
}

enum hsl_rc
fn_array_combine(struct hsl_call *c)
{
	struct hsl_array	*keys, *values, *out;
	struct hsl_value	 k, *key, *v, filler = vnone();
	uint32_t		 at = 0, pos = 0;

	if (!lib_array(c, 0, &keys) || !lib_array(c, 1, &values))
		return HSL_THROW;
	if (c->argc == 3)
		filler = c->argv[2];
	out = varr_new(c->x, 0);
	while (hsl_charge(c->x, 1) && varr_next(keys, &at, &k, &key)) {
		if (!varr_next(values, &pos, &k, &v))
			v = &filler;
		varr_set(c->x, out, varr_key(key), vref(*v));
	}
	return array_return(c, out);
}

/* needle === an item, or == one; a needle that is a function is called. */
static enum hsl_rc
array_search(struct hsl_call *c, bool strict)
{
	struct hsl_array	*a;
	struct hsl_value	 k, *v;
	uint32_t		 pos = 0;
	int			 rc = 0;

	if (c->argv[0].type == HSL_FUNCTION)
		return each_some(c);
	if (!lib_array(c, 1, &a))
		return HSL_THROW;
	while (rc == 0 && varr_next(a, &pos, &k, &v)) {
		if (!hsl_charge(c->x, 1))
			return HSL_THROW;
		rc = compare_equal(c->x, c->argv[0], *v, strict);
	}
	*c->ret = vboolean(rc == 1);
	return rc == -1 ? HSL_THROW : HSL_OK;
}

enum hsl_rc
fn_array_includes(struct hsl_call *c)
{
	return array_search(c, true);
}

enum hsl_rc
fn_in_array(struct hsl_call *c)
{
	return array_search(c, false);
}

/* Joins items that are all strings; `length` is what join_length() said. */
static struct hsl_value
join_strings(struct hsl_exec *x, const struct hsl_array *a, struct str sep,
    size_t len)
{
	struct hsl_string	*out = vstr_alloc(x, len);
	struct hsl_value	 k, *v;
	uint32_t		 pos = 0;
	char			*o;

	if (out == NULL)
		return vnone();
	o = out->data;
	while (varr_next(a, &pos, &k, &v)) {
		if (o != out->data) {
			memcpy(o, sep.p, sep.len);
			o += sep.len;
		}
		memcpy(o, v->u.string->data, v->u.string->len);
		o += v->u.string->len;
	}
	return vmake(HSL_STRING, out);
}

/* The length of all items with separators between them; SIZE_MAX if
 * join_strings() can't do it: not all are strings, or the first is empty. */
static size_t
join_length(const struct hsl_array *a, struct str sep)
{
	struct hsl_value	 k, *v;
	uint32_t		 pos = 0;
	size_t			 len = 0;

	while (varr_next(a, &pos, &k, &v)) {
		if (v->type != HSL_STRING || (len == 0 &&
		    v->u.string->len == 0))
			return SIZE_MAX;
		len += (len > 0 ? sep.len : 0) + v->u.string->len;
	}
	return len;
}

/* none is taken for an array without items. */
static enum hsl_rc
array_join(struct hsl_call *c, int array, struct str separator)
{
	struct hsl_array	*a = NULL;
	struct hsl_value	 k, *v, out, sep;
	uint32_t		 pos = 0;
	bool			 first = true, ok;
	size_t			 len;

	ok = c->argv[array].type == HSL_NONE || (lib_array(c, array, &a) &&
	    hsl_charge(c->x, a->count / 8));
	if (ok && a != NULL && (len = join_length(a, separator)) != SIZE_MAX) {
		if (!hsl_charge(c->x, a->count - a->count / 8))
			return HSL_THROW;
		*c->ret = join_strings(c->x, a, separator, len);
		return throw_check(c->x) ? HSL_OK : HSL_THROW;
	}
	out = hsl_text(c->x, "");
	sep = hsl_string(c->x, separator);
	while (ok && a != NULL && varr_next(a, &pos, &k, &v)) {
		ok = hsl_charge(c->x, 1);
		if (ok && !first)
			ok = arith_append(c->x, &out, &sep);
		ok = ok && arith_append(c->x, &out, v);
		first = false;
	}
	vunref(c->x, sep);
	*c->ret = out;
	return ok ? HSL_OK : HSL_THROW;
}

enum hsl_rc
fn_array_join(struct hsl_call *c)
{
	struct str	 sep = STR("");

	if (c->argc == 2 && !hsl_arg_text(c, 1, &sep))
		return HSL_THROW;
	return array_join(c, 0, sep);
}

enum hsl_rc
fn_implode(struct hsl_call *c)
{
	struct str	 sep;

	if (!hsl_arg_text(c, 0, &sep))
		return HSL_THROW;
	return array_join(c, 1, sep);
}

enum hsl_rc
fn_array_keys(struct hsl_call *c)
{
	struct hsl_array	*a, *out;
	struct hsl_value	 k, *v;
	uint32_t		 pos = 0;

	if (!lib_array(c, 0, &a) || !hsl_charge(c->x, a->count))
		return HSL_THROW;
	out = varr_new(c->x, a->count);
	while (varr_next(a, &pos, &k, &v))
		varr_add(c->x, out, vref(k));
	return array_return(c, out);
}

static enum hsl_rc
array_range(struct hsl_call *c, bool inclusive)
{
	double			 start, stop, step = 1, n;
	struct hsl_array	*out;

	if (!hsl_arg_number(c, 0, &start) || !hsl_arg_number(c, 1, &stop) ||
	    (c->argc == 3 && !hsl_arg_number(c, 2, &step)))
		return HSL_THROW;
	if (inclusive && c->argc < 3 && stop < start)
		step = -1;
	if (step == 0 || isnan(step) || isnan(start) || isnan(stop))
		return hsl_throw(c, "the step of a range is 0");
	n = (stop - start) / step;
	n = inclusive ? floor(n + 1e-9) + 1 : ceil(n - 1e-9);
	if (n > ARRAY_RANGE_MAX || isnan(n))
		return hsl_throw(c, "the range is too long");
	if (!hsl_charge(c->x, (uint64_t)hsl_whole(n, 0, ARRAY_RANGE_MAX)))
		return HSL_THROW;
	out = varr_new(c->x, 0);
	for (double i = 0; i < n && !c->x->space.heap.over; i++)
		varr_add(c->x, out, vnumber(start + i * step));
	return array_return(c, out);
}

enum hsl_rc
fn_array_range(struct hsl_call *c)
{
	return array_range(c, false);
}

enum hsl_rc
fn_range(struct hsl_call *c)
{
	return array_range(c, true);
}

/* The keys and the values of an array, each in a list of C. */
struct pairs {
	struct hsl_value	*keys;
	struct hsl_value	**values;
	uint32_t		 n;
	uint32_t		 room;
};

static bool
pairs_open(struct hsl_call *c, struct pairs *p)
{
	struct hsl_array	*a;
	uint32_t		 pos = 0;

	if (!lib_array(c, 0, &a) || !hsl_charge(c->x, a->count))
		return false;
	p->n = 0;
	p->room = a->count + 1;
	p->keys = vheap_alloc(&c->x->space.heap, p->room * sizeof *p->keys);
	p->values = vheap_alloc(&c->x->space.heap,
	    p->room * sizeof(struct hsl_value *));
	if (p->keys == NULL || p->values == NULL)
		return throw_check(c->x);
	while (varr_next(a, &pos, &p->keys[p->n], &p->values[p->n]))
		p->n++;
	return true;
}

static void
pairs_close(struct hsl_call *c, struct pairs *p)
{
	vheap_free(&c->x->space.heap, p->keys, p->room * sizeof *p->keys);
	vheap_free(&c->x->space.heap, p->values,
	    p->room * sizeof(struct hsl_value *));
}

static enum hsl_rc
pairs_return(struct hsl_call *c, struct pairs *p)
{
	struct hsl_array	*out = varr_new(c->x, 0);

	for (uint32_t i = 0; i < p->n; i++) {
		if (p->keys[i].type == HSL_NUMBER)
			varr_add(c->x, out, vref(*p->values[i]));
		else
			varr_set(c->x, out, varr_key(&p->keys[i]),
			    vref(*p->values[i]));
	}
	pairs_close(c, p);
	return array_return(c, out);
}

static void
pairs_swap(struct pairs *p, uint32_t a, uint32_t b)
{
	struct hsl_value	 k = p->keys[a], *v = p->values[a];

	p->keys[a] = p->keys[b];
	p->values[a] = p->values[b];
	p->keys[b] = k;
	p->values[b] = v;
}

enum hsl_rc
fn_array_reverse(struct hsl_call *c)
{
	struct pairs	 p;

	if (!pairs_open(c, &p))
		return HSL_THROW;
	for (uint32_t i = 0; i < p.n / 2; i++)
		pairs_swap(&p, i, p.n - 1 - i);
	return pairs_return(c, &p);
}

enum hsl_rc
fn_array_shuffle(struct hsl_call *c)
{
	struct pairs	 p;

	if (!pairs_open(c, &p))
		return HSL_THROW;
	for (uint32_t i = p.n; i > 1; i--)
		pairs_swap(&p, i - 1, arc4random_uniform(i));
	return pairs_return(c, &p);
}

enum hsl_rc
fn_array_random(struct hsl_call *c)
{
	struct hsl_array	*a, *out;
	struct hsl_value	 k, *v;
	uint32_t		 pos = 0, n;

	if (!lib_array(c, 0, &a) || !hsl_charge(c->x, a->count / 4))
		return HSL_THROW;
	if (a->count == 0)
		return HSL_OK;
	for (n = arc4random_uniform(a->count) + 1; n > 0; n--)
		varr_next(a, &pos, &k, &v);
	out = varr_new(c->x, 2);
	varr_add(c->x, out, vref(k));
	varr_add(c->x, out, vref(*v));
	return array_return(c, out);
}

/* Equality is ==. */
enum hsl_rc
fn_array_unique(struct hsl_call *c)
{
	struct hsl_array	*a, *out;
	struct hsl_value	 k, *v;
	uint32_t		 pos = 0;
	struct among		 kept;
	int			 in = 0;

	if (!lib_array(c, 0, &a))
		return HSL_THROW;
	out = varr_new(c->x, 0);
	*c->ret = vmake(HSL_ARRAY, out);
	among_init(c->x, &kept);
	while (in != -1 && hsl_charge(c->x, 1) &&
	    varr_next(a, &pos, &k, &v)) {
		if ((in = among_has(c->x, &kept, *v)) != 0)
			continue;
		among_add(c->x, &kept, *v);
		varr_set(c->x, out, varr_key(&k), vref(*v));
	}
	among_fini(c->x, &kept);
	return throw_check(c->x) && !c->x->throwing ? HSL_OK : HSL_THROW;
}
