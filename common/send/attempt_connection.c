/*
 * Facts in one block, the three names at its end.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "attempt_connection.h"

const struct attempt_connection	attempt_no_connection;

static struct str
connection_text(char **at, struct str from)
{
	struct str	copy = { *at, from.len };

	if (from.len != 0)
		memcpy(*at, from.p, from.len);
	*at += from.len;
	return copy;
}

struct attempt_connection *
attempt_connection_new(struct str remotemx, struct str helo,
    struct str localipid)
{
	struct attempt_connection	*c;
	char				*at;

	c = xcalloc(1, sizeof *c + remotemx.len + helo.len + localipid.len);
	at = c->texts;
	c->remotemx = connection_text(&at, remotemx);
	c->helo = connection_text(&at, helo);
	c->localipid = connection_text(&at, localipid);
	c->refs = 1;
	smtp_reply_init(&c->greeting);
	return c;
}

static size_t
connection_tlsa_count(struct str records)
{
	struct tls_tlsa	r;
	size_t		n = 0;

	while (tls_tlsa_next(&records, &r))
		n++;
	return n;
}

/* In one block: the records, and behind them their bytes. */
void
attempt_connection_set_tlsa(struct attempt_connection *c, struct str records)
{
	size_t		 count = connection_tlsa_count(records), i;
	struct tls_tlsa	*list;
	char		*bytes;

	free(c->tlsa);
	c->tlsa = NULL;
	c->tls.tlsa.asked = true;
	c->tls.tlsa.count = count;
	c->tls.tlsa.records = NULL;
	if (count == 0)
		return;
	list = xmalloc(count * sizeof *list + records.len);
	bytes = (char *)(list + count);
	memcpy(bytes, records.p, records.len);
	records.p = bytes;
	for (i = 0; i < count; i++)
		(void)tls_tlsa_next(&records, &list[i]);
	c->tls.tlsa.records = list;
	c->tlsa = (char *)list;
}

/* To everybody but the client whose connection it is the facts are constant;
 * their count is not. */
static struct attempt_connection *
connection_own(const struct attempt_connection *c)
{
	return (struct attempt_connection *)(uintptr_t)c;
}

struct attempt_connection *
attempt_connection_ref(const struct attempt_connection *c)
{
	if (c != &attempt_no_connection)
		connection_own(c)->refs++;
	return connection_own(c);
}

void
attempt_connection_unref(const struct attempt_connection *c)
{
	struct attempt_connection	*own = connection_own(c);

	if (c == NULL || c == &attempt_no_connection || --own->refs != 0)
		return;
	smtp_reply_fini(&own->greeting);
	tls_peer_fini(&own->tls.peer);
	free(own->tlsa);
	free(own);
}
