/*
 * The only writer of fields is field_build(), so that its checks hold for
 * every edit: I1, no CR or LF but in CRLF WSP; I2, something to see after
 * each of those (a line of white space alone ends the header for some).
 */
#include <string.h>

#include "field.h"

static bool
field_space(char c)
{
	return c == ' ' || c == '\t';
}

/* RFC 5322 3.6.8 */
bool
field_name_valid(struct str name)
{
	size_t	i;

	if (name.len == 0 || name.len > FIELD_NAME_MAX)
		return false;
	for (i = 0; i < name.len; i++)
		if (name.p[i] <= ' ' || name.p[i] > '~' || name.p[i] == ':')
			return false;
	return true;
}

struct field
field_of(struct str raw)
{
	struct field	 f = { raw, 0 };
	const char	*colon;
	struct str	 name;

	colon = raw.len != 0 ? memchr(raw.p, ':', raw.len) : NULL;
	if (colon == NULL)
		return f;
	name = (struct str){ raw.p, (size_t)(colon - raw.p) };
	while (name.len > 0 && field_space(name.p[name.len - 1]))
		name.len--;
	if (field_name_valid(name))
		f.name_len = name.len;
	return f;
}

struct str
field_name(struct field f)
{
	return (struct str){ f.raw.p, f.name_len };
}

bool
field_is(struct field f, struct str name)
{
	return f.name_len == name.len && name.len != 0 &&
	    str_caseeq(field_name(f), name);
}

struct str
field_value(struct field f)
{
	const char	*end = f.raw.p + f.raw.len, *p;

	if (f.name_len == 0)
		return STR("");
	p = memchr(f.raw.p, ':', f.raw.len);
	p++;
	while (p < end && field_space(*p))
		p++;
	while (p < end && (field_space(end[-1]) || end[-1] == '\r' ||
	    end[-1] == '\n'))
		end--;
	return (struct str){ p, (size_t)(end - p) };
}

/* Does a fold stand at the front: CRLF WSP? */
static bool
field_fold(struct str s)
{
	return s.len >= 3 && s.p[0] == '\r' && s.p[1] == '\n' &&
	    field_space(s.p[2]);
}

void
field_unfold(struct str s, struct buf *out)
{
	const char	*cr;
	size_t		 n;

	while (s.len > 0) {
		cr = memchr(s.p, '\r', s.len);
		n = cr != NULL ? (size_t)(cr - s.p) : s.len;
		buf_add(out, s.p, n);
		s.p += n;
		s.len -= n;
		n = field_fold(s) ? 2 : s.len != 0;
		if (n == 1)
			buf_add_byte(out, *s.p);
		s.p += n;
		s.len -= n;
	}
}

static int
field_check_line(struct str line, size_t before, struct err *e)
{
	size_t	i, seen = 0;

	for (i = 0; i < line.len; i++) {
		unsigned char	c = (unsigned char)line.p[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return err_set(e, "the value of a header field has "
			    "a control character");
		seen += !field_space(line.p[i]);
	}
	if (before + line.len > FIELD_LINE_MAX)
		return err_set(e, "a line of a header field is longer than "
		    "%d bytes", FIELD_LINE_MAX);
	if (before == 0 && seen == 0)
		return err_set(e, "a folded header field has a blank line");
	return 0;
}

/* `before`: bytes of the first line that stand before the value. */
static int
field_check(struct str value, size_t before, struct err *e)
{
	struct str	rest = value;
	const char	*cr;
	size_t		 n;

	for (;;) {
		cr = rest.len != 0 ? memchr(rest.p, '\r', rest.len) : NULL;
		n = cr != NULL ? (size_t)(cr - rest.p) : rest.len;
		if (field_check_line((struct str){ rest.p, n }, before,
		    e) == -1)
			return -1;
		rest.p = cr;
		rest.len -= n;
		if (cr == NULL)
			return 0;
		if (!field_fold(rest))
			return err_set(e, "the value of a header field has "
			    "a line break that is no fold");
		rest.p += 2;
		rest.len -= 2;
		before = 0;
	}
}

int
field_build(struct str name, struct str value, struct buf *out,
    struct err *e)
{
	if (!field_name_valid(name))
		return err_set(e, "the name of a header field is made of "
		    "printable ASCII without colon and space");
	if (field_check(value, name.len + 2, e) == -1)
		return -1;
	buf_add_str(out, name);
	buf_add_byte(out, ':');
	if (value.len != 0 && value.p[0] != '\r')
		buf_add_byte(out, ' ');
	buf_add_str(out, value);
	buf_add_text(out, "\r\n");
	return 0;
}
