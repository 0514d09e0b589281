/*
 * proxy - what is said to a proxy before it is the backend that answers
 *
 *	HEADER	the header of HAProxy's PROXY protocol, version 2: from which
 *		address of the proxy's it shall connect, and to which one
 *	SOCKS5	RFC 1928, without authentication: to which one
 *
 * Ownership  the caller's storage.
 * Failure    PROXY_SOCKS_FAILED with *why, for people; unreachable: the proxy
 *            is well, but can't connect to that address.
 * Process    pure: bytes in, bytes out.
 */
#ifndef SEND_PROXY_H
#define SEND_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/net.h"

enum send_proxy_kind { SEND_PROXY_NONE, SEND_PROXY_HEADER,
	SEND_PROXY_SOCKS5 };

/* Of HEADER: what the backend has as its source is not ours to bind to, but
 * the proxy's to connect from. */
struct send_proxy {
	enum send_proxy_kind	 kind;
	struct str		 host;		/* name or address */
	uint16_t		 port;
};

/* from: len 0: whichever. */
void	proxy_put_header(struct buf *out, const struct netaddr *from,
	    const struct netaddr *to);

enum { PROXY_SOCKS_REPLY_MAX = 4 + 1 + 255 + 2 };
enum proxy_said { PROXY_SOCKS_MORE, PROXY_SOCKS_OPEN, PROXY_SOCKS_FAILED };

struct proxy_socks {
	struct netaddr	 to;
	bool		 chosen;	/* the method is */
	unsigned char	 got[PROXY_SOCKS_REPLY_MAX];
	size_t		 len;
	bool		 unreachable;
};

void	proxy_socks_begin(struct proxy_socks *p, const struct netaddr *to,
	    struct buf *out);
/* Uses of data what is the proxy's, and adds to out what it is told next. */
enum proxy_said proxy_socks_feed(struct proxy_socks *p, struct str data,
	    size_t *used, struct buf *out, const char **why);
/* Of one that is OPEN: the address that it connected from, if it says so;
 * len 0: it does not. */
void	proxy_socks_from(const struct proxy_socks *p, struct netaddr *from);

#endif
