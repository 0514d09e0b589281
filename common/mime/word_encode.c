/*
 * Encoding and folding.  A value is cut into tokens, each with the white
 * space before it; tokens that need it are gathered in a run and written as
 * encoded words, the white space between them inside.
 *
 *	unstructured	token: up to white space; encoded if not ASCII, or
 *			too long for any line
 *	addresses	token: "quoted string", <...>, one of ,;:() or up to
 *			any of these; encoded if not ASCII, but never <...>
 *			nor what has an @
 */
#include <string.h>

#include "charset.h"
#include "field.h"
#include "word.h"

#define WORD_LONG	900	/* no ASCII token is longer than that */
#define WORD_LEAST	12	/* columns of text worth a new word */

struct word_token {
	struct str	gap;		/* white space before it */
	struct str	text;
	bool		encode;
	bool		quoted;		/* text is in quotes */
};

struct word_writer {
	struct buf	*out;
	size_t		 column;
	size_t		 columns;
	struct str	 charset;	/* "=?UTF-8?Q?" */
	bool		 utf8;
	enum word_encoding how;
	bool		 addresses;
	bool		 begun;		/* a token was written */
	bool		 glued;		/* the last one was encoded */
	struct str	 run_gap;
	struct buf	 run;		/* to be encoded */
};

static const char *const	word_address_fields[] = { "From", "Sender",
	"Reply-To", "To", "Cc", "Bcc", "Resent-From", "Resent-Sender",
	"Resent-Reply-To", "Resent-To", "Resent-Cc", "Resent-Bcc",
	"Return-Path", "Errors-To", "Mail-Followup-To", "Mail-Reply-To",
	"Delivered-To", "Disposition-Notification-To" };

static bool
word_has_addresses(struct str name)
{
	size_t	i;

	for (i = 0; i < sizeof word_address_fields /
	    sizeof word_address_fields[0]; i++)
		if (str_caseeq(name, str_of(word_address_fields[i])))
			return true;
	return false;
}

/* ---- Tokens ------------------------------------------------------------ */

static bool
word_space(char c)
{
	return c == ' ' || c == '\t';
}

/* Up to and with `end`, a backslash taking the next byte with it. */
static size_t
word_until(struct str s, char end)
{
	size_t	n;

	for (n = 1; n < s.len && s.p[n] != end; n++)
		if (s.p[n] == '\\' && n + 1 < s.len)
			n++;
	return n < s.len ? n + 1 : s.len;
}

static size_t
word_plain_token(struct str s, struct word_token *t)
{
	size_t	n = 0;

	while (n < s.len && !word_space(s.p[n]))
		n++;
	t->text = (struct str){ s.p, n };
	t->encode = n > WORD_LONG || !str_is_ascii(t->text);
	return n;
}

static size_t
word_address_token(struct str s, struct word_token *t)
{
	size_t	n = 0;

	if (s.p[0] == '"')
		n = word_until(s, '"');
	else if (s.p[0] == '<')
		n = word_until(s, '>');
	else if (strchr(",;:()", s.p[0]) != NULL)
		n = 1;
	else
		while (n < s.len && !word_space(s.p[n]) &&
		    strchr(",;:()<\"", s.p[n]) == NULL)
			n++;
	t->text = (struct str){ s.p, n };
	t->quoted = s.p[0] == '"';
	t->encode = !str_is_ascii(t->text) && s.p[0] != '<' &&
	    (t->quoted || memchr(s.p, '@', n) == NULL);
	return n;
}

/* Takes the next token off s. */
static bool
word_token(const struct word_writer *w, struct str *s, struct word_token *t)
{
	size_t	n = 0;

	if (s->len == 0)
		return false;
	*t = (struct word_token){ .gap = { s->p, 0 } };
	while (t->gap.len < s->len && word_space(s->p[t->gap.len]))
		t->gap.len++;
	s->p += t->gap.len;
	s->len -= t->gap.len;
	if (s->len == 0)
		return false;
	n = w->addresses ? word_address_token(*s, t) :
	    word_plain_token(*s, t);
	s->p += n;
	s->len -= n;
	return true;
}

/* ---- Writing ----------------------------------------------------------- */

static void
word_put(struct word_writer *w, struct str s)
{
	buf_add_str(w->out, s);
	w->column += s.len;
}

/* White space, on a new line if what follows it has no room on this one. */
static void
word_put_gap(struct word_writer *w, struct str gap, size_t need)
{
	if (gap.len != 0 && w->column + gap.len + need > w->columns) {
		buf_add_text(w->out, "\r\n");
		w->column = 0;
	}
	word_put(w, gap);
}

static size_t
word_char_len(const struct word_writer *w, struct str s)
{
	size_t	n = w->utf8 ? charset_utf8_len(s) : 1;

	return n != 0 ? n : 1;
}

/* Whole characters of the front of s in base64, at most `room` columns. */
static size_t
word_put_base64(struct word_writer *w, struct str s, size_t room)
{
	static const char	digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef"
				    "ghijklmnopqrstuvwxyz0123456789+/";
	size_t			used = 0, n, i, k;
	uint32_t		three;
	char			text[4];

	for (;;) {
		n = used < s.len ? word_char_len(w, (struct str){ s.p + used,
		    s.len - used }) : 0;
		if (n == 0 || used + n > room / 4 * 3)
			break;
		used += n;
	}
	for (i = 0; i < used; i += 3) {
		for (three = 0, k = 0; k < 3; k++)
			three = three << 8 | (i + k < used ?
			    (unsigned char)s.p[i + k] : 0);
		for (k = 0; k < 4; k++)
			text[k] = i + k > used ? '=' :
			    digits[three >> (18 - 6 * k) & 63];
		word_put(w, (struct str){ text, 4 });
	}
	return used;
}

/* The next character of s as it stands in a word; its length in s. */
static size_t
word_char(const struct word_writer *w, struct str s, char out[12],
    size_t *out_len)
{
	static const char	hex[] = "0123456789ABCDEF";
	size_t			n, i, len = 0;
	unsigned char		c;

	n = word_char_len(w, s);
	for (i = 0; i < n; i++) {
		c = (unsigned char)s.p[i];
		if (c == ' ')
			out[len++] = '_';
		else if (ascii_isalnum(c) || (c != 0 &&
		    strchr("!*+-/", c) != NULL))
			out[len++] = (char)c;
		else {
			out[len++] = '=';
			out[len++] = hex[c >> 4];
			out[len++] = hex[c & 15];
		}
	}
	*out_len = len;
	return n;
}

/* One encoded word of the front of s, at most `room` columns. */
static size_t
word_put_word(struct word_writer *w, struct str s, size_t room)
{
	size_t	n, len, used = 0;
	char	text[12];

	room = room < WORD_MAX ? room : WORD_MAX;
	word_put(w, w->charset);
	room -= w->charset.len + 2;
	if (w->how == WORD_B)
		used = word_put_base64(w, s, room);
	while (w->how == WORD_Q && used < s.len) {
		n = word_char(w, (struct str){ s.p + used, s.len - used },
		    text, &len);
		if (len > room)
			break;
		word_put(w, (struct str){ text, len });
		room -= len;
		used += n;
	}
	word_put(w, STR("?="));
	return used;
}

static void
word_end_run(struct word_writer *w)
{
	struct str	s = buf_str(&w->run), gap = w->run_gap;
	size_t		n, least = w->charset.len + 2 + WORD_LEAST;

	while (s.len != 0) {
		word_put_gap(w, gap, least);
		/* Without white space before it there is no other place. */
		n = w->column + least > w->columns ? least :
		    w->columns - w->column;
		n = word_put_word(w, s, n);
		s.p += n;
		s.len -= n;
		gap = STR(" ");
		if (s.len != 0) {
			buf_add_text(w->out, "\r\n");
			w->column = 0;
		}
	}
	if (w->run.len != 0)
		w->begun = w->glued = true;
	buf_clear(&w->run);
}

static void
word_add_quoted(struct buf *run, struct str s)
{
	size_t	i, end = s.len;

	if (end > 1 && s.p[end - 1] == '"')
		end--;
	for (i = 1; i < end; i++) {
		if (s.p[i] == '\\' && i + 1 < end)
			i++;
		buf_add_byte(run, s.p[i]);
	}
}

/* An encoded word stands apart from its neighbours (RFC 2047 5 (3)). */
static void
word_add_plain(struct word_writer *w, const struct word_token *t)
{
	struct str	gap = t->gap;

	word_end_run(w);
	if (gap.len == 0 && w->glued &&
	    strchr(",;:()", t->text.p[0]) == NULL)
		gap = STR(" ");
	word_put_gap(w, gap, t->text.len);
	word_put(w, t->text);
	w->begun = true;
	w->glued = false;
}

static void
word_add_encoded(struct word_writer *w, const struct word_token *t)
{
	if (w->run.len != 0)
		buf_add_str(&w->run, t->gap);
	else
		w->run_gap = t->gap.len == 0 && w->begun ? STR(" ") : t->gap;
	if (t->quoted)
		word_add_quoted(&w->run, t->text);
	else
		buf_add_str(&w->run, t->text);
}

static int
word_check(struct str value, struct err *e)
{
	unsigned char	c;
	size_t		i;

	for (i = 0; i < value.len; i++) {
		c = (unsigned char)value.p[i];
		if ((c < ' ' && c != '\t') || c == 0x7f)
			return err_set(e, "the value of a header field has "
			    "a line break or another control character");
	}
	return 0;
}

int
word_encode(struct str name, struct str value, enum word_encoding how,
    struct buf *out, struct err *e)
{
	static const struct str	charsets[2][2] = {
		[WORD_Q] = { STR("=?unknown-8bit?Q?"), STR("=?UTF-8?Q?") },
		[WORD_B] = { STR("=?unknown-8bit?B?"), STR("=?UTF-8?B?") },
	};
	struct word_writer	w = { .out = out, .column = name.len + 2,
	    .how = how,
	    .addresses = word_has_addresses(name), .run = BUF_INIT };
	struct word_token	t;
	struct buf		flat = BUF_INIT;
	struct str		rest;
	int			rc = -1;

	field_unfold(value, &flat);
	rest = str_trim(buf_str(&flat));
	w.columns = str_is_ascii(rest) ? WORD_COLUMNS : WORD_COLUMNS - 2;
	/* What is not UTF-8 keeps its bytes (RFC 1428). */
	w.utf8 = utf8_valid(rest);
	w.charset = charsets[how][w.utf8];
	if (word_check(rest, e) == 0) {
		while (word_token(&w, &rest, &t)) {
			if (t.encode)
				word_add_encoded(&w, &t);
			else
				word_add_plain(&w, &t);
		}
		word_end_run(&w);
		rc = 0;
	}
	buf_free(&w.run);
	buf_free(&flat);
	return rc;
}
