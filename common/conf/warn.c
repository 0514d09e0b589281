/*
 * Limits and rows that do not fit together: each is good by itself, and none
 * is an error, but what one lets in another one can never hold, or finds
 * nobody who takes it on.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "conf_int.h"

#define PLACE(s, name)	(&(s)->row[param_find(STR(name))].at)

static void
warn_sum(const struct params *p, const struct settings *s,
    struct reports *r, const char *small, const char *large,
    const char *what)
{
	struct buf	a = BUF_INIT, b = BUF_INIT;
	const struct setting *row = &s->row[param_find(str_of(small))];

	(void)params_get(p, small, &a);
	(void)params_get(p, large, &b);
	if (row->text == NULL)
		row = &s->row[param_find(str_of(large))];
	report(r, &row->at, "%s (%s) is too small beside %s (%s): %s", small,
	    buf_cstr(&a), large, buf_cstr(&b), what);
	buf_free(&a);
	buf_free(&b);
}

static void
warn_service(const struct params *p, const struct settings *s,
    struct reports *r)
{
	if (p->hook_memory_limit / 2 < p->message_size_limit &&
	    p->hook_eod[0] != '\0')
		warn_sum(p, s, r, "hook_memory_limit", "message_size_limit",
		    "a script that makes two texts of the largest message "
		    "defers it for ever");
	if (p->body_memory_total < p->body_memory_limit)
		warn_sum(p, s, r, "body_memory_total", "body_memory_limit",
		    "no message of that size is ever kept in memory");
	if (p->message_size_limit < p->header_size_limit)
		warn_sum(p, s, r, "message_size_limit", "header_size_limit",
		    "the size of the message ends first");
	if (p->inline_deadline < p->send_connect_timeout)
		warn_sum(p, s, r, "inline_deadline", "send_connect_timeout",
		    "the deadline ends a connection before its own timeout");
}

/* Others find it by that name of its socket. */
static void
warn_name(const struct row *row, struct reports *r)
{
	char	name[64];

	(void)snprintf(name, sizeof name, "%s.sock", row->service.command);
	if (strcmp(row->service.name, name) != 0)
		report(r, &row->at, "nobody finds %s here: its row is to be "
		    "named %s", row->service.command, name);
}

/* What is queued needs all of them, in-line delivery none. */
static void
warn_queue(const struct conf *c, struct reports *r)
{
	static const struct {
		const char	*program, *without;
	} parts[] = {
		{ "cleanup", "nothing can be queued" },
		{ "qmgr", "what is queued stays there, unseen" },
		{ "deliver", "what is queued stays there" },
		{ "bounce", "what can't be delivered stays there, and its "
		    "sender is not told" },
	};
	const struct row	*first = NULL, *row;
	const size_t		 count = sizeof parts / sizeof parts[0];
	bool			 there[sizeof parts / sizeof parts[0]] =
				    { false };
	size_t			 i, k;

	for (i = 0; i < c->rows.count; i++) {
		row = &c->rows.row[i];
		for (k = 0; k < count; k++)
			if (strcmp(row->service.command, parts[k].program) ==
			    0) {
				there[k] = true;
				first = first != NULL ? first : row;
			}
	}
	for (k = 0; k < count; k++)
		if (first != NULL && !there[k])
			report(r, &first->at, "%s is here, and no row for %s: "
			    "%s", first->service.command, parts[k].program,
			    parts[k].without);
}

void
conf_warn(const struct conf *c, conf_report_fn *fn, void *arg)
{
	struct reports		 r = REPORTS_INIT(fn, arg);
	const struct row	*row;
	size_t			 i;

	for (i = 0; i < c->rows.count; i++) {
		row = &c->rows.row[i];
		if (strcmp(row->service.command, "smtpd") == 0)
			warn_service(&row->service.params, &row->settings,
			    &r);
		if (row->service.single)
			warn_name(row, &r);
	}
	warn_queue(c, &r);
	reports_fini(&r);
}
