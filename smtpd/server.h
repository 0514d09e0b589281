/*
 * server - what the sessions of one smtpd worker share
 */
#ifndef SMTPD_SERVER_H
#define SMTPD_SERVER_H

#include <limits.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "hooks/eod.h"
#include "hooks/hook.h"
#include "hooks/origin.h"
#include "proc/daemon.h"
#include "body/body.h"
#include "smtp/path.h"

struct acceptor;
struct front;
struct session;
struct share;
struct tls_context;

TAILQ_HEAD(sessions, session);
TAILQ_HEAD(fronts, front);

struct server {
	struct worker		*worker;
	struct loop		*loop;
	const struct params	*params;
	const char		*serverid;
	struct tls_context	*tls;		/* NULL: no STARTTLS */
	char			 script_root[PATH_MAX];
	struct origin		 origin;	/* of scripts and their files */
	struct dns		*dns;		/* of all hooks */
	struct hsl_cache	*cache;		/* likewise */
	struct share		*share;		/* likewise */
	struct send_trust	 trust;
	struct eod_hook		*eod;		/* NULL: every message defers */
	struct hook		*hooks[HOOK_MAX]; /* NULL: accepts */
	struct body_store	 bodies;
	struct smtp_leniency	 leniency;
	struct acceptor		*acceptor;
	struct sessions		 sessions;
	struct fronts		 fronts;	/* no header yet */
	size_t			 session_count;
	struct buf		 scratch;	/* a reply being written */
	struct timer		 soft;
	struct timer		 hard;
	struct timer		 tidy;		/* server_tidy() */
	bool			 hooks_ask_name;
	bool			 doubted;	/* hsl_warnings = error */
	bool			 draining;
	bool			 soft_passed;	/* 421 between transactions */
	bool			 hard_passed;
};

/* A path of a parameter: it lies in the instance unless it is absolute. */
const char *server_path(const struct server *srv, const char *path,
	    char *out, size_t size);
/* A message or a session has gone: their memory goes back to the system, but
 * not more often than every few seconds. */
void	server_tidy(struct server *srv);
/* The last session of a draining worker ends it. */
void	server_session_gone(struct server *srv);

#endif
