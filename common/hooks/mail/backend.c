/*
 * The server argument of send(): a transport (backend_transport.c), or an
 * array of options.
 *
 * Every option there is stands in one table.  What is not in it and nobody
 * else's (options.h) is refused: a script that asks for more than it gets must
 * hear of it.
 */
#include <stddef.h>
#include <string.h>

#include "eod_private.h"
#include "hooks/run/options.h"

#define TEXT_MAX	255
#define NAMES_MAX	2000

struct reading {
	struct hsl_call		*call;
	struct send_backend	*server;
	struct arena		*arena;		/* of what is copied */
	const char		*sources;	/* of sourceipid */
	bool			 has_connect;	/* connect_timeout was said */
};

struct option {
	const char	*name;
	enum hsl_rc	(*read)(struct reading *r, struct hsl_value v,
			    const struct option *o);
	size_t		 field;		/* of struct send_backend */
};

static void *
option_field(const struct reading *r, const struct option *o)
{
	return (char *)r->server + o->field;
}

/* ---- Texts and switches ------------------------------------------------ */

static enum hsl_rc
read_text(struct reading *r, struct hsl_value v, const struct option *o)
{
	struct str	s = hsl_value_str(v);

	if (v.type != HSL_STRING || s.len == 0 || s.len > TEXT_MAX ||
	    memchr(s.p, '\0', s.len) != NULL)
		return hsl_throw(r->call, "send: %s is a text of at most %d "
		    "bytes", o->name, TEXT_MAX);
	*(struct str *)option_field(r, o) = arena_str(r->arena, s);
	return HSL_OK;
}

/* For a command or a handshake: no blanks, no controls. */
static enum hsl_rc
read_word(struct reading *r, struct hsl_value v, const struct option *o)
{
	struct str	s = hsl_value_str(v);
	size_t		i;

	for (i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			return hsl_throw(r->call, "send: %s is a text "
			    "without blanks", o->name);
	return read_text(r, v, o);
}

static enum hsl_rc
read_switch(struct reading *r, struct hsl_value v, const struct option *o)
{
	if (v.type != HSL_BOOLEAN)
		return hsl_throw(r->call, "send: %s is true or false",
		    o->name);
	*(bool *)option_field(r, o) = v.u.boolean;
	return HSL_OK;
}

/* The field says the opposite: these are on unless a script says no. */
static enum hsl_rc
read_switch_off(struct reading *r, struct hsl_value v, const struct option *o)
{
	enum hsl_rc	 rc = read_switch(r, v, o);
	bool		*off = option_field(r, o);

	if (rc == HSL_OK)
		*off = !*off;
	return rc;
}

/* ---- The others -------------------------------------------------------- */

static enum hsl_rc
read_port(struct reading *r, struct hsl_value v, const struct option *o)
{
	double	n = hsl_value_number(v, 0);

	if (!(n >= 1 && n <= 65535))
		return hsl_throw(r->call, "send: %s is a number from 1 to "
		    "65535", o->name);
	r->server->port = (uint16_t)n;
	return HSL_OK;
}

static enum hsl_rc
read_seconds(struct reading *r, struct hsl_value v, const char *name,
    int64_t *ms)
{
	double	n = hsl_value_number(v, 0);

	if (!(n > 0 && n <= 3600))
		return hsl_throw(r->call, "send: %s is a number of seconds "
		    "up to 3600", name);
	*ms = (int64_t)(n * 1000) + 1;
	return HSL_OK;
}

static enum hsl_rc
read_connect_timeout(struct reading *r, struct hsl_value v,
    const struct option *o)
{
	r->has_connect = true;
	return read_seconds(r, v, o->name, &r->server->connect_ms);
}

/* ["MAIL" => 30, "EOD" => 600] */
static enum hsl_rc
read_state_timeout(struct reading *r, struct str name, struct hsl_value v)
{
	enum hsl_rc	rc;
	int64_t		ms = 0;
	int		i;

	for (i = SMTP_STATE_NONE + 1; i < SMTP_STATE_MAX; i++) {
		if (!str_eq(name, str_of(smtp_state_name(i))))
			continue;
		rc = read_seconds(r, v, smtp_state_name(i), &ms);
		if (rc == HSL_OK)
			r->server->state_ms[i] = (uint32_t)ms;
		return rc;
	}
	return hsl_throw(r->call, "send: timeout has no state '%.*s'",
	    (int)(name.len < 64 ? name.len : 64), name.p);
}

/* A number is for connecting and each reply before the end of the message. */
static enum hsl_rc
read_timeout(struct reading *r, struct hsl_value v, const struct option *o)
{
	struct hsl_value	key, item;
	enum hsl_rc		rc = HSL_OK;
	size_t			pos = 0;

	if (v.type == HSL_ARRAY) {
		while (rc == HSL_OK && hsl_array_next(v, &pos, &key, &item))
			rc = read_state_timeout(r, key.type == HSL_STRING ?
			    hsl_value_str(key) : STR(""), item);
		return rc;
	}
	rc = read_seconds(r, v, o->name, &r->server->command_ms);
	if (rc == HSL_OK && !r->has_connect)
		r->server->connect_ms = r->server->command_ms;
	return rc;
}

static enum hsl_rc
read_protocol(struct reading *r, struct hsl_value v, const struct option *o)
{
	struct str	s = hsl_value_str(v);

	r->server->lmtp = str_eq(s, STR("lmtp"));
	if (r->server->lmtp || str_eq(s, STR("smtp")))
		return HSL_OK;
	return hsl_throw(r->call, "send: %s is 'smtp' or 'lmtp'", o->name);
}

static enum hsl_rc
read_address(struct reading *r, struct hsl_value v, const struct option *o)
{
	struct netaddr	 ip, *to;

	if (v.type != HSL_STRING ||
	    netaddr_parse_ip(&ip, hsl_value_str(v), 0) == -1)
		return hsl_throw(r->call, "send: %s is an address, or an "
		    "array of them", o->name);
	to = ip.u.sa.sa_family == AF_INET6 ? &r->server->source6 :
	    &r->server->source4;
	if (to->len == 0)
		*to = ip;
	return HSL_OK;
}

/* Of an array the first of each family is taken. */
static enum hsl_rc
read_addresses(struct reading *r, struct hsl_value v, const struct option *o)
{
	struct hsl_value	key, item;
	enum hsl_rc		rc = HSL_OK;
	size_t			pos = 0;

	if (v.type != HSL_ARRAY)
		return read_address(r, v, o);
	while (rc == HSL_OK && hsl_array_next(v, &pos, &key, &item))
		rc = read_address(r, item, o);
	return rc;
}

/* Addresses by the names that send_source_addresses gives them. */
static enum hsl_rc
read_source_id(struct reading *r, struct hsl_value v, const struct option *o)
{
	struct hsl_value	key, item;
	struct netaddr		ip;
	struct netaddr		*to;
	struct str		id = hsl_value_str(v);
	enum hsl_rc		rc = HSL_OK;
	size_t			pos = 0;

	if (v.type == HSL_ARRAY) {
		while (rc == HSL_OK && hsl_array_next(v, &pos, &key, &item))
			rc = item.type == HSL_ARRAY ? hsl_throw(r->call,
			    "send: %s is a name, or an array of them",
			    o->name) : read_source_id(r, item, o);
		return rc;
	}
	if (v.type != HSL_STRING ||
	    send_source_find(r->sources, id, &ip) == -1)
		return hsl_throw(r->call, "send: send_source_addresses has no "
		    "'%.*s'", (int)(id.len < 64 ? id.len : 64), id.p);
	to = ip.u.sa.sa_family == AF_INET6 ? &r->server->source6 :
	    &r->server->source4;
	if (to->len == 0)
		*to = ip;
	return HSL_OK;
}

static enum hsl_rc
read_tls(struct reading *r, struct hsl_value v, const struct option *o)
{
	struct str	mode = hsl_value_str(v);

	(void)o;
	if (str_eq(mode, STR("none")))
		mode = STR("disabled");
	if (v.type == HSL_STRING &&
	    send_tls_find(mode, &r->server->tls) == 0)
		return HSL_OK;
#define WORD(id, word)	word ", "
	return hsl_throw(r->call, "send: tls is one of none, "
	    SEND_TLS_MODES(WORD) "not '%.*s'",
	    (int)(mode.len < 64 ? mode.len : 64), mode.p);
#undef WORD
}

/* true is the host's name, as without it. */
static enum hsl_rc
read_sni(struct reading *r, struct hsl_value v, const struct option *o)
{
	static const struct option	off = { "tls_sni", NULL,
	    offsetof(struct send_backend, tls_no_sni) };

	return v.type == HSL_STRING ? read_word(r, v, o) :
	    read_switch_off(r, v, &off);
}

/* One name, or an array of names any of which is enough: they are read one
 * after the other into the field, and joined there. */
static enum hsl_rc
read_names(struct reading *r, struct hsl_value v, const struct option *o)
{
	struct str		*field = option_field(r, o);
	struct hsl_value	 key, item;
	struct buf		 all = BUF_INIT;
	enum hsl_rc		 rc = HSL_OK;
	size_t			 pos = 0;

	if (v.type != HSL_ARRAY)
		return read_word(r, v, o);
	while (rc == HSL_OK && hsl_array_next(v, &pos, &key, &item)) {
		rc = read_word(r, item, o);
		if (rc != HSL_OK)
			break;
		if (all.len != 0)
			buf_add_byte(&all, ' ');
		buf_add_str(&all, *field);
	}
	if (rc == HSL_OK && (all.len == 0 || all.len > NAMES_MAX))
		rc = hsl_throw(r->call, "send: %s is a name, or an array of "
		    "names, of at most %d bytes", o->name, NAMES_MAX);
	if (rc == HSL_OK)
		*field = arena_str(r->arena, buf_str(&all));
	buf_free(&all);
	return rc;
}

static enum hsl_rc
read_versions(struct reading *r, struct hsl_value v, const struct option *o)
{
	if (v.type == HSL_STRING && tls_versions_parse(hsl_value_str(v),
	    &r->server->tls_without) == 0)
		return HSL_OK;
	return hsl_throw(r->call, "send: %s is a list of TLSv1, TLSv1.1, "
	    "TLSv1.2, TLSv1.3, with ! before those to leave out", o->name);
}

/* ---- XCLIENT ----------------------------------------------------------- */

/* none and "" say that it is not known. */
static void
xclient_value(struct buf *out, enum smtp_xclient attribute,
    struct hsl_value v)
{
	struct buf	plain = BUF_INIT;

	if (v.type != HSL_NONE)
		hsl_value_print(v, &plain);
	smtp_xclient_add(out, attribute, buf_str(&plain));
	buf_free(&plain);
}

static enum hsl_rc
xclient_one(struct reading *r, struct str name, struct hsl_value v)
{
	struct buf	text = BUF_INIT;
	enum hsl_rc	rc = HSL_OK;
	unsigned	i;

	for (i = 0; i < SMTP_XCLIENT_COUNT; i++)
		if (str_caseeq(name, str_of(smtp_xclient_name(i))))
			break;
	if (i == SMTP_XCLIENT_COUNT)
		return hsl_throw(r->call, "send: xclient has no attribute "
		    "'%.*s'", (int)(name.len < 64 ? name.len : 64), name.p);
	xclient_value(&text, (enum smtp_xclient)i, v);
	if (text.len > TEXT_MAX)
		rc = hsl_throw(r->call, "send: xclient %s is too long",
		    smtp_xclient_name(i));
	else
		r->server->xclient_values[i] = arena_str(r->arena,
		    buf_str(&text));
	buf_free(&text);
	return rc;
}

static enum hsl_rc
read_xclient(struct reading *r, struct hsl_value v, const struct option *o)
{
	struct hsl_value	key, item;
	enum hsl_rc		rc = HSL_OK;
	size_t			pos = 0;

	if (v.type != HSL_ARRAY || hsl_array_count(v) == 0)
		return hsl_throw(r->call, "send: %s is an array of "
		    "attributes", o->name);
	while (rc == HSL_OK && hsl_array_next(v, &pos, &key, &item))
		rc = xclient_one(r, hsl_value_str(key), item);
	r->server->xclient = true;
	return rc;
}

/* ---- The table --------------------------------------------------------- */

#define FIELD(name)	offsetof(struct send_backend, name)

static const struct option	backend_options[] = {
	{ "host", read_text, FIELD(host) },
	{ "port", read_port, 0 },
	{ "protocol", read_protocol, 0 },
	{ "helo", read_word, FIELD(helo) },
	{ "timeout", read_timeout, 0 },
	{ "connect_timeout", read_connect_timeout, 0 },
	{ "chunking", read_switch_off, FIELD(no_chunking) },
	{ "sourceip", read_addresses, 0 },
	{ "sourceipid", read_source_id, 0 },
	{ "nonlocal_source", read_switch, FIELD(nonlocal) },
	{ "saslusername", read_text, FIELD(username) },
	{ "saslpassword", read_text, FIELD(password) },
	{ "xclient", read_xclient, 0 },
	{ "tls", read_tls, 0 },
	{ "tls_sni", read_sni, FIELD(tls_sni) },
	{ "tls_verify_host", read_switch_off, FIELD(tls_any_name) },
	{ "tls_verify_name", read_names, FIELD(tls_name) },
	{ "tls_default_ca", read_switch_off, FIELD(tls_own_ca) },
	{ "tls_protocols", read_versions, 0 },
	{ "tls_ciphers", read_word, FIELD(tls_ciphers) },
	{ "tls_client_cert", read_word, FIELD(tls_client_cert) },
};

static enum hsl_rc
backend_option(struct reading *r, struct str name, struct hsl_value v)
{
	size_t	i;

	for (i = 0; i < sizeof backend_options / sizeof backend_options[0]; i++)
		if (str_eq(name, str_of(backend_options[i].name)))
			return backend_options[i].read(r, v,
			    &backend_options[i]);
	return option_unknown(r->call, "send", name);
}

static enum hsl_rc
backend_options_read(struct reading *r, struct hsl_value v)
{
	struct hsl_value	key, value;
	enum hsl_rc		rc = HSL_OK;
	size_t			pos = 0;

	while (rc == HSL_OK && hsl_array_next(v, &pos, &key, &value)) {
		if (key.type != HSL_STRING)
			return hsl_throw(r->call, "send: delivery is to one "
			    "backend; server is one array of options");
		rc = backend_option(r, hsl_value_str(key), value);
	}
	return rc;
}

static enum hsl_rc
backend_complete(struct hsl_call *c, const struct send_backend *server)
{
	if (server->host.len == 0)
		return hsl_throw(c, "send: the server has no host; in-line "
		    "delivery does not look up MX records");
	if ((server->username.len == 0) != (server->password.len == 0))
		return hsl_throw(c, "send: saslusername and saslpassword go "
		    "together");
	return HSL_OK;
}

enum hsl_rc
backend_read(struct eod_run *run, struct hsl_call *c, struct hsl_value v,
    struct send_backend *server, struct arena *a)
{
	const struct eod_config	*config = &run->hook->config;
	struct reading		 r = { c, server, a, config->source_addresses,
				    false };
	enum hsl_rc		 rc;

	*server = (struct send_backend){
		.port = config->send_port,
		.tls = SEND_TLS_DISABLED,
		.helo = str_of(config->myhostname),
		.connect_ms = config->connect_timeout_ms,
		.command_ms = config->command_timeout_ms,
		.end_ms = config->end_timeout_ms,
	};
	if (v.type == HSL_STRING)
		return backend_from_transport(c, config, run->run.transports,
		    hsl_value_str(v), server);
	if (v.type != HSL_ARRAY)
		return hsl_throw(c, "send: server is the id of a transport "
		    "or an array, not %s", hsl_type_phrase(v));
	rc = backend_options_read(&r, v);
	return rc == HSL_OK ? backend_complete(c, server) : rc;
}
