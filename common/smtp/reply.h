/*
 * reply - replies of an SMTP server: read by the client, written by ours
 *
 * Reading: bytes in any cut give the same replies.  Only CRLF ends a line;
 * a bare CR or LF, a line that is no reply, or two codes in one reply is an
 * error of the peer.  The text is kept as it came, whatever bytes it holds,
 * without an enhanced code of the reply's own class at its front.
 *
 * What a reply says is its code; of its text no more than SMTP_REPLY_LINES
 * lines and SMTP_REPLY_BYTES bytes is kept, and what comes beyond is read and
 * dropped.  One that has not ended after `bound` bytes (at least
 * SMTP_REPLY_BYTES) is done as it is, and `endless`: the bytes behind it
 * belong to no other reply.
 *
 * Writing: text from hooks can't break a reply.  Line ends and controls
 * become spaces, long lines are folded, an enhanced code whose class is not
 * the code's first digit is replaced by class.0.0.
 *
 * Ownership  the caller's storage; smtp_reply_init(), smtp_reply_fini().
 *            Lines hold until the next call that changes the reply.
 * Failure    SMTP_READ_BAD with *why a constant text.
 * Process    pure.
 */
#ifndef SMTP_REPLY_H
#define SMTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

#define SMTP_REPLY_LINES	512
#define SMTP_REPLY_BYTES	(64 * 1024)
#define SMTP_REPLY_BOUND	(256 * 1024)
/* For the one reply whose verdict nobody can ask for again. */
#define SMTP_REPLY_LAST_BOUND	(2 * 1024 * 1024)

struct smtp_reply {
	int		code;
	int		enhanced[3];	/* zeros: none */
	struct buf	text;		/* all lines, one after the other */
	struct buf	ends;		/* size_t each: where they end */
	bool		endless;	/* its end did not come */
};

enum smtp_read { SMTP_READ_MORE, SMTP_READ_DONE, SMTP_READ_BAD };

struct smtp_reader {
	struct smtp_reply	reply;		/* complete on SMTP_READ_DONE */
	struct buf		line;		/* what is kept of a cut line */
	size_t			line_bytes;	/* what came of it */
	char			last;		/* the last byte of these */
	size_t			bytes;		/* of this reply so far */
	size_t			bound;		/* SMTP_REPLY_BOUND */
	bool			done;
};

void		 smtp_reply_init(struct smtp_reply *r);
void		 smtp_reply_fini(struct smtp_reply *r);
void		 smtp_reply_copy(struct smtp_reply *to,
		    const struct smtp_reply *from);
size_t		 smtp_reply_lines(const struct smtp_reply *r);
struct str	 smtp_reply_line(const struct smtp_reply *r, size_t i);
void		 smtp_reply_add_line(struct smtp_reply *r, struct str line);

void		 smtp_reader_init(struct smtp_reader *rd);
void		 smtp_reader_fini(struct smtp_reader *rd);
/* Bytes used go to *used: up to the end of one reply on SMTP_READ_DONE, and
 * the next call starts a new reply. */
enum smtp_read	 smtp_reader_feed(struct smtp_reader *rd, struct str data,
		    size_t *used, const char **why);
/* No more comes.  True if a reply has begun and its code is known: it is done
 * as it is, and endless. */
bool		 smtp_reader_give_up(struct smtp_reader *rd);

/* "2.1.0"; zeros give "". */
#define SMTP_ENHANCED_TEXT	12
const char	*smtp_enhanced_text(const int enhanced[3],
		    char out[SMTP_ENHANCED_TEXT]);

/* "550 5.1.1 no such user", its first line, cut; for logs and people. */
#define SMTP_REPLY_SUMMARY	240
const char	*smtp_reply_summary(const struct smtp_reply *r,
		    char out[SMTP_REPLY_SUMMARY]);

/* What smtp_answer_write() makes a reply of. */
struct smtp_answer {
	int			 code;		/* 200 .. 599; else 451 */
	int			 enhanced[3];	/* zeros: class.0.0 */
	bool			 plain;		/* no enhanced code at all */
	bool			 utf8;		/* the client said SMTPUTF8 */
	const struct str	*lines;		/* none: "OK" or "Error" */
	size_t			 line_count;
};

void	smtp_answer_write(struct buf *out, const struct smtp_answer *a);

#endif
