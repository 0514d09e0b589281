/*
 * A transaction's plans and states.
 *
 * Plans: how its commands are grouped, by what the backend offers.  A bar is a
 * wait for all replies; "small" is a body of at most TXN_SMALL bytes.
 *
 *	PIPELINING, CHUNKING, one recipient, small, fresh connection or one
 *	whose replies are told apart
 *		MAIL RCPT BDAT-n-LAST |
 *	PIPELINING, CHUNKING, more recipients, small, fresh connection
 *		MAIL RCPT... BDAT-n | BDAT-0-LAST |
 *	PIPELINING, CHUNKING, small, connection not fresh
 *		MAIL RCPT... | BDAT-n-LAST |
 *	PIPELINING, CHUNKING, large
 *		MAIL RCPT... | BDAT-n | BDAT-0-LAST |
 *	PIPELINING, one recipient, or each for itself
 *		MAIL RCPT... DATA | body-and-dot |
 *	PIPELINING, more recipients, all or none
 *		MAIL RCPT... | DATA | body-and-dot |
 *	neither: each command waits; then as with more recipients.
 *
 * On a connection that was used before, a message that DATA can carry goes by
 * DATA though BDAT is offered.  A backend that answers one end of message
 * twice, the second time late, puts every later reply one place off, and the
 * 250 to BDAT looks like any other: the one to RCPT would pass for it.  A 354
 * does not: what is off is seen there, before anything of the end was given.
 * What only BDAT can carry, binary and what ends without CRLF, the pool gives
 * a new connection.
 *
 * Replies are told apart where the transaction before showed that this backend
 * says 2.1.x (RFC 3463, addressing) to MAIL and RCPT, and something else to the
 * end, as most large ones do.  A reply one place off is then seen at the end:
 * one of 2.1.x is not the end's.  It is too late to try again, but nothing is
 * taken for delivered.  Too late, too, where the backend closes just then: one
 * that does so behind each message has no third transaction.
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
 *	END, LMTP and each for itself: noted; verdict at the last
 *
 * Each recipient for itself: a refused RCPT is that recipient's own verdict,
 * and the transaction goes on to those that were accepted.  Over LMTP each of
 * these has a reply of its own to the end, in their order.  A verdict on
 * anything else, and the connection's failure, is that of all who have none of
 * their own; a refusal that was said to one is never that of another.
 *
 * I1  The end is put in the feed only when every RCPT has had its reply and
 *     none was refused (each for itself: one at least was accepted).  The one
 *     exception is a single recipient on a connection that is fresh, or whose
 *     replies are told apart: if that one is refused, the end has no recipient
 *     and the backend refuses it, too.
 * I2  A reply is never taken for one to a command not yet issued.
 */
#include <string.h>

#include "txn_private.h"

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

/* ---- Start ------------------------------------------------------------- */

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
	    (t->fresh || t->apart || txn_needs_bdat(t->req));
}

/* What goes behind the RCPTs without a wait; see the plans above. */
static void
txn_add_tail(struct txn *t)
{
	bool	one = t->req->rcpt_count == 1;

	if (txn_by_chunks(t)) {
		if (!txn_small(t) || !(t->fresh || t->apart))
			return;
		txn_add_bdat(t, true, one);
		t->tail = one ? TXN_END : TXN_CHUNK;
	} else if (one || t->own != NULL) {
		txn_add_data(t);
		t->tail = TXN_DATA;
	}
}

/* How many replies the end will have. */
static size_t
txn_end_replies(const struct txn *t)
{
	return t->own != NULL && t->req->backend.lmtp ? t->accepted : 1;
}

enum txn_outcome
txn_start(struct txn *t, const struct txn_setup *s)
{
	const struct send_request	*req = s->req;
	struct smtp_reply		 verdict = t->verdict;

	*t = (struct txn){ .req = req, .own = s->own, .feed = s->feed,
	    .caps = *s->caps, .fresh = s->fresh, .addressing = true,
	    .verdict = verdict };
	t->apart = s->apart && req->rcpt_count == 1 && txn_small(t);
	if (t->own != NULL)
		attempt_rcpts_clear(t->own, req->rcpt_count);
	if (req->backend.no_chunking)
		t->caps.exts &= ~(unsigned)SMTP_EXT_CHUNKING;
	feed_reset(t->feed, req);
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
	/* The end is in the feed and not sent yet: no reply to it is due. */
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

/* Commands that still wait in the feed can't be taken back: then RSET is no way
 * out, and the connection is closed. */
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

/* A recipient's own verdict. */
static void
txn_note_own(struct txn *t, size_t i, const struct smtp_reply *r)
{
	smtp_reply_copy(&t->own[i].reply, r);
	t->own[i].state = txn_state_of(t);
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

/* ---- Replies told apart ------------------------------------------------ */

/* RFC 3463: the subject of a status is addressing, or another. */
static void
txn_note_addressing(struct txn *t, const struct smtp_reply *r)
{
	t->addressing &= r->enhanced[0] == 2 && r->enhanced[1] == 1;
}

static bool
txn_not_addressing(const struct smtp_reply *r)
{
	return r->enhanced[0] == 2 && r->enhanced[1] != 1;
}

/* ---- Replies ----------------------------------------------------------- */

/* The LAST chunk, behind the replies to all RCPTs. */
static void
txn_add_last(struct txn *t, bool body)
{
	txn_add_bdat(t, body, true);
	t->issued += txn_end_replies(t) - 1;
	t->state = TXN_END;
}

static enum txn_outcome
txn_envelope_done(struct txn *t)
{
	if (t->own != NULL ? t->accepted == 0 : t->refused)
		return txn_finish(t, TXN_RESET);
	if (t->tail != TXN_MAIL) {
		t->state = t->tail;
		return TXN_GOES_ON;
	}
	if (!txn_by_chunks(t)) {
		txn_add_data(t);
		t->state = TXN_DATA;
	} else if (txn_small(t))
		txn_add_last(t, true);
	else {
		txn_add_bdat(t, true, false);
		t->state = TXN_CHUNK;
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
	txn_note_addressing(t, r);
	t->state = TXN_RCPT;
	return txn_rcpt_next(t);
}

static enum txn_outcome
txn_on_rcpt(struct txn *t, const struct smtp_reply *r)
{
	txn_note_addressing(t, r);
	if (t->own != NULL)
		t->own[t->rcpt_replied].accepted = true;
	t->accepted++;
	t->rcpt_replied++;
	return txn_rcpt_next(t);
}

/* The replies to the others are waited for: all or none, a temporary refusal
 * wins over a permanent one. */
static enum txn_outcome
txn_on_rcpt_refused(struct txn *t, const struct smtp_reply *r)
{
	if (!t->refused || (r->code < 500 && t->verdict.code >= 500))
		txn_note(t, r);
	if (t->own != NULL)
		txn_note_own(t, t->rcpt_replied, r);
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
	/* Replies to the body count as those to commands. */
	t->issued += txn_end_replies(t);
	return TXN_GOES_ON;
}

static enum txn_outcome
txn_on_chunk(struct txn *t, const struct smtp_reply *r)
{
	if (!feed_empty(t->feed))
		return txn_on_broken(t, r);
	txn_add_last(t, false);
	return TXN_GOES_ON;
}

static bool
txn_each_ends(const struct txn *t)
{
	return t->state == TXN_END && t->own != NULL && t->req->backend.lmtp;
}

/* Over LMTP: one of the accepted recipients has its reply to the end. */
static enum txn_outcome
txn_on_end_of_one(struct txn *t, const struct smtp_reply *r)
{
	while (!t->own[t->end_replied].accepted)
		t->end_replied++;
	txn_note_own(t, t->end_replied++, r);
	if (t->ended++ == 0)
		txn_note(t, r);
	t->end_refused |= r->code >= 400;
	if (t->ended < t->accepted)
		return TXN_GOES_ON;
	return txn_finish(t, t->end_refused ? TXN_RESET : TXN_KEEP);
}

static enum txn_outcome
txn_on_accepted(struct txn *t, const struct smtp_reply *r)
{
	if (!feed_empty(t->feed))
		return txn_on_broken(t, r);
	if (t->apart && !txn_not_addressing(r))
		return txn_broken(t, "a reply to another command where the "
		    "end's was due");
	t->told_apart = t->addressing && txn_not_addressing(r);
	if (txn_each_ends(t))
		return txn_on_end_of_one(t, r);
	txn_note(t, r);
	return txn_finish(t, TXN_KEEP);
}

static enum txn_outcome
txn_on_end_refused(struct txn *t, const struct smtp_reply *r)
{
	return txn_each_ends(t) && feed_empty(t->feed) ?
	    txn_on_end_of_one(t, r) : txn_on_verdict(t, r);
}

static txn_fn *const	txn_table[TXN_STATE_MAX][CLASS_MAX] = {
	[TXN_MAIL] = { txn_on_mail, txn_on_broken, txn_on_verdict },
	[TXN_RCPT] = { txn_on_rcpt, txn_on_broken, txn_on_rcpt_refused },
	[TXN_DATA] = { txn_on_broken, txn_on_go_ahead, txn_on_verdict },
	[TXN_BODY] = { txn_on_broken, txn_on_broken, txn_on_verdict_close },
	[TXN_CHUNK] = { txn_on_chunk, txn_on_broken, txn_on_verdict },
	[TXN_END] = { txn_on_accepted, txn_on_broken, txn_on_end_refused },
};

static enum txn_class
txn_class(const struct smtp_reply *r)
{
	if (r->code >= 400)
		return CLASS_REFUSED;
	return r->code >= 300 ? CLASS_MORE : CLASS_OK;
}

/*
 * A reply whose end did not come.  The bytes behind it may be its own or
 * another reply's, so nothing more can be heard over this connection.  The
 * reply counts if it is the last that is due; and, where each recipient is for
 * itself, for the one it was said to.
 */
static enum txn_outcome
txn_on_endless(struct txn *t, const struct smtp_reply *r)
{
	bool			one;
	enum txn_outcome	out;

	one = txn_each_ends(t) || (t->own != NULL && t->state == TXN_RCPT &&
	    r->code >= 400);
	if (one) {
		out = txn_table[t->state][txn_class(r)](t, r);
		t->after = TXN_CLOSE;
		return out != TXN_GOES_ON ? out :
		    txn_broken(t, "a reply without end");
	}
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
