/*
 * Answers come at the end of a turn of the loop, as dns.h promises.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "event/loop.h"

#include "said_dns.h"

struct said_dns	said = { .text = "" };

/* Usage, selector, type, then what the type says of certificate or key. */
static size_t
record_make(struct str spec, unsigned char *out)
{
	unsigned char	*der = NULL;
	int		 len, i, type;
	unsigned	 n;

	for (i = 0; i < 3; i++)
		out[i] = (unsigned char)(spec.p[2 * i] - '0');
	len = out[1] == 1 ? i2d_PUBKEY(X509_get0_pubkey(said.cert), &der) :
	    i2d_X509(said.cert, &der);
	type = out[2];
	if (type == 1 || type == 2)
		assert_int_equal(EVP_Digest(der, (size_t)len, out + 3, &n,
		    type == 1 ? EVP_sha256() : EVP_sha512(), NULL), 1);
	else {
		memcpy(out + 3, der, (size_t)len);
		n = (unsigned)len;
	}
	OPENSSL_free(der);
	/* The last byte of a certificate is of its signature; that of a key
	 * is of its point, where another is no key. */
	if (str_eq((struct str){ spec.p + 6, spec.len - 6 }, STR("bad")))
		out[3 + n - 1] ^= 1;
	if (str_eq((struct str){ spec.p + 6, spec.len - 6 }, STR("short")))
		n--;
	return n + 3;
}

struct dns {
	struct loop	*loop;
};

struct dns_query {
	struct dns	*dns;
	struct task	 task;
	char		 name[300];
	enum dns_type	 type;
	dns_answer_fn	*fn;
	void		*arg;
};

struct dns_lookup {
	struct dns	*dns;
	struct task	 task;
	char		 name[300];
	dns_hosts_fn	*fn;
	void		*arg;
};

struct row {
	bool		 found, secure, failed, open;
	struct str	 alias;
	struct str	 values;
};

struct dns *
said_new(struct loop *l)
{
	struct dns	*d = calloc(1, sizeof *d);

	d->loop = l;
	return d;
}

void
said_free(struct dns **d)
{
	free(*d);
	*d = NULL;
}

static struct row
row_find(const char *type, const char *name)
{
	struct str	rest = str_of(said.text), line, t, n, state;
	struct row	r = { .found = false };

	buf_printf(&said.asked, "%s %s; ", type, name);
	while ((rest = str_trim(rest)).len != 0) {
		line = str_trim(str_split(rest, ';', &rest));
		t = str_split(line, ' ', &line);
		n = str_split(line, ' ', &line);
		if (!str_eq(t, str_of(type)) || !str_eq(n, str_of(name)))
			continue;
		state = str_split(line, ' ', &line);
		r.found = true;
		r.secure = str_eq(state, STR("secure"));
		r.failed = str_eq(state, STR("bogus")) ||
		    str_eq(state, STR("servfail"));
		assert_true(r.secure || r.failed ||
		    str_eq(state, STR("insecure")));
		if (str_prefix(line, STR(">"))) {
			r.alias = str_split(line, ' ', &line);
			r.alias = (struct str){ r.alias.p + 1,
			    r.alias.len - 1 };
		}
		r.values = line;
		break;
	}
	return r;
}

static const char *
row_name(const struct row *r, const char *name, char room[300])
{
	if (r->alias.len == 0)
		return name;
	(void)snprintf(room, 300, "%.*s", (int)r->alias.len, r->alias.p);
	return room;
}

static size_t
mx_make(struct str host, unsigned char *out)
{
	struct str	label;
	size_t		n = 2;

	out[0] = 0;
	out[1] = 10;
	while (host.len != 0) {
		label = str_split(host, '.', &host);
		out[n++] = (unsigned char)label.len;
		memcpy(out + n, label.p, label.len);
		n += label.len;
	}
	out[n++] = 0;
	return n;
}

static size_t
row_records(struct row *r, enum dns_type type, unsigned char *bytes,
    struct dns_record *list)
{
	struct str	value;
	size_t		n = 0, at = 0, len;

	while (r->values.len != 0) {
		value = str_split(r->values, ',', &r->values);
		len = type == DNS_MX ? mx_make(value, bytes + at) :
		    record_make(value, bytes + at);
		list[n++] = (struct dns_record){ .packet = { bytes, 65536 },
		    .type = (uint16_t)type, .at = at, .len = len };
		at += len;
	}
	return n;
}

static void
query_answer(void *arg)
{
	static unsigned char	 bytes[65536];
	struct dns_record	 list[16];
	struct dns_query	*q = arg;
	struct dns_answer	 a = { .status = DNS_NODATA, .secure = true,
				    .why = "no such record",
				    .records = list };
	char			 prefix[32], room[300], *name = q->name;
	struct row		 r;

	if (q->type == DNS_TLSA) {
		(void)snprintf(prefix, sizeof prefix, "_%u._tcp.", said.port);
		assert_true(str_prefix(str_of(name), str_of(prefix)));
		name += strlen(prefix);
	}
	r = row_find(q->type == DNS_TLSA ? "TLSA" : q->type == DNS_MX ? "MX" :
	    "CNAME", name);
	a.name = row_name(&r, name, room);
	if (r.failed) {
		a.status = DNS_TEMPORARY;
		a.secure = false;
		a.why = "no answer";
	} else if (r.found) {
		a.secure = r.secure;
		a.count = q->type == DNS_CNAME ? 1 : row_records(&r, q->type,
		    bytes, list);
		a.status = a.count != 0 ? DNS_OK : DNS_NODATA;
	}
	q->fn(q->arg, &a);
	free(q);
}

struct dns_query *
said_query(struct dns *d, struct str name, enum dns_type type,
    dns_answer_fn *fn, void *arg)
{
	struct dns_query	*q = calloc(1, sizeof *q);

	*q = (struct dns_query){ .dns = d, .type = type, .fn = fn,
	    .arg = arg };
	(void)snprintf(q->name, sizeof q->name, "%.*s", (int)name.len,
	    name.p);
	task_init(&q->task, query_answer, q);
	loop_defer(d->loop, &q->task);
	return q;
}

void
said_cancel(struct dns_query **q)
{
	if (*q != NULL)
		loop_cancel((*q)->dns->loop, &(*q)->task);
	free(*q);
	*q = NULL;
}

static void
lookup_answer(void *arg)
{
	struct dns_lookup	*lk = arg;
	struct netaddr		 to;
	struct row		 r = row_find("A", lk->name);
	char			 room[300];
	struct dns_hosts	 h = { .status = DNS_NODATA,
				    .why = "no such record", .list = &to };

	h.name = row_name(&r, lk->name, room);
	if (r.failed)
		h.status = DNS_TEMPORARY;
	else if (r.found) {
		h.status = DNS_OK;
		h.secure = r.secure;
		h.count = 1;
		assert_int_equal(netaddr_parse_ip(&to, STR("127.0.0.1"),
		    said.port), 0);
	}
	lk->fn(lk->arg, &h);
	free(lk);
}

struct dns_lookup *
said_addresses(struct dns *d, struct str host, dns_hosts_fn *fn, void *arg)
{
	struct dns_lookup	*lk = calloc(1, sizeof *lk);

	*lk = (struct dns_lookup){ .dns = d, .fn = fn, .arg = arg };
	(void)snprintf(lk->name, sizeof lk->name, "%.*s", (int)host.len,
	    host.p);
	task_init(&lk->task, lookup_answer, lk);
	loop_defer(d->loop, &lk->task);
	return lk;
}

void
said_addresses_cancel(struct dns_lookup **lk)
{
	if (*lk != NULL)
		loop_cancel((*lk)->dns->loop, &(*lk)->task);
	free(*lk);
	*lk = NULL;
}
