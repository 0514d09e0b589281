/*
 * What the sandbox leaves a process, each tried in a child of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "compat/beneath.h"
#include "compat/nameless.h"
#include "compat/sandbox.h"

#define ALL	(SANDBOX_NET | SANDBOX_FILES)

static char			 top[] = "/tmp/test_sandbox.XXXXXX";
static struct sandbox_dirs	 dirs = SANDBOX_DIRS_NONE;
static int			 log_fd;
static int			 listener;

/* Each: 0 it went, or errno. */
static int
result(int rc)
{
	return rc == -1 ? errno : 0;
}

static int
try_exec(void)
{
	return result(execl("/bin/true", "true", (char *)NULL));
}

static int
try_ptrace(void)
{
	return result((int)ptrace(PTRACE_TRACEME, 0, NULL, NULL));
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
try_signal(void)
{
	return result(kill(getppid(), 0));
}

static int
try_abort(void)
{
	(void)signal(SIGABRT, SIG_DFL);
	abort();
}

static int
try_open_outside(void)
{
	return result(open("/etc/passwd", O_RDONLY));
}

static int
try_open_beneath(void)
{
	return result(open_beneath(dirs.read, "in", O_RDONLY));
}

static int
try_open_too(void)
{
	return result(open_beneath(dirs.read_too, "in", O_RDONLY));
}

static int
try_write_too(void)
{
	return result(open_beneath(dirs.read_too, "in", O_RDWR));
}

static int
try_open_leaving(void)
{
	return result(open_beneath(dirs.read, "../in", O_RDONLY));
}

static int
try_write_to_read(void)
{
	return result(open_beneath(dirs.read, "in", O_RDWR));
}

static int
try_create_in_read(void)
{
	return result(openat(dirs.read, "new", O_RDWR | O_CREAT, 0600));
}

static int
try_scratch(void)
{
	int	fd = open_nameless(dirs.scratch);
	char	c = 0;

	if (fd == -1 || write(fd, "x", 1) != 1)
		return errno;
	return pread(fd, &c, 1, 0) == 1 && c == 'x' ? 0 : EIO;
}

static int
try_inet(void)
{
	return result(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int
try_unix(void)
{
	return result(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int
try_raw(void)
{
	return result(socket(AF_PACKET, SOCK_RAW, 0));
}

static int
try_listen(void)
{
	int	fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return fd == -1 ? 0 : result(listen(fd, 1));
}

static int
try_memory(void)
{
	void	*p = malloc(1 << 24);

	if (p == NULL)
		return ENOMEM;
	memset(p, 1, 1 << 24);
	free(p);
	return 0;
}

static int
try_clock(void)
{
	struct timespec	ts;
	struct tm	tm;
	time_t		now;

	if (clock_gettime(CLOCK_REALTIME, &ts) == -1)
		return errno;
	now = ts.tv_sec;
	return localtime_r(&now, &tm) != NULL ? 0 : EINVAL;
}

static int
try_mkdir(void)
{
	return result(mkdirat(dirs.scratch, "d", 0700));
}

static int
try_chmod(void)
{
	return result(fchmod(dirs.scratch, 0777));
}

/* What a log is to a worker: a descriptor from before. */
static int
try_empty_log(void)
{
	return result(ftruncate(log_fd, 0));
}

static int
try_signal_by_io(void)
{
	return result(fcntl(log_fd, F_SETOWN, getppid()));
}

static int
try_raw_inet(void)
{
	return result(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
}

static int
try_ping(void)
{
	return result(socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP));
}

static int
try_udp(void)
{
	int	on = 1, fd = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK |
		    SOCK_CLOEXEC, IPPROTO_UDP);

	return fd == -1 ? errno : result(setsockopt(fd, IPPROTO_IPV6,
	    IPV6_V6ONLY, &on, sizeof on));
}

static int
try_udp_options(void)
{
	int	on = 1, fd = socket(AF_INET, SOCK_DGRAM, 0);

	return fd == -1 ? 0 : result(setsockopt(fd, IPPROTO_UDP, 1, &on,
	    sizeof on));
}

static int
try_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED ? 0 : errno;
}

static int
try_make_code(void)
{
	void	*p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return 0;
	return result(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int
try_links(void)
{
	if (linkat(dirs.read, "in", dirs.scratch, "in", 0) == 0 ||
	    symlinkat("/etc/passwd", dirs.scratch, "s") == 0 ||
	    renameat(dirs.read, "in", dirs.scratch, "in") == 0 ||
	    mknodat(dirs.scratch, "p", S_IFIFO | 0600, 0) == 0)
		return 0;
	return errno;
}

static int
try_owner(void)
{
	return result(fchown(log_fd, getuid(), getgid()));
}

static int
try_socket_file(void)
{
	struct sockaddr_un	a = { .sun_family = AF_UNIX };
	int			fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(a.sun_path, sizeof a.sun_path, "%s/s/sock", top);
	return fd == -1 ? 0 : result(bind(fd, (struct sockaddr *)&a,
	    sizeof a));
}

/* The log is shared with other workers: what is written goes to its end,
 * whatever one of them tries first. */
static int
try_overwrite_log(void)
{
	static const int	flags[] = { 0, O_NONBLOCK, O_WRONLY,
	    O_NONBLOCK | O_DIRECT };
	struct stat		st;
	off_t			size;
	size_t			i;

	for (i = 0; i < sizeof flags / sizeof flags[0]; i++)
		(void)fcntl(log_fd, F_SETFL, flags[i]);
	if (fstat(log_fd, &st) == -1)
		return errno;
	size = st.st_size;
	(void)lseek(log_fd, 0, SEEK_SET);
	if (write(log_fd, "line\n", 5) != 5 || fstat(log_fd, &st) == -1)
		return errno;
	return st.st_size == size + 5 &&
	    (fcntl(log_fd, F_GETFL) & O_APPEND) != 0 ? 0 : EIO;
}

static int
try_clear_append(void)
{
	return result(fcntl(log_fd, F_SETFL, 0));
}

/* A line is no block of the disk: nobody could write one. */
static int
try_direct(void)
{
	return result(fcntl(log_fd, F_SETFL, O_APPEND | O_NONBLOCK |
	    O_DIRECT));
}

static int
try_seek(void)
{
	return lseek(log_fd, 0, SEEK_SET) == -1 ? errno : 0;
}

static int
try_pwrite(void)
{
	return result((int)pwrite(log_fd, "x", 1, 0));
}

/* What libraries do to sockets of theirs. */
static int
try_nonblock(void)
{
	int	fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd == -1 || fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) ==
	    -1)
		return errno;
	return (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0 ? 0 : EIO;
}

static int
try_bad_nonblock(void)
{
	return result(fcntl(999, F_SETFL, O_NONBLOCK));
}

/* Others would wait in accept(). */
static int
try_block_listener(void)
{
	return result(fcntl(listener, F_SETFL, O_APPEND));
}

static int
try_shut_listener(void)
{
	return result(shutdown(listener, SHUT_RD));
}

static int
try_shut_both(void)
{
	return result(shutdown(listener, SHUT_RDWR));
}

static int
try_deaf_listener(void)
{
	int	bytes = 1;

	return result(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &bytes,
	    sizeof bytes));
}

static int
try_slow_listener(void)
{
	int	size = 88;

	return result(setsockopt(listener, IPPROTO_TCP, TCP_MAXSEG, &size,
	    sizeof size));
}

static const struct {
	const char	*name;
	int		(*fn)(void);
	unsigned int	 promises;
	int		 want;		/* errno; -SIGNAL; 1000: any failure */
} rows[] = {
	{ "exec", try_exec, ALL, -SIGSYS },
	{ "ptrace", try_ptrace, ALL, -SIGSYS },
	{ "fork", try_fork, ALL, EPERM },
	{ "signal", try_signal, ALL, EPERM },
	{ "abort", try_abort, ALL, -SIGABRT },
	{ "open outside", try_open_outside, ALL, EACCES },
	{ "open outside, no files", try_open_outside, SANDBOX_NET, EPERM },
	{ "open beneath", try_open_beneath, ALL, 0 },
	{ "open beneath the other", try_open_too, ALL, 0 },
	{ "open beneath, no files", try_open_beneath, 0, EPERM },
	{ "open leaving", try_open_leaving, ALL, EXDEV },
	{ "write to read", try_write_to_read, ALL, EACCES },
	{ "write to the other", try_write_too, ALL, EACCES },
	{ "create in read", try_create_in_read, ALL, EACCES },
	{ "scratch", try_scratch, ALL, 0 },
	{ "scratch, no files", try_scratch, 0, EPERM },
	{ "inet", try_inet, ALL, 0 },
	{ "inet, no net", try_inet, SANDBOX_FILES, EPERM },
	{ "unix", try_unix, 0, 0 },
	{ "raw", try_raw, ALL, EPERM },
	{ "listen", try_listen, ALL, EPERM },
	{ "memory", try_memory, 0, 0 },
	{ "clock", try_clock, 0, 0 },
	{ "mkdir", try_mkdir, ALL, EPERM },
	{ "chmod", try_chmod, ALL, EPERM },
	{ "empty log", try_empty_log, ALL, EPERM },
	{ "signal by io", try_signal_by_io, ALL, EPERM },
	{ "raw inet", try_raw_inet, ALL, EPERM },
	{ "ping", try_ping, ALL, EPERM },
	{ "udp", try_udp, ALL, 0 },
	{ "udp options", try_udp_options, ALL, EPERM },
	{ "code", try_code, ALL, 0 },
	{ "code, no files", try_code, SANDBOX_NET, EPERM },
	{ "make code, no files", try_make_code, 0, EPERM },
	{ "links", try_links, ALL, EPERM },
	{ "owner", try_owner, ALL, EPERM },
	{ "socket file", try_socket_file, ALL, EACCES },
	{ "overwrite log", try_overwrite_log, ALL, 0 },
	{ "clear append", try_clear_append, ALL, EPERM },
	{ "direct", try_direct, ALL, EPERM },
	{ "seek", try_seek, ALL, EPERM },
	{ "pwrite", try_pwrite, ALL, EPERM },
	{ "nonblock", try_nonblock, ALL, 0 },
	{ "bad nonblock", try_bad_nonblock, ALL, EBADF },
	{ "block listener", try_block_listener, ALL, EPERM },
	{ "shut listener", try_shut_listener, ALL, EPERM },
	{ "shut both", try_shut_both, ALL, EPERM },
	{ "deaf listener", try_deaf_listener, ALL, EPERM },
	{ "slow listener", try_slow_listener, ALL, EPERM },
};

static int
run(size_t row)
{
	pid_t	pid = fork();
	int	status;

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		if (sandbox_enter(rows[row].promises, &dirs) == -1)
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
	char	path[64];
	int	fd;

	(void)state;
	if (mkdtemp(top) == NULL)
		return -1;
	(void)snprintf(path, sizeof path, "%s/r", top);
	if (mkdir(path, 0700) == -1)
		return -1;
	dirs.read = open(path, O_RDONLY | O_DIRECTORY);
	(void)snprintf(path, sizeof path, "%s/t", top);
	if (mkdir(path, 0700) == -1)
		return -1;
	dirs.read_too = open(path, O_RDONLY | O_DIRECTORY);
	if ((fd = openat(dirs.read_too, "in", O_WRONLY | O_CREAT, 0600)) ==
	    -1 || close(fd) == -1)
		return -1;
	(void)snprintf(path, sizeof path, "%s/s", top);
	if (mkdir(path, 0700) == -1)
		return -1;
	dirs.scratch = open(path, O_RDONLY | O_DIRECTORY);
	log_fd = openat(dirs.scratch, "log", O_WRONLY | O_APPEND | O_CREAT,
	    0600);
	fd = openat(dirs.read, "in", O_WRONLY | O_CREAT, 0600);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (listener == -1 || listen(listener, 1) == -1)
		return -1;
	return log_fd == -1 || fd == -1 ? -1 : close(fd);
}

static int
teardown(void **state)
{
	int	dir = open(top, O_RDONLY | O_DIRECTORY);

	(void)state;
	(void)unlinkat(dirs.read, "in", 0);
	(void)unlinkat(dirs.read, "new", 0);
	(void)unlinkat(dirs.scratch, "log", 0);
	(void)unlinkat(dirs.scratch, "sock", 0);
	(void)unlinkat(dirs.scratch, "d", AT_REMOVEDIR);
	(void)unlinkat(dirs.read_too, "in", 0);
	(void)close(dirs.read_too);
	(void)unlinkat(dir, "t", AT_REMOVEDIR);
	(void)close(dirs.read);
	(void)close(dirs.scratch);
	(void)close(listener);
	(void)unlinkat(dir, "r", AT_REMOVEDIR);
	(void)unlinkat(dir, "s", AT_REMOVEDIR);
	(void)close(dir);
	return rmdir(top);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = { cmocka_unit_test(test_rows) };

	return cmocka_run_group_tests(tests, setup, teardown);
}
