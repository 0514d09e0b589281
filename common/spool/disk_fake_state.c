/*
 * What a disk in memory has, what fails of it, and what is left when the
 * power goes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "disk_fake_private.h"

struct disk_fake *
fake_of(struct disk *d)
{
	return (struct disk_fake *)d;
}

/* xorshift128+, which is good enough and the same everywhere. */
uint64_t
disk_fake_random(struct disk *disk, uint64_t below)
{
	struct disk_fake	*d = fake_of(disk);
	uint64_t		 a = d->random[0], b = d->random[1];

	d->random[0] = b;
	a ^= a << 23;
	d->random[1] = a ^ b ^ a >> 17 ^ b >> 26;
	return below == 0 ? 0 : (d->random[1] + b) % below;
}

/* ---- Inodes and names --------------------------------------------- */

void
fake_unref(struct fake_inode *i)
{
	if (i == NULL || --i->refs > 0)
		return;
	free(i->memory);
	free(i->medium);
	free(i->dirty);
	free(i);
}

void
fake_grow(struct fake_inode *i, size_t size)
{
	size_t	cap = i->cap == 0 ? 4096 : i->cap, old = i->cap;

	if (size <= i->cap)
		return;
	while (cap < size)
		cap *= 2;
	i->memory = xrealloc(i->memory, cap);
	i->medium = xrealloc(i->medium, cap);
	i->dirty = xrealloc(i->dirty, cap / FAKE_SECTOR);
	memset(i->memory + old, 0, cap - old);
	memset(i->medium + old, 0, cap - old);
	memset(i->dirty + old / FAKE_SECTOR, 0, (cap - old) / FAKE_SECTOR);
	i->cap = cap;
}

struct fake_name *
fake_find(struct fake_names *names, const char *name)
{
	size_t	i;

	for (i = 0; i < names->count; i++) {
		if (strcmp(names->at[i].name, name) == 0)
			return &names->at[i];
	}
	return NULL;
}

/* inode NULL: the name goes. */
void
fake_set(struct fake_names *names, const char *name, struct fake_inode *inode)
{
	struct fake_name	*n = fake_find(names, name);
	struct fake_inode	*old = n != NULL ? n->inode : NULL;

	if (inode != NULL)
		inode->refs++;
	if (n == NULL && inode != NULL) {
		if (names->count == names->cap) {
			names->cap = names->cap == 0 ? 16 : names->cap * 2;
			names->at = xreallocarray(names->at, names->cap,
			    sizeof *names->at);
		}
		n = &names->at[names->count++];
		(void)snprintf(n->name, sizeof n->name, "%s", name);
	}
	if (n != NULL)
		n->inode = inode;
	if (n != NULL && inode == NULL)
		*n = names->at[--names->count];
	fake_unref(old);
}

static void
fake_apply(struct fake_names *names, const struct fake_change *c)
{
	if (c->from[0] != '\0')
		fake_set(names, c->from, NULL);
	fake_set(names, c->to, c->inode);
}

void
fake_change(struct disk_fake *d, const char *from, const char *to,
    struct fake_inode *inode)
{
	struct fake_change	*c;

	if (d->change_count == d->change_cap) {
		d->change_cap = d->change_cap == 0 ? 16 : d->change_cap * 2;
		d->changes = xreallocarray(d->changes, d->change_cap,
		    sizeof *d->changes);
	}
	c = &d->changes[d->change_count++];
	(void)snprintf(c->from, sizeof c->from, "%s", from);
	(void)snprintf(c->to, sizeof c->to, "%s", to);
	c->inode = inode;
	if (inode != NULL)
		inode->refs++;
	fake_apply(&d->seen, c);
}

/* The first n changes reach the medium. */
void
fake_settle(struct disk_fake *d, size_t n)
{
	size_t	i;

	if (n == 0)
		return;		/* perhaps there is no array yet */
	for (i = 0; i < n; i++) {
		fake_apply(&d->medium, &d->changes[i]);
		fake_unref(d->changes[i].inode);
	}
	d->change_count -= n;
	memmove(d->changes, d->changes + n, d->change_count *
	    sizeof *d->changes);
}

/* ---- Faults ------------------------------------------------------- */

/* Counts a call: the fault that it meets. */
enum disk_fault
fake_call(struct disk_fake *d)
{
	enum disk_fault	fault = DISK_FAULT_NONE;

	if (d->dead)
		return DISK_FAULT_POWER;
	d->calls++;
	if (d->fault != DISK_FAULT_NONE && d->calls == d->fault_at) {
		fault = d->fault;
		d->fault = DISK_FAULT_NONE;
		d->dead = fault == DISK_FAULT_POWER;
		d->full = fault == DISK_FAULT_ENOSPC;
	}
	return fault;
}

/* For calls that know no fault of their own. */
int
fake_plain(struct disk_fake *d)
{
	enum disk_fault	fault = fake_call(d);

	if (fault != DISK_FAULT_POWER && fault != DISK_FAULT_EIO)
		return 0;
	errno = EIO;
	return -1;
}

void
disk_fake_fault(struct disk *disk, enum disk_fault fault, uint64_t n)
{
	struct disk_fake	*d = fake_of(disk);

	d->fault = fault;
	d->fault_at = d->calls + n;
	d->full = false;
}

uint64_t
disk_fake_calls(const struct disk *d)
{
	return ((const struct disk_fake *)d)->calls;
}

bool
disk_fake_dead(const struct disk *d)
{
	return ((const struct disk_fake *)d)->dead;
}

/* How many of a hundred dirty sectors reach the medium: all, none, some. */
unsigned int
fake_share(struct disk *d)
{
	static const unsigned int	shares[] = { 0, 10, 50, 90, 100 };

	return shares[disk_fake_random(d, 5)];
}

void
fake_write_back(struct disk *d, struct fake_inode *i, unsigned int share)
{
	size_t	s, at, n;

	for (s = 0; s * FAKE_SECTOR < i->size; s++) {
		if (i->dirty[s] == 0)
			continue;
		i->dirty[s] = 0;
		if (disk_fake_random(d, 100) >= share)
			continue;
		at = s * FAKE_SECTOR;
		n = i->size - at < FAKE_SECTOR ? i->size - at : FAKE_SECTOR;
		memcpy(i->medium + at, i->memory + at, n);
		if (i->medium_size < at + n)
			i->medium_size = at + n;
	}
	if (share == 100)
		i->medium_size = i->size;
}

void
fake_reread(struct fake_inode *i)
{
	size_t	s, at;

	for (s = 0, at = 0; at < i->cap; s++, at += FAKE_SECTOR) {
		if (i->dirty[s] == 0)
			memcpy(i->memory + at, i->medium + at, FAKE_SECTOR);
	}
}

void
disk_fake_power_cut(struct disk *disk)
{
	struct disk_fake	*d = fake_of(disk);
	struct fake_inode	*inode;
	size_t			 i;

	for (i = 0; i < d->seen.count; i++)
		fake_write_back(disk, d->seen.at[i].inode, fake_share(disk));
	fake_settle(d, disk_fake_random(disk, d->change_count + 1));
	while (d->change_count > 0)
		fake_unref(d->changes[--d->change_count].inode);
	while (d->seen.count > 0)
		fake_set(&d->seen, d->seen.at[0].name, NULL);
	for (i = 0; i < d->medium.count; i++) {
		inode = d->medium.at[i].inode;
		memset(inode->dirty, 0, inode->cap / FAKE_SECTOR);
		inode->size = inode->medium_size;
		memset(inode->medium + inode->size, 0, inode->cap -
		    inode->size);
		memcpy(inode->memory, inode->medium, inode->cap);
		fake_set(&d->seen, d->medium.at[i].name, inode);
	}
	disk_fake_kill(disk);
	d->fault = DISK_FAULT_NONE;
	d->full = d->dead = false;
}

void
disk_fake_kill(struct disk *disk)
{
	struct disk_fake	*d = fake_of(disk);
	size_t			 i;

	for (i = 0; i < d->seen.count; i++)
		d->seen.at[i].inode->locked_by = NULL;
}

int
disk_fake_damage(struct disk *disk, const char *name, uint64_t at,
    uint64_t len)
{
	struct fake_name	*n = fake_find(&fake_of(disk)->seen, name);
	uint64_t		 i;

	if (n == NULL || at + len > n->inode->size)
		return -1;
	for (i = at; i < at + len; i++) {
		n->inode->memory[i] ^= 0x5a;
		n->inode->medium[i] = n->inode->memory[i];
	}
	return 0;
}
