/*
 * smtp_answer_write(): a reply of ours as bytes.  Texts may come from a hook
 * or from another server: every byte is looked at, every line is bounded.
 */
#include <string.h>

#include "reply.h"

#define ANSWER_LINES	100		/* more are dropped */
#define ANSWER_TEXT	480		/* 512 less code, enhanced, CRLF */

struct answer_head {
	char	text[24];		/* "250-2.1.0 " */
	size_t	len;
};

/* n is 0 to 999; no printf(): each reply has four of them. */
static size_t
answer_digits(char *out, int n)
{
	size_t	len = 0;

	if (n >= 100)
		out[len++] = (char)('0' + n / 100);
	if (n >= 10)
		out[len++] = (char)('0' + n / 10 % 10);
	out[len++] = (char)('0' + n % 10);
	return len;
}

static void
answer_number(struct answer_head *h, int n, char end)
{
	h->len += answer_digits(h->text + h->len, n);
	h->text[h->len++] = end;
}

const char *
smtp_enhanced_text(const int enhanced[3], char out[SMTP_ENHANCED_TEXT])
{
	size_t	len = 0;
	int	i;

	for (i = 0; i < 3 && enhanced[0] != 0; i++) {
		if (i > 0)
			out[len++] = '.';
		len += answer_digits(out + len, enhanced[i] < 0 ? 0 :
		    enhanced[i] % 1000);
	}
	out[len] = '\0';
	return out;
}

static void
answer_head(struct answer_head *h, const struct smtp_answer *a)
{
	int	code = a->code, class, i, e[3];

	if (code < 200 || code > 599)
		code = 451;
	class = code / 100;
	memcpy(e, a->enhanced, sizeof e);
	for (i = 1; i < 3; i++)
		if (e[i] < 0 || e[i] > 999)
			e[0] = 0;
	if (e[0] != class) {
		e[0] = class;
		e[1] = e[2] = 0;
	}
	/* There is no class of enhanced codes for 3yz, which is no final
	 * answer. */
	h->len = 0;
	answer_number(h, code, '-');
	if (a->plain || class == 3)
		return;
	for (i = 0; i < 3; i++)
		answer_number(h, e[i], i < 2 ? '.' : ' ');
}

/* How much of s fits one line, without a character being cut. */
static size_t
answer_fit(struct str s)
{
	size_t	n = ANSWER_TEXT;

	if (s.len <= n)
		return s.len;
	while (n > ANSWER_TEXT - 4 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static void
answer_text(struct buf *out, struct str s, bool utf8)
{
	char	*p;
	size_t	 i;

	utf8 = utf8 && utf8_valid(s);
	p = buf_reserve(out, s.len);
	for (i = 0; i < s.len; i++) {
		unsigned char	c = (unsigned char)s.p[i];

		if (c < 0x20 || c == 0x7f)
			c = ' ';
		else if (c > 0x7f && !utf8)
			c = '?';
		p[i] = (char)c;
	}
	buf_added(out, s.len);
}

/* CRLF at the end of a hook's text is no line of its own. */
static struct str
answer_chomp(struct str s)
{
	while (s.len > 0 && (s.p[s.len - 1] == '\n' ||
	    s.p[s.len - 1] == '\r'))
		s.len--;
	return s;
}

void
smtp_answer_write(struct buf *out, const struct smtp_answer *a)
{
	struct answer_head	 h;
	struct str		 rest, fallback;
	size_t			 i, n, lines = 0, last = 0;

	answer_head(&h, a);
	fallback = h.text[0] < '4' ? STR("OK") : STR("Error");
	for (i = 0; i == 0 || i < a->line_count; i++) {
		rest = a->line_count == 0 ? fallback :
		    answer_chomp(a->lines[i]);
		do {
			if (lines++ == ANSWER_LINES)
				break;
			last = out->len;
			buf_add(out, h.text, h.len);
			n = answer_fit(rest);
			answer_text(out, (struct str){ rest.p, n }, a->utf8);
			buf_add_text(out, "\r\n");
			rest = (struct str){ rest.p + n, rest.len - n };
		} while (rest.len != 0);
		if (lines > ANSWER_LINES)
			break;
	}
	buf_data(out)[last + 3] = ' ';
}
