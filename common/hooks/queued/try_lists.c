/*
 * The options of Try() that are lists, or arrays with names of their own.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "hooks/mail/queue_private.h"
#include "hooks/run/values.h"
#include "smtp/ext.h"

#include "queued_private.h"

#define LIST_MAX	(32 * 1024)

/* Texts of a list that are one thing. */
static enum hsl_rc
list_add(struct try_call *t, struct buf *list, struct str text)
{
	if (text.len > WISH_LIST_TEXT_MAX || list->len > LIST_MAX)
		return hsl_throw(t->c, "Try: %s is too long", t->name);
	wish_list_add(list, text);
	return HSL_OK;
}

static enum hsl_rc
list_set(struct try_call *t, enum wish_id id, struct buf *list, enum hsl_rc rc)
{
	struct str	s = try_keep(t, list);

	return rc == HSL_OK ? try_set(t, id, s) : rc;
}

/* ---- Sources ------------------------------------------------------------- */

struct source {
	struct str	address, id, helo;
	char		text[NETADDR_TEXT];
};

static enum hsl_rc
source_by_id(struct try_call *t, struct str id, struct source *s)
{
	const struct transport_address	*a = NULL;

	if (t->transports != NULL)
		a = transports_address(t->transports, id);
	if (a == NULL)
		return hsl_throw(t->c, "Try: sourceip: transport.cf has no "
		    "address '%.*s'", (int)(id.len < 64 ? id.len : 64),
		    id.p);
	s->address = str_of(netaddr_ip(&a->address, s->text,
	    sizeof s->text));
	s->id = a->id;
	if (s->helo.len == 0)
		s->helo = a->helo;
	return HSL_OK;
}

/* An address of its own, or the id of one. */
static enum hsl_rc
source_text(struct try_call *t, struct str text, struct source *s)
{
	struct netaddr	a;

	if (netaddr_parse_ip(&a, text, 0) == -1)
		return source_by_id(t, text, s);
	s->address = text;
	return HSL_OK;
}

static enum hsl_rc
source_array(struct try_call *t, struct hsl_value v, struct source *s)
{
	struct hsl_value	id = hsl_array_get(v, "id");
	struct hsl_value	address = hsl_array_get(v, "address");
	struct hsl_value	helo = hsl_array_get(v, "helo");

	if (helo.type != HSL_NONE && helo.type != HSL_STRING)
		return hsl_throw(t->c, "Try: sourceip: helo is a text");
	s->helo = hsl_value_str(helo);
	if (id.type == HSL_STRING && address.type == HSL_NONE)
		return source_by_id(t, hsl_value_str(id), s);
	if (address.type != HSL_STRING || (id.type != HSL_NONE &&
	    id.type != HSL_STRING))
		return hsl_throw(t->c, "Try: sourceip: an array has id or "
		    "address, and helo");
	s->address = hsl_value_str(address);
	s->id = hsl_value_str(id);
	return HSL_OK;
}

static enum hsl_rc
source_add(struct try_call *t, struct hsl_value v, struct buf *list)
{
	struct source	s = { .id = STR(""), .helo = STR("") };
	enum hsl_rc	rc;

	if (v.type == HSL_STRING)
		rc = source_text(t, hsl_value_str(v), &s);
	else if (v.type == HSL_ARRAY)
		rc = source_array(t, v, &s);
	else
		rc = try_wrong(t, "an id or an address, or an array of "
		    "them");
	if (rc != HSL_OK || (rc = list_add(t, list, s.address)) != HSL_OK ||
	    (rc = list_add(t, list, s.id)) != HSL_OK)
		return rc;
	return list_add(t, list, s.helo);
}

enum hsl_rc
try_sourceip(struct try_call *t, struct hsl_value v)
{
	struct hsl_value	key, item;
	struct buf		list = BUF_INIT;
	enum hsl_rc		rc = HSL_OK;
	size_t			pos = 0;

	if (v.type != HSL_ARRAY)
		rc = source_add(t, v, &list);
	else
		while (rc == HSL_OK && hsl_array_next(v, &pos, &key, &item))
			rc = source_add(t, item, &list);
	return list_set(t, WISH_sourceip, &list, rc);
}

/* {server, port} */
enum hsl_rc
try_proxyprotocol(struct try_call *t, struct hsl_value v)
{
	struct hsl_value	server = hsl_array_get(v, "server");
	double			port = hsl_value_number(hsl_array_get(v,
				    "port"), NAN);
	struct str		host = hsl_value_str(server), text;
	struct buf		b = BUF_INIT;
	struct err		e;
	bool			six;

	if (v.type != HSL_ARRAY || server.type != HSL_STRING ||
	    host.len == 0 || host.len > 255 || !(port >= 1 &&
	    port <= 65535) || port != trunc(port))
		return try_wrong(t, "an array of server and port");
	six = host.p[0] != '[' && memchr(host.p, ':', host.len) != NULL;
	buf_printf(&b, six ? "[%.*s]:%u" : "%.*s:%u", (int)host.len, host.p,
	    (unsigned)port);
	text = try_keep(t, &b);
	if (wish_set_option(t->wish, TRANSPORT_proxyprotocol, text, &e) == 0)
		return HSL_OK;
	return hsl_throw(t->c, "Try: proxyprotocol: %s", e.text);
}

/* ---- Names --------------------------------------------------------------- */

static enum hsl_rc
try_texts(struct try_call *t, enum wish_id id, struct hsl_value v)
{
	struct hsl_value	key, item;
	struct buf		list = BUF_INIT;
	enum hsl_rc		rc = HSL_OK;
	size_t			pos = 0;

	if (v.type != HSL_ARRAY)
		return try_wrong(t, "an array of texts");
	while (rc == HSL_OK && hsl_array_next(v, &pos, &key, &item))
		rc = item.type != HSL_STRING ?
		    try_wrong(t, "an array of texts") :
		    list_add(t, &list, hsl_value_str(item));
	return list_set(t, id, &list, rc);
}

#define TRY_TEXTS(name)							\
enum hsl_rc								\
try_##name(struct try_call *t, struct hsl_value v)			\
{									\
	return try_texts(t, WISH_##name, v);				\
}

TRY_TEXTS(mx_include)
TRY_TEXTS(mx_exclude)
TRY_TEXTS(ip_include)
TRY_TEXTS(ip_exclude)

/* tls_verify_name: any of them is enough. */
enum hsl_rc
try_names(struct try_call *t, struct hsl_value v)
{
	struct hsl_value	key, item;
	struct buf		all = BUF_INIT;
	struct str		text;
	struct err		e;
	size_t			pos = 0;

	if (v.type != HSL_ARRAY || hsl_array_count(v) == 0)
		return try_wrong(t, "an array of names");
	while (hsl_array_next(v, &pos, &key, &item)) {
		text = hsl_value_str(item);
		if (item.type != HSL_STRING || text.len == 0 ||
		    all.len + text.len > LIST_MAX ||
		    memchr(text.p, ' ', text.len) != NULL) {
			buf_free(&all);
			return try_wrong(t, "an array of names");
		}
		if (all.len > 0)
			buf_add_byte(&all, ' ');
		buf_add_str(&all, text);
	}
	text = try_keep(t, &all);
	if (wish_set_option(t->wish, TRANSPORT_tls_verify_name, text, &e) ==
	    0)
		return HSL_OK;
	return hsl_throw(t->c, "Try: tls_verify_name: %s", e.text);
}

/* ---- Pairs --------------------------------------------------------------- */

/* An attribute that smtp_xclient_add() does not know is the wish's to
 * refuse. */
static enum hsl_rc
xclient_add(struct try_call *t, struct str name, struct hsl_value v,
    struct buf *list)
{
	struct buf	plain = BUF_INIT, text = BUF_INIT;
	enum hsl_rc	rc;
	int		i;

	for (i = 0; i < SMTP_XCLIENT_COUNT; i++)
		if (str_caseeq(name, str_of(smtp_xclient_name(
		    (enum smtp_xclient)i))))
			break;
	if (v.type != HSL_NONE)
		hsl_value_print(v, &plain);
	if (i < SMTP_XCLIENT_COUNT)
		smtp_xclient_add(&text, (enum smtp_xclient)i,
		    buf_str(&plain));
	rc = list_add(t, list, name);
	if (rc == HSL_OK)
		rc = list_add(t, list, buf_str(&text));
	buf_free(&plain);
	buf_free(&text);
	return rc;
}

enum hsl_rc
try_xclient(struct try_call *t, struct hsl_value v)
{
	struct hsl_value	key, item;
	struct buf		list = BUF_INIT;
	enum hsl_rc		rc = HSL_OK;
	size_t			pos = 0;

	if (v.type != HSL_ARRAY)
		return try_wrong(t, "an array of attributes");
	while (rc == HSL_OK && hsl_array_next(v, &pos, &key, &item))
		rc = xclient_add(t, key.type == HSL_STRING ?
		    hsl_value_str(key) : STR(""), item, &list);
	return list_set(t, WISH_xclient_values, &list, rc);
}

/* NOOP is a state of the documents, but nobody sends it. */
static enum hsl_rc
timeout_add(struct try_call *t, struct hsl_value key, struct hsl_value v,
    struct buf *list)
{
	struct str	name = hsl_value_str(key);
	double		n = v.type == HSL_NUMBER ? v.u.number : NAN;
	char		ms[32];
	enum hsl_rc	rc;

	if (key.type != HSL_STRING || !(n > 0 && n <= 3600))
		return hsl_throw(t->c, "Try: timeout: %.*s is a number of "
		    "seconds up to 3600", (int)(name.len < 64 ? name.len :
		    64), name.len > 0 ? name.p : "");
	if (str_eq(name, STR("NOOP")))
		return HSL_OK;
	(void)snprintf(ms, sizeof ms, "%lld", (long long)(n * 1000) + 1);
	rc = list_add(t, list, name);
	return rc == HSL_OK ? list_add(t, list, str_of(ms)) : rc;
}

enum hsl_rc
try_timeout(struct try_call *t, struct hsl_value v)
{
	struct hsl_value	key, item;
	struct buf		list = BUF_INIT;
	enum hsl_rc		rc = HSL_OK;
	size_t			pos = 0;

	if (v.type != HSL_ARRAY)
		return try_wrong(t, "an array of seconds by states");
	while (rc == HSL_OK && hsl_array_next(v, &pos, &key, &item))
		rc = timeout_add(t, key, item, &list);
	if (rc == HSL_OK && list.len == 0)
		return HSL_OK;
	return list_set(t, WISH_timeout, &list, rc);
}

/* ---- Addresses ----------------------------------------------------------- */

static bool
param_word(struct str s, bool value)
{
	size_t	i;

	for (i = 0; i < s.len; i++)
		if (value ? s.p[i] <= ' ' || s.p[i] >= 0x7f || s.p[i] == '='
		    : !ascii_isalnum((unsigned char)s.p[i]) &&
		    (s.p[i] != '-' || i == 0))
			return false;
	return s.len > 0;
}

/* What the client says itself, by the entry and by dsn. */
static bool
param_taken(struct str key)
{
	static const char *const	taken[] = { "SIZE", "BODY",
	    "SMTPUTF8", "REQUIRETLS", "BY", "RET", "ENVID", "NOTIFY",
	    "ORCPT", "AUTH", NULL };
	size_t				i;

	for (i = 0; taken[i] != NULL; i++)
		if (str_caseeq(key, str_of(taken[i])))
			return true;
	return false;
}

static enum hsl_rc
param_add(struct try_call *t, struct str key, struct hsl_value v,
    struct buf *out)
{
	struct buf	value = BUF_INIT;
	enum hsl_rc	rc = HSL_OK;

	if (v.type != HSL_NONE)
		hsl_value_print(v, &value);
	if (param_taken(key))
		rc = hsl_throw(t->c, "Try: %s: parameter %.*s is said by the "
		    "message and by dsn", t->name, (int)key.len, key.p);
	else if (!param_word(key, false) || (v.type != HSL_NONE &&
	    !param_word(buf_str(&value), true)))
		rc = hsl_throw(t->c, "Try: %s: '%.*s' is no parameter of an "
		    "address", t->name, (int)(key.len < 64 ? key.len : 64),
		    key.p);
	else {
		buf_add_byte(out, ' ');
		buf_add_str(out, key);
		if (v.type != HSL_NONE)
			buf_add_byte(out, '=');
		buf_add_str(out, buf_str(&value));
	}
	buf_free(&value);
	return rc;
}

static enum hsl_rc
address_params(struct try_call *t, struct hsl_value list, enum wish_id id)
{
	struct hsl_value	key, v;
	struct buf		text = BUF_INIT;
	struct str		s;
	enum hsl_rc		rc = HSL_OK;
	size_t			pos = 0;

	if (list.type == HSL_NONE)
		return HSL_OK;
	if (list.type != HSL_ARRAY)
		return hsl_throw(t->c, "Try: %s: params is an array", t->name);
	while (rc == HSL_OK && hsl_array_next(list, &pos, &key, &v))
		rc = param_add(t, key.type == HSL_STRING ?
		    hsl_value_str(key) : STR(""), v, &text);
	s = try_keep(t, &text);
	return rc == HSL_OK && s.len > 0 ? try_set(t, id, s) : rc;
}

static enum hsl_rc
try_address(struct try_call *t, struct hsl_value v, enum wish_id id,
    enum wish_id params)
{
	struct smtp_path	path;
	struct buf		b = BUF_INIT;
	enum hsl_rc		rc;

	if (values_to_path(v, t->arena, &path) == -1)
		return try_wrong(t, "not an address");
	smtp_path_add(&b, &path);
	rc = try_set(t, id, try_keep(t, &b));
	if (rc == HSL_OK && v.type == HSL_ARRAY)
		rc = address_params(t, hsl_array_get(v, "params"), params);
	return rc;
}

enum hsl_rc
try_sender(struct try_call *t, struct hsl_value v)
{
	return try_address(t, v, WISH_sender, WISH_sender_params);
}

enum hsl_rc
try_recipient(struct try_call *t, struct hsl_value v)
{
	return try_address(t, v, WISH_recipient, WISH_recipient_params);
}

/* ---- DSN ----------------------------------------------------------------- */

static enum hsl_rc
dsn_number(struct try_call *t, enum wish_id id, uint64_t n)
{
	struct buf	b = BUF_INIT;

	if (n == 0)
		return HSL_OK;
	buf_add_uint(&b, n);
	return try_set(t, id, try_keep(t, &b));
}

static enum hsl_rc
dsn_text(struct try_call *t, enum wish_id id, struct str s)
{
	return s.len == 0 ? HSL_OK : try_set(t, id, arena_str(t->arena, s));
}

/* As of queue(), and success. */
enum hsl_rc
try_dsn(struct try_call *t, struct hsl_value v)
{
	struct spool_entry	 entry = { .queue = 0 };
	struct buf		 list = BUF_INIT;
	struct queue_call	 q = { .c = t->c, .name = "Try",
				    .entry = &entry, .list = &list,
				    .arena = ARENA_INIT };
	struct hsl_value	 success = hsl_array_get(v, "success");
	enum hsl_rc		 rc = queue_option(&q, "dsn", v);

	if (rc == HSL_OK && success.type != HSL_NONE)
		rc = success.type != HSL_STRING ? hsl_throw(t->c, "Try: dsn: "
		    "success is 'delivered'") : dsn_text(t, WISH_dsn_success,
		    hsl_value_str(success));
	if (rc == HSL_OK)
		rc = dsn_text(t, WISH_dsn_envid, entry.dsn_envid);
	if (rc == HSL_OK)
		rc = dsn_text(t, WISH_dsn_orcpt, entry.dsn_orcpt);
	if (rc == HSL_OK)
		rc = dsn_number(t, WISH_dsn_ret, entry.dsn_ret);
	if (rc == HSL_OK)
		rc = dsn_number(t, WISH_dsn_notify, entry.dsn_notify);
	arena_free(&q.arena);
	buf_free(&list);
	return rc;
}
