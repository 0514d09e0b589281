/*
 * Forgetting what was learned: libunbound's cache goes with its context, so
 * another one is made of what the first was made of.  No file is read: it is
 * done in a jail.
 */
#include <stdlib.h>
#include <string.h>
#include <unbound.h>
#include <unbound-event.h>

#include "base/mem.h"

#include "dns_private.h"

static void
context_free(struct dns_context *c)
{
	ub_ctx_delete(c->ctx);
	loop_cancel(c->dns->loop, &c->bye);
	free(c);
}

static void
context_bye(void *arg)
{
	struct dns_context	*c = arg;

	TAILQ_REMOVE(&c->dns->old, c, link);
	context_free(c);
}

void
dns_context_begin(struct dns *d)
{
	struct dns_context	*c = xcalloc(1, sizeof *c);

	c->dns = d;
	c->ctx = d->ctx;
	task_init(&c->bye, context_bye, c);
	d->now = c;
}

/* From inside libunbound, perhaps: it goes at the end of the turn. */
void
dns_context_done(struct dns_context *c)
{
	c->open--;
	if (c != c->dns->now && c->open == 0)
		loop_defer(c->dns->loop, &c->bye);
}

void
dns_contexts_free(struct dns *d)
{
	struct dns_context	*c;

	while ((c = TAILQ_FIRST(&d->old)) != NULL) {
		TAILQ_REMOVE(&d->old, c, link);
		context_free(c);
	}
	if (d->now != NULL)
		context_free(d->now);
	d->now = NULL;
	d->ctx = NULL;
}

static void
context_records(struct dns *d)
{
	struct str	rest = buf_str(&d->records);
	size_t		n;

	while (rest.len > 0) {
		n = strlen(rest.p) + 1;
		(void)ub_ctx_data_add(d->ctx, rest.p);
		rest.p += n;
		rest.len -= n;
	}
}

/* As dns_configure() of dns.c, of what was kept. */
static int
context_again(struct dns *d, struct err *e)
{
	if (dns_set_options(d->ctx, e) == -1 ||
	    dns_set_servers(d->ctx, d->forwards, e) == -1)
		return -1;
	dns_anchors_copy(d, d);
	if (d->named)
		dns_free_zones(d->ctx);
	context_records(d);
	return 0;
}

static void
context_flush_others(struct dns *d)
{
	struct dns	*o, *next;

	for (o = TAILQ_FIRST(&d->others); o != NULL; o = next) {
		next = TAILQ_NEXT(o, link);
		if (!TAILQ_EMPTY(&o->queries) || !TAILQ_EMPTY(&o->lookups)) {
			(void)dns_flush(o, NULL);
			continue;
		}
		TAILQ_REMOVE(&d->others, o, link);
		dns_free(&o);
	}
}

int
dns_flush(struct dns *d, struct err *e)
{
	struct dns_context	*was = d->now;

	context_flush_others(d);
	if (was == NULL)
		return 0;
	d->ctx = ub_ctx_create_event(loop_base(d->loop));
	if (d->ctx == NULL) {
		d->ctx = was->ctx;
		return err_set(e, "libunbound does not start");
	}
	(void)ub_ctx_debugout(d->ctx, NULL);
	if (context_again(d, e) == -1) {
		ub_ctx_delete(d->ctx);
		d->ctx = was->ctx;
		return -1;
	}
	dns_context_begin(d);
	TAILQ_INSERT_TAIL(&d->old, was, link);
	if (was->open == 0)
		loop_defer(d->loop, &was->bye);
	return 0;
}
