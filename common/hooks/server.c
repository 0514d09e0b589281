/*
 * The server argument of send(): a host, or an array of options.
 *
 * Every option there will ever be stands in one table; those that are not
 * built yet say so instead of being passed over: a script that asks for
 * verified TLS must not get less.
 */
#include <string.h>

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
	static const char *const	later[] = { "optional_verify",
	    "require", "require_verify", "dane", "dane_require",
	    "dane_fallback_require_verify", "dane_fallback_require",
	    "dane_fallback_optional" };
	struct str			mode = hsl_value_str(v);
	size_t				i;

	(void)a;
	if (str_eq(mode, STR("disabled")) || str_eq(mode, STR("none"))) {
		server->tls = SEND_TLS_DISABLED;
		return HSL_OK;
	}
	if (str_eq(mode, STR("optional"))) {
		server->tls = SEND_TLS_OPTIONAL;
		return HSL_OK;
	}
	for (i = 0; i < sizeof later / sizeof later[0]; i++)
		if (str_eq(mode, str_of(later[i])))
			return hsl_throw(c, "send: tls mode '%s' is not "
			    "available in this version", later[i]);
	return hsl_throw(c, "send: tls is 'disabled', 'none' or 'optional'");
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

static const struct {
	const char	*name;
	option_fn	*fn;		/* NULL: not in this version */
} server_options[] = {
	{ "host", option_host },
	{ "port", option_port },
	{ "tls", option_tls },
	{ "timeout", option_timeout },
	{ "helo", NULL },
	{ "sourceip", NULL },
	{ "nonlocal_source", NULL },
	{ "protocol", NULL },
	{ "saslusername", NULL },
	{ "saslpassword", NULL },
	{ "xclient", NULL },
	{ "tls_sni", NULL },
	{ "tls_verify_host", NULL },
	{ "tls_verify_name", NULL },
	{ "tls_default_ca", NULL },
	{ "tls_protocols", NULL },
	{ "tls_ciphers", NULL },
	{ "tls_client_cert", NULL },
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
	if (server_options[i].fn == NULL)
		return hsl_throw(c, "send: option '%s' is not available in "
		    "this version", server_options[i].name);
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
	return HSL_OK;
}
