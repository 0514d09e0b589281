/*
 * A backend from a row of transport.cf: the transport of mode host or lmtp that
 * send() names.  What its options say of the queue has no meaning here.
 */
#include "outbound/transport_backend.h"

#include "eod_private.h"

enum hsl_rc
backend_from_transport(struct hsl_call *c, const struct eod_config *config,
    const struct transports *all, struct str id, struct send_backend *server)
{
	const struct transport	*t = transports_find(all, id);
	struct err		 e;

	if (id.len > 64)
		id.len = 64;
	if (t == NULL)
		return hsl_throw(c, "send: there is no transport '%.*s' in "
		    "transport.cf; a host is named by [\"host\" => \"%.*s\"]",
		    (int)id.len, id.p, (int)id.len, id.p);
	if (t->mode == TRANSPORT_MX)
		return hsl_throw(c, "send: transport '%.*s' is of mode mx; "
		    "in-line delivery is to one of mode host or lmtp, or to "
		    "[\"host\" => ...]", (int)id.len, id.p);
	if (t->options.saslusername.len != 0)
		return hsl_throw(c, "send: transport '%.*s' has a "
		    "saslusername; its secret is for the queue alone: in-line, "
		    "[\"saslusername\" => ...] says who we are", (int)id.len,
		    id.p);
	if (transport_backend(all, t, config->run_directory,
	    server, &e) == -1)
		return hsl_throw(c, "send: %s", e.text);
	return HSL_OK;
}
