/*
 * RFC 1047: the backend has given its verdict on a message and the client is
 * not there to hear it.  It will send the message again; the log line, with
 * the Message-ID, is what tells the operator of a duplicate.
 */
#include "receive.h"
#include "server.h"
#include "session.h"
#include "transaction.h"

void
session_orphan(struct session *s, int code)
{
	COUNT(inline_orphans);
	LOG(EV_INLINE_ORPHAN, &s->log, LOG_NUM("code", code),
	    LOG_BYTES("message_id", mime_scan_id(&s->txn->mime)),
	    LOG_STR("client", s->conn.remoteip));
	session_end(s);
}
