/*
 * An attempt as an array: its fields are those of common/send/attempt.def, and
 * this is what writes them down for scripts.
 */
#include "base/fatal.h"
#include "send/attempt.h"

#include "values.h"
#include "hooks/library/x509.h"

#define DEPTH	8	/* attempt.def nests less deeply */

/* The groups that are open, the outermost first. */
struct writing {
	struct hsl_exec		*x;
	struct hsl_value	 group[DEPTH];
	const char		*name[DEPTH];
	size_t			 depth;
};

static void
writing_put(struct writing *w, const char *name, struct hsl_value v)
{
	struct hsl_value	to = w->group[w->depth - 1];

	if (name != NULL)
		hsl_array_set(w->x, to, name, v);
	else
		hsl_array_push(w->x, to, v);
}

static void
writing_open(void *arg, const char *name)
{
	struct writing	*w = arg;

	if (w->depth == DEPTH)
		panic("attempt.def nests too deeply");
	w->group[w->depth] = hsl_array(w->x);
	w->name[w->depth++] = name;
}

static void
writing_close(void *arg)
{
	struct writing	*w = arg;

	w->depth--;
	writing_put(w, w->name[w->depth], w->group[w->depth]);
}

static void
writing_text(void *arg, const char *name, struct str value)
{
	struct writing	*w = arg;

	writing_put(w, name, hsl_string(w->x, value));
}

static void
writing_number(void *arg, const char *name, double value)
{
	writing_put(arg, name, hsl_number(value));
}

static void
writing_truth(void *arg, const char *name, bool value)
{
	writing_put(arg, name, hsl_boolean(value));
}

static void
writing_enhanced(void *arg, const char *name, const int value[3])
{
	struct writing	*w = arg;

	writing_put(w, name, values_enhanced(w->x, value));
}

static void
writing_lines(void *arg, const char *name, const struct smtp_reply *r)
{
	struct writing	*w = arg;

	writing_put(w, name, values_lines(w->x, r));
}

static void
writing_cert(void *arg, const char *name, struct x509_st *cert)
{
	struct writing	*w = arg;

	writing_put(w, name, x509_resource(w->x, cert));
}

struct hsl_value
values_attempt(struct hsl_exec *x, const struct attempt *a, unsigned who)
{
	static const struct attempt_sink	 sink = { writing_open,
	    writing_close, writing_text, writing_number, writing_truth,
	    writing_enhanced, writing_lines, writing_cert };
	struct writing				 w = { .x = x, .depth = 1 };

	w.group[0] = hsl_array(x);
	attempt_walk(a, who, &sink, &w);
	return w.group[0];
}
