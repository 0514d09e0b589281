/*
 * Columns, kinds and ids; what they are depends on the form that the caller
 * gives.
 */
#include <stdio.h>

#include "row_text.h"

void
row_text_report(const struct row_text *row, int col, const char *text)
{
	struct str	s = row->col[col];

	line_report(row->src, row->line, line_offset(row->line, s),
	    "%s: \"%.*s\" %s", row->form->names[col],
	    (int)(s.len < 128 ? s.len : 128), s.p, text);
}

bool
row_text_is_default(const struct row_text *row, int col)
{
	return str_eq(row->col[col], STR("-"));
}

int
row_text_kind(const struct row_text *row)
{
	char	text[128];
	int	i;

	for (i = 0; row->form->kinds[i] != NULL; i++)
		if (str_eq(row->col[0], str_of(row->form->kinds[i])))
			return 1 << i;
	(void)snprintf(text, sizeof text, "is not %s", row->form->kind_list);
	row_text_report(row, 0, text);
	return 0;
}

struct row_id *
row_id_find(const struct hmap *ids, int kind, struct str id)
{
	/* Finding may move buckets, but changes nothing that is seen. */
	struct hmap	*map = (struct hmap *)(uintptr_t)ids;

	return (struct row_id *)hmap_find(map, (uint32_t)kind, id);
}

static bool
row_text_is_new(const struct row_text *row, int kind, const struct hmap *ids)
{
	struct str		 id = row->col[1];
	const struct row_id	*other = row_id_find(ids, kind, id);

	if (!option_id_ok(id)) {
		row_text_report(row, 1, "is not 1 to 32 letters, digits or "
		    "\"._-\"");
		return false;
	}
	if (other == NULL)
		return true;
	line_report(row->src, row->line, line_offset(row->line, id),
	    "%.*s \"%.*s\" is already in line %d", (int)row->col[0].len,
	    row->col[0].p, (int)id.len, id.p, other->at.line);
	return false;
}

struct row_id *
row_text_name(const struct row_text *row, int kind, struct hmap *ids,
    struct arena *a, size_t size)
{
	struct row_id	*r;

	if (!row_text_is_new(row, kind, ids))
		return NULL;
	if (ids->count == row->form->rows) {
		line_report(row->src, row->line, 0, "more than %zu rows",
		    row->form->rows);
		return NULL;
	}
	r = arena_alloc(a, size);
	r->id = arena_str(a, row->col[1]);
	r->kind = kind;
	r->at = line_place(row->src, row->line, 0);
	r->entry.key = r->id.p;
	r->entry.len = (uint32_t)r->id.len;
	r->entry.kind = (uint32_t)kind;
	hmap_insert((struct hmap *)(uintptr_t)ids, &r->entry);
	return r;
}

void
row_text_unknown(const struct row_text *row, struct str name,
    const char *near)
{
	line_report(row->src, row->line, line_offset(row->line, name),
	    "unknown option \"%.*s\"%s%s%s",
	    (int)(name.len < 128 ? name.len : 128), name.p,
	    near != NULL ? ", did you mean \"" : "",
	    near != NULL ? near : "", near != NULL ? "\"?" : "");
}

static bool
row_text_columns(struct row_text *row)
{
	int	i;

	row->rest = buf_str(&row->line->text);
	for (i = 0; i < row->form->columns; i++) {
		row->col[i] = line_word(&row->rest);
		if (row->col[i].len > 0)
			continue;
		line_report(row->src, row->line, 0, "column %d (%s) is "
		    "missing: a row has %d columns", i + 1,
		    row->form->names[i], row->form->columns);
		return false;
	}
	return true;
}

size_t
row_text_each(const struct row_form *form, const char *file, struct str text,
    struct reports *r, void (*fn)(void *arg, struct row_text *row), void *arg)
{
	struct source	src = { file, text, r };
	struct line	l = LINE_INIT;
	struct lines	reader;
	struct row_text	row;

	lines_init(&reader, text);
	while (!reports_full(r) && lines_next(&reader, &l)) {
		row = (struct row_text){ .form = form, .src = &src,
		    .line = &l };
		if (line_sane(&src, &l) && row_text_columns(&row))
			fn(arg, &row);
	}
	line_free(&l);
	return r->count;
}
