/*
 * Limits that do not fit together: each is good by itself, and none is an
 * error, but what one lets in another one can never hold.
 */
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
	}
	reports_fini(&r);
}
