/*
 * The commands of a transaction as bytes, and whether the backend has the
 * extensions that the message can't do without.
 */
#include "txn_private.h"

/* ---- Commands ---------------------------------------------------------- */

bool
txn_has(const struct txn *t, unsigned exts)
{
	return (t->caps.exts & exts) == exts;
}

void
txn_add_mail(struct txn *t)
{
	const struct send_request	*req = t->req;
	struct buf			*cmd = &t->feed->cmd;
	enum smtp_body			 body = req->body_type;

	if (req->body.eight_bit && body < SMTP_BODY_8BITMIME)
		body = SMTP_BODY_8BITMIME;
	buf_add_text(cmd, "MAIL FROM:<");
	smtp_path_add(cmd, &req->sender);
	buf_add_byte(cmd, '>');
	if (txn_has(t, SMTP_EXT_SIZE)) {
		buf_add_text(cmd, " SIZE=");
		buf_add_uint(cmd, req->body.size +
		    (req->body.ends_crlf ? 0 : 2));
	}
	if (body == SMTP_BODY_BINARYMIME || (body != SMTP_BODY_NONE &&
	    txn_has(t, SMTP_EXT_8BITMIME))) {
		buf_add_text(cmd, " BODY=");
		buf_add_text(cmd, smtp_body_name(body));
	}
	if (req->smtputf8 && txn_has(t, SMTP_EXT_SMTPUTF8))
		buf_add_text(cmd, " SMTPUTF8");
	if (req->requiretls)
		buf_add_text(cmd, " REQUIRETLS");
	if (req->ret != SMTP_RET_NONE && txn_has(t, SMTP_EXT_DSN)) {
		buf_add_text(cmd, " RET=");
		buf_add_text(cmd, smtp_ret_name(req->ret));
	}
	if (req->envid.len != 0 && txn_has(t, SMTP_EXT_DSN)) {
		buf_add_text(cmd, " ENVID=");
		buf_add_str(cmd, req->envid);
	}
	if (req->by.by != SMTP_BY_NONE && txn_has(t, SMTP_EXT_DELIVERBY)) {
		buf_add_text(cmd, " BY=");
		smtp_by_add(cmd, &req->by);
	}
	buf_add_str(cmd, req->params);
	buf_add_text(cmd, "\r\n");
	t->issued++;
}

/* An ORCPT may hold UTF-8 (RFC 6533), which needs its own extension. */
static bool
txn_may_orcpt(const struct txn *t, struct str orcpt)
{
	return txn_has(t, SMTP_EXT_DSN) && (str_is_ascii(orcpt) ||
	    txn_has(t, SMTP_EXT_SMTPUTF8));
}

void
txn_add_rcpt(struct txn *t)
{
	const struct send_rcpt	*rcpt = &t->req->rcpts[t->rcpt_issued++];
	struct buf		*cmd = &t->feed->cmd;

	buf_add_text(cmd, "RCPT TO:<");
	smtp_path_add(cmd, &rcpt->path);
	buf_add_byte(cmd, '>');
	if (rcpt->notify != 0 && txn_has(t, SMTP_EXT_DSN)) {
		buf_add_text(cmd, " NOTIFY=");
		smtp_notify_add(cmd, rcpt->notify);
	}
	if (rcpt->orcpt.len != 0 && txn_may_orcpt(t, rcpt->orcpt)) {
		buf_add_text(cmd, " ORCPT=");
		buf_add_str(cmd, rcpt->orcpt);
	}
	buf_add_str(cmd, rcpt->params);
	buf_add_text(cmd, "\r\n");
	t->issued++;
}

void
txn_add_data(struct txn *t)
{
	buf_add_text(&t->feed->cmd, "DATA\r\n");
	t->issued++;
}

void
txn_add_bdat(struct txn *t, bool body, bool last)
{
	struct buf	*cmd = &t->feed->cmd;

	if (last)
		feed_end_here(t->feed);
	buf_add_text(cmd, "BDAT ");
	buf_add_uint(cmd, body ? t->req->body.size : 0);
	buf_add_text(cmd, last ? " LAST\r\n" : "\r\n");
	if (body)
		feed_body_raw(t->feed);
	t->issued++;
}

/* ---- What the backend must have ---------------------------------------- */

static enum txn_outcome
txn_unfit(struct txn *t, int subject, int detail, const char *why)
{
	t->code = 554;
	t->enhanced[0] = 5;
	t->enhanced[1] = subject;
	t->enhanced[2] = detail;
	t->why = why;
	t->after = TXN_KEEP;
	return TXN_UNFIT;
}

/*
 * SMTPUTF8 is needed where an address is not ASCII, and where the sender asked
 * for it and the header is not ASCII.  That the sender asked proves nothing by
 * itself: there are clients that say SMTPUTF8 of every message.
 */
static bool
txn_needs_utf8(const struct send_request *req)
{
	size_t	i;

	if (req->sender.utf8 || (req->smtputf8 && req->body.eight_bit_header))
		return true;
	for (i = 0; i < req->rcpt_count; i++)
		if (req->rcpts[i].path.utf8)
			return true;
	return false;
}

/* Whether 8BITMIME is needed is seen in the message: many clients say it of
 * every one. */
enum txn_outcome
txn_check_fit(struct txn *t)
{
	const struct send_request	*req = t->req;

	if (req->body.eight_bit && !txn_has(t, SMTP_EXT_8BITMIME))
		return txn_unfit(t, 6, 3, "backend does not offer 8BITMIME");
	if (req->body_type == SMTP_BODY_BINARYMIME &&
	    !txn_has(t, SMTP_EXT_BINARYMIME | SMTP_EXT_CHUNKING))
		return txn_unfit(t, 6, 3, "backend does not offer BINARYMIME");
	if (txn_needs_utf8(req) && !txn_has(t, SMTP_EXT_SMTPUTF8))
		return txn_unfit(t, 6, 7, "backend does not offer SMTPUTF8");
	if (req->requiretls && !txn_has(t, SMTP_EXT_REQUIRETLS))
		return txn_unfit(t, 7, 30,
		    "backend does not offer REQUIRETLS");
	if (t->caps.size_max != 0 && req->body.size > t->caps.size_max)
		return txn_unfit(t, 3, 4,
		    "message is larger than the backend takes");
	return TXN_GOES_ON;
}

bool
txn_drops_dsn(const struct txn *t)
{
	const struct send_request	*req = t->req;
	bool				 dsn = txn_has(t, SMTP_EXT_DSN);
	size_t				 i;

	if (!dsn && (req->ret != SMTP_RET_NONE || req->envid.len != 0))
		return true;
	for (i = 0; i < req->rcpt_count; i++)
		if ((!dsn && req->rcpts[i].notify != 0) ||
		    (req->rcpts[i].orcpt.len != 0 &&
		    !txn_may_orcpt(t, req->rcpts[i].orcpt)))
			return true;
	return false;
}
