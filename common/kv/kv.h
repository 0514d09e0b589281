/*
 * kv - a sorted store of keys and values, with transactions
 *
 * What lies in the queue is found through it.  The store is never the truth:
 * that is in segments and journal, and a store that is damaged or gone is made
 * again.  So a commit need not be durable at once; but what is there after a
 * crash is the state after some commit, and none that kv_flush() confirmed is
 * missing.
 *
 * One process has it open, and changes go in transactions of many, keys
 * sorted.  configure chooses what is behind it: Berkeley DB, or LMDB.
 *
 * Ownership  kv_open() gives, kv_close() takes and clears.  Values that are
 *            shown hold until the next call.
 * Failure    0, or -1 with *e; kv_get() and kv_next() give 1 where there is
 *            none.  After -1 from a change or a commit the transaction is to
 *            be aborted.  KV_DAMAGED from kv_open(): remove the files and make
 *            it again.
 * Process    blocks for the disk; kv_step() for a few milliseconds.
 */
#ifndef KV_KV_H
#define KV_KV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

#define KV_KEY_MAX	64
#define KV_VALUE_MAX	64
#define KV_DAMAGED	(-2)

struct kv;

/*
 * One back end.  kv_real is the one that configure chose; the simulation has
 * one in memory.  dir is a folder of its own; cache_bytes bounds the memory.
 */
struct kv_ops {
	int	(*open)(struct kv **kv, void *arg, struct err *e);
	void	(*close)(struct kv *kv);
	int	(*get)(struct kv *kv, struct str key, struct str *value,
		    struct err *e);
	int	(*begin)(struct kv *kv, struct err *e);
	int	(*put)(struct kv *kv, struct str key, struct str value,
		    struct err *e);
	int	(*remove)(struct kv *kv, struct str key, struct err *e);
	int	(*commit)(struct kv *kv, struct err *e);
	void	(*abort)(struct kv *kv);
	int	(*seek)(struct kv *kv, struct str key, struct err *e);
	int	(*next)(struct kv *kv, struct str *key, struct str *value,
		    struct err *e);
	int	(*flush)(struct kv *kv, struct err *e);
	int	(*step)(struct kv *kv, struct err *e);
	bool	(*sound)(const struct kv *kv);
	int	(*destroy)(void *arg, struct err *e);
};

/* What every back end begins with. */
struct kv {
	const struct kv_ops	*ops;
};

/* What kv_open() of kv_real takes as its argument. */
struct kv_place {
	const char	*dir;		/* is made if it is not there */
	size_t		 cache_bytes;
};

extern const struct kv_ops	kv_real;
extern const char		kv_real_name[];	/* "Berkeley DB 5.3.28" */

int	kv_open(struct kv **kv, const struct kv_ops *ops, void *arg,
	    struct err *e);
void	kv_close(struct kv **kv);
/* All files of the store, which nobody has open, go. */
int	kv_destroy(const struct kv_ops *ops, void *arg, struct err *e);

/* Sees the changes of the transaction that is open. */
int	kv_get(struct kv *kv, struct str key, struct str *value,
	    struct err *e);
int	kv_begin(struct kv *kv, struct err *e);
int	kv_put(struct kv *kv, struct str key, struct str value, struct err *e);
/* 0 also where there is none. */
int	kv_remove(struct kv *kv, struct str key, struct err *e);
int	kv_commit(struct kv *kv, struct err *e);
void	kv_abort(struct kv *kv);
/* The walk goes on from the first key that is not less.  A change ends it;
 * not within a transaction. */
int	kv_seek(struct kv *kv, struct str key, struct err *e);
int	kv_next(struct kv *kv, struct str *key, struct str *value,
	    struct err *e);
/* All that was committed is durable when it returns 0. */
int	kv_flush(struct kv *kv, struct err *e);
/* A slice of the work that makes a later flush short: 1: there is more. */
int	kv_step(struct kv *kv, struct err *e);
/* false, for good: an error has lost commits that were not flushed, or the
 * store is damaged.  Close it and open it again. */
bool	kv_sound(const struct kv *kv);

#endif
