/*
 * syncrate DIR BYTES GROUP SECONDS: how often this disk makes a write durable
 *
 * GROUP times BYTES are appended into a file that was filled with zeros, and
 * synced; so one writer (GROUP 1), or a group commit of that many.  Prints
 * appends of BYTES a second.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "compat/direct.h"

#define FILE_SIZE	(256ULL << 20)

static int
fail(const char *what)
{
	perror(what);
	return 1;
}

int
main(int argc, char **argv)
{
	char	path[4096];
	size_t	bytes, n = 0;
	int64_t	end, began;
	off_t	at = 0;
	char	*data;
	int	fd;

	if (argc != 5) {
		(void)fprintf(stderr, "usage: syncrate DIR BYTES GROUP "
		    "SECONDS\n");
		return 2;
	}
	bytes = (size_t)atol(argv[2]) * (size_t)atol(argv[3]);
	if (bytes == 0 || bytes > FILE_SIZE || (data = malloc(bytes)) == NULL)
		return 2;
	memset(data, 'x', bytes);
	(void)snprintf(path, sizeof path, "%s/syncrate", argv[1]);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd == -1 || direct_zeros(fd, 0, FILE_SIZE) == -1 ||
	    fsync(fd) == -1)
		return fail(path);
	began = clock_mono_us();
	end = began + atol(argv[4]) * 1000000L;
	for (; clock_mono_us() < end; n++) {
		if (pwrite(fd, data, bytes, at) != (ssize_t)bytes ||
		    fdatasync(fd) == -1)
			return fail(path);
		at += (off_t)bytes;
		if ((uint64_t)at + bytes > FILE_SIZE)
			at = 0;
	}
	(void)printf("%.0f\n", (double)n * atof(argv[3]) * 1e6 /
	    (double)(clock_mono_us() - began));
	(void)close(fd);
	(void)unlink(path);
	free(data);
	return 0;
}
