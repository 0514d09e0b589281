/*
 * Transports as they hold now.  Each has a number by which deliver workers
 * know it; one that changes is another one from then on, and who works by the
 * one before goes on by it.
 */
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"

#include "delivery.h"

#define ROUTE_KIND	1

static struct {
	struct transports	*transports;
	struct hmap		 routes;	/* by id */
	struct route		*route;
	size_t			 count;
	uint64_t		 next;
	bool			 loaded;
} routes;

static void
routes_fault(void *arg, const char *file, int line, int column,
    const char *text)
{
	(void)arg;
	LOG(EV_CONFIG_ERROR, NULL, LOG_STR("file", file),
	    LOG_NUM("line", line), LOG_NUM("column", column),
	    LOG_STR("reason", text));
}

/* The number that this text had before, or a new one. */
static uint64_t
routes_number(struct hmap *before, const struct route *r)
{
	struct route	*was;

	was = (struct route *)hmap_find(before, ROUTE_KIND,
	    r->transport->id);
	if (was != NULL && str_eq(buf_str(&was->text), buf_str(&r->text)))
		return was->number;
	return ++routes.next;
}

/* As much of it as the scheduler is to know. */
static void
routes_limit(const struct transport *t)
{
	struct schedule_limits	limits = {
		.concurrency = (uint32_t)t->options.concurrency,
		.rate = t->options.rate,
	};
	uint32_t		recipients = (uint32_t)t->options.recipients;

	if (recipients > JOB_ENTRIES_MAX)
		recipients = JOB_ENTRIES_MAX;
	schedule_transport(delivery_schedule(), t->id, &limits, recipients);
}

static void
routes_build(struct route *list, size_t count, struct transports *t,
    struct hmap *before)
{
	size_t	i;

	for (i = 0; i < count; i++) {
		struct route	*r = &list[i];

		r->transport = transports_at(t, i);
		transport_put(t, r->transport, &r->text);
		r->number = routes_number(before, r);
		r->hash.key = r->transport->id.p;
		r->hash.len = (uint32_t)r->transport->id.len;
		r->hash.kind = ROUTE_KIND;
	}
}

static void
routes_give_up(void)
{
	size_t	i;

	for (i = 0; i < routes.count; i++)
		buf_free(&routes.route[i].text);
	free(routes.route);
	hmap_fini(&routes.routes);
	transports_free(&routes.transports);
}

/* What master has checked compiles; else those before go on. */
void
routes_load(void)
{
	struct worker		*w = delivery_worker();
	struct transports	*t;
	struct route		*list;
	size_t			 count, i;

	if (!routes.loaded)
		hmap_init(&routes.routes);
	routes.loaded = true;
	if (transports_compile(&t, "transport.cf",
	    conf_files_text(&w->conf_files, "transport.cf"), &w->params,
	    routes_fault, NULL) == -1)
		return;
	count = transports_count(t);
	list = xcalloc(count + 1, sizeof *list);
	routes_build(list, count, t, &routes.routes);
	routes_give_up();
	routes.transports = t;
	routes.route = list;
	routes.count = count;
	hmap_init(&routes.routes);
	for (i = 0; i < count; i++) {
		hmap_insert(&routes.routes, &list[i].hash);
		routes_limit(list[i].transport);
	}
}

const struct route *
routes_find(struct str transportid)
{
	return (const struct route *)hmap_find(&routes.routes, ROUTE_KIND,
	    transportid);
}

bool
routes_has(uint64_t number)
{
	size_t	i;

	for (i = 0; i < routes.count; i++)
		if (routes.route[i].number == number)
			return true;
	return false;
}
