/*
 * transport - transport.cf, compiled
 *
 * A transport says how a recipient's mail is delivered: where to, and by which
 * options.  Each has all options, of its own, of its group, or by default.
 *
 *	kind       id       mode  target         -o name=value ...
 *	group      bulk     -     -
 *	transport  backend  host  127.0.0.1:2600
 *	address    ip1      -     192.0.2.1
 *
 * Ownership  transports_compile() gives a reference, transports_ref() another
 *            one, transports_free() takes one and clears; what is found in it
 *            lives as long as the last.
 * Failure    -1 after at least one report, with line and column.
 * Process    pure: no file is opened, no name looked up.
 */
#ifndef SCHEDULE_TRANSPORT_H
#define SCHEDULE_TRANSPORT_H

#include <stddef.h>

#include "base/buf.h"
#include "base/net.h"
#include "base/str.h"
#include "conf/conf.h"
#include "transport_option.h"

enum transport_mode { TRANSPORT_MX, TRANSPORT_HOST, TRANSPORT_LMTP };

struct transports;

struct transport {
	struct str			 id;
	struct str			 group;		/* none: no group */
	struct str			 target;	/* as written */
	enum transport_mode		 mode;
	/* HOST, LMTP: a name or an address with a port; or a socket.  MX: the
	 * domain whose exchangers are looked up; none: the recipient's. */
	struct str			 host;
	uint16_t			 port;		/* 0: not said */
	struct str			 socket;	/* a path, if that */
	struct transport_options	 options;
	/* The text of each option that is not its default. */
	struct str			 text[TRANSPORT_OPTIONS];
	int				 line;
};

/* Ours, to connect from. */
struct transport_address {
	struct str	 id;
	struct netaddr	 address;
	struct str	 helo;		/* none: the transport's */
	int		 line;
};

/* "$name" in a value is that parameter's of params: main.cf's. */
int	transports_compile(struct transports **out, const char *file,
	    struct str text, const struct params *params,
	    conf_report_fn *report, void *arg);
/* NULL stays NULL. */
struct transports *transports_ref(struct transports *t);
void	transports_free(struct transports **t);

/* NULL: there is none. */
const struct transport *transports_find(const struct transports *t,
	    struct str id);
size_t	transports_count(const struct transports *t);
const struct transport *transports_at(const struct transports *t, size_t i);
const struct transport_address *transports_address(
	    const struct transports *t, struct str id);
const char *transport_mode_name(enum transport_mode mode);
/* The value of an option as it holds. */
struct str transport_text(const struct transport *t,
	    enum transport_option o);

/*
 * A text that compiles to the same, without comments, groups and "$": for
 * processes whose parameters are others.
 */
void	transports_put(const struct transports *t, struct buf *out);
/* Of one of them, which is the last in the text: with the addresses that it
 * names, and the bare name of its dsn_transport. */
void	transport_put(const struct transports *t, const struct transport *tr,
	    struct buf *out);

#endif
