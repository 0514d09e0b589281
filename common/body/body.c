/*
 * A body in memory is a list of chunks.  One in a file has the same list with
 * at most one chunk, of bytes that are not written yet; who reads it writes
 * them first.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/fd.h"
#include "base/mem.h"
#include "compat/nameless.h"

#include "body.h"

#define BODY_CHUNK	(16 * 1024 - 64)	/* 16 KiB with its header */
#define BODY_WINDOW	(64 * 1024)

struct body_chunk {
	STAILQ_ENTRY(body_chunk)	link;
	size_t				len;
	char				bytes[BODY_CHUNK];
};

STAILQ_HEAD(body_chunks, body_chunk);

struct body {
	struct body_store	*store;
	struct body_chunks	 chunks;
	uint64_t		 size;
	uint64_t		 held;		/* bytes of chunks */
	int			 fd;		/* -1: in memory */
};

struct body *
body_new(struct body_store *store)
{
	struct body	*b = xcalloc(1, sizeof *b);

	b->store = store;
	b->fd = -1;
	STAILQ_INIT(&b->chunks);
	return b;
}

static void
body_drop_chunks(struct body *b)
{
	struct body_chunk	*c;

	while ((c = STAILQ_FIRST(&b->chunks)) != NULL) {
		STAILQ_REMOVE_HEAD(&b->chunks, link);
		free(c);
	}
	b->store->used -= b->held;
	b->held = 0;
}

void
body_free(struct body **bp)
{
	struct body	*b = *bp;

	if (b == NULL)
		return;
	body_drop_chunks(b);
	if (b->fd != -1)
		(void)close(b->fd);
	free(b);
	*bp = NULL;
}

uint64_t
body_size(const struct body *b)
{
	return b->size;
}

static struct body_chunk *
body_grow(struct body *b)
{
	struct body_chunk	*c = xmalloc(sizeof *c);

	c->len = 0;
	STAILQ_INSERT_TAIL(&b->chunks, c, link);
	b->held += sizeof *c;
	b->store->used += sizeof *c;
	return c;
}

/* Writes the chunks to the file and lets them go. */
static int
body_spill(struct body *b, struct err *e)
{
	const struct body_chunk	*c;

	STAILQ_FOREACH(c, &b->chunks, link)
		if (fd_write_full(b->fd, c->bytes, c->len) == -1)
			return err_errno(e, "writing a message");
	body_drop_chunks(b);
	return 0;
}

static int
body_to_file(struct body *b, struct err *e)
{
	b->fd = open_nameless(b->store->directory);
	if (b->fd == -1)
		return err_errno(e, "a file for a message");
	return body_spill(b, e);
}

static bool
body_fits(const struct body *b, size_t more)
{
	return b->size + more <= b->store->message_limit &&
	    b->store->used + more <= b->store->total_limit;
}

int
body_add(struct body *b, struct str bytes, struct err *e)
{
	struct body_chunk	*c;
	size_t			 n;

	if (b->fd == -1 && !body_fits(b, bytes.len) &&
	    body_to_file(b, e) == -1)
		return -1;
	while (bytes.len > 0) {
		c = STAILQ_LAST(&b->chunks, body_chunk, link);
		if (c != NULL && c->len == BODY_CHUNK && b->fd != -1) {
			if (body_spill(b, e) == -1)
				return -1;
			c = NULL;
		}
		if (c == NULL || c->len == BODY_CHUNK)
			c = body_grow(b);
		n = BODY_CHUNK - c->len;
		n = n < bytes.len ? n : bytes.len;
		memcpy(c->bytes + c->len, bytes.p, n);
		c->len += n;
		b->size += n;
		bytes.p += n;
		bytes.len -= n;
	}
	return 0;
}

int
body_file(struct body *b, struct err *e)
{
	if (b->fd == -1 && body_to_file(b, e) == -1)
		return -1;
	return body_spill(b, e) == -1 ? -1 : b->fd;
}

/* ---- Reading ----------------------------------------------------------- */

void
body_cursor_init(struct body_cursor *c, const struct body *b)
{
	*c = (struct body_cursor){ .body = b };
	if (b->fd == -1)
		c->chunk = STAILQ_FIRST(&b->chunks);
}

void
body_cursor_fini(struct body_cursor *c)
{
	free(c->window);
	*c = (struct body_cursor){ .body = NULL };
}

static int
body_peek_memory(struct body_cursor *c, struct iovec *iov, int max)
{
	const struct body_chunk	*chunk = c->chunk;
	size_t			 offset = c->offset;
	int			 n;

	for (n = 0; n < max && chunk != NULL; n++) {
		iov[n].iov_base = (char *)(size_t)chunk->bytes + offset;
		iov[n].iov_len = chunk->len - offset;
		offset = 0;
		chunk = STAILQ_NEXT(chunk, link);
	}
	return n;
}

/* What is not in the file yet is in the one chunk. */
static ssize_t
body_read_window(struct body_cursor *c)
{
	const struct body_chunk	*tail = STAILQ_FIRST(&c->body->chunks);
	uint64_t		 written = c->body->size;

	if (tail != NULL)
		written -= tail->len;
	if (c->done >= written) {
		if (tail == NULL)
			return 0;
		memcpy(c->window, tail->bytes + (c->done - written),
		    tail->len - (c->done - written));
		return (ssize_t)(tail->len - (c->done - written));
	}
	return pread(c->body->fd, c->window,
	    written - c->done < BODY_WINDOW ? written - c->done : BODY_WINDOW,
	    (off_t)c->done);
}

static int
body_peek_file(struct body_cursor *c, struct iovec *iov)
{
	ssize_t	n;

	if (c->offset == c->window_len) {
		if (c->done == c->body->size)
			return 0;
		if (c->window == NULL)
			c->window = xmalloc(BODY_WINDOW);
		do
			n = body_read_window(c);
		while (n == -1 && errno == EINTR);
		if (n <= 0)
			return -1;
		c->offset = 0;
		c->window_len = (size_t)n;
	}
	iov->iov_base = c->window + c->offset;
	iov->iov_len = c->window_len - c->offset;
	return 1;
}

int
body_peek(struct body_cursor *c, struct iovec *iov, int max)
{
	if (max <= 0)
		return 0;
	if (c->body->fd != -1)
		return body_peek_file(c, iov);
	return body_peek_memory(c, iov, max);
}

void
body_advance(struct body_cursor *c, size_t n)
{
	const struct body_chunk	*chunk;

	c->done += n;
	c->offset += n;
	if (c->done > c->body->size)
		panic("body: read past the end");
	if (c->body->fd != -1)
		return;
	while ((chunk = c->chunk) != NULL && c->offset >= chunk->len) {
		c->offset -= chunk->len;
		c->chunk = STAILQ_NEXT(chunk, link);
	}
}
