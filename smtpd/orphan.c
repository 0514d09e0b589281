/*
 * RFC 1047: the backend has given its verdict on a message and the client is
 * not there to hear it.  It will send the message again; the log line, with
 * the Message-ID, is what tells the operator of a duplicate.
 */
#include <string.h>

#include "receive.h"
#include "server.h"
#include "session.h"
#include "transaction.h"

#define ORPHAN_HEADER_MAX	(64 * 1024)

/* The value of "Message-ID:" among the lines of the header. */
static struct str
header_message_id(struct str header)
{
	struct str	line;

	while (header.len > 0) {
		line = str_split(header, '\n', &header);
		if (line.len > 0 && line.p[line.len - 1] == '\r')
			line.len--;
		if (line.len == 0)
			break;
		if (str_caseprefix(line, STR("Message-ID:")))
			return str_trim((struct str){ line.p + 11,
			    line.len - 11 });
	}
	return STR_NONE;
}

void
session_orphan(struct session *s, int code)
{
	struct body_cursor	c;
	struct iovec		iov;
	struct buf		header = BUF_INIT;

	body_cursor_init(&c, s->txn->body);
	while (header.len < ORPHAN_HEADER_MAX &&
	    body_peek(&c, &iov, 1) == 1) {
		buf_add(&header, iov.iov_base, iov.iov_len);
		body_advance(&c, iov.iov_len);
	}
	body_cursor_fini(&c);
	COUNT(inline_orphans);
	LOG(EV_INLINE_ORPHAN, &s->log, LOG_NUM("code", code),
	    LOG_BYTES("message-id", header_message_id(buf_str(&header))));
	buf_free(&header);
	session_end(s);
}
