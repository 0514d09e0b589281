/*
 * params.def is expanded into a table of rows: where the field lies, its type,
 * its default and its bounds.  All else goes through that table.
 */
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/mem.h"
#include "conf/params.h"
#include "setting.h"
#include "value.h"

/* Marks in the apply column. */
enum { RELOAD, RESTART };

#define WORDS2(P, A, a, B, b)		a "|" b
#define WORDS3(P, A, a, B, b, C, c)	a "|" b "|" c
#define WORDS4(P, A, a, B, b, C, c, D, d)	a "|" b "|" c "|" d
const struct param_row	param_rows[] = {
#define PARAM(type, name, def, min, max, apply, help)			\
	{ #name, PARAM_##type, def, min, max, (apply) == RESTART, help },
#include "conf/params.def"
#undef PARAM
};
const size_t	param_count = sizeof param_rows / sizeof param_rows[0];

/* Where each row's field lies in struct params. */
static const size_t	param_offset[] = {
#define PARAM(type, name, def, min, max, apply, help)			\
	offsetof(struct params, name),
#include "conf/params.def"
#undef PARAM
};

#define PARAM_PATH_MAX	1023

union param_ref {
	void		*any;
	bool		*yes;
	int64_t		*number;
	uint64_t	*size;
	int		*place;
	char		**text;
};

static union param_ref
param_at(struct params *p, size_t row)
{
	return (union param_ref){ .any = (char *)p + param_offset[row] };
}

static bool
param_is_text(enum param_type type)
{
	return type == PARAM_TEXT || type == PARAM_PATH || type == PARAM_HOOK;
}

static int
param_range(const struct param_row *row, bool inside, struct err *e)
{
	return inside ? 0 : err_set(e, "%s must be from %s to %s", row->name,
	    row->min, row->max);
}

static int
param_set_signed(const struct param_row *row, struct str value,
    int64_t *field, struct err *e)
{
	int	(*read)(struct str, int64_t *, struct err *);
	int64_t	n, min, max;

	read = row->type == PARAM_TIME ? value_time : value_int;
	if (read(str_of(row->min), &min, e) == -1 ||
	    read(str_of(row->max), &max, e) == -1)
		panic("params.def: bounds of %s", row->name);
	if (read(value, &n, e) == -1 ||
	    param_range(row, n >= min && n <= max, e) == -1)
		return -1;
	*field = n;
	return 0;
}

static int
param_set_size(const struct param_row *row, struct str value, uint64_t *field,
    struct err *e)
{
	uint64_t	n, min, max;

	if (value_size(str_of(row->min), &min, e) == -1 ||
	    value_size(str_of(row->max), &max, e) == -1)
		panic("params.def: bounds of %s", row->name);
	if (value_size(value, &n, e) == -1 ||
	    param_range(row, n >= min && n <= max, e) == -1)
		return -1;
	*field = n;
	return 0;
}

static int
param_set_text(const struct param_row *row, struct str value, char **field,
    struct err *e)
{
	int64_t	max = row->type == PARAM_TEXT ? SETTING_MAX : PARAM_PATH_MAX;

	if (row->max[0] != '\0')
		(void)value_int(str_of(row->max), &max, e);
	if (value.len > (size_t)max)
		return err_set(e, "%s is longer than %lld bytes", row->name,
		    (long long)max);
	free(*field);
	*field = xstrndup(value.p != NULL ? value.p : "", value.len);
	return 0;
}

static int
param_set_row(struct params *p, size_t i, struct str value, struct err *e)
{
	const struct param_row	*row = &param_rows[i];
	union param_ref		 to = param_at(p, i);

	switch (row->type) {
	case PARAM_BOOL:
		return value_bool(value, to.yes, e);
	case PARAM_INT:
	case PARAM_TIME:
		return param_set_signed(row, value, to.number, e);
	case PARAM_SIZE:
		return param_set_size(row, value, to.size, e);
	case PARAM_ENUM:
		return value_enum(value, row->min, to.place, e);
	case PARAM_TEXT:
	case PARAM_PATH:
	case PARAM_HOOK:
		return param_set_text(row, value, to.text, e);
	}
	panic("params.def: type of %s", row->name);
}

int
params_set(struct params *p, const char *name, const char *value,
    struct err *e)
{
	size_t		 i = param_find(str_of(name));
	const char	*near;

	if (i < param_count)
		return param_set_row(p, i, str_of(value), e);
	near = param_suggest(name);
	if (near == NULL)
		return err_set(e, "unknown parameter \"%s\"", name);
	return err_set(e, "unknown parameter \"%s\", did you mean \"%s\"?",
	    name, near);
}

void
params_init(struct params *p)
{
	struct scope	 sc;
	struct err	 e = { "does not expand" };
	const char	*value;
	size_t		 i;

	memset(p, 0, sizeof *p);
	scope_init(&sc, NULL);
	for (i = 0; i < param_count; i++) {
		value = scope_value(&sc, i);
		if (value == NULL ||
		    param_set_row(p, i, str_of(value), &e) == -1)
			panic("params.def: default of %s: %s",
			    param_rows[i].name, e.text);
	}
	scope_fini(&sc);
}

void
params_fini(struct params *p)
{
	size_t	i;

	for (i = 0; i < param_count; i++) {
		if (param_is_text(param_rows[i].type)) {
			free(*param_at(p, i).text);
			*param_at(p, i).text = NULL;
		}
	}
}

void
params_copy(struct params *to, const struct params *from)
{
	size_t	i;
	char	**text;

	*to = *from;
	for (i = 0; i < param_count; i++) {
		if (param_is_text(param_rows[i].type)) {
			text = param_at(to, i).text;
			*text = xstrdup(*text);
		}
	}
}

int
params_get(const struct params *p, const char *name, struct buf *out)
{
	/* The same accessor serves both ways; nothing is written here. */
	struct params		*from = (struct params *)(uintptr_t)p;
	size_t			 i = param_find(str_of(name));
	union param_ref		 at;

	if (i == param_count)
		return -1;
	at = param_at(from, i);
	switch (param_rows[i].type) {
	case PARAM_BOOL:
		buf_add_text(out, *at.yes ? "yes" : "no");
		break;
	case PARAM_INT:
		buf_add_uint(out, (unsigned long long)*at.number);
		break;
	case PARAM_TIME:
		value_put_time(out, *at.number);
		break;
	case PARAM_SIZE:
		value_put_size(out, *at.size);
		break;
	case PARAM_ENUM:
		buf_add_str(out, value_word(param_rows[i].min, *at.place));
		break;
	case PARAM_TEXT:
	case PARAM_PATH:
	case PARAM_HOOK:
		buf_add_text(out, *at.text);
		break;
	}
	return 0;
}

/* At most a third of the name may differ. */
const char *
param_suggest(const char *name)
{
	struct str	 want = str_of(name);
	unsigned int	 best = (unsigned int)(want.len / 3) + 1, d;
	const char	*near = NULL;
	size_t		 i;

	for (i = 0; i < param_count; i++) {
		d = value_distance(want, str_of(param_rows[i].name));
		if (d < best) {
			best = d;
			near = param_rows[i].name;
		}
	}
	return near;
}
