/*
 * dns_query(): one question of the worker's resolver, with a limit of time.
 *
 * An answer is a list: of strings, or for types of several fields of arrays,
 * these by preference or priority.  With extended_result every item is an
 * array with type, ttl and the fields; the field of a string is "value".
 */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "dns/dns.h"
#include "event/loop.h"

#include "library.h"

#define TIMEOUT_DEFAULT_S	5
#define TIMEOUT_MAX_S		600
#define SERVERS_MAX		8

struct lookup {
	struct library		*library;
	struct hsl_exec		*x;
	struct timer		 timer;
	struct dns		*dns;
	struct dns_query	*query;
	const struct lookup_type *type;
	bool			 extended;
};

struct item {
	const struct dns_record	*rr;
	unsigned		 order;
};

/* ---- Records as values ------------------------------------------------- */

typedef bool	field_fn(struct hsl_exec *x, const struct dns_record *rr,
		    struct hsl_value v);

static void
field_text(struct hsl_exec *x, struct hsl_value v, const char *key,
    const char *text)
{
	hsl_array_set(x, v, key, hsl_text(x, text));
}

static void
field_number(struct hsl_exec *x, struct hsl_value v, const char *key,
    double n)
{
	hsl_array_set(x, v, key, hsl_number(n));
}

static bool
field_address(struct hsl_exec *x, const struct dns_record *rr,
    struct hsl_value v)
{
	struct netaddr	a;
	char		text[NETADDR_TEXT];

	if (dns_read_address(rr, 0, &a) == -1)
		return false;
	field_text(x, v, "value", netaddr_ip(&a, text, sizeof text));
	return true;
}

static bool
field_name(struct hsl_exec *x, const struct dns_record *rr,
    struct hsl_value v)
{
	char	name[DNS_NAME_TEXT];

	if (dns_read_name(rr, name) == -1)
		return false;
	field_text(x, v, "value", name);
	return true;
}

static bool
field_txt(struct hsl_exec *x, const struct dns_record *rr,
    struct hsl_value v)
{
	struct buf	b = BUF_INIT;
	bool		ok = dns_read_txt(rr, &b) == 0;

	if (ok)
		hsl_array_set(x, v, "value", hsl_string(x, buf_str(&b)));
	buf_free(&b);
	return ok;
}

static bool
field_mx(struct hsl_exec *x, const struct dns_record *rr, struct hsl_value v)
{
	char		host[DNS_NAME_TEXT];
	uint16_t	preference;

	if (dns_read_mx(rr, &preference, host) == -1)
		return false;
	field_text(x, v, "host", host);
	field_number(x, v, "preference", preference);
	return true;
}

static bool
field_srv(struct hsl_exec *x, const struct dns_record *rr,
    struct hsl_value v)
{
	struct dns_srv	srv;

	if (dns_read_srv(rr, &srv) == -1)
		return false;
	field_number(x, v, "priority", srv.priority);
	field_number(x, v, "weight", srv.weight);
	field_number(x, v, "port", srv.port);
	field_text(x, v, "target", srv.target);
	return true;
}

static bool
field_tlsa(struct hsl_exec *x, const struct dns_record *rr,
    struct hsl_value v)
{
	struct dns_tlsa	tlsa;

	if (dns_read_tlsa(rr, &tlsa) == -1)
		return false;
	field_number(x, v, "usage", tlsa.usage);
	field_number(x, v, "selector", tlsa.selector);
	field_number(x, v, "matching_type", tlsa.mtype);
	hsl_array_set(x, v, "data", hsl_string(x,
	    (struct str){ (const char *)tlsa.data, tlsa.len }));
	return true;
}

static bool
field_soa(struct hsl_exec *x, const struct dns_record *rr,
    struct hsl_value v)
{
	struct dns_soa	soa;

	if (dns_read_soa(rr, &soa) == -1)
		return false;
	field_text(x, v, "mname", soa.mname);
	field_text(x, v, "rname", soa.rname);
	field_number(x, v, "serial", soa.serial);
	field_number(x, v, "refresh", soa.refresh);
	field_number(x, v, "retry", soa.retry);
	field_number(x, v, "expire", soa.expire);
	field_number(x, v, "minimum", soa.minimum);
	return true;
}

static const struct lookup_type {
	const char	*name;
	enum dns_type	 type;
	field_fn	*fields;
	bool		 ordered;
} lookup_types[] = {
	{ "a", DNS_A, field_address, false },
	{ "aaaa", DNS_AAAA, field_address, false },
	{ "mx", DNS_MX, field_mx, true },
	{ "txt", DNS_TXT, field_txt, false },
	{ "cname", DNS_CNAME, field_name, false },
	{ "ns", DNS_NS, field_name, false },
	{ "ptr", DNS_PTR, field_name, false },
	{ "soa", DNS_SOA, field_soa, false },
	{ "srv", DNS_SRV, field_srv, true },
	{ "tlsa", DNS_TLSA, field_tlsa, false },
};

/* ---- The answer -------------------------------------------------------- */

/* MX and SRV: the number that such a record begins with. */
static unsigned
item_order(const struct lookup_type *t, const struct dns_record *rr)
{
	struct dns_srv	srv;
	char		host[DNS_NAME_TEXT];
	uint16_t	preference = 0;

	if (t->type == DNS_SRV)
		return dns_read_srv(rr, &srv) == 0 ? srv.priority : 0;
	if (t->type == DNS_MX)
		(void)dns_read_mx(rr, &preference, host);
	return preference;
}

/* Records of the same order stay as they came. */
static int
item_compare(const void *a, const void *b)
{
	const struct item	*l = a, *r = b;

	if (l->order != r->order)
		return l->order < r->order ? -1 : 1;
	return l->rr < r->rr ? -1 : l->rr > r->rr;
}

static void
lookup_add(const struct lookup *lk, const struct dns_record *rr,
    struct hsl_value list)
{
	struct hsl_exec		*x = lk->x;
	struct hsl_value	 item = hsl_array(x), value;

	if (lk->extended) {
		field_text(x, item, "type", lk->type->name);
		field_number(x, item, "ttl", rr->ttl);
	}
	if (!lk->type->fields(x, rr, item)) {
		hsl_value_unref(x, item);
		return;
	}
	value = hsl_array_get(item, "value");
	if (lk->extended || value.type == HSL_NONE) {
		hsl_array_push(x, list, item);
		return;
	}
	hsl_array_push(x, list, hsl_value_ref(value));
	hsl_value_unref(x, item);
}

static struct hsl_value
lookup_list(const struct lookup *lk, const struct dns_answer *a)
{
	struct hsl_value	list = hsl_array(lk->x);
	struct item		items[DNS_RECORD_MAX];
	size_t			i;

	for (i = 0; i < a->count; i++)
		items[i] = (struct item){ .rr = &a->records[i],
		    .order = item_order(lk->type, &a->records[i]) };
	if (lk->type->ordered)
		qsort(items, a->count, sizeof items[0], item_compare);
	for (i = 0; i < a->count; i++)
		lookup_add(lk, items[i].rr, list);
	return list;
}

static void
lookup_free(void *arg)
{
	struct lookup	*lk = arg;

	timer_fini(&lk->timer);
	dns_cancel(&lk->query);
	free(lk);
}

static void
lookup_end(struct lookup *lk, struct hsl_value v, bool secure)
{
	struct library	*l = lk->library;
	struct hsl_exec	*x = lk->x;

	hsl_array_set(x, v, "dnssec", hsl_boolean(secure));
	lookup_free(lk);
	library_resume(l, x, v);
}

static void
lookup_answer(void *arg, const struct dns_answer *a)
{
	static const char *const	errors[] = {
		[DNS_NXDOMAIN] = "NXDOMAIN", [DNS_NODATA] = "NODATA",
		[DNS_TEMPORARY] = "SERVFAIL", [DNS_BAD_NAME] = "NXDOMAIN",
	};
	struct lookup			*lk = arg;
	struct hsl_value		 v = hsl_array(lk->x);

	lk->query = NULL;
	if (a->status == DNS_OK)
		hsl_array_set(lk->x, v, "result", lookup_list(lk, a));
	else
		field_text(lk->x, v, "error", errors[a->status]);
	lookup_end(lk, v, a->secure);
}

static void
lookup_late(void *arg)
{
	struct lookup		*lk = arg;
	struct hsl_value	 v = hsl_array(lk->x);

	field_text(lk->x, v, "error", "TRY_AGAIN");
	lookup_end(lk, v, false);
}

/* ---- The question ------------------------------------------------------ */

static const struct lookup_type *
lookup_type_find(struct hsl_value v)
{
	struct str	name = v.type == HSL_NONE ? STR("a") :
			    hsl_value_str(v);
	size_t		i;

	for (i = 0; i < sizeof lookup_types / sizeof lookup_types[0]; i++)
		if (str_caseeq(name, str_of(lookup_types[i].name)))
			return &lookup_types[i];
	return NULL;
}

/* "192.0.2.1@53 2001:db8::1@53" from the options servers and port. */
static bool
servers_text(struct hsl_value list, unsigned port, struct buf *out)
{
	struct hsl_value	key, item;
	struct netaddr		a;
	char			ip[NETADDR_TEXT];
	size_t			pos = 0, n = 0;

	while (hsl_array_next(list, &pos, &key, &item)) {
		if (item.type != HSL_STRING || n++ == SERVERS_MAX ||
		    netaddr_parse_ip(&a, hsl_value_str(item), 0) == -1)
			return false;
		buf_printf(out, "%s%s@%u", n > 1 ? " " : "",
		    netaddr_ip(&a, ip, sizeof ip), port);
	}
	return n > 0;
}

static bool
lookup_servers(struct hsl_call *c, struct lookup *lk, struct hsl_value o)
{
	struct hsl_value	list = hsl_array_get(o, "servers");
	struct hsl_value	port = hsl_array_get(o, "port");
	struct buf		text = BUF_INIT;
	double			n = hsl_value_number(port, 53);
	struct err		e;

	lk->dns = lk->library->host.dns;
	if (list.type == HSL_NONE && port.type == HSL_NONE)
		return true;
	if (!(n >= 1 && n <= 65535) || !servers_text(list, (unsigned)n,
	    &text)) {
		buf_free(&text);
		hsl_throw(c, "dns_query(): servers is a list of at most %d "
		    "addresses, port a number", SERVERS_MAX);
		return false;
	}
	lk->dns = dns_other(lk->dns, buf_cstr(&text), &e);
	buf_free(&text);
	if (lk->dns == NULL)
		hsl_throw(c, "dns_query(): %s", e.text);
	return lk->dns != NULL;
}

/* False: thrown. */
static bool
lookup_options(struct hsl_call *c, struct lookup *lk, double *timeout)
{
	struct hsl_value	o = c->argc > 1 ? c->argv[1] : hsl_none(), t;

	*timeout = TIMEOUT_DEFAULT_S;
	if (o.type != HSL_NONE && o.type != HSL_ARRAY)
		hsl_throw(c, "dns_query(): options is an array, not %s",
		    hsl_type_phrase(o));
	else if ((lk->type = lookup_type_find(hsl_array_get(o, "type"))) ==
	    NULL)
		hsl_throw(c, "dns_query(): type is a, aaaa, mx, txt, cname, "
		    "ns, ptr, soa, srv or tlsa");
	else {
		lk->extended = hsl_value_true(hsl_array_get(o,
		    "extended_result"));
		t = hsl_array_get(o, "timeout");
		if (t.type != HSL_NONE)
			*timeout = hsl_value_number(t, NAN);
		if (*timeout > 0 && *timeout <= TIMEOUT_MAX_S)
			return lookup_servers(c, lk, o);
		hsl_throw(c, "dns_query(): timeout is a number of seconds, "
		    "at most %d", TIMEOUT_MAX_S);
	}
	return false;
}

enum hsl_rc
library_dns_query(struct hsl_call *c)
{
	struct lookup	 lk = { .library = library_of(c->x), .x = c->x };
	struct lookup	*wait;
	struct str	 host;
	double		 timeout;

	if (!hsl_arg_string(c, 0, &host) || !lookup_options(c, &lk, &timeout) ||
	    !hsl_charge(c->x, 100))
		return HSL_THROW;
	wait = xmemdup(&lk, sizeof lk);
	timer_init(&wait->timer, lk.library->host.loop, lookup_late, wait);
	timer_start(&wait->timer, library_time_ms(c->x,
	    (int64_t)ceil(timeout * 1000)));
	library_wait(lk.library, lookup_free, wait);
	wait->query = dns_query(lk.dns, host, wait->type->type,
	    lookup_answer, wait);
	return HSL_SUSPEND;
}
