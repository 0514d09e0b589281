/*
 * The methods of EODMailMessage that read and edit the header.  What is read
 * is the header as it was received: edits show in what is sent and in
 * toString().  What is edited is the header as it was edited so far.
 *
 * Every name and every value goes through field_build(), with or without
 * encoding: a script that passes on what mail contains can't be made to
 * write a second field.
 */
#include <string.h>

#include "mime/charset.h"
#include "mime/word.h"

#include "eod_private.h"

enum {
	OPTION_INDEX = 1, OPTION_FIELD = 2, OPTION_DECODE = 4,
	OPTION_ENCODE = 8, OPTION_ENCODING = 16
};

struct header_options {
	unsigned	given;		/* OPTION_ bits */
	int32_t		index;
	bool		field;
	bool		decode;
	bool		encode;
	enum word_encoding encoding;
};

/* A call as its method reads it; text is borrowed from the arguments. */
struct header_call {
	struct hsl_call		*c;
	const char		*method;
	struct header		*header;
	struct str		 name;
	struct header_options	 options;
};

/* ---- Arguments --------------------------------------------------------- */

static bool
header_encoding(struct header_call *h, struct hsl_value v)
{
	struct str	s = hsl_value_str(v);

	h->options.encoding = str_eq(s, STR("base64")) ? WORD_B : WORD_Q;
	if (h->options.encoding == WORD_B || str_eq(s, STR("quoted-printable")))
		return true;
	hsl_throw(h->c, "%s: encoding is 'quoted-printable' or 'base64'",
	    h->method);
	return false;
}

static bool
header_option(struct header_call *h, struct str name, struct hsl_value v,
    unsigned allowed)
{
	static const char *const	names[] = { "index", "field",
	    "decode", "encode", "encoding" };
	bool				*flags[] = { NULL, &h->options.field,
	    &h->options.decode, &h->options.encode, NULL };
	double				 index;
	unsigned			 i;

	for (i = 0; i < 5; i++)
		if (str_eq(name, str_of(names[i])) && (allowed & 1u << i))
			break;
	if (i == 5) {
		hsl_throw(h->c, "%s: unknown option '%.*s'", h->method,
		    (int)(name.len < 64 ? name.len : 64), name.p);
		return false;
	}
	h->options.given |= 1u << i;
	if (flags[i] != NULL) {
		*flags[i] = hsl_value_true(v);
		return true;
	}
	if (i == 4)
		return header_encoding(h, v);
	index = hsl_value_number(v, 0.5);
	if (index > -INT32_MAX && index < INT32_MAX &&
	    index == (double)(int32_t)index) {
		h->options.index = (int32_t)index;
		return true;
	}
	hsl_throw(h->c, "%s: index is a whole number", h->method);
	return false;
}

static bool
header_options(struct header_call *h, int i, unsigned allowed)
{
	struct hsl_value	key, v;
	size_t			pos = 0;

	h->options = (struct header_options){ .decode = true,
	    .encode = true };
	if (i >= h->c->argc || h->c->argv[i].type == HSL_NONE)
		return true;
	if (h->c->argv[i].type != HSL_ARRAY) {
		hsl_throw(h->c, "%s: options is an array, not %s", h->method,
		    hsl_type_phrase(h->c->argv[i]));
		return false;
	}
	while (hsl_array_next(h->c->argv[i], &pos, &key, &v)) {
		if (key.type != HSL_STRING) {
			hsl_throw(h->c, "%s: options is an array of names "
			    "and values", h->method);
			return false;
		}
		if (!header_option(h, hsl_value_str(key), v, allowed))
			return false;
	}
	return true;
}

/* The header, read with the first call; each pays for what it looks at. */
static bool
header_open(struct header_call *h)
{
	struct eod_run	*r = hsl_object_data(h->c->self, &mail_class);
	struct message	*m = eod_message(r);
	bool		 known = message_header_known(m);
	uint64_t	 units = 1;
	struct err	 e;

	h->header = message_header(m, &e);
	if (h->header != NULL)
		units += header_count(h->header) / 8;
	if (!known)
		units += (h->header != NULL ? header_original_size(h->header) :
		    header_limits_default.bytes) / 8;
	if (!hsl_charge(h->c->x, units))
		return false;
	if (h->header == NULL)
		hsl_throw(h->c, "%s: %s", h->method, e.text);
	return h->header != NULL;
}

/* Reads a name, and options in argument `options` that may be `allowed`. */
static bool
header_begin(struct header_call *h, int options, unsigned allowed)
{
	if (h->c->argv[0].type != HSL_STRING) {
		hsl_throw(h->c, "%s: name is a string, not %s", h->method,
		    hsl_type_phrase(h->c->argv[0]));
		return false;
	}
	h->name = hsl_value_str(h->c->argv[0]);
	return header_options(h, options, allowed) && header_open(h);
}

/* As received, or as edited so far. */
struct header_view {
	size_t	(*count)(const struct header *h);
	size_t	(*find)(const struct header *h, struct str name, size_t from);
};

/* The field that the option index says, from the end if negative. */
static size_t
header_locate(const struct header_call *h, const struct header_view *view)
{
	size_t	count = view->count(h->header), at, n = 0;
	int64_t	index = h->options.index;

	if (index < 0) {
		for (at = view->find(h->header, h->name, 0); at < count;
		    at = view->find(h->header, h->name, at + 1))
			n++;
		if ((uint64_t)-index > n)
			return count;
		index += (int64_t)n;
	}
	at = view->find(h->header, h->name, 0);
	for (; at < count && index > 0; index--)
		at = view->find(h->header, h->name, at + 1);
	return at;
}

static size_t
header_locate_received(const struct header_call *h)
{
	static const struct header_view	view = { header_received_count,
	    header_received_find };

	return header_locate(h, &view);
}

static size_t
header_locate_edited(const struct header_call *h)
{
	static const struct header_view	view = { header_count, header_find };

	return header_locate(h, &view);
}

/* ---- Reading ----------------------------------------------------------- */

/* Without folds; old programs write the charset of their country bare. */
static void
header_flat(struct field f, struct buf *flat)
{
	struct buf	bytes = BUF_INIT;

	field_unfold(field_value(f), &bytes);
	if (utf8_valid(buf_str(&bytes)))
		buf_add_str(flat, buf_str(&bytes));
	else
		charset_to_utf8(CHARSET_1252, buf_str(&bytes), flat);
	buf_free(&bytes);
}

static struct hsl_value
header_value(const struct header_call *h, struct field f)
{
	struct buf		flat = BUF_INIT, text = BUF_INIT;
	struct hsl_value	v;

	if (h->options.field)
		return hsl_string(h->c->x, f.raw);
	if (!h->options.decode)
		return hsl_string(h->c->x, field_value(f));
	header_flat(f, &flat);
	word_decode(str_trim(buf_str(&flat)), &text);
	v = hsl_string(h->c->x, buf_str(&text));
	buf_free(&flat);
	buf_free(&text);
	return v;
}

enum hsl_rc
mail_get_header(struct hsl_call *c)
{
	struct header_call	h = { .c = c, .method = "getHeader" };
	struct field		f;
	size_t			at;

	if (!header_begin(&h, 1, OPTION_INDEX | OPTION_FIELD | OPTION_DECODE))
		return HSL_THROW;
	at = header_locate_received(&h);
	if (at == header_received_count(h.header))
		return HSL_OK;
	f = header_received_at(h.header, at);
	if (!hsl_charge(c->x, f.raw.len / 8))
		return HSL_THROW;
	*c->ret = header_value(&h, f);
	return HSL_OK;
}

enum hsl_rc
mail_get_headers(struct hsl_call *c)
{
	struct header_call	h = { .c = c, .method = "getHeaders" };
	struct hsl_value	list;
	struct field		f;
	size_t			at;

	if (!header_begin(&h, 1, OPTION_FIELD | OPTION_DECODE))
		return HSL_THROW;
	list = hsl_array(c->x);
	at = header_received_find(h.header, h.name, 0);
	while (at < header_received_count(h.header)) {
		f = header_received_at(h.header, at);
		if (!hsl_charge(c->x, 1 + f.raw.len / 8)) {
			hsl_value_unref(c->x, list);
			return HSL_THROW;
		}
		hsl_array_push(c->x, list, header_value(&h, f));
		at = header_received_find(h.header, h.name, at + 1);
	}
	*c->ret = list;
	return HSL_OK;
}

static struct hsl_value
header_lower(struct hsl_exec *x, struct str name)
{
	char	text[FIELD_NAME_MAX];
	size_t	i;

	for (i = 0; i < name.len && i < sizeof text; i++)
		text[i] = (char)ascii_lower((unsigned char)name.p[i]);
	return hsl_string(x, (struct str){ text, i });
}

enum hsl_rc
mail_get_header_names(struct hsl_call *c)
{
	struct header_call	h = { .c = c, .method = "getHeaderNames" };
	struct hsl_value	list;
	struct str		name;
	size_t			i;

	if (!header_open(&h))
		return HSL_THROW;
	list = hsl_array(c->x);
	for (i = 0; i < header_received_count(h.header); i++) {
		name = field_name(header_received_at(h.header, i));
		if (!hsl_charge(c->x, 1)) {
			hsl_value_unref(c->x, list);
			return HSL_THROW;
		}
		if (name.len != 0)
			hsl_array_push(c->x, list, header_lower(c->x, name));
	}
	*c->ret = list;
	return HSL_OK;
}

/* ---- Editing ----------------------------------------------------------- */

/* Argument 1 as text; numbers and booleans as they print. */
static bool
header_text(struct header_call *h, struct buf *text)
{
	struct hsl_value	v = h->c->argv[1];

	if (v.type == HSL_STRING) {
		if (!hsl_charge(h->c->x, hsl_value_str(v).len / 4))
			return false;
		if (hsl_value_str(v).len <= header_limits_default.bytes) {
			buf_add_str(text, hsl_value_str(v));
			return true;
		}
	} else if (v.type == HSL_NUMBER || v.type == HSL_BOOLEAN) {
		hsl_value_print(v, text);
		return true;
	}
	hsl_throw(h->c, "%s: value is a string of at most %zu bytes",
	    h->method, header_limits_default.bytes);
	return false;
}

/* A whole field, as the option `field` of getHeader() shows it. */
static int
header_of_field(struct header_call *h, struct str text, struct buf *value,
    struct err *e)
{
	struct field	f = field_of(text);

	if (!field_is(f, h->name))
		return err_set(e, "with the option field the value is a "
		    "whole field of that name");
	buf_add_str(value, field_value(f));
	return 0;
}

/* The value as it is to stand in the message. */
static bool
header_new_value(struct header_call *h, struct buf *value)
{
	struct buf	text = BUF_INIT;
	struct err	e;
	int		rc = 0;

	if (!header_text(h, &text)) {
		buf_free(&text);
		return false;
	}
	if (h->options.field)
		rc = header_of_field(h, buf_str(&text), value, &e);
	else if (h->options.encode)
		rc = word_encode(h->name, buf_str(&text),
		    h->options.encoding, value, &e);
	else
		buf_add_str(value, buf_str(&text));
	buf_free(&text);
	if (rc == -1)
		hsl_throw(h->c, "%s: %s", h->method, e.text);
	return rc == 0;
}

enum hsl_rc
mail_add_header(struct hsl_call *c)
{
	struct header_call	h = { .c = c, .method = "addHeader" };
	struct buf		value = BUF_INIT;
	struct err		e;
	enum hsl_rc		rc = HSL_THROW;

	if (header_begin(&h, 2, OPTION_FIELD | OPTION_ENCODE |
	    OPTION_ENCODING) && header_new_value(&h, &value)) {
		rc = header_insert(h.header, h.name, buf_str(&value),
		    &e) == -1 ? hsl_throw(c, "addHeader: %s", e.text) :
		    HSL_OK;
	}
	buf_free(&value);
	return rc;
}

/* How many fields there were, at least one; -1. */
static int64_t
header_set_all(struct header_call *h, struct str value, struct err *e)
{
	size_t	at = header_find(h->header, h->name, 0);

	if (at == header_count(h->header))
		return header_insert(h->header, h->name, value, e) == -1 ?
		    -1 : 1;
	if (header_replace(h->header, at, h->name, value, e) == -1)
		return -1;
	return 1 + (int64_t)header_delete_all(h->header, h->name, at + 1);
}

static int64_t
header_set_one(struct header_call *h, struct str value, struct err *e)
{
	size_t	at = header_locate_edited(h);

	if (at == header_count(h->header))
		return 0;
	return header_replace(h->header, at, h->name, value, e) == -1 ? -1 : 1;
}

enum hsl_rc
mail_set_header(struct hsl_call *c)
{
	struct header_call	h = { .c = c, .method = "setHeader" };
	struct buf		value = BUF_INIT;
	struct err		e;
	enum hsl_rc		rc = HSL_THROW;
	int64_t			n;

	if (header_begin(&h, 2, OPTION_INDEX | OPTION_FIELD |
	    OPTION_ENCODE | OPTION_ENCODING) && header_new_value(&h, &value)) {
		n = h.options.given & OPTION_INDEX ?
		    header_set_one(&h, buf_str(&value), &e) :
		    header_set_all(&h, buf_str(&value), &e);
		if (n == -1)
			rc = hsl_throw(c, "setHeader: %s", e.text);
		else {
			*c->ret = hsl_number((double)n);
			rc = HSL_OK;
		}
	}
	buf_free(&value);
	return rc;
}

enum hsl_rc
mail_del_header(struct hsl_call *c)
{
	struct header_call	h = { .c = c, .method = "delHeader" };
	size_t			at, n = 1;

	if (!header_begin(&h, 1, OPTION_INDEX))
		return HSL_THROW;
	if (h.options.given & OPTION_INDEX) {
		at = header_locate_edited(&h);
		if (at < header_count(h.header))
			header_delete(h.header, at);
		else
			n = 0;
	} else
		n = header_delete_all(h.header, h.name, 0);
	*c->ret = hsl_number((double)n);
	return HSL_OK;
}

/* ---- States ------------------------------------------------------------ */

enum hsl_rc
mail_snapshot(struct hsl_call *c)
{
	struct header_call	h = { .c = c, .method = "snapshot" };
	struct err		e;
	int			id;

	if (!header_open(&h))
		return HSL_THROW;
	id = header_save(h.header, &e);
	if (id == -1)
		return hsl_throw(c, "snapshot: %s", e.text);
	*c->ret = hsl_number(id);
	return HSL_OK;
}

enum hsl_rc
mail_restore(struct hsl_call *c)
{
	struct header_call	h = { .c = c, .method = "restore" };
	double			id = hsl_value_number(c->argv[0], -1);

	if (!header_open(&h))
		return HSL_THROW;
	*c->ret = hsl_boolean(id >= 0 && id < INT32_MAX &&
	    header_restore(h.header, (int)id));
	return HSL_OK;
}

enum hsl_rc
mail_reset(struct hsl_call *c)
{
	struct header_call	h = { .c = c, .method = "reset" };

	if (!header_open(&h))
		return HSL_THROW;
	*c->ret = hsl_number((double)header_edits(h.header));
	header_reset(h.header);
	return HSL_OK;
}
