/*
 * Reads a template line by line.  What is wrong is told with its place, so
 * that whoever edits one finds it; what is read holds nothing that could not
 * stand in a message: no control, no line that is too long.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "template_private.h"

#define TEMPLATE_LINE_MAX	2000

static const char *const	template_places[] = {
#define PLACE(name, help) #name,
#include "template.def"
#undef PLACE
};

/* Sections that there must be; the first four begin with a subject. */
static const char *const	template_needed[] = { "failed", "delayed",
	"delivered", "relayed", "full", "header", "unreadable" };

#define TEMPLATE_NEEDED	 (sizeof template_needed / sizeof template_needed[0])
#define TEMPLATE_ACTIONS 4

struct template_reader {
	struct template		*t;
	struct template_fault	*fault;
	struct template_part	*part;		/* NULL: none has begun */
	struct str		 rest;
	int			 line;
};

/* ---- Words --------------------------------------------------------------- */

static int
template_fault(struct template_reader *r, const char *at,
    const char *line, const char *why)
{
	r->fault->line = r->line;
	r->fault->column = (int)(at - line) + 1;
	return err_set(&r->fault->err, "%s", why);
}

size_t
template_place(struct str s, enum template_place *place, struct err *e)
{
	const char	*end = memchr(s.p, '}', s.len);
	struct str	 name;
	size_t		 i;

	if (end == NULL) {
		(void)err_set(e, "a brace that is not closed; {{ is a brace");
		return 0;
	}
	name = (struct str){ s.p + 1, (size_t)(end - s.p) - 1 };
	for (i = 0; i < TEMPLATE_PLACES; i++)
		if (str_eq(name, str_of(template_places[i]))) {
			*place = (enum template_place)i;
			return name.len + 2;
		}
	(void)err_set(e, "nothing is called {%.*s}", (int)(name.len < 40 ?
	    name.len : 40), name.p);
	return 0;
}

static bool
template_number(struct str s)
{
	uint64_t	n;

	return str_eq(s, STR("x")) || (s.len <= 3 &&
	    str_uint(s, 999, &n) == 0);
}

bool
template_is_status(struct str name)
{
	struct str	a, b, c;

	a = str_split(name, '.', &b);
	if (b.p == NULL)
		return false;
	b = str_split(b, '.', &c);
	return c.p != NULL && template_number(a) && template_number(b) &&
	    template_number(c);
}

static int
template_check_line(struct template_reader *r, struct str line)
{
	enum template_place	place;
	struct err		e;
	size_t			i = 0, n;

	if (line.len > TEMPLATE_LINE_MAX)
		return template_fault(r, line.p, line.p,
		    "a line that is too long");
	while (i < line.len) {
		n = utf8_first((struct str){ line.p + i, line.len - i });
		if (n == 0)
			return template_fault(r, line.p + i, line.p,
			    "this is not UTF-8");
		if ((unsigned char)line.p[i] < ' ' || line.p[i] == 0x7f)
			return template_fault(r, line.p + i, line.p,
			    "a control character");
		if (line.p[i] == '{' && i + 1 < line.len &&
		    line.p[i + 1] == '{')
			n = 2;
		else if (line.p[i] == '{' && (n = template_place((struct str){
		    line.p + i, line.len - i }, &place, &e)) == 0)
			return template_fault(r, line.p + i, line.p, e.text);
		i += n;
	}
	return 0;
}

/* ---- Sections ------------------------------------------------------------ */

static size_t
template_known(struct str name)
{
	size_t	i;

	for (i = 0; i < TEMPLATE_NEEDED; i++)
		if (str_eq(name, str_of(template_needed[i])))
			break;
	return i;
}

static int
template_begin(struct template_reader *r, struct str line)
{
	struct str	name = { line.p + 1, line.len - 2 };
	size_t		i;

	if (template_known(name) == TEMPLATE_NEEDED &&
	    !template_is_status(name))
		return template_fault(r, name.p, line.p,
		    "there is no such section");
	for (i = 0; i < r->t->count; i++)
		if (str_eq(r->t->parts[i].name, name))
			return template_fault(r, name.p, line.p,
			    "this section was there before");
	if (r->t->count == TEMPLATE_SECTIONS_MAX)
		return template_fault(r, name.p, line.p, "too many sections");
	r->part = &r->t->parts[r->t->count++];
	r->part->name = name;
	r->part->line = r->line;
	return 0;
}

static bool
template_has_subject(const struct template_part *p)
{
	return template_known(p->name) < TEMPLATE_ACTIONS;
}

static int
template_take(struct template_reader *r, struct str line)
{
	struct template_part	*p = r->part;

	if (template_check_line(r, line) == -1)
		return -1;
	if (str_trim(line).len == 0 && p->body.len == 0)
		return 0;
	if (template_has_subject(p) && p->subject.len == 0) {
		if (!str_prefix(line, STR("Subject:")) ||
		    str_trim((struct str){ line.p + 8, line.len - 8 }).len ==
		    0)
			return template_fault(r, line.p, line.p,
			    "this section begins with \"Subject: text\"");
		p->subject = str_trim((struct str){ line.p + 8,
		    line.len - 8 });
		return 0;
	}
	if (p->body.len == 0)
		p->body = line;
	else if (str_trim(line).len != 0)
		p->body.len = (size_t)(line.p + line.len - p->body.p);
	return 0;
}

static int
template_line(struct template_reader *r, struct str line)
{
	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	if (line.len > 0 && line.p[0] == '#')
		return 0;
	if (line.len > 2 && line.p[0] == '[' && line.p[line.len - 1] == ']')
		return template_begin(r, line);
	if (r->part != NULL)
		return template_take(r, line);
	if (str_trim(line).len == 0)
		return 0;
	return template_fault(r, line.p, line.p,
	    "text before the first section");
}

/* All that is needed is there, and says something. */
static int
template_complete(struct template_reader *r)
{
	size_t	i, k;

	for (i = 0; i < TEMPLATE_NEEDED; i++) {
		for (k = 0; k < r->t->count; k++)
			if (str_eq(r->t->parts[k].name,
			    str_of(template_needed[i])))
				break;
		if (k < r->t->count)
			continue;
		r->fault->line = r->fault->column = 0;
		return err_set(&r->fault->err, "there is no section [%s]",
		    template_needed[i]);
	}
	for (k = 0; k < r->t->count; k++) {
		r->line = r->t->parts[k].line;
		if (r->t->parts[k].body.len == 0)
			return template_fault(r, NULL, NULL,
			    "a section without text");
	}
	return 0;
}

static int
template_lines(struct template_reader *r)
{
	while (r->rest.p != NULL) {
		r->line++;
		if (template_line(r, str_split(r->rest, '\n', &r->rest)) ==
		    -1)
			return -1;
	}
	return template_complete(r);
}

struct template *
template_read(struct str text, struct template_fault *f)
{
	struct template		*t = xcalloc(1, sizeof *t);
	struct template_reader	 r = { .t = t, .fault = f };

	f->line = f->column = 0;
	if (text.len > TEMPLATE_SIZE_MAX) {
		(void)err_set(&f->err, "more than %d bytes",
		    TEMPLATE_SIZE_MAX);
		template_free(&t);
		return NULL;
	}
	buf_add_str(&t->text, text);
	r.rest = buf_str(&t->text);
	if (template_lines(&r) == -1)
		template_free(&t);
	return t;
}

void
template_free(struct template **t)
{
	if (*t == NULL)
		return;
	buf_free(&(*t)->text);
	free(*t);
	*t = NULL;
}
