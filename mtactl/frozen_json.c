/*
 * A value lives in the heap of an execution that runs nothing.
 */
#include "hsl/frozen.h"
#include "hsl/hsl.h"
#include "share/share.h"

#include "frozen_json.h"
#include "report.h"

#define JSON_NESTED	64

struct frozen_heap {
	struct hsl_program	*program;
	struct hsl_exec		*x;
};

static void
heap_open(struct frozen_heap *h)
{
	h->program = hsl_compile(NULL, "none", STR(""), NULL, NULL);
	h->x = hsl_exec_new(h->program, &hsl_limits_default, NULL);
}

static void
heap_close(struct frozen_heap *h)
{
	hsl_exec_free(&h->x);
	hsl_program_unref(&h->program);
}

/* ---- To JSON ------------------------------------------------------------- */

static json_t *
json_str(struct str s)
{
	struct buf	 b = BUF_INIT;
	json_t		*v;

	buf_add_json(&b, s);
	v = json_loads(buf_cstr(&b), JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	buf_free(&b);
	return v;
}

static json_t *
json_number(double n)
{
	return n > -1e15 && n < 1e15 && n == (double)(json_int_t)n ?
	    json_integer((json_int_t)n) : json_real(n);
}

static bool
array_is_list(struct hsl_value array)
{
	struct hsl_value	k, v;
	size_t			pos = 0;
	double			n = 0;

	while (hsl_array_next(array, &pos, &k, &v))
		if (k.type != HSL_NUMBER || hsl_value_number(k, -1) != n++)
			return false;
	return true;
}

static json_t	*json_of(struct hsl_value v, int depth);

static json_t *
json_array_of(struct hsl_value array, int depth)
{
	bool			 list = array_is_list(array);
	json_t			*out = list ? json_array() : json_object();
	struct hsl_value	 k, v;
	struct buf		 key = BUF_INIT;
	size_t			 pos = 0;

	while (hsl_array_next(array, &pos, &k, &v)) {
		if (list) {
			(void)json_array_append_new(out, json_of(v, depth));
			continue;
		}
		buf_clear(&key);
		hsl_value_print(k, &key);
		(void)json_object_set_new(out, buf_cstr(&key),
		    json_of(v, depth));
	}
	buf_free(&key);
	return out;
}

static json_t *
json_of(struct hsl_value v, int depth)
{
	if (depth > JSON_NESTED)
		return json_null();
	switch (v.type) {
	case HSL_BOOLEAN:
		return json_boolean(hsl_value_true(v));
	case HSL_NUMBER:
		return json_number(hsl_value_number(v, 0));
	case HSL_STRING:
		return json_str(hsl_value_str(v));
	case HSL_ARRAY:
		return json_array_of(v, depth + 1);
	default:
		return json_null();
	}
}

json_t *
frozen_json_get(struct str bytes, struct err *e)
{
	struct frozen_heap	 h;
	struct hsl_value	 v;
	json_t			*out = NULL;

	heap_open(&h);
	if (hsl_thaw_bytes(h.x, bytes, &v, e) == 0) {
		out = json_of(v, 0);
		hsl_value_unref(h.x, v);
	}
	heap_close(&h);
	return out;
}

/* ---- From JSON ----------------------------------------------------------- */

static struct hsl_value	value_of(struct hsl_exec *x, const json_t *j);

static struct hsl_value
value_of_object(struct hsl_exec *x, const json_t *j)
{
	struct hsl_value	 v = hsl_array(x);
	const char		*key;
	json_t			*item;

	/* The iterator does not change it. */
	json_object_foreach((json_t *)(uintptr_t)j, key, item)
		hsl_array_set(x, v, key, value_of(x, item));
	return v;
}

static struct hsl_value
value_of(struct hsl_exec *x, const json_t *j)
{
	struct hsl_value	v;
	size_t			i;

	if (json_is_boolean(j))
		return hsl_boolean(json_is_true(j));
	if (json_is_number(j))
		return hsl_number(json_number_value(j));
	if (json_is_string(j))
		return hsl_string(x, (struct str){ json_string_value(j),
		    json_string_length(j) });
	if (json_is_object(j))
		return value_of_object(x, j);
	if (!json_is_array(j))
		return hsl_none();
	v = hsl_array(x);
	for (i = 0; i < json_array_size(j); i++)
		hsl_array_push(x, v, value_of(x, json_array_get(j, i)));
	return v;
}

int
frozen_json_put(struct buf *out, const json_t *j, struct err *e)
{
	struct hsl_frozen	*f = NULL;
	struct frozen_heap	 h;
	struct hsl_value	 v;
	int			 rc;

	heap_open(&h);
	v = value_of(h.x, j);
	rc = hsl_freeze(v, SHARE_VALUE_MAX, &f, e);
	if (rc == 0)
		buf_add_str(out, hsl_frozen_bytes(f));
	hsl_frozen_free(&f);
	hsl_value_unref(h.x, v);
	heap_close(&h);
	return rc;
}
