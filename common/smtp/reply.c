/*
 * Reading replies.  A line is collected until its CRLF is there, and then it
 * is read at once:
 *
 *	code ( SP | "-" ) [ enhanced SP ] text CRLF	"-": more lines follow
 *	code CRLF
 */
#include <stdio.h>
#include <string.h>

#include "reply.h"

#define ENHANCED_MAX	999

/* ---- The reply as a value ---------------------------------------------- */

void
smtp_reply_init(struct smtp_reply *r)
{
	*r = (struct smtp_reply){ .code = 0 };
}

void
smtp_reply_fini(struct smtp_reply *r)
{
	buf_free(&r->text);
	buf_free(&r->ends);
}

static void
reply_clear(struct smtp_reply *r)
{
	r->code = 0;
	r->endless = false;
	memset(r->enhanced, 0, sizeof r->enhanced);
	buf_clear(&r->text);
	buf_clear(&r->ends);
}

void
smtp_reply_copy(struct smtp_reply *to, const struct smtp_reply *from)
{
	reply_clear(to);
	to->code = from->code;
	to->endless = from->endless;
	memcpy(to->enhanced, from->enhanced, sizeof to->enhanced);
	if (from->text.len != 0)
		buf_add_str(&to->text, buf_str(&from->text));
	if (from->ends.len != 0)
		buf_add_str(&to->ends, buf_str(&from->ends));
}

size_t
smtp_reply_lines(const struct smtp_reply *r)
{
	return r->ends.len / sizeof(size_t);
}

/* Where line i - 1 ends; the buf gives no alignment. */
static size_t
reply_end(const struct smtp_reply *r, size_t i)
{
	size_t	end = 0;

	if (i > 0)
		memcpy(&end, buf_str(&r->ends).p + (i - 1) * sizeof end,
		    sizeof end);
	return end;
}

struct str
smtp_reply_line(const struct smtp_reply *r, size_t i)
{
	size_t	from, end;

	if (i >= smtp_reply_lines(r))
		return STR_NONE;
	from = reply_end(r, i);
	end = reply_end(r, i + 1);
	if (from == end)
		return STR("");
	return (struct str){ buf_str(&r->text).p + from, end - from };
}

void
smtp_reply_add_line(struct smtp_reply *r, struct str line)
{
	buf_add_str(&r->text, line);
	buf_add(&r->ends, &r->text.len, sizeof r->text.len);
}

/* ---- Reading ----------------------------------------------------------- */

void
smtp_reader_init(struct smtp_reader *rd)
{
	memset(rd, 0, sizeof *rd);
	rd->bound = SMTP_REPLY_BOUND;
}

void
smtp_reader_fini(struct smtp_reader *rd)
{
	smtp_reply_fini(&rd->reply);
	buf_free(&rd->line);
}

/*
 * "x.y.z" at the front of *text, of the class of `code`; it is taken off
 * with the space after it.
 */
static bool
reply_take_enhanced(struct str *text, int code, int enhanced[3])
{
	struct str	word, part, rest;
	uint64_t	n[3];
	int		i;

	word = str_split(*text, ' ', &rest);
	if (word.len < 5 || word.len > 9)
		return false;
	for (i = 0; i < 3; i++) {
		part = str_split(word, '.', &word);
		if (part.len > 3 || str_uint(part, ENHANCED_MAX, &n[i]) == -1)
			return false;
	}
	if (word.p != NULL || n[0] != (uint64_t)(code / 100))
		return false;
	for (i = 0; i < 3; i++)
		enhanced[i] = (int)n[i];
	*text = rest.p != NULL ? rest : STR("");
	return true;
}

static enum smtp_read
reader_bad(const char **why, const char *text)
{
	*why = text;
	return SMTP_READ_BAD;
}

/* Three digits that can be a reply: 1yz is none in SMTP. */
static int
reply_code(struct str line)
{
	uint64_t	code;

	if (line.len < 3 || str_uint((struct str){ line.p, 3 }, 599,
	    &code) == -1 || code < 200)
		return -1;
	return (int)code;
}

/* Keeps a line of text while there is room. */
static void
reader_keep(struct smtp_reply *r, struct str text)
{
	size_t	room = SMTP_REPLY_BYTES - r->text.len;

	if (smtp_reply_lines(r) == SMTP_REPLY_LINES || room == 0)
		return;
	if (text.len > room)
		text.len = room;
	smtp_reply_add_line(r, text);
}

static enum smtp_read
reader_take_line(struct smtp_reader *rd, struct str line, const char **why)
{
	struct smtp_reply	*r = &rd->reply;
	int			 code = reply_code(line), enhanced[3];
	struct str		 text = STR("");
	bool			 more = line.len > 3 && line.p[3] == '-';

	if (code == -1 || (line.len > 3 && line.p[3] != ' ' && !more))
		return reader_bad(why, "not an SMTP reply");
	if (r->code != 0 && r->code != code)
		return reader_bad(why, "two codes in one reply");
	if (line.len > 4)
		text = (struct str){ line.p + 4, line.len - 4 };
	if (reply_take_enhanced(&text, code, enhanced) &&
	    smtp_reply_lines(r) == 0)
		memcpy(r->enhanced, enhanced, sizeof enhanced);
	r->code = code;
	reader_keep(r, text);
	return more ? SMTP_READ_MORE : SMTP_READ_DONE;
}

/* A whole line, `cr` before its LF or not; it holds no other CR. */
static enum smtp_read
reader_end_line(struct smtp_reader *rd, struct str line, bool cr,
    const char **why)
{
	if (!cr)
		return reader_bad(why, "reply line ends in a bare LF");
	if (line.len != 0 && memchr(line.p, '\r', line.len) != NULL)
		return reader_bad(why, "bare CR in a reply");
	return reader_take_line(rd, line, why);
}

/* Keeps of a line that comes in pieces as much as a reply may hold. */
static void
reader_add(struct smtp_reader *rd, struct str piece)
{
	size_t	room = SMTP_REPLY_BYTES - rd->line.len;

	if (piece.len == 0)
		return;
	rd->line_bytes += piece.len;
	rd->last = piece.p[piece.len - 1];
	buf_add(&rd->line, piece.p, piece.len < room ? piece.len : room);
}

/* The end of a line that came in pieces; `piece` is what is before the LF. */
static enum smtp_read
reader_end_pieces(struct smtp_reader *rd, struct str piece, const char **why)
{
	struct str	line;
	enum smtp_read	got;
	bool		cr;

	reader_add(rd, piece);
	cr = rd->last == '\r';
	line = buf_str(&rd->line);
	/* A CR before the LF was dropped with the rest of a line that is too
	 * long, or it is the last byte that was kept. */
	if (cr && line.len == rd->line_bytes)
		line.len--;
	got = reader_end_line(rd, line, cr, why);
	buf_clear(&rd->line);
	rd->line_bytes = 0;
	return got;
}

static enum smtp_read
reader_endless(struct smtp_reader *rd, const char **why)
{
	struct smtp_reply	*r = &rd->reply;
	struct str		 line = buf_str(&rd->line);

	if (r->code == 0 && reader_take_line(rd, line, why) == SMTP_READ_BAD)
		return SMTP_READ_BAD;
	buf_clear(&rd->line);
	rd->line_bytes = 0;
	r->endless = true;
	return SMTP_READ_DONE;
}

/* The bound holds for what came before and what ends here alike, so that the
 * cut of the bytes makes no difference. */
static enum smtp_read
reader_step(struct smtp_reader *rd, struct str data, size_t *n,
    const char **why)
{
	size_t		 room = rd->bound > rd->bytes ?
			    rd->bound - rd->bytes : 0;
	const char	*lf;
	struct str	 piece;

	if (data.len > room)
		data.len = room;
	lf = data.len != 0 ? memchr(data.p, '\n', data.len) : NULL;
	*n = lf != NULL ? (size_t)(lf - data.p) + 1 : data.len;
	rd->bytes += *n;
	piece = (struct str){ data.p, lf != NULL ? *n - 1 : *n };
	if (lf == NULL) {
		reader_add(rd, piece);
		return rd->bytes >= rd->bound ?
		    reader_endless(rd, why) : SMTP_READ_MORE;
	}
	if (rd->line_bytes != 0)
		return reader_end_pieces(rd, piece, why);
	if (piece.len == 0 || piece.p[piece.len - 1] != '\r')
		return reader_end_line(rd, piece, false, why);
	piece.len--;
	if (piece.len > SMTP_REPLY_BYTES)
		piece.len = SMTP_REPLY_BYTES;
	return reader_end_line(rd, piece, true, why);
}

enum smtp_read
smtp_reader_feed(struct smtp_reader *rd, struct str data, size_t *used,
    const char **why)
{
	enum smtp_read	got = SMTP_READ_MORE;
	size_t		n;

	if (rd->done) {
		reply_clear(&rd->reply);
		rd->bytes = 0;
		rd->done = false;
	}
	*used = 0;
	while (got == SMTP_READ_MORE && *used < data.len) {
		got = reader_step(rd, (struct str){ data.p + *used,
		    data.len - *used }, &n, why);
		*used += n;
	}
	rd->done = got == SMTP_READ_DONE;
	return got;
}

bool
smtp_reader_give_up(struct smtp_reader *rd)
{
	if (rd->done || rd->reply.code == 0)
		return false;
	rd->reply.endless = true;
	rd->done = true;
	return true;
}

const char *
smtp_reply_summary(const struct smtp_reply *r, char out[SMTP_REPLY_SUMMARY])
{
	char		enhanced[SMTP_ENHANCED_TEXT];
	struct str	line = smtp_reply_lines(r) > 0 ?
			    smtp_reply_line(r, 0) : STR_NONE;

	(void)smtp_enhanced_text(r->enhanced, enhanced);
	(void)snprintf(out, SMTP_REPLY_SUMMARY, "%d%s%s%s%.*s", r->code,
	    enhanced[0] != '\0' ? " " : "", enhanced,
	    line.len > 0 ? " " : "",
	    (int)(line.len < 200 ? line.len : 200), line.p);
	return out;
}
