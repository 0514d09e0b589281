/*
 * The text of a transport is compiled once; its backend is made then, too.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "outbound/transport_backend.h"

#include "deliver.h"
#include "outlet.h"

static void
outlet_end(struct numbered *n)
{
	struct outlet	*o = (struct outlet *)n;

	transports_free(&o->all);
	free(o->fault);
	free(o);
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

/* The last one is meant; another is there for its name. */
static int
outlet_compile(struct outlet *o, struct str text, struct err *e)
{
	if (transports_compile(&o->all, "transport.cf", text, deliver.params,
	    outlet_report, e) == -1)
		return -1;
	if (transports_count(o->all) == 0)
		return err_set(e, "no transport");
	o->transport = transports_at(o->all, transports_count(o->all) - 1);
	return 0;
}

int
outlet_backend(const struct outlet *o, const struct transport *t,
    struct send_backend *b, struct err *e)
{
	*b = (struct send_backend){ .scope = o->numbered.number,
	    .port = (uint16_t)deliver.params->send_default_port,
	    .helo = str_of(deliver.params->myhostname) };
	if (transport_backend(o->all, t, deliver.run_directory, b, e) == -1)
		return -1;
	transport_keep(t, b);
	return 0;
}

int
outlet_add(uint64_t number, struct str text)
{
	struct outlet	*o;
	struct err	 e;

	if (!numbered_free(number))
		return -1;
	o = xcalloc(1, sizeof *o);
	if (outlet_compile(o, text, &e) == -1 ||
	    numbered_add(&o->numbered, number, outlet_end) == -1) {
		outlet_end(&o->numbered);
		return -1;
	}
	if (outlet_backend(o, o->transport, &o->backend, &e) == -1)
		o->fault = xstrdup(e.text);
	return 0;
}

/* ---- Jobs ---------------------------------------------------------------- */

struct outlet *
outlet_take(uint64_t number)
{
	return (struct outlet *)numbered_take(number, outlet_end);
}

void
outlet_give(struct outlet **op)
{
	struct outlet	*o = *op;

	*op = NULL;
	numbered_give(o != NULL ? &o->numbered : NULL);
}
