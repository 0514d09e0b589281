/* The judge of session_judge.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session_judge.h"

#define JUDGE_LINE_MAX	(12288 + 2)	/* a longer one is answered 500 */

void
judge_wrong(const struct judge *j, const char *why)
{
	(void)fprintf(stderr, "wrong: %s\n--- sent ---\n%.*s\n--- got ---\n"
	    "%.*s\n---\n", why, (int)j->sent.len, j->sent.p, (int)j->got.len,
	    j->got.p);
	abort();
}

/* ---- Replies ----------------------------------------------------------- */

static int
judge_reply_line(const struct judge *j, struct str line)
{
	uint64_t	code;
	size_t		i;

	if (line.len < 4 || line.len > 510 ||
	    str_uint((struct str){ line.p, 3 }, 599, &code) == -1 ||
	    code < 200 || (line.p[3] != ' ' && line.p[3] != '-'))
		judge_wrong(j, "a reply's line");
	for (i = 4; i < line.len; i++)
		if ((unsigned char)line.p[i] < ' ' || line.p[i] == 0x7f)
			judge_wrong(j, "a control character in a reply");
	return (int)code;
}

/* A line that is cut off, by a connection's end, is none. */
static void
judge_read_replies(struct judge *j)
{
	struct str	rest = j->got, line;
	const char	*end;
	int		code, begun = 0;

	/* A record of TLS begins with a byte that no reply has. */
	while (rest.len != 0 && !(j->tls && rest.p[0] < ' ') &&
	    (end = memmem(rest.p, rest.len, "\r\n", 2)) != NULL) {
		line = (struct str){ rest.p, (size_t)(end - rest.p) };
		code = judge_reply_line(j, line);
		if (begun != 0 && begun != code)
			judge_wrong(j, "two codes in a reply");
		begun = line.p[3] == '-' ? code : 0;
		if (begun == 0 && j->code_count < JUDGE_REPLIES)
			j->codes[j->code_count++] = code;
		rest.p = end + 2;
		rest.len -= line.len + 2;
	}
}

/* 0: none (yet). */
static int
judge_reply(struct judge *j)
{
	if (j->code_next < j->code_count)
		return j->codes[j->code_next++];
	j->unanswered = true;
	return 0;
}

/* The server closes: a 421 may say so, nothing else comes. */
static void
judge_closed(struct judge *j, const char *why)
{
	size_t	left = j->code_count - j->code_next;

	if (left > 1 || (left == 1 && j->codes[j->code_next] != 421))
		judge_wrong(j, why);
	j->lost = true;
}

/* ---- Messages ---------------------------------------------------------- */

static void
judge_line_ends(const struct judge *j, struct judge_message *m, struct str in)
{
	size_t	i;
	bool	pair;

	for (i = 0; i < in.len; i++) {
		pair = in.p[i] == '\r' && i + 1 < in.len &&
		    in.p[i + 1] == '\n';
		if (pair || (in.p[i] != '\r' && in.p[i] != '\n')) {
			buf_add(&m->body, in.p + i, pair ? 2 : 1);
			i += pair;
			continue;
		}
		m->bare = true;
		if (j->normalize)
			buf_add_text(&m->body, "\r\n");
		else
			buf_add_byte(&m->body, in.p[i]);
	}
}

/* One reply; in LMTP one for each recipient, all of them the same here. */
static void
judge_message(struct judge *j, struct str body)
{
	struct judge_message	*m;
	int			 code, rcpts = j->rcpts;
	int			 left = j->lmtp ? rcpts : 1;

	j->rcpts = 0;
	j->in_chunks = false;
	if (j->message_count == JUDGE_MESSAGES) {
		j->lost = true;
		return;
	}
	m = &j->messages[j->message_count++];
	*m = (struct judge_message){ .rcpts = rcpts };
	judge_line_ends(j, m, body);
	m->code = judge_reply(j);
	while (--left > 0 && m->code != 0) {
		code = judge_reply(j);
		if (code != 0 && code != m->code && code != 421)
			judge_wrong(j, "recipients of one message differ");
	}
	if (m->code != 0 && m->code < 300 && m->bare && !j->normalize)
		judge_wrong(j, "a bare CR or LF was accepted");
	if (m->code != 0 && m->code < 300 && body.len > 0 &&
	    memchr(body.p, '\0', body.len) != NULL)
		judge_wrong(j, "a NUL was accepted");
}

/* What RFC 5321 4.5.2 makes of the bytes after a 354; how many, 0: cut. */
static size_t
judge_unstuff(struct str in, struct buf *body)
{
	size_t	at = 0, n;
	const char *end;

	for (;;) {
		if (in.len - at >= 3 && memcmp(in.p + at, ".\r\n", 3) == 0)
			return at + 3;
		if (at < in.len && in.p[at] == '.')
			at++;
		end = memmem(in.p + at, in.len - at, "\r\n", 2);
		if (end == NULL)
			return 0;
		n = (size_t)(end - in.p) + 2 - at;
		buf_add(body, in.p + at, n);
		at += n;
	}
}

static size_t
judge_data(struct judge *j, struct str rest)
{
	struct buf	body = BUF_INIT;
	size_t		used = judge_unstuff(rest, &body);

	if (used == 0)
		judge_closed(j, "a reply in the middle of DATA");
	else
		judge_message(j, buf_str(&body));
	buf_free(&body);
	return used;
}

/* ---- BDAT -------------------------------------------------------------- */

static bool
judge_bdat_size(struct str line, uint64_t *size, bool *last)
{
	struct str	rest, word, number;
	size_t		i;

	for (i = 0; i < line.len; i++)
		if ((unsigned char)line.p[i] < ' ' || line.p[i] == 0x7f)
			return false;
	(void)str_split(line, ' ', &rest);
	number = str_split(str_trim(rest), ' ', &word);
	word = str_trim(word);
	*last = str_caseeq(word, STR("LAST"));
	return number.len <= 20 && (word.len == 0 || *last) &&
	    str_uint(number, INT64_MAX, size) == 0;
}

/* In order: the chunk's bytes, then its reply. */
static void
judge_chunk(struct judge *j, struct str chunk, bool last)
{
	int	code;

	buf_add(&j->chunks, chunk.p, chunk.len);
	if (last) {
		judge_message(j, buf_str(&j->chunks));
		buf_clear(&j->chunks);
		return;
	}
	code = judge_reply(j);
	j->in_chunks = code != 0 && code < 300;
	if (!j->in_chunks)
		j->rcpts = 0;
}

static size_t
judge_bdat(struct judge *j, struct str line, struct str rest)
{
	uint64_t	size;
	bool		last;
	int		code;

	if (!judge_bdat_size(line, &size, &last)) {
		if (judge_reply(j) / 100 == 2)
			judge_wrong(j, "a malformed BDAT was taken");
		judge_closed(j, "a reply behind a malformed BDAT");
		return 0;
	}
	if (!j->in_chunks)
		buf_clear(&j->chunks);
	if (j->rcpts == 0) {
		code = judge_reply(j);
		if (code / 100 == 2)
			judge_wrong(j, "BDAT without a recipient was taken");
	}
	if (size > rest.len) {
		judge_closed(j, "a reply in the middle of BDAT");
		return 0;
	}
	if (j->rcpts != 0)
		judge_chunk(j, (struct str){ rest.p, (size_t)size }, last);
	return (size_t)size;
}

/* ---- Commands ---------------------------------------------------------- */

static bool
judge_is(struct str line, const char *verb)
{
	struct str	rest;

	return str_caseeq(str_split(line, ' ', &rest), str_of(verb));
}

/* What a reply means for the next commands. */
static void
judge_after(struct judge *j, struct str line, int code)
{
	bool	ok = code / 100 == 2;

	j->in_auth = code == 334;
	if (judge_is(line, "RCPT"))
		j->rcpts += ok;
	else if (judge_is(line, "MAIL") || judge_is(line, "RSET"))
		j->rcpts = ok ? 0 : j->rcpts;
	else if (judge_is(line, "HELO") || judge_is(line, "EHLO") ||
	    judge_is(line, "LHLO") || judge_is(line, "XCLIENT"))
		/* Refused by its syntax it changes nothing, by a hook all. */
		j->rcpts = ok || code == 554 || code == 450 || code == 451 ?
		    0 : j->rcpts;
	else if (judge_is(line, "STARTTLS") && ok) {
		j->in_tls = true;
		judge_closed(j, "a reply in clear after STARTTLS");
	} else if (judge_is(line, "QUIT") && ok)
		judge_closed(j, "a reply behind QUIT");
	if (j->rcpts == 0)
		j->in_chunks = false;
}

/* A whole line, its CRLF taken off; how many bytes behind it are its own. */
static size_t
judge_command(struct judge *j, struct str line, struct str rest)
{
	int	code;

	if (!j->in_auth && judge_is(line, "BDAT"))
		return judge_bdat(j, line, rest);
	code = judge_reply(j);
	if (code == 354 && !j->in_auth && judge_is(line, "DATA"))
		return judge_data(j, rest);
	if (code / 100 == 3 && code != 334)
		judge_wrong(j, "go ahead with what?");
	if (code == 334 && !j->in_auth && !judge_is(line, "AUTH"))
		judge_wrong(j, "a challenge to no AUTH");
	judge_after(j, j->in_auth ? STR("") : line, code);
	return 0;
}

/* What smtpd_forbidden_commands has by default, or a ClientHello. */
static bool
judge_foreign(struct str in)
{
	static const char *const	words[] = { "CONNECT", "GET", "POST",
	    "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH", "TRACE" };
	size_t				i, n;

	if (str_prefix(in, STR("\x16\x03")))
		return true;
	for (i = 0; i < sizeof words / sizeof words[0]; i++) {
		n = strlen(words[i]);
		if (in.len > n && str_caseprefix(in, str_of(words[i])) &&
		    memchr(" \t\r\n", in.p[n], 4) != NULL)
			return true;
	}
	return false;
}

static size_t
judge_line(struct judge *j, struct str in)
{
	const char	*lf = memchr(in.p, '\n', in.len);
	size_t		 n;

	if (!j->in_auth && judge_foreign(in)) {
		if (judge_reply(j) / 100 == 2)
			judge_wrong(j, "another protocol was spoken");
		judge_closed(j, "a reply behind another protocol");
		return in.len;
	}
	if (lf == NULL)
		return 0;
	n = (size_t)(lf - in.p) + 1;
	if (n > JUDGE_LINE_MAX) {
		j->in_auth = false;
		if (judge_reply(j) / 100 == 2)
			judge_wrong(j, "too long a line was taken");
	} else if (n < 2 || lf[-1] != '\r' ||
	    memchr(in.p, '\r', n - 2) != NULL) {
		if (judge_reply(j) / 100 == 2)
			judge_wrong(j, "a line with a bare CR or LF was taken");
		judge_closed(j, "a reply behind a bare CR or LF");
	} else
		n += judge_command(j, (struct str){ in.p, n - 2 },
		    (struct str){ lf + 1, in.len - n });
	return n;
}

void
judge(struct judge *j)
{
	struct str	rest = j->sent;
	size_t		n;

	if (j->secret)
		return;
	judge_read_replies(j);
	if (!j->greeted && judge_reply(j) != 220)
		judge_closed(j, "a reply behind a refusal to greet");
	while (rest.len > 0 && !j->lost && !j->unanswered &&
	    (n = judge_line(j, rest)) > 0)
		rest = (struct str){ rest.p + n, rest.len - n };
	if (!j->lost)
		judge_closed(j, "more replies than commands");
}

void
judge_free(struct judge *j)
{
	while (j->message_count > 0)
		buf_free(&j->messages[--j->message_count].body);
	buf_free(&j->chunks);
}
