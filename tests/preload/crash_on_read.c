/*
 * A test's fault: deliver or bounce dies of a message.  Preloaded, a process of
 * that program that reads its words from a file gets SIGSEGV, as if something
 * in the message had made it go wrong.
 */
#include <sys/types.h>
#include <sys/uio.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define DELIVER	"X-Test: crash the worker"
#define BOUNCE	"X-Test: crash who tells of it"

ssize_t	pread(int fd, void *p, size_t n, off_t at);

static int
holds(const void *p, ssize_t got, const char *program, const char *words)
{
	return strcmp(program_invocation_short_name, program) == 0 &&
	    memmem(p, (size_t)got, words, strlen(words)) != NULL;
}

ssize_t
pread(int fd, void *p, size_t n, off_t at)
{
	struct iovec	iov = { p, n };
	ssize_t		got = preadv(fd, &iov, 1, at);

	if (got > 0 && (holds(p, got, "deliver", DELIVER) ||
	    holds(p, got, "bounce", BOUNCE)))
		(void)raise(SIGSEGV);
	return got;
}
