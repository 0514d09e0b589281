/*
 * attempt - the record of one try to hand a message over
 *
 * It says what the post-delivery document says: the backend's verdict or an
 * error, the connection with its TLS, and how long it took.  The engine fills
 * it; attempt.def is the one table of its fields, and attempt_walk() shows
 * them by that table, so that what scripts, log, journal and JSON say of an
 * attempt has the same names and the same order.
 *
 * Ownership  the engine's; it holds during the call back that shows it.
 * Failure    none.
 * Process    pure.
 */
#ifndef SEND_ATTEMPT_H
#define SEND_ATTEMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "send/attempt_connection.h"
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

/* What was said to one recipient alone. */
struct attempt_rcpt {
	bool			 accepted;	/* its RCPT was */
	enum smtp_state		 state;
	struct smtp_reply	 reply;		/* code 0: none of its own */
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
	int64_t			 open_ms;	/* of it until its connection
						 * was ready; 0: it was */
	/*
	 * Each recipient for itself: those whose own reply has a code have
	 * that verdict, all others the one above.  NULL: all or none.
	 */
	const struct attempt_rcpt *rcpts;
	size_t			 rcpt_count;
	/* What is no field of the document. */
	bool			 end_given;	/* the backend may have it */
	bool			 client_gone;	/* present() said so */
	bool			 dsn_dropped;	/* the backend has no DSN */
	bool			 unreachable;	/* so was the address */
};

/* "dns" and "nodata" */
const char	*attempt_error_name(enum attempt_error error);
const char	*attempt_dns_name(enum attempt_dns dns);

/* The codes that fit its error: the class by `temporary`, the rest by its
 * kind.  For what has no reply. */
void		 attempt_put_code(struct attempt *a);
/* The attempt as the i'th recipient has it; borrows what `a` borrows. */
struct attempt	 attempt_of(const struct attempt *a, size_t i);

struct attempt_rcpt *attempt_rcpts_new(size_t count);
void		 attempt_rcpts_clear(struct attempt_rcpt *r, size_t count);
void		 attempt_rcpts_free(struct attempt_rcpt **r, size_t count);

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
