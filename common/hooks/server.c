/*
 * The server argument of send(): a host, or an array of options.
 *
 * Every option there is stands in one table.  What is not in it is refused
 * instead of being passed over: a script that asks for more than it gets must
 * hear of it.
 */
#include <string.h>

#include "base/xtext.h"

#include "eod_private.h"

typedef enum hsl_rc	option_fn(struct hsl_call *c, struct hsl_value v,
			    struct send_server *server, struct arena *a);

static enum hsl_rc
option_host(struct hsl_call *c, struct hsl_value v,
    struct send_server *server, struct arena *a)
{
	struct str	s = hsl_value_str(v);

	if (v.type != HSL_STRING || s.len == 0 || s.len > 255 ||
	    memchr(s.p, '\0', s.len) != NULL)
		return hsl_throw(c, "send: host is a name or an address");
	server->host = arena_str(a, s);
	return HSL_OK;
}

static enum hsl_rc
option_port(struct hsl_call *c, struct hsl_value v,
    struct send_server *server, struct arena *a)
{
	double	n = hsl_value_number(v, 0);

	(void)a;
	if (n < 1 || n > 65535)
		return hsl_throw(c, "send: port is a number from 1 to 65535");
	server->port = (uint16_t)n;
	return HSL_OK;
}

static enum hsl_rc
option_tls(struct hsl_call *c, struct hsl_value v,
    struct send_server *server, struct arena *a)
{
	static const struct {
		const char	*name;
		enum send_tls	 mode;
	} modes[] = {
		{ "disabled", SEND_TLS_DISABLED },
		{ "none", SEND_TLS_DISABLED },
		{ "optional", SEND_TLS_OPTIONAL },
		{ "optional_verify", SEND_TLS_OPTIONAL_VERIFY },
		{ "require", SEND_TLS_REQUIRE },
		{ "require_verify", SEND_TLS_REQUIRE_VERIFY },
	};
	struct str	mode = hsl_value_str(v);
	size_t		i;

	(void)a;
	for (i = 0; i < sizeof modes / sizeof modes[0]; i++)
		if (str_eq(mode, str_of(modes[i].name))) {
			server->tls = modes[i].mode;
			return HSL_OK;
		}
	if (mode.len >= 4 && strncmp(mode.p, "dane", 4) == 0)
		return hsl_throw(c, "send: tls mode '%.*s' is not available "
		    "in this version", (int)(mode.len < 64 ? mode.len : 64),
		    mode.p);
	return hsl_throw(c, "send: tls is 'disabled', 'none', 'optional', "
	    "'optional_verify', 'require' or 'require_verify'");
}

/* Seconds: to connect, and for each reply before the end of the message. */
static enum hsl_rc
option_timeout(struct hsl_call *c, struct hsl_value v,
    struct send_server *server, struct arena *a)
{
	double	n = hsl_value_number(v, 0);

	(void)a;
	if (!(n > 0 && n <= 3600))
		return hsl_throw(c, "send: timeout is a number of seconds "
		    "up to 3600");
	server->connect_ms = server->command_ms = (int64_t)(n * 1000) + 1;
	return HSL_OK;
}

/* ---- Who we are -------------------------------------------------------- */

/* Text for a command or a handshake: no blanks, no controls. */
static enum hsl_rc
option_word(struct hsl_call *c, struct hsl_value v, const char *name,
    struct str *out, struct arena *a)
{
	struct str	s = hsl_value_str(v);
	size_t		i;

	for (i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			break;
	if (v.type != HSL_STRING || s.len == 0 || s.len > 255 || i < s.len)
		return hsl_throw(c, "send: %s is a text of at most 255 bytes "
		    "without blanks", name);
	*out = arena_str(a, s);
	return HSL_OK;
}

static enum hsl_rc
option_boolean(struct hsl_call *c, struct hsl_value v, const char *name,
    bool *out)
{
	if (v.type != HSL_BOOLEAN)
		return hsl_throw(c, "send: %s is true or false", name);
	*out = v.u.boolean;
	return HSL_OK;
}

static enum hsl_rc
option_helo(struct hsl_call *c, struct hsl_value v,
    struct send_server *server, struct arena *a)
{
	return option_word(c, v, "helo", &server->helo, a);
}

static enum hsl_rc
option_protocol(struct hsl_call *c, struct hsl_value v,
    struct send_server *server, struct arena *a)
{
	struct str	s = hsl_value_str(v);

	(void)a;
	server->lmtp = str_eq(s, STR("lmtp"));
	if (server->lmtp || str_eq(s, STR("smtp")))
		return HSL_OK;
	return hsl_throw(c, "send: protocol is 'smtp' or 'lmtp'");
}

static enum hsl_rc
source_one(struct hsl_call *c, struct hsl_value v,
    struct send_server *server)
{
	struct netaddr	 ip, *to;

	if (v.type != HSL_STRING ||
	    netaddr_parse_ip(&ip, hsl_value_str(v), 0) == -1)
		return hsl_throw(c, "send: sourceip is an address, or an "
		    "array of them");
	to = ip.u.sa.sa_family == AF_INET6 ? &server->source6 :
	    &server->source4;
	if (to->len == 0)
		*to = ip;
	return HSL_OK;
}

/* Of an array the first of each family is taken. */
static enum hsl_rc
option_sourceip(struct hsl_call *c, struct hsl_value v,
    struct send_server *server, struct arena *a)
{
	struct hsl_value	key, item;
	enum hsl_rc		rc = HSL_OK;
	size_t			pos = 0;

	(void)a;
	if (v.type != HSL_ARRAY)
		return source_one(c, v, server);
	while (rc == HSL_OK && hsl_array_next(v, &pos, &key, &item))
		rc = source_one(c, item, server);
	return rc;
}

static enum hsl_rc
option_nonlocal(struct hsl_call *c, struct hsl_value v,
    struct send_server *server, struct arena *a)
{
	(void)a;
	return option_boolean(c, v, "nonlocal_source", &server->nonlocal);
}

static enum hsl_rc
option_secret(struct hsl_call *c, struct hsl_value v, const char *name,
    struct str *out, struct arena *a)
{
	struct str	s = hsl_value_str(v);

	if (v.type != HSL_STRING || s.len > 255 ||
	    (s.len > 0 && memchr(s.p, '\0', s.len) != NULL))
		return hsl_throw(c, "send: %s is a text of at most 255 "
		    "bytes", name);
	*out = arena_str(a, s);
	return HSL_OK;
}

static enum hsl_rc
option_username(struct hsl_call *c, struct hsl_value v,
    struct send_server *server, struct arena *a)
{
	return option_secret(c, v, "saslusername", &server->username, a);
}

static enum hsl_rc
option_password(struct hsl_call *c, struct hsl_value v,
    struct send_server *server, struct arena *a)
{
	return option_secret(c, v, "saslpassword", &server->password, a);
}

/* none and "" say that it is not known; an IPv6 address has a prefix. */
static void
xclient_value(struct buf *out, struct hsl_value v, bool address)
{
	struct buf	plain = BUF_INIT;
	struct netaddr	ip;

	hsl_value_print(v, &plain);
	if (v.type == HSL_NONE || plain.len == 0)
		buf_add_text(out, "[UNAVAILABLE]");
	else {
		if (address && netaddr_parse_ip(&ip, buf_str(&plain), 0) == 0 &&
		    ip.u.sa.sa_family == AF_INET6)
			buf_add_text(out, "IPV6:");
		xtext_encode(out, buf_str(&plain));
	}
	buf_free(&plain);
}

static enum hsl_rc
xclient_one(struct hsl_call *c, struct str name, struct hsl_value v,
    struct send_server *server, struct arena *a)
{
	struct buf	text = BUF_INIT;
	enum hsl_rc	rc = HSL_OK;
	unsigned	i;

	for (i = 0; i < SMTP_XCLIENT_COUNT; i++)
		if (str_caseeq(name, str_of(smtp_xclient_name(i))))
			break;
	if (i == SMTP_XCLIENT_COUNT)
		return hsl_throw(c, "send: xclient has no attribute '%.*s'",
		    (int)(name.len < 64 ? name.len : 64), name.p);
	xclient_value(&text, v, i == SMTP_XCLIENT_ADDR ||
	    i == SMTP_XCLIENT_DESTADDR);
	if (text.len > 255)
		rc = hsl_throw(c, "send: xclient %s is too long",
		    smtp_xclient_name(i));
	else
		server->xclient_values[i] = arena_str(a, buf_str(&text));
	buf_free(&text);
	return rc;
}

static enum hsl_rc
option_xclient(struct hsl_call *c, struct hsl_value v,
    struct send_server *server, struct arena *a)
{
	struct hsl_value	key, item;
	enum hsl_rc		rc = HSL_OK;
	size_t			pos = 0;

	if (v.type != HSL_ARRAY || hsl_array_count(v) == 0)
		return hsl_throw(c, "send: xclient is an array of attributes");
	while (rc == HSL_OK && hsl_array_next(v, &pos, &key, &item))
		rc = xclient_one(c, hsl_value_str(key), item, server, a);
	server->xclient = true;
	return rc;
}

/* ---- TLS --------------------------------------------------------------- */

static enum hsl_rc
option_tls_sni(struct hsl_call *c, struct hsl_value v,
    struct send_server *server, struct arena *a)
{
	bool	on = false;

	if (v.type == HSL_STRING)
		return option_word(c, v, "tls_sni", &server->tls_sni, a);
	if (option_boolean(c, v, "tls_sni", &on) != HSL_OK)
		return HSL_THROW;
	server->tls_no_sni = !on;
	return HSL_OK;
}

static enum hsl_rc
option_tls_verify_host(struct hsl_call *c, struct hsl_value v,
    struct send_server *server, struct arena *a)
{
	bool	on = false;

	(void)a;
	if (option_boolean(c, v, "tls_verify_host", &on) != HSL_OK)
		return HSL_THROW;
	server->tls_any_name = !on;
	return HSL_OK;
}

static enum hsl_rc
option_tls_verify_name(struct hsl_call *c, struct hsl_value v,
    struct send_server *server, struct arena *a)
{
	return option_word(c, v, "tls_verify_name", &server->tls_name, a);
}

static enum hsl_rc
option_tls_default_ca(struct hsl_call *c, struct hsl_value v,
    struct send_server *server, struct arena *a)
{
	bool	on = false;

	(void)a;
	if (option_boolean(c, v, "tls_default_ca", &on) != HSL_OK)
		return HSL_THROW;
	server->tls_own_ca = !on;
	return HSL_OK;
}

static enum hsl_rc
option_tls_protocols(struct hsl_call *c, struct hsl_value v,
    struct send_server *server, struct arena *a)
{
	(void)a;
	if (v.type == HSL_STRING &&
	    tls_versions_parse(hsl_value_str(v), &server->tls_without) == 0)
		return HSL_OK;
	return hsl_throw(c, "send: tls_protocols is a list of TLSv1, "
	    "TLSv1.1, TLSv1.2, TLSv1.3, with ! before those to leave out");
}

static enum hsl_rc
option_tls_ciphers(struct hsl_call *c, struct hsl_value v,
    struct send_server *server, struct arena *a)
{
	return option_word(c, v, "tls_ciphers", &server->tls_ciphers, a);
}

static enum hsl_rc
option_tls_client_cert(struct hsl_call *c, struct hsl_value v,
    struct send_server *server, struct arena *a)
{
	return option_word(c, v, "tls_client_cert",
	    &server->tls_client_cert, a);
}

/* ---- The table --------------------------------------------------------- */

static const struct {
	const char	*name;
	option_fn	*fn;
} server_options[] = {
	{ "host", option_host },
	{ "port", option_port },
	{ "protocol", option_protocol },
	{ "helo", option_helo },
	{ "timeout", option_timeout },
	{ "sourceip", option_sourceip },
	{ "nonlocal_source", option_nonlocal },
	{ "saslusername", option_username },
	{ "saslpassword", option_password },
	{ "xclient", option_xclient },
	{ "tls", option_tls },
	{ "tls_sni", option_tls_sni },
	{ "tls_verify_host", option_tls_verify_host },
	{ "tls_verify_name", option_tls_verify_name },
	{ "tls_default_ca", option_tls_default_ca },
	{ "tls_protocols", option_tls_protocols },
	{ "tls_ciphers", option_tls_ciphers },
	{ "tls_client_cert", option_tls_client_cert },
};

static enum hsl_rc
server_option(struct hsl_call *c, struct str name, struct hsl_value v,
    struct send_server *server, struct arena *a)
{
	size_t	i;

	for (i = 0; i < sizeof server_options / sizeof server_options[0]; i++)
		if (str_eq(name, str_of(server_options[i].name)))
			break;
	if (i == sizeof server_options / sizeof server_options[0])
		return hsl_throw(c, "send: unknown option '%.*s'",
		    (int)(name.len < 64 ? name.len : 64), name.p);
	return server_options[i].fn(c, v, server, a);
}

enum hsl_rc
server_read(struct hsl_call *c, const struct eod_config *config,
    struct hsl_value v, struct send_server *server, struct arena *a)
{
	struct hsl_value	key, value;
	enum hsl_rc		rc;
	size_t			pos = 0;

	*server = (struct send_server){
		.port = config->send_port,
		.tls = SEND_TLS_DISABLED,
		.helo = str_of(config->myhostname),
		.connect_ms = config->connect_timeout_ms,
		.command_ms = config->command_timeout_ms,
		.end_ms = config->end_timeout_ms,
	};
	if (v.type == HSL_STRING)
		return option_host(c, v, server, a);
	if (v.type != HSL_ARRAY)
		return hsl_throw(c, "send: server is a host or an array, "
		    "not %s", hsl_type_name(v));
	while (hsl_array_next(v, &pos, &key, &value)) {
		if (key.type != HSL_STRING)
			return hsl_throw(c, "send: delivery is to one "
			    "backend; server is one array of options");
		rc = server_option(c, hsl_value_str(key), value, server, a);
		if (rc != HSL_OK)
			return rc;
	}
	if (server->host.len == 0)
		return hsl_throw(c, "send: the server has no host; in-line "
		    "delivery does not look up MX records");
	if ((server->username.len == 0) != (server->password.len == 0))
		return hsl_throw(c, "send: saslusername and saslpassword go "
		    "together");
	return HSL_OK;
}
