/*
 * Looking up what is equal to a value, by each rule of compare.c in turn.
 */
#include "hsl/run/among.h"
#include "hsl/run/compare.h"
#include "hsl/run/exec.h"

enum { HAS_NUMBER = 1, HAS_STRING = 2 };

void
among_init(struct hsl_exec *x, struct among *a)
{
	memset(a, 0, sizeof *a);
	a->strings = varr_new(x, 0);
	a->numbers = varr_new(x, 0);
	a->others = varr_new(x, 0);
}

void
among_fini(struct hsl_exec *x, struct among *a)
{
	vunref(x, vmake(HSL_ARRAY, a->strings));
	vunref(x, vmake(HSL_ARRAY, a->numbers));
	vunref(x, vmake(HSL_ARRAY, a->others));
}

/* The key of a number is the bytes of its double.  0 and -0 have one key; NaN,
 * which equals nothing, is not looked for. */
static struct vkey
among_key(double *n)
{
	*n += 0.0;
	return varr_key_text((struct str){ (const char *)n, sizeof *n });
}

static void
among_add_number(struct hsl_exec *x, struct among *a, double n, unsigned has)
{
	struct hsl_value	*slot;

	slot = n == n ? varr_put(x, a->numbers, among_key(&n)) : NULL;
	if (slot != NULL)
		*slot = vnumber((slot->type == HSL_NUMBER ?
		    (unsigned)slot->u.number : 0) | has);
}

static bool
among_number(const struct among *a, double n, unsigned has)
{
	const struct hsl_value	*slot;

	slot = n == n ? varr_find(a->numbers, among_key(&n)) : NULL;
	return slot != NULL && ((unsigned)slot->u.number & has) != 0;
}

void
among_add(struct hsl_exec *x, struct among *a, struct hsl_value v)
{
	switch (v.type) {
	case HSL_UNDEF:
	case HSL_NONE:
		a->none = true;
		return;
	case HSL_BOOLEAN:
		a->booleans[v.u.boolean] = true;
		return;
	case HSL_NUMBER:
		among_add_number(x, a, v.u.number, HAS_NUMBER);
		return;
	case HSL_STRING:
		a->string_truths[vtrue(v)] = true;
		varr_set(x, a->strings, varr_key_text(vstr_str(v.u.string)),
		    vnone());
		among_add_number(x, a, compare_number(v), HAS_STRING);
		return;
	default:
		a->other_truths[vtrue(v)] = true;
		varr_add(x, a->others, vref(v));
	}
}

static int
among_others(struct hsl_exec *x, const struct among *a, struct hsl_value v)
{
	struct hsl_value	 k, *item;
	uint32_t		 pos = 0;
	int			 rc;

	if (a->booleans[vtrue(v)] || among_number(a, vtrue(v), HAS_NUMBER))
		return 1;
	while (varr_next(a->others, &pos, &k, &item)) {
		if (!hsl_charge(x, 1))
			return -1;
		if ((rc = compare_equal(x, v, *item, false)) != 0)
			return rc;
	}
	return 0;
}

static bool
among_has_number(const struct among *a, double n)
{
	return among_number(a, n, HAS_NUMBER | HAS_STRING) ||
	    ((n == 0 || n == 1) &&
	    (a->booleans[n == 1] || a->other_truths[n == 1]));
}

static bool
among_has_string(const struct among *a, struct hsl_value v)
{
	return a->booleans[vtrue(v)] ||
	    among_number(a, compare_number(v), HAS_NUMBER) ||
	    varr_find(a->strings, varr_key_text(vstr_str(v.u.string))) != NULL;
}

int
among_has(struct hsl_exec *x, const struct among *a, struct hsl_value v)
{
	bool	 truth;

	switch (v.type) {
	case HSL_UNDEF:
	case HSL_NONE:
		return a->none;
	case HSL_BOOLEAN:
		truth = v.u.boolean;
		return a->booleans[truth] || a->string_truths[truth] ||
		    a->other_truths[truth] ||
		    among_number(a, truth, HAS_NUMBER);
	case HSL_NUMBER:
		return among_has_number(a, v.u.number);
	case HSL_STRING:
		return among_has_string(a, v);
	default:
		return among_others(x, a, v);
	}
}
