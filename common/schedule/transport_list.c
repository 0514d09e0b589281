/*
 * What was compiled: found, shown, written again.
 */
#include <stdlib.h>

#include "transport_private.h"

struct plan *
plan_find(const struct transports *t, int row, struct str id)
{
	return (struct plan *)row_id_find(&t->plans, row, id);
}

/* What the table says of one for Unix sockets alone. */
struct str
transport_default(const struct transport *tr, enum transport_option o)
{
	if (o == TRANSPORT_tls && tr->socket.p != NULL)
		return STR("disabled");
	return str_of(transport_option_default(o, tr->mode != TRANSPORT_MX));
}

struct transports *
transports_ref(struct transports *t)
{
	if (t != NULL)
		t->references++;
	return t;
}

void
transports_free(struct transports **tp)
{
	struct transports	*t = *tp;

	*tp = NULL;
	if (t == NULL || --t->references > 0)
		return;
	hmap_fini(&t->plans);
	free(t->list);
	free(t->addresses);
	arena_free(&t->arena);
	free(t);
}

const struct transport *
transports_find(const struct transports *t, struct str id)
{
	const struct plan	*plan = NULL;

	if (t != NULL)
		plan = plan_find(t, TRANSPORT_ROW_TRANSPORT, id);
	return plan != NULL ? plan->transport : NULL;
}

const struct transport_address *
transports_address(const struct transports *t, struct str id)
{
	const struct plan	*plan = NULL;

	if (t != NULL)
		plan = plan_find(t, TRANSPORT_ROW_ADDRESS, id);
	return plan != NULL ? plan->address : NULL;
}

size_t
transports_count(const struct transports *t)
{
	return t != NULL ? t->count : 0;
}

const struct transport *
transports_at(const struct transports *t, size_t i)
{
	return t->list[i];
}

const char *
transport_mode_name(enum transport_mode mode)
{
	static const char *const	names[] = { "mx", "host", "lmtp" };

	return names[mode];
}

struct str
transport_text(const struct transport *t, enum transport_option o)
{
	return t->text[o].p != NULL ? t->text[o] : transport_default(t, o);
}

/* No value has a "$" or a brace. */
static void
put_option(struct buf *out, enum transport_option o, struct str value)
{
	buf_printf(out, " -o { %s = ", transport_option_name(o));
	buf_add_str(out, value);
	buf_add_text(out, " }");
}

static void
put_str(struct buf *out, struct str s)
{
	buf_add_byte(out, ' ');
	buf_add_str(out, s);
}

static void
put_address(struct buf *out, const struct transport_address *a)
{
	char	ip[NETADDR_TEXT];

	buf_add_text(out, "address");
	put_str(out, a->id);
	buf_printf(out, " - %s", netaddr_ip(&a->address, ip, sizeof ip));
	if (a->helo.len > 0)
		put_option(out, TRANSPORT_helo, a->helo);
	buf_add_byte(out, '\n');
}

static void
put_transport(struct buf *out, const struct transport *tr)
{
	enum transport_option	 o;

	buf_add_text(out, "transport");
	put_str(out, tr->id);
	buf_printf(out, " %s", transport_mode_name(tr->mode));
	put_str(out, tr->target);
	for (o = 0; o < TRANSPORT_OPTIONS; o++)
		if (tr->text[o].p != NULL)
			put_option(out, o, tr->text[o]);
	buf_add_byte(out, '\n');
}

void
transport_put(const struct transports *t, const struct transport *tr,
    struct buf *out)
{
	const struct transport_address	*a;
	struct str			 rest = tr->options.source, id;

	while (option_list_next(&rest, &id))
		if ((a = transports_address(t, id)) != NULL)
			put_address(out, a);
	id = tr->options.dsn_transport;
	if (id.len > 0 && !str_eq(id, tr->id))
		buf_printf(out, "transport %.*s mx -\n", (int)id.len, id.p);
	put_transport(out, tr);
}

void
transports_put(const struct transports *t, struct buf *out)
{
	size_t	i;

	for (i = 0; i < t->address_count; i++)
		put_address(out, t->addresses[i]);
	for (i = 0; i < t->count; i++)
		put_transport(out, t->list[i]);
}
