/*
 * The functions for JSON and CSV: their options are read here, the work is
 * done in json.c, json_write.c and csv.c.
 */
#include "hsl/library/json.h"
#include "hsl/library/lib.h"

enum hsl_rc
fn_json_encode(struct hsl_call *c)
{
	struct json_style	 style;
	struct buf		 out = BUF_INIT;

	if (!hsl_arg_options(c, 1))
		return HSL_THROW;
	style.ascii = hsl_arg_flag(c, 1, "ensure_ascii", true);
	style.pretty = hsl_arg_flag(c, 1, "pretty_print", false);
	if (json_encode(c->x, c->argv[0], &style, &out))
		*c->ret = hsl_string(c->x, buf_str(&out));
	buf_free(&out);
	return c->x->throwing ? HSL_THROW : HSL_OK;
}

enum hsl_rc
fn_json_decode(struct hsl_call *c)
{
	struct str	 s;

	if (!hsl_arg_text(c, 0, &s) || !hsl_arg_options(c, 1))
		return HSL_THROW;
	json_decode(c->x, s, hsl_arg_flag(c, 1, "allow_comments", false),
	    c->ret);
	return c->x->throwing ? HSL_THROW : HSL_OK;
}

enum hsl_rc
fn_csv_decode(struct hsl_call *c)
{
	struct str	 s;

	if (!hsl_arg_text(c, 0, &s) || !hsl_arg_options(c, 1))
		return HSL_THROW;
	hsl_csv_decode(c->x, s, c->argc > 1 ? c->argv[1] : vnone(), c->ret);
	return c->x->throwing ? HSL_THROW : HSL_OK;
}

static void
csv_encode_field(struct buf *out, struct str s, char delimiter)
{
	bool	 quote = false;

	for (size_t i = 0; i < s.len; i++)
		quote |= s.p[i] == delimiter || s.p[i] == '\0' ||
		    strchr("\"\n\r \t", s.p[i]) != NULL;
	if (!quote) {
		buf_add_str(out, s);
		return;
	}
	buf_add_byte(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '"')
			buf_add_byte(out, '"');
		buf_add_byte(out, s.p[i]);
	}
	buf_add_byte(out, '"');
}

/* One record without its line's end. */
enum hsl_rc
fn_csv_encode(struct hsl_call *c)
{
	struct str		 delimiter, s;
	struct buf		 out = BUF_INIT, big = BUF_INIT;
	bool			 first = true;
	char			 tmp[VNUM_TEXT], d = ',';
	struct hsl_array	*a;
	struct hsl_value	 k, *v;
	uint32_t		 pos = 0;

	if (!lib_array(c, 0, &a) || !hsl_arg_options(c, 1))
		return HSL_THROW;
	delimiter = hsl_value_str(hsl_arg_option(c, 1, "delimiter"));
	if (delimiter.len > 0)
		d = delimiter.p[0];
	while (varr_next(a, &pos, &k, &v) && hsl_charge(c->x, 1)) {
		if (!first)
			buf_add_byte(&out, d);
		first = false;
		s = vtext(c->x, *v, tmp, &big);
		csv_encode_field(&out, s, d);
		c->x->space.budget -= (int64_t)(s.len / 16);
		if (out.len > c->x->space.heap.limit)
			c->x->space.heap.over = true;
	}
	buf_free(&big);
	return hsl_return_buf(c, &out);
}

/* The fields of the first record. */
enum hsl_rc
fn_csv_explode(struct hsl_call *c)
{
	struct hsl_value	 options, rows, delimiter;
	struct str		 s;

	if (c->argc > 1 && c->argv[1].type == HSL_STRING)
		delimiter = c->argv[1];
	else if (hsl_arg_options(c, 1))
		delimiter = hsl_arg_option(c, 1, "delimiter");
	else
		return HSL_THROW;
	options = hsl_array(c->x);
	hsl_array_set(c->x, options, "header", vboolean(false));
	hsl_array_set(c->x, options, "delimiter", vref(delimiter));
	if (!hsl_arg_text(c, 0, &s)) {
		vunref(c->x, options);
		return HSL_THROW;
	}
	if (hsl_csv_decode(c->x, s, options, &rows))
		*c->ret = hsl_array_count(rows) > 0 ?
		    vref(hsl_array_at(rows, 0)) : hsl_array(c->x);
	vunref(c->x, rows);
	vunref(c->x, options);
	return c->x->throwing ? HSL_THROW : HSL_OK;
}
