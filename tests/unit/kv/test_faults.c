/*
 * The store while its disk fails: this program stands in for the calls that
 * write and sync, and fails the n-th of them, for each n there is, alone or
 * with all that follow.  Whatever the store says then has to be true: it goes
 * on with all that was committed, or it is not sound, and what the next open
 * finds is damaged or the state after some commit, none older than the last
 * flush.
 */
#include <sys/uio.h>

#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "kv/kv.h"

#define KEYS		40
#define COMMITS		40
#define FLUSH_EACH	7

/* ---- The disk ------------------------------------------------------------ */

enum fault_kind { FAULT_READ, FAULT_WRITE, FAULT_SYNC };

static struct {
	bool	armed;
	enum fault_kind kind;
	int	error;
	bool	stays;		/* all calls that follow fail, too */
	int	left;		/* calls until it comes */
	int	failed;
} fault;

static bool
fault_comes(enum fault_kind kind)
{
	if (!fault.armed || kind != fault.kind)
		return false;
	if (fault.left > 0 && --fault.left > 0)
		return false;
	if (fault.failed > 0 && !fault.stays)
		return false;
	fault.failed++;
	errno = fault.error;
	return true;
}

/* The library's own, which this program's hides. */
static void *
real(const char *name)
{
	void	*f = dlsym(RTLD_NEXT, name);

	assert_non_null(f);
	return f;
}

ssize_t
read(int fd, void *p, size_t n)
{
	ssize_t	(*next)(int, void *, size_t) =
	    (ssize_t (*)(int, void *, size_t))real("read");

	return fd > 2 && fault_comes(FAULT_READ) ? -1 : next(fd, p, n);
}

ssize_t
pread(int fd, void *p, size_t n, off_t at)
{
	ssize_t	(*next)(int, void *, size_t, off_t) =
	    (ssize_t (*)(int, void *, size_t, off_t))real("pread");

	return fault_comes(FAULT_READ) ? -1 : next(fd, p, n, at);
}

ssize_t
write(int fd, const void *p, size_t n)
{
	ssize_t	(*next)(int, const void *, size_t) =
	    (ssize_t (*)(int, const void *, size_t))real("write");

	return fd > 2 && fault_comes(FAULT_WRITE) ? -1 : next(fd, p, n);
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	ssize_t	(*next)(int, const void *, size_t, off_t) =
	    (ssize_t (*)(int, const void *, size_t, off_t))real("pwrite");

	return fault_comes(FAULT_WRITE) ? -1 : next(fd, p, n, at);
}

ssize_t
pwritev(int fd, const struct iovec *iov, int n, off_t at)
{
	ssize_t	(*next)(int, const struct iovec *, int, off_t) = (ssize_t (*)
	    (int, const struct iovec *, int, off_t))real("pwritev");

	return fault_comes(FAULT_WRITE) ? -1 : next(fd, iov, n, at);
}

int
fdatasync(int fd)
{
	int	(*next)(int) = (int (*)(int))real("fdatasync");

	return fault_comes(FAULT_SYNC) ? -1 : next(fd);
}

int
fsync(int fd)
{
	int	(*next)(int) = (int (*)(int))real("fsync");

	return fault_comes(FAULT_SYNC) ? -1 : next(fd);
}

/* ---- The store ----------------------------------------------------------- */

struct store {
	struct kv_place	 place;
	struct kv	*kv;
	uint32_t	 flushed, committed, tried;
};

/* Transaction n gives n to all keys, so that any state after a commit has the
 * same in all of them. */
static int
store_commit(struct store *s)
{
	struct err	e;
	char		key[16], value[16];
	uint32_t	i, n = ++s->tried;

	if (kv_begin(s->kv, &e) == -1)
		return -1;
	for (i = 0; i < KEYS; i++) {
		struct str	k = { key, (size_t)snprintf(key, sizeof key,
				    "k%03u", i) };
		struct str	v = { value, (size_t)snprintf(value,
				    sizeof value, "%u", n) };

		if (kv_put(s->kv, k, v, &e) == -1) {
			kv_abort(s->kv);
			return -1;
		}
	}
	if (kv_commit(s->kv, &e) == -1) {
		kv_abort(s->kv);
		return -1;
	}
	s->committed = n;
	return 0;
}

static int
store_flush(struct store *s)
{
	struct err	e;

	if (kv_flush(s->kv, &e) == -1)
		return -1;
	s->flushed = s->committed;
	return 0;
}

/* The commit that it shows; -1: it answers nothing. */
static int64_t
store_state(struct store *s)
{
	struct err	e;
	struct str	k = STR("k000"), from, v;
	uint64_t	n, other;
	size_t		count = 0;
	int		rc;

	if ((rc = kv_get(s->kv, k, &v, &e)) == -1)
		return -1;
	if (rc == 1)
		return 0;
	assert_int_equal(str_uint(v, UINT32_MAX, &n), 0);
	from = STR("k");
	assert_int_equal(kv_seek(s->kv, from, &e), 0);
	while ((rc = kv_next(s->kv, &k, &v, &e)) == 0) {
		assert_int_equal(str_uint(v, UINT32_MAX, &other), 0);
		assert_int_equal(other, n);
		count++;
	}
	assert_int_equal(rc, 1);
	assert_int_equal(count, KEYS);
	return (int64_t)n;
}

static void
store_open(struct store *s)
{
	struct err	e;

	if (kv_open(&s->kv, &kv_real, &s->place, &e) != 0)
		fail_msg("%s", e.text);
}

/* Until something fails, or all has been done: false. */
static bool
store_work(struct store *s)
{
	struct err	e;

	while (s->tried < COMMITS) {
		if (store_commit(s) == -1 ||
		    (s->tried % FLUSH_EACH == 0 && store_flush(s) == -1) ||
		    kv_step(s->kv, &e) == -1)
			return true;
	}
	return false;
}

/* Everything that has an answer has the right one; and it works again. */
static void
store_goes_on(struct store *s)
{
	int64_t	n = store_state(s);

	assert_in_range(n, s->committed, s->tried);
	s->committed = (uint32_t)n;
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(store_flush(s), 0);
	assert_int_equal(store_state(s), s->tried);
}

/* It says nothing more, and the next open finds out. */
static bool
store_opens_again(struct store *s)
{
	struct err	e;
	int64_t		n;
	int		rc;

	assert_int_equal(store_state(s), -1);
	assert_int_equal(store_commit(s), -1);
	assert_int_equal(store_flush(s), -1);
	kv_close(&s->kv);
	rc = kv_open(&s->kv, &kv_real, &s->place, &e);
	if (rc == KV_DAMAGED) {
		assert_int_equal(kv_destroy(&kv_real, &s->place, &e), 0);
		store_open(s);
		return true;
	}
	assert_int_equal(rc, 0);
	/* LMDB's file was removed: an empty one, as that of a new spool. */
	if ((n = store_state(s)) == 0)
		return true;
	assert_in_range(n, s->flushed, s->tried);
	return false;
}

/* ---- Tests --------------------------------------------------------------- */

struct tally {
	int	rounds;		/* in which the fault came */
	int	went_on, again, made_anew;
};

/* false: there are fewer calls than that. */
static bool
fault_round(struct store *s, struct tally *t)
{
	bool	failed;

	s->flushed = s->committed = s->tried = 0;
	fault.failed = 0;
	fault.armed = false;
	store_open(s);
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(store_flush(s), 0);
	fault.armed = true;
	failed = store_work(s);
	fault.armed = false;
	if (fault.failed == 0) {
		assert_false(failed);
		return false;
	}
	t->rounds++;
	/* Where nobody was told of it, it may have been lost all the same, or
	 * was made good. */
	if (kv_sound(s->kv)) {
		store_goes_on(s);
		t->went_on++;
	} else if (store_opens_again(s))
		t->made_anew++;
	else
		t->again++;
	s->tried = s->committed;
	if (store_state(s) > 0)
		s->tried = s->committed = (uint32_t)store_state(s);
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(store_flush(s), 0);
	/* As after the process: what was flushed last is there. */
	kv_close(&s->kv);
	store_open(s);
	assert_int_equal(store_state(s), s->tried);
	return true;
}

static void
fault_all(enum fault_kind kind, int error, bool stays, struct tally *t)
{
	char		top[] = "/tmp/halyard-kv-XXXXXX", dir[64];
	struct store	s = { .place = { dir, 1 << 20 } };
	struct err	e;
	bool		more = true;
	int		n;

	assert_non_null(mkdtemp(top));
	(void)snprintf(dir, sizeof dir, "%s/index", top);
	fault.kind = kind;
	fault.error = error;
	fault.stays = stays;
	for (n = 1; more && n < 1000; n++) {
		fault.left = n;
		more = fault_round(&s, t);
		fault.armed = false;
		kv_close(&s.kv);
		assert_int_equal(kv_destroy(&kv_real, &s.place, &e), 0);
	}
	assert_false(more);
	(void)rmdir(dir);
	(void)rmdir(top);
}

/* After a sync that failed nothing is what it was: the store is not sound. */
static void
test_syncs(void **state)
{
	struct tally	t = { 0 };

	(void)state;
	fault_all(FAULT_SYNC, EIO, false, &t);
	fault_all(FAULT_SYNC, EIO, true, &t);
	print_message("%d rounds: %d went on, %d opened, %d made anew\n",
	    t.rounds, t.went_on, t.again, t.made_anew);
	assert_true(t.rounds > 4);
	assert_true(t.made_anew + t.again > 0);
}

/* A write that failed is made good, by a panic and a recovery if need be. */
static void
test_writes(void **state)
{
	struct tally	t = { 0 };

	(void)state;
	fault_all(FAULT_WRITE, EIO, false, &t);
	fault_all(FAULT_WRITE, EIO, true, &t);
	fault_all(FAULT_WRITE, ENOSPC, false, &t);
	fault_all(FAULT_WRITE, ENOSPC, true, &t);
	print_message("%d rounds: %d went on, %d opened, %d made anew\n",
	    t.rounds, t.went_on, t.again, t.made_anew);
	assert_true(t.rounds > 20);
	assert_true(t.went_on + t.again > 0);
}

/* A transaction that is more than cache and log hold in memory. */
static void
store_begin_large(struct store *s)
{
	struct err	e;
	char		key[16];
	uint32_t	i;

	assert_int_equal(kv_begin(s->kv, &e), 0);
	for (i = 0; i < 40000; i++) {
		struct str	k = { key, (size_t)snprintf(key, sizeof key,
				    "k%08u", i * 7919 % 40000) };

		assert_int_equal(kv_put(s->kv, k, STR("0"), &e), 0);
	}
}

/*
 * What can't be undone: Berkeley DB panics, and answers nothing more until it
 * is closed and recovered, which the next call does.  Where the disk fails
 * still, the store is not sound and is opened by whoever has it.
 */
static void
test_panic(void **state)
{
	char		top[] = "/tmp/halyard-kv-XXXXXX", dir[64];
	struct store	s = { .place = { dir, 1 << 20 } };
	struct err	e;

	(void)state;
	assert_non_null(mkdtemp(top));
	(void)snprintf(dir, sizeof dir, "%s/index", top);
	fault.kind = FAULT_READ;
	fault.error = EIO;
	fault.stays = true;
	for (int well = 0; well < 2; well++) {
		s.tried = s.committed = 0;
		store_open(&s);
		assert_int_equal(store_commit(&s), 0);
		assert_int_equal(store_flush(&s), 0);
		assert_int_equal(store_commit(&s), 0);
		store_begin_large(&s);
		fault.left = 1;
		fault.failed = 0;
		fault.armed = true;
		kv_abort(s.kv);
		if (well)
			fault.armed = false;
		/* Committed and not flushed, it is there all the same. */
		if (well || store_state(&s) != -1)
			store_goes_on(&s);
		else {
			fault.armed = false;
			assert_false(kv_sound(s.kv));
			(void)store_opens_again(&s);
		}
		fault.armed = false;
		kv_close(&s.kv);
		assert_int_equal(kv_destroy(&kv_real, &s.place, &e), 0);
	}
	(void)rmdir(dir);
	(void)rmdir(top);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_syncs),
		cmocka_unit_test(test_writes),
		cmocka_unit_test(test_panic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
