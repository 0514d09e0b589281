/*
 * A field may be quoted; a quote in it is doubled.  Lines end in LF or CR LF,
 * empty ones are left out.  With a header every row is keyed by its names;
 * the schema gives columns a type.
 */
#include "hsl/run/exec.h"

struct csv {
	struct hsl_exec	*x;
	const char	*p;
	const char	*end;
	char		 delimiter;
};

static bool
csv_quoted(struct csv *c, struct buf *b)
{
	for (c->p++; c->p < c->end; c->p++) {
		if (*c->p != '"') {
			buf_add_byte(b, *c->p);
			continue;
		}
		if (c->p + 1 >= c->end || c->p[1] != '"') {
			c->p++;
			return true;
		}
		buf_add_byte(b, *c->p++);
	}
	return false;
}

static bool
csv_field(struct csv *c, struct hsl_value row)
{
	struct buf	 b = BUF_INIT;
	const char	*start;
	bool		 ok = true;

	if (c->p < c->end && *c->p == '"') {
		ok = csv_quoted(c, &b) && (c->p >= c->end ||
		    *c->p == c->delimiter || *c->p == '\n' || *c->p == '\r');
	} else {
		for (start = c->p; c->p < c->end && *c->p != c->delimiter &&
		    *c->p != '\n'; c->p++)
			continue;
		buf_add(&b, start, (size_t)(c->p - start));
		if (b.len > 0 && c->p < c->end && *c->p == '\n' &&
		    c->p[-1] == '\r')
			buf_truncate(&b, b.len - 1);
	}
	if (ok)
		hsl_array_push(c->x, row, hsl_string(c->x, buf_str(&b)));
	buf_free(&b);
	return ok && hsl_charge(c->x, 1);
}

static bool
csv_row(struct csv *c, struct hsl_value row)
{
	for (;;) {
		if (!csv_field(c, row))
			return false;
		if (c->p < c->end && *c->p == c->delimiter) {
			c->p++;
			continue;
		}
		if (c->p < c->end && *c->p == '\r')
			c->p++;
		if (c->p >= c->end)
			return true;
		return *c->p++ == '\n';
	}
}

/* ---- The schema -------------------------------------------------------- */

/* Whether text is among the strings of a list. */
static bool
csv_listed(struct str text, struct hsl_value list, const char *otherwise)
{
	struct hsl_value	 k, v;
	size_t			 pos = 0;

	if (list.type != HSL_ARRAY)
		return otherwise != NULL && str_eq(text, str_of(otherwise));
	while (hsl_array_next(list, &pos, &k, &v))
		if (str_eq(text, hsl_value_str(v)))
			return true;
	return false;
}

/* A column's text as a value of its type; false if it spells none. */
static bool
csv_typed(struct hsl_exec *x, struct hsl_value schema, struct hsl_value text,
    struct hsl_value *v)
{
	struct str		 s = hsl_value_str(text);
	struct str		 type = hsl_value_str(hsl_array_get(schema,
				    "type"));
	struct hsl_value	 nullable = hsl_array_get(schema, "nullable");
	double			 n;

	(void)x;
	if (nullable.type == HSL_ARRAY ? csv_listed(s, nullable, NULL) :
	    vtrue(nullable) && s.len == 0) {
		*v = vnone();
	} else if (str_eq(type, STR("number"))) {
		if (!vnum_parse(s, &n))
			return false;
		*v = vnumber(n);
	} else if (str_eq(type, STR("boolean"))) {
		bool	 yes = csv_listed(s, hsl_array_get(schema, "true"),
			    "true");

		if (!yes && !csv_listed(s, hsl_array_get(schema, "false"),
		    "false"))
			return false;
		*v = vboolean(yes);
	} else
		*v = vref(text);
	return true;
}

static bool
csv_keyed(struct hsl_exec *x, struct hsl_value names, struct hsl_value row,
    struct hsl_value schema, struct hsl_value *out)
{
	struct hsl_value	 k, name, v, column, *slot;
	size_t			 pos = 0;
	int64_t			 n = 0;
	bool			 ok = hsl_array_count(names) ==
				    hsl_array_count(row);

	*out = hsl_array(x);
	while (ok && hsl_array_next(names, &pos, &k, &name)) {
		column = vnone();
		if (schema.type == HSL_ARRAY && (slot = varr_find(
		    schema.u.array, varr_key(&name))) != NULL)
			column = *slot;
		ok = csv_typed(x, column, hsl_array_at(row, n++), &v);
		if (ok)
			hsl_array_set_key(x, *out, vref(name), v);
	}
	if (!ok) {
		vunref(x, *out);
		*out = vnone();
	}
	return ok;
}

static bool
csv_rows(struct csv *c, struct hsl_value options, struct hsl_value *rows)
{
	struct hsl_value	 header = hsl_array_get(options, "header");
	struct hsl_value	 schema = hsl_array_get(options, "schema");
	struct hsl_value	 names = vnone(), row, keyed;
	bool			 wanted = vnullish(header) || vtrue(header);
	bool			 ok = true;

	while (ok && c->p < c->end) {
		if (*c->p == '\n' || (*c->p == '\r' && c->p + 1 < c->end &&
		    c->p[1] == '\n')) {
			c->p++;
			continue;
		}
		row = hsl_array(c->x);
		ok = csv_row(c, row);
		if (ok && wanted && names.type == HSL_NONE) {
			names = row;
			continue;
		}
		if (ok && wanted) {
			ok = csv_keyed(c->x, names, row, schema, &keyed);
			vunref(c->x, row);
			row = keyed;
		}
		hsl_array_push(c->x, *rows, row);
	}
	vunref(c->x, names);
	return ok;
}

bool
hsl_csv_decode(struct hsl_exec *x, struct str text, struct hsl_value options,
    struct hsl_value *rows)
{
	struct str	 delimiter = hsl_value_str(hsl_array_get(options,
			    "delimiter"));
	struct csv	 c = { x, text.p, text.p + text.len, ',' };

	if (delimiter.len > 0)
		c.delimiter = delimiter.p[0];
	*rows = hsl_array(x);
	if (hsl_charge(x, text.len / 16) && csv_rows(&c, options, rows))
		return true;
	vunref(x, *rows);
	*rows = vnone();
	return false;
}
