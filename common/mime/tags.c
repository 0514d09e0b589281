/*
 * The text is copied once; names and values are cut out of the copy in place.
 */
#include "field.h"
#include "tags.h"

static bool
tag_is_alpha(char c)
{
	return ascii_isalnum((unsigned char)c) &&
	    !ascii_isdigit((unsigned char)c);
}

/* ALPHA *( ALPHA / DIGIT / "_" ) */
static bool
tag_name_ok(struct str name)
{
	size_t	i;

	if (name.len == 0 || !tag_is_alpha(name.p[0]))
		return false;
	for (i = 1; i < name.len; i++)
		if (!ascii_isalnum((unsigned char)name.p[i]) &&
		    name.p[i] != '_')
			return false;
	return true;
}

static bool
tag_value_ok(struct str value)
{
	size_t	i;

	for (i = 0; i < value.len; i++) {
		unsigned char	c = (unsigned char)value.p[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return utf8_valid(value);
}

struct str
tags_get(const struct tags *t, struct str name)
{
	size_t	i;

	for (i = 0; i < t->count; i++)
		if (str_eq(t->list[i].name, name))
			return t->list[i].value;
	return STR_NONE;
}

static int
tags_add(struct tags *t, struct str spec)
{
	struct tag	tag;

	tag.name = str_trim(str_split(spec, '=', &tag.value));
	if (tag.value.p == NULL || t->count == TAGS_MAX)
		return -1;
	tag.value = str_trim(tag.value);
	if (!tag_name_ok(tag.name) || !tag_value_ok(tag.value) ||
	    tags_get(t, tag.name).p != NULL ||
	    (t->count != 0 && str_eq(tag.name, STR("v"))))
		return -1;
	t->list[t->count++] = tag;
	return 0;
}

/* The list may end in ";", and not be empty. */
int
tags_parse(struct tags *t, struct str text)
{
	struct str	rest, spec;

	t->text = (struct buf)BUF_INIT;
	t->count = 0;
	field_unfold(text, &t->text);
	rest = str_trim(buf_str(&t->text));
	if (rest.len != 0 && rest.p[rest.len - 1] == ';')
		rest.len--;
	do {
		spec = str_split(rest, ';', &rest);
		if (tags_add(t, spec) == -1)
			return -1;
	} while (rest.p != NULL);
	return 0;
}

void
tags_fini(struct tags *t)
{
	buf_free(&t->text);
}
