/*
 * "format" % args.  A directive is
 *
 *	% [index] 'pad align width .precision type
 *
 * where index (from 0) picks an argument, the one after which is the next
 * directive's, align is one of < > = ^, and type
 * one of s f x c b.
 */
#include <math.h>
#include <stdio.h>

#include "hsl/run/arith.h"
#include "hsl/run/throw.h"

#define FORMAT_WIDTH	100000
#define FORMAT_PRECISION 60

struct directive {
	int64_t	 index;			/* -1: the next one */
	char	 pad;
	char	 align;			/* 0: as the type has it */
	uint32_t width;
	int	 precision;		/* -1: none */
	char	 type;
};

static bool
format_number(struct str s, size_t *i, uint32_t max, uint32_t *n)
{
	size_t	 start = *i;

	*n = 0;
	while (*i < s.len && ascii_isdigit((unsigned char)s.p[*i])) {
		*n = *n * 10 + (uint32_t)(s.p[(*i)++] - '0');
		*n = *n > max ? max : *n;
	}
	return *i > start;
}

/* After "%"; false if it is no directive. */
static bool
format_parse(struct str s, size_t *i, struct directive *d)
{
	uint32_t	 n;

	*d = (struct directive){ -1, ' ', 0, 0, -1, 0 };
	if (*i < s.len && s.p[*i] == '[') {
		(*i)++;
		if (!format_number(s, i, 1000000, &n) || *i >= s.len ||
		    s.p[(*i)++] != ']')
			return false;
		d->index = n;
	}
	if (*i + 1 < s.len && s.p[*i] == '\'') {
		d->pad = s.p[*i + 1];
		*i += 2;
	}
	if (*i < s.len && s.p[*i] != '\0' &&
	    strchr("<>=^", s.p[*i]) != NULL)
		d->align = s.p[(*i)++];
	format_number(s, i, FORMAT_WIDTH, &d->width);
	if (*i < s.len && s.p[*i] == '.') {
		(*i)++;
		if (!format_number(s, i, FORMAT_PRECISION, &n))
			return false;
		d->precision = (int)n;
	}
	if (*i >= s.len || s.p[*i] == '\0' ||
	    strchr("sfxcb", s.p[*i]) == NULL)
		return false;
	d->type = s.p[(*i)++];
	return true;
}

static size_t
format_binary(uint64_t u, char *out)
{
	size_t	 len = 0;
	int	 bit = 63;

	while (bit > 0 && !(u >> bit & 1))
		bit--;
	for (; bit >= 0; bit--)
		out[len++] = (char)('0' + (u >> bit & 1));
	return len;
}

/* The digits of a number, sign first. */
static size_t
format_digits(const struct directive *d, double n, char out[400])
{
	int64_t	 i = vnum_int64(n);
	size_t	 len = 0;

	switch (d->type) {
	case 'f':
		if (d->precision < 0 || !isfinite(n))
			return vnum_format(n, out);
		return (size_t)snprintf(out, 400, "%.*f", d->precision, n);
	case 'c':
		out[0] = (char)(i & 255);
		return 1;
	default:
		if (i < 0)
			out[len++] = '-';
		if (d->type == 'b')
			return len + format_binary((uint64_t)(i < 0 ? -i : i),
			    out + len);
		return len + (size_t)snprintf(out + len, 400, "%llx",
		    (unsigned long long)(i < 0 ? -i : i));
	}
}

static void
format_pad(struct buf *out, char pad, size_t n)
{
	memset(buf_reserve(out, n + 1), pad, n);
	buf_added(out, n);
}

static void
format_place(struct buf *out, const struct directive *d, struct str s,
    bool number)
{
	char	 align = d->align ? d->align : number ? '>' : '<';
	size_t	 room = s.len < d->width ? d->width - s.len : 0;
	size_t	 left = align == '>' || align == '=' ? room :
		    align == '^' ? room / 2 : 0;

	if (align == '=' && s.len > 0 && (s.p[0] == '-' || s.p[0] == '+')) {
		buf_add_byte(out, s.p[0]);
		s.p++;
		s.len--;
	}
	format_pad(out, d->pad, left);
	buf_add_str(out, s);
	format_pad(out, d->pad, room - left);
}

static bool
format_one(struct hsl_exec *x, struct buf *out, const struct directive *d,
    struct hsl_value v)
{
	char		 tmp[VNUM_TEXT], digits[400];
	struct buf	 big = BUF_INIT;
	struct str	 s;
	double		 n;

	if (d->type != 's') {
		if (!arith_number(x, v, &n))
			return false;
		s = (struct str){ digits, format_digits(d, n, digits) };
		format_place(out, d, s, d->type != 'c');
		return true;
	}
	s = vtext(x, v, tmp, &big);
	if (d->precision >= 0 && s.len > (size_t)d->precision)
		s.len = (size_t)d->precision;
	format_place(out, d, s, v.type == HSL_NUMBER);
	buf_free(&big);
	return hsl_charge(x, 1 + s.len / 32);
}

static bool
format_all(struct hsl_exec *x, struct buf *out, struct str f,
    struct hsl_value args)
{
	struct directive	 d;
	struct hsl_value	*v, one = args;
	int64_t			 next = 0;
	size_t			 i = 0, start;

	while (i < f.len) {
		if (f.p[i] != '%') {
			buf_add_byte(out, f.p[i++]);
			continue;
		}
		start = i++;
		if (i < f.len && f.p[i] == '%') {
			buf_add_byte(out, f.p[i++]);
			continue;
		}
		if (!format_parse(f, &i, &d))
			return throw_error(x, "unknown format '%.*s'",
			    (int)(i + 1 - start < 40 ? i + 1 - start : 40) -
			    (i >= f.len), f.p + start);
		if (d.index < 0)
			d.index = next;
		next = d.index + 1;
		v = args.type != HSL_ARRAY ? d.index == 0 ? &one : NULL :
		    varr_find(args.u.array, varr_key_int(d.index));
		if (v == NULL)
			return throw_error(x, "too few arguments for a format");
		if (!format_one(x, out, &d, *v))
			return false;
		if (out->len > x->space.heap.limit) {
			x->space.heap.over = true;
			return throw_check(x);
		}
	}
	return true;
}

bool
arith_format(struct hsl_exec *x, struct hsl_value *dst,
    struct hsl_value format, struct hsl_value args)
{
	struct buf	 out = BUF_INIT;
	bool		 ok = hsl_charge(x, format.u.string->len / 32) &&
			    format_all(x, &out, vstr_str(format.u.string),
			    args);

	if (ok)
		vset(x, dst, hsl_string(x, buf_str(&out)));
	buf_free(&out);
	return ok && throw_check(x);
}
