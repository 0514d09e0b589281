/*
 * The store in LMDB: one file that is mapped, never written in place.
 *
 *	outer transaction ------------------------> flush, or a second
 *	   | kv_begin() .. kv_commit(): a transaction in it
 *
 * A commit of LMDB waits for the disk, twice.  So commits of ours are nested
 * in one of LMDB's, which is ended at a flush, once a second, or when it has
 * grown: what is there after a crash is the state after some commit.  It is
 * never told not to sync, which would let a crash of the machine break it.
 *
 * LMDB has no checksums and trusts what it maps: bytes that were damaged can
 * lead it out of the file.  So all that the file has is walked through once
 * at an open, with the signals that this may raise caught.
 *
 * I1  After an outer transaction that failed, commits of ours are lost, and
 *     kv_sound() says so; if it was its sync that failed the file goes too,
 *     since what was written may read well and not be on the disk.
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <lmdb.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/mem.h"
#include "kv.h"
#include "kv_files.h"

#define LMDB_FILE	"index.mdb"
/* Of addresses, not of memory or disk. */
#define LMDB_MAP	((size_t)(sizeof(void *) > 4 ? 64 : 1) << 30)
#define LMDB_MS		1000
/* What an outer transaction holds in memory is at most a page a change. */
#define LMDB_CHANGES	5000

struct lmdb {
	struct kv	 kv;
	char		*path;
	MDB_env		*env;
	MDB_dbi		 tree;
	MDB_txn		*outer, *inner;
	MDB_cursor	*cursor;
	MDB_cursor_op	 cursor_op;	/* of the next step */
	char		 key[KV_KEY_MAX];
	size_t		 key_len;
	bool		 lost;		/* I1 */
	uint32_t	 changes;	/* in the outer transaction */
	int64_t		 outer_ms;	/* when it began */
};

const char	kv_real_name[] = MDB_VERSION_STRING;

static int
lmdb_error(struct err *e, int rc, const char *what)
{
	return err_set(e, "%s: %s", what, mdb_strerror(rc));
}

static MDB_val
lmdb_given(struct str s)
{
	return (MDB_val){ s.len, (void *)(uintptr_t)s.p };
}

/* ---- Is the file what LMDB wrote? ---------------------------------------- */

static sigjmp_buf	lmdb_out;

static void
lmdb_fault(int sig)
{
	siglongjmp(lmdb_out, sig);
}

static void
lmdb_assert(MDB_env *env, const char *text)
{
	(void)env;
	(void)text;
	siglongjmp(lmdb_out, SIGABRT);
}

/* All pairs of one tree, whose bytes are read; 0 is that of free pages. */
static int
lmdb_walk_tree(MDB_txn *txn, MDB_dbi tree)
{
	MDB_cursor	*c;
	MDB_stat	 stat;
	MDB_val		 k, v;
	size_t		 n = 0, i;
	volatile char	 seen = 0;
	int		 rc;

	if ((rc = mdb_stat(txn, tree, &stat)) != 0 ||
	    (rc = mdb_cursor_open(txn, tree, &c)) != 0)
		return rc;
	while ((rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) == 0 &&
	    n++ <= stat.ms_entries) {
		for (i = 0; i < k.mv_size; i++)
			seen ^= ((char *)k.mv_data)[i];
		for (i = 0; i < v.mv_size; i++)
			seen ^= ((char *)v.mv_data)[i];
	}
	(void)seen;
	mdb_cursor_close(c);
	return rc == MDB_NOTFOUND && n == stat.ms_entries ? 0 : MDB_CORRUPTED;
}

static int
lmdb_walk_all(MDB_env *env)
{
	MDB_txn	*txn;
	MDB_dbi	 tree;
	int	 rc;

	if ((rc = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn)) != 0)
		return rc;
	if ((rc = mdb_dbi_open(txn, NULL, 0, &tree)) == 0 &&
	    (rc = lmdb_walk_tree(txn, 0)) == 0)
		rc = lmdb_walk_tree(txn, tree);
	mdb_txn_abort(txn);
	return rc;
}

static int
lmdb_open_env(MDB_env **env, const char *path)
{
	int	rc;

	if ((rc = mdb_env_create(env)) != 0 ||
	    (rc = mdb_env_set_mapsize(*env, LMDB_MAP)) != 0)
		return rc;
	return mdb_env_open(*env, path, MDB_NOSUBDIR | MDB_NOLOCK |
	    MDB_NORDAHEAD, 0600);
}

/* In an environment of its own, which is left as it is after a fault. */
static int
lmdb_check(const char *path)
{
	const int		 signals[] = { SIGSEGV, SIGBUS, SIGFPE };
	struct sigaction	 act, old[3];
	MDB_env			*volatile env = NULL;
	MDB_env			*opened = NULL;
	size_t			 i;
	volatile int		 rc = MDB_CORRUPTED;

	memset(&act, 0, sizeof act);
	act.sa_handler = lmdb_fault;
	for (i = 0; i < 3; i++)
		(void)sigaction(signals[i], &act, &old[i]);
	if (sigsetjmp(lmdb_out, 1) == 0) {
		rc = lmdb_open_env(&opened, path);
		env = opened;
		if (rc == 0) {
			(void)mdb_env_set_assert(env, lmdb_assert);
			rc = lmdb_walk_all(env);
		}
		if (env != NULL)
			mdb_env_close(env);
	} else
		rc = MDB_CORRUPTED;
	for (i = 0; i < 3; i++)
		(void)sigaction(signals[i], &old[i], NULL);
	return rc;
}

/* ---- Open and close ------------------------------------------------------ */

static void
lmdb_end_walk(struct lmdb *l)
{
	if (l->cursor != NULL)
		mdb_cursor_close(l->cursor);
	l->cursor = NULL;
}

/* The machine's, and not the file's. */
static bool
lmdb_system(int rc)
{
	return rc > 0 && rc != EINVAL && rc != EIO && rc != ENOMEM;
}

static int
lmdb_start(struct lmdb *l)
{
	MDB_txn	*txn;
	int	 rc;

	if ((rc = lmdb_check(l->path)) != 0 ||
	    (rc = lmdb_open_env(&l->env, l->path)) != 0 ||
	    (rc = mdb_txn_begin(l->env, NULL, 0, &txn)) != 0)
		return rc;
	if ((rc = mdb_dbi_open(txn, NULL, 0, &l->tree)) != 0) {
		mdb_txn_abort(txn);
		return rc;
	}
	return mdb_txn_commit(txn);
}

static void
lmdb_close(struct kv *kv)
{
	struct lmdb	*l = (struct lmdb *)kv;

	lmdb_end_walk(l);
	if (l->inner != NULL)
		mdb_txn_abort(l->inner);
	if (l->outer != NULL)
		(void)mdb_txn_commit(l->outer);
	if (l->env != NULL)
		mdb_env_close(l->env);
	free(l->path);
	free(l);
}

static int
lmdb_open(struct kv **out, void *arg, struct err *e)
{
	const struct kv_place	*place = arg;
	struct lmdb		*l;
	int			 rc;

	if (kv_files_dir(place->dir, e) == -1)
		return -1;
	l = xcalloc(1, sizeof *l);
	l->kv.ops = &kv_real;
	l->path = xasprintf("%s/%s", place->dir, LMDB_FILE);
	if ((rc = lmdb_start(l)) == 0) {
		*out = &l->kv;
		return 0;
	}
	(void)lmdb_error(e, rc, l->path);
	lmdb_close(&l->kv);
	return lmdb_system(rc) ? -1 : KV_DAMAGED;
}

static int
lmdb_destroy(void *arg, struct err *e)
{
	const struct kv_place	*place = arg;

	return kv_files_remove(place->dir, e);
}

/* ---- The outer transaction ----------------------------------------------- */

static int
lmdb_ready(struct lmdb *l, struct err *e)
{
	int	rc;

	if (l->lost)
		return err_set(e, "commits were lost by an error before");
	if (l->outer != NULL)
		return 0;
	if ((rc = mdb_txn_begin(l->env, NULL, 0, &l->outer)) != 0)
		return lmdb_error(e, rc, "begin");
	l->outer_ms = clock_mono_ms();
	l->changes = 0;
	return 0;
}

static int
lmdb_flush(struct kv *kv, struct err *e)
{
	struct lmdb	*l = (struct lmdb *)kv;
	int		 rc;

	lmdb_end_walk(l);
	if (l->lost)
		return lmdb_ready(l, e);
	if (l->outer == NULL)
		return 0;
	rc = mdb_txn_commit(l->outer);
	l->outer = NULL;
	if (rc == 0)
		return 0;
	l->lost = true;
	if (rc != ENOSPC && rc != EDQUOT)
		(void)unlink(l->path);
	return lmdb_error(e, rc, "commit");
}

static int
lmdb_step(struct kv *kv, struct err *e)
{
	struct lmdb	*l = (struct lmdb *)kv;

	if (l->outer == NULL || l->inner != NULL || l->cursor != NULL)
		return 0;
	if (l->changes < LMDB_CHANGES &&
	    clock_mono_ms() - l->outer_ms < LMDB_MS)
		return 0;
	return lmdb_flush(kv, e);
}

static bool
lmdb_sound(const struct kv *kv)
{
	return !((const struct lmdb *)kv)->lost;
}

/* ---- Reading ------------------------------------------------------------- */

static int
lmdb_get(struct kv *kv, struct str key, struct str *value, struct err *e)
{
	struct lmdb	*l = (struct lmdb *)kv;
	MDB_val		 k = lmdb_given(key), v;
	int		 rc;

	if (lmdb_ready(l, e) == -1)
		return -1;
	rc = mdb_get(l->inner != NULL ? l->inner : l->outer, l->tree, &k, &v);
	if (rc == MDB_NOTFOUND)
		return 1;
	if (rc != 0)
		return lmdb_error(e, rc, "get");
	*value = (struct str){ v.mv_data, v.mv_size };
	return 0;
}

static int
lmdb_seek(struct kv *kv, struct str key, struct err *e)
{
	struct lmdb	*l = (struct lmdb *)kv;
	int		 rc;

	lmdb_end_walk(l);
	if (lmdb_ready(l, e) == -1)
		return -1;
	if (key.len > sizeof l->key)
		return err_set(e, "a key that is too long");
	if ((rc = mdb_cursor_open(l->outer, l->tree, &l->cursor)) != 0)
		return lmdb_error(e, rc, "cursor");
	memcpy(l->key, key.p, key.len);
	l->key_len = key.len;
	l->cursor_op = MDB_SET_RANGE;
	return 0;
}

static int
lmdb_next(struct kv *kv, struct str *key, struct str *value, struct err *e)
{
	struct lmdb	*l = (struct lmdb *)kv;
	MDB_val		 k = { l->key_len, l->key }, v;
	int		 rc;

	if (l->cursor == NULL)
		return err_set(e, "no walk has begun");
	rc = mdb_cursor_get(l->cursor, &k, &v, l->cursor_op);
	l->cursor_op = MDB_NEXT;
	if (rc == MDB_NOTFOUND)
		return 1;
	if (rc != 0)
		return lmdb_error(e, rc, "next");
	*key = (struct str){ k.mv_data, k.mv_size };
	*value = (struct str){ v.mv_data, v.mv_size };
	return 0;
}

/* ---- Changing ------------------------------------------------------------ */

static int
lmdb_begin(struct kv *kv, struct err *e)
{
	struct lmdb	*l = (struct lmdb *)kv;
	int		 rc;

	lmdb_end_walk(l);
	if (l->inner != NULL)
		panic("a transaction in a transaction");
	if (lmdb_ready(l, e) == -1)
		return -1;
	rc = mdb_txn_begin(l->env, l->outer, 0, &l->inner);
	return rc == 0 ? 0 : lmdb_error(e, rc, "begin");
}

static int
lmdb_put(struct kv *kv, struct str key, struct str value, struct err *e)
{
	struct lmdb	*l = (struct lmdb *)kv;
	MDB_val		 k = lmdb_given(key), v = lmdb_given(value);
	int		 rc;

	if (l->inner == NULL)
		panic("a change outside of a transaction");
	if (key.len == 0 || key.len > KV_KEY_MAX || value.len > KV_VALUE_MAX)
		return err_set(e, "a key or value that is too long");
	rc = mdb_put(l->inner, l->tree, &k, &v, 0);
	l->changes++;
	return rc == 0 ? 0 : lmdb_error(e, rc, "put");
}

static int
lmdb_remove(struct kv *kv, struct str key, struct err *e)
{
	struct lmdb	*l = (struct lmdb *)kv;
	MDB_val		 k = lmdb_given(key);
	int		 rc;

	if (l->inner == NULL)
		panic("a change outside of a transaction");
	rc = mdb_del(l->inner, l->tree, &k, NULL);
	l->changes++;
	return rc == 0 || rc == MDB_NOTFOUND ? 0 : lmdb_error(e, rc, "remove");
}

static int
lmdb_commit(struct kv *kv, struct err *e)
{
	struct lmdb	*l = (struct lmdb *)kv;
	struct err	 ignored;
	int		 rc;

	rc = mdb_txn_commit(l->inner);
	l->inner = NULL;
	if (rc != 0)
		return lmdb_error(e, rc, "commit");
	/* Where this goes wrong, kv_sound() tells. */
	if (l->changes >= LMDB_CHANGES)
		(void)lmdb_flush(kv, &ignored);
	return 0;
}

static void
lmdb_abort(struct kv *kv)
{
	struct lmdb	*l = (struct lmdb *)kv;

	if (l->inner != NULL)
		mdb_txn_abort(l->inner);
	l->inner = NULL;
}

const struct kv_ops	kv_real = {
	.open = lmdb_open, .close = lmdb_close, .get = lmdb_get,
	.begin = lmdb_begin, .put = lmdb_put, .remove = lmdb_remove,
	.commit = lmdb_commit, .abort = lmdb_abort, .seek = lmdb_seek,
	.next = lmdb_next, .flush = lmdb_flush, .step = lmdb_step,
	.sound = lmdb_sound, .destroy = lmdb_destroy,
};
