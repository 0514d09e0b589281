/*
 * What the sandbox leaves who works in the spool, each tried in a child of its
 * own: all that one does to files beneath one directory, and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "compat/sandbox.h"

static char			 top[] = "/tmp/test_spool.XXXXXX";
static struct sandbox_dirs	 dirs = SANDBOX_DIRS_NONE;
static int			 link_fd;

static int
result(int rc)
{
	return rc == -1 ? errno : 0;
}

/* As common/spool/disk_real.c writes a segment. */
static int
try_segment(void)
{
	struct iovec	iov = { (char *)(uintptr_t)"bytes", 5 };
	struct statvfs	st;
	int		fd;

	if (mkdirat(dirs.spool, "segments", 0700) == -1 || (fd = openat(
	    dirs.spool, "segments/1", O_RDWR | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600)) == -1)
		return errno;
	if (flock(fd, LOCK_EX | LOCK_NB) == -1 ||
	    posix_fallocate(fd, 0, 8192) != 0 ||
	    pwritev(fd, &iov, 1, 4096) != 5 || fdatasync(fd) == -1 ||
	    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0 ||
	    ftruncate(fd, 4096) == -1 || fstatvfs(dirs.spool, &st) == -1 ||
	    renameat(dirs.spool, "segments/1", dirs.spool, "two") == -1 ||
	    fsync(dirs.spool) == -1 || unlinkat(dirs.spool, "two", 0) == -1)
		return errno;
	return result(unlinkat(dirs.spool, "segments", AT_REMOVEDIR));
}

static int
try_direct(void)
{
	int	fd = openat(dirs.spool, "d", O_RDWR | O_CREAT, 0600), flags;

	if (fd == -1 || (flags = fcntl(fd, F_GETFL)) == -1)
		return errno;
	if (fcntl(fd, F_SETFL, flags | O_DIRECT) == -1 && errno != EINVAL)
		return errno;
	return result(fcntl(fd, F_SETFL, flags));
}

static int
try_list(void)
{
	int	 fd = openat(dirs.spool, ".", O_RDONLY | O_DIRECTORY);
	DIR	*d = fd != -1 ? fdopendir(fd) : NULL;

	return d != NULL && readdir(d) != NULL ? 0 : errno;
}

/* As a store that knows only paths. */
static int
try_path(void)
{
	char	path[64];

	(void)snprintf(path, sizeof path, "%s/p", top);
	return result(open(path, O_RDWR | O_CREAT, 0600));
}

static int
try_map(void)
{
	int	fd = openat(dirs.spool, "m", O_RDWR | O_CREAT, 0600);

	if (fd == -1 || ftruncate(fd, 4096) == -1)
		return errno;
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) !=
	    MAP_FAILED ? 0 : errno;
}

/* A socket that was made before, and a descriptor over it. */
static int
try_link(void)
{
	char	c = 'x';

	return send(link_fd, &c, 1, 0) == 1 ? 0 : errno;
}

static int
try_outside(void)
{
	return result(open("/etc/passwd", O_RDONLY));
}

static int
try_leaving(void)
{
	return result(renameat(dirs.spool, "keep", AT_FDCWD, "/tmp/kept"));
}

static int
try_inet(void)
{
	return result(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int
try_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED ? 0 : errno;
}

static int
try_exec(void)
{
	return result(execl("/bin/true", "true", (char *)NULL));
}

static int
try_fork(void)
{
	pid_t	pid = fork();

	if (pid == 0)
		_exit(0);
	return result((int)pid);
}

static int
try_hard_link(void)
{
	return result(linkat(dirs.spool, "keep", dirs.spool, "too", 0));
}

static int
try_chmod(void)
{
	return result(fchmod(dirs.spool, 0777));
}

static int
try_signal(void)
{
	return result(kill(getppid(), 0));
}

static int
try_signal_by_io(void)
{
	return result(fcntl(link_fd, F_SETFL, O_ASYNC));
}

static const struct {
	const char	*name;
	int		(*fn)(void);
	int		 want;		/* errno, or -SIGNAL */
} rows[] = {
	{ "segment", try_segment, 0 },
	{ "direct", try_direct, 0 },
	{ "list", try_list, 0 },
	{ "path", try_path, 0 },
	{ "map", try_map, 0 },
	{ "link", try_link, 0 },
	{ "outside", try_outside, EACCES },
	{ "leaving", try_leaving, EACCES },
	{ "inet", try_inet, EPERM },
	{ "code", try_code, EPERM },
	{ "exec", try_exec, -SIGSYS },
	{ "fork", try_fork, EPERM },
	{ "hard link", try_hard_link, EPERM },
	{ "chmod", try_chmod, EPERM },
	{ "signal", try_signal, EPERM },
	{ "signal by io", try_signal_by_io, EPERM },
};

static int
run(size_t row)
{
	pid_t	pid = fork();
	int	status;

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		if (sandbox_enter(SANDBOX_SPOOL, &dirs) == -1)
			_exit(255);
		_exit(rows[row].fn());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void
test_rows(void **state)
{
	size_t	i;
	int	got;

	(void)state;
	if (sandbox_foreign())
		skip();
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		got = run(i);
		if (got != rows[i].want)
			fail_msg("%s: %d, not %d", rows[i].name, got,
			    rows[i].want);
	}
}

static int
setup(void **state)
{
	int	fd, sv[2];

	(void)state;
	if (mkdtemp(top) == NULL ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == -1)
		return -1;
	link_fd = sv[0];
	dirs.spool = open(top, O_RDONLY | O_DIRECTORY);
	fd = openat(dirs.spool, "keep", O_WRONLY | O_CREAT, 0600);
	return fd == -1 ? -1 : close(fd);
}

static int
teardown(void **state)
{
	static const char	*const left[] = { "keep", "d", "p", "m", "two",
	    "segments/1" };
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof left / sizeof left[0]; i++)
		(void)unlinkat(dirs.spool, left[i], 0);
	(void)unlinkat(dirs.spool, "segments", AT_REMOVEDIR);
	(void)close(dirs.spool);
	return rmdir(top);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = { cmocka_unit_test(test_rows) };

	return cmocka_run_group_tests(tests, setup, teardown);
}
