/*
 * Operators where the dispatch loop's fast paths end: mixed types, strings,
 * arrays.
 */
#include <math.h>

#include "hsl/run/among.h"
#include "hsl/run/arith.h"
#include "hsl/run/compare.h"
#include "hsl/run/throw.h"

bool
arith_number(struct hsl_exec *x, struct hsl_value v, double *n)
{
	switch (v.type) {
	case HSL_NUMBER:
		*n = v.u.number;
		return true;
	case HSL_BOOLEAN:
		*n = v.u.boolean;
		return true;
	case HSL_UNDEF:
	case HSL_NONE:
		*n = 0;
		return true;
	case HSL_STRING:
		x->space.budget -= v.u.string->len / 32;
		if (vnum_parse(vstr_str(v.u.string), n))
			return true;
		return throw_error(x, "a number is expected, not the string "
		    "\"%.40s\"", v.u.string->data);
	default:
		return throw_error(x, "a number is expected, not %s",
		    hsl_type_phrase(v));
	}
}

/* dst becomes l's own array, to be changed. */
static struct hsl_array *
arith_own(struct hsl_exec *x, struct hsl_value *dst,
    const struct hsl_value *l)
{
	if (dst != l)
		vset(x, dst, vref(*l));
	return varr_own(x, dst);
}

void
arith_add_all(struct hsl_exec *x, struct hsl_array *a,
    const struct hsl_array *b)
{
	struct hsl_value	 k, *v;
	uint32_t		 pos = 0;

	while (hsl_charge(x, 1) && varr_next(b, &pos, &k, &v)) {
		if (k.type == HSL_NUMBER)
			varr_add(x, a, vref(*v));
		else
			varr_set(x, a, varr_key(&k), vref(*v));
	}
}

static bool
arith_merge(struct hsl_exec *x, struct hsl_value *dst,
    const struct hsl_value *l, const struct hsl_value *r)
{
	struct hsl_value	 right = vref(*r);
	struct hsl_array	*a = arith_own(x, dst, l);

	if (a != NULL) {
		if (right.type == HSL_ARRAY)
			arith_add_all(x, a, right.u.array);
		else
			varr_add(x, a, vref(right));
	}
	vunref(x, right);
	return throw_check(x);
}

static bool
arith_add(struct hsl_exec *x, struct hsl_value *dst,
    const struct hsl_value *l, const struct hsl_value *r)
{
	double			 a, b;
	struct hsl_value	 both[2];

	if (l->type == HSL_ARRAY)
		return arith_merge(x, dst, l, r);
	if (vnullish(*l) && r->type >= HSL_STRING) {
		vset(x, dst, vref(*r));
		return true;
	}
	if ((l->type == HSL_STRING && r->type == HSL_STRING) ||
	    (l->type == HSL_STRING && r->type == HSL_NUMBER &&
	    !vnum_parse(vstr_str(l->u.string), &a)) ||
	    (l->type == HSL_NUMBER && r->type == HSL_STRING &&
	    !vnum_parse(vstr_str(r->u.string), &a))) {
		both[0] = *l;
		both[1] = *r;
		vset(x, dst, arith_concat(x, both, 2));
		return throw_check(x);
	}
	if (!arith_number(x, *l, &a) || !arith_number(x, *r, &b))
		return false;
	vset(x, dst, vnumber(a + b));
	return true;
}

static bool
arith_remove(struct hsl_exec *x, struct hsl_value *dst,
    const struct hsl_value *l, const struct hsl_value *r)
{
	struct hsl_array	*out = varr_new(x, 0);
	struct hsl_value	 result = vmake(HSL_ARRAY, out), k, *v;
	uint32_t		 pos = 0;
	struct among		 gone;
	int			 in = 0;

	among_init(x, &gone);
	if (r->type != HSL_ARRAY)
		among_add(x, &gone, *r);
	else
		while (varr_next(r->u.array, &pos, &k, &v) && hsl_charge(x, 1))
			among_add(x, &gone, *v);
	pos = 0;
	while (varr_next(l->u.array, &pos, &k, &v)) {
		in = hsl_charge(x, 1) ? among_has(x, &gone, *v) : -1;
		if (in == -1)
			break;
		if (in == 0)
			varr_set(x, out, varr_key(&k), vref(*v));
	}
	among_fini(x, &gone);
	vset(x, dst, result);
	return throw_check(x) && !x->throwing;
}

static bool
arith_repeat_array(struct hsl_exec *x, struct hsl_value *dst,
    const struct hsl_value *l, double n)
{
	struct hsl_array	*out = varr_new(x, 0);
	struct hsl_value	 result = vmake(HSL_ARRAY, out);
	struct hsl_value	 list = vref(*l);

	for (double i = 1; i <= n && hsl_charge(x, 1) &&
	    list.u.array->count > 0; i++)
		arith_add_all(x, out, list.u.array);
	vunref(x, list);
	vset(x, dst, result);
	return throw_check(x);
}

bool
arith_repeat(struct hsl_exec *x, struct hsl_value *dst, struct str s,
    double n)
{
	struct hsl_string	*out;
	size_t			 count = s.len == 0 ? 0 :
				    (size_t)hsl_whole(n, 0, UINT32_MAX);

	if (count > 0 && s.len > UINT32_MAX / count) {
		x->space.heap.over = true;
		return throw_check(x);
	}
	if (!hsl_charge(x, count * s.len / 32))
		return false;
	if ((out = vstr_alloc(x, s.len * count)) == NULL)
		return throw_check(x);
	if (s.len == 1)
		memset(out->data, s.p[0], count);
	else
		for (size_t i = 0; i < count; i++)
			memcpy(out->data + i * s.len, s.p, s.len);
	vset(x, dst, vstr_value(out));
	return true;
}

static bool
arith_multiply(struct hsl_exec *x, struct hsl_value *dst,
    const struct hsl_value *l, const struct hsl_value *r)
{
	const struct hsl_value	*swap = l;
	double			 a, b;

	/* 3 * "ab" is the same as "ab" * 3. */
	if (l->type == HSL_NUMBER &&
	    (r->type == HSL_STRING || r->type == HSL_ARRAY)) {
		l = r;
		r = swap;
	}
	if (!arith_number(x, *r, &b))
		return false;
	if (l->type == HSL_STRING)
		return arith_repeat(x, dst, vstr_str(l->u.string), b);
	if (l->type == HSL_ARRAY)
		return arith_repeat_array(x, dst, l, b);
	if (!arith_number(x, *l, &a))
		return false;
	vset(x, dst, vnumber(a * b));
	return true;
}

static double
arith_calculate(enum opcode op, double a, double b)
{
	uint32_t	 n = (uint32_t)vnum_int32(b) & 31;

	switch (op) {
	case OP_SUB:
		return a - b;
	case OP_DIV:
		return a / b;
	case OP_MOD:
		return fmod(a, b);
	case OP_POW:
		return pow(a, b);
	case OP_BAND:
		return vnum_int32(a) & vnum_int32(b);
	case OP_BOR:
		return vnum_int32(a) | vnum_int32(b);
	case OP_BXOR:
		return vnum_int32(a) ^ vnum_int32(b);
	case OP_SHL:
		return (int32_t)((uint32_t)vnum_int32(a) << n);
	case OP_SHR:
		return vnum_int32(a) >> n;
	case OP_USHR:
		return (uint32_t)vnum_int32(a) >> n;
	default:
		return a;
	}
}

static bool
arith_compare(struct hsl_exec *x, enum opcode op, struct hsl_value *dst,
    const struct hsl_value *l, const struct hsl_value *r)
{
	bool	 strict = op == OP_SAME || op == OP_NOT_SAME;
	int	 rc;

	if (op == OP_LESS || op == OP_LESS_EQUAL) {
		rc = op == OP_LESS ? compare_less(x, *l, *r) :
		    compare_less_equal(x, *l, *r);
	} else {
		if ((rc = compare_equal(x, *l, *r, strict)) == -1)
			return false;
		rc ^= op == OP_NOT_EQUAL || op == OP_NOT_SAME;
	}
	vset(x, dst, vboolean(rc));
	return true;
}

bool
arith_binary(struct hsl_exec *x, enum opcode op, struct hsl_value *dst,
    const struct hsl_value *l, const struct hsl_value *r)
{
	struct hsl_value	 both[2];
	double			 a, b;

	switch (op) {
	case OP_ADD:
		return arith_add(x, dst, l, r);
	case OP_MUL:
		return arith_multiply(x, dst, l, r);
	case OP_CONCAT:
		both[0] = *l;
		both[1] = *r;
		vset(x, dst, arith_concat(x, both, 2));
		return throw_check(x);
	case OP_EQUAL: case OP_NOT_EQUAL: case OP_SAME: case OP_NOT_SAME:
	case OP_LESS: case OP_LESS_EQUAL:
		return arith_compare(x, op, dst, l, r);
	default:
		break;
	}
	if (op == OP_SUB && l->type == HSL_ARRAY)
		return arith_remove(x, dst, l, r);
	if (op == OP_MOD && l->type == HSL_STRING)
		return arith_format(x, dst, *l, *r);
	if (!arith_number(x, *l, &a) || !arith_number(x, *r, &b))
		return false;
	vset(x, dst, vnumber(arith_calculate(op, a, b)));
	return true;
}

bool
arith_unary(struct hsl_exec *x, enum opcode op, struct hsl_value *dst,
    const struct hsl_value *v)
{
	double	 n;

	if (op == OP_NOT) {
		vset(x, dst, vboolean(!vtrue(*v)));
		return true;
	}
	if (!arith_number(x, *v, &n))
		return false;
	vset(x, dst, vnumber(op == OP_NEG ? -n : op == OP_BNOT ?
	    ~vnum_int32(n) : n));
	return true;
}

/* ---- Strings ----------------------------------------------------------- */

#define CONCAT_SMALL	16

struct hsl_value
arith_concat(struct hsl_exec *x, const struct hsl_value *v, uint32_t n)
{
	char			 numbers[CONCAT_SMALL][VNUM_TEXT];
	struct str		 parts[CONCAT_SMALL];
	struct buf		 big = BUF_INIT;
	struct hsl_value	 left, right;
	struct hsl_string	*s;
	size_t			 len = 0;
	bool			 plain = n <= CONCAT_SMALL;

	for (uint32_t i = 0; i < n && plain; i++) {
		plain = v[i].type <= HSL_STRING;
		if (v[i].type == HSL_STRING)
			parts[i] = vstr_str(v[i].u.string);
		else if (plain)
			parts[i] = vtext(x, v[i], numbers[i], NULL);
		len += parts[i].len;
	}
	if (!plain && n == 1) {
		left = vtext_value(x, v[0]);
		return left;
	}
	if (!plain) {
		left = arith_concat(x, v, n / 2);
		right = arith_concat(x, v + n / 2, n - n / 2);
		if (left.type == HSL_STRING && !arith_append(x, &left, &right))
			vset(x, &left, vnone());
		vunref(x, right);
		buf_free(&big);
		return left;
	}
	if ((s = vstr_alloc(x, len)) == NULL)
		return vnone();
	len = 0;
	for (uint32_t i = 0; i < n; i++) {
		memcpy(s->data + len, parts[i].p, parts[i].len);
		len += parts[i].len;
	}
	x->space.budget -= (int64_t)(len / 64);
	return vstr_value(s);
}

bool
arith_append(struct hsl_exec *x, struct hsl_value *dst,
    const struct hsl_value *v)
{
	char			 tmp[VNUM_TEXT];
	struct buf		 big = BUF_INIT;
	struct hsl_value	 s;
	bool			 ok;

	if (dst->type != HSL_STRING) {
		s = vtext_value(x, *dst);
		if (s.type != HSL_STRING)
			return throw_check(x);
		vset(x, dst, s);
	}
	if (v->type == HSL_STRING)
		ok = vstr_append(x, dst, vstr_str(v->u.string));
	else {
		ok = vstr_append(x, dst, vtext(x, *v, tmp, &big));
		buf_free(&big);
	}
	return (ok && !x->space.heap.over) || throw_check(x);
}

/* ---- Slices ------------------------------------------------------------ */

static int64_t
arith_bound(struct hsl_value v, int64_t otherwise, int64_t len, int64_t low,
    int64_t high)
{
	int64_t	 n;

	if (vnullish(v))
		return otherwise;
	if (v.type == HSL_NUMBER && v.u.number >= 0 && v.u.number < INT32_MAX)
		n = (int64_t)v.u.number;
	else
		n = vnum_int64(compare_number(v));
	if (n < 0)
		n += len;
	return n < low ? low : n > high ? high : n;
}

bool
arith_range(const struct hsl_value b[3], int64_t len, struct range *r)
{
	int64_t	 last;

	r->step = vnullish(b[2]) ? 1 : vnum_int64(compare_number(b[2]));
	if (r->step == 0)
		return false;
	if (r->step > 0) {
		r->first = arith_bound(b[0], 0, len, 0, len);
		last = arith_bound(b[1], len, len, 0, len);
		r->count = last <= r->first ? 0 : r->step == 1 ?
		    last - r->first : (last - r->first - 1) / r->step + 1;
	} else {
		r->first = arith_bound(b[0], len - 1, len, -1, len - 1);
		last = arith_bound(b[1], -1, len, -1, len - 1);
		r->count = last >= r->first ? 0 :
		    (r->first - last - 1) / -r->step + 1;
	}
	return true;
}

static bool
arith_slice_string(struct hsl_exec *x, struct hsl_value *dst,
    const struct hsl_string *s, const struct range *r)
{
	struct hsl_string	*out;

	if (r->count == (int64_t)s->len && r->step == 1) {
		vset(x, dst, vref(vmake(HSL_STRING, (void *)(uintptr_t)s)));
		return true;
	}
	if (r->count == 1) {
		vset(x, dst, vstr_byte((unsigned char)s->data[r->first]));
		return true;
	}
	if ((out = vstr_alloc(x, (size_t)r->count)) == NULL)
		return throw_check(x);
	if (r->step == 1)
		memcpy(out->data, s->data + r->first, (size_t)r->count);
	else
		for (int64_t i = 0; i < r->count; i++)
			out->data[i] = s->data[r->first + i * r->step];
	x->space.budget -= r->count / 64;
	vset(x, dst, vstr_value(out));
	return true;
}

static bool
arith_slice_array(struct hsl_exec *x, struct hsl_value *dst,
    const struct hsl_array *a, const struct range *r)
{
	struct hsl_array	*out = varr_new(x, 0);
	struct hsl_value	 k, *v, **all;
	uint32_t		 pos = 0, n = 0;

	all = vheap_alloc(&x->space.heap, (a->count + 1) * sizeof *all);
	if (all == NULL)
		return throw_check(x);
	while (varr_next(a, &pos, &k, &v))
		all[n++] = v;
	for (int64_t i = 0; i < r->count; i++)
		varr_add(x, out, vref(*all[r->first + i * r->step]));
	vheap_free(&x->space.heap, all, (a->count + 1) * sizeof *all);
	x->space.budget -= a->count / 8;
	vset(x, dst, vmake(HSL_ARRAY, out));
	return throw_check(x);
}

bool
arith_slice(struct hsl_exec *x, struct hsl_value *dst, struct hsl_value v,
    const struct hsl_value bounds[3])
{
	struct range	 r;
	int64_t		 len;

	if (v.type != HSL_STRING && v.type != HSL_ARRAY) {
		if (!vnullish(v))
			return throw_error(x, "%s can't be sliced",
			    hsl_type_phrase(v));
		vset(x, dst, vnone());
		return true;
	}
	len = v.type == HSL_STRING ? v.u.string->len : v.u.array->count;
	if (!arith_range(bounds, len, &r))
		return throw_error(x, "the step of a slice is 0");
	return v.type == HSL_STRING ?
	    arith_slice_string(x, dst, v.u.string, &r) :
	    arith_slice_array(x, dst, v.u.array, &r);
}
