/*
 * tls_server - the server's side: certificates by name, and tickets
 *
 * The first certificate is the default; the name a client asks for (SNI)
 * picks another one whose names match it.  A certificate of the client is
 * asked for or not, and never insisted on: what OpenSSL says of it is kept
 * (stream_tls_verify_result()).
 *
 * Sessions are resumed by tickets only, with keys that all processes share:
 * whoever makes them tells them by tls_tickets_set().  Before that there are
 * no tickets.
 *
 * Ownership  as in tls.h.
 * Failure    NULL with *e, which names file and reason.
 * Process    the keys of tickets are the process's.
 */
#ifndef EVENT_TLS_SERVER_H
#define EVENT_TLS_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define TLS_TICKET_KEY	80	/* bytes: 16 name, 32 AES, 32 HMAC */
#define TLS_TICKET_KEYS	2	/* the first seals, all open */
#define TLS_CERTS_MAX	1000	/* of one directory */

struct tls_context;

struct tls_server_options {
	const char	*cert_file;	/* PEM, the chain */
	const char	*key_file;
	const char	*cert_dir;	/* NAME.pem: chain and key; or "" */
	const char	*protocols;	/* "TLSv1.2 TLSv1.3"; "": these */
	const char	*ciphers;	/* OpenSSL's words; "": its default */
	bool		 ask_cert;
	const char	*ca_file;	/* for these; or "" */
	long		 session_s;	/* how long a ticket is good */
};

/* Which of the options *e is about. */
enum tls_fault { TLS_FAULT_CERT, TLS_FAULT_KEY, TLS_FAULT_DIR,
	TLS_FAULT_PROTOCOLS, TLS_FAULT_CIPHERS, TLS_FAULT_CA };

struct tls_context *tls_server_new(const struct tls_server_options *o,
		    enum tls_fault *fault, struct err *e);
/* Each certificate's file, and until when it is good (unix time). */
void		 tls_server_certificates(const struct tls_context *c,
		    void (*fn)(void *arg, const char *file, int64_t not_after),
		    void *arg);
/* TLS_TICKET_KEY bytes each, at most TLS_TICKET_KEYS of them. */
void		 tls_tickets_set(const void *keys, size_t bytes);

#endif
