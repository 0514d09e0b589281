/*
 * A spare is named by a number of sixteen digits, and "making" until it has
 * its whole size and is synced.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "segment.h"
#include "spare.h"

static void
spare_name(const struct spares *s, char out[DISK_NAME_MAX], uint64_t number)
{
	(void)snprintf(out, DISK_NAME_MAX, "%s/%016" PRIx64, s->dir, number);
}

static void
spare_making(const struct spares *s, char out[DISK_NAME_MAX])
{
	(void)snprintf(out, DISK_NAME_MAX, "%s/making", s->dir);
}

static int
spares_name(void *arg, const char *name)
{
	struct spares	*s = arg;
	uint64_t	 number;

	if (segment_name_parse(&number, name) == -1)
		return 0;
	if (number > s->last)
		s->last = number;
	if (s->count < SPARE_MAX)
		s->ready[s->count++] = number;
	return 0;
}

int
spares_open(struct spares *s, struct disk *disk, const char *dir,
    uint64_t size)
{
	char	making[DISK_NAME_MAX];

	memset(s, 0, sizeof *s);
	s->disk = disk;
	s->dir = dir;
	s->size = size;
	spare_making(s, making);
	if (disk_make_dir(disk, dir) == -1)
		return -1;
	if (disk_unlink(disk, making) == -1 && errno != ENOENT)
		return -1;
	return disk_list(disk, dir, spares_name, s);
}

void
spares_close(struct spares *s)
{
	disk_close(&s->making);
}

static void
spares_give_up(struct spares *s)
{
	char	making[DISK_NAME_MAX];
	int	saved = errno;

	spare_making(s, making);
	disk_close(&s->making);
	(void)disk_unlink(s->disk, making);
	errno = saved;
}

static int
spares_finish(struct spares *s)
{
	char	name[DISK_NAME_MAX], making[DISK_NAME_MAX];

	if (disk_sync(s->making) == -1)
		return -1;
	disk_close(&s->making);
	spare_name(s, name, s->last + 1);
	spare_making(s, making);
	if (disk_rename(s->disk, making, name) == -1)
		return -1;
	s->ready[s->count++] = ++s->last;
	return 0;
}

static int
spares_step(struct spares *s)
{
	char		making[DISK_NAME_MAX];
	uint64_t	n;

	if (s->making == NULL) {
		s->filled = 0;
		spare_making(s, making);
		return disk_open(s->disk, making, DISK_CREATE, &s->making);
	}
	if (s->filled == s->size)
		return spares_finish(s);
	n = s->size - s->filled < SPARE_PIECE ? s->size - s->filled :
	    SPARE_PIECE;
	if (disk_fill(s->making, s->filled, n) == -1)
		return -1;
	s->filled += n;
	return 0;
}

int
spares_prepare(struct spares *s, int want)
{
	if (s->count >= want || s->count == SPARE_MAX)
		return 0;
	if (spares_step(s) == -1) {
		spares_give_up(s);
		return -1;
	}
	return 1;
}

int
spares_take(struct spares *s, const char *name)
{
	char	spare[DISK_NAME_MAX];

	if (s->count == 0)
		return 1;
	spare_name(s, spare, s->ready[--s->count]);
	return disk_rename(s->disk, spare, name);
}
