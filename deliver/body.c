/*
 * What the scan of the message found is in its entries; it was of the message
 * as it came, so edits may add to it.  That no line begins with a dot is not
 * believed of whoever stored it: the next hop would take the rest of such a
 * message for commands, on a connection that others' mail takes as well.
 */
#include "attempt.h"
#include "body.h"
#include "job.h"
#include "lent.h"

static int
body_peek(void *arg, struct iovec *iov, int max)
{
	struct job		*j = arg;
	const struct job	*before = attempt_working(j);
	struct err		 e;
	int			 n = content_peek(&j->content, iov, max, &e);

	(void)attempt_working(before);
	return n;
}

static void
body_advance(void *arg, size_t n)
{
	struct job	*j = arg;

	content_advance(&j->content, n);
}

static int
body_rewind(void *arg)
{
	struct job	*j = arg;

	content_rewind(&j->content);
	return 0;
}

int
body_open(struct job *j, struct send_body *body, struct err *e)
{
	struct content_place	place = { .id = j->entries[0].id,
				    .segment = j->segment->segment,
				    .body = j->body, .edits = j->edits,
				    .size = j->entries[0].entry.size };
	uint64_t		flags = j->entries[0].entry.flags;
	bool			ascii;

	if (content_open_files(&j->content, j->segment->file, j->file, &place,
	    e) == -1)
		return -1;
	j->opened = true;
	ascii = j->edits == 0 || content_edits_ascii(&j->content);
	*body = (struct send_body){ .size = content_size(&j->content),
	    .dot_lines = true,
	    .eight_bit = !ascii || (flags & ENTRY_HAS_8BIT) != 0,
	    .eight_bit_header = !ascii ||
	    (flags & ENTRY_HAS_UTF8_HEADER) != 0,
	    .peek = body_peek, .advance = body_advance,
	    .rewind = body_rewind, .arg = j };
	return content_ends_crlf(&j->content, &body->ends_crlf, e);
}
