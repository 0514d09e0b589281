/*
 * A test's fault: deliver dies of a message.  Preloaded, a process of that
 * program that reads these words from a file gets SIGSEGV, as if something in
 * the message had made it go wrong.
 */
#include <sys/types.h>
#include <sys/uio.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define WORDS	"X-Test: crash the worker"

ssize_t	pread(int fd, void *p, size_t n, off_t at);

ssize_t
pread(int fd, void *p, size_t n, off_t at)
{
	struct iovec	iov = { p, n };
	ssize_t		got = preadv(fd, &iov, 1, at);

	if (got > 0 && strcmp(program_invocation_short_name, "deliver") == 0 &&
	    memmem(p, (size_t)got, WORDS, sizeof WORDS - 1) != NULL)
		(void)raise(SIGSEGV);
	return got;
}
