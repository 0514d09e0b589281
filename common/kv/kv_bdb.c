/*
 * The store in Berkeley DB 5.3: one btree in a transactional environment.
 *
 * The environment is DB_PRIVATE, so that nothing of it is shared that a
 * killed process could leave locked, has no lock subsystem, since one process
 * with one thread has it open, and is recovered at every open.  Pages have
 * checksums.
 *
 * A commit hands its log to the kernel and does not wait for the disk; the
 * log is durable at a flush.  So what a killed process committed is there, and
 * an environment that has panicked can be closed, recovered and opened again
 * in the middle of things: nothing that was committed is missing.
 *
 * I1  Either both the tree and a log are there, or neither: Berkeley DB makes
 *     a missing tree anew, empty, without a word.
 * I2  After a sync that failed the tree goes, since what was written may read
 *     well and not be on the disk; kv_sound() says so, and the next open finds
 *     that I1 is broken.
 * I3  So it does where a call fails that neither the system nor a recovery can
 *     make go well: a page of the tree is not what Berkeley DB left there.
 * I4  One that was opened five times, and each time neither came to a commit
 *     nor to a close without a failure nor lived for a while, is damaged:
 *     there are pages by which a recovery does not help, or with which the
 *     library ends or loops.
 * I5  What a killed process wrote is on the disk before a recovery reads it:
 *     Berkeley DB takes what it finds for synced, goes on from there, and a
 *     power cut would keep one part of it and not the other.
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <db.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/mem.h"
#include "compat/asan.h"
#include "kv.h"
#include "kv_files.h"

#define BDB_TREE	"index.db"
#define BDB_LOG		"log."
#define BDB_LOG_MAX	(4U << 20)
#define BDB_LOG_BUFFER	(256U << 10)
#define BDB_PAGE	4096
/* A checkpoint after so many changes bounds the log, and a recovery. */
#define BDB_CHANGES	50000
/* A byte for each time that it was opened and recovered, until all is well:
 * I4. */
#define BDB_TRIES	"tries"
#define BDB_TRIES_MAX	5
#define BDB_TRIED_MS	10000
/* Of the cache that is to be clean when a flush comes, in percent. */
#define BDB_CLEAN	90

struct bdb {
	struct kv	 kv;
	char		*dir;
	size_t		 cache;
	DB_ENV		*env;
	DB		*tree;
	DB_TXN		*txn;
	DBC		*cursor;
	uint32_t	 cursor_flag;	/* of the next step */
	bool		 panicked;
	bool		 lost;		/* I2 */
	bool		 dirty;		/* a step has something to do */
	bool		 tried;		/* I4: there is a file */
	bool		 failed;	/* I4: a call has, since then */
	int64_t		 tried_ms;
	uint32_t	 changes;	/* since the last checkpoint */
	char		 key[KV_KEY_MAX], value[KV_VALUE_MAX];
	size_t		 key_len;
};

const char	kv_real_name[] = DB_VERSION_STRING;

#if COMPAT_ASAN
/* An environment that could not be recovered keeps its log's buffer for ever:
 * Berkeley DB's own leak, which a search for ours is not to trip over. */
const char	*__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libdb-5";
}
#endif

/* What Berkeley DB says beside its result; the result is reported. */
static void
bdb_quiet(const DB_ENV *env, const char *prefix, const char *text)
{
	(void)env;
	(void)prefix;
	(void)text;
}

/*
 * The machine's, and not the files': another try may go well.  EIO and ENOMEM
 * are not among them, since files with wrong lengths in them lead to these,
 * too.
 */
static bool
bdb_system(int rc)
{
	return rc == ENOSPC || rc == EACCES || rc == EPERM || rc == EMFILE ||
	    rc == ENFILE || rc == EROFS || rc == EDQUOT;
}

static void
bdb_unlink(const struct bdb *b, const char *name)
{
	char	*path = xasprintf("%s/%s", b->dir, name);

	(void)unlink(path);
	free(path);
}

/* I2, I3 */
static void
bdb_doubt(struct bdb *b)
{
	struct err	ignored;

	bdb_unlink(b, BDB_TREE);
	(void)kv_files_sync(b->dir, &ignored);
	b->lost = true;
}

/* I4: nothing is known against it. */
static void
bdb_forgive(struct bdb *b)
{
	if (b->tried)
		bdb_unlink(b, BDB_TRIES);
	b->tried = false;
}

/* I4: whether it is enough. */
static bool
bdb_tried(struct bdb *b)
{
	char		*path = xasprintf("%s/%s", b->dir, BDB_TRIES);
	int		 fd = open(path, O_WRONLY | O_APPEND | O_CREAT |
			    O_CLOEXEC, 0600);
	struct stat	 st;
	bool		 enough = false;

	free(path);
	if (fd == -1)
		return false;
	b->tried = true;
	b->failed = false;
	b->tried_ms = clock_mono_ms();
	if (fstat(fd, &st) == 0)
		enough = st.st_size >= BDB_TRIES_MAX;
	if (write(fd, "", 1) == -1)
		enough = false;		/* it is the disk */
	(void)close(fd);
	return enough;
}

static int
bdb_error(struct bdb *b, int rc, struct err *e, const char *what)
{
	b->failed = true;
	if (rc == DB_RUNRECOVERY)
		b->panicked = true;
	else if (bdb_system(rc))
		bdb_forgive(b);
	else if (rc != EIO && rc != ENOMEM)
		bdb_doubt(b);
	return err_set(e, "%s: %s", what, db_strerror(rc));
}

static DBT
bdb_given(struct str s)
{
	return (DBT){ .data = (void *)(uintptr_t)s.p, .size = (uint32_t)s.len };
}

static DBT
bdb_taken(char *room, size_t size)
{
	return (DBT){ .data = room, .ulen = (uint32_t)size,
	    .flags = DB_DBT_USERMEM };
}

/* ---- Open and close ------------------------------------------------------ */

static void
bdb_end_walk(struct bdb *b)
{
	if (b->cursor != NULL)
		(void)b->cursor->close(b->cursor);
	b->cursor = NULL;
}

/* Closing a panicked one fails, and gives back what it can. */
static void
bdb_shut(struct bdb *b)
{
	bdb_end_walk(b);
	if (b->txn != NULL)
		(void)b->txn->abort(b->txn);
	b->txn = NULL;
	if (b->tree != NULL)
		(void)b->tree->close(b->tree, DB_NOSYNC);
	b->tree = NULL;
	if (b->env != NULL)
		(void)b->env->close(b->env, 0);
	b->env = NULL;
}

static int
bdb_open_env(struct bdb *b)
{
	const uint32_t	flags = DB_CREATE | DB_PRIVATE | DB_RECOVER |
			    DB_INIT_TXN | DB_INIT_LOG | DB_INIT_MPOOL;
	int		rc;

	if ((rc = db_env_create(&b->env, 0)) != 0)
		return rc;
	b->env->set_errcall(b->env, bdb_quiet);
	if ((rc = b->env->set_cachesize(b->env, 0, (uint32_t)b->cache,
	    1)) != 0 ||
	    (rc = b->env->set_lg_max(b->env, BDB_LOG_MAX)) != 0 ||
	    (rc = b->env->set_lg_bsize(b->env, BDB_LOG_BUFFER)) != 0 ||
	    (rc = b->env->set_flags(b->env, DB_TXN_WRITE_NOSYNC, 1)) != 0)
		return rc;
	return b->env->open(b->env, b->dir, flags, 0600);
}

static int
bdb_open_tree(struct bdb *b)
{
	int	rc;

	if ((rc = db_create(&b->tree, b->env, 0)) != 0 ||
	    (rc = b->tree->set_flags(b->tree, DB_CHKSUM)) != 0 ||
	    (rc = b->tree->set_pagesize(b->tree, BDB_PAGE)) != 0)
		return rc;
	return b->tree->open(b->tree, NULL, BDB_TREE, NULL, DB_BTREE,
	    DB_CREATE | DB_AUTO_COMMIT, 0600);
}

/* Nothing may be known of what was to be synced: I2. */
static int
bdb_unsynced(struct bdb *b, int error)
{
	if (bdb_system(error)) {
		bdb_forgive(b);
		return -1;
	}
	bdb_doubt(b);
	return KV_DAMAGED;
}

static int
bdb_start(struct bdb *b, struct err *e)
{
	bool	tree = kv_files_has(b->dir, BDB_TREE);
	int	rc;

	if (tree != kv_files_has(b->dir, BDB_LOG)) {		/* I1 */
		(void)err_set(e, "%s has a %s alone", b->dir,
		    tree ? BDB_TREE : "log");
		return KV_DAMAGED;
	}
	if ((rc = kv_files_sync(b->dir, e)) != 0)		/* I5 */
		return bdb_unsynced(b, rc);
	if (bdb_tried(b)) {					/* I4 */
		(void)err_set(e, "%s was opened in vain", b->dir);
		return KV_DAMAGED;
	}
	b->panicked = false;
	if ((rc = bdb_open_env(b)) == 0 && (rc = bdb_open_tree(b)) == 0)
		return 0;
	bdb_shut(b);
	(void)err_set(e, "%s: %s", b->dir, db_strerror(rc));
	if (!bdb_system(rc))
		return KV_DAMAGED;
	bdb_forgive(b);
	return -1;
}

static void
bdb_close(struct kv *kv)
{
	struct bdb	*b = (struct bdb *)kv;

	if (b->env != NULL && !b->failed)
		bdb_forgive(b);
	bdb_shut(b);
	free(b->dir);
	free(b);
}

static int
bdb_open(struct kv **out, void *arg, struct err *e)
{
	const struct kv_place	*place = arg;
	struct bdb		*b;
	int			 rc;

	if (kv_files_dir(place->dir, e) == -1)
		return -1;
	b = xcalloc(1, sizeof *b);
	b->kv.ops = &kv_real;
	b->dir = xstrdup(place->dir);
	b->cache = place->cache_bytes;
	if ((rc = bdb_start(b, e)) != 0)
		bdb_close(&b->kv);
	else
		*out = &b->kv;
	return rc;
}

static int
bdb_destroy(void *arg, struct err *e)
{
	const struct kv_place	*place = arg;

	return kv_files_remove(place->dir, e);
}

/* Before a call: a panicked environment is recovered once, and then opened. */
static int
bdb_ready(struct bdb *b, struct err *e)
{
	int	rc;

	if (b->lost)
		return err_set(e, "commits were lost by an error before");
	if (b->env != NULL && !b->panicked)
		return 0;
	bdb_shut(b);
	rc = bdb_start(b, e);
	b->lost = rc == KV_DAMAGED;
	return rc == 0 ? 0 : -1;
}

/* ---- Reading ------------------------------------------------------------- */

static int
bdb_get(struct kv *kv, struct str key, struct str *value, struct err *e)
{
	struct bdb	*b = (struct bdb *)kv;
	DBT		 k = bdb_given(key);
	DBT		 v = bdb_taken(b->value, sizeof b->value);
	int		 rc;

	if (b->txn == NULL && bdb_ready(b, e) == -1)
		return -1;
	rc = b->tree->get(b->tree, b->txn, &k, &v, 0);
	if (rc == DB_NOTFOUND)
		return 1;
	if (rc != 0)
		return bdb_error(b, rc, e, "get");
	*value = (struct str){ b->value, v.size };
	return 0;
}

static int
bdb_seek(struct kv *kv, struct str key, struct err *e)
{
	struct bdb	*b = (struct bdb *)kv;
	int		 rc;

	bdb_end_walk(b);
	if (bdb_ready(b, e) == -1)
		return -1;
	if (key.len > sizeof b->key)
		return err_set(e, "a key that is too long");
	if ((rc = b->tree->cursor(b->tree, NULL, &b->cursor, 0)) != 0)
		return bdb_error(b, rc, e, "cursor");
	memcpy(b->key, key.p, key.len);
	b->key_len = key.len;
	b->cursor_flag = DB_SET_RANGE;
	return 0;
}

static int
bdb_next(struct kv *kv, struct str *key, struct str *value, struct err *e)
{
	struct bdb	*b = (struct bdb *)kv;
	DBT		 k = bdb_taken(b->key, sizeof b->key);
	DBT		 v = bdb_taken(b->value, sizeof b->value);
	int		 rc;

	if (b->cursor == NULL)
		return err_set(e, "no walk has begun");
	k.size = (uint32_t)b->key_len;
	rc = b->cursor->get(b->cursor, &k, &v, b->cursor_flag);
	b->cursor_flag = DB_NEXT;
	if (rc == DB_NOTFOUND)
		return 1;
	if (rc != 0)
		return bdb_error(b, rc, e, "next");
	*key = (struct str){ b->key, k.size };
	*value = (struct str){ b->value, v.size };
	return 0;
}

/* ---- Changing ------------------------------------------------------------ */

static int
bdb_begin(struct kv *kv, struct err *e)
{
	struct bdb	*b = (struct bdb *)kv;
	int		 rc;

	bdb_end_walk(b);
	if (b->txn != NULL)
		panic("a transaction in a transaction");
	if (bdb_ready(b, e) == -1)
		return -1;
	rc = b->env->txn_begin(b->env, NULL, &b->txn, 0);
	return rc == 0 ? 0 : bdb_error(b, rc, e, "begin");
}

static int
bdb_put(struct kv *kv, struct str key, struct str value, struct err *e)
{
	struct bdb	*b = (struct bdb *)kv;
	DBT		 k = bdb_given(key), v = bdb_given(value);
	int		 rc;

	if (b->txn == NULL)
		panic("a change outside of a transaction");
	if (key.len == 0 || key.len > KV_KEY_MAX || value.len > KV_VALUE_MAX)
		return err_set(e, "a key or value that is too long");
	rc = b->tree->put(b->tree, b->txn, &k, &v, 0);
	b->changes++;
	return rc == 0 ? 0 : bdb_error(b, rc, e, "put");
}

static int
bdb_remove(struct kv *kv, struct str key, struct err *e)
{
	struct bdb	*b = (struct bdb *)kv;
	DBT		 k = bdb_given(key);
	int		 rc;

	if (b->txn == NULL)
		panic("a change outside of a transaction");
	rc = b->tree->del(b->tree, b->txn, &k, 0);
	b->changes++;
	return rc == 0 || rc == DB_NOTFOUND ? 0 : bdb_error(b, rc, e,
	    "remove");
}

static void
bdb_abort(struct kv *kv)
{
	struct bdb	*b = (struct bdb *)kv;
	struct err	 ignored;
	int		 rc;

	if (b->txn == NULL)
		return;
	rc = b->txn->abort(b->txn);
	b->txn = NULL;
	if (rc != 0)
		(void)bdb_error(b, rc, &ignored, "abort");
}

/* ---- To the disk --------------------------------------------------------- */

static int
bdb_flush(struct kv *kv, struct err *e)
{
	struct bdb	*b = (struct bdb *)kv;
	int		 rc;

	if (bdb_ready(b, e) == -1)
		return -1;
	if ((rc = b->env->txn_checkpoint(b->env, 0, 0, 0)) != 0 ||
	    (rc = b->env->log_flush(b->env, NULL)) != 0) {
		if (rc != ENOSPC && rc != EDQUOT)
			bdb_doubt(b);
		return bdb_error(b, rc, e, "flush");
	}
	b->changes = 0;
	b->dirty = false;
	bdb_forgive(b);
	/* What stays behind is removed by the next one. */
	(void)b->env->log_archive(b->env, NULL, DB_ARCH_REMOVE);
	return 0;
}

static int
bdb_commit(struct kv *kv, struct err *e)
{
	struct bdb	*b = (struct bdb *)kv;
	struct err	 ignored;
	int		 rc;

	/* The handle is gone, whatever the result is. */
	rc = b->txn->commit(b->txn, 0);
	b->txn = NULL;
	if (rc != 0)
		return bdb_error(b, rc, e, "commit");
	bdb_forgive(b);
	b->dirty = true;
	/* The commit is one, whether or not the checkpoint goes well. */
	if (b->changes >= BDB_CHANGES)
		(void)bdb_flush(kv, &ignored);
	return 0;
}

static int
bdb_step(struct kv *kv, struct err *e)
{
	struct bdb	*b = (struct bdb *)kv;
	DB_MPOOL_STAT	*s;
	uint64_t	 all;
	int		 clean, rc, wrote = 0;

	if (b->tried && clock_mono_ms() - b->tried_ms >= BDB_TRIED_MS)
		bdb_forgive(b);
	if (!b->dirty || b->txn != NULL)
		return 0;
	if (bdb_ready(b, e) == -1)
		return -1;
	if ((rc = b->env->memp_stat(b->env, &s, NULL, 0)) != 0)
		return bdb_error(b, rc, e, "step");
	all = (uint64_t)s->st_page_clean + s->st_page_dirty;
	clean = all == 0 ? 100 : (int)((uint64_t)s->st_page_clean * 100 / all);
	free(s);
	if (clean < BDB_CLEAN && (rc = b->env->memp_trickle(b->env,
	    clean + 1, &wrote)) != 0)
		return bdb_error(b, rc, e, "step");
	b->dirty = wrote > 0;
	return b->dirty;
}

static bool
bdb_sound(const struct kv *kv)
{
	return !((const struct bdb *)kv)->lost;
}

const struct kv_ops	kv_real = {
	.open = bdb_open, .close = bdb_close, .get = bdb_get,
	.begin = bdb_begin, .put = bdb_put, .remove = bdb_remove,
	.commit = bdb_commit, .abort = bdb_abort, .seek = bdb_seek,
	.next = bdb_next, .flush = bdb_flush, .step = bdb_step,
	.sound = bdb_sound, .destroy = bdb_destroy,
};
