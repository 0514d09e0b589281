/*
 * What parsing and generating code share of a compilation: its files, its
 * errors, and the functions and modules that it knows.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hsl/syntax/unit.h"
#include "hsl/values/space.h"

void
unit_error(struct unit *c, const struct node *at, const char *fmt, ...)
{
	char		 text[512];
	struct hsl_diag	 d = { .text = text };
	va_list		 ap;

	if (c->errors++ >= UNIT_ERRORS_MAX)
		return;
	/* Without room for constants all kinds of things fail; this is the
	 * reason to tell. */
	if (space_of(c->program->constants)->heap.over) {
		if (c->full)
			return;
		c->full = true;
		fmt = "the constants are too large";
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	d.file = c->program->files[at->file];
	d.line = (int)at->line;
	d.column = at->column;
	if (c->report != NULL)
		c->report(c->report_arg, &d);
}

struct node *
unit_place(struct unit *c, uint16_t file, uint32_t line, uint16_t column)
{
	struct node	*n = arena_alloc(&c->arena, sizeof *n);

	n->file = file;
	n->line = line;
	n->column = column;
	return n;
}

uint16_t
unit_file(struct unit *c, const char *name)
{
	struct hsl_program	*p = c->program;
	const char		**files;
	uint32_t		 i;

	for (i = 0; i < p->nfiles; i++)
		if (strcmp(p->files[i], name) == 0)
			return (uint16_t)i;
	files = arena_alloc(&p->arena, (p->nfiles + 1) * sizeof *files);
	for (i = 0; i < p->nfiles; i++)
		files[i] = p->files[i];
	files[i] = arena_strdup(&p->arena, str_of(name));
	p->files = files;
	return (uint16_t)p->nfiles++;
}

int
unit_open(struct unit *c, const struct node *at, struct str path,
    struct str *text, const char **name)
{
	struct buf	 b = BUF_INIT;
	struct err	 e;
	char		 full[1024];
	struct hsl_open	 o = { c->program->files[at->file],
			    arena_strdup(&c->arena, path), &b, full,
			    sizeof full };
	int		 rc = -1;

	if (c->host == NULL || c->host->open == NULL) {
		unit_error(c, at, "no files to include here");
		return -1;
	}
	if (++c->nopened > UNIT_FILES_MAX)
		unit_error(c, at, "too many files");
	else if (c->host->open(c->host->open_arg, &o, &e) == -1)
		unit_error(c, at, "%s", e.text);
	else if (b.len > UNIT_SOURCE_MAX)
		unit_error(c, at, "'%s' is too long", full);
	else {
		*text = arena_str(&c->arena, buf_str(&b));
		*name = arena_strdup(&c->arena, str_of(full));
		rc = 0;
	}
	buf_free(&b);
	return rc;
}

struct proto *
unit_proto(struct unit *c)
{
	struct proto	*p = arena_alloc(&c->program->arena, sizeof *p);

	p->number = c->program->nprotos++;
	return p;
}

struct func *
unit_func(struct unit *c, struct func *parent, struct str name)
{
	struct func	*f = arena_alloc(&c->arena, sizeof *f);

	f->name = name;
	f->parent = parent;
	f->module = parent != NULL ? parent->module : NULL;
	f->proto = unit_proto(c);
	*c->last_func = f;
	c->last_func = &f->next;
	return f;
}

struct unit_module *
unit_module_new(struct unit *c, const char *name)
{
	struct unit_module	*m = arena_alloc(&c->arena, sizeof *m);

	m->name = arena_strdup(&c->program->arena, str_of(name));
	m->last_import = &m->imports;
	m->number = c->program->nmodules++;
	m->main = unit_func(c, NULL, STR("main"));
	m->main->is_main = true;
	m->main->module = m;
	*c->last_module = m;
	c->last_module = &m->next;
	return m;
}

const struct decl *
unit_find(const struct func *f, struct str name)
{
	const struct decl	*d;

	for (; f != NULL; f = f->parent)
		if ((d = symtab_get(&f->names, name)) != NULL)
			return d;
	return NULL;
}
