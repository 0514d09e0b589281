/*
 * An attempt's names, the facts of its connection, and the walk over its
 * fields, which is attempt.def expanded.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "attempt.h"

const struct attempt_connection	attempt_no_connection;

const char *
attempt_error_name(enum attempt_error error)
{
	static const char *const	names[] = {
#define ERROR_NAME(id, text)	[ATTEMPT_ERROR_##id] = text,
		ATTEMPT_ERRORS(ERROR_NAME)
#undef ERROR_NAME
	};

	return names[error];
}

const char *
attempt_dns_name(enum attempt_dns dns)
{
	static const char *const	names[] = {
#define DNS_NAME(id, text)	[ATTEMPT_DNS_##id] = text,
		ATTEMPT_DNS_ERRORS(DNS_NAME)
#undef DNS_NAME
	};

	return names[dns];
}

/* ---- The facts of a connection ----------------------------------------- */

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

/* Counted facts are written by who made them alone; all else reads. */
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
	free(own);
}

/* ---- The fields -------------------------------------------------------- */

struct walk {
	unsigned			 who;
	const struct attempt_sink	*sink;
	void				*arg;
};

static void
walk_hex(const struct walk *w, const char *name, struct str data)
{
	static const char	digits[] = "0123456789abcdef";
	struct buf		text = BUF_INIT;
	size_t			i;

	for (i = 0; i < data.len; i++) {
		buf_add_byte(&text, digits[(unsigned char)data.p[i] >> 4]);
		buf_add_byte(&text, digits[(unsigned char)data.p[i] & 15]);
	}
	w->sink->text(w->arg, name, buf_str(&text));
	buf_free(&text);
}

#define INLINE	ATTEMPT_INLINE
#define QUEUED	ATTEMPT_QUEUED
#define BOTH	(ATTEMPT_INLINE | ATTEMPT_QUEUED)

#define SEEN(by)	(((by) & w->who) != 0)
#define SHOW(by, on, call)						\
	if (SEEN(by) && (on))						\
		call;
#define OPEN(by, name, on)						\
	if (SEEN(by) && (on)) {						\
		w->sink->open(w->arg, name);
#define CLOSE()		w->sink->close(w->arg); }
#define EACH(count)	for (i = 0; i < (count); i++) {
#define END_EACH()	}
#define TEXT_IF(by, name, on, v)					\
	SHOW(by, on, w->sink->text(w->arg, name, str_of(v)))
#define STRING_IF(by, name, on, v)					\
	SHOW(by, on, w->sink->text(w->arg, name, v))
#define NUMBER_IF(by, name, on, v)					\
	SHOW(by, on, w->sink->number(w->arg, name, v))
#define ENHANCED_IF(by, name, on, v)					\
	SHOW(by, on, w->sink->enhanced(w->arg, name, v))
#define LINES_IF(by, name, on, v)					\
	SHOW(by, on, w->sink->lines(w->arg, name, v))
#define CERT_IF(by, name, on, v)					\
	SHOW(by, on, w->sink->cert(w->arg, name, v))
#define TRUTH(by, name, v)						\
	SHOW(by, true, w->sink->truth(w->arg, name, v))
#define HEX(by, name, v)	SHOW(by, true, walk_hex(w, name, v))
#define TEXT(by, name, v)	TEXT_IF(by, name, true, v)
#define STRING(by, name, v)	STRING_IF(by, name, true, v)
#define NUMBER(by, name, v)	NUMBER_IF(by, name, true, v)
#define ENHANCED(by, name, v)	ENHANCED_IF(by, name, true, v)
#define LINES(by, name, v)	LINES_IF(by, name, true, v)
#define CERT(by, name, v)	CERT_IF(by, name, true, v)

void
attempt_walk(const struct attempt *a, unsigned who,
    const struct attempt_sink *sink, void *arg)
{
	const struct walk			 all = { who, sink, arg };
	const struct walk			*w = &all;
	const struct attempt_connection		*c = a->connection;
	const struct attempt_tls		*t = &c->tls;
	size_t					 i;

#include "attempt.def"
}
