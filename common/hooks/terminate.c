#include "terminate.h"

#define REASON_LINES_MAX	100

/* A line feed in a reason begins a new line of the reply. */
static void
reason_add(struct verdict *v, struct str text)
{
	struct str	line;

	while (v->line_count < REASON_LINES_MAX) {
		line = str_split(text, '\n', &text);
		if (line.len > 0 && line.p[line.len - 1] == '\r')
			line.len--;
		verdict_add_line(v, line);
		if (text.p == NULL)
			break;
	}
}

static void
reason_add_value(struct verdict *v, struct hsl_value value)
{
	struct buf	b = BUF_INIT;

	hsl_value_print(value, &b);
	reason_add(v, buf_str(&b));
	buf_free(&b);
}

static enum hsl_rc
reason_read(struct hsl_call *c, struct verdict *v, struct hsl_value reason)
{
	struct hsl_value	key, item;
	size_t			pos = 0;

	switch (reason.type) {
	case HSL_NONE:
		return HSL_OK;
	case HSL_STRING:
	case HSL_NUMBER:
		reason_add_value(v, reason);
		return HSL_OK;
	case HSL_ARRAY:
		while (hsl_array_next(reason, &pos, &key, &item))
			reason_add_value(v, item);
		return HSL_OK;
	default:
		return hsl_throw(c, "reason is a string or an array of "
		    "strings, not %s", hsl_type_name(reason));
	}
}

/* 200 to 599, and no promise of more input. */
static enum hsl_rc
codes_read(struct hsl_call *c, struct verdict *v, struct hsl_value codes)
{
	struct hsl_value	code = hsl_array_get(codes, "code");
	struct hsl_value	enhanced = hsl_array_get(codes, "enhanced");
	double			n;
	int			i;

	if (codes.type != HSL_ARRAY)
		return hsl_throw(c, "reply_codes is an array");
	if (code.type != HSL_NONE) {
		n = hsl_value_number(code, 0);
		if (n < 200 || n > 599 || (n >= 300 && n < 400))
			return hsl_throw(c, "reply_codes: code is a number "
			    "of 2xx, 4xx or 5xx");
		v->code = (int)n;
	}
	if (enhanced.type == HSL_NONE)
		return HSL_OK;
	for (i = 0; i < 3; i++) {
		n = hsl_value_number(hsl_array_at(enhanced, i), -1);
		if (n < 0 || n > 999)
			return hsl_throw(c, "reply_codes: enhanced is an "
			    "array of three numbers");
		v->enhanced[i] = (int)n;
	}
	return HSL_OK;
}

static enum hsl_rc
options_read(struct hsl_call *c, struct verdict *v, struct hsl_value options)
{
	struct hsl_value	codes;

	if (options.type == HSL_NONE)
		return HSL_OK;
	if (options.type != HSL_ARRAY)
		return hsl_throw(c, "options is an array, not %s",
		    hsl_type_name(options));
	v->disconnect = hsl_value_true(hsl_array_get(options, "disconnect"));
	codes = hsl_array_get(options, "reply_codes");
	return codes.type == HSL_NONE ? HSL_OK : codes_read(c, v, codes);
}

static enum hsl_rc
terminate(struct hsl_call *c, enum verdict_action action)
{
	struct hook_data	*data = hsl_data(c->x);
	struct verdict		*v = &data->verdict;
	enum hsl_rc		 rc = HSL_OK;

	verdict_fini(v);
	if (c->argc > 0)
		rc = reason_read(c, v, c->argv[0]);
	if (rc == HSL_OK && c->argc > 1)
		rc = options_read(c, v, c->argv[1]);
	if (rc != HSL_OK) {
		verdict_fini(v);
		return rc;
	}
	v->action = action;
	return HSL_EXIT;
}

enum hsl_rc
terminate_accept(struct hsl_call *c)
{
	return terminate(c, VERDICT_ACCEPT);
}

enum hsl_rc
terminate_reject(struct hsl_call *c)
{
	return terminate(c, VERDICT_REJECT);
}

enum hsl_rc
terminate_defer(struct hsl_call *c)
{
	return terminate(c, VERDICT_DEFER);
}
