/*
 * Each file says at its head what it is and, by a digit, in which format.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "formats.h"
#include "journal.h"
#include "journal_file.h"
#include "segment.h"

int
formats_unknown(struct err *e, unsigned char is, char known)
{
	return err_set(e, "its format is '%c', and this version knows '%c' "
	    "only", is > ' ' && is < 127 ? is : '?', known);
}

struct formats {
	struct disk	*disk;
	struct err	*e;
	bool		 unknown;
};

/* One that is gone by now was no harm. */
static int
formats_segment(void *arg, const char *name)
{
	struct formats	*f = arg;
	unsigned char	 head[SEGMENT_HEAD];
	char		 path[DISK_NAME_MAX];
	struct disk_file *file;
	ssize_t		 got;

	if (snprintf(path, sizeof path, SEGMENT_DIR "/%s", name) >=
	    (int)sizeof path || disk_open(f->disk, path, DISK_READ,
	    &file) == -1)
		return 0;
	got = disk_read(file, head, sizeof head, 0);
	disk_close(&file);
	if (got != sizeof head || !segment_unknown(head))
		return 0;
	(void)segment_get(&(struct segment){ 0 }, head, f->e);
	(void)err_wrap(f->e, "%s", path);
	f->unknown = true;
	return -1;
}

static int
formats_name(void *arg, const char *name)
{
	(void)arg;
	(void)name;
	return 0;
}

int
formats_check(struct disk *disk, struct err *e)
{
	struct formats		f = { .disk = disk, .e = e };
	struct journal_files	files;

	if (formats_checkpoint(disk, e) == -1)
		return -1;
	if (disk_list(disk, SEGMENT_DIR, formats_segment, &f) == -1 &&
	    !f.unknown && errno != ENOENT)
		return err_errno(e, "list %s", SEGMENT_DIR);
	if (f.unknown)
		return -1;
	if (disk_list(disk, JOURNAL_DIR, formats_name, NULL) == -1)
		return errno == ENOENT ? 0 :
		    err_errno(e, "list %s", JOURNAL_DIR);
	if (journal_files_read(&files, disk, e) == -1)
		return -1;
	journal_files_fini(&files);
	return 0;
}
