/*
 * A spare is named by a number of sixteen digits, and "making" until it has
 * its whole size and is synced.
 *
 * One that is given is "given" until it is durably gone from where it was:
 * else a power cut could leave a segment's name on a file that is written to
 * as another one.  Its number is that of the segment with a bit that those
 * made here do not have.
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

#define GIVEN_BIT	(1ULL << 62)

static void
spare_given(char out[DISK_NAME_MAX], const char *dir)
{
	(void)snprintf(out, DISK_NAME_MAX, "%s/given", dir);
}

static int
spares_name(void *arg, const char *name)
{
	struct spares	*s = arg;
	uint64_t	 number;

	if (segment_name_parse(&number, name) == -1)
		return 0;
	if (number > s->last && (number & GIVEN_BIT) == 0)
		s->last = number;
	if (s->count < SPARE_MAX)
		s->ready[s->count++] = number;
	return 0;
}

/* A spool may have been made for segments of another size. */
static bool
spare_fits(const struct spares *s, uint64_t number)
{
	char			 name[DISK_NAME_MAX];
	struct disk_file	*f;
	uint64_t		 size;
	int			 rc;

	spare_name(s, name, number);
	if (disk_open(s->disk, name, DISK_READ, &f) == -1)
		return false;
	rc = disk_size(f, &size);
	disk_close(&f);
	if (rc == 0 && size != s->size)
		(void)disk_unlink(s->disk, name);
	return rc == 0 && size == s->size;
}

/* All that are in the folder now. */
static int
spares_look(struct spares *s)
{
	int	i, n = 0;

	s->count = 0;
	if (disk_list(s->disk, s->dir, spares_name, s) == -1) {
		s->count = 0;
		return -1;
	}
	for (i = 0; i < s->count; i++)
		if (spare_fits(s, s->ready[i]))
			s->ready[n++] = s->ready[i];
	s->count = n;
	return 0;
}

int
spares_open(struct spares *s, struct disk *disk, const char *dir,
    uint64_t size)
{
	char	making[DISK_NAME_MAX], given[DISK_NAME_MAX];

	memset(s, 0, sizeof *s);
	s->disk = disk;
	s->dir = dir;
	s->size = size;
	spare_making(s, making);
	if (disk_make_dir(disk, dir) == -1)
		return -1;
	if (disk_unlink(disk, making) == -1 && errno != ENOENT)
		return -1;
	spare_given(given, dir);
	if (disk_unlink(disk, given) == -1 && errno != ENOENT)
		return -1;
	return spares_look(s);
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
	s->filled = 0;
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
	s->filled = 0;
	s->ready[s->count++] = ++s->last;
	return 0;
}

static int
spares_step(struct spares *s)
{
	char		making[DISK_NAME_MAX];
	uint64_t	n;

	if (s->making == NULL) {
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

/* Where it is not known, that is tried. */
static bool
spares_have_room(const struct spares *s)
{
	struct disk_space	space;

	if (disk_space(s->disk, &space) == -1 || space.bytes_free >= s->size)
		return true;
	errno = ENOSPC;
	return false;
}

int
spares_prepare(struct spares *s, int want)
{
	if (s->count >= want || s->count == SPARE_MAX)
		return 0;
	if (s->making == NULL && !spares_have_room(s))
		return -1;
	if (s->making == NULL && spares_look(s) == 0 && s->count >= want)
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
	char		spare[DISK_NAME_MAX];
	uint64_t	number;

	if (s->count == 0 && (spares_look(s) == -1 || s->count == 0))
		return 1;
	number = s->ready[--s->count];
	s->again += (number & GIVEN_BIT) != 0;
	spare_name(s, spare, number);
	return disk_rename(s->disk, spare, name);
}

/* ---- Given --------------------------------------------------------------- */

static int
spare_count(void *arg, const char *name)
{
	size_t		*count = arg;
	uint64_t	 number;

	*count += segment_name_parse(&number, name) == 0;
	return 0;
}

int
spare_give(struct disk *disk, const char *spares, const char *dir,
    const char *name, uint64_t number)
{
	struct spares	there = { .disk = disk, .dir = spares };
	char		given[DISK_NAME_MAX], spare[DISK_NAME_MAX];
	size_t		count = 0;

	if (disk_list(disk, spares, spare_count, &count) == -1 ||
	    count >= SPARE_GIVEN)
		return 1;
	spare_given(given, spares);
	spare_name(&there, spare, number | GIVEN_BIT);
	if (disk_rename(disk, name, given) == -1 ||
	    disk_sync_dir(disk, dir) == -1 ||
	    disk_sync_dir(disk, spares) == -1)
		return -1;
	return disk_rename(disk, given, spare);
}
