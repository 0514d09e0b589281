/*
 * desk - where questions are answered: vault and locks for many clients
 *
 * Ownership  desk_new() gives, desk_free() takes and clears; a client is in
 *            the caller's storage, and leaves before that goes.
 * Failure    an answer says so.  A question is checked here: it may come
 *            from a process that nobody trusts.
 * Process    pure: no I/O, time is passed in.  answer() is called from
 *            inside these functions and may call none of them.
 */
#ifndef SHARE_DESK_H
#define SHARE_DESK_H

#include <stdbool.h>

#include "share/locks.h"
#include "share/share.h"
#include "share/vault.h"

struct desk;

struct desk_client {
	struct lock_owner	 owner;		/* first */
};

typedef void	desk_answer_fn(void *arg, struct desk_client *c, uint64_t id,
		    const struct share_answer *a);

struct desk	*desk_new(size_t limit_bytes, desk_answer_fn *answer,
		    void *arg);
void		 desk_free(struct desk **d);
void		 desk_set_limit(struct desk *d, size_t limit_bytes);
/* Locks are granted from now on.  Before, clients say what they still hold. */
void		 desk_open(struct desk *d);
void		 desk_sweep(struct desk *d, int64_t now_ms);

struct desk_figures {
	size_t	keys;
	size_t	bytes;
	size_t	claims;
};

void		 desk_figures(const struct desk *d, struct desk_figures *f);

/* The values, or the rates, whose keys begin so: how many. */
size_t		 desk_list(struct desk *d, bool rates, struct str prefix,
		    int64_t now_ms, void (*fn)(void *arg,
		    const struct vault_seen *v), void *arg);
size_t		 desk_clear(struct desk *d, bool rates, struct str prefix,
		    int64_t now_ms);

void		 desk_enter(struct desk *d, struct desk_client *c);
/* -1: what no honest client asks; nothing was done. */
int		 desk_ask(struct desk *d, struct desk_client *c, uint64_t id,
		    const struct share_question *q, int64_t now_ms);
/* The client says that an earlier process granted it this lock, and it gets it
 * back; -1: another client has it. */
int		 desk_hold(struct desk *d, struct desk_client *c,
		    uint64_t id, struct str name);
void		 desk_drop(struct desk *d, struct desk_client *c,
		    uint64_t id);
void		 desk_leave(struct desk *d, struct desk_client *c);

#endif
