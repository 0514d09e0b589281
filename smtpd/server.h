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
#include "hooks/queue_host.h"
#include "proc/daemon.h"
#include "body/body.h"
#include "smtp/path.h"

#include "drain.h"
#include "local_user.h"

struct acceptor;
struct front;
struct session;
struct share;
struct store_client;
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
	struct dns		*dns;		/* these three: of all hooks */
	struct hsl_cache	*cache;
	struct share		*share;
	struct share		*quotas;	/* qmgr, asked for them */
	struct store_client	*store;		/* where queue() goes */
	struct queue_host	 queue;		/* for mail of scripts */
	char			 run_directory[PATH_MAX];
	struct send_trust	 trust;
	struct eod_hook		*eod;		/* NULL: every message defers */
	struct hook		*hooks[HOOK_MAX]; /* NULL: accepts */
	struct body_store	 bodies;
	struct local_users	 local;
	struct smtp_leniency	 leniency;
	struct acceptor		*acceptor;
	struct sessions		 sessions;
	struct fronts		 fronts;	/* wait for a PROXY header */
	size_t			 session_count;
	struct buf		 scratch;	/* a reply being written */
	struct drain		 drain;
	struct timer		 tidy;		/* server_tidy() */
	bool			 hooks_ask_name;
	bool			 doubted;	/* hsl_warnings = error */
};

/* A message or a session has gone: their memory goes back to the system, but
 * not more often than every few seconds. */
void	server_tidy(struct server *srv);

#endif
