/*
 * The class Exception.  What one knows stands in its properties, so that it
 * is counted to the heap: the message, then file, line and column unless the
 * script made it.
 */
#include "hsl/lib.h"

enum { EXCEPTION_MESSAGE, EXCEPTION_FILE, EXCEPTION_LINE, EXCEPTION_COLUMN };

static struct hsl_value
exception_get(struct hsl_value e, int64_t what)
{
	return hsl_array_at(*vprops(e), what);
}

static enum hsl_rc
exception_construct(struct hsl_call *c)
{
	struct str	 text;

	if (!lib_str(c, 0, &text))
		return HSL_THROW;
	*c->ret = exception_new(c->x, c->argv[0], NULL);
	return HSL_OK;
}

static enum hsl_rc
exception_message(struct hsl_call *c)
{
	*c->ret = vref(exception_get(c->self, EXCEPTION_MESSAGE));
	return HSL_OK;
}

static enum hsl_rc
exception_file(struct hsl_call *c)
{
	*c->ret = vref(exception_get(c->self, EXCEPTION_FILE));
	return HSL_OK;
}

static enum hsl_rc
exception_line(struct hsl_call *c)
{
	*c->ret = exception_get(c->self, EXCEPTION_LINE);
	return HSL_OK;
}

static enum hsl_rc
exception_column(struct hsl_call *c)
{
	*c->ret = exception_get(c->self, EXCEPTION_COLUMN);
	return HSL_OK;
}

void
exception_print(struct hsl_value e, struct buf *out)
{
	buf_add_str(out, hsl_value_str(exception_get(e, EXCEPTION_MESSAGE)));
}

static enum hsl_rc
exception_to_string(struct hsl_call *c)
{
	struct hsl_value	 file = exception_get(c->self, EXCEPTION_FILE);
	struct buf		 b = BUF_INIT;

	exception_print(c->self, &b);
	if (file.type == HSL_STRING)
		buf_printf(&b, " in %s:%.0f:%.0f", file.u.string->data,
		    exception_get(c->self, EXCEPTION_LINE).u.number,
		    exception_get(c->self, EXCEPTION_COLUMN).u.number);
	*c->ret = hsl_string(c->x, buf_str(&b));
	buf_free(&b);
	return HSL_OK;
}

static const struct hsl_function	exception_methods[] = {
	{ "message", 0, 0, exception_message, "()", "its message" },
	{ "file", 0, 0, exception_file, "()", "its file, or none" },
	{ "line", 0, 0, exception_line, "()", "its line, or none" },
	{ "column", 0, 0, exception_column, "()", "its column, or none" },
	{ "toString", 0, 0, exception_to_string, "()", "message and place" },
	{ .name = NULL }
};

static const struct hsl_function	exception_constructor = {
	"Exception", 1, 1, exception_construct, "(message: string)",
	"an exception to throw"
};

const struct hsl_class	exception_class = {
	.name = "Exception",
	.methods = exception_methods,
	.constructor = &exception_constructor
};

struct hsl_value
exception_new(struct hsl_exec *x, struct hsl_value message,
    const struct mark *at)
{
	struct hsl_value	 e = hsl_object_new(x, &exception_class, NULL);
	struct hsl_value	 list = hsl_array(x);

	*vprops(e) = list;
	hsl_array_push(x, list, vtext_value(x, message));
	if (at != NULL && x->program != NULL) {
		hsl_array_push(x, list,
		    hsl_text(x, x->program->files[at->file]));
		hsl_array_push(x, list, vnumber(at->line));
		hsl_array_push(x, list, vnumber(at->column));
	}
	return e;
}

bool
exception_is(struct hsl_value v)
{
	return v.type == HSL_OBJECT && v.u.object->host == &exception_class;
}
