/*
 * One of the two is read at a time, from its start to its end.
 */
#include <string.h>

#include "job.h"
#include "lent.h"
#include "message.h"

static int
message_open(struct message *m, uint64_t edits, uint64_t *size, struct err *e)
{
	const struct job	*j = m->job;
	struct content_place	 place = { .id = m->entry->id,
				    .segment = j->segment->segment,
				    .body = j->body, .edits = edits,
				    .size = m->entry->entry.size };
	struct content		*c = &m->content;

	content_close(c);
	if (content_open_files(c, j->segment->file, j->file, &place, e) == -1)
		return -1;
	*size = content_size(c);
	return 0;
}

static int
message_open_original(void *arg, uint64_t *size, struct err *e)
{
	return message_open(arg, 0, size, e);
}

static int
message_open_modified(void *arg, uint64_t *size, struct err *e)
{
	struct message	*m = arg;

	return message_open(m, m->job->edits, size, e);
}

static int
message_read(void *arg, char *to, size_t size, struct err *e)
{
	struct message	*m = arg;
	struct content	*c = &m->content;
	struct str	 piece;
	int		 rc;

	while ((rc = content_next(c, &piece, e)) == 0 && piece.len <= size) {
		if (piece.len > 0)
			memcpy(to, piece.p, piece.len);
		to += piece.len;
		size -= piece.len;
	}
	content_close(c);
	if (rc == 0 || (rc == 1 && size != 0))
		return err_set(e, "the message is not as long as it was");
	return rc == 1 ? 0 : -1;
}

void
message_begin(struct message *m, struct job *j, const struct job_entry *e)
{
	m->job = j;
	m->entry = e;
	m->original = (struct file_source){ message_open_original,
	    message_read, m };
	m->modified = (struct file_source){ message_open_modified,
	    message_read, m };
}

void
message_end(struct message *m)
{
	content_close(&m->content);
}
