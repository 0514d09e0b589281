/*
 * What hooks are told, as values: $arguments, $connection, $transaction.
 */
#include "values.h"
#include "hooks/library/x509.h"

/* As names are compared: ASCII in lower case. */
static struct hsl_value
values_domain(struct hsl_exec *x, struct str domain)
{
	struct hsl_value	v;
	struct buf		b = BUF_INIT;
	size_t			i;

	for (i = 0; i < domain.len; i++)
		if (domain.p[i] >= 'A' && domain.p[i] <= 'Z')
			break;
	if (i == domain.len)
		return hsl_string(x, domain);
	for (i = 0; i < domain.len; i++)
		buf_add_byte(&b,
		    (char)ascii_lower((unsigned char)domain.p[i]));
	v = hsl_string(x, buf_str(&b));
	buf_free(&b);
	return v;
}

struct hsl_value
values_address(struct hsl_exec *x, const struct smtp_path *p)
{
	struct hsl_value	v = hsl_array(x);

	hsl_array_set(x, v, "localpart", hsl_string(x, p->localpart));
	hsl_array_set(x, v, "domain", hsl_string(x, p->domain));
	hsl_array_set(x, v, "domain_lower", values_domain(x, p->domain));
	return v;
}

/* local@domain in lower case. */
struct hsl_value
values_lower(struct hsl_exec *x, const struct smtp_path *p)
{
	struct buf		b = BUF_INIT;
	struct hsl_value	v;

	smtp_path_add_lower(&b, p);
	v = hsl_string(x, buf_str(&b));
	buf_free(&b);
	return v;
}

/* A parameter without "=" has the value none. */
static struct hsl_value
values_params(struct hsl_exec *x, const struct hook_params *p)
{
	struct hsl_value	v = hsl_array(x), key, value;
	size_t			i;

	for (i = 0; i < p->count; i++) {
		key = hsl_string(x, p->list[i].key);
		value = p->list[i].value.p != NULL ?
		    hsl_string(x, p->list[i].value) : hsl_none();
		hsl_array_set_key(x, v, key, value);
	}
	return v;
}

static struct hsl_value
values_helo(struct hsl_exec *x, const struct hook_connection *c)
{
	struct hsl_value	v = hsl_array(x);

	hsl_array_set(x, v, "verb", hsl_text(x, c->helo_verb));
	hsl_array_set(x, v, "host", hsl_text(x, c->helo_host));
	return v;
}

static struct hsl_value
values_peercert(struct hsl_exec *x, const struct hook_connection *c)
{
	struct hsl_value	v = hsl_array(x), chain = hsl_array(x);
	size_t			i;

	for (i = 0; c->tls_chain[i] != NULL; i++)
		hsl_array_push(x, chain, x509_resource(x, c->tls_chain[i]));
	hsl_array_set(x, v, "x509", x509_resource(x, c->tls_cert));
	hsl_array_set(x, v, "chain", chain);
	hsl_array_set(x, v, "error", hsl_number((double)c->tls_verify));
	return v;
}

static struct hsl_value
values_tls(struct hsl_exec *x, const struct hook_connection *c)
{
	struct hsl_value	v = hsl_array(x);

	hsl_array_set(x, v, "protocol", hsl_text(x, c->tls_protocol));
	hsl_array_set(x, v, "cipher", hsl_text(x, c->tls_cipher));
	hsl_array_set(x, v, "keysize", hsl_number(c->tls_keysize));
	if (c->tls_sni != NULL)
		hsl_array_set(x, v, "sni", hsl_text(x, c->tls_sni));
	if (c->tls_cert != NULL)
		hsl_array_set(x, v, "peercert", values_peercert(x, c));
	return v;
}

static struct hsl_value
values_auth(struct hsl_exec *x, const struct hook_connection *c)
{
	struct hsl_value	v = hsl_array(x);

	hsl_array_set(x, v, "mechanism", hsl_text(x, c->auth_mechanism));
	if (c->auth_username != NULL)
		hsl_array_set(x, v, "username",
		    hsl_text(x, c->auth_username));
	return v;
}

struct hsl_value
values_connection_id(struct hsl_exec *x, const struct hook_connection *c)
{
	struct hsl_value	v = hsl_array(x);

	hsl_array_set(x, v, "id", hsl_text(x, c->id));
	hsl_array_set(x, v, "priority", hsl_number(c->priority));
	return v;
}

static void
values_add_address(struct hsl_exec *x, struct hsl_value v, const char *ip_key,
    const char *ip, const char *port_key, unsigned port)
{
	hsl_array_set(x, v, ip_key, hsl_text(x, ip));
	hsl_array_set(x, v, port_key, hsl_number(port));
}

static void
values_add_peer(struct hsl_exec *x, struct hsl_value v,
    const struct hook_connection *c)
{
	if (c->remoteip[0] != '\0')
		values_add_address(x, v, "remoteip", c->remoteip,
		    "remoteport", c->remoteport);
	if (c->has_remoteuid)
		hsl_array_set(x, v, "remoteuid", hsl_number(c->remoteuid));
	if (c->remoteptr != NULL)
		hsl_array_set(x, v, "remoteptr", hsl_text(x, c->remoteptr));
	if (c->localip[0] != '\0')
		values_add_address(x, v, "localip", c->localip,
		    "localport", c->localport);
	hsl_array_set(x, v, "serverid", hsl_text(x, c->serverid));
}

struct hsl_value
values_connection(struct hsl_exec *x, const struct hook_connection *c)
{
	struct hsl_value	v = values_connection_id(x, c);

	values_add_peer(x, v, c);
	if (c->helo_verb != NULL)
		hsl_array_set(x, v, "helo", values_helo(x, c));
	if (c->tls_protocol != NULL)
		hsl_array_set(x, v, "tls", values_tls(x, c));
	if (c->auth_mechanism != NULL)
		hsl_array_set(x, v, "auth", values_auth(x, c));
	return v;
}

static struct hsl_value
values_names(struct hsl_exec *x, const struct dns_names *n)
{
	struct hsl_value	v = hsl_array(x), reverse = hsl_array(x);
	struct hsl_value	forward = hsl_array(x);
	char			ip[INET6_ADDRSTRLEN];
	size_t			i;

	for (i = 0; i < n->count; i++)
		hsl_array_push(x, reverse, hsl_text(x, n->name[i]));
	for (i = 0; i < n->address_count; i++)
		hsl_array_push(x, forward, hsl_text(x,
		    netaddr_ip(&n->address[i], ip, sizeof ip)));
	hsl_array_set(x, v, "reverse", reverse);
	hsl_array_set(x, v, "forward", forward);
	return v;
}

struct hsl_value
values_connect(struct hsl_exec *x, const struct hook_connection *c)
{
	struct hsl_value	v = hsl_array(x);

	values_add_peer(x, v, c);
	if (c->proxyip != NULL)
		hsl_array_set(x, v, "proxyip", hsl_text(x, c->proxyip));
	if (c->proxytlv != NULL)
		hsl_array_set(x, v, "proxytlv", hsl_text(x, c->proxytlv));
	if (c->names != NULL)
		hsl_array_set(x, v, "remoteptrresult",
		    values_names(x, c->names));
	return v;
}

static struct hsl_value
values_recipient(struct hsl_exec *x, const struct hook_recipient *r)
{
	struct hsl_value	v = hsl_array(x);

	hsl_array_set(x, v, "recipient", values_lower(x, &r->path));
	hsl_array_set(x, v, "address", values_address(x, &r->path));
	hsl_array_set(x, v, "params", values_params(x, &r->params));
	if (r->transportid != NULL)
		hsl_array_set(x, v, "transportid",
		    hsl_text(x, r->transportid));
	return v;
}

static void
values_add_helo(struct hsl_exec *x, struct hsl_value v,
    const struct hook_arguments *args)
{
	struct hsl_value	list = hsl_array(x);
	size_t			i;

	hsl_array_set(x, v, "verb", hsl_text(x, args->verb));
	hsl_array_set(x, v, "host", hsl_string(x, args->host));
	for (i = 0; i < args->extension_count; i++)
		hsl_array_push(x, list, hsl_string(x, args->extensions[i]));
	if (args->extensions != NULL)
		hsl_array_set(x, v, "extensions", list);
}

/* MAIL has a sender, RCPT a recipient; both call the parts an address. */
static void
values_add_path(struct hsl_exec *x, struct hsl_value v,
    const struct hook_arguments *args)
{
	hsl_array_set(x, v, args->is_recipient ? "recipient" : "sender",
	    values_lower(x, args->path));
	hsl_array_set(x, v, "address", values_address(x, args->path));
	hsl_array_set(x, v, "params", values_params(x, args->params));
	if (args->transportid != NULL)
		hsl_array_set(x, v, "transportid",
		    hsl_text(x, args->transportid));
}

static void
values_add_auth(struct hsl_exec *x, struct hsl_value v,
    const struct hook_arguments *args)
{
	hsl_array_set(x, v, "mechanism", hsl_text(x, args->mechanism));
	if (args->authorization.len != 0)
		hsl_array_set(x, v, "authorizationid",
		    hsl_string(x, args->authorization));
	if (args->has_password) {
		hsl_array_set(x, v, "username",
		    hsl_string(x, args->username));
		hsl_array_set(x, v, "password",
		    hsl_string(x, args->password));
		return;
	}
	hsl_array_set(x, v, "state", hsl_number(args->state));
	hsl_array_set(x, v, "response", args->has_response ?
	    hsl_string(x, args->response) : hsl_none());
}

struct hsl_value
values_enhanced(struct hsl_exec *x, const int enhanced[3])
{
	struct hsl_value	v = hsl_array(x);
	int			i;

	for (i = 0; i < 3; i++)
		hsl_array_push(x, v, hsl_number(enhanced[i]));
	return v;
}

struct hsl_value
values_lines(struct hsl_exec *x, const struct smtp_reply *r)
{
	struct hsl_value	v = hsl_array(x);
	size_t			i;

	for (i = 0; i < smtp_reply_lines(r); i++)
		hsl_array_push(x, v, hsl_string(x, smtp_reply_line(r, i)));
	return v;
}

/* A reply that has no enhanced code leaves the key out. */
struct hsl_value
values_reply(struct hsl_exec *x, const struct smtp_reply *r,
    const char *state)
{
	struct hsl_value	v = hsl_array(x);

	hsl_array_set(x, v, "code", hsl_number(r->code));
	if (r->enhanced[0] != 0)
		hsl_array_set(x, v, "enhanced",
		    values_enhanced(x, r->enhanced));
	hsl_array_set(x, v, "reason", values_lines(x, r));
	hsl_array_set(x, v, "state", hsl_text(x, state));
	return v;
}

static void
values_add_close(struct hsl_exec *x, struct hsl_value v,
    const struct hook_arguments *args)
{
	const struct hook_failure	*f = args->failure;
	struct hsl_value		 error;

	hsl_array_set(x, v, "close", hsl_text(x, args->close));
	if (args->reply != NULL)
		hsl_array_set(x, v, "reply", values_reply(x, args->reply,
		    args->reply_to));
	if (f == NULL)
		return;
	error = hsl_array(x);
	hsl_array_set(x, error, "reason", hsl_text(x, f->reason));
	hsl_array_set(x, error, "type", hsl_text(x, f->type));
	hsl_array_set(x, error, "code", hsl_number((double)f->code));
	hsl_array_set(x, v, "error", error);
}

struct hsl_value
values_arguments(struct hsl_exec *x, const struct hook_arguments *args)
{
	struct hsl_value	v = hsl_array(x);

	if (args->verb != NULL)
		values_add_helo(x, v, args);
	if (args->path != NULL)
		values_add_path(x, v, args);
	if (args->mechanism != NULL)
		values_add_auth(x, v, args);
	if (args->command.p != NULL)
		hsl_array_set(x, v, "command", hsl_string(x, args->command));
	if (args->close != NULL)
		values_add_close(x, v, args);
	return v;
}

struct hsl_value
values_transaction_id(struct hsl_exec *x, const char *id)
{
	struct hsl_value	v = hsl_array(x);

	if (id != NULL)
		hsl_array_set(x, v, "id", hsl_text(x, id));
	return v;
}

struct hsl_value
values_transaction(struct hsl_exec *x, const struct hook_transaction *t)
{
	struct hsl_value		 v = values_transaction_id(x, t->id);
	struct hsl_value		 list = hsl_array(x);
	const struct hook_recipient	*r;

	if (t->ts != 0)
		hsl_array_set(x, v, "ts", hsl_number(t->ts));
	hsl_array_set(x, v, "sender", values_lower(x, &t->sender));
	hsl_array_set(x, v, "senderaddress", values_address(x, &t->sender));
	hsl_array_set(x, v, "senderparams", values_params(x, &t->params));
	STAILQ_FOREACH(r, &t->recipients, link)
		hsl_array_push(x, list, values_recipient(x, r));
	hsl_array_set(x, v, "recipients", list);
	return v;
}

int
values_to_path(struct hsl_value v, struct arena *a, struct smtp_path *path)
{
	struct hsl_value	local, domain;

	if (v.type == HSL_STRING)
		return smtp_address_parse(path,
		    arena_str(a, hsl_value_str(v)), a);
	local = hsl_array_get(v, "localpart");
	domain = hsl_array_get(v, "domain");
	if (v.type != HSL_ARRAY || local.type != HSL_STRING ||
	    domain.type != HSL_STRING)
		return -1;
	return smtp_path_set(path, arena_str(a, hsl_value_str(local)),
	    arena_str(a, hsl_value_str(domain)));
}
