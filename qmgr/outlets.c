/*
 * Transports as they hold now.  Each has a number by which deliver workers
 * know it; one that changes is another one from then on, and who works by the
 * one before goes on by it.
 */
#include <stddef.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"

#include "delivery.h"
#include "told.h"

#define OUTLET_KIND	1
#define OUTLET_NUMBER	2

static struct {
	struct transports	*transports;
	struct hmap		 by_id;	/* by id */
	struct outlet		*list;
	size_t			 count;
	int64_t			 least_age_ms;
	bool			 loaded;
} outlets;

static void
outlets_fault(void *arg, const char *file, int line, int column,
    const char *text)
{
	(void)arg;
	LOG(EV_CONFIG_ERROR, NULL, LOG_STR("file", file),
	    LOG_NUM("line", line), LOG_NUM("column", column),
	    LOG_STR("reason", text));
}

/* The number that this text had before, or a new one. */
static uint64_t
outlets_number(struct hmap *before, const struct outlet *r)
{
	struct outlet	*was;

	was = (struct outlet *)hmap_find(before, OUTLET_KIND,
	    r->transport->id);
	if (was != NULL && str_eq(buf_str(&was->text), buf_str(&r->text)))
		return was->number;
	return told_number();
}

/* As much of it as the scheduler is to know. */
static void
outlets_limit(const struct outlet *o)
{
	struct schedule_limits	limits = o->limiter.limits;
	uint32_t		recipients;

	recipients = (uint32_t)o->transport->options.recipients;
	if (recipients > JOB_ENTRIES_MAX)
		recipients = JOB_ENTRIES_MAX;
	schedule_transport(delivery_schedule(), o->transport->id, &limits,
	    recipients);
}

static void
outlets_build(struct outlet *list, size_t count, struct transports *t,
    struct hmap *before)
{
	size_t	i;

	for (i = 0; i < count; i++) {
		struct outlet	*r = &list[i];

		r->transport = transports_at(t, i);
		transport_put(t, r->transport, &r->text);
		r->limiter = policy_way_transport(r->transport, &r->label);
		r->number = outlets_number(before, r);
		r->hash.key = r->transport->id.p;
		r->hash.len = (uint32_t)r->transport->id.len;
		r->hash.kind = OUTLET_KIND;
		r->by_number.key = (const char *)&r->number;
		r->by_number.len = sizeof r->number;
		r->by_number.kind = OUTLET_NUMBER;
	}
}

static void
outlets_age(const struct transport_options *o)
{
	if (o->max_age < outlets.least_age_ms)
		outlets.least_age_ms = o->max_age;
	if (o->bounce_max_age < outlets.least_age_ms)
		outlets.least_age_ms = o->bounce_max_age;
}

int64_t
outlets_least_age(void)
{
	return outlets.least_age_ms;
}

static const struct outlet *
outlet_in(struct hmap *list, struct str id)
{
	return (const struct outlet *)hmap_find(list, OUTLET_KIND, id);
}

/* Those that are not among these any more: no job will name them. */
static void
outlets_give_up(struct hmap *now)
{
	const struct outlet	*o, *new;
	size_t			 i;

	for (i = 0; i < outlets.count; i++) {
		o = &outlets.list[i];
		new = outlet_in(now, o->transport->id);
		if (new == NULL || new->number != o->number)
			told_drop(o->number);
		buf_free(&outlets.list[i].text);
		buf_free(&outlets.list[i].label);
	}
	free(outlets.list);
	hmap_fini(&outlets.by_id);
	transports_free(&outlets.transports);
}

/* What master has checked compiles; else those before go on. */
void
outlets_load(void)
{
	struct worker		*w = delivery_worker();
	struct transports	*t;
	struct outlet		*list;
	struct hmap		 now;
	size_t			 count, i;

	if (!outlets.loaded)
		hmap_init(&outlets.by_id);
	outlets.loaded = true;
	if (transports_compile(&t, "transport.cf",
	    conf_files_text(&w->conf_files, "transport.cf"), &w->params,
	    outlets_fault, NULL) == -1)
		return;
	count = transports_count(t);
	list = xcalloc(count + 1, sizeof *list);
	outlets_build(list, count, t, &outlets.by_id);
	hmap_init(&now);
	outlets.least_age_ms = INT64_MAX / 2;
	for (i = 0; i < count; i++) {
		outlets_age(&list[i].transport->options);
		hmap_insert(&now, &list[i].hash);
		hmap_insert(&now, &list[i].by_number);
		outlets_limit(&list[i]);
	}
	outlets_give_up(&now);
	outlets.by_id = now;
	outlets.transports = t;
	outlets.list = list;
	outlets.count = count;
}

const struct outlet *
outlets_find(struct str transportid)
{
	return outlet_in(&outlets.by_id, transportid);
}

const struct outlet *
outlets_numbered(uint64_t number)
{
	struct hmap_entry	*e;

	e = hmap_find(&outlets.by_id, OUTLET_NUMBER,
	    (struct str){ (const char *)&number, sizeof number });
	return e == NULL ? NULL : (const struct outlet *)((char *)e -
	    offsetof(struct outlet, by_number));
}
