/*
 * store - a transaction given to cleanup(8), until it is durable
 *
 * One connection for all of a process's stores.  A store may be asked again:
 * where the service dies, or the connection ends, it is told all again, and
 * answers "durable" to what it has already.  So whoever waits is never told
 * that a message was not taken when it was, as long as this process lives and
 * the service comes back within STORE_PATIENCE_MS and answers in time.
 *
 * A service that does not is given up, and with it what can be known: once the
 * end of a store was sent it may be durable, or become so when a service that
 * was stopped goes on.  The text says so.  It is not asked again under its id:
 * who gets the failure lets the message's bytes go.
 *
 *	state     sent             answer     connection lost
 *	waiting   its turn comes   -          -
 *	telling   all of it        done()     waiting
 *	asked     -                done()     waiting
 *
 * and in each of them done() when its time is up.
 *
 * Ownership  store_client_new() gives, store_client_free() takes and clears,
 *            and so store_start() and store_cancel().  What a request names
 *            is borrowed until done(), which is called once, never from
 *            within store_start(), and ends the store.
 * Failure    STORE_TEMPORARY and its text.
 * Process    on the event loop; the file of a large body is handed over as a
 *            descriptor.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "body/body.h"
#include "event/loop.h"
#include "spool/spool_id.h"

/* The service's socket in run_directory. */
#define CLEANUP_SOCKET	"cleanup.sock"

/* How long a service that is gone is waited for. */
#define STORE_PATIENCE_MS	60000

/* How long a store may take in all, from store_start() on, unless
 * store_client_limit() says otherwise. */
#define STORE_LIMIT_MS		300000

enum store_status {
	STORE_DURABLE,		/* synced: acknowledge it */
	STORE_TEMPORARY,	/* it could not be written: 4.3.0 */
	STORE_FULL,		/* no room for new mail: 4.3.1 */
	STORE_REFUSED		/* it is no transaction: our own fault */
};

/* The text of DURABLE where it was so before it was told. */
#define STORE_KNOWN	"it was there already"

struct store_request {
	struct spool_id	 id;
	struct body	*body;
	const struct str *edits;	/* lists of edits, the first is no. 1 */
	size_t		 edit_count;
	uint32_t	 entries;
	/* The entry of that number, from 1, as spool_entry_put() writes it;
	 * held until the next call. */
	struct str	(*entry)(void *arg, uint32_t number);
	void		(*done)(void *arg, enum store_status status,
			    const char *text);
	void		*arg;
};

struct store_client;
struct store;

/* role: enum ipc_role, what this process is to the service.  path: of the
 * service's socket. */
struct store_client *store_client_new(struct loop *l, int role,
		    const char *path);
void		 store_client_free(struct store_client **c);
/* Of stores that start from now on. */
void		 store_client_limit(struct store_client *c, int64_t ms);
struct store	*store_start(struct store_client *c,
		    const struct store_request *rq);
/* Nobody waits for it any more.  It may come to be all the same, where its end
 * was sent. */
void		 store_cancel(struct store **s);

#endif
