/*
 * What is refused is read to its end, so that none of it runs as a command;
 * but not for ever: a line has LINE_SKIP_MAX bytes and smtpd_idle_timeout,
 * a chunk or a message what RECEIVE_SKIP_MORE says, and smtpd_data_timeout.
 */
#include <string.h>

#include "event/stream.h"

#include "auth.h"
#include "input.h"
#include "receive.h"
#include "server.h"
#include "session_hook.h"

#define LINE_MAX_BYTES	(12288 + 2)	/* the longest, AUTH's (RFC 4954) */
#define LINE_SKIP_MAX	(1024 * 1024)
#define FOREIGN_WORD	32		/* longer words are not compared */

static const struct smtp_refusal	refuse_line_end = { 500, { 5, 5, 2 },
	"Only CRLF ends a line", true };
static const struct smtp_refusal	refuse_long_line = { 500, { 5, 5, 2 },
	"Line too long", false };

/* ---- Other protocols --------------------------------------------------- */

/* Up to the blank or line end after it; STR_NONE: that is not there yet. */
static struct str
foreign_word(struct str in)
{
	size_t	n = 0;

	while (n < in.len && n < FOREIGN_WORD && in.p[n] != ' ' &&
	    in.p[n] != '\t' && in.p[n] != '\r' && in.p[n] != '\n')
		n++;
	return n < in.len && n > 0 ? (struct str){ in.p, n } : STR_NONE;
}

/*
 * What a line of another protocol begins with: a ClientHello where nobody
 * said STARTTLS, or a word of smtpd_forbidden_commands.  STR_NONE: nothing.
 */
static struct str
foreign_begin(const struct session *s, struct str in)
{
	struct str	rest = str_of(s->server->params->
			    smtpd_forbidden_commands);
	struct str	word, first;

	if (in.len >= 2 && in.p[0] == 0x16 && in.p[1] == 0x03)
		return STR("TLS");
	first = foreign_word(in);
	while (rest.p != NULL && first.len != 0) {
		word = str_split(rest, ' ', &rest);
		if (str_caseeq(word, first))
			return word;
	}
	return STR_NONE;
}

/*
 * A browser can be made to send lines of SMTP in the body of its request: the
 * session is over before they are looked at.
 */
static bool
foreign_refused(struct session *s, struct str in)
{
	struct str	what = foreign_begin(s, in);

	if (what.len == 0)
		return false;
	COUNT(sessions_foreign);
	LOG(EV_FOREIGN, &s->log, LOG_BYTES("began", what),
	    LOG_STR("client", s->conn.remoteip));
	s->farewell.stage = "UNKNOWN";
	session_answer(s, 554, "5.5.1", "This is an SMTP server");
	session_close(s);
	return true;
}

/* ---- Lines ------------------------------------------------------------- */

/* A line ends in CRLF and holds no other CR or LF. */
static bool
input_line_ok(const char *p, size_t with_lf)
{
	return with_lf >= 2 && p[with_lf - 2] == '\r' &&
	    memchr(p, '\r', with_lf - 2) == NULL;
}

static void
input_too_long(struct session *s)
{
	s->verb = SMTP_UNKNOWN;
	s->mode = MODE_COMMAND;
	session_refuse(s, &refuse_long_line);
}

static size_t
input_line(struct session *s, struct str in)
{
	const char	*lf = memchr(in.p, '\n', in.len);
	size_t		 n;

	if (s->mode == MODE_COMMAND && foreign_refused(s, in))
		return in.len;
	n = lf != NULL ? (size_t)(lf - in.p) + 1 : in.len;
	if (n > LINE_MAX_BYTES) {
		/* It was no answer: an exchange of AUTH ends with it. */
		auth_free(&s->auth);
		s->mode = MODE_DISCARD;
		s->discarded = n;
		if (lf != NULL)
			input_too_long(s);
		return n;
	}
	if (lf == NULL)
		return 0;
	if (!input_line_ok(in.p, n)) {
		s->verb = SMTP_UNKNOWN;
		session_refuse(s, &refuse_line_end);
		return n;
	}
	s->more_came = n < in.len;
	if (s->mode == MODE_AUTH)
		session_auth_response(s, (struct str){ in.p, n - 2 });
	else
		session_proxy(s, (struct str){ in.p, n - 2 });
	return n;
}

static void
input_endless(struct session *s, const char *reason)
{
	LOG(EV_REFUSE, &s->log, LOG_STR("reason", reason),
	    LOG_STR("client", s->conn.remoteip));
	session_cut(s, "4.7.0", "Too much of what was refused");
}

static size_t
input_discard(struct session *s, struct str in)
{
	const char	*lf = memchr(in.p, '\n', in.len);
	size_t		 n = lf != NULL ? (size_t)(lf - in.p) + 1 : in.len;

	s->discarded += n;
	if (s->discarded > LINE_SKIP_MAX)
		input_endless(s, "endless line");
	else if (lf != NULL)
		input_too_long(s);
	return n;
}

/* ---- Chunks ------------------------------------------------------------ */

void
input_skip_chunk(struct session *s, uint64_t size)
{
	if (size == 0 || s->mode == MODE_CLOSING)
		return;
	if (size > receive_skip_max(s)) {
		input_endless(s, "endless chunk");
		return;
	}
	/* Where the reply is held back the chunk comes after it. */
	*(s->mode == MODE_SLOW ? &s->slow_mode : &s->mode) = MODE_SKIP;
	s->chunk_left = size;
	s->data_since_ms = loop_now_ms(s->server->loop);
}

static size_t
input_skip(struct session *s, struct str in)
{
	size_t	n = in.len < s->chunk_left ? in.len : (size_t)s->chunk_left;

	s->chunk_left -= n;
	if (s->chunk_left == 0) {
		s->mode = MODE_COMMAND;
		s->data_since_ms = 0;
	}
	return n;
}

/* ---- All --------------------------------------------------------------- */

size_t
input_read(struct session *s, struct str in)
{
	switch (s->mode) {
	case MODE_COMMAND:
	case MODE_AUTH:
		return input_line(s, in);
	case MODE_DISCARD:
		return input_discard(s, in);
	case MODE_DATA:
		return session_data(s, in);
	case MODE_CHUNK:
		return session_chunk(s, in);
	case MODE_SKIP:
		return input_skip(s, in);
	case MODE_CLOSING:
		return in.len;
	case MODE_WAIT:
	case MODE_SLOW:
	case MODE_HANDSHAKE:
		break;
	}
	return 0;
}
