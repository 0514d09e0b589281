/*
 * A test's fault: a worker is taken over.  Preloaded, a process of the program
 * that CAPTURED names runs what is below once it has read these words, from a
 * file or a socket: so it tries, with all that the worker has and is, what the
 * worker never does.
 *
 * CAPTURED_REPORT is a file of REPORT_SIZE bytes.  The test writes process ids
 * into it, and finds lines "ATTEMPT RESULT" from REPORT_AT on; a result is "ok"
 * or the error.  The last line is "over".
 */
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORDS		"X-Test: take it over"
#define SECRET		"X-Test: nobody else's"
#define REPORT_SIZE	65536
#define REPORT_AT	4096
#define FDS		256

ssize_t	pread(int fd, void *p, size_t n, off_t at);
ssize_t	recv(int fd, void *p, size_t n, int flags);

static char	*report;
static size_t	 report_len;
static char	 spool[256];

__attribute__((constructor)) static void
captured_begin(void)
{
	const char	*program = getenv("CAPTURED");
	const char	*path = getenv("CAPTURED_REPORT");
	const char	*dir = getenv("CAPTURED_SPOOL");
	void		*map;
	int		 fd;

	if (program == NULL || path == NULL || dir == NULL ||
	    strcmp(program_invocation_short_name, program) != 0 ||
	    (fd = open(path, O_RDWR | O_CLOEXEC)) == -1)
		return;
	(void)snprintf(spool, sizeof spool, "%s", dir);
	map = mmap(NULL, REPORT_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
	    0);
	(void)close(fd);
	if (map != MAP_FAILED)
		report = map;
}

static void
say(long rc, const char *format, ...)
{
	const char	*what = rc != -1 ? "ok" : strerrorname_np(errno);
	char		 name[256];
	va_list		 ap;
	int		 n;

	va_start(ap, format);
	(void)vsnprintf(name, sizeof name, format, ap);
	va_end(ap);
	n = snprintf(report + REPORT_AT + report_len, REPORT_SIZE - REPORT_AT -
	    report_len, "%s %s\n", name, what);
	if (n > 0 && report_len + (size_t)n < REPORT_SIZE - REPORT_AT)
		report_len += (size_t)n;
}

/* ---- Mail, and what lies beside it --------------------------------------- */

static void
try_names(void)
{
	static const char	*const names[] = { "/", ".", "..",
	    "/etc/passwd", "/proc/self/mem", "/segments", "queue/segments",
	    "../queue/segments", "../../main.cf" };
	char			 path[512];
	size_t			 i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		say(open(names[i], O_RDONLY | O_CLOEXEC), "open:%s", names[i]);
	say(open(spool, O_RDONLY | O_CLOEXEC), "open:spool");
	(void)snprintf(path, sizeof path, "%s/segments", spool);
	say(open(path, O_RDONLY | O_CLOEXEC), "open:segments");
	say(open("new", O_RDWR | O_CREAT | O_CLOEXEC, 0600), "create:file");
	say(mkdir("folder", 0700), "create:folder");
	say(unlink("cleanup.sock"), "unlink");
	say(rename("cleanup.sock", "qmgr.sock"), "rename");
	say(chmod("cleanup.sock", 0777), "chmod");
	say(chroot("/"), "chroot");
	say(setuid(0), "setuid");
}

/* Is it in one of its files that others have written? */
static void
try_file(int fd)
{
	static char	bytes[1 << 20];
	struct iovec	iov = { bytes, sizeof bytes };
	off_t		at = 0;
	ssize_t		got;

	while ((got = preadv(fd, &iov, 1, at)) > 0) {
		if (memmem(bytes, (size_t)got, SECRET, sizeof SECRET - 1) !=
		    NULL) {
			say(0, "secret");
			break;
		}
		at += got;
	}
	/* What it can read, it must not be able to write. */
	if (at == 0 && got <= 0)
		return;
	say(pwrite(fd, "x", 1, 0), "write:file");
	say(ftruncate(fd, 0), "truncate:file");
	say(fallocate(fd, 0, 0, 1 << 20), "allocate:file");
}

static void
try_files(void)
{
	struct stat	st;
	int		fd;

	for (fd = 0; fd < FDS; fd++) {
		if (fstat(fd, &st) == -1)
			continue;
		if (S_ISREG(st.st_mode))
			try_file(fd);
		if (!S_ISDIR(st.st_mode))
			continue;
		say(openat(fd, "..", O_RDONLY | O_CLOEXEC), "openat:..");
		say(openat(fd, "../queue", O_RDONLY | O_CLOEXEC),
		    "openat:../queue");
		say(openat(fd, "/", O_RDONLY | O_CLOEXEC), "openat:/");
	}
}

/* ---- Other processes ----------------------------------------------------- */

static void
try_process(pid_t pid)
{
	say(kill(pid, 0), "signal");
	say(kill(pid, SIGSTOP), "stop");
	say(tgkill(pid, pid, SIGSTOP), "tgkill");
	say(prlimit(pid, RLIMIT_NOFILE, NULL, NULL), "prlimit");
}

static void
try_processes(void)
{
	char	*p = report, *end;
	long	 pid;

	while ((pid = strtol(p, &end, 10)) > 0) {
		if (pid != getpid())
			try_process((pid_t)pid);
		p = end;
	}
	say(kill(-1, SIGSTOP), "signal:all");
}

/* ---- Sockets ------------------------------------------------------------- */

/* Does the other keep who says nothing that makes sense? */
static void
try_socket(const char *name)
{
	struct sockaddr_un	sun = { .sun_family = AF_UNIX };
	struct pollfd		p = { .events = POLLIN };
	static const char	noise[8] = { 0, 0, 0, 0, 0, 77, 0, 0 };

	p.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)snprintf(sun.sun_path, sizeof sun.sun_path, "%s", name);
	if (p.fd == -1 || connect(p.fd, (struct sockaddr *)&sun,
	    sizeof sun) == -1) {
		say(-1, "connect:%s", name);
		return;
	}
	(void)send(p.fd, noise, sizeof noise, MSG_NOSIGNAL);
	errno = ETIMEDOUT;
	say(poll(&p, 1, 3000) == 1 ? 0 : -1, "closed:%s", name);
	(void)close(p.fd);
}

static void
try_sockets(void)
{
	static const char	*const names[] = { "master.sock",
	    "metrics.sock", "share.sock", "cleanup.sock", "qmgr.sock" };
	struct sockaddr_un	sun = { .sun_family = AF_UNIX,
				    .sun_path = "mine.sock" };
	size_t			i;
	int			fd;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		try_socket(names[i]);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	say(bind(fd, (struct sockaddr *)&sun, sizeof sun), "bind:unix");
	(void)close(fd);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	say(fd, "socket:inet");
	say(listen(fd, 1), "listen");
}

/* ---- Taken over ---------------------------------------------------------- */

static void
look(const void *p, ssize_t got)
{
	static int	 over;
	int		 error = errno;

	if (report == NULL || over || got <= 0 ||
	    memmem(p, (size_t)got, WORDS, sizeof WORDS - 1) == NULL)
		return;
	over = 1;
	try_names();
	try_files();
	try_processes();
	try_sockets();
	say(0, "over");
	errno = error;
}

ssize_t
pread(int fd, void *p, size_t n, off_t at)
{
	struct iovec	iov = { p, n };
	ssize_t		got = preadv(fd, &iov, 1, at);

	look(p, got);
	return got;
}

ssize_t
recv(int fd, void *p, size_t n, int flags)
{
	ssize_t	got = recvfrom(fd, p, n, flags, NULL, NULL);

	look(p, got);
	return got;
}
