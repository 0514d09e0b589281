/*
 * A line is collected until its CRLF is there, then read at once:
 *
 *	code ( SP | "-" ) [ enhanced SP ] text CRLF	"-": more lines follow
 *	code CRLF
 */
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
	memset(r->enhanced, 0, sizeof r->enhanced);
	buf_clear(&r->text);
	buf_clear(&r->ends);
}

void
smtp_reply_copy(struct smtp_reply *to, const struct smtp_reply *from)
{
	reply_clear(to);
	to->code = from->code;
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
	if (smtp_reply_lines(r) == SMTP_REPLY_LINES)
		return reader_bad(why, "reply has too many lines");
	if (line.len > 4)
		text = (struct str){ line.p + 4, line.len - 4 };
	if (reply_take_enhanced(&text, code, enhanced) &&
	    smtp_reply_lines(r) == 0)
		memcpy(r->enhanced, enhanced, sizeof enhanced);
	r->code = code;
	smtp_reply_add_line(r, text);
	return more ? SMTP_READ_MORE : SMTP_READ_DONE;
}

/* A whole line ends in CRLF and holds no other CR. */
static enum smtp_read
reader_end_line(struct smtp_reader *rd, struct str line, const char **why)
{
	if (line.len < 2 || line.p[line.len - 2] != '\r')
		return reader_bad(why, "reply line ends in a bare LF");
	line.len -= 2;
	if (memchr(line.p, '\r', line.len) != NULL)
		return reader_bad(why, "bare CR in a reply");
	return reader_take_line(rd, line, why);
}

static enum smtp_read
reader_step(struct smtp_reader *rd, struct str data, size_t *n,
    const char **why)
{
	const char	*lf = memchr(data.p, '\n', data.len);
	enum smtp_read	 got;

	*n = lf != NULL ? (size_t)(lf - data.p) + 1 : data.len;
	/* The bound holds for what was kept and what ends here alike, so
	 * that the cut of the bytes makes no difference. */
	if (*n > SMTP_REPLY_BYTES - rd->bytes)
		return reader_bad(why, "reply is too long");
	rd->bytes += *n;
	if (lf == NULL || rd->line.len != 0)
		buf_add(&rd->line, data.p, *n);
	if (lf == NULL)
		return SMTP_READ_MORE;
	if (rd->line.len == 0)
		return reader_end_line(rd, (struct str){ data.p, *n }, why);
	got = reader_end_line(rd, buf_str(&rd->line), why);
	buf_clear(&rd->line);
	return got;
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
