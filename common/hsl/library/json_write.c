/*
 * Writing JSON.  Nesting is bounded.  A list (keys 0 to n-1 in order) and []
 * are arrays, every other array an object.  Numbers that are not finite,
 * text that is not UTF-8, functions and objects can't be encoded.
 */
#include <math.h>

#include "hsl/library/json.h"
#include "hsl/run/exec.h"

#define WRITE_FIRST	1024	/* room to begin with */
#define WRITE_PIECE	1024	/* bytes of a string made room for at once */
#define WRITE_BYTE	6	/* \uXXXX of one byte */
#define WRITE_LONGEST	12	/* two \uXXXX of one character */

static bool	json_write(struct hsl_exec *x, struct hsl_value v,
		    const struct json_style *style, struct buf *out,
		    int depth);

/* The code point of n valid bytes. */
static uint32_t
json_code_point(const char *p, size_t n)
{
	uint32_t	 u = (unsigned char)*p;

	if (n == 1)
		return u;
	u &= 0x7fu >> n;
	for (size_t i = 1; i < n; i++)
		u = u << 6 | ((unsigned char)p[i] & 0x3f);
	return u;
}

static char *
json_escape_unit(char *o, uint32_t u)
{
	static const char	 hex[] = "0123456789abcdef";

	*o++ = '\\';
	*o++ = 'u';
	for (int shift = 12; shift >= 0; shift -= 4)
		*o++ = hex[u >> shift & 15];
	return o;
}

static char *
json_escape(char *o, uint32_t u)
{
	static const char	 names[] = "\"\\\b\f\n\r\t";
	static const char	 escapes[] = "\"\\bfnrt";
	const char		*n;

	n = u < 0x80 && u > 0 ? strchr(names, (int)u) : NULL;
	if (n != NULL) {
		*o++ = '\\';
		*o++ = escapes[n - names];
		return o;
	}
	if (u >= 0x10000) {
		u -= 0x10000;
		o = json_escape_unit(o, 0xd800 | u >> 10);
		u = 0xdc00 | (u & 0x3ff);
	}
	return json_escape_unit(o, u);
}

/* A byte that stands for itself in every form. */
static inline bool
json_plain(char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* Writes the character at s.p[*i] in another form, and moves *i past it; the
 * end of what was written, or NULL if it is not UTF-8. */
static char *
json_character(struct str s, size_t *i, bool ascii, char *o)
{
	const char	*p = s.p + *i;
	size_t		 n = utf8_first((struct str){ p, s.len - *i });

	if (n == 0)
		return NULL;
	*i += n;
	if (n == 1 || ascii)
		return json_escape(o, json_code_point(p, n));
	memcpy(o, p, n);
	return o + n;
}

#define ALL(byte)	(0x0101010101010101u * (byte))

/* Whether one of eight bytes is not plain.  They are added to and subtracted
 * from as one word, and the carries tell. */
static inline bool
json_special(const char *p)
{
	uint64_t	 w, quote, back, delete;

	memcpy(&w, p, 8);
	quote = w ^ ALL('"');
	back = w ^ ALL('\\');
	delete = w ^ ALL(0x7f);
	return ((w | (w - ALL(0x20)) | ((quote - ALL(1)) & ~quote) |
	    ((back - ALL(1)) & ~back) | ((delete - ALL(1)) & ~delete)) &
	    ALL(0x80)) != 0;
}

static bool
json_write_string(struct str s, const struct json_style *style,
    struct buf *out)
{
	char	*start, *o;
	size_t	 i = 0, end;

	do {
		end = s.len - i > WRITE_PIECE ? i + WRITE_PIECE : s.len;
		o = start = buf_reserve(out, (end - i) * WRITE_BYTE +
		    WRITE_LONGEST + 2);
		if (i == 0)
			*o++ = '"';
		while (i < end) {
			if (end - i >= 8 && !json_special(s.p + i)) {
				memcpy(o, s.p + i, 8);
				o += 8;
				i += 8;
			} else if (json_plain(s.p[i]))
				*o++ = s.p[i++];
			else if ((o = json_character(s, &i, style->ascii,
			    o)) == NULL)
				return false;
		}
		if (i >= s.len)
			*o++ = '"';
		buf_added(out, (size_t)(o - start));
	} while (i < s.len);
	return true;
}

static bool
json_is_list(const struct hsl_array *a)
{
	struct hsl_value	 k, *v;
	uint32_t		 pos = 0, n = 0;

	if (a->packed)
		return true;
	while (varr_next(a, &pos, &k, &v))
		if (k.type != HSL_NUMBER || k.u.number != n++)
			return false;
	return true;
}

static void
json_line(const struct json_style *style, struct buf *out, int depth)
{
	if (!style->pretty)
		return;
	buf_add_byte(out, '\n');
	while (depth-- > 0)
		buf_add_text(out, "    ");
}

static bool
json_write_key(struct hsl_value k, const struct json_style *style,
    struct buf *out)
{
	char	 tmp[VNUM_TEXT];
	size_t	 len;

	if (k.type == HSL_STRING)
		return json_write_string(vstr_str(k.u.string), style, out);
	if (k.type != HSL_NUMBER)
		return false;
	len = vnum_format(k.u.number, tmp);
	return json_write_string((struct str){ tmp, len }, style, out);
}

static bool
json_write_array(struct hsl_exec *x, const struct hsl_array *a,
    const struct json_style *style, struct buf *out, int depth)
{
	bool			 list = json_is_list(a), first = true;
	struct hsl_value	 k, *v;
	uint32_t		 pos = 0;

	if (depth > JSON_DEPTH)
		return false;
	buf_add_byte(out, list ? '[' : '{');
	while (varr_next(a, &pos, &k, &v)) {
		if (!first)
			buf_add_byte(out, ',');
		first = false;
		json_line(style, out, depth + 1);
		if (!list) {
			if (!json_write_key(k, style, out))
				return false;
			buf_add_text(out, style->pretty ? ": " : ":");
		}
		if (!json_write(x, *v, style, out, depth + 1))
			return false;
	}
	if (!first)
		json_line(style, out, depth);
	buf_add_byte(out, list ? ']' : '}');
	return true;
}

static bool
json_write(struct hsl_exec *x, struct hsl_value v,
    const struct json_style *style, struct buf *out, int depth)
{
	if (out->len > x->space.heap.limit)
		x->space.heap.over = true;
	if (!exec_charge(x, 1))
		return false;
	switch (v.type) {
	case HSL_UNDEF:
	case HSL_NONE:
		buf_add_text(out, "null");
		return true;
	case HSL_BOOLEAN:
		buf_add_text(out, v.u.boolean ? "true" : "false");
		return true;
	case HSL_NUMBER:
		if (!isfinite(v.u.number))
			return false;
		buf_added(out, vnum_format(v.u.number,
		    buf_reserve(out, VNUM_TEXT)));
		return true;
	case HSL_STRING:
		x->space.budget -= v.u.string->len / 8;
		return json_write_string(vstr_str(v.u.string), style, out);
	case HSL_ARRAY:
		return json_write_array(x, v.u.array, style, out, depth);
	default:
		return false;
	}
}

bool
json_encode(struct hsl_exec *x, struct hsl_value v,
    const struct json_style *style, struct buf *out)
{
	(void)buf_reserve(out, WRITE_FIRST);
	return json_write(x, v, style, out, 0);
}
