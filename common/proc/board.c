#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"

#include "board.h"

const struct counter_row	counter_rows[COUNTER_MAX] = {
#define COUNTER	false
#define GAUGE	true
#define ROW(name, kind, help)	[COUNTER_##name] = { #name, kind, help },
#include "proc/counters.def"
#undef ROW
#undef COUNTER
#undef GAUGE
};

static struct board	board_none;	/* before master gave a page */
static struct board	*board_own = &board_none;

/*
 * Written, not only sized: memory that the system finds it does not have when
 * a page is first touched is a signal, not an error.
 */
static int
board_fill(int fd)
{
	static const char	zero[4096];
	size_t			left = sizeof(struct board), n;

	for (; left > 0; left -= n) {
		n = left < sizeof zero ? left : sizeof zero;
		if (fd_write_full(fd, zero, n) == -1)
			return -1;
	}
	return 0;
}

int
board_create(int *writable, int *readable, struct err *e)
{
	char	name[64];

	(void)snprintf(name, sizeof name, "/halyard.%ld.%08x",
	    (long)getpid(), arc4random());
	*writable = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (*writable == -1)
		return err_errno(e, "shared memory %s", name);
	*readable = shm_open(name, O_RDONLY, 0);
	if (shm_unlink(name) == -1 || *readable == -1 ||
	    board_fill(*writable) == -1) {
		(void)err_errno(e, "shared memory %s", name);
		(void)close(*writable);
		if (*readable != -1)
			(void)close(*readable);
		return -1;
	}
	return 0;
}

struct board *
board_map(int fd, bool writable, struct err *e)
{
	void	*p;

	p = mmap(NULL, sizeof(struct board), writable ?
	    PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);
	if (p != MAP_FAILED)
		return p;
	(void)err_errno(e, "shared memory");
	return NULL;
}

void
board_unmap(struct board **b)
{
	if (*b != NULL)
		(void)munmap(*b, sizeof **b);
	*b = NULL;
}

void
board_take_in(struct board *to, struct board *from)
{
	int	i;

	for (i = 0; i < COUNTER_MAX; i++) {
		if (!counter_rows[i].gauge)
			to->value[i] += from->value[i];
		from->value[i] = 0;
	}
	for (i = 0; i < CROWD_SLOTS; i++)
		if (from->crowd.slot[i].count != 0)
			from->crowd.slot[i].count = 0;
	from->accepting = 0;
	from->pid = 0;
}

struct board *
board_self(void)
{
	return board_own;
}

void
board_set_self(struct board *b)
{
	board_own = b;
}

/* One writer: a plain load and store, which readers see whole. */
void
board_add(enum counter c, int64_t n)
{
	_Atomic uint64_t	*v = &board_own->value[c];

	atomic_store_explicit(v, atomic_load_explicit(v,
	    memory_order_relaxed) + (uint64_t)n, memory_order_relaxed);
}

uint64_t
board_get(const struct board *b, enum counter c)
{
	return atomic_load_explicit(&b->value[c], memory_order_relaxed);
}
