/*
 * The readers of lines, of chunks that were refused, and of what comes when
 * all is said.
 *
 * What is refused is read to its end, so that none of it runs as a command;
 * but not for ever: a line has LINE_SKIP_MAX bytes and smtpd_idle_timeout,
 * a chunk or a message what RECEIVE_SKIP_MORE says, and smtpd_data_timeout.
 */
#include <string.h>

#include "auth.h"
#include "input.h"
#include "server.h"
#include "session.h"

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
	farewell_stage(s, "UNKNOWN");
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
	s->request.verb = SMTP_UNKNOWN;
	life_enter(s, MODE_COMMAND);
	session_refuse(s, &refuse_long_line);
}

/* One line, for run() if it is well. */
static size_t
input_take_line(struct session *s, struct str in,
    void (*run)(struct session *s, struct str line))
{
	const char	*lf = memchr(in.p, '\n', in.len);
	size_t		 n;

	n = lf != NULL ? (size_t)(lf - in.p) + 1 : in.len;
	if (n > LINE_MAX_BYTES) {
		/* It was no answer: an exchange of AUTH ends with it. */
		auth_free(&s->auth);
		life_enter(s, MODE_DISCARD);
		s->intake.discarded = n;
		if (lf != NULL)
			input_too_long(s);
		return n;
	}
	if (lf == NULL)
		return 0;
	if (!input_line_ok(in.p, n)) {
		s->request.verb = SMTP_UNKNOWN;
		session_refuse(s, &refuse_line_end);
		return n;
	}
	s->request.more_came = n < in.len;
	run(s, (struct str){ in.p, n - 2 });
	return n;
}

size_t
input_line(struct session *s, struct str in)
{
	if (life_is_backed_up(s))
		return 0;
	if (foreign_refused(s, in))
		return in.len;
	return input_take_line(s, in, session_proxy);
}

size_t
input_response(struct session *s, struct str in)
{
	if (life_is_backed_up(s))
		return 0;
	return input_take_line(s, in, session_auth_response);
}

static void
input_endless(struct session *s, const char *reason)
{
	LOG(EV_REFUSE, &s->log, LOG_STR("reason", reason),
	    LOG_STR("client", s->conn.remoteip));
	session_cut(s, "4.7.0", "Too much of what was refused");
}

size_t
input_discard(struct session *s, struct str in)
{
	const char	*lf = memchr(in.p, '\n', in.len);
	size_t		 n = lf != NULL ? (size_t)(lf - in.p) + 1 : in.len;

	s->intake.discarded += n;
	if (s->intake.discarded > LINE_SKIP_MAX)
		input_endless(s, "endless line");
	else if (lf != NULL)
		input_too_long(s);
	return n;
}

/* ---- Chunks ------------------------------------------------------------ */

void
input_skip_chunk(struct session *s, uint64_t size)
{
	if (size == 0 || life_is_closing(s))
		return;
	if (size > receive_skip_max(s)) {
		input_endless(s, "endless chunk");
		return;
	}
	life_enter_after(s, MODE_SKIP);
	s->intake.chunk_left = size;
	s->intake.since_ms = loop_now_ms(s->server->loop);
}

size_t
input_skip(struct session *s, struct str in)
{
	uint64_t	*left = &s->intake.chunk_left;
	size_t		 n = in.len < *left ? in.len : (size_t)*left;

	*left -= n;
	if (*left == 0) {
		life_enter(s, MODE_COMMAND);
		s->intake.since_ms = 0;
	}
	return n;
}

size_t
input_drop(struct session *s, struct str in)
{
	(void)s;
	return in.len;
}
