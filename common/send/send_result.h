/*
 * send_result - what a send ended with
 *
 * Ownership  the send's; holds during the call back that shows it.
 * Failure    none.
 */
#ifndef SEND_SEND_RESULT_H
#define SEND_SEND_RESULT_H

#include <netinet/in.h>
#include <stdbool.h>

#include "base/str.h"
#include "base/uuid.h"
#include "smtp/reply.h"
#include "smtp/state.h"

enum send_error { SEND_ERROR_NONE, SEND_ERROR_CONFIG, SEND_ERROR_DNS,
	SEND_ERROR_NETWORK, SEND_ERROR_PROTOCOL, SEND_ERROR_SMTP,
	SEND_ERROR_TLS };
enum send_dns { SEND_DNS_NONE, SEND_DNS_OTHER, SEND_DNS_NXDOMAIN,
	SEND_DNS_NODATA };

struct send_connection {
	char		 id[UUID_TEXT];		/* "": none was made */
	size_t		 transactions;		/* this one counted */
	char		 localip[INET6_ADDRSTRLEN];
	char		 remoteip[INET6_ADDRSTRLEN];
	struct str	 remotemx;		/* backend.host */
	bool		 tls_started;
	const char	*tls_protocol;		/* static text, or NULL */
	const char	*tls_cipher;
	int		 tls_keysize;
};

struct send_result {
	const struct smtp_reply	*reply;		/* the verdict, or NULL: */
	enum send_error		 error;
	const struct smtp_reply	*refusal;	/* of the connection, or NULL */
	enum send_dns		 dns;
	bool			 temporary;
	const char		*message;
	int			 code;		/* one that fits: 451, 554 */
	int			 enhanced[3];
	enum smtp_state		 state;		/* of both kinds */
	bool			 end_given;	/* the backend may have it */
	bool			 client_gone;	/* present() said so */
	bool			 dsn_dropped;	/* backend without DSN */
	struct send_connection	 connection;
};

/* "dns" and "nodata" */
const char	*send_error_name(enum send_error error);
const char	*send_dns_name(enum send_dns dns);

#endif
