/*
 * EODMailMessage: the message a script holds as $arguments["mail"].
 */
#include "eod_private.h"

static enum hsl_rc
mail_send(struct hsl_call *c)
{
	return delivery_start(hsl_object_data(c->self, &mail_class), c);
}

static enum hsl_rc
mail_get_size(struct hsl_call *c)
{
	struct eod_run	*r = hsl_object_data(c->self, &mail_class);

	*c->ret = hsl_number((double)body_size(r->rq.body));
	return HSL_OK;
}

static const struct hsl_function	mail_methods[] = {
	{ "send", 3, 3, mail_send, "send(sender, recipients, server): array",
	    "Deliver in-line: to one backend, for all recipients or none." },
	{ "getSize", 0, 0, mail_get_size, "getSize(): number",
	    "Bytes of the message as received." },
	{ NULL, 0, 0, NULL, NULL, NULL }
};

/* The run owns what the object points at. */
const struct hsl_class	mail_class = {
	.name = "EODMailMessage",
	.methods = mail_methods,
};
