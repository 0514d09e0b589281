/*
 * Without a row the outlet's own are used, as they are.  What a job adds (a
 * secret, what XCLIENT tells, a route's sources) goes into a copy in its
 * arena.
 */
#include <string.h>

#include "outbound/secret.h"
#include "schedule/policy.h"

#include "deliver.h"
#include "job.h"
#include "outlet.h"
#include "row.h"
#include "shape.h"
#include "trial.h"

static void
shape_xclient(struct job *j, struct send_backend *b)
{
	const struct spool_entry	*entry = &j->entries[0].entry;
	const struct {
		enum smtp_xclient	attribute;
		struct str		value;
	} says[] = {
		{ SMTP_XCLIENT_ADDR, entry->client_address },
		{ SMTP_XCLIENT_NAME, entry->client_name },
		{ SMTP_XCLIENT_HELO, entry->helo },
	};
	struct buf			 text = BUF_INIT;
	size_t				 i;

	b->xclient = true;
	for (i = 0; i < sizeof says / sizeof says[0]; i++) {
		buf_clear(&text);
		smtp_xclient_add(&text, says[i].attribute, says[i].value);
		b->xclient_values[says[i].attribute] = arena_str(&j->arena,
		    buf_str(&text));
	}
	buf_free(&text);
}

static void
shape_put_secret(const struct job *j, struct send_backend *b)
{
	if (j->secret.p == NULL)
		return;
	if (j->options->sasltoken_file.len > 0)
		b->token = j->secret;
	else if (j->options->saslusername.len > 0)
		b->password = j->secret;
}

static const struct wish *
shape_wish(const struct job *j)
{
	return j->trial != NULL ? &j->trial->wish : NULL;
}

struct str
shape_domain(const struct spool_entry *entry, const struct wish *wish)
{
	struct spool_entry	wished = *entry;

	if (wish != NULL && wish->of[WISH_recipient].p != NULL)
		wished.recipient = wish->of[WISH_recipient];
	return spool_entry_domain(&wished);
}

/* A route says from where, and by which name; its hosts are the domain's. */
static void
shape_route(const struct job *j, const struct transport *t,
    struct send_backend *b)
{
	static const struct netaddr	none;

	if (t->mode == TRANSPORT_MX)
		b->host = t->host.len > 0 ? t->host :
		    shape_domain(&j->entries[0].entry, shape_wish(j));
	b->source4 = b->source6 = none;
	b->source_id = STR_NONE;
	b->helo = j->options->helo.len > 0 ? j->options->helo :
	    str_of(deliver.params->myhostname);
}

/* A row can only make it stricter. */
static void
shape_lay_row(const struct row *row, struct transport *t)
{
	static const char *const	words[] = {
#define WORD(id, word)	word,
		TRANSPORT_TLS_MODES(WORD)
#undef WORD
	};

	policy_delivery_lay(row->delivery, &t->options);
	if (row->delivery->set[TRANSPORT_tls])
		t->text[TRANSPORT_tls] = str_of(words[t->options.tls]);
}

/* The outlet's transport with what a script asked for over it, and a row's
 * options over that. */
static const struct transport *
shape_lay(struct job *j, const struct row *row, const struct wish *wish)
{
	struct transport	*t;

	if (row == NULL && wish == NULL)
		return j->outlet->transport;
	t = arena_alloc(&j->arena, sizeof *t);
	*t = *j->outlet->transport;
	if (wish != NULL)
		wish_lay(wish, t);
	if (row != NULL)
		shape_lay_row(row, t);
	return t;
}

const struct transport *
shape_wished(struct job *j, const struct wish *wish)
{
	return shape_lay(j, NULL, wish);
}

void
shape_options(struct job *j)
{
	j->options = &shape_lay(j, j->row, shape_wish(j))->options;
}

int
shape_take(struct job *j, const struct row *row, struct err *e)
{
	const struct wish	*wish = shape_wish(j);
	const struct transport	*t = shape_lay(j, row, wish);
	struct send_backend	*b = arena_alloc(&j->arena, sizeof *b);

	if (t == j->outlet->transport)
		*b = j->outlet->backend;
	else if (outlet_backend(j->outlet, t, b, e) == -1)
		return -1;
	j->options = &t->options;
	if (j->way != NULL)
		shape_route(j, t, b);
	if (j->options->xclient)
		shape_xclient(j, b);
	shape_put_secret(j, b);
	if (wish != NULL)
		wish_backend(wish, b);
	j->backend = b;
	return 0;
}

int
shape_secret(struct job *j, struct err *e)
{
	const struct transport_options	*o = &j->outlet->transport->options;
	const struct wish		*wish = shape_wish(j);

	if (o->saslusername.len == 0 || (wish != NULL &&
	    wish->of[WISH_saslpassword].p != NULL))
		return 0;
	return secrets_get(deliver.secrets, o->sasltoken_file.len > 0 ?
	    o->sasltoken_file : o->saslpassword_file,
	    loop_now_ms(deliver.loop), &j->secret, e);
}
