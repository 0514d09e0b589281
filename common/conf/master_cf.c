/*
 * master.cf: one service a logical line,
 *
 *     service type private unpriv chroot wakeup maxproc command -o name=value
 *
 * with "-" for a column's default.  An argument with blanks is written
 * -o { name = value }.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "master_line.h"

/* Reads the -o name=value arguments at the end of a row. */
static void
master_arguments(struct master_line *m)
{
	struct str	arg;
	size_t		row;

	while (line_option(m->src, m->line, &m->rest, &arg)) {
		row = line_assign(m->src, m->line, arg, &m->row->settings);
		if (row < param_count && param_rows[row].restart)
			line_report(m->src, m->line, line_offset(m->line, arg),
			    "%s is one for all services: it belongs in "
			    "main.cf", param_rows[row].name);
	}
}

static void
master_duplicate(const struct master_line *m, const struct rows *rows)
{
	size_t	i;

	for (i = 0; i + 1 < rows->count; i++) {
		if (strcmp(rows->row[i].key, m->row->key) != 0)
			continue;
		line_report(m->src, m->line, 0, "service %s is already in "
		    "line %d", m->row->service.name, rows->row[i].at.line);
		return;
	}
}

static bool
master_columns(struct master_line *m)
{
	int	i;

	m->rest = buf_str(&m->line->text);
	for (i = 0; i < COLUMNS; i++) {
		m->col[i] = line_word(&m->rest);
		if (m->col[i].len > 0)
			continue;
		line_report(m->src, m->line, 0, "column %d (%s) is missing: "
		    "a service has %d columns", i + 1, column_names[i],
		    COLUMNS);
		return false;
	}
	return true;
}

static struct row *
rows_add(struct rows *rows)
{
	if (rows->count == rows->cap) {
		rows->cap = rows->cap == 0 ? 8 : rows->cap * 2;
		rows->row = xreallocarray(rows->row, rows->cap,
		    sizeof *rows->row);
	}
	memset(&rows->row[rows->count], 0, sizeof *rows->row);
	return &rows->row[rows->count++];
}

static void
master_row(struct master_line *m, const struct settings *base,
    struct rows *rows)
{
	struct conf_service	*s;

	m->row = rows_add(rows);
	m->row->at = line_place(m->src, m->line, 0);
	settings_copy(&m->row->settings, base);
	s = &m->row->service;
	s->name = xstrndup(m->col[COL_NAME].p, m->col[COL_NAME].len);
	s->line = m->row->at.line;
	master_columns_check(m);
	master_arguments(m);
	master_duplicate(m, rows);
}

void
master_cf_parse(const struct source *src, const struct settings *base,
    struct rows *rows)
{
	struct line		l = LINE_INIT;
	struct lines		reader;
	struct master_line	m;

	lines_init(&reader, src->text);
	while (!reports_full(src->reports) && lines_next(&reader, &l)) {
		m = (struct master_line){ .src = src, .line = &l };
		if (line_sane(src, &l) && master_columns(&m))
			master_row(&m, base, rows);
	}
	line_free(&l);
}

static void
row_fini(struct row *r)
{
	free((char *)(uintptr_t)r->service.name);
	free((char *)(uintptr_t)r->service.host);
	free((char *)(uintptr_t)r->service.command);
	free((char *)(uintptr_t)r->key);
	params_fini(&r->service.params);
	settings_fini(&r->settings);
}

void
rows_fini(struct rows *rows)
{
	size_t	i;

	for (i = 0; i < rows->count; i++)
		row_fini(&rows->row[i]);
	free(rows->row);
	memset(rows, 0, sizeof *rows);
}
