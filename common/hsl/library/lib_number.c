/*
 * Mathematics, rounding and random numbers.  Doubles are all that there is.
 */
#include <math.h>
#include <stdlib.h>

#include "hsl/library/lib.h"

#define RANDOM_MAX	(1024 * 1024)

static enum hsl_rc
number_of(struct hsl_call *c, double (*fn)(double))
{
	double	 n;

	if (!hsl_arg_number(c, 0, &n))
		return HSL_THROW;
	*c->ret = vnumber(fn(n));
	return HSL_OK;
}

enum hsl_rc
fn_abs(struct hsl_call *c)
{
	return number_of(c, fabs);
}

enum hsl_rc
fn_ceil(struct hsl_call *c)
{
	return number_of(c, ceil);
}

enum hsl_rc
fn_floor(struct hsl_call *c)
{
	return number_of(c, floor);
}

enum hsl_rc
fn_sqrt(struct hsl_call *c)
{
	return number_of(c, sqrt);
}

enum hsl_rc
fn_log(struct hsl_call *c)
{
	double	 n, base;

	if (!hsl_arg_number(c, 0, &n) || (c->argc == 2 &&
	    !hsl_arg_number(c, 1, &base)))
		return HSL_THROW;
	if (c->argc == 1)
		*c->ret = vnumber(log(n));
	else if (base == 2)
		*c->ret = vnumber(log2(n));
	else if (base == 10)
		*c->ret = vnumber(log10(n));
	else
		*c->ret = vnumber(log(n) / log(base));
	return HSL_OK;
}

enum hsl_rc
fn_pow(struct hsl_call *c)
{
	double	 base, exponent;

	if (!hsl_arg_number(c, 0, &base) || !hsl_arg_number(c, 1, &exponent))
		return HSL_THROW;
	*c->ret = vnumber(pow(base, exponent));
	return HSL_OK;
}

/*
 * Half away from zero.  1.005 * 100 is a little less than 100.5: what is
 * within a few units in the last place of a half counts as one.
 */
enum hsl_rc
fn_round(struct hsl_call *c)
{
	double	 n, decimals = 0, scale, scaled, rounded;

	if (!hsl_arg_number(c, 0, &n) || (c->argc == 2 &&
	    !hsl_arg_number(c, 1, &decimals)))
		return HSL_THROW;
	scale = pow(10, trunc(decimals));
	scaled = n * scale;
	if (!isfinite(scaled) || !isfinite(scale) || scale == 0) {
		*c->ret = vnumber(isfinite(n) && scale == 0 ? 0 : n);
		return HSL_OK;
	}
	rounded = round(scaled);
	if (fabs(scaled) < 1e15 &&
	    fabs(fabs(scaled - trunc(scaled)) - 0.5) <
	    fabs(scaled) * 4e-16)
		rounded = trunc(scaled) + (scaled < 0 ? -1 : 1);
	*c->ret = vnumber(rounded / scale);
	return HSL_OK;
}

static uint64_t
random_bits(void)
{
	uint64_t	 n;

	arc4random_buf(&n, sizeof n);
	return n;
}

/* Every value of first..last is as likely: what would bias is drawn again. */
static int64_t
random_between(int64_t first, int64_t last)
{
	uint64_t	 span, n, top;

	span = (uint64_t)(last - first) + 1;
	top = UINT64_MAX - UINT64_MAX % span;
	do {
		n = random_bits();
	} while (n >= top);
	return first + (int64_t)(n % span);
}

static enum hsl_rc
number_random(struct hsl_call *c)
{
	const double	 max = 9007199254740991.0;
	double		 first, last;

	if (c->argc == 0) {
		*c->ret = vnumber((double)(random_bits() >> 11) / max);
		return HSL_OK;
	}
	if (c->argc == 1)
		return hsl_throw(c, "random_number() takes 0 or 2 "
		    "arguments, not 1");
	if (!hsl_arg_number(c, 0, &first) || !hsl_arg_number(c, 1, &last))
		return HSL_THROW;
	first = ceil(first);
	last = floor(last);
	if (!(first <= last))
		return hsl_throw(c, "random_number(): an empty range");
	if (fabs(first) > max || fabs(last) > max)
		return hsl_throw(c, "random_number(): first and last lie "
		    "within 2^53 - 1");
	*c->ret = vnumber((double)random_between(vnum_int64(first),
	    vnum_int64(last)));
	return HSL_OK;
}

enum hsl_rc
fn_random_number(struct hsl_call *c)
{
	return number_random(c);
}

enum hsl_rc
fn_rand(struct hsl_call *c)
{
	return number_random(c);
}

enum hsl_rc
fn_random_bytes(struct hsl_call *c)
{
	struct hsl_string	*s;
	double			 n;
	size_t			 len;

	if (!hsl_arg_number(c, 0, &n))
		return HSL_THROW;
	if (!(n >= 0 && n <= RANDOM_MAX))
		return hsl_throw(c, "random_bytes(): up to %d bytes",
		    RANDOM_MAX);
	len = (size_t)hsl_whole(n, 0, RANDOM_MAX);
	if (!hsl_charge(c->x, len / 8) ||
	    (s = vstr_alloc(c->x, len)) == NULL)
		return HSL_THROW;
	arc4random_buf(s->data, s->len);
	*c->ret = vstr_value(s);
	return HSL_OK;
}
