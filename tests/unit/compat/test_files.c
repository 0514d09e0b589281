/*
 * Files and sockets as the system gives them, and as it does where it lacks
 * what we would rather have: this program stands in for openat(), pwrite()
 * and syscall(), and refuses what a row says.
 */
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "compat/beneath.h"
#include "compat/direct.h"
#include "compat/hide.h"
#include "compat/nameless.h"
#include "compat/nonlocal.h"
#include "compat/sandbox.h"

static struct {
	int	call;		/* errno of syscall(), or 0 */
	int	nameless;	/* of openat() with O_TMPFILE */
	int	writes[4];	/* of each pwrite() until a 0 */
	int	nwrites;
	bool	full;		/* pwrite() returns 0 */
} refuse;

/* The library's own, which this program's hides. */
static void *
real(const char *name)
{
	void	*f = dlsym(RTLD_NEXT, name);

	assert_non_null(f);
	return f;
}

long
syscall(long number, ...)
{
	long	(*next)(long, ...) = (long (*)(long, ...))real("syscall");
	long	a[4];
	va_list	ap;

	if (refuse.call != 0) {
		errno = refuse.call;
		return -1;
	}
	va_start(ap, number);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	return next(number, a[0], a[1], a[2], a[3]);
}

int
openat(int dir, const char *path, int flags, ...)
{
	int	(*next)(int, const char *, int, ...) =
	    (int (*)(int, const char *, int, ...))real("openat");
	va_list	ap;
	mode_t	mode;

	if (refuse.nameless != 0 && (flags & O_TMPFILE) == O_TMPFILE) {
		errno = refuse.nameless;
		return -1;
	}
	va_start(ap, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return next(dir, path, flags, mode);
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	ssize_t	(*next)(int, const void *, size_t, off_t) =
	    (ssize_t (*)(int, const void *, size_t, off_t))real("pwrite");

	if (refuse.full)
		return 0;
	if (refuse.writes[refuse.nwrites] != 0) {
		errno = refuse.writes[refuse.nwrites++];
		return -1;
	}
	return next(fd, p, n, at);
}

static char	folder[] = "/tmp/halyard-files.XXXXXX";
static int	top = -1, inside = -1;

static int
setup(void **state)
{
	static const char *const	dirs[] = { "in", "in/deep" };
	static const char *const	files[] = { "secret", "in/a",
					    "in/deep/b" };
	size_t				i;
	int				fd;

	(void)state;
	if (mkdtemp(folder) == NULL ||
	    (top = open(folder, O_RDONLY | O_DIRECTORY)) == -1)
		return -1;
	for (i = 0; i < sizeof dirs / sizeof dirs[0]; i++)
		if (mkdirat(top, dirs[i], 0700) == -1)
			return -1;
	for (i = 0; i < sizeof files / sizeof files[0]; i++) {
		fd = openat(top, files[i], O_WRONLY | O_CREAT, 0600);
		if (fd == -1 || close(fd) == -1)
			return -1;
	}
	if (symlinkat("../secret", top, "in/out") == -1 ||
	    symlinkat("deep/b", top, "in/link") == -1 ||
	    symlinkat("/", top, "in/root") == -1)
		return -1;
	inside = openat(top, "in", O_RDONLY | O_DIRECTORY);
	return inside == -1 ? -1 : 0;
}

static int
teardown(void **state)
{
	char	command[64];

	(void)state;
	(void)close(top);
	(void)close(inside);
	(void)snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command);
}

/* ---- Never out of a directory ----------------------------------------- */


/* errno of the call, and of the walk that stands in for it; 0: it opens. */
static void
test_beneath(void **state)
{
	static const struct {
		const char	*path;
		int		call, walk;
	} rows[] = {
		{ "a", 0, 0 },
		{ "deep/b", 0, 0 },
		{ "deep//b", 0, 0 },
		{ "./deep/./b", 0, 0 },
		{ "deep/../a", 0, EXDEV },
		{ "link", 0, ELOOP },
		{ "out", EXDEV, ELOOP },
		{ "root", EXDEV, ELOOP },
		{ "root/etc/passwd", EXDEV, ENOTDIR },
		{ "../secret", EXDEV, EXDEV },
		{ "..", EXDEV, EXDEV },
		{ "deep/../../secret", EXDEV, EXDEV },
		{ "/etc/passwd", EXDEV, EXDEV },
		{ "none", ENOENT, ENOENT },
		{ "none/b", ENOENT, ENOENT },
		{ "deep/none", ENOENT, ENOENT },
		{ "a/b", ENOTDIR, ENOTDIR },
		{ "deep/" "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
		    "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
		    "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
		    "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
		    "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn",
		    ENAMETOOLONG, ENAMETOOLONG },
	};
	size_t	i;
	int	fd, want;

	(void)state;
	for (i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
		refuse.call = i % 2 == 0 ? 0 : ENOSYS;
		want = i % 2 == 0 ? rows[i / 2].call : rows[i / 2].walk;
		errno = 0;
		fd = open_beneath(inside, rows[i / 2].path, O_RDONLY);
		if (fd == -1 ? errno != want : want != 0)
			fail_msg("%s: %s", rows[i / 2].path, strerror(errno));
		if (fd == -1)
			continue;
		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
		(void)close(fd);
	}
	refuse.call = 0;
}

/* ---- Files without a name ---------------------------------------------- */

static void
test_nameless(void **state)
{
	static const int	rows[] = { 0, EOPNOTSUPP, EISDIR, EINVAL };
	struct stat		st;
	size_t			i;
	int			fd;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		refuse.nameless = rows[i];
		assert_int_not_equal(fd = open_nameless(inside), -1);
		assert_int_equal(fstat(fd, &st), 0);
		assert_int_equal(st.st_nlink, 0);
		assert_int_equal(st.st_mode & 0777, 0600);
		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
		(void)close(fd);
	}
	/* Any other fault is one. */
	refuse.nameless = ENOSPC;
	assert_int_equal(open_nameless(inside), -1);
	assert_int_equal(errno, ENOSPC);
	refuse.nameless = EINVAL;
	assert_int_equal(open_nameless(-1), -1);
	refuse.nameless = 0;
}

/* ---- Zeros past the cache ---------------------------------------------- */

#define ZEROS	(300 * 1024 / 4096 * 4096)

static void
test_zeros(void **state)
{
	static const struct {
		int	writes[4];
		bool	full;
		int	want;
	} rows[] = {
		{ { 0 }, false, 0 },
		{ { EINTR }, false, 0 },
		{ { EINVAL }, false, 0 },	/* not past the cache, then */
		{ { EINVAL, EIO }, false, EIO },
		{ { ENOSPC }, false, ENOSPC },
		{ { EINTR, EIO }, false, EIO },
		{ { 0 }, true, ENOSPC },
	};
	static char	text[ZEROS];
	struct stat	st;
	size_t		i, n;
	int		fd, flags;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		fd = openat(inside, "zeros", O_RDWR | O_CREAT | O_TRUNC, 0600);
		assert_int_not_equal(fd, -1);
		flags = fcntl(fd, F_GETFL);
		memset(text, 'x', sizeof text);
		assert_int_equal(write(fd, text, 4096), 4096);
		memcpy(refuse.writes, rows[i].writes, sizeof refuse.writes);
		refuse.nwrites = 0;
		refuse.full = rows[i].full;
		errno = 0;
		assert_int_equal(direct_zeros(fd, 4096, ZEROS),
		    rows[i].want == 0 ? 0 : -1);
		if (rows[i].want != 0)
			assert_int_equal(errno, rows[i].want);
		assert_int_equal(fcntl(fd, F_GETFL), flags);
		memset(refuse.writes, 0, sizeof refuse.writes);
		refuse.full = false;
		if (rows[i].want == 0) {
			assert_int_equal(fstat(fd, &st), 0);
			assert_int_equal(st.st_size, 4096 + ZEROS);
			assert_int_equal(pread(fd, text, ZEROS, 4096), ZEROS);
			for (n = 0; n < ZEROS && text[n] == '\0'; n++)
				;
			assert_int_equal(n, ZEROS);
			assert_int_equal(pread(fd, text, 1, 4095), 1);
			assert_int_equal(text[0], 'x');
		}
		(void)close(fd);
	}
	assert_int_equal(direct_zeros(-1, 0, 4096), -1);
	assert_int_equal(errno, EBADF);
}

/* ---- Sockets and memory ------------------------------------------------ */

static void
test_nonlocal(void **state)
{
	static const int	families[] = { AF_INET, AF_INET6 };
	struct sockaddr_in	far = { .sin_family = AF_INET };
	int			fd;

	(void)state;
	far.sin_addr.s_addr = htonl(0xc0000201);	/* 192.0.2.1 */
	for (int i = 0; i < 2; i++) {
		if ((fd = socket(families[i], SOCK_STREAM, 0)) == -1)
			continue;			/* no IPv6 here */
		assert_int_equal(socket_nonlocal(fd, families[i]), 0);
		if (families[i] == AF_INET)
			assert_int_equal(bind(fd, (struct sockaddr *)&far,
			    sizeof far), 0);
		(void)close(fd);
	}
	assert_int_equal(socket_nonlocal(-1, AF_INET), -1);
}

static void
test_hidden(void **state)
{
	struct rlimit	core;
	int		status;
	pid_t		pid;

	(void)state;
	if (sandbox_foreign())
		skip();
	if ((pid = fork()) == 0)
		_exit(process_hide() == 0 &&
		    getrlimit(RLIMIT_CORE, &core) == 0 &&
		    core.rlim_max == 0 ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_beneath),
		cmocka_unit_test(test_nameless),
		cmocka_unit_test(test_zeros),
		cmocka_unit_test(test_nonlocal),
		cmocka_unit_test(test_hidden),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
