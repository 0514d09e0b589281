/*
 * Fills a template in.  What is put in is one line of clean text (text.h); so
 * only the template itself has line ends.
 */
#include <string.h>

#include "base/mem.h"

#include "order.h"
#include "template_private.h"
#include "text.h"

static const struct template_part *
template_part(const struct template *t, struct str name)
{
	size_t	i;

	for (i = 0; i < t->count; i++)
		if (str_eq(t->parts[i].name, name))
			return &t->parts[i];
	return NULL;
}

/* What is expanded has no words of its own. */
static const struct template_part *
template_of(const struct template *t, enum entry_action action)
{
	if (action == ENTRY_ACTION_EXPANDED)
		action = ENTRY_ACTION_RELAYED;
	if (action == ENTRY_ACTION_NONE)
		action = ENTRY_ACTION_FAILED;
	return template_part(t, str_of(dsn_action_name(action)));
}

/* ---- A line -------------------------------------------------------------- */

/* *places: how many there are, *full: how many say something. */
static void
template_expand(struct str line, const struct template_values *v,
    struct buf *out, size_t *places, size_t *full)
{
	enum template_place	place;
	struct err		e;
	size_t			n;

	for (; line.len > 0; line.p += n, line.len -= n) {
		n = 1;
		if (line.len > 1 && line.p[0] == '{' && line.p[1] == '{')
			n = 2;
		if (line.p[0] != '{' || n == 2 ||
		    (n = template_place(line, &place, &e)) == 0) {
			buf_add_byte(out, line.p[0]);
			n += n == 0;
			continue;
		}
		++*places;
		*full += v->of[place].len != 0;
		buf_add_str(out, v->of[place]);
	}
}

/* A run of empty lines is one: lines between may have been left out. */
static void
template_put_line(struct str line, const struct template_values *v,
    struct buf *out)
{
	struct buf	b = BUF_INIT;
	size_t		places = 0, full = 0, indent = 0;
	struct str	s = buf_str(out);

	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	template_expand(line, v, &b, &places, &full);
	while (indent < line.len && line.p[indent] == ' ')
		indent++;
	if (places != 0 && full == 0)
		;
	else if (b.len != 0)
		text_wrap(out, buf_str(&b), indent);
	else if (s.len != 0 && (s.len < 4 || memcmp(s.p + s.len - 4,
	    "\r\n\r\n", 4) != 0))
		buf_add_text(out, "\r\n");
	buf_free(&b);
}

/* ---- Sections ------------------------------------------------------------ */

void
template_subject(const struct template *t, enum entry_action action,
    const struct template_values *v, struct buf *out)
{
	const struct template_part	*p = template_of(t, action);
	size_t				 places = 0, full = 0;

	template_expand(p->subject, v, out, &places, &full);
}

void
template_body(const struct template *t, enum entry_action action,
    const struct template_values *v, struct buf *out)
{
	const struct template_part	*p = template_of(t, action);
	struct str			 rest = p->body, line;

	while (rest.p != NULL) {
		line = str_split(rest, '\n', &rest);
		if (line.len == 0 || line.p[0] != '#')
			template_put_line(line, v, out);
	}
}

static void
template_join(const struct template_part *p, struct buf *out)
{
	struct str	rest = p->body, line;
	size_t		before = out->len;

	while (rest.p != NULL) {
		line = str_split(rest, '\n', &rest);
		if (line.len != 0 && line.p[line.len - 1] == '\r')
			line.len--;
		if (line.len == 0 || line.p[0] == '#')
			continue;
		if (out->len != before)
			buf_add_byte(out, ' ');
		buf_add_str(out, str_trim(line));
	}
}

void
template_section(const struct template *t, struct str name, struct buf *out)
{
	const struct template_part	*p = template_part(t, name);

	if (p != NULL)
		template_join(p, out);
}

/* Does the status fit the name of a section: numbers, or x for any? */
static bool
template_fits(struct str name, struct str status)
{
	struct str	a, b;

	while (name.p != NULL && status.p != NULL) {
		a = str_split(name, '.', &name);
		b = str_split(status, '.', &status);
		if (!str_eq(a, STR("x")) && !str_eq(a, b))
			return false;
	}
	return name.p == NULL && status.p == NULL;
}

void
template_explain(const struct template *t, struct str status,
    struct buf *out)
{
	size_t	i;

	for (i = 0; i < t->count; i++)
		if (template_is_status(t->parts[i].name) &&
		    template_fits(t->parts[i].name, status)) {
			template_join(&t->parts[i], out);
			return;
		}
}
