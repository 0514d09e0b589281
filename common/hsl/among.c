/*
 * A number equals the strings and the booleans of its value, these equal only
 * their like: so for each value that a number, a boolean or a string has, the
 * table says which of them have it.
 */
#include "hsl/among.h"
#include "hsl/compare.h"
#include "hsl/exec.h"

enum { HAS_NUMBER = 1, HAS_STRING = 2, HAS_BOOLEAN = 4 };

void
among_init(struct hsl_exec *x, struct among *a)
{
	a->strings = varr_new(x, 0);
	a->numbers = varr_new(x, 0);
	a->others = varr_new(x, 0);
	a->none = false;
}

void
among_fini(struct hsl_exec *x, struct among *a)
{
	vunref(x, vmake(HSL_ARRAY, a->strings));
	vunref(x, vmake(HSL_ARRAY, a->numbers));
	vunref(x, vmake(HSL_ARRAY, a->others));
}

/* The value as a number, if it has one; NaN equals nothing. */
static bool
among_number(struct hsl_value v, double *n)
{
	if (v.type == HSL_STRING) {
		if (!vnum_parse(vstr_str(v.u.string), n))
			return false;
	} else
		*n = vnum_of(v);
	*n += 0.0;			/* no -0 */
	return *n == *n;
}

static struct vkey
among_key(const double *n)
{
	return varr_key_text((struct str){ (const char *)n, sizeof *n });
}

void
among_add(struct hsl_exec *x, struct among *a, struct hsl_value v)
{
	struct hsl_value	*slot;
	unsigned		 mine = v.type == HSL_STRING ? HAS_STRING :
				    v.type == HSL_NUMBER ? HAS_NUMBER :
				    HAS_BOOLEAN;
	double			 n;

	if (vnullish(v)) {
		a->none = true;
		return;
	}
	if (v.type > HSL_STRING) {
		varr_push(x, a->others, vref(v));
		return;
	}
	if (v.type == HSL_STRING)
		(void)varr_put(x, a->strings, varr_key_text(
		    vstr_str(v.u.string)));
	if (!among_number(v, &n))
		return;
	slot = varr_put(x, a->numbers, among_key(&n));
	if (slot != NULL)
		*slot = vnumber((slot->type == HSL_NUMBER ?
		    (unsigned)slot->u.number : 0) | mine);
}

static int
among_others(struct hsl_exec *x, const struct among *a, struct hsl_value v)
{
	struct hsl_value	 k, *item;
	uint32_t		 pos = 0;
	int			 rc;

	while (varr_next(a->others, &pos, &k, &item)) {
		if (!hsl_charge(x, 1))
			return -1;
		if ((rc = vequal(x, v, *item, false)) != 0)
			return rc;
	}
	return 0;
}

int
among_has(struct hsl_exec *x, const struct among *a, struct hsl_value v)
{
	const struct hsl_value	*slot;
	unsigned		 equal = HAS_NUMBER;
	double			 n;

	if (vnullish(v))
		return a->none;
	if (v.type > HSL_STRING)
		return among_others(x, a, v);
	if (v.type == HSL_STRING && varr_find(a->strings, varr_key_text(
	    vstr_str(v.u.string))) != NULL)
		return 1;
	if (!among_number(v, &n))
		return 0;
	if (v.type == HSL_NUMBER)
		equal |= HAS_STRING | HAS_BOOLEAN;
	else if (v.type == HSL_BOOLEAN)
		equal |= HAS_BOOLEAN;
	slot = varr_find(a->numbers, among_key(&n));
	return slot != NULL && ((unsigned)slot->u.number & equal) != 0;
}
