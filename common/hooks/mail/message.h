/*
 * message - a received message with the edits that a script makes
 *
 * The body stays where it was received.  The header is read when it is first
 * asked for; its edits are kept apart.  A source shows what is to be sent,
 * piece by piece: our trace, the header as it is then, and the body from the
 * end of the header on, which is never copied.
 *
 * Ownership  message_new() gives, message_free() takes and clears; what it
 *            is made of is borrowed.  A source is the caller's storage and
 *            borrows the message, which must not be edited meanwhile.
 * Failure    -1 or NULL with *e: the header is over its limits (every time
 *            again; the message can still be sent), or the body's file can't
 *            be read.
 */
#ifndef HOOKS_MESSAGE_H
#define HOOKS_MESSAGE_H

#include "base/buf.h"
#include "mime/header.h"
#include "body/body.h"
#include "smtp/data.h"
#include "send/send.h"

struct message;

struct message	*message_new(const struct body *body,
		    const struct smtp_scan *scan);
void		 message_free(struct message **m);
struct header	*message_header(struct message *m, struct err *e);
/* Was the header asked for already? */
bool		 message_header_known(const struct message *m);
/* Has the header, as it is now, bytes over 127?  In doubt it has. */
bool		 message_header_eight_bit(struct message *m);
/* Bytes, edits counted. */
uint64_t	 message_size(const struct message *m);

/*
 * What is to stand in place of the first *count bytes of the body, trace and
 * edits, appended to data: -1 with *e.
 */
int		 message_splice(struct message *m, struct str trace,
		    struct buf *data, uint64_t *count, struct err *e);

struct message_source {
	const struct message	*message;	/* NULL: none under way */
	struct str		 trace;
	struct str		 part;		/* between trace and header */
	struct buf		 head;		/* the header, if edited */
	size_t			 done;		/* of what is ours */
	struct body_cursor	 cursor;
};

int	message_source_init(struct message_source *s,
	    const struct message *m, struct str trace, struct err *e);
void	message_source_fini(struct message_source *s);
/* As in struct send_body; arg is the source. */
int	message_source_peek(void *arg, struct iovec *iov, int max);
void	message_source_advance(void *arg, size_t n);
int	message_source_rewind(void *arg);
/* All of it for a send, with what is true of the bytes as they are now. */
int	message_source_body(struct message_source *s, struct send_body *b,
	    struct err *e);

#endif
