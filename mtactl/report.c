/*
 * One call back for each form of output; the host of a script gets it with
 * what it writes to.
 */
#include <stdio.h>
#include <string.h>

#include "report.h"

#include "base/buf.h"

static void
report_line(const char *file, int line, int column, const char *kind,
    const char *text)
{
	if (line > 0)
		(void)fprintf(stderr, "%s:%d:%d: %s%s\n", file, line, column,
		    kind, text);
	else
		(void)fprintf(stderr, "%s: %s%s\n", file, kind, text);
}

void
report_print(void *arg, const char *file, int line, int column,
    const char *text)
{
	struct reporter	*r = arg;

	if (r != NULL)
		r->count++;
	report_line(file, line, column, "", text);
}

/* What is not UTF-8 becomes U+FFFD, as in the log. */
json_t *
json_text(const char *text)
{
	struct buf	 b = BUF_INIT;
	json_t		*v = json_string(text);

	if (v != NULL)
		return v;
	buf_add_json(&b, str_of(text));
	v = json_loads(buf_cstr(&b), JSON_DECODE_ANY, NULL);
	buf_free(&b);
	return v;
}

static json_t *
report_object(const char *file, int line, int column, const char *text)
{
	return json_pack("{s:o,s:i,s:i,s:o}", "file", json_text(file),
	    "line", line, "column", column, "text", json_text(text));
}

void
report_json(void *arg, const char *file, int line, int column,
    const char *text)
{
	struct reporter	*r = arg;

	r->count++;
	if (r->array == NULL) {
		report_print(NULL, file, line, column, text);
		return;
	}
	json_array_append_new(r->array, report_object(file, line, column,
	    text));
}

/* Whether it is the first of its kind. */
static bool
report_new(struct reporter *r, const char *file, int line, int column,
    const char *text)
{
	struct buf	b = BUF_INIT;
	bool		known;

	if (r == NULL)
		return true;
	if (r->warned == NULL)
		r->warned = json_object();
	buf_printf(&b, "%s:%d:%d:", file, line, column);
	buf_add_json(&b, str_of(text));
	known = json_object_get(r->warned, buf_cstr(&b)) != NULL;
	(void)json_object_set_new(r->warned, buf_cstr(&b), json_true());
	buf_free(&b);
	return !known;
}

void
report_warning(void *arg, const char *file, int line, int column,
    const char *text)
{
	struct reporter	*r = arg;

	if (!report_new(r, file, line, column, text))
		return;
	if (r != NULL && r->warnings != NULL)
		json_array_append_new(r->warnings, report_object(file, line,
		    column, text));
	else
		report_line(file, line, column, "warning: ", text);
}

void
report_first(void *arg, const char *file, int line, int column,
    const char *text)
{
	struct reporter	*r = arg;

	(void)file;
	(void)line;
	(void)column;
	if (r->count++ == 0)
		(void)err_set(r->first, "%s", text);
}

void
json_print(json_t *root)
{
	(void)json_dumpf(root, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	(void)putchar('\n');
	json_decref(root);
}
