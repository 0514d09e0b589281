/*
 * What main.cf's lines and master.cf's -o arguments have in common.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "parse.h"

struct place
line_place(const struct source *src, const struct line *l, size_t offset)
{
	struct place	at = { .file = src->file };

	line_where(l, offset, &at.line, &at.column);
	return at;
}

void
line_report(const struct source *src, const struct line *l, size_t offset,
    const char *fmt, ...)
{
	struct place	at = line_place(src, l, offset);
	char		text[ERR_TEXT_MAX];
	va_list		ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	report(src->reports, &at, "%s", text);
}

bool
line_sane(const struct source *src, const struct line *l)
{
	struct str	s = buf_str(&l->text);
	size_t		i;

	if (s.p[0] == ' ' || s.p[0] == '\t') {
		line_report(src, l, 0, "a line that starts with a blank "
		    "continues the one before, and there is none");
		return false;
	}
	for (i = 0; i < s.len; i++) {
		unsigned char	c = (unsigned char)s.p[i];

		if ((c >= 0x20 && c != 0x7f) || c == '\t')
			continue;
		line_report(src, l, i, c == '\r' ?
		    "carriage return: lines end with a newline alone" :
		    "control character 0x%02x", c);
		return false;
	}
	return true;
}

static bool
assign_name_ok(struct str name)
{
	size_t	i;

	for (i = 0; i < name.len; i++)
		if (!ascii_isalnum((unsigned char)name.p[i]) &&
		    name.p[i] != '_')
			return false;
	return name.len > 0;
}

static void
assign_unknown(const struct source *src, const struct line *l, size_t offset,
    struct str name)
{
	char		*text = xstrndup(name.p, name.len);
	const char	*near = param_suggest(text);

	if (near != NULL)
		line_report(src, l, offset, "unknown parameter \"%.128s\", "
		    "did you mean \"%s\"?", text, near);
	else
		line_report(src, l, offset, "unknown parameter \"%.128s\"",
		    text);
	free(text);
}

bool
line_value_ok(const struct source *src, const struct line *l,
    struct str value)
{
	size_t		at = 0, base;
	struct piece	p;
	bool		ok = true;

	base = value.len > 0 ? line_offset(l, value) : 0;
	while (piece_next(value, &at, &p)) {
		if (p.error != NULL)
			line_report(src, l, base + p.offset, "%s", p.error);
		else if (p.is_name && param_find(p.text) == param_count)
			assign_unknown(src, l, base + p.offset, p.text);
		else
			continue;
		ok = false;
	}
	return ok;
}

size_t
line_assign(const struct source *src, const struct line *l, struct str part,
    struct settings *s)
{
	struct str	 name, value;
	struct setting	*to;
	size_t		 row, begin = line_offset(l, part);

	if (!line_pair(src, l, part, &name, &value))
		return param_count;
	if (!assign_name_ok(name)) {
		line_report(src, l, begin, "a parameter's name is letters, "
		    "digits and \"_\"");
		return param_count;
	}
	row = param_find(name);
	if (row == param_count) {
		assign_unknown(src, l, line_offset(l, name), name);
		return param_count;
	}
	if (!line_value_ok(src, l, value))
		return param_count;
	to = &s->row[row];
	free(to->text);
	to->text = xstrndup(value.p, value.len);
	to->at = line_place(src, l, line_offset(l, value));
	return row;
}
