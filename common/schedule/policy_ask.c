/*
 * The types of policy.def read the values, so that "10/1m" is the same rate
 * everywhere.
 */
#include "policy_ask.h"

enum { ASK_SHOWN = 64 };

static int
ask_shown(struct str name)
{
	return name.len < ASK_SHOWN ? (int)name.len : ASK_SHOWN;
}

void
policy_ask_init(struct policy_ask *a)
{
	policy_options_init(&a->set);
	a->given = 0;
	a->property_count = 0;
}

enum policy_option
policy_ask_find(struct str name, int row, struct err *e)
{
	enum policy_option	 o = policy_option_find(name);
	const char		*near;

	if (o != POLICY_OPTIONS && o != POLICY_property &&
	    o != POLICY_window && policy_option_for(o, row))
		return o;
	near = ask_shown(name) == (int)name.len ?
	    policy_option_suggest(name, row) : NULL;
	if (near != NULL)
		(void)err_set(e, "there is no \"%.*s\"; did you mean %s?",
		    ask_shown(name), name.p, near);
	else
		(void)err_set(e, "there is no \"%.*s\"", (int)name.len,
		    name.p);
	return POLICY_OPTIONS;
}

int
policy_ask_option(struct policy_ask *a, enum policy_option o,
    struct str value, struct err *e)
{
	if (policy_option_set(&a->set, o, value, e) == -1)
		return err_wrap(e, "%s", policy_option_name(o));
	a->given |= 1u << o;
	return 0;
}

int
policy_ask_property(struct policy_ask *a, struct str name, struct str value,
    struct err *e)
{
	struct policy_options	scratch;
	size_t			i;

	if (!policy_property_ok(name))
		return err_set(e, "the name of a property is 1 to %d "
		    "letters, digits or \"._-\"", POLICY_PROPERTY_NAME);
	if (policy_option_set(&scratch, POLICY_property, value, e) == -1)
		return err_wrap(e, "%.*s", ask_shown(name), name.p);
	for (i = 0; i < a->property_count; i++)
		if (str_eq(a->property[i].name, name))
			break;
	if (i == POLICY_PROPERTIES)
		return err_set(e, "more than %d properties",
		    POLICY_PROPERTIES);
	a->property[i] = (struct policy_property){ name, value };
	if (i == a->property_count)
		a->property_count++;
	return 0;
}

int
policy_ask_field(struct str name, enum policy_field *f, struct err *e)
{
	struct buf	 all = BUF_INIT;
	const char	*near;

	*f = policy_field_find(name);
	if (*f != POLICY_FIELDS)
		return 0;
	near = policy_field_suggest(name);
	if (near != NULL)
		return err_set(e, "\"%.*s\" is not a field; did you mean %s?",
		    ask_shown(name), name.p, near);
	policy_fields_put(&all, POLICY_MASKS - 1);
	(void)err_set(e, "\"%.*s\" is not a field; fields are %s",
	    ask_shown(name), name.p, buf_cstr(&all));
	buf_free(&all);
	return -1;
}

int
policy_ask_value(struct policy_values *on, struct str name, struct str value,
    struct err *e)
{
	enum policy_field	f;

	if (policy_ask_field(name, &f, e) == -1)
		return -1;
	if (value.len == 0)
		return err_set(e, "%s: the value is empty",
		    policy_field_name(f));
	if (on->of[f].len > 0)
		return err_set(e, "%s: there are two values",
		    policy_field_name(f));
	on->of[f] = value;
	return 0;
}

void
policy_ask_limits(const struct policy_ask *a, struct policy_limits *out)
{
	*out = (struct policy_limits){
		.limits = { (uint32_t)a->set.concurrency, a->set.rate,
		    (enum schedule_algorithm)a->set.rate_algorithm,
		    (uint32_t)a->set.connectinterval },
		.given = a->given, .stop = a->set.stop,
		.cluster = a->set.cluster, .tag = a->set.tag,
		.properties = a->property,
		.property_count = a->property_count,
	};
}
