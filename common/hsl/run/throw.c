/*
 * Exceptions and limits.
 *
 * What an Exception knows stands in its properties, so that it is counted to
 * the heap: the message, then file, line and column unless the script made
 * it.
 */
#include <stdio.h>

#include "base/clock.h"
#include "hsl/run/throw.h"

/* ---- The class Exception ------------------------------------------------ */

enum { EXCEPTION_MESSAGE, EXCEPTION_FILE, EXCEPTION_LINE, EXCEPTION_COLUMN };

static struct hsl_value	exception_new(struct hsl_exec *x,
			    struct hsl_value message, const struct mark *at);

static struct hsl_value
exception_get(struct hsl_value e, int64_t what)
{
	return hsl_array_at(*vprops(e), what);
}

static enum hsl_rc
exception_construct(struct hsl_call *c)
{
	struct str	 text;

	if (!hsl_arg_text(c, 0, &text))
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

static void
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

static struct hsl_value
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

/* ---- Throwing ----------------------------------------------------------- */

/* The place of the instruction a script's frame is at. */
static const struct mark *
throw_place(const struct hsl_exec *x)
{
	const struct frame	*f;

	for (uint32_t i = x->nframes; i-- > 0;) {
		f = &x->frames[i];
		if (f->proto != NULL)
			return proto_mark(f->proto,
			    (uint32_t)(f->pc - f->proto->code) -
			    (f->pc > f->proto->code));
	}
	return NULL;
}

static void
throw_note_place(struct hsl_exec *x)
{
	const struct mark	*m = throw_place(x);

	x->failure.file[0] = '\0';
	x->failure.line = x->failure.column = 0;
	if (m == NULL || x->program == NULL)
		return;
	snprintf(x->failure.file, sizeof x->failure.file, "%s",
	    x->program->files[m->file]);
	x->failure.line = (int)m->line;
	x->failure.column = m->column;
}

bool
throw_value(struct hsl_exec *x, struct hsl_value v)
{
	if (x->limit != NULL) {
		vunref(x, v);
		return false;
	}
	vset(x, &x->thrown, v);
	x->throwing = true;
	throw_note_place(x);
	return false;
}

bool
throw_verror(struct hsl_exec *x, const char *fmt, va_list ap)
{
	struct hsl_value	 message, e;
	char			 text[512];

	vsnprintf(text, sizeof text, fmt, ap);
	message = hsl_text(x, text);
	e = exception_new(x, message, throw_place(x));
	vunref(x, message);
	return throw_value(x, e);
}

bool
throw_error(struct hsl_exec *x, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	(void)throw_verror(x, fmt, ap);
	va_end(ap);
	return false;
}

enum hsl_rc
hsl_throw(struct hsl_call *c, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	(void)throw_verror(c->x, fmt, ap);
	va_end(ap);
	return HSL_THROW;
}

bool
throw_limit(struct hsl_exec *x, const char *which)
{
	if (x->limit == NULL) {
		x->limit = which;
		x->throwing = true;
		throw_note_place(x);
	}
	return false;
}

void
throw_print(const struct hsl_exec *x, struct buf *out, size_t limit)
{
	struct hsl_value	 v = x->thrown;

	if (v.type == HSL_OBJECT && v.u.object->host == &exception_class)
		exception_print(v, out);
	else
		vprint(v, out, limit);
}

/* ---- Limits ------------------------------------------------------------- */

int64_t
hsl_time_left_ms(const struct hsl_exec *x)
{
	int64_t	 left;

	if (x->limits.time_ms == 0 || x->unlimited_time)
		return INT64_MAX;
	left = x->start_ms + x->limits.time_ms - clock_mono_ms();
	return left > 0 ? left : 0;
}

bool
throw_check(struct hsl_exec *x)
{
	uint64_t	 used;

	if (x->space.heap.over)
		return throw_limit(x, "memory limit exceeded");
	used = x->spent + (uint64_t)(x->slice - x->space.budget);
	if (used > x->limits.instructions)
		return throw_limit(x, "instruction limit exceeded");
	if (hsl_time_left_ms(x) == 0)
		return throw_limit(x, "time limit exceeded");
	return !x->throwing;
}

/* How far one native or operator may overdraw its slice.  Nothing else runs
 * in the process meanwhile: for a tenth of a second, where units cost what they
 * should, and half a second at worst. */
#define EXEC_HOLD	10000000

bool
hsl_charge(struct hsl_exec *x, uint64_t units)
{
	if (units > INT64_MAX / 4)
		units = INT64_MAX / 4;
	x->space.budget -= (int64_t)units;
	if (x->space.budget >= 0 && !x->space.heap.over)
		return true;
	if (!throw_check(x))
		return false;
	return x->space.budget >= -EXEC_HOLD ||
	    throw_limit(x, "too much work in one operation");
}
