/*
 * An attempt's names, its recipients, and the walk over its fields, which is
 * attempt.def expanded.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "attempt.h"

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

/* ---- Codes ------------------------------------------------------------- */

/* Subject and detail of RFC 3463, and 1.10 of RFC 7505.  A name that is not
 * there is the recipient's fault, or that of our configuration, which is
 * temporary. */
static void
attempt_put_dns_code(struct attempt *a)
{
	static const struct {
		int	temporary[2], permanent[2];
	} codes[ATTEMPT_DNS_MAX] = {
		[ATTEMPT_DNS_NONE] = { { 4, 3 }, { 4, 3 } },
		[ATTEMPT_DNS_OTHER] = { { 4, 3 }, { 1, 2 } },
		[ATTEMPT_DNS_NXDOMAIN] = { { 3, 5 }, { 1, 2 } },
		[ATTEMPT_DNS_NULLMX] = { { 3, 5 }, { 1, 10 } },
		[ATTEMPT_DNS_IPFAMILY] = { { 4, 4 }, { 4, 4 } },
		[ATTEMPT_DNS_NODATA] = { { 3, 5 }, { 1, 2 } },
		[ATTEMPT_DNS_EXCLUDED] = { { 4, 4 }, { 4, 4 } },
	};
	const int	*code = a->temporary ? codes[a->dns].temporary :
			    codes[a->dns].permanent;

	a->enhanced[1] = code[0];
	a->enhanced[2] = code[1];
}

void
attempt_put_code(struct attempt *a)
{
	static const int	codes[ATTEMPT_ERROR_MAX][2] = {
		[ATTEMPT_ERROR_CONFIG] = { 3, 5 },
		[ATTEMPT_ERROR_NETWORK] = { 4, 1 },
		[ATTEMPT_ERROR_DANE] = { 7, 5 },
		[ATTEMPT_ERROR_PROTOCOL] = { 5, 0 },
		[ATTEMPT_ERROR_TLS] = { 7, 5 },
	};

	a->code = a->temporary ? 451 : 554;
	a->enhanced[0] = a->temporary ? 4 : 5;
	a->enhanced[1] = codes[a->error][0];
	a->enhanced[2] = codes[a->error][1];
	if (a->error == ATTEMPT_ERROR_DNS)
		attempt_put_dns_code(a);
	/* RFC 3463: it is not "no answer" where the host has greeted. */
	if (a->error == ATTEMPT_ERROR_NETWORK &&
	    a->connection->greeting.code != 0)
		a->enhanced[2] = 2;
	/* Mail that would come back to us for ever. */
	if (a->error == ATTEMPT_ERROR_CONFIG && !a->temporary) {
		a->enhanced[1] = 4;
		a->enhanced[2] = 6;
	}
}

/* ---- Recipients -------------------------------------------------------- */

struct attempt
attempt_of(const struct attempt *a, size_t i)
{
	const struct attempt_rcpt	*own = NULL;
	struct attempt			 of = *a;

	if (a->rcpts != NULL)
		own = &a->rcpts[i];
	if (own == NULL || own->reply.code == 0)
		return of;
	of.reply = &own->reply;
	of.refusal = NULL;
	of.state = own->state;
	of.error = ATTEMPT_ERROR_NONE;
	of.dns = ATTEMPT_DNS_NONE;
	of.temporary = own->reply.code < 500;
	of.message = "";
	of.code = own->reply.code;
	memcpy(of.enhanced, own->reply.enhanced, sizeof of.enhanced);
	return of;
}

struct attempt_rcpt *
attempt_rcpts_new(size_t count)
{
	struct attempt_rcpt	*r = xcalloc(count, sizeof *r);
	size_t			 i;

	for (i = 0; i < count; i++)
		smtp_reply_init(&r[i].reply);
	return r;
}

void
attempt_rcpts_clear(struct attempt_rcpt *r, size_t count)
{
	size_t	i;

	for (i = 0; i < count; i++) {
		r[i].accepted = false;
		r[i].state = SMTP_STATE_NONE;
		r[i].reply.code = 0;
	}
}

void
attempt_rcpts_free(struct attempt_rcpt **rp, size_t count)
{
	size_t	i;

	if (*rp == NULL)
		return;
	for (i = 0; i < count; i++)
		smtp_reply_fini(&(*rp)[i].reply);
	free(*rp);
	*rp = NULL;
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
	const struct smtp_reply			*said = a->reply;
	size_t					 i;

	if (said == NULL && SEEN(QUEUED))
		said = a->refusal;
#include "attempt.def"
}
