/*
 * facts - what hooks are told of a connection and a transaction
 *
 * The SMTP server keeps its sessions in these structs, and hooks read them:
 * nothing is copied until a script looks.  Names follow the scripts'
 * ($connection, $transaction).
 *
 * Ownership  a connection's strings live as long as the session, those of a
 *            transaction in its arena.
 */
#ifndef HOOKS_FACTS_H
#define HOOKS_FACTS_H

#include <netinet/in.h>
#include <sys/queue.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "dns/names.h"
#include "smtp/command.h"
#include "smtp/option.h"
#include "smtp/path.h"

struct x509_st;

struct hook_connection {
	char		 id[UUID_TEXT];
	char		 remoteip[INET6_ADDRSTRLEN];
	char		*remoteptr;	/* NULL: not known */
	const struct dns_names *names;	/* of remoteip; NULL: not asked */
	bool		 has_remoteuid;	/* a Unix socket: no addresses */
	uid_t		 remoteuid;
	char		*proxyip;	/* who sent a PROXY header; NULL */
	char		*proxytlv;	/* in hex; NULL: none */
	char		 localip[INET6_ADDRSTRLEN];
	uint16_t	 remoteport;
	uint16_t	 localport;
	const char	*serverid;
	int		 priority;	/* 0 normal, 1 high */
	const char	*helo_verb;	/* "EHLO", "HELO"; NULL before */
	char		*helo_host;
	const char	*tls_protocol;	/* NULL: in clear */
	const char	*tls_cipher;
	int		 tls_keysize;
	char		*tls_sni;	/* NULL: none asked for */
	struct x509_st	*tls_cert;	/* the client's; NULL: none */
	struct x509_st	**tls_chain;	/* what it sent beside, then NULL */
	long		 tls_verify;	/* OpenSSL's result */
	char		*auth_mechanism; /* NULL: not authenticated */
	char		*auth_username;	/* NULL: not known */
};

struct hook_params {
	struct smtp_param	*list;
	size_t			 count;
};

struct hook_recipient {
	STAILQ_ENTRY(hook_recipient)	 link;
	struct smtp_path		 path;
	struct smtp_rcpt_options	 options;
	struct hook_params		 params;
	const char			*transportid;	/* NULL: none */
};

/* The last send() of a message: its backend, and what that said. */
struct hook_delivery {
	bool		 done;
	char		 host[256];
	char		 ip[INET6_ADDRSTRLEN];
	uint16_t	 port;
	const char	*tls_protocol;	/* static text; NULL: in clear */
	int		 code;		/* 0: no answer */
	int		 enhanced[3];
	char		 text[256];	/* the answer's first line, or why */
	int64_t		 ms;
};

struct hook_transaction {
	char				 id[UUID_TEXT];
	double				 ts;	/* end of DATA, Unix time */
	struct arena			 arena;
	struct smtp_path		 sender;
	struct smtp_mail_options	 options;
	int64_t				 by;	/* Unix time, of its BY */
	struct hook_params		 params;
	STAILQ_HEAD(, hook_recipient)	 recipients;
	size_t				 recipient_count;
};

#endif
