/*
 * daemon - the one way a worker starts, serves and ends
 *
 * master runs a worker with one descriptor, a channel, and says over it who
 * the worker is: service, parameters, scripts, listening sockets, pages of
 * counters.  daemon_main() collects that and runs
 *
 *	prepare	with all rights: keys, files that only root may read, the
 *		descriptors of directories that are needed later;
 *	load	in the jail (user, chroot), before the sandbox: what strangers
 *		wrote is compiled here;
 *	start	in the sandbox, as for the rest of its life;
 *
 * and reports READY.  A worker that master no longer speaks to ends within
 * five seconds (but for what may not be cut off).
 *
 * Ownership  the worker owns all that hangs from it; it lives until exit.
 * Failure    prepare, load and start return 0, or -1 after worker_refuse():
 *            master then refuses the whole generation.
 * Process    call daemon_main() once, from main().
 */
#ifndef PROC_DAEMON_H
#define PROC_DAEMON_H

#include <sys/queue.h>

#include "base/err.h"
#include "base/str.h"
#include "compat/sandbox.h"
#include "conf/params.h"
#include "event/loop.h"
#include "proc/board.h"
#include "proc/conf_files.h"
#include "proc/siblings.h"

struct channel;
struct daemon;
struct gate;

struct listener {
	STAILQ_ENTRY(listener)	 link;
	int			 fd;
	char			*address;	/* "127.0.0.1:25" */
	struct gate		*gate;		/* worker_accept() */
	bool			 stale;		/* master bound it anew */
};

struct script {
	STAILQ_ENTRY(script)	 link;
	char			*path;		/* as the parameter names it */
	struct str		 text;
};

/* A sibling's page, or one the metrics service shall show. */
struct page {
	STAILQ_ENTRY(page)	 link;
	struct board		*board;
	uint32_t		 slot;
};

struct worker {
	const struct daemon		*daemon;
	struct loop			*loop;
	struct channel			*master;
	char				*service;
	char				*directory;	/* of the instance */
	uint32_t			 generation;
	uint32_t			 workers, restarts; /* the service's */
	struct params			 params;
	STAILQ_HEAD(, listener)		 listeners;
	STAILQ_HEAD(, script)		 scripts;
	STAILQ_HEAD(, page)		 pages;
	struct conf_files		 conf_files;
	bool				 root;	/* as which it began */
	bool				 unpriv;	/* of master.cf */
	bool				 chroot;
	bool				 check;	/* makes nothing */
	struct siblings			 siblings;	/* a single's */
	int				 link;	/* to be taken at the start */
	enum ipc_role			 link_role;
	struct sandbox_dirs		 dirs;		/* prepare sets it */
	void				*state;		/* the daemon's own */
	struct timer			 orphan;
	bool				 syslog;	/* is open */
	bool				 started;
	bool				 relisting;	/* until RENEW */
	bool				 draining;
};

struct daemon {
	const char	*program;	/* of programs.def */
	int		(*prepare)(struct worker *w);	/* all rights */
	int		(*load)(struct worker *w);	/* jail; NULL: none */
	int		(*start)(struct worker *w);	/* sandbox */
	/* Accept no more.  After soft_ms end what is between transactions,
	 * after hard_ms all but what waits for the reply to an end of
	 * message; then worker_exit().  Called again, it may only shorten. */
	void		(*drain)(struct worker *w, int64_t soft_ms,
			    int64_t hard_ms);
	/* conf_files have changed; a SINGLE's parameters, too. */
	void		(*renew)(struct worker *w);
	/* From start on, a connection to the other program in the spool's
	 * jail; the one before is at its end.  fd is the daemon's. */
	void		(*linked)(struct worker *w, enum ipc_role peer, int fd);
	/* Or NULL: after start, a worker was started, or has ended (by a
	 * signal, if that is not 0), and is no more in siblings. */
	void		(*sibling)(struct worker *w, const struct sibling *s);
	void		(*bereft)(struct worker *w, const struct sibling *s,
			    int signal);
	/* A frame that is for it alone: 0, or -1; or NULL. */
	int		(*told)(struct worker *w, int type, struct rbuf *r);
	/* What is to be forgotten (proc/flush.h): how many; or NULL. */
	uint64_t	(*flush)(struct worker *w, const struct ipc_FLUSH *m);
	/* Keys of TLS tickets, the newest first; or NULL. */
	void		(*tickets)(struct worker *w, struct str keys);
};

int		 daemon_main(const struct daemon *d, int argc, char **argv);
/* Why this configuration can't run; master says where a value stands. */
void		 worker_refuse(struct worker *w, const char *file, int line,
		    int column, const char *text);
void		 worker_refuse_value(struct worker *w, const char *parameter,
		    const char *text);
/* Until when a certificate is good (unix time). */
void		 worker_certificate(struct worker *w, const char *parameter,
		    const char *file, int64_t not_after);
/* A script is bound to fail; master tells of it once. */
void		 worker_warn(struct worker *w, const char *file, int line,
		    int column, const char *text);
/* Exits 0, by leaving the loop. */
void		 worker_exit(struct worker *w);
/* Each socket of the service is accepted from by fn.  For prepare or start,
 * and for renew: master may have bound some of them anew. */
void		 worker_accept(struct worker *w, void (*fn)(void *arg,
		    struct gate *g));
/* A parameter's path, from the instance's directory on; "" stays so. */
const char	*worker_path(const struct worker *w, const char *path,
		    char *out, size_t size);
/* The path of a unix service of this instance, from inside the jail. */
const char	*worker_socket(const struct worker *w, const char *name,
		    char *path, size_t size);
/* Who connected, as master and the kernel say; IPC_NOBODY: close it. */
enum ipc_role	 worker_peer_role(const struct worker *w, int fd);
/* Of the spool, likewise.  dirs.spool: from prepare on; -1 in a rehearsal. */
const char	*worker_spool(const struct worker *w, const char *name,
		    char *path, size_t size);
const struct script *worker_script(const struct worker *w, const char *path);

#endif
