/*
 * Counters are atomic words of a page.  Only one process writes it, so that a
 * load and a store count; its readers may see some counters before and some
 * after.
 */
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
#define ROW(name, kind, metric, help)					\
	[COUNTER_##name] = { #name, metric, kind, help },
#include "proc/counters.def"
#undef ROW
#undef COUNTER
#undef GAUGE
};

const struct histogram_row	histogram_rows[HISTOGRAM_MAX] = {
#define HISTOGRAM(name, metric, help)					\
	[HISTOGRAM_##name] = { metric, help },
#include "proc/histograms.def"
#undef HISTOGRAM
};
const int64_t	histogram_bounds_ms[HISTOGRAM_BUCKETS - 1] = { 1, 2, 5, 10,
		    25, 50, 100, 250, 500, 1000, 2500, 10000, 30000, 60000,
		    300000 };

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

/* One writer a page: a plain load and store, which readers see whole. */
static void
board_bump(_Atomic uint64_t *v, uint64_t n)
{
	atomic_store_explicit(v, atomic_load_explicit(v,
	    memory_order_relaxed) + n, memory_order_relaxed);
}

/* What another process counted.  A worker that was taken over may write any
 * number: one that none reaches counts for nothing, and would else be in the
 * sum for ever. */
static uint64_t
board_count(const _Atomic uint64_t *v)
{
	uint64_t	n = atomic_load_explicit(v, memory_order_relaxed);

	return n <= BOARD_COUNT_MAX ? n : 0;
}

static void
board_sum(_Atomic uint64_t *to, _Atomic uint64_t *from)
{
	uint64_t	n = board_count(to) + board_count(from);

	*to = n <= BOARD_COUNT_MAX ? n : BOARD_COUNT_MAX;
	*from = 0;
}

static void
histograms_take_in(struct board *to, struct board *from)
{
	int	i, k;

	for (i = 0; i < HISTOGRAM_MAX; i++) {
		for (k = 0; k < HISTOGRAM_BUCKETS; k++)
			board_sum(&to->histogram[i].bucket[k],
			    &from->histogram[i].bucket[k]);
		board_sum(&to->histogram[i].sum_ms,
		    &from->histogram[i].sum_ms);
	}
}

/* The page was another's to write: a name may have no end. */
void
board_backends_add(struct board_backend *to,
    const struct board_backend *from)
{
	struct board_backend	*row;
	char			 name[BOARD_BACKEND_NAME];
	int			 i, k;

	for (i = 0; i < BOARD_BACKENDS; i++) {
		memcpy(name, from[i].name, sizeof name);
		name[sizeof name - 1] = '\0';
		if (name[0] == '\0')
			continue;
		row = board_backend_row(to, name);
		for (k = 0; k < BACKEND_RESULTS; k++)
			board_bump(&row->result[k],
			    board_count(&from[i].result[k]));
	}
}

void
board_set_server(const char *id)
{
	(void)strlcpy(board_self()->server, id,
	    sizeof board_self()->server);
}

void
board_take_in(struct board *to, struct board *from)
{
	int	i;

	for (i = 0; i < COUNTER_MAX; i++) {
		if (!counter_rows[i].gauge)
			board_sum(&to->value[i], &from->value[i]);
		from->value[i] = 0;
	}
	histograms_take_in(to, from);
	board_backends_add(to->backend, from->backend);
	memset(from->backend, 0, sizeof from->backend);
	from->certificate_ends = 0;
	for (i = 0; i < CROWD_SLOTS; i++)
		if (from->crowd.slot[i].count != 0)
			from->crowd.slot[i].count = 0;
	memset(from->server, 0, sizeof from->server);
	from->accepting = 0;
	from->blamed = 0;
	from->pid = 0;
}

/* Whoever reads it does so when this process is gone; the order of the two
 * writes is for a signal between them. */
void
board_blame(const unsigned char id[BOARD_CULPRIT])
{
	struct board	*b = board_own;

	atomic_store_explicit(&b->blamed, 0, memory_order_relaxed);
	if (id == NULL)
		return;
	atomic_signal_fence(memory_order_seq_cst);
	memcpy(b->culprit, id, BOARD_CULPRIT);
	atomic_signal_fence(memory_order_seq_cst);
	atomic_store_explicit(&b->blamed, 1, memory_order_relaxed);
}

bool
board_culprit(const struct board *b, unsigned char id[BOARD_CULPRIT])
{
	if (b->blamed != 1)
		return false;
	memcpy(id, b->culprit, BOARD_CULPRIT);
	return true;
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

void
board_add(enum counter c, int64_t n)
{
	board_bump(&board_own->value[c], (uint64_t)n);
}

void
board_observe(enum histogram h, int64_t ms)
{
	struct board_histogram	*to = &board_own->histogram[h];
	int			 i = 0;

	while (i < HISTOGRAM_BUCKETS - 1 && ms > histogram_bounds_ms[i])
		i++;
	board_bump(&to->bucket[i], 1);
	board_bump(&to->sum_ms, ms > 0 ? (uint64_t)ms : 0);
}

struct board_backend *
board_backend_row(struct board_backend *rows, const char *name)
{
	int	i;

	for (i = 0; i < BOARD_BACKENDS - 1; i++) {
		if (strncmp(rows[i].name, name, BOARD_BACKEND_NAME - 1) == 0)
			return &rows[i];
		if (rows[i].name[0] == '\0') {
			(void)strlcpy(rows[i].name, name, BOARD_BACKEND_NAME);
			return &rows[i];
		}
	}
	(void)strlcpy(rows[i].name, BACKEND_OTHER, BOARD_BACKEND_NAME);
	return &rows[i];
}

void
board_backend(const char *name, enum backend_result r)
{
	if (name[0] == '\0')
		name = BACKEND_OTHER;
	board_bump(&board_backend_row(board_own->backend, name)->result[r],
	    1);
}

void
board_certificate(int64_t not_after)
{
	_Atomic int64_t	*ends = &board_own->certificate_ends;

	if (*ends == 0 || not_after < *ends)
		*ends = not_after;
}

uint64_t
board_get(const struct board *b, enum counter c)
{
	return board_count(&b->value[c]);
}

uint64_t
board_duration(const struct board *b, enum histogram h, int bucket)
{
	return board_count(bucket == HISTOGRAM_BUCKETS ?
	    &b->histogram[h].sum_ms : &b->histogram[h].bucket[bucket]);
}
