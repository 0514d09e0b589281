/*
 * How the commands are grouped, by what the backend offers.  A bar is a wait
 * for all replies; "small" is a body of at most TXN_SMALL bytes.
 *
 *	PIPELINING, CHUNKING, one recipient, small, fresh connection
 *		MAIL RCPT BDAT-n-LAST |
 *	PIPELINING, CHUNKING, more recipients, small, fresh connection
 *		MAIL RCPT... BDAT-n | BDAT-0-LAST |
 *	PIPELINING, CHUNKING, small, connection not fresh
 *		MAIL RCPT... | BDAT-n-LAST |
 *	PIPELINING, CHUNKING, large
 *		MAIL RCPT... | BDAT-n | BDAT-0-LAST |
 *	PIPELINING, one recipient
 *		MAIL RCPT DATA | body-and-dot |
 *	PIPELINING, more recipients
 *		MAIL RCPT... | DATA | body-and-dot |
 *	neither: each command waits; then as with more recipients.
 *
 * On a connection that was used before, a message that both can carry goes by
 * DATA though BDAT is offered.  A backend that answers one end of message
 * twice, the second time late, puts every later reply one place off, and the
 * 250 to BDAT looks like any other: the one to RCPT would pass for it.  A 354
 * does not: what is off is seen there, before anything of the end was given.
 * What only BDAT can carry, binary and what ends without CRLF, the pool gives
 * a new connection.
 *
 * A large body goes without LAST so that the client's presence is asked at
 * its true end, and BDAT 0 LAST waits for the reply to BDAT n: behind a
 * refused chunk it might deliver an empty message.
 *
 * States against replies (421 is taken before the table: verdict, close):
 *
 *		2yz		354		4yz 5yz
 *	MAIL	next		broken		verdict
 *	RCPT	next, or end	broken		noted; verdict at the last
 *		of envelope
 *	DATA	broken		body, or close	verdict
 *				if refused
 *	BODY	broken		broken		verdict, close
 *	CHUNK	BDAT 0 LAST	broken		verdict
 *	END	verdict		broken		verdict
 *
 * I1  The end is put in the feed only when no recipient was refused and all
 *     were accepted, but for one recipient on a fresh connection, whose
 *     refusal leaves the end without a recipient.
 * I2  A reply is never taken for one to a command not yet issued.
 */
#include <string.h>

#include "txn.h"

#define TXN_SMALL	(64 * 1024)

enum txn_class { CLASS_OK, CLASS_MORE, CLASS_REFUSED, CLASS_MAX };

typedef enum txn_outcome	txn_fn(struct txn *t,
				    const struct smtp_reply *r);

void
txn_init(struct txn *t)
{
	*t = (struct txn){ .state = TXN_MAIL };
	smtp_reply_init(&t->verdict);
}

void
txn_fini(struct txn *t)
{
	smtp_reply_fini(&t->verdict);
}

size_t
txn_outstanding(const struct txn *t)
{
	return t->issued - t->replied;
}

/* ---- Commands ---------------------------------------------------------- */

static bool
txn_has(const struct txn *t, unsigned exts)
{
	return (t->caps.exts & exts) == exts;
}

static void
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
	if (req->ret != SMTP_RET_NONE && txn_has(t, SMTP_EXT_DSN)) {
		buf_add_text(cmd, " RET=");
		buf_add_text(cmd, smtp_ret_name(req->ret));
	}
	if (req->envid.len != 0 && txn_has(t, SMTP_EXT_DSN)) {
		buf_add_text(cmd, " ENVID=");
		buf_add_str(cmd, req->envid);
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

static void
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

static void
txn_add_data(struct txn *t)
{
	buf_add_text(&t->feed->cmd, "DATA\r\n");
	t->issued++;
}

static void
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

/* ---- Start ------------------------------------------------------------- */

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
 * Needed is SMTPUTF8 where an address is not ASCII, and where the client
 * asked for it and the header is not ASCII.  To ask is no proof: there are
 * clients that say it of every message.
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

/* What counts is the message: many clients say 8BITMIME of every one. */
static enum txn_outcome
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
	if (t->caps.size_max != 0 && req->body.size > t->caps.size_max)
		return txn_unfit(t, 3, 4,
		    "message is larger than the backend takes");
	return TXN_GOES_ON;
}

static bool
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

static bool
txn_small(const struct txn *t)
{
	return t->req->body.size <= TXN_SMALL;
}

bool
txn_needs_bdat(const struct send_request *req)
{
	return !req->backend.no_chunking &&
	    (req->body_type == SMTP_BODY_BINARYMIME || !req->body.ends_crlf);
}

/* Whether BDAT carries the message; see above. */
static bool
txn_by_chunks(const struct txn *t)
{
	return txn_has(t, SMTP_EXT_CHUNKING) &&
	    (t->fresh || txn_needs_bdat(t->req));
}

/* What goes behind the RCPTs without a wait; see the plans above. */
static void
txn_add_tail(struct txn *t)
{
	bool	one = t->req->rcpt_count == 1;

	if (txn_by_chunks(t)) {
		if (!txn_small(t) || !t->fresh)
			return;
		txn_add_bdat(t, true, one);
		t->tail = one ? TXN_END : TXN_CHUNK;
	} else if (one) {
		txn_add_data(t);
		t->tail = TXN_DATA;
	}
}

enum txn_outcome
txn_start(struct txn *t, const struct send_request *req, struct feed *feed,
    const struct smtp_caps *caps, bool fresh)
{
	struct smtp_reply	verdict = t->verdict;

	*t = (struct txn){ .req = req, .feed = feed, .caps = *caps,
	    .fresh = fresh, .verdict = verdict };
	if (req->backend.no_chunking)
		t->caps.exts &= ~(unsigned)SMTP_EXT_CHUNKING;
	feed_reset(feed, req);
	if (txn_check_fit(t) == TXN_UNFIT)
		return TXN_UNFIT;
	t->dsn_dropped = txn_drops_dsn(t);
	txn_add_mail(t);
	if (txn_has(t, SMTP_EXT_PIPELINING)) {
		while (t->rcpt_issued < req->rcpt_count)
			txn_add_rcpt(t);
		txn_add_tail(t);
	}
	return TXN_GOES_ON;
}

/* ---- Outcomes ---------------------------------------------------------- */

static enum smtp_state
txn_state_of(const struct txn *t)
{
	static const enum smtp_state	states[TXN_STATE_MAX] = {
		[TXN_MAIL] = SMTP_STATE_MAIL, [TXN_RCPT] = SMTP_STATE_RCPT,
		[TXN_DATA] = SMTP_STATE_DATA, [TXN_BODY] = SMTP_STATE_DATA,
		[TXN_CHUNK] = SMTP_STATE_BDAT, [TXN_END] = SMTP_STATE_EOD,
	};

	return states[t->state];
}

enum smtp_state
txn_where(const struct txn *t, uint64_t sent)
{
	if (feed_end_given(t->feed, sent))
		return SMTP_STATE_EOD;
	/* Waiting to send an end is no wait for its reply. */
	if (t->state == TXN_END)
		return t->feed->tail.len != 0 ? SMTP_STATE_DATA :
		    SMTP_STATE_BDAT;
	return txn_state_of(t);
}

static enum txn_outcome
txn_broken(struct txn *t, const char *why)
{
	t->why = why;
	t->after = TXN_CLOSE;
	return TXN_PROTOCOL;
}

/* What was not given to the kernel yet can't be taken back: close. */
static enum txn_outcome
txn_finish(struct txn *t, enum txn_after after)
{
	if (after == TXN_RESET && !feed_empty(t->feed))
		after = TXN_CLOSE;
	t->after = after;
	return TXN_VERDICT;
}

static void
txn_note(struct txn *t, const struct smtp_reply *r)
{
	smtp_reply_copy(&t->verdict, r);
	t->verdict_state = txn_state_of(t);
}

static enum txn_outcome
txn_on_verdict(struct txn *t, const struct smtp_reply *r)
{
	txn_note(t, r);
	return txn_finish(t, TXN_RESET);
}

static enum txn_outcome
txn_on_verdict_close(struct txn *t, const struct smtp_reply *r)
{
	txn_note(t, r);
	return txn_finish(t, TXN_CLOSE);
}

static enum txn_outcome
txn_on_broken(struct txn *t, const struct smtp_reply *r)
{
	(void)r;
	return txn_broken(t, "unexpected reply");
}

/* ---- Replies ----------------------------------------------------------- */

static enum txn_outcome
txn_envelope_done(struct txn *t)
{
	if (t->refused)
		return txn_finish(t, TXN_RESET);
	if (t->tail != TXN_MAIL) {
		t->state = t->tail;
		return TXN_GOES_ON;
	}
	if (!txn_by_chunks(t)) {
		txn_add_data(t);
		t->state = TXN_DATA;
	} else {
		txn_add_bdat(t, true, txn_small(t));
		t->state = txn_small(t) ? TXN_END : TXN_CHUNK;
	}
	return TXN_GOES_ON;
}

static enum txn_outcome
txn_rcpt_next(struct txn *t)
{
	if (t->rcpt_replied == t->req->rcpt_count)
		return txn_envelope_done(t);
	if (t->rcpt_issued == t->rcpt_replied)
		txn_add_rcpt(t);
	return TXN_GOES_ON;
}

static enum txn_outcome
txn_on_mail(struct txn *t, const struct smtp_reply *r)
{
	(void)r;
	t->state = TXN_RCPT;
	return txn_rcpt_next(t);
}

static enum txn_outcome
txn_on_rcpt(struct txn *t, const struct smtp_reply *r)
{
	(void)r;
	t->rcpt_replied++;
	return txn_rcpt_next(t);
}

/* The rest is heard too: a temporary refusal wins over a permanent one. */
static enum txn_outcome
txn_on_rcpt_refused(struct txn *t, const struct smtp_reply *r)
{
	if (!t->refused || (r->code < 500 && t->verdict.code >= 500))
		txn_note(t, r);
	t->refused = true;
	t->rcpt_replied++;
	return txn_rcpt_next(t);
}

static enum txn_outcome
txn_on_go_ahead(struct txn *t, const struct smtp_reply *r)
{
	if (r->code != 354)
		return txn_on_broken(t, r);
	feed_body_data(t->feed);
	t->state = TXN_END;
	/* The reply to the body counts as one to a command. */
	t->issued++;
	return TXN_GOES_ON;
}

static enum txn_outcome
txn_on_chunk(struct txn *t, const struct smtp_reply *r)
{
	if (!feed_empty(t->feed))
		return txn_on_broken(t, r);
	txn_add_bdat(t, false, true);
	t->state = TXN_END;
	return TXN_GOES_ON;
}

static enum txn_outcome
txn_on_accepted(struct txn *t, const struct smtp_reply *r)
{
	if (!feed_empty(t->feed))
		return txn_on_broken(t, r);
	txn_note(t, r);
	return txn_finish(t, TXN_KEEP);
}

static txn_fn *const	txn_table[TXN_STATE_MAX][CLASS_MAX] = {
	[TXN_MAIL] = { txn_on_mail, txn_on_broken, txn_on_verdict },
	[TXN_RCPT] = { txn_on_rcpt, txn_on_broken, txn_on_rcpt_refused },
	[TXN_DATA] = { txn_on_broken, txn_on_go_ahead, txn_on_verdict },
	[TXN_BODY] = { txn_on_broken, txn_on_broken, txn_on_verdict_close },
	[TXN_CHUNK] = { txn_on_chunk, txn_on_broken, txn_on_verdict },
	[TXN_END] = { txn_on_accepted, txn_on_broken, txn_on_verdict },
};

static enum txn_class
txn_class(const struct smtp_reply *r)
{
	if (r->code >= 400)
		return CLASS_REFUSED;
	return r->code >= 300 ? CLASS_MORE : CLASS_OK;
}

/* What is behind it can't be told from its text, so that nothing can follow:
 * it counts where it is the last word. */
static enum txn_outcome
txn_on_endless(struct txn *t, const struct smtp_reply *r)
{
	enum txn_outcome	out;

	if (r->code >= 400)
		return txn_on_verdict_close(t, r);
	if (t->state != TXN_END || txn_outstanding(t) != 0)
		return txn_broken(t, "a reply without end");
	out = txn_table[t->state][txn_class(r)](t, r);
	t->after = TXN_CLOSE;
	return out;
}

enum txn_outcome
txn_reply(struct txn *t, const struct smtp_reply *r, uint64_t sent,
    bool more)
{
	enum txn_outcome	out;

	if (txn_outstanding(t) == 0)
		return txn_broken(t, "reply to nothing");
	t->replied++;
	if (t->state == TXN_END && t->feed->tail.len != 0 &&
	    !feed_end_given(t->feed, sent))
		t->state = TXN_BODY;
	else if (t->state == TXN_END && !feed_end_given(t->feed, sent))
		return txn_broken(t, "reply before the command");
	if (r->code == 421)
		return txn_on_verdict_close(t, r);
	if (r->endless)
		return txn_on_endless(t, r);
	/* I2: with no command under way nothing may be behind this reply. */
	if (more && txn_outstanding(t) == 0 && t->state != TXN_END)
		return txn_broken(t, "more replies than commands");
	out = txn_table[t->state][txn_class(r)](t, r);
	if (more && out == TXN_VERDICT && txn_outstanding(t) == 0)
		t->after = TXN_CLOSE;
	return out;
}
