/*
 * One table, of POLICY_FIELD_LIST.
 */
#include "base/wire.h"
#include "conf/value.h"

#include "policy_field.h"

enum { POLICY_VALUE_MAX = 1024 };
enum { POLICY_NAME_MAX = 64 };	/* of what may be meant for a field */

static const struct {
	const char		*name;
	enum pattern_type	 type;
} policy_fields[POLICY_FIELDS] = {
#define POLICY_FIELD_ROW(id, name, type)	{ name, PATTERN_##type },
	POLICY_FIELD_LIST(POLICY_FIELD_ROW)
#undef POLICY_FIELD_ROW
};

enum policy_field
policy_field_find(struct str name)
{
	int	f;

	for (f = 0; f < POLICY_FIELDS; f++)
		if (str_eq(name, str_of(policy_fields[f].name)))
			break;
	return (enum policy_field)f;
}

const char *
policy_field_suggest(struct str name)
{
	unsigned int	 best = (unsigned int)(name.len / 3) + 1, d;
	const char	*near = NULL;
	int		 f;

	if (name.len > POLICY_NAME_MAX)
		return NULL;
	for (f = 0; f < POLICY_FIELDS; f++) {
		d = value_distance(name, str_of(policy_fields[f].name));
		if (d < best) {
			best = d;
			near = policy_fields[f].name;
		}
	}
	return near;
}

const char *
policy_field_name(enum policy_field f)
{
	return policy_fields[f].name;
}

enum pattern_type
policy_field_type(enum policy_field f)
{
	return policy_fields[f].type;
}

void
policy_fields_put(struct buf *out, unsigned mask)
{
	const char	*between = "";
	int		 f;

	if (mask == 0)
		buf_add_byte(out, '-');
	for (f = 0; f < POLICY_FIELDS; f++)
		if ((mask & POLICY_BIT(f)) != 0) {
			buf_printf(out, "%s%s", between,
			    policy_fields[f].name);
			between = ",";
		}
}

int
policy_values_put(struct buf *out, const struct policy_values *v)
{
	int	f;

	for (f = 0; f < POLICY_FIELDS; f++)
		if (wire_put_blob(out, v->of[f], POLICY_VALUE_MAX) == -1)
			return -1;
	return 0;
}

int
policy_values_get(struct policy_values *v, struct str bytes)
{
	struct rbuf	r = { (const unsigned char *)bytes.p, bytes.len };
	int		f;

	for (f = 0; f < POLICY_FIELDS; f++)
		if (wire_get_blob(&r, &v->of[f], POLICY_VALUE_MAX) == -1)
			return -1;
	return r.len == 0 ? 0 : -1;
}
