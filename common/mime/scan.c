/*
 * Lines are looked at as they come; only the beginning of one that is cut is
 * kept.  A stack of open boundaries says which part a line belongs to: a
 * boundary of an outer part ends all parts inside it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "scan.h"

#define TYPE_MAX	2048
#define BOUNDARY_MAX	200	/* RFC 2046 allows 70 */

struct mime_level {
	char		 boundary[BOUNDARY_MAX + 1];
	size_t		 len;
	unsigned	 level;		/* of its parts */
};

void
mime_scan_init(struct mime_scan *s, unsigned depth_limit)
{
	memset(s, 0, sizeof *s);
	s->depth_limit = depth_limit;
	s->line = (struct buf)BUF_INIT;
	s->type = (struct buf)BUF_INIT;
	s->delivered = (struct buf)BUF_INIT;
}

void
mime_scan_fini(struct mime_scan *s)
{
	buf_free(&s->line);
	buf_free(&s->type);
	buf_free(&s->delivered);
	free(s->open);
	s->open = NULL;
	s->open_count = 0;
}

/* ---- Content-Type ------------------------------------------------------ */

/* The value of a parameter at the front of s: a token or a quoted string. */
static size_t
type_value(struct str s, char out[BOUNDARY_MAX + 1])
{
	bool	quoted = s.len != 0 && s.p[0] == '"';
	size_t	i, n = 0;

	for (i = quoted; i < s.len; i++) {
		if (quoted ? s.p[i] == '"' : s.p[i] == ';' ||
		    s.p[i] == ' ' || s.p[i] == '\t')
			break;
		if (quoted && s.p[i] == '\\' && i + 1 < s.len)
			i++;
		if (n == BOUNDARY_MAX)
			return 0;
		out[n++] = s.p[i];
	}
	out[n] = '\0';
	return n;
}

/* Moves past the parameter at the front, to what follows its ";". */
static struct str
type_next(struct str s)
{
	bool	quoted = false;
	size_t	i;

	for (i = 0; i < s.len; i++) {
		if (quoted && s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			quoted = !quoted;
		else if (s.p[i] == ';' && !quoted)
			return str_trim((struct str){ s.p + i + 1,
			    s.len - i - 1 });
	}
	return STR_NONE;
}

static size_t
type_boundary(struct str type, char out[BOUNDARY_MAX + 1])
{
	struct str	name, value;

	for (type = type_next(type); type.len != 0; type = type_next(type)) {
		name = str_split(type, '=', &value);
		if (value.p != NULL && str_caseeq(str_trim(name),
		    STR("boundary")))
			return type_value(str_trim(value), out);
	}
	return 0;
}

/* ---- Levels ------------------------------------------------------------ */

static bool
scan_deeper(struct mime_scan *s)
{
	if (++s->level > s->depth)
		s->depth = s->level;
	if (s->level <= s->depth_limit)
		return true;
	s->state = MIME_SCAN_OVER;
	return false;
}

static void
scan_open(struct mime_scan *s, struct str type)
{
	struct mime_level	*l;
	char			 boundary[BOUNDARY_MAX + 1];
	size_t			 len = type_boundary(type, boundary);

	if (len == 0 || !scan_deeper(s))
		return;
	s->open = xreallocarray(s->open, s->open_count + 1, sizeof *s->open);
	l = &s->open[s->open_count++];
	memcpy(l->boundary, boundary, len + 1);
	l->len = len;
	l->level = s->level;
}

static void
scan_header_end(struct mime_scan *s)
{
	struct str	type = str_trim(buf_str(&s->type)), rest;
	struct str	name = str_trim(str_split(type, ';', &rest));

	s->nested = true;
	s->state = MIME_SCAN_BODY;
	if (str_caseprefix(name, STR("multipart/")))
		scan_open(s, type);
	else if (str_caseeq(name, STR("message/rfc822")) ||
	    str_caseeq(name, STR("message/global"))) {
		s->state = MIME_SCAN_HEADER;
		(void)scan_deeper(s);
	}
	buf_clear(&s->type);
	s->in_type = false;
	if (s->state == MIME_SCAN_BODY && s->open_count == 0)
		s->state = MIME_SCAN_OVER;
}

/* ---- Lines ------------------------------------------------------------- */

/* "--boundary" begins a part, "--boundary--" is the end; the innermost
 * multipart that knows it is the one. */
static void
scan_body_line(struct mime_scan *s, struct str line)
{
	struct mime_level	*l;
	struct str		 rest;
	size_t			 i;

	if (s->state != MIME_SCAN_BODY || !str_prefix(line, STR("--")))
		return;
	line = (struct str){ line.p + 2, line.len - 2 };
	for (i = s->open_count; i > 0; i--) {
		l = &s->open[i - 1];
		if (str_prefix(line, (struct str){ l->boundary, l->len }))
			break;
	}
	if (i == 0)
		return;
	rest = (struct str){ line.p + l->len, line.len - l->len };
	s->open_count = i;
	s->level = l->level;
	s->state = MIME_SCAN_HEADER;
	if (str_prefix(rest, STR("--"))) {
		s->open_count--;
		s->level--;
		s->state = s->open_count != 0 ? MIME_SCAN_BODY :
		    MIME_SCAN_OVER;
	}
}

static void
scan_type_add(struct mime_scan *s, struct str text)
{
	if (text.len <= TYPE_MAX - s->type.len)
		buf_add_str(&s->type, text);
}

static void
scan_id_add(struct mime_scan *s, struct str text)
{
	text = str_trim(text);
	if (text.len > sizeof s->id - s->id_len)
		text.len = sizeof s->id - s->id_len;
	if (text.len > 0)
		memcpy(s->id + s->id_len, text.p, text.len);
	s->id_len += text.len;
}

static void
scan_delivered_add(struct mime_scan *s, struct str value)
{
	if (value.len == 0 ||
	    s->delivered.len + value.len >= MIME_SCAN_DELIVERED)
		return;
	buf_add_str(&s->delivered, value);
	buf_add_byte(&s->delivered, '\n');
}

/* A line that is no field is the body's first, an empty line or not. */
static void
scan_field(struct mime_scan *s, struct str line)
{
	struct str	value, name = str_split(line, ':', &value);

	s->in_type = s->in_id = false;
	if (value.p == NULL) {
		scan_header_end(s);
		scan_body_line(s, line);
		return;
	}
	name = str_trim(name);
	if (!s->nested && str_caseeq(name, STR("received")))
		s->received++;
	if (!s->nested && str_caseeq(name, STR("date")))
		s->date = true;
	/* RFC 8689 4.3 has this one value. */
	if (!s->nested && str_caseeq(name, STR("tls-required")))
		s->tls_not_required = str_caseeq(str_trim(value), STR("no"));
	if (!s->nested && str_caseeq(name, STR("delivered-to")))
		scan_delivered_add(s, str_trim(value));
	if (!s->nested && s->id_len == 0 &&
	    str_caseeq(name, STR("message-id"))) {
		s->in_id = true;
		scan_id_add(s, value);
	}
	/* Of several the first counts, as for most readers. */
	if (str_caseeq(name, STR("content-type")) && s->type.len == 0) {
		s->in_type = true;
		scan_type_add(s, value);
	}
}

static void
scan_header_line(struct mime_scan *s, struct str line)
{
	if (line.len == 0)
		scan_header_end(s);
	else if (line.p[0] != ' ' && line.p[0] != '\t')
		scan_field(s, line);
	else if (s->in_type)
		scan_type_add(s, line);
	else if (s->in_id)
		scan_id_add(s, line);
}

static void
scan_line(struct mime_scan *s, struct str line)
{
	if (line.len != 0 && line.p[line.len - 1] == '\r')
		line.len--;
	if (s->state == MIME_SCAN_HEADER)
		scan_header_line(s, line);
	else if (s->state == MIME_SCAN_BODY)
		scan_body_line(s, line);
}

/* Bytes of one line, whose end is in them or comes later. */
static void
scan_piece(struct mime_scan *s, struct str piece, bool ends)
{
	size_t	room = MIME_SCAN_LINE - s->line.len;

	if (s->state == MIME_SCAN_HEADER && !s->nested)
		s->header_size += piece.len + ends;
	if (s->state == MIME_SCAN_BODY && s->line.len == 0 &&
	    piece.len != 0 && piece.p[0] != '-')
		s->skip = true;
	if (!s->skip && (!ends || s->line.len != 0))
		buf_add(&s->line, piece.p, piece.len < room ? piece.len :
		    room);
	if (!ends)
		return;
	if (!s->skip)
		scan_line(s, s->line.len != 0 ? buf_str(&s->line) :
		    (struct str){ piece.p, piece.len < MIME_SCAN_LINE ?
		    piece.len : MIME_SCAN_LINE });
	buf_clear(&s->line);
	s->skip = false;
}

struct str
mime_scan_id(const struct mime_scan *s)
{
	return s->id_len > 0 ? (struct str){ s->id, s->id_len } : STR_NONE;
}

bool
mime_scan_delivered(const struct mime_scan *s, struct str address)
{
	struct str	line, rest = buf_str(&s->delivered);

	while (rest.len > 0) {
		line = str_split(rest, '\n', &rest);
		if (line.len > 2 && line.p[0] == '<' &&
		    line.p[line.len - 1] == '>')
			line = (struct str){ line.p + 1, line.len - 2 };
		if (str_caseeq(line, address))
			return true;
	}
	return false;
}

void
mime_scan_add(struct mime_scan *s, struct str bytes)
{
	const char	*lf;
	size_t		 n;

	while (bytes.len != 0 && s->state != MIME_SCAN_OVER) {
		lf = memchr(bytes.p, '\n', bytes.len);
		n = lf != NULL ? (size_t)(lf - bytes.p) : bytes.len;
		scan_piece(s, (struct str){ bytes.p, n }, lf != NULL);
		if (lf != NULL)
			n++;
		bytes.p += n;
		bytes.len -= n;
	}
}
