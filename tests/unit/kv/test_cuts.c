/*
 * kv: its process is killed, the store goes on in another one, and then the
 * power goes.  This program stands in for the calls that write, sync and
 * unlink: what each file has on the disk is kept apart from what the kernel
 * shows, which a process that was killed leaves behind and the next one reads.
 * At a cut each page that was not synced is there or not, as chance has it.
 *
 * After a cut there is the state after some commit, not older than the last
 * flush, or the store says that it is damaged where nothing was flushed yet.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "kv/kv.h"

#define HISTORIES	12
#define LIVES		4		/* processes; then a cut */
#define CALLS		400		/* most, of a life */
#define KEYS		600
#define BLOCK		4096
#define FILE_MAX	(8 << 20)

static char	top[] = "/tmp/halyard-kv-XXXXXX";
static char	dir[64], disk[64];	/* what the kernel shows; durable */

/* What the lives of a history share. */
static struct told {
	uint32_t	flushed, tried;
	uint32_t	seed;
	int		left;		/* calls until the end */
} *told;

static bool	armed;			/* in a life */

static uint32_t
chance(uint32_t below)
{
	told->seed = told->seed * 1664525 + 1013904223;
	return (told->seed >> 8) % below;
}

/* ---- The disk ------------------------------------------------------------ */

/* The library's own, which this program's hides. */
static void *
real(const char *name)
{
	void	*f = dlsym(RTLD_NEXT, name);

	assert_non_null(f);
	return f;
}

/* The store's file that fd is, as a path on the disk; false: it is none. */
static bool
durable_path(int fd, char *path, size_t size)
{
	char	link[64], name[256];
	ssize_t	n;

	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, name, sizeof name - 1);
	if (n <= 0)
		return false;
	name[n] = '\0';
	if (strncmp(name, dir, strlen(dir)) != 0 || name[strlen(dir)] != '/')
		return false;
	(void)snprintf(path, size, "%s%.64s", disk, name + strlen(dir));
	return true;
}

/* The life ends at a call that changes something. */
static void
call(int fd)
{
	char	path[256];

	if (armed && durable_path(fd, path, sizeof path) && --told->left <= 0)
		_exit(0);
}

static size_t
file_read(const char *path, char *room)
{
	int	fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t	n = 0;
	ssize_t	got;

	if (fd == -1)
		return 0;
	while ((got = read(fd, room + n, FILE_MAX - n)) > 0)
		n += (size_t)got;
	(void)close(fd);
	return n;
}

static void
file_write(const char *path, const char *bytes, size_t n)
{
	ssize_t	(*next)(int, const void *, size_t) =
	    (ssize_t (*)(int, const void *, size_t))real("write");
	int	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd != -1);
	assert_int_equal(next(fd, bytes, n), n);
	(void)close(fd);
}

static void
file_sync(int fd)
{
	static char	room[FILE_MAX];
	char		path[256], link[64];
	size_t		n;

	if (!armed || !durable_path(fd, path, sizeof path))
		return;
	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = file_read(link, room);
	file_write(path, room, n);
}

ssize_t
write(int fd, const void *p, size_t n)
{
	ssize_t	(*next)(int, const void *, size_t) =
	    (ssize_t (*)(int, const void *, size_t))real("write");

	call(fd);
	return next(fd, p, n);
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	ssize_t	(*next)(int, const void *, size_t, off_t) =
	    (ssize_t (*)(int, const void *, size_t, off_t))real("pwrite");

	ssize_t	put;

	call(fd);
	put = next(fd, p, n, at);
	if (put != -1 && (fcntl(fd, F_GETFL) & O_DSYNC) != 0)
		file_sync(fd);
	return put;
}

ssize_t
pwritev(int fd, const struct iovec *iov, int n, off_t at)
{
	ssize_t	(*next)(int, const struct iovec *, int, off_t) = (ssize_t (*)
	    (int, const struct iovec *, int, off_t))real("pwritev");

	call(fd);
	return next(fd, iov, n, at);
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off_t at)
{
	return pwrite(fd, p, n, at);
}

int
fdatasync(int fd)
{
	call(fd);
	file_sync(fd);
	return 0;
}

int
fsync(int fd)
{
	call(fd);
	file_sync(fd);
	return 0;
}

/* A name that goes is gone, and one that is made is there: only what files
 * hold is in question here. */
int
unlink(const char *name)
{
	int	(*next)(const char *) = (int (*)(const char *))real("unlink");
	char	path[256];

	if (armed && strncmp(name, dir, strlen(dir)) == 0) {
		(void)snprintf(path, sizeof path, "%s%.64s", disk,
		    name + strlen(dir));
		(void)next(path);
	}
	return next(name);
}

int
rename(const char *from, const char *to)
{
	int	(*next)(const char *, const char *) = (int (*)(const char *,
		    const char *))real("rename");
	char	old[256], new[256];

	if (armed && strncmp(from, dir, strlen(dir)) == 0) {
		(void)snprintf(old, sizeof old, "%s%.64s", disk,
		    from + strlen(dir));
		(void)snprintf(new, sizeof new, "%s%.64s", disk,
		    to + strlen(dir));
		(void)next(old, new);
	}
	return next(from, to);
}

/* One file: each block as it is on the disk, or as the kernel shows it. */
static void
file_cut(const char *name)
{
	static char	shown[FILE_MAX], kept[FILE_MAX];
	char		path[256], on_disk[256];
	size_t		n, had, at;

	(void)snprintf(path, sizeof path, "%s/%.64s", dir, name);
	(void)snprintf(on_disk, sizeof on_disk, "%s/%.64s", disk, name);
	memset(kept, 0, sizeof kept);
	n = file_read(path, shown);
	had = file_read(on_disk, kept);
	for (at = 0; at < n; at += BLOCK)
		if (chance(2) == 0) {
			size_t	end = at + BLOCK < n ? at + BLOCK : n;

			memcpy(kept + at, shown + at, end - at);
			if (end > had)
				had = end;
		}
	file_write(path, kept, had);
	file_write(on_disk, kept, had);
}

static void
cut(void)
{
	DIR		*d = opendir(dir);
	struct dirent	*f;

	assert_non_null(d);
	while ((f = readdir(d)) != NULL)
		if (f->d_name[0] != '.')
			file_cut(f->d_name);
	(void)closedir(d);
}

/* ---- The store ----------------------------------------------------------- */

/* A commit gives its number to the first key and to a few others, which are
 * in other pages from commit to commit. */
static uint32_t
key_at(uint32_t commit, uint32_t i)
{
	return i == 0 ? 0 : 1 + (commit * 7919 + i * 131) % (KEYS - 1);
}

#define EACH	20

static int
commit(struct kv *kv)
{
	struct err	e;
	char		key[16], value[KV_VALUE_MAX];
	uint32_t	n = ++told->tried, i;

	if (kv_begin(kv, &e) == -1)
		return -1;
	for (i = 0; i < EACH; i++) {
		struct str	k = { key, (size_t)snprintf(key, sizeof key,
				    "k%06u", key_at(n, i)) };
		struct str	v = { value, (size_t)snprintf(value,
				    sizeof value, "%050u", n) };

		if (kv_put(kv, k, v, &e) == -1)
			return -1;
	}
	return kv_commit(kv, &e);
}

/* The number that key i has after that commit; 0: it is not there. */
static uint32_t
want(uint32_t n, uint32_t key)
{
	uint32_t	i;

	for (; n > 0; n--)
		for (i = 0; i < EACH; i++)
			if (key_at(n, i) == key)
				return n;
	return 0;
}

static uint32_t
get(struct kv *kv, uint32_t key)
{
	struct err	e;
	char		name[16];
	struct str	k = { name, (size_t)snprintf(name, sizeof name,
			    "k%06u", key) }, v;
	uint64_t	n;
	int		rc = kv_get(kv, k, &v, &e);

	if (rc == -1)
		fail_msg("%s: %s", name, e.text);
	if (rc == 1)
		return 0;
	assert_int_equal(str_uint(v, UINT32_MAX, &n), 0);
	return (uint32_t)n;
}

/* In a child, which is killed at some call. */
static void
live(void)
{
	struct kv_place	 place = { dir, 64 << 10 };
	struct kv	*kv;
	struct err	 e;

	int			 rc;

	armed = true;
	rc = kv_open(&kv, &kv_real, &place, &e);
	/* It was killed while it was made. */
	if (rc == KV_DAMAGED && told->flushed == 0) {
		rc = kv_destroy(&kv_real, &place, &e);
		told->tried = 0;
		if (rc == 0)
			rc = kv_open(&kv, &kv_real, &place, &e);
	}
	if (rc != 0) {
		print_error("flushed %u of %u: %s\n", told->flushed,
		    told->tried, e.text);
		_exit(1);
	}
	for (;;) {
		if (commit(kv) == -1 || kv_step(kv, &e) == -1)
			_exit(2);
		if (chance(30) == 0) {
			uint32_t	n = told->tried;

			if (kv_flush(kv, &e) == -1)
				_exit(3);
			told->flushed = n;
		}
	}
}

static void
let_live(int life)
{
	int	status;
	pid_t	pid;

	told->left = 1 + (int)chance(CALLS);
	pid = fork();
	assert_true(pid != -1);
	if (pid == 0)
		live();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0)
		fail_msg("life %d: status %#x", life, status);
}

static void
check(void)
{
	struct kv_place	 place = { dir, 64 << 10 };
	struct kv	*kv;
	struct err	 e;
	uint32_t	 n, i;
	int		 rc = kv_open(&kv, &kv_real, &place, &e);

	if (rc == KV_DAMAGED && told->flushed == 0)
		return;
	if (rc != 0)
		fail_msg("flushed %u of %u: %s", told->flushed, told->tried,
		    e.text);
	n = get(kv, 0);
	assert_in_range(n, told->flushed, told->tried);
	for (i = 1; i < KEYS; i++)
		if (get(kv, i) != want(n, i))
			fail_msg("key %u: %u and not %u, after commit %u", i,
			    get(kv, i), want(n, i), n);
	kv_close(&kv);
}

static void
empty(const char *path)
{
	DIR		*d = opendir(path);
	struct dirent	*f;

	if (d == NULL)
		return;
	while ((f = readdir(d)) != NULL)
		(void)unlinkat(dirfd(d), f->d_name, 0);
	(void)closedir(d);
}

static void
test_killed_then_cut(void **state)
{
	const char	*more = getenv("KV_HISTORIES");
	int		 i, life, n = more != NULL ? atoi(more) : HISTORIES;

	(void)state;
	assert_non_null(mkdtemp(top));
	(void)snprintf(dir, sizeof dir, "%s/index", top);
	(void)snprintf(disk, sizeof disk, "%s/disk", top);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(mkdir(disk, 0700), 0);
	told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(told != MAP_FAILED);
	for (i = 0; i < n; i++) {
		*told = (struct told){ .seed = (uint32_t)i * 2654435761u };
		for (life = 0; life < LIVES; life++)
			let_live(life);
		cut();
		check();
		empty(dir);
		empty(disk);
	}
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(rmdir(disk), 0);
	assert_int_equal(rmdir(top), 0);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_killed_then_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
