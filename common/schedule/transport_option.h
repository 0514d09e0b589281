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

/* A wait before an attempt. */
struct transport_step {
	int64_t	wait_ms;
	bool	notify;
};

#define TRANSPORT_STEPS	64

struct transport_retry {
	struct transport_step	step[TRANSPORT_STEPS];
	int			count;		/* at least 1 */
};

/* So many thousandths in so much time; 0: no limit. */
struct transport_rate {
	uint64_t	thousandths;
	int64_t		per_ms;
};

#define OPTION_FIELD_RETRY(name)	struct transport_retry name;
#define OPTION_FIELD_PERCENT(name)	int64_t name;
#define OPTION_FIELD_INT(name)		int64_t name;
#define OPTION_FIELD_TIME(name)		int64_t name;	/* milliseconds */
#define OPTION_FIELD_LIMIT(name)	int64_t name;	/* 0: none */
#define OPTION_FIELD_BOOL(name)		bool name;
#define OPTION_FIELD_ENUM(name)		int name;	/* place of the word */
#define OPTION_FIELD_VERSIONS(name)	unsigned name;	/* TLS to go without */
#define OPTION_FIELD_RATE(name)		struct transport_rate name;
#define OPTION_FIELD_WORDS(name)	struct str name;
#define OPTION_FIELD_NAMES(name)	struct str name;
#define OPTION_FIELD_IDS(name)		struct str name;
#define OPTION_FIELD_ID(name)		struct str name;
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

/* Bits of the kinds of rows. */
enum { TRANSPORT_ROW_GROUP = 1, TRANSPORT_ROW_TRANSPORT = 2,
	TRANSPORT_ROW_ADDRESS = 4 };

/* TRANSPORT_OPTIONS: there is none. */
enum transport_option	 transport_option_find(struct str name);
const char		*transport_option_name(enum transport_option o);
/* The nearest there is, or NULL. */
const char		*transport_option_suggest(struct str name);
/* May such a row set it? */
bool			 transport_option_for(enum transport_option o,
			    int row);
/* near: of a transport of mode host or lmtp. */
const char		*transport_option_default(enum transport_option o,
			    bool near);
int			 transport_option_set(struct transport_options *t,
			    enum transport_option o, struct str value,
			    struct err *e);
/* 1-32 letters, digits or "._-". */
bool			 transport_id_ok(struct str id);
/* The next of a list that commas or blanks divide; false: none is left. */
bool			 transport_list_next(struct str *rest,
			    struct str *item);

#endif
