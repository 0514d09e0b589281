/*
 * What is damaged on the disk: told of, and set aside or taken out.
 *
 * A copy lies in the folder "corrupt": SEGMENT.OFFSET for a part of a
 * segment, ID for a file of the journal, "checkpoint".  It is synced before
 * anything of the original is given up.  One that is there is not written
 * again, so that damage that is met at every start is copied once; where it
 * can't be written, that is told, and nothing is given up.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "book_private.h"
#include "journal_file.h"
#include "record.h"
#include "segment.h"

#define CORRUPT_DIR	"corrupt"
#define CORRUPT_NEW	CORRUPT_DIR "/new"
#define CORRUPT_PIECE	(64 * 1024)

void
book_tell_damage(struct book *b, const char *what)
{
	b->counts.damaged++;
	if (b->options.events.damage != NULL)
		b->options.events.damage(b->options.events.arg, what);
}

void
book_corrupt(struct book *b, enum book_corrupt how)
{
	b->options.corrupt = how;
}

static int
corrupt_copy(struct disk_file *from, struct disk_file *to, uint64_t at,
    uint64_t end)
{
	static char	piece[CORRUPT_PIECE];
	uint64_t	done = 0;
	size_t		want;
	ssize_t		n;

	for (; at < end; at += (uint64_t)n) {
		want = end - at < sizeof piece ? (size_t)(end - at) :
		    sizeof piece;
		if ((n = disk_read(from, piece, want, at)) == -1)
			return -1;
		if (n == 0)
			break;		/* the file ends before */
		if (disk_write_bytes(to, piece, (size_t)n, done) == -1)
			return -1;
		done += (uint64_t)n;
	}
	return disk_sync(to);
}

static int
corrupt_write(struct book *b, const char *name, uint64_t at, uint64_t end)
{
	struct disk_file	*from, *to = NULL;
	int			 rc = -1;

	if (disk_open(b->disk, name, DISK_READ, &from) == -1)
		return -1;
	if ((disk_unlink(b->disk, CORRUPT_NEW) == 0 || errno == ENOENT) &&
	    disk_open(b->disk, CORRUPT_NEW, DISK_CREATE, &to) == 0)
		rc = corrupt_copy(from, to, at, end);
	if (to != NULL)
		disk_close(&to);
	disk_close(&from);
	return rc;
}

/* Those bytes of the file, as corrupt/AS: 0, also where it is there. */
static int
corrupt_set_aside(struct book *b, const char *name, uint64_t at,
    uint64_t end, const char *as)
{
	char			 path[DISK_NAME_MAX];
	struct disk_file	*f;
	struct err		 e;

	if (b->options.corrupt != BOOK_CORRUPT_RENAME)
		return 0;
	(void)snprintf(path, sizeof path, CORRUPT_DIR "/%s", as);
	if (disk_open(b->disk, path, DISK_READ, &f) == 0) {
		disk_close(&f);
		return 0;
	}
	if (disk_make_dir(b->disk, CORRUPT_DIR) == 0 &&
	    corrupt_write(b, name, at, end) == 0 &&
	    disk_rename(b->disk, CORRUPT_NEW, path) == 0 &&
	    disk_sync_dir(b->disk, CORRUPT_DIR) == 0)
		return 0;
	(void)err_errno(&e, "%s can't be set aside", as);
	book_tell_damage(b, e.text);
	return -1;
}

int
book_corrupt_segment(struct book *b, uint64_t segment, uint64_t from,
    uint64_t end)
{
	char	name[SEGMENT_NAME], as[64];

	segment_name(name, segment);
	(void)snprintf(as, sizeof as, "%016llx.%llx",
	    (unsigned long long)segment, (unsigned long long)from);
	return corrupt_set_aside(b, name, from, end, as);
}

void
book_corrupt_journal(struct book *b, uint64_t from)
{
	struct journal_files	files = { NULL, 0, 0 };
	char			name[DISK_NAME_MAX], as[64];
	struct err		e;
	size_t			i;

	if (journal_files_read(&files, b->disk, &e) == -1)
		return;
	for (i = files.count; i > 0 && files.at[i - 1].start > from; i--)
		;
	if (i > 0) {
		journal_file_name(name, files.at[i - 1].id);
		(void)snprintf(as, sizeof as, "journal.%016llx",
		    (unsigned long long)files.at[i - 1].id);
		(void)corrupt_set_aside(b, name, 0, UINT64_MAX, as);
	}
	journal_files_fini(&files);
}

void
book_corrupt_checkpoint(struct book *b, const char *name)
{
	struct err	e;

	(void)err_set(&e, "%s: it is not what was written", name);
	book_tell_damage(b, e.text);
	(void)corrupt_set_aside(b, name, 0, UINT64_MAX, name);
}

/* An entry that lives, and no longer reads. */
int
book_corrupt_entry(struct book *b, const struct spool_id *id,
    const struct spool_place *place, struct err *e)
{
	char		text[SPOOL_ID_TEXT];
	struct err	why;
	uint64_t	from = place->offset - place->offset % SEGMENT_BLOCK;
	uint64_t	end = place->offset + RECORD_HEAD + RECORD_MAX;
	const struct book_segment *s = book_segment_find(b, place->segment);

	spool_id_text(text, id);
	(void)err_set(&why, "segment %016llx at %llu: the entry %s is damaged",
	    (unsigned long long)place->segment,
	    (unsigned long long)place->offset, text);
	book_tell_damage(b, why.text);
	if (s != NULL && end > s->read)
		end = s->read;
	if (b->options.corrupt == BOOK_CORRUPT_IGNORE || !b->hinted ||
	    book_corrupt_segment(b, place->segment, from, end) == -1)
		return err_set(e, "the entry is damaged on the disk");
	if (book_done(b, id, SPOOL_END_DAMAGED, e) == -1)
		return -1;
	return err_set(e, "the entry is damaged on the disk, and was taken "
	    "out of the queue");
}
