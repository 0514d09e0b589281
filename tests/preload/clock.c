/*
 * A test's fault: the clock of the day jumps.  Preloaded, a process is told the
 * time with so many seconds more, or less, as stand in the file that CLOCK_FILE
 * names: an integer of 8 bytes, which a test may change at any time.  Clocks
 * that count from the start of the machine are as they are.
 */
#include <sys/mman.h>
#include <sys/time.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

typedef int	clock_fn(clockid_t id, struct timespec *ts);

static const volatile int64_t	*by;	/* NULL: it does not jump */
static clock_fn			*real;

/* Others may ask before this library has begun. */
static clock_fn *
clock_real(void)
{
	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	return real;
}

__attribute__((constructor)) static void
clock_begin(void)
{
	const char	*path = getenv("CLOCK_FILE");
	void		*map = MAP_FAILED;
	int		 fd;

	if (path == NULL || clock_real() == NULL ||
	    (fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return;
	map = mmap(NULL, sizeof *by, PROT_READ, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (map != MAP_FAILED)
		by = map;
}

int
clock_gettime(clockid_t id, struct timespec *ts)
{
	int	rc = clock_real()(id, ts);

	if (rc == 0 && by != NULL && (id == CLOCK_REALTIME ||
	    id == CLOCK_REALTIME_COARSE))
		ts->tv_sec += *by;
	return rc;
}

int
gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec	ts;

	(void)zone;
	if (clock_gettime(CLOCK_REALTIME, &ts) == -1)
		return -1;
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return 0;
}

time_t
time(time_t *t)
{
	struct timespec	ts;

	if (clock_gettime(CLOCK_REALTIME, &ts) == -1)
		return -1;
	if (t != NULL)
		*t = ts.tv_sec;
	return ts.tv_sec;
}
