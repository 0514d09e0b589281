/*
 * Nesting is bounded both ways.  A list (keys 0 to n-1 in order) and [] are
 * arrays, every other array an object.  Numbers that are not finite, text
 * that is not UTF-8, functions and objects can't be encoded.
 */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "hsl/exec.h"
#include "hsl/json.h"

#define JSON_DEPTH	200

static bool	json_write(struct hsl_exec *x, struct hsl_value v,
		    const struct json_style *style, struct buf *out,
		    int depth);

/* ---- Writing ----------------------------------------------------------- */

/* The code point at *i of valid UTF-8. */
static uint32_t
json_code_point(struct str s, size_t *i)
{
	unsigned char	 c = (unsigned char)s.p[(*i)++];
	uint32_t	 u;
	int		 more;

	if (c < 0x80)
		return c;
	more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
	u = c & (0x3fu >> more);
	while (more-- > 0)
		u = u << 6 | ((unsigned char)s.p[(*i)++] & 0x3f);
	return u;
}

static void
json_escape(struct buf *out, uint32_t u)
{
	if (u >= 0x10000) {
		u -= 0x10000;
		buf_printf(out, "\\u%04x\\u%04x", 0xd800 | u >> 10,
		    0xdc00 | (u & 0x3ff));
	} else
		buf_printf(out, "\\u%04x", u);
}

/* A byte that stands for itself in every form. */
static inline bool
json_plain(char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static bool
json_write_string(struct str s, const struct json_style *style,
    struct buf *out)
{
	static const char	 names[] = "\"\\\b\f\n\r\t";
	static const char	 escapes[] = "\"\\bfnrt";
	const char		*n;
	size_t			 i = 0, start;
	uint32_t		 u;

	if (!utf8_valid(s))
		return false;
	buf_add_byte(out, '"');
	while (i < s.len) {
		start = i;
		while (i < s.len && json_plain(s.p[i]))
			i++;
		if (i > start) {
			buf_add(out, s.p + start, i - start);
			continue;
		}
		u = json_code_point(s, &i);
		n = u < 0x80 && u > 0 ? strchr(names, (int)u) : NULL;
		if (n != NULL) {
			buf_add_byte(out, '\\');
			buf_add_byte(out, escapes[n - names]);
		} else if (u < 0x20 || u == 0x7f ||
		    (u >= 0x80 && style->ascii))
			json_escape(out, u);
		else
			buf_add(out, s.p + start, i - start);
	}
	buf_add_byte(out, '"');
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

	if (k.type == HSL_STRING)
		return json_write_string(vstr_str(k.u.string), style, out);
	if (k.type != HSL_NUMBER)
		return false;
	return json_write_string((struct str){ tmp,
	    vnum_format(k.u.number, tmp) }, style, out);
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
	char	 tmp[VNUM_TEXT];

	if (out->len > x->heap.limit)
		x->heap.over = true;
	if (!hsl_charge(x, 1))
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
		buf_add(out, tmp, vnum_format(v.u.number, tmp));
		return true;
	case HSL_STRING:
		x->budget -= v.u.string->len / 8;
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
	return json_write(x, v, style, out, 0);
}

/* ---- Reading ----------------------------------------------------------- */

struct json {
	struct hsl_exec	*x;
	const char	*p;
	const char	*end;
	bool		 comments;
};

static bool	json_read(struct json *j, struct hsl_value *v, int depth);

/* Past blanks, and comments where they are allowed. */
static bool
json_skip(struct json *j)
{
	const char	*q;

	for (;;) {
		while (j->p < j->end && (*j->p == ' ' || *j->p == '\n' ||
		    *j->p == '\t' || *j->p == '\r'))
			j->p++;
		if (!j->comments || j->end - j->p < 2 || *j->p != '/')
			return true;
		if (j->p[1] == '/') {
			q = memchr(j->p, '\n', (size_t)(j->end - j->p));
			j->p = q != NULL ? q : j->end;
		} else if (j->p[1] == '*') {
			q = memmem(j->p + 2, (size_t)(j->end - j->p - 2),
			    "*/", 2);
			if (q == NULL)
				return false;
			j->p = q + 2;
		} else
			return false;
	}
}

static bool
json_accept(struct json *j, char c)
{
	if (!json_skip(j) || j->p >= j->end || *j->p != c)
		return false;
	j->p++;
	return true;
}

static bool
json_hex4(struct json *j, uint32_t *u)
{
	int	 c;

	*u = 0;
	if (j->end - j->p < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		c = ascii_lower((unsigned char)*j->p++);
		if (ascii_isdigit(c))
			c -= '0';
		else if (c >= 'a' && c <= 'f')
			c -= 'a' - 10;
		else
			return false;
		*u = *u << 4 | (uint32_t)c;
	}
	return true;
}

static void
json_add_utf8(struct buf *b, uint32_t u)
{
	if (u < 0x80) {
		buf_add_byte(b, (char)u);
		return;
	}
	if (u < 0x800)
		buf_add_byte(b, (char)(0xc0 | u >> 6));
	else {
		if (u < 0x10000)
			buf_add_byte(b, (char)(0xe0 | u >> 12));
		else {
			buf_add_byte(b, (char)(0xf0 | u >> 18));
			buf_add_byte(b, (char)(0x80 | (u >> 12 & 0x3f)));
		}
		buf_add_byte(b, (char)(0x80 | (u >> 6 & 0x3f)));
	}
	buf_add_byte(b, (char)(0x80 | (u & 0x3f)));
}

/* After "\u"; a surrogate takes its other half along. */
static bool
json_unicode(struct json *j, struct buf *b)
{
	uint32_t	 u, low;

	if (!json_hex4(j, &u) || (u >= 0xdc00 && u < 0xe000))
		return false;
	if (u >= 0xd800 && u < 0xdc00) {
		if (j->end - j->p < 6 || j->p[0] != '\\' || j->p[1] != 'u')
			return false;
		j->p += 2;
		if (!json_hex4(j, &low) || low < 0xdc00 || low >= 0xe000)
			return false;
		u = 0x10000 + ((u & 0x3ff) << 10) + (low & 0x3ff);
	}
	json_add_utf8(b, u);
	return true;
}

static bool
json_escaped(struct json *j, struct buf *b)
{
	static const char	 names[] = "\"\\/bfnrt";
	static const char	 bytes[] = "\"\\/\b\f\n\r\t";
	const char		*n;

	if (j->p >= j->end || *j->p == '\0')
		return false;
	if (*j->p == 'u') {
		j->p++;
		return json_unicode(j, b);
	}
	if ((n = strchr(names, *j->p++)) == NULL)
		return false;
	buf_add_byte(b, bytes[n - names]);
	return true;
}

static bool
json_read_string(struct json *j, struct hsl_value *v)
{
	struct buf	 b = BUF_INIT;
	const char	*start;
	bool		 ok = false;

	while (j->p < j->end) {
		for (start = j->p; j->p < j->end && *j->p != '"' &&
		    *j->p != '\\' && (unsigned char)*j->p >= 0x20;)
			j->p++;
		buf_add(&b, start, (size_t)(j->p - start));
		if (j->p >= j->end || (unsigned char)*j->p < 0x20)
			break;
		if (*j->p++ == '"') {
			ok = utf8_valid(buf_str(&b));
			break;
		}
		if (!json_escaped(j, &b))
			break;
	}
	if (ok)
		*v = hsl_string(j->x, buf_str(&b));
	buf_free(&b);
	return ok;
}

static size_t
json_digits(struct json *j)
{
	const char	*start = j->p;

	while (j->p < j->end && ascii_isdigit((unsigned char)*j->p))
		j->p++;
	return (size_t)(j->p - start);
}

static bool
json_read_number(struct json *j, struct hsl_value *v)
{
	const char	*start = j->p, *digits;
	int64_t		 whole;
	char		*copy;
	size_t		 n;

	if (j->p < j->end && *j->p == '-')
		j->p++;
	digits = j->p;
	n = json_digits(j);
	if (n == 0 || (n > 1 && *digits == '0'))
		return false;
	if (j->p < j->end && *j->p == '.') {
		j->p++;
		if (json_digits(j) == 0)
			return false;
	}
	if (j->p < j->end && (*j->p | 0x20) == 'e') {
		j->p++;
		if (j->p < j->end && (*j->p == '+' || *j->p == '-'))
			j->p++;
		if (json_digits(j) == 0)
			return false;
	}
	if (j->p == digits + n && n <= 15) {
		for (whole = 0; digits < j->p; digits++)
			whole = whole * 10 + (*digits - '0');
		*v = vnumber(*start == '-' ? -(double)whole : (double)whole);
		return true;
	}
	copy = xstrndup(start, (size_t)(j->p - start));
	*v = vnumber(strtod(copy, NULL));
	free(copy);
	return true;
}

static bool
json_read_list(struct json *j, struct hsl_value list, int depth)
{
	struct hsl_value	 v;

	if (json_accept(j, ']'))
		return true;
	do {
		if (!json_read(j, &v, depth))
			return false;
		hsl_array_push(j->x, list, v);
	} while (json_accept(j, ','));
	return json_accept(j, ']');
}

static bool
json_read_object(struct json *j, struct hsl_value object, int depth)
{
	struct hsl_value	 k, v;

	if (json_accept(j, '}'))
		return true;
	do {
		if (!json_accept(j, '"') || !json_read_string(j, &k))
			return false;
		if (!json_accept(j, ':') || !json_read(j, &v, depth)) {
			vunref(j->x, k);
			return false;
		}
		hsl_array_set_key(j->x, object, k, v);
	} while (json_accept(j, ','));
	return json_accept(j, '}');
}

static bool
json_word(struct json *j, const char *word)
{
	size_t	 len = strlen(word);

	if ((size_t)(j->end - j->p) < len || memcmp(j->p, word, len) != 0)
		return false;
	j->p += len;
	return true;
}

static bool
json_read(struct json *j, struct hsl_value *v, int depth)
{
	bool	 ok;

	*v = vnone();
	if (depth > JSON_DEPTH || !hsl_charge(j->x, 1) || !json_skip(j) ||
	    j->p >= j->end)
		return false;
	switch (*j->p) {
	case '[':
	case '{':
		*v = hsl_array(j->x);
		ok = *j->p++ == '[' ? json_read_list(j, *v, depth + 1) :
		    json_read_object(j, *v, depth + 1);
		if (!ok) {
			vunref(j->x, *v);
			*v = vnone();
		}
		return ok;
	case '"':
		j->p++;
		return json_read_string(j, v);
	case 't':
		*v = vboolean(true);
		return json_word(j, "true");
	case 'f':
		*v = vboolean(false);
		return json_word(j, "false");
	case 'n':
		return json_word(j, "null");
	default:
		return json_read_number(j, v);
	}
}

bool
json_decode(struct hsl_exec *x, struct str text, bool comments,
    struct hsl_value *v)
{
	struct json	 j = { x, text.p, text.p + text.len, comments };

	*v = vnone();
	if (!hsl_charge(x, text.len / 16) || !json_read(&j, v, 0))
		return false;
	if (json_skip(&j) && j.p == j.end)
		return true;
	vunref(x, *v);
	*v = vnone();
	return false;
}
