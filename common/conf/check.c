/*
 * Checks that need more than one value, or know what a text is for.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/net.h"
#include "conf_int.h"
#include "file.h"

#define PLACE(s, name)	(&(s)->row[param_find(STR(name))].at)

/* Each of "address" or "address@port", divided by blanks. */
static void
check_dns_servers(const struct params *p, const struct settings *s,
    struct reports *r)
{
	struct str	rest = str_of(p->dns_servers), word, host, port;
	struct netaddr	a;
	uint64_t	n;

	while ((rest = str_trim(rest)).len > 0) {
		word = rest;
		word.len = 0;
		while (word.len < rest.len && rest.p[word.len] != ' ' &&
		    rest.p[word.len] != '\t')
			word.len++;
		rest.p += word.len;
		rest.len -= word.len;
		host = str_split(word, '@', &port);
		if (netaddr_parse_ip(&a, host, 0) == 0 && (port.p == NULL ||
		    (str_uint(port, 65535, &n) == 0 && n > 0)))
			continue;
		report(r, PLACE(s, "dns_servers"), "\"%.*s\" is not an "
		    "address or address@port", (int)word.len, word.p);
	}
}

static void
check_networks(const char *networks, const struct place *at,
    struct reports *r)
{
	struct str	bad;

	if (netaddr_networks_ok(networks, &bad) == -1)
		report(r, at, "\"%.*s\" is not an address or "
		    "address/length", (int)bad.len, bad.p);
}

static bool
check_name(const char *name)
{
	for (; *name != '\0'; name++)
		if (!ascii_isalnum((unsigned char)*name) &&
		    strchr(".-_:[]", *name) == NULL)
			return false;
	return true;
}

/* They are sent in the greeting, in EHLO, in ids, and in addresses. */
static void
check_hostname(const struct params *p, const struct settings *s,
    struct reports *r)
{
	if (!check_name(p->myhostname))
		report(r, PLACE(s, "myhostname"), "\"%s\" is not the name "
		    "of a host", p->myhostname);
	else if (!check_name(p->mydomain))
		report(r, PLACE(s, "mydomain"), "\"%s\" is not a domain",
		    p->mydomain);
}

static void
check_tls(const struct params *p, const struct settings *s,
    struct reports *r)
{
	bool	cert = p->smtpd_tls_cert_file[0] != '\0';
	bool	key = p->smtpd_tls_key_file[0] != '\0';

	if (cert && !key)
		report(r, PLACE(s, "smtpd_tls_cert_file"),
		    "smtpd_tls_cert_file without smtpd_tls_key_file");
	if (key && !cert)
		report(r, PLACE(s, "smtpd_tls_key_file"),
		    "smtpd_tls_key_file without smtpd_tls_cert_file");
	if (!cert && p->smtpd_tls_wrapper)
		report(r, PLACE(s, "smtpd_tls_wrapper"),
		    "smtpd_tls_wrapper without smtpd_tls_cert_file");
	if (!cert && p->smtpd_tls_cert_dir[0] != '\0')
		report(r, PLACE(s, "smtpd_tls_cert_dir"),
		    "smtpd_tls_cert_dir without smtpd_tls_cert_file");
}

static void
check_hosts(const struct params *p, const struct settings *s,
    struct reports *r)
{
	check_networks(p->xclient_hosts, PLACE(s, "xclient_hosts"), r);
	check_networks(p->proxy_protocol_hosts,
	    PLACE(s, "proxy_protocol_hosts"), r);
	check_networks(p->smtpd_trace_clients,
	    PLACE(s, "smtpd_trace_clients"), r);
	check_networks(p->smtpd_client_limit_exempt,
	    PLACE(s, "smtpd_client_limit_exempt"), r);
}

/* A reload finds its one process by the program. */
static void
check_single(const struct conf *c, size_t i, struct reports *r)
{
	const struct row	*row = &c->rows.row[i], *first;
	size_t			 k;

	for (k = 0; k < i && row->service.single; k++) {
		first = &c->rows.row[k];
		if (strcmp(first->service.command, row->service.command) != 0)
			continue;
		report(r, &row->at, "there is only one %s, and line %d has "
		    "it already", row->service.command, first->at.line);
		return;
	}
}

void
conf_check(const struct conf *c, struct reports *r)
{
	struct place		 top = { c->master_file, 1, 1 };
	const struct row	*row;
	size_t			 i;

	check_dns_servers(&c->params, &c->settings, r);
	check_hostname(&c->params, &c->settings, r);
	check_hosts(&c->params, &c->settings, r);
	for (i = 0; i < c->rows.count; i++) {
		row = &c->rows.row[i];
		check_dns_servers(&row->service.params, &row->settings, r);
		check_hostname(&row->service.params, &row->settings, r);
		check_hosts(&row->service.params, &row->settings, r);
		check_single(c, i, r);
		if (strcmp(row->service.command, "smtpd") == 0)
			check_tls(&row->service.params, &row->settings, r);
	}
	if (c->rows.count == 0 && r->count == 0)
		report(r, &top, "no service: there is nothing to run");
}

static bool
hooks_have(const struct conf *c, const char *path)
{
	size_t	i;

	for (i = 0; i < c->hook_count; i++)
		if (strcmp(c->hooks[i].path, path) == 0)
			return true;
	return false;
}

static void
hooks_add(struct conf *c, const char *path, const struct place *at,
    struct reports *r)
{
	struct buf	text = BUF_INIT;
	char		file[CONF_PATH_SIZE];
	struct err	e;

	if (path[0] == '\0' || hooks_have(c, path))
		return;
	if (file_read(conf_path(c, path, file, sizeof file), &text,
	    &e) == -1) {
		report(r, at, "%s", e.text);
		buf_free(&text);
		return;
	}
	c->hooks = xreallocarray(c->hooks, c->hook_count + 1,
	    sizeof *c->hooks);
	c->hooks[c->hook_count].path = xstrdup(path);
	c->hooks[c->hook_count++].text = text;
}

static void
hooks_of(struct conf *c, const struct params *p, const struct settings *s,
    struct reports *r)
{
	struct buf	path = BUF_INIT;
	size_t		i;

	for (i = 0; i < param_count; i++) {
		if (param_rows[i].type != PARAM_HOOK)
			continue;
		buf_clear(&path);
		(void)params_get(p, param_rows[i].name, &path);
		hooks_add(c, buf_cstr(&path), &s->row[i].at, r);
	}
	buf_free(&path);
}

void
conf_read_hooks(struct conf *c, struct reports *r)
{
	size_t	i;

	hooks_of(c, &c->params, &c->settings, r);
	for (i = 0; i < c->rows.count; i++)
		hooks_of(c, &c->rows.row[i].service.params,
		    &c->rows.row[i].settings, r);
}
