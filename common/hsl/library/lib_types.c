/*
 * Functions that ask for the type or the length of a value, or convert it.
 */
#include "hsl/library/lib.h"
#include "hsl/run/compare.h"

enum hsl_rc
fn_length(struct hsl_call *c)
{
	struct hsl_value	 v = c->argv[0];

	if (v.type == HSL_ARRAY)
		*c->ret = vnumber(v.u.array->count);
	else if (v.type == HSL_STRING)
		*c->ret = vnumber(v.u.string->len);
	return HSL_OK;
}

enum hsl_rc
fn_count(struct hsl_call *c)
{
	return fn_length(c);
}

enum hsl_rc
fn_strlen(struct hsl_call *c)
{
	return fn_length(c);
}

enum hsl_rc
fn_boolean(struct hsl_call *c)
{
	*c->ret = vboolean(vtrue(c->argv[0]));
	return HSL_OK;
}

enum hsl_rc
fn_number(struct hsl_call *c)
{
	if (!hsl_charge(c->x, hsl_value_str(c->argv[0]).len / 32))
		return HSL_THROW;
	*c->ret = vnumber(compare_number(c->argv[0]));
	return HSL_OK;
}

enum hsl_rc
fn_string(struct hsl_call *c)
{
	*c->ret = vtext_value(c->x, c->argv[0]);
	return HSL_OK;
}

static enum hsl_rc
types_is(struct hsl_call *c, enum hsl_type type)
{
	*c->ret = vboolean(c->argv[0].type == type);
	return HSL_OK;
}

enum hsl_rc
fn_is_array(struct hsl_call *c)
{
	return types_is(c, HSL_ARRAY);
}

enum hsl_rc
fn_is_boolean(struct hsl_call *c)
{
	return types_is(c, HSL_BOOLEAN);
}

enum hsl_rc
fn_is_function(struct hsl_call *c)
{
	return types_is(c, HSL_FUNCTION);
}

enum hsl_rc
fn_is_number(struct hsl_call *c)
{
	return types_is(c, HSL_NUMBER);
}

enum hsl_rc
fn_is_object(struct hsl_call *c)
{
	return types_is(c, HSL_OBJECT);
}

enum hsl_rc
fn_is_string(struct hsl_call *c)
{
	return types_is(c, HSL_STRING);
}
