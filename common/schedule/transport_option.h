/*
 * transport_option - the options of transport.def, as values
 *
 * Ownership  text of options is borrowed from whoever set it.
 * Failure    0, or -1 with *e.
 * Process    pure.
 */
#ifndef SCHEDULE_TRANSPORT_OPTION_H
#define SCHEDULE_TRANSPORT_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "option_type.h"

/* DANE needs MX records that DNSSEC vouches for. */
#define TRANSPORT_TLS_MODES(X)						\
	X(DISABLED, "disabled") X(OPTIONAL, "optional")			\
	X(OPTIONAL_VERIFY, "optional_verify") X(DANE, "dane")		\
	X(DANE_REQUIRE, "dane_require") X(REQUIRE, "require")		\
	X(REQUIRE_VERIFY, "require_verify")				\
	X(DANE_FALLBACK_REQUIRE_VERIFY, "dane_fallback_require_verify")

enum transport_tls {
#define TRANSPORT_TLS_ID(id, text)	TRANSPORT_TLS_##id,
	TRANSPORT_TLS_MODES(TRANSPORT_TLS_ID)
#undef TRANSPORT_TLS_ID
};

enum transport_families { TRANSPORT_IPV6_IPV4, TRANSPORT_IPV4_IPV6,
	TRANSPORT_IPV6, TRANSPORT_IPV4 };
enum transport_order { TRANSPORT_ORDER_RANDOM, TRANSPORT_ORDER_STRICT };

struct transport_options {
#define OPTION(type, name, def, near, min, max, kinds, help)		\
	OPTION_FIELD_##type(name)
#include "schedule/transport.def"
#undef OPTION
};

enum transport_option {
#define OPTION(type, name, def, near, min, max, kinds, help)		\
	TRANSPORT_##name,
#include "schedule/transport.def"
#undef OPTION
	TRANSPORT_OPTIONS
};

/* Bits of the kinds of rows; the last one is policy.cf's. */
enum { TRANSPORT_ROW_GROUP = 1, TRANSPORT_ROW_TRANSPORT = 2,
	TRANSPORT_ROW_ADDRESS = 4, TRANSPORT_ROW_DELIVERY = 8 };

/* TRANSPORT_OPTIONS: there is none. */
enum transport_option	 transport_option_find(struct str name);
const char		*transport_option_name(enum transport_option o);
/* The nearest that such a row may set, or NULL. */
const char		*transport_option_suggest(struct str name, int row);
/* May such a row set it? */
bool			 transport_option_for(enum transport_option o,
			    int row);
/* near: of a transport of mode host or lmtp. */
const char		*transport_option_default(enum transport_option o,
			    bool near);
int			 transport_option_set(struct transport_options *t,
			    enum transport_option o, struct str value,
			    struct err *e);

#endif
