/*
 * A transaction's storage.  The command line goes with its read buffer, so
 * that all that is kept of MAIL and RCPT is copied into the arena.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "hooks/eod.h"

#include "transaction.h"

static struct smtp_path
transaction_path(struct arena *a, const struct smtp_path *from)
{
	struct smtp_path	p = *from;

	p.localpart = arena_str(a, from->localpart);
	p.domain = arena_str(a, from->domain);
	return p;
}

/* Keys in upper case, as scripts see them. */
static struct str
transaction_key(struct arena *a, struct str key)
{
	char	*copy = arena_strdup(a, key);
	size_t	 i;

	for (i = 0; i < key.len; i++)
		if (copy[i] >= 'a' && copy[i] <= 'z')
			copy[i] = (char)(copy[i] - ('a' - 'A'));
	return (struct str){ copy, key.len };
}

static struct hook_params
transaction_params(struct arena *a, const struct smtp_command *c)
{
	struct hook_params	p = { NULL, c->param_count };
	size_t			i;

	if (p.count == 0)
		return p;
	p.list = arena_alloc(a, p.count * sizeof *p.list);
	for (i = 0; i < p.count; i++) {
		p.list[i].key = transaction_key(a, c->param[i].key);
		if (c->param[i].value.p != NULL)
			p.list[i].value = arena_str(a, c->param[i].value);
	}
	return p;
}

struct transaction *
transaction_new(const char *id, const struct smtp_command *mail,
    const struct smtp_mail_options *options)
{
	struct transaction	*t = xcalloc(1, sizeof *t);
	struct arena		*a = &t->facts.arena;

	*a = (struct arena)ARENA_INIT;
	STAILQ_INIT(&t->facts.recipients);
	(void)strlcpy(t->facts.id, id, sizeof t->facts.id);
	t->facts.sender = transaction_path(a, &mail->path);
	t->facts.params = transaction_params(a, mail);
	t->facts.options = *options;
	if (options->by != SMTP_BY_NONE)
		t->facts.by = clock_wall_us() / 1000000 +
		    options->by_seconds;
	t->facts.options.envid = arena_str(a, options->envid);
	t->facts.options.auth = arena_str(a, options->auth);
	smtp_data_init(&t->reader);
	return t;
}

const struct smtp_scan *
transaction_scan(const struct transaction *t)
{
	return t->normal.out != NULL ? &t->kept : &t->reader.scan;
}

void
transaction_free(struct transaction **tp)
{
	struct transaction	*t = *tp;

	if (t == NULL)
		return;
	eod_cancel(&t->run);
	body_free(&t->body);
	mime_scan_fini(&t->mime);
	mime_strip_fini(&t->fields);
	buf_free(&t->trace);
	buf_free(&t->refusals);
	arena_free(&t->facts.arena);
	free(t);
	*tp = NULL;
}

struct hook_recipient *
transaction_recipient(struct transaction *t, const struct smtp_command *rcpt,
    const struct smtp_rcpt_options *options)
{
	struct arena		*a = &t->facts.arena;
	struct hook_recipient	*r = arena_alloc(a, sizeof *r);

	r->path = transaction_path(a, &rcpt->path);
	r->params = transaction_params(a, rcpt);
	r->options = *options;
	r->options.orcpt = arena_str(a, options->orcpt);
	return r;
}

void
transaction_add_recipient(struct transaction *t, struct hook_recipient *r)
{
	STAILQ_INSERT_TAIL(&t->facts.recipients, r, link);
	t->facts.recipient_count++;
}

/* A value of the log has no room for more. */
void
transaction_add_refusal(struct transaction *t, struct str address, int code)
{
	t->refusal_count++;
	if (t->refusals.len + address.len + sizeof ":555 " > LOG_VALUE_MAX)
		return;
	buf_add_str(&t->refusals, address);
	buf_add_byte(&t->refusals, ':');
	buf_add_uint(&t->refusals, (unsigned)code);
	buf_add_byte(&t->refusals, ' ');
	t->refusals_told++;
}
