/*
 * ipc - the messages of the system, expanded from ipc.def
 *
 * For each row X there is an id IPC_X, a struct ipc_X, and a pair
 * ipc_put_X() / ipc_get_X().
 *
 * Ownership  TEXT fields are inline; a BLOB points into the frame it was read
 *            from, or at what the sender owns.
 * Failure    get: 0, or -1 if short, over-long, or not used up to the last
 *            byte.  put: 0, or -1 if it does not fit.  Drop the peer on -1.
 * Process    a channel calls ipc_allowed() before ipc_get_X(): what a sender
 *            may not say is not even parsed.
 */
#ifndef IPC_IPC_H
#define IPC_IPC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/wire.h"

/* Who speaks: one bit each, so that a column of ipc.def may name several. */
enum ipc_role {
	IPC_NOBODY = 0,
#define ROLE(id, name, bit)	IPC_##id = 1 << (bit),
#define ROLES(id, members)	IPC_##id = (members),
#include "ipc/roles.def"
#undef ROLE
#undef ROLES
};

enum ipc_type {
#define MSG(id, name, from, to, fd, ...)	IPC_##name = id,
#include "ipc/ipc.def"
#undef MSG
};

#define U32(field)		uint32_t field;
#define U64(field)		uint64_t field;
#define TEXT(field, size)	char field[size];
#define BLOB(field, max)	struct str field;
#define MSG(id, name, from, to, fd, ...)				\
struct ipc_##name { __VA_ARGS__ };
#include "ipc/ipc.def"
#undef MSG
#undef U32
#undef U64
#undef TEXT
#undef BLOB

#define MSG(id, name, from, to, fd, ...)				\
int	ipc_put_##name(struct buf *b, const struct ipc_##name *m);	\
int	ipc_get_##name(struct rbuf *r, struct ipc_##name *m);
#include "ipc/ipc.def"
#undef MSG

/* The row of qmgr(8) in master.cf: where it listens. */
#define QMGR_SOCKET	"qmgr.sock"

/* Of a QUOTA_ANSWER. */
enum quota_status {
	QUOTA_KNOWN,
	QUOTA_UNKNOWN,		/* there are too many names */
	QUOTA_NOT_YET,		/* qmgr reads the spool; ask again */
	QUOTA_STATUSES
};

/* Of a BOUNCE_DONE. */
enum bounce_status {
	BOUNCE_DURABLE = 1,	/* its transaction is in the spool */
	BOUNCE_LATER = 2	/* it is not; text: why */
};

/* Of a FLUSH. */
enum flush_what {
	FLUSH_DNS = 1,		/* and routes that came of it */
	FLUSH_CACHE,		/* of `cache` in scripts */
	FLUSH_CACHE_LIST	/* only tell what is in it */
};

/* Of a LIVE_ADD, a LIVE_ANSWER. */
enum live_kind {
	LIVE_KIND_POLICY = 1,
	LIVE_KIND_SUSPENSION = 2
};

enum live_status {
	LIVE_DONE,
	LIVE_NONE,		/* no policy has these fields; no such id */
	LIVE_WRONG,		/* the text says what */
	LIVE_REFUSED,		/* the asker may not: the text says why */
	LIVE_NOT_YET,		/* qmgr reads the spool; ask again */
	LIVE_STATUSES
};

const char	*ipc_name(int type);
/* May one that has any of the roles `from` say this to one of `to`? */
bool		 ipc_allowed(int type, enum ipc_role from, enum ipc_role to,
		    int nfds);
/* "smtpd", "view"; the role of a program's workers, or IPC_NOBODY. */
const char	*ipc_role_name(enum ipc_role role);
enum ipc_role	 ipc_role_of(const char *program);
/* Changes whenever the table does; both sides of a start compare it. */
uint64_t	 ipc_table_hash(void);

#endif
