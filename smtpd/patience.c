/*
 * Counts a client's errors, and holds replies back from one that makes too
 * many.
 */
#include "event/stream.h"

#include "server.h"
#include "session.h"
#include "transaction.h"

/* ---- Counting ---------------------------------------------------------- */

static bool
patience_over(const struct session *s)
{
	const struct params	*p = s->server->params;

	return s->patience.strikes >= p->smtpd_error_limit ||
	    (s->txn != NULL &&
	    s->txn->refused >= p->smtpd_recipient_error_limit);
}

static bool
patience_half(const struct session *s)
{
	const struct params	*p = s->server->params;

	return s->patience.strikes > p->smtpd_error_limit / 2 ||
	    (s->txn != NULL &&
	    s->txn->refused > p->smtpd_recipient_error_limit / 2);
}

void
patience_error(struct session *s)
{
	COUNT(commands_refused);
	s->patience.errors++;
	if (s->txn != NULL && s->request.verb == SMTP_RCPT)
		s->txn->refused++;
	else
		s->patience.strikes++;
	s->patience.holding = s->server->params->smtpd_error_delay > 0 &&
	    !life_is_closing(s) && patience_half(s) && !patience_over(s);
}

void
patience_message_taken(struct session *s)
{
	s->patience.strikes = 0;
	s->txn->refused = 0;
}

/* A client that asks which recipients exist never sends a message: that
 * counts as one error for each transaction in which one was refused. */
void
patience_transaction_over(struct session *s)
{
	if (s->txn != NULL && s->txn->refused > 0)
		s->patience.strikes++;
}

/* ---- Holding back ------------------------------------------------------ */

bool
patience_hold(struct session *s, struct str reply)
{
	if (s->patience.holding) {
		buf_add_str(&s->patience.held, reply);
		return true;
	}
	patience_end(s);
	return false;
}

void
patience_after(struct session *s, bool close)
{
	bool	holding = s->patience.holding;

	s->patience.holding = false;
	if (close)
		session_close(s);
	else if (patience_over(s)) {
		LOG(EV_REFUSE, &s->log, LOG_STR("reason", "too many errors"),
		    LOG_STR("client", s->conn.remoteip),
		    LOG_NUM("errors", s->patience.errors));
		session_cut(s, "4.7.0", "Too many errors");
	} else if (holding && !life_is_closing(s))
		life_enter(s, MODE_SLOW);
}

void
patience_end(struct session *s)
{
	struct buf	*held = &s->patience.held;

	if (held->len > 0)
		stream_write(s->stream, buf_data(held), held->len);
	buf_free(held);
	life_go_on(s);
}

void
patience_fini(struct patience *p)
{
	buf_free(&p->held);
}
