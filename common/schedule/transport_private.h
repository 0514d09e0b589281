/*
 * transport_private - what the files of transport.h share
 */
#ifndef SCHEDULE_TRANSPORT_PRIVATE_H
#define SCHEDULE_TRANSPORT_PRIVATE_H

#include "base/arena.h"
#include "base/hmap.h"
#include "conf/report.h"

#include "row_text.h"
#include "transport.h"

/* What a row sets. */
struct plan_option {
	struct str	 text;
	struct place	 at;
};

/* What all rows have in common. */
struct plan {
	struct row_id		 name;		/* kind: TRANSPORT_ROW_... */
	struct plan_option	*set;		/* by option; NULL: none */
	struct transport	*transport;
	struct transport_address *address;
};

struct transports {
	unsigned		  references;
	struct arena		  arena;
	struct hmap		  plans;
	struct transport	**list;
	size_t			  count, cap;
	struct transport_address **addresses;
	size_t			  address_count, address_cap;
};

/* By TRANSPORT_ROW_...; NULL: there is none. */
struct plan	*plan_find(const struct transports *t, int row,
		    struct str id);
/* What holds where neither transport nor group say otherwise. */
struct str	 transport_default(const struct transport *tr,
		    enum transport_option o);

#endif
