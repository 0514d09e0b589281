/*
 * Errors that were told are remembered by their text and place, so that each
 * is told once.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "report.h"

#define REPORT_TEXT	1024

static bool
report_seen(const struct reports *r, const char *key)
{
	size_t	i;

	for (i = 0; i < r->count; i++)
		if (strcmp(r->seen[i], key) == 0)
			return true;
	return false;
}

bool
reports_full(const struct reports *r)
{
	return r->count >= REPORT_MAX;
}

void
report(struct reports *r, const struct place *at, const char *fmt, ...)
{
	char	 text[REPORT_TEXT], *key;
	va_list	 ap;

	if (reports_full(r))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	key = xasprintf("%s:%d:%d:%s", at->file, at->line, at->column, text);
	if (report_seen(r, key)) {
		free(key);
		return;
	}
	r->seen[r->count++] = key;
	if (r->fn == NULL)
		return;
	r->fn(r->arg, at->file, at->line, at->column, text);
	if (reports_full(r))
		r->fn(r->arg, at->file, at->line, at->column,
		    "too many errors, the rest is not shown");
}

void
reports_fini(struct reports *r)
{
	size_t	i;

	for (i = 0; i < r->count; i++)
		free(r->seen[i]);
	r->count = 0;
}

void
report_nothing(void *arg, const char *file, int line, int column,
    const char *text)
{
	(void)arg;
	(void)file;
	(void)line;
	(void)column;
	(void)text;
}
