/*
 * request - a message that is to be sent: envelope, body, where to
 *
 * Ownership  the caller's, with all that it points at, until done().
 */
#ifndef SEND_REQUEST_H
#define SEND_REQUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "send/backend.h"
#include "smtp/option.h"
#include "smtp/path.h"

struct attempt;
struct tap;

/* Where the message's bytes come from. */
struct send_body {
	uint64_t	size;
	bool		dot_lines;	/* a line begins with a dot */
	bool		ends_crlf;	/* or the message is empty */
	bool		eight_bit;
	bool		eight_bit_header;
	/* Fills at most max pieces, valid until the next call, the same ones
	 * until advance(); 0 at the end, -1 when it can't be read. */
	int		(*peek)(void *arg, struct iovec *iov, int max);
	void		(*advance)(void *arg, size_t n);
	int		(*rewind)(void *arg);	/* to the start; or -1 */
	void		*arg;
};

struct send_rcpt {
	struct smtp_path	path;
	unsigned		notify;		/* enum smtp_notify bits */
	struct str		orcpt;		/* as in smtp_rcpt_options */
	struct str		params;		/* " KEY=VALUE", others */
};

/* One place where the message may go; what it leaves out is the backend's. */
struct send_candidate {
	struct str	host;		/* its name, or its address as text */
	struct netaddr	address;	/* len 0: the host is looked up */
	uint16_t	port;		/* 0: the backend's */
	struct netaddr	source;		/* len 0: the backend's */
	struct str	source_id;	/* the name of source, or none */
	struct str	helo;		/* none: the backend's */
	bool		asks;		/* for a grant, before an idle
					 * connection is looked for, too */
};

struct send_request {
	struct send_backend	 backend;
	/* Tried in order, in place of the backend's host. */
	const struct send_candidate *candidates;
	size_t			 candidate_count;	/* 0: that host */
	bool			 lookup_mx;	/* the host is a domain, and
						 * its exchangers are meant */
	bool			 secure;	/* the names of the candidates
						 * are: by DNSSEC, or by our
						 * own configuration */
	struct smtp_path	 sender;
	const struct send_rcpt	*rcpts;
	size_t			 rcpt_count;
	bool			 each;	/* for itself, not all or none */
	enum smtp_body		 body_type;
	bool			 smtputf8;
	/* RFC 8689: it goes by TLS that is verified, or not at all; a
	 * domain's wish for TLS does not hold for it. */
	bool			 requiretls;
	bool			 tls_not_required;
	enum smtp_ret		 ret;
	struct str		 envid;		/* xtext */
	struct smtp_mail_options by;		/* its BY, counted from now */
	struct str		 params;	/* " KEY=VALUE", others */
	struct send_body	 body;
	int64_t			 deadline_ms;	/* of loop_now_ms(); 0 none */
	/* How many addresses are tried, and how many connections are opened
	 * that do connect; 0: any number. */
	uint32_t		 address_limit, session_limit;
	const struct tap	*tap;		/* or NULL: see tap.h */
	/* Is the client still there?  Asked just before the end is given to
	 * the kernel; NULL: always. */
	bool			(*present)(void *arg);
	/* One address failed, and this is what a message with no other would
	 * be told; or NULL. */
	void			(*tried)(void *arg, const struct attempt *a);
	/* The end was given: from now on only backend.end_ms counts. */
	void			(*end_sent)(void *arg);
	void			(*done)(void *arg, const struct attempt *a);
	void			*arg;
};

/* Makes of the backend's mode of TLS what requiretls and tls_not_required
 * leave of it. */
void		 send_request_choose_tls(struct send_request *req);
/* NULL, or why it can't be sent as SMTP or LMTP; n is the recipient's number,
 * 0 if it is not about one. */
const char	*send_request_fault(const struct send_request *req, size_t *n);

#endif
