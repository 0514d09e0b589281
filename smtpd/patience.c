#include "event/stream.h"

#include "patience.h"
#include "server.h"
#include "transaction.h"

/* ---- Counting ---------------------------------------------------------- */

static bool
patience_over(const struct session *s)
{
	const struct params	*p = s->server->params;

	return s->strikes >= p->smtpd_error_limit || (s->txn != NULL &&
	    s->txn->refused >= p->smtpd_recipient_error_limit);
}

static bool
patience_half(const struct session *s)
{
	const struct params	*p = s->server->params;

	return s->strikes > p->smtpd_error_limit / 2 || (s->txn != NULL &&
	    s->txn->refused > p->smtpd_recipient_error_limit / 2);
}

void
patience_error(struct session *s)
{
	COUNT(commands_refused);
	s->errors++;
	if (s->txn != NULL && s->verb == SMTP_RCPT)
		s->txn->refused++;
	else
		s->strikes++;
	s->holding = s->server->params->smtpd_error_delay > 0 &&
	    s->mode != MODE_CLOSING && patience_half(s) && !patience_over(s);
}

void
patience_message_taken(struct session *s)
{
	s->strikes = 0;
	s->txn->refused = 0;
}

/* Who only asks which recipients there are has no message taken. */
void
patience_transaction_over(struct session *s)
{
	if (s->txn != NULL && s->txn->refused > 0)
		s->strikes++;
}

/* ---- Holding back ------------------------------------------------------ */

bool
patience_hold(struct session *s, struct str reply)
{
	if (s->holding) {
		buf_add_str(&s->held, reply);
		return true;
	}
	patience_end(s);
	return false;
}

void
patience_after(struct session *s, bool close)
{
	bool	holding = s->holding;

	s->holding = false;
	if (close)
		session_close(s);
	else if (patience_over(s)) {
		LOG(EV_REFUSE, &s->log, LOG_STR("reason", "too many errors"),
		    LOG_STR("client", s->conn.remoteip),
		    LOG_NUM("errors", s->errors));
		session_cut(s, "4.7.0", "Too many errors");
	} else if (holding && s->mode != MODE_CLOSING) {
		s->slow_mode = s->mode;
		s->mode = MODE_SLOW;
		stream_pause(s->stream);
		timer_start(&s->timer, s->server->params->smtpd_error_delay);
	}
}

void
patience_end(struct session *s)
{
	if (s->held.len > 0)
		stream_write(s->stream, buf_data(&s->held), s->held.len);
	buf_free(&s->held);
	if (s->mode != MODE_SLOW)
		return;
	s->mode = s->slow_mode;
	stream_resume(s->stream);
}
