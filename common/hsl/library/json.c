/*
 * Reading JSON by recursive descent, whose depth is bounded.  Writing is in
 * json_write.c.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "hsl/library/json.h"
#include "hsl/run/exec.h"

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

/* What stands after "\u"; of a surrogate the second half is read, too. */
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

/* Up to the next byte that ends plain text; whether all of it is ASCII. */
static bool
json_run(struct json *j)
{
	unsigned char	 c, any = 0;

	while (j->p < j->end && (c = (unsigned char)*j->p) != '"' &&
	    c != '\\' && c >= 0x20) {
		any |= c;
		j->p++;
	}
	return any < 0x80;
}

/* Most strings are plain: they are copied once. */
static bool
json_read_string(struct json *j, struct hsl_value *v)
{
	struct buf	 b = BUF_INIT;
	const char	*start = j->p;
	bool		 ok = false;

	if (json_run(j) && j->p < j->end && *j->p == '"') {
		*v = hsl_string(j->x, (struct str){ start,
		    (size_t)(j->p++ - start) });
		return true;
	}
	j->p = start;
	while (j->p < j->end) {
		start = j->p;
		(void)json_run(j);
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
	if (depth > JSON_DEPTH || !exec_charge(j->x, 1) || !json_skip(j) ||
	    j->p >= j->end)
		return false;
	switch (*j->p) {
	case '[':
	case '{':
		*v = hsl_array(j->x);
		ok = *j->p++ == '[' ? json_read_list(j, *v, depth + 1) :
		    json_read_object(j, *v, depth + 1);
		break;
	case '"':
		j->p++;
		return json_read_string(j, v);
	case 't':
		*v = vboolean(true);
		ok = json_word(j, "true");
		break;
	case 'f':
		*v = vboolean(false);
		ok = json_word(j, "false");
		break;
	case 'n':
		return json_word(j, "null");
	default:
		return json_read_number(j, v);
	}
	if (!ok) {
		vunref(j->x, *v);
		*v = vnone();
	}
	return ok;
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

bool
hsl_json_decode(struct hsl_exec *x, struct str text, struct hsl_value *v)
{
	return json_decode(x, text, false, v);
}
