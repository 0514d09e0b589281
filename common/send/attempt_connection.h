/*
 * attempt_connection - the facts of a connection that attempts are made over
 *
 * Ownership  counted, by the client whose connection it is and by the attempts
 *            over it: attempt_connection_ref() keeps the facts for longer, and
 *            they don't change after the connection was closed.
 * Failure    none: what is not known is empty.
 */
#ifndef SEND_ATTEMPT_CONNECTION_H
#define SEND_ATTEMPT_CONNECTION_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "base/uuid.h"
#include "event/tls_dane.h"
#include "event/tls_peer.h"
#include "smtp/reply.h"

struct attempt_tls {
	bool			 tried;		/* it was wanted */
	bool			 started;
	const char		*protocol;	/* static texts, or NULL */
	const char		*cipher;
	int			 keysize;
	struct tls_peer		 peer;
	const char		*tlsrpt;	/* RFC 8460's result type */
	struct {
		bool		 asked, failed, temporary;
		size_t		 count;
		const struct tls_tlsa *records;
	} tlsa;
};

struct attempt_connection {
	unsigned		 refs;
	char			 id[UUID_TEXT];	/* "": none was made */
	char			 localip[INET6_ADDRSTRLEN];
	char			 remoteip[INET6_ADDRSTRLEN];
	uint16_t		 remoteport;
	struct str		 localipid;	/* the name of localip */
	struct str		 helo;
	struct str		 remotemx;	/* the host's name */
	struct smtp_reply	 greeting;	/* code 0: none came */
	struct attempt_tls	 tls;
	char			*tlsa;		/* what tls.tlsa points at */
	char			 texts[];	/* of the three names */
};

struct attempt_connection *attempt_connection_new(struct str remotemx,
		    struct str helo, struct str localipid);
struct attempt_connection *attempt_connection_ref(
		    const struct attempt_connection *c);
void		 attempt_connection_unref(const struct attempt_connection *c);
/* Records as tls_dane.h packs them, which are copied. */
void		 attempt_connection_set_tlsa(struct attempt_connection *c,
		    struct str records);
/* What an attempt has that came to no address: nothing is known. */
extern const struct attempt_connection	attempt_no_connection;

#endif
