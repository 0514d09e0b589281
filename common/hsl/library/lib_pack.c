/*
 * pack() and unpack(): values to bytes and back, by codes.
 *
 *	a string, NUL-padded   Z string, NUL-ended   H hexadecimal digits
 *	C c bytes   n v 16 bits, N V 32 bits: big, little endian
 *	E e doubles: big, little endian   x a NUL byte
 */
#include "hsl/library/lib.h"
#include "hsl/run/arith.h"

#define COUNT_ALL	-1		/* "*" */
#define COUNT_ONE	-2		/* no count */
#define PACK_MAX	(64 * 1024 * 1024)

struct code {
	char	 code;
	int64_t	 count;
};

/* The next code; false at the end, or with *bad at an unknown one. */
static bool
pack_code(struct str *f, struct code *k, bool *bad)
{
	if (f->len == 0)
		return false;
	k->code = *f->p;
	f->p++;
	f->len--;
	if (k->code == '\0' || strchr("aZHCcnvNVEex", k->code) == NULL) {
		*bad = true;
		return false;
	}
	k->count = COUNT_ONE;
	if (f->len > 0 && *f->p == '*') {
		k->count = COUNT_ALL;
		f->p++;
		f->len--;
	} else if (f->len > 0 && ascii_isdigit((unsigned char)*f->p)) {
		for (k->count = 0; f->len > 0 &&
		    ascii_isdigit((unsigned char)*f->p); f->p++, f->len--)
			if (k->count < PACK_MAX)
				k->count = k->count * 10 + (*f->p - '0');
	}
	return true;
}

static size_t
pack_size(char code)
{
	switch (code) {
	case 'n': case 'v':
		return 2;
	case 'N': case 'V':
		return 4;
	case 'E': case 'e':
		return 8;
	default:
		return 1;
	}
}

static bool
pack_is_big(char code)
{
	return code == 'n' || code == 'N' || code == 'E';
}

static void
pack_uint(struct buf *out, uint64_t n, size_t size, bool big)
{
	for (size_t i = 0; i < size; i++)
		buf_add_byte(out, (char)(n >> 8 * (big ? size - 1 - i : i)));
}

static void
pack_string(struct buf *out, struct str s, struct code k)
{
	size_t	 n = k.count == COUNT_ALL ? s.len + (k.code == 'Z') :
		    k.count == COUNT_ONE ? 1 : (size_t)k.count;
	size_t	 text = s.len < n ? s.len : n;

	/* A Z with a count ends in NUL even if the text is longer. */
	if (k.code == 'Z' && k.count >= 0 && n > 0 && text == n)
		text = n - 1;
	buf_add(out, s.p, text);
	for (; text < n; text++)
		buf_add_byte(out, '\0');
}

static int
pack_nibble(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
pack_hex(struct buf *out, struct str s, struct code k)
{
	size_t	 n = k.count == COUNT_ALL ? s.len : k.count == COUNT_ONE ? 1 :
		    (size_t)k.count;
	int	 hi, lo;

	for (size_t i = 0; i < n; i += 2) {
		hi = i < s.len ? pack_nibble((unsigned char)s.p[i]) : 0;
		lo = i + 1 < n && i + 1 < s.len ?
		    pack_nibble((unsigned char)s.p[i + 1]) : 0;
		if (hi < 0 || lo < 0)
			return false;
		buf_add_byte(out, (char)(hi << 4 | lo));
	}
	return true;
}

static bool
pack_number(struct hsl_call *c, struct buf *out, struct code k, int *arg)
{
	int64_t		 n = k.count == COUNT_ALL ? c->argc - *arg :
			    k.count == COUNT_ONE ? 1 : k.count;
	uint64_t	 bits;
	double		 v;

	for (; n > 0; n--) {
		if (*arg >= c->argc || !hsl_arg_number(c, (*arg)++, &v))
			return false;
		if (pack_size(k.code) == 8)
			memcpy(&bits, &v, sizeof bits);
		else
			bits = (uint64_t)vnum_int64(v);
		pack_uint(out, bits, pack_size(k.code), pack_is_big(k.code));
	}
	return true;
}

static bool
pack_one(struct hsl_call *c, struct buf *out, struct code k, int *arg)
{
	struct str	 s;

	if (k.count > PACK_MAX || out->len > PACK_MAX ||
	    !hsl_charge(c->x, k.count > 0 ? (uint64_t)k.count / 8 : 1))
		return false;
	switch (k.code) {
	case 'x':
		for (int64_t n = k.count == COUNT_ONE ? 1 : k.count; n > 0; n--)
			buf_add_byte(out, '\0');
		return true;
	case 'a':
	case 'Z':
	case 'H':
		if (*arg >= c->argc || !hsl_arg_text(c, (*arg)++, &s) ||
		    !hsl_charge(c->x, s.len / 32))
			return false;
		if (k.code == 'H')
			return pack_hex(out, s, k);
		pack_string(out, s, k);
		return true;
	default:
		return pack_number(c, out, k, arg);
	}
}

enum hsl_rc
fn_pack(struct hsl_call *c)
{
	struct buf	 out = BUF_INIT;
	struct str	 f;
	struct code	 k;
	bool		 bad = false;
	int		 arg = 1;

	if (!hsl_arg_text(c, 0, &f))
		return HSL_THROW;
	while (!bad && pack_code(&f, &k, &bad))
		bad = !pack_one(c, &out, k, &arg);
	if (!bad)
		*c->ret = hsl_string(c->x, buf_str(&out));
	buf_free(&out);
	return c->x->throwing ? HSL_THROW : HSL_OK;
}

/* ---- unpack() ---------------------------------------------------------- */

static double
unpack_number(const char *p, char code)
{
	size_t		 size = pack_size(code);
	bool		 big = pack_is_big(code);
	uint64_t	 n = 0;
	double		 v;

	for (size_t i = 0; i < size; i++)
		n = n << 8 | (unsigned char)p[big ? i : size - 1 - i];
	if (size == 8) {
		memcpy(&v, &n, sizeof v);
		return v;
	}
	return code == 'c' && n > 127 ? (double)n - 256 : (double)n;
}

static bool
unpack_hex(struct hsl_call *c, struct str *s, struct code k)
{
	static const char	 hex[] = "0123456789abcdef";
	size_t			 n = k.count == COUNT_ALL ? 2 * s->len :
				    k.count == COUNT_ONE ? 1 :
				    (size_t)k.count;
	struct buf		 b = BUF_INIT;
	unsigned char		 byte;

	if ((n + 1) / 2 > s->len)
		return false;
	for (size_t i = 0; i < n; i++) {
		byte = (unsigned char)s->p[i / 2];
		buf_add_byte(&b, hex[i & 1 ? byte & 15 : byte >> 4]);
	}
	hsl_array_push(c->x, *c->ret, hsl_string(c->x, buf_str(&b)));
	buf_free(&b);
	s->p += (n + 1) / 2;
	s->len -= (n + 1) / 2;
	return true;
}

static bool
unpack_string(struct hsl_call *c, struct str *s, struct code k)
{
	size_t		 n = k.count == COUNT_ALL ? s->len :
			    k.count == COUNT_ONE ? 1 : (size_t)k.count;
	size_t		 text, used;
	const char	*nul;

	if (n > s->len)
		return false;
	text = used = n;
	if (k.code == 'Z') {
		nul = n > 0 ? memchr(s->p, '\0', n) : NULL;
		if (nul != NULL) {
			text = (size_t)(nul - s->p);
			used = k.count == COUNT_ALL ? text + 1 : n;
		}
	}
	hsl_array_push(c->x, *c->ret,
	    hsl_string(c->x, (struct str){ s->p, text }));
	s->p += used;
	s->len -= used;
	return true;
}

static bool
unpack_one(struct hsl_call *c, struct str *s, struct code k)
{
	size_t	 size = pack_size(k.code), n;

	if (k.code == 'H')
		return unpack_hex(c, s, k);
	if (k.code == 'a' || k.code == 'Z')
		return unpack_string(c, s, k);
	n = k.count == COUNT_ALL ? s->len / size : k.count == COUNT_ONE ? 1 :
	    (size_t)k.count;
	if (n > s->len / size || !hsl_charge(c->x, n))
		return false;
	for (; n > 0; n--) {
		if (k.code != 'x')
			hsl_array_push(c->x, *c->ret,
			    vnumber(unpack_number(s->p, k.code)));
		s->p += size;
		s->len -= size;
	}
	return true;
}

enum hsl_rc
fn_unpack(struct hsl_call *c)
{
	struct str	 f, s;
	struct code	 k;
	double		 offset = 0;
	bool		 bad = false;

	if (!hsl_arg_text(c, 0, &f) || !hsl_arg_text(c, 1, &s) ||
	    (c->argc == 3 && !hsl_arg_number(c, 2, &offset)) ||
	    !hsl_charge(c->x, s.len / 32))
		return HSL_THROW;
	if (!(offset >= 0 && offset <= (double)s.len))
		return HSL_OK;
	s.p += lib_position(offset, s.len);
	s.len -= lib_position(offset, s.len);
	*c->ret = hsl_array(c->x);
	while (!bad && pack_code(&f, &k, &bad))
		bad = !unpack_one(c, &s, k);
	if (bad)
		vset(c->x, c->ret, vnone());
	return c->x->throwing ? HSL_THROW : HSL_OK;
}
