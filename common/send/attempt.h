/*
 * attempt - the record of one try to hand a message over
 *
 * It says what the post-delivery document says: the backend's verdict or an
 * error, the connection with its TLS, and how long it took.  The engine fills
 * it; attempt.def is the one table of its fields, and attempt_walk() shows
 * them by that table, so that what scripts, log, journal and JSON say of an
 * attempt has the same names and the same order.
 *
 * Ownership  the engine's; it holds during the call back that shows it.  A
 *            connection's facts are counted: attempt_connection_ref() keeps
 *            them for longer, and they don't change after it was closed.
 * Failure    none.
 * Process    pure.
 */
#ifndef SEND_ATTEMPT_H
#define SEND_ATTEMPT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/net.h"
#include "base/str.h"
#include "base/uuid.h"
#include "event/tls_peer.h"
#include "smtp/reply.h"
#include "smtp/state.h"

#define ATTEMPT_ERRORS(X)						\
	X(NONE, "") X(CONFIG, "config") X(DNS, "dns")			\
	X(NETWORK, "network") X(DANE, "dane") X(PROTOCOL, "protocol")	\
	X(SMTP, "smtp") X(TLS, "tls") X(PLUGIN, "plugin")

/* Of the type dns. */
#define ATTEMPT_DNS_ERRORS(X)						\
	X(NONE, "") X(OTHER, "other") X(NXDOMAIN, "nxdomain")		\
	X(NULLMX, "nullmx") X(IPFAMILY, "ipfamily")			\
	X(NODATA, "nodata") X(EXCLUDED, "excluded")

enum attempt_error {
#define ATTEMPT_ERROR_ID(id, text)	ATTEMPT_ERROR_##id,
	ATTEMPT_ERRORS(ATTEMPT_ERROR_ID)
#undef ATTEMPT_ERROR_ID
	ATTEMPT_ERROR_MAX
};

enum attempt_dns {
#define ATTEMPT_DNS_ID(id, text)	ATTEMPT_DNS_##id,
	ATTEMPT_DNS_ERRORS(ATTEMPT_DNS_ID)
#undef ATTEMPT_DNS_ID
	ATTEMPT_DNS_MAX
};

struct attempt_tlsa_record {
	uint8_t		usage, selector, mtype;
	struct str	data;
};

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
		const struct attempt_tlsa_record *records;
	} tlsa;
};

/* Shared by the client whose connection it is and the attempts over it. */
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
	char			 texts[];	/* of the three names */
};

struct attempt {
	const struct smtp_reply	*reply;		/* the verdict; NULL: error */
	enum smtp_state		 state;		/* of both kinds */
	enum attempt_error	 error;
	enum attempt_dns	 dns;
	bool			 temporary;
	const char		*message;
	/* A refusal that is no verdict on the message, or NULL. */
	const struct smtp_reply	*refusal;
	int			 code;		/* one that fits: 451, 554 */
	int			 enhanced[3];
	const struct attempt_connection *connection;	/* never NULL */
	size_t			 transactions;	/* over it, with this one */
	int64_t			 duration_ms;
	/* What is no field of the document. */
	bool			 end_given;	/* the backend may have it */
	bool			 client_gone;	/* present() said so */
	bool			 dsn_dropped;	/* the backend has no DSN */
};

/* "dns" and "nodata" */
const char	*attempt_error_name(enum attempt_error error);
const char	*attempt_dns_name(enum attempt_dns dns);

/* ---- The facts of a connection ----------------------------------------- */

struct attempt_connection *attempt_connection_new(struct str remotemx,
		    struct str helo, struct str localipid);
struct attempt_connection *attempt_connection_ref(
		    const struct attempt_connection *c);
void		 attempt_connection_unref(const struct attempt_connection *c);
/* What an attempt has that came to no address: nothing is known. */
extern const struct attempt_connection	attempt_no_connection;

/* ---- The fields -------------------------------------------------------- */

enum { ATTEMPT_INLINE = 1, ATTEMPT_QUEUED = 2 };

/* A name is NULL for an item of a list. */
struct attempt_sink {
	void	(*open)(void *arg, const char *name);
	void	(*close)(void *arg);
	void	(*text)(void *arg, const char *name, struct str value);
	void	(*number)(void *arg, const char *name, double value);
	void	(*truth)(void *arg, const char *name, bool value);
	void	(*enhanced)(void *arg, const char *name, const int value[3]);
	void	(*lines)(void *arg, const char *name,
		    const struct smtp_reply *r);
	void	(*cert)(void *arg, const char *name, struct x509_st *cert);
};

/* `who` is ATTEMPT_INLINE or ATTEMPT_QUEUED. */
void	attempt_walk(const struct attempt *a, unsigned who,
	    const struct attempt_sink *sink, void *arg);

#endif
