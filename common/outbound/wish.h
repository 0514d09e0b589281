/*
 * wish - what a Try() asks for: options over a transport's, for one attempt
 *
 * The options that a transport has, too (rows of transport.def that wish_may()
 * names), are texts as in transport.cf; the others are those of wish.def.  A
 * wish is told between processes as bytes: equal wishes have equal bytes, so
 * that whoever keeps them need not read them.
 *
 * Ownership  texts are borrowed: from the bytes it was read from, or from who
 *            set them.
 * Failure    0, or -1 with *e.  Bytes of another process are checked
 *            throughout.
 * Process    pure.
 */
#ifndef OUTBOUND_WISH_H
#define OUTBOUND_WISH_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/wire.h"
#include "schedule/transport.h"
#include "send/backend.h"

#define WISH_BYTES_MAX		65536
#define WISH_LOOKUP_MX		"lookup-mx"
#define WISH_LIST_TEXT_MAX	1024	/* of one text of a list */
/* Of sourceip each three: the address, its id or nothing, its HELO name or
 * nothing. */
#define WISH_SOURCE_TEXTS	3

enum wish_id {
#define WISH(kind, name, least, most)	WISH_##name,
#include "outbound/wish.def"
	WISH_IDS
};

/* p NULL: not asked for. */
struct wish {
	struct str	option[TRANSPORT_OPTIONS];
	struct str	of[WISH_IDS];
};

/* Is it an option that a Try() may set? */
bool		 wish_may(enum transport_option o);
/* WISH_IDS: there is none. */
enum wish_id	 wish_find(struct str name);
/* Is that a value of it? */
int		 wish_check(enum wish_id id, struct str value, struct err *e);
/* Sets what is asked for once it is checked; the text is borrowed. */
int		 wish_set(struct wish *w, enum wish_id id, struct str value,
		    struct err *e);
int		 wish_set_option(struct wish *w, enum transport_option o,
		    struct str value, struct err *e);

/* -1: more than WISH_BYTES_MAX. */
int		 wish_put(struct buf *out, const struct wish *w);
int		 wish_get(struct wish *w, struct str bytes);

/* Of a LIST: takes the first text off; -1 at the end. */
int		 wish_list_next(struct str *list, struct str *text);
void		 wish_list_add(struct buf *list, struct str text);
/* Of NUMBER and FLAG; `otherwise` if it is not asked for. */
uint64_t	 wish_number(const struct wish *w, enum wish_id id,
		    uint64_t otherwise);
bool		 wish_flag(const struct wish *w, enum wish_id id);

/* Is the name, or the address, let through by the lists? */
bool		 wish_takes_mx(const struct wish *w, struct str name);
bool		 wish_takes_ip(const struct wish *w, const struct netaddr *a);

/* Lays it over a transport, which *t is a copy of: mode, host, options. */
void		 wish_lay(const struct wish *w, struct transport *t);
/* Lays what no transport has over the backend of that. */
void		 wish_backend(const struct wish *w, struct send_backend *b);

#endif
