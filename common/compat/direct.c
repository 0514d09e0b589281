/*
 * O_DIRECT is switched on for the file while the zeros go out: whoever fills
 * a file does nothing else with it meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "direct.h"

#ifndef O_DIRECT
#define O_DIRECT	0
#endif

#define DIRECT_PIECE	(256 * 1024)

static int
direct_write(int fd, uint64_t at, uint64_t len)
{
	static char	zeros[DIRECT_PIECE] __attribute__((aligned(4096)));
	ssize_t		n;

	while (len > 0) {
		n = pwrite(fd, zeros, len < DIRECT_PIECE ? len : DIRECT_PIECE,
		    (off_t)at);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (n == 0) {
			errno = ENOSPC;
			return -1;
		}
		at += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return 0;
}

int
direct_zeros(int fd, uint64_t at, uint64_t len)
{
	int	flags = fcntl(fd, F_GETFL);
	int	rc, saved;

	if (flags == -1)
		return -1;
	if (O_DIRECT == 0 || fcntl(fd, F_SETFL, flags | O_DIRECT) == -1)
		return direct_write(fd, at, len);
	rc = direct_write(fd, at, len);
	saved = errno;
	if (fcntl(fd, F_SETFL, flags) == -1)
		return -1;
	if (rc == -1 && saved == EINVAL)
		return direct_write(fd, at, len);
	errno = saved;
	return rc;
}
