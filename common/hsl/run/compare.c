/*
 * == of values whose types differ:
 *
 *	none      equals nothing but none
 *	boolean   is 1 or 0 beside a number; beside another type it is
 *	          compared with the truth of the other
 *	number    is compared with the number that a string spells, or 0;
 *	          beside another type with the truth of the other
 *
 * Values of all other types that differ are never equal.  Arrays are equal
 * when the same keys hold values that are ===, in any order.
 */
#include "hsl/run/compare.h"
#include "hsl/run/throw.h"

#define COMPARE_DEPTH	200

static int	compare_deep(struct hsl_exec *x, struct hsl_value a,
		    struct hsl_value b, bool strict, int depth);

double
compare_number(struct hsl_value v)
{
	double	 n = 0;

	switch (v.type) {
	case HSL_NUMBER:
		return v.u.number;
	case HSL_BOOLEAN:
		return v.u.boolean;
	case HSL_STRING:
		return vnum_parse(vstr_str(v.u.string), &n) ? n : 0;
	default:
		return 0;
	}
}

static inline void
compare_charge(struct hsl_exec *x, struct hsl_value v)
{
	if (v.type == HSL_STRING)
		x->space.budget -= v.u.string->len / 64;
}

static int
compare_arrays(struct hsl_exec *x, const struct hsl_array *a,
    const struct hsl_array *b, int depth)
{
	struct hsl_value	 k, *v, *w;
	uint32_t		 pos = 0;
	int			 rc;

	if (a == b)
		return 1;
	if (a->count != b->count)
		return 0;
	if (depth > COMPARE_DEPTH) {
		throw_error(x, "arrays nested too deeply to compare");
		return -1;
	}
	while (varr_next(a, &pos, &k, &v)) {
		if (!hsl_charge(x, 1))
			return -1;
		if ((w = varr_find(b, varr_key(&k))) == NULL)
			return 0;
		if ((rc = compare_deep(x, *v, *w, true, depth + 1)) != 1)
			return rc;
	}
	return 1;
}

/* == of two types; the type of b comes after that of a in enum hsl_type. */
static bool
compare_mixed(struct hsl_value a, struct hsl_value b)
{
	if (vnullish(a))
		return vnullish(b);
	if (a.type == HSL_NUMBER)
		return a.u.number == (b.type == HSL_STRING ? compare_number(b) :
		    vtrue(b));
	if (a.type == HSL_BOOLEAN)
		return b.type == HSL_NUMBER ? a.u.boolean == b.u.number :
		    a.u.boolean == vtrue(b);
	return false;
}

static int
compare_deep(struct hsl_exec *x, struct hsl_value a, struct hsl_value b,
    bool strict, int depth)
{
	if (a.type != b.type && !strict) {
		compare_charge(x, a);
		compare_charge(x, b);
	}
	if (a.type != b.type)
		return strict ? vnullish(a) && vnullish(b) :
		    a.type < b.type ? compare_mixed(a, b) :
		    compare_mixed(b, a);
	switch (a.type) {
	case HSL_BOOLEAN:
		return a.u.boolean == b.u.boolean;
	case HSL_NUMBER:
		return a.u.number == b.u.number;
	case HSL_STRING:
		compare_charge(x, a);
		return vstr_same(a.u.string, b.u.string);
	case HSL_ARRAY:
		return compare_arrays(x, a.u.array, b.u.array, depth);
	case HSL_UNDEF:
	case HSL_NONE:
		return 1;
	default:
		return a.u.counted == b.u.counted;
	}
}

int
compare_equal(struct hsl_exec *x, struct hsl_value a, struct hsl_value b,
    bool strict)
{
	return compare_deep(x, a, b, strict, 0);
}

static int
compare_strings(const struct hsl_string *a, const struct hsl_string *b)
{
	uint32_t	 len = a->len < b->len ? a->len : b->len;
	int		 c = memcmp(a->data, b->data, len);

	if (c != 0)
		return c;
	return (a->len > b->len) - (a->len < b->len);
}

/* Whether both are strings; if so, charges for reading them. */
static bool
compare_as_strings(struct hsl_exec *x, struct hsl_value a, struct hsl_value b)
{
	compare_charge(x, a);
	compare_charge(x, b);
	return a.type == HSL_STRING && b.type == HSL_STRING;
}

bool
compare_less(struct hsl_exec *x, struct hsl_value a, struct hsl_value b)
{
	if (compare_as_strings(x, a, b))
		return compare_strings(a.u.string, b.u.string) < 0;
	return compare_number(a) < compare_number(b);
}

bool
compare_less_equal(struct hsl_exec *x, struct hsl_value a, struct hsl_value b)
{
	if (compare_as_strings(x, a, b))
		return compare_strings(a.u.string, b.u.string) <= 0;
	return compare_number(a) <= compare_number(b);
}
