/*
 * Numbers as text: the shortest decimal that reads back as the same double,
 * laid out as JavaScript does.  Text as numbers: an optional sign, digits
 * with an optional fraction, or 0x and hexadecimal digits; blanks around it
 * are ignored, anything else is not a number.
 */
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "hsl/values/array.h"
#include "hsl/values/space.h"
#include "hsl/values/vstr.h"

#define PAIR(t)		t "0" t "1" t "2" t "3" t "4" t "5" t "6" t "7" t "8" \
			    t "9"

static size_t
vnum_format_int(int64_t n, char *out)
{
	static const char	 pairs[] = PAIR("0") PAIR("1") PAIR("2")
				    PAIR("3") PAIR("4") PAIR("5") PAIR("6")
				    PAIR("7") PAIR("8") PAIR("9");
	uint64_t		 u = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
	char			 text[24], *p = text + sizeof text;
	uint32_t		 small;
	size_t			 len;

	for (; u > UINT32_MAX; u /= 100) {
		p -= 2;
		memcpy(p, pairs + u % 100 * 2, 2);
	}
	for (small = (uint32_t)u; small >= 10; small /= 100) {
		p -= 2;
		memcpy(p, pairs + small % 100 * 2, 2);
	}
	if (small > 0 || p == text + sizeof text)
		*--p = (char)('0' + small);
	if (n < 0)
		*--p = '-';
	len = (size_t)(text + sizeof text - p);
	memcpy(out, p, len);
	out[len] = '\0';
	return len;
}

static const double	vnum_ten[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7,
	1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
	1e20, 1e21, 1e22 };

#define VNUM_TENS	(sizeof vnum_ten / sizeof vnum_ten[0])
#define VNUM_FEW	2251799813685248.0	/* 2^51 */

/*
 * n, from 1e-6 to 2^51, as m / 10^k with m and k as large as they may be for
 * m < 2^51; false if it isn't.  Then n lies less than 1/4 from m in units of
 * 10^-k, and the product is rounded by 1/8 at most: no other m comes into
 * question.  m and 10^k are exact, so that their quotient is what reading the
 * decimal gives; and all that reads as n lies within half a unit of m, so
 * that m without the zeros at its end is the shortest of these.
 */
static bool
vnum_few(double n, uint64_t *m, int *k)
{
	double	 product;
	size_t	 i;

	i = n >= 1e7 ? 0 : n >= 1 ? 8 : 15;
	while (i + 1 < VNUM_TENS && n * vnum_ten[i + 1] < VNUM_FEW)
		i++;
	product = n * vnum_ten[i];
	*m = (uint64_t)(product + 0.5);
	*k = (int)i;
	return (double)*m / vnum_ten[i] == n;
}

static size_t
vnum_few_digits(uint64_t m, int k, char digits[20], int *exp)
{
	char	 text[24];
	size_t	 len;

	while (m % 10000 == 0) {
		m /= 10000;
		k -= 4;
	}
	while (m % 10 == 0) {
		m /= 10;
		k--;
	}
	len = vnum_format_int((int64_t)m, text);
	memcpy(digits, text, len);
	*exp = (int)len - 1 - k;
	return len;
}

#ifdef __SIZEOF_INT128__
__extension__ typedef unsigned __int128	vnum_wide;

static vnum_wide
vnum_wide_ten(int k)
{
	vnum_wide	 p = (uint64_t)vnum_ten[k > 15 ? 15 : k];

	for (; k > 15; k--)
		p *= 10;
	return p;
}

/* The integer nearest to p / 2^e, and how far off, in units of 2^-e. */
static uint64_t
vnum_nearest(vnum_wide p, int e, vnum_wide *off)
{
	vnum_wide	 half = (vnum_wide)1 << (e - 1);
	uint64_t	 m = (uint64_t)(p >> e);
	vnum_wide	 rest = p - ((vnum_wide)m << e);
	bool		 up = rest > half || (rest == half && (m & 1));

	*off = up ? 2 * half - rest : rest;
	return m + up;
}

/*
 * n, from 1e-6 to 2^51, that takes 16 or 17 digits, as m / 10^k.  n is f / 2^e
 * with f < 2^53, and 10^k < 2^74, so that their product is exact.  What reads
 * as n lies within half a unit of f, above and, where f is no power of two,
 * below; on the edge only if f is even.  17 digits always do.
 */
static uint64_t
vnum_many(double n, int *k)
{
	vnum_wide	 ten, off;
	uint64_t	 f, m;
	int		 e;

	f = (uint64_t)ldexp(frexp(n, &e), 53);
	e = 53 - e;
	for (*k = n >= 1e6 ? 0 : n >= 1 ? 9 : 15; n * vnum_ten[*k] < 1e15;)
		++*k;
	ten = vnum_wide_ten(*k);
	m = vnum_nearest(f * ten, e, &off);
	if (2 * off < ten || (2 * off == ten && (f & 1) == 0))
		return m;
	++*k;
	return vnum_nearest(f * ten * 10, e, &off);
}
#endif

/*
 * Below a power of two doubles lie closer together than above it: a decimal
 * that reads back may be the next above the nearest one.  One that ends in 9
 * would have been found with a digit less.
 */
static bool
vnum_next_reads(char *text, double n)
{
	char	*last = strchr(text, 'e') - 1;

	if (*last == '9')
		return false;
	++*last;
	return strtod(text, NULL) == n;
}

/* "d.ddde-x" of the fewest digits; returns how many, *exp the exponent. */
static size_t
vnum_digits(double n, char digits[20], int *exp)
{
	char		 text[40], *e;
	size_t		 len = 0;
	uint64_t	 m;
	int		 i, unused;
	bool		 edge = frexp(n, &unused) == 0.5;
	bool		 middle = n >= 1e-6 && n < VNUM_FEW;

	if (middle && vnum_few(n, &m, &i))
		return vnum_few_digits(m, i, digits, exp);
#ifdef __SIZEOF_INT128__
	if (middle && !edge) {
		m = vnum_many(n, &i);
		return vnum_few_digits(m, i, digits, exp);
	}
#endif
	/* Numbers next to 0 have few digits that mean anything; of others 15
	 * always hold, and in the middle have been tried. */
	for (i = n < DBL_MIN ? 0 : middle ? 15 : 14; i < 17; i++) {
		snprintf(text, sizeof text, "%.*e", i, n);
		if (i == 16 || strtod(text, NULL) == n ||
		    (edge && vnum_next_reads(text, n)))
			break;
	}
	e = strchr(text, 'e');
	*exp = atoi(e + 1);
	for (char *p = text; p < e; p++)
		if (*p >= '0' && *p <= '9' && len < 18)
			digits[len++] = *p;
	while (len > 1 && digits[len - 1] == '0')
		len--;
	return len;
}

static size_t
vnum_layout(const char *d, size_t n, int exp, char *o)
{
	char	*start = o;
	int	 i;

	if (exp >= 21 || exp < -6) {
		*o++ = d[0];
		if (n > 1) {
			*o++ = '.';
			memcpy(o, d + 1, n - 1);
			o += n - 1;
		}
		return (size_t)(o - start) +
		    (size_t)sprintf(o, "e%+d", exp);
	}
	if (exp < 0) {
		*o++ = '0';
		*o++ = '.';
		for (i = exp + 1; i < 0; i++)
			*o++ = '0';
		memcpy(o, d, n);
		o += n;
	} else {
		for (i = 0; i <= exp; i++)
			*o++ = (size_t)i < n ? d[i] : '0';
		if ((size_t)exp + 1 < n) {
			*o++ = '.';
			memcpy(o, d + exp + 1, n - (size_t)exp - 1);
			o += n - (size_t)exp - 1;
		}
	}
	*o = '\0';
	return (size_t)(o - start);
}

size_t
vnum_format(double n, char out[VNUM_TEXT])
{
	char	 digits[20];
	size_t	 len, sign = 0;
	int	 exp;

	if (n >= -1e15 && n <= 1e15 && n == (double)(int64_t)n)
		return vnum_format_int((int64_t)n, out);
	if (isnan(n))
		return (size_t)sprintf(out, "nan");
	if (isinf(n))
		return (size_t)sprintf(out, n < 0 ? "-inf" : "inf");
	if (n < 0) {
		out[sign++] = '-';
		n = -n;
	}
	len = vnum_digits(n, digits, &exp);
	return sign + vnum_layout(digits, len, exp, out + sign);
}

static struct str
vnum_trim(struct str s)
{
	while (s.len > 0 && strchr(" \t\r\n", s.p[0]) != NULL &&
	    s.p[0] != '\0') {
		s.p++;
		s.len--;
	}
	while (s.len > 0 && strchr(" \t\r\n", s.p[s.len - 1]) != NULL &&
	    s.p[s.len - 1] != '\0')
		s.len--;
	return s;
}

static bool
vnum_parse_hex(struct str s, double *n)
{
	int	 c;

	*n = 0;
	for (size_t i = 0; i < s.len; i++) {
		c = ascii_lower((unsigned char)s.p[i]);
		if (ascii_isdigit(c))
			*n = *n * 16 + (c - '0');
		else if (c >= 'a' && c <= 'f')
			*n = *n * 16 + (c - 'a' + 10);
		else
			return false;
	}
	return s.len > 0;
}

/* Exact when the digits fit a double and the power of ten does. */
static double
vnum_decimal(struct str s, uint64_t mantissa, size_t digits, size_t fraction)
{
	char	*copy;
	double	 n;

	if (digits <= 15)
		return (double)mantissa / vnum_ten[fraction];
	copy = xstrndup(s.p, s.len);
	n = strtod(copy, NULL);
	free(copy);
	return n;
}

bool
vnum_parse(struct str s, double *n)
{
	uint64_t	 mantissa = 0;
	size_t		 i, digits = 0, fraction = 0;
	bool		 minus, point = false;

	s = vnum_trim(s);
	minus = s.len > 0 && s.p[0] == '-';
	if (minus || (s.len > 0 && s.p[0] == '+')) {
		s.p++;
		s.len--;
	}
	if (s.len > 2 && s.p[0] == '0' && (s.p[1] | 0x20) == 'x') {
		if (!vnum_parse_hex((struct str){ s.p + 2, s.len - 2 }, n))
			return false;
	} else {
		for (i = 0; i < s.len; i++) {
			if (s.p[i] == '.' && !point && i > 0) {
				point = true;
				continue;
			}
			if (!ascii_isdigit((unsigned char)s.p[i]))
				return false;
			mantissa = mantissa * 10 + (uint64_t)(s.p[i] - '0');
			digits++;
			fraction += point;
		}
		if (digits == 0 || s.p[s.len - 1] == '.')
			return false;
		*n = vnum_decimal(s, mantissa, digits, fraction);
	}
	if (minus)
		*n = -*n;
	return true;
}

int32_t
vnum_int32(double n)
{
	uint32_t	 u;

	if (n >= INT32_MIN && n <= INT32_MAX)
		return (int32_t)n;
	if (!isfinite(n))
		return 0;
	n = fmod(trunc(n), 4294967296.0);
	u = (uint32_t)(int64_t)n;
	return u <= INT32_MAX ? (int32_t)u : -(int32_t)(UINT32_MAX - u) - 1;
}

int64_t
hsl_whole(double n, int64_t low, int64_t high)
{
	if (isnan(n))
		n = 0;
	if (n <= (double)low)
		return low;
	return n >= (double)high ? high : (int64_t)n;
}

int64_t
vnum_int64(double n)
{
	const int64_t	 max = (int64_t)1 << 53;

	return hsl_whole(n, -max, max);
}

int64_t
vnum_key(double n)
{
	return isnan(n) ? INT64_MAX : vnum_int64(n);
}

bool
vtrue(struct hsl_value v)
{
	switch (v.type) {
	case HSL_UNDEF:
	case HSL_NONE:
		return false;
	case HSL_BOOLEAN:
		return v.u.boolean;
	case HSL_NUMBER:
		return v.u.number != 0;
	case HSL_STRING:
		return v.u.string->len > 0;
	case HSL_ARRAY:
		return v.u.array->count > 0;
	default:
		return true;
	}
}

struct str
vtext(struct hsl_exec *x, struct hsl_value v, char tmp[VNUM_TEXT],
    struct buf *big)
{
	struct space	*space;

	switch (v.type) {
	case HSL_STRING:
		return vstr_str(v.u.string);
	case HSL_NUMBER:
		return (struct str){ tmp, vnum_format(v.u.number, tmp) };
	case HSL_BOOLEAN:
		return v.u.boolean ? STR("true") : STR("false");
	case HSL_UNDEF:
	case HSL_NONE:
		return STR("");
	default:
		space = space_of(x);
		buf_clear(big);
		if (!vprint(v, big, vheap_left(&space->heap)))
			space->heap.over = true;
		space->budget -= (int64_t)(big->len / 8);
		return buf_str(big);
	}
}

struct hsl_value
vtext_value(struct hsl_exec *x, struct hsl_value v)
{
	char			 tmp[VNUM_TEXT];
	struct buf		 big = BUF_INIT;
	struct hsl_value	 s;

	if (v.type == HSL_STRING)
		return vref(v);
	s = vstr_value(vstr_new(x, vtext(x, v, tmp, &big)));
	buf_free(&big);
	return s;
}
