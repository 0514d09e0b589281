/*
 * Functions on the values of header fields.
 */
#include <stdlib.h>
#include <string.h>

#include "mime/field.h"
#include "mime/tags.h"

#include "library.h"

static int
tag_compare(const void *a, const void *b)
{
	const struct tag	*l = a, *r = b;
	size_t			 n = l->name.len < r->name.len ?
				    l->name.len : r->name.len;
	int			 rc = memcmp(l->name.p, r->name.p, n);

	return rc != 0 ? rc : (int)l->name.len - (int)r->name.len;
}

/* With the option field the argument is a whole field, name and all. */
static bool
header_value(struct hsl_call *c, struct str *value)
{
	struct hsl_value	o = c->argc > 1 ? c->argv[1] : hsl_none();
	struct field		f;

	if (!hsl_arg_string(c, 0, value))
		return false;
	if (o.type != HSL_NONE && o.type != HSL_ARRAY) {
		hsl_throw(c, "header_dkim_decode(): options is an array, "
		    "not %s", hsl_type_phrase(o));
		return false;
	}
	if (!hsl_value_true(hsl_array_get(o, "field")))
		return true;
	f = field_of(*value);
	*value = f.name_len != 0 ? field_value(f) : STR_NONE;
	return true;
}

/* Sorted by name, so that lists of the same tags are equal. */
enum hsl_rc
library_header_dkim_decode(struct hsl_call *c)
{
	struct tags	t;
	struct str	text;
	size_t		i;

	if (!header_value(c, &text) || !hsl_charge(c->x, 1 + text.len / 8))
		return HSL_THROW;
	if (tags_parse(&t, text) == 0) {
		qsort(t.list, t.count, sizeof t.list[0], tag_compare);
		*c->ret = hsl_array(c->x);
		for (i = 0; i < t.count; i++)
			hsl_array_set_key(c->x, *c->ret,
			    hsl_string(c->x, t.list[i].name),
			    hsl_string(c->x, t.list[i].value));
	}
	tags_fini(&t);
	return HSL_OK;
}
