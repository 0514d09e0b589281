/*
 * The text of a transport is compiled once; its backend is made then, too.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "outbound/transport_backend.h"

#include "deliver.h"
#include "outlet.h"

#define OUTLET_KIND	1
#define PORT_SMTP	25

static struct hmap	outlets;

void
outlets_init(void)
{
	hmap_init(&outlets);
}

static void
outlet_free(struct outlet *o)
{
	transports_free(&o->all);
	free(o->fault);
	free(o);
}

static void
outlet_drop_one(struct outlet *o)
{
	hmap_remove(&outlets, &o->entry);
	o->dropped = true;
	if (o->jobs == 0)
		outlet_free(o);
}

static void
outlet_drop_entry(void *arg, struct hmap_entry *e)
{
	(void)arg;
	outlet_drop_one((struct outlet *)e);
}

void
outlets_drop_all(void)
{
	hmap_walk(&outlets, outlets.size, outlet_drop_entry, NULL);
}

void
outlets_fini(void)
{
	outlets_drop_all();
	hmap_fini(&outlets);
}

static struct outlet *
outlet_find(uint64_t number)
{
	return (struct outlet *)hmap_find(&outlets, OUTLET_KIND,
	    (struct str){ (const char *)&number, sizeof number });
}

/* ---- What a transport says ---------------------------------------------- */

static void
outlet_report(void *arg, const char *file, int line, int column,
    const char *text)
{
	struct err	*e = arg;

	(void)file;
	(void)line;
	(void)column;
	(void)err_set(e, "%s", text);
}

/* No other transport is in this text. */
static int
outlet_compile(struct outlet *o, struct str text, struct err *e)
{
	if (transports_compile(&o->all, "transport.cf", text, deliver.params,
	    outlet_report, e) == -1)
		return -1;
	if (transports_count(o->all) != 1)
		return err_set(e, "not one transport");
	o->transport = transports_at(o->all, 0);
	return 0;
}

static void
outlet_backend(struct outlet *o)
{
	struct send_backend	*b = &o->backend;
	struct err		 e;

	*b = (struct send_backend){ .scope = o->number, .port = PORT_SMTP,
	    .helo = str_of(deliver.params->myhostname) };
	if (o->transport->mode == TRANSPORT_MX)
		o->fault = xstrdup("a transport of mode mx is not available "
		    "in this version");
	else if (transport_backend(o->all, o->transport,
	    deliver.run_directory, b, &e) == -1)
		o->fault = xstrdup(e.text);
	else
		transport_keep(o->transport, b);
}

int
outlet_add(uint64_t number, struct str text)
{
	struct outlet	*o;
	struct err	 e;

	if (outlets.count >= OUTLETS_MAX || outlet_find(number) != NULL)
		return -1;
	o = xcalloc(1, sizeof *o);
	o->number = number;
	if (outlet_compile(o, text, &e) == -1) {
		transports_free(&o->all);
		free(o);
		return -1;
	}
	outlet_backend(o);
	o->entry.key = (const char *)&o->number;
	o->entry.len = sizeof o->number;
	o->entry.kind = OUTLET_KIND;
	hmap_insert(&outlets, &o->entry);
	return 0;
}

int
outlet_drop(uint64_t number)
{
	struct outlet	*o = outlet_find(number);

	if (o == NULL)
		return -1;
	outlet_drop_one(o);
	return 0;
}

/* ---- Jobs ---------------------------------------------------------------- */

struct outlet *
outlet_take(uint64_t number)
{
	struct outlet	*o = outlet_find(number);

	if (o != NULL)
		o->jobs++;
	return o;
}

void
outlet_give(struct outlet **op)
{
	struct outlet	*o = *op;

	*op = NULL;
	if (o != NULL && --o->jobs == 0 && o->dropped)
		outlet_free(o);
}
