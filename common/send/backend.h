/*
 * backend - whom to speak to, and how: host, source, TLS, credentials, times
 *
 * Two transactions may share a connection if their backends have the same key,
 * which is made of all that the opening of a connection depends on.
 *
 * Ownership  strings are borrowed; send_backend_copy() gives one with strings
 *            of its own, send_backend_free() takes it and wipes the secrets.
 * Failure    none.
 */
#ifndef SEND_BACKEND_H
#define SEND_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/net.h"
#include "base/str.h"
#include "event/tls_client.h"
#include "send/proxy.h"
#include "smtp/ext.h"
#include "smtp/state.h"

/*
 *	DISABLED	 TLS is never used
 *	OPTIONAL	 if offered; if the handshake fails, in clear
 *	OPTIONAL_VERIFY	 if offered, and then the certificate must hold
 *	DANE, DANE_FALLBACK_REQUIRE_VERIFY, DANE_REQUIRE
 *			 what DNS says of the host makes one of the others of
 *			 these before a connection is looked for (send_dane.c)
 *	REQUIRE		 always; the certificate is not looked at
 *	REQUIRE_VERIFY	 always, and the certificate must hold
 *	TLSA		 always, and TLSA records vouch for the certificate;
 *			 nobody can ask for it
 *
 * From REQUIRE on nothing goes in clear.
 */
#define SEND_TLS_MODES(X)						\
	X(DISABLED, "disabled") X(OPTIONAL, "optional")			\
	X(OPTIONAL_VERIFY, "optional_verify") X(DANE, "dane")		\
	X(DANE_FALLBACK_REQUIRE_VERIFY, "dane_fallback_require_verify")	\
	X(DANE_REQUIRE, "dane_require") X(REQUIRE, "require")		\
	X(REQUIRE_VERIFY, "require_verify")

enum send_tls {
#define SEND_TLS_ID(id, word)	SEND_TLS_##id,
	SEND_TLS_MODES(SEND_TLS_ID)
#undef SEND_TLS_ID
	SEND_TLS_TLSA
};

/* How a connection is kept after a transaction; zeros: as the engine's limits
 * say. */
struct send_keep {
	bool		 never, fixed;	/* not at all; or for nobody else */
	int64_t		 idle_ms;
	size_t		 transactions;
	int64_t		 lifetime_ms;	/* 0: any */
};

struct send_backend {
	uint64_t	 scope;		/* connections are of one scope */
	struct str	 host;		/* name, address, or [address] */
	struct netaddr	 address;	/* of host; len 0: it is looked up */
	uint16_t	 port;
	bool		 lmtp;		/* LHLO (RFC 2033) */
	struct str	 helo;
	/* Where to connect from.  Neither set: the system chooses.  One set:
	 * addresses of the other family can't be reached. */
	struct netaddr	 source4, source6;
	struct str	 source_id;	/* what the source address is called */
	bool		 nonlocal;	/* these need not be ours */
	struct send_proxy proxy;	/* the way there */

	enum send_tls	 tls;
	bool		 tls_no_sni;
	struct str	 tls_sni;	/* none: the host, if it is a name */
	bool		 tls_any_name;	/* of the certificate */
	struct str	 tls_name;	/* it must have one of these, separated
					 * by blanks; none: the host */
	bool		 tls_own_ca;	/* the system's are not trusted */
	unsigned	 tls_without;	/* bits of enum tls_version */
	struct str	 tls_ciphers;
	struct str	 tls_client_cert; /* name of an identity */
	/* With TLSA, whose records these are, all of them (tls_dane.h), and
	 * the names beside it that a certificate may have; also where none of
	 * them can be used. */
	struct str	 dane_base, dane_records;
	struct str	 dane_names;	/* separated by blanks */

	struct str	 username;	/* none: no AUTH */
	struct str	 password;
	struct str	 token;		/* of OAuth, instead of a password */
	bool		 xclient;
	struct str	 xclient_values[SMTP_XCLIENT_COUNT];	/* xtext */

	int64_t		 connect_ms;	/* for one address */
	int64_t		 command_ms;	/* for one reply */
	int64_t		 end_ms;	/* for the reply to the end */
	int64_t		 block_ms;	/* for a block of the body to be
					 * taken; 0: command_ms */
	uint32_t	 state_ms[SMTP_STATE_MAX]; /* 0: one of the above */
	bool		 no_chunking;
	struct send_keep keep;
};

/*
 * Adds what the opening of a connection depends on: equal keys may share one.
 * Times, no_chunking and keep are a transaction's own.  The key holds the
 * secrets.
 */
void			 send_backend_key(const struct send_backend *s,
			    struct buf *out);
struct send_backend	*send_backend_copy(const struct send_backend *s);
void			 send_backend_free(struct send_backend **s);

static inline bool
send_backend_verifies(const struct send_backend *s)
{
	return s->tls == SEND_TLS_OPTIONAL_VERIFY ||
	    s->tls == SEND_TLS_REQUIRE_VERIFY || s->tls == SEND_TLS_TLSA;
}

static inline bool
send_tls_asks_dane(enum send_tls mode)
{
	return mode >= SEND_TLS_DANE && mode <= SEND_TLS_DANE_REQUIRE;
}

/* -1: there is no mode of this name. */
int	send_tls_find(struct str word, enum send_tls *mode);

/* The source for that destination.  NULL: any; if `barred` is set, it can't be
 * reached, because only a source of the other family is set. */
const struct netaddr	*send_backend_source(const struct send_backend *s,
			    const struct netaddr *to, bool *barred);

/* Lists "ID=ADDRESS ID=ADDRESS".  Checking one: -1 with the first wrong item in
 * *bad.  Finding the address of an id: -1, there is none. */
int	send_sources_check(const char *list, struct str *bad);
int	send_source_find(const char *list, struct str id, struct netaddr *a);

static inline bool
send_backend_needs_tls(const struct send_backend *s)
{
	return s->tls >= SEND_TLS_REQUIRE;
}

#endif
