/*
 * Three steps, each handing on to the next: line ends are mended
 * (smtp/normal.h), a dot that ends the message is looked for, and the header
 * is cut off line by line.
 *
 * At the beginning of a line (BOL) a dot is held back (DOT), and a CR behind
 * it (DOT_CR), until it is known whether LF follows.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "mime/word.h"
#include "smtp/normal.h"

#include "letter.h"

#define BODY_MEMORY	(1024 * 1024)

struct letter {
	struct smtp_normal	 normal;
	bool			 dots;
	enum { LETTER_BOL, LETTER_TEXT, LETTER_DOT, LETTER_DOT_CR,
		LETTER_ENDED } state;
	bool			 in_body;
	bool			 began;		/* the first line was seen */
	struct buf		 line;		/* of the header, as it comes */
	struct header		*header;
	struct body_store	 store;
	struct body		*body;
	bool			 has_8bit;
	char			 last;		/* byte that came */
	bool			 failed;
	struct err		 why;
};

static void
letter_fail(struct letter *l, const struct err *e)
{
	if (!l->failed)
		l->why = *e;
	l->failed = true;
}

/* ---- Header and body ----------------------------------------------------- */

static void
letter_to_body(struct letter *l, struct str bytes)
{
	struct err	e;

	if (bytes.len > 0 && body_add(l->body, bytes, &e) == -1)
		letter_fail(l, &e);
}

/* A whole line of what may be the header. */
static void
letter_line(struct letter *l, struct str line)
{
	bool		first = !l->began;
	bool		space = line.p[0] == ' ' || line.p[0] == '\t';
	struct err	e;

	if (first && str_prefix(line, STR("From ")))
		return;
	l->began = true;
	if (str_eq(line, STR("\r\n")))
		l->in_body = true;
	else if ((space && !first) || field_of(line).name_len > 0) {
		if (header_feed(l->header, line, &e) == -1)
			letter_fail(l, &e);
	} else {
		l->in_body = true;
		letter_to_body(l, line);
	}
}

/* Bytes of at most one line. */
static void
letter_text(struct letter *l, struct str bytes)
{
	struct err	e;
	size_t		i;

	for (i = 0; i < bytes.len && !l->has_8bit; i++)
		l->has_8bit = (unsigned char)bytes.p[i] > 127;
	if (l->in_body || l->failed || bytes.len == 0) {
		if (!l->failed)
			letter_to_body(l, bytes);
		return;
	}
	buf_add_str(&l->line, bytes);
	if (bytes.p[bytes.len - 1] == '\n') {
		letter_line(l, buf_str(&l->line));
		buf_clear(&l->line);
	} else if (l->line.len > header_limits_default.bytes) {
		(void)err_set(&e, "a line of the header is too long");
		letter_fail(l, &e);
	}
}

/* ---- The dot ------------------------------------------------------------- */

static size_t
letter_run(struct letter *l, struct str in)
{
	const char	*lf = memchr(in.p, '\n', in.len);
	size_t		 n = lf != NULL ? (size_t)(lf + 1 - in.p) : in.len;

	letter_text(l, (struct str){ in.p, n });
	l->state = lf != NULL ? LETTER_BOL : LETTER_TEXT;
	return n;
}

/* How many bytes it takes. */
static size_t
letter_step(struct letter *l, struct str in)
{
	switch (l->state) {
	case LETTER_BOL:
		if (*in.p != '.' || l->dots)
			return letter_run(l, in);
		l->state = LETTER_DOT;
		return 1;
	case LETTER_DOT:
		if (*in.p == '\r') {
			l->state = LETTER_DOT_CR;
			return 1;
		}
		letter_text(l, STR("."));
		return letter_run(l, in);
	case LETTER_DOT_CR:
		/* A CR is never bare here. */
		l->state = LETTER_ENDED;
		return in.len;
	case LETTER_ENDED:
		return in.len;
	case LETTER_TEXT:
	default:
		return letter_run(l, in);
	}
}

static void
letter_piece(void *arg, struct str piece)
{
	struct letter	*l = arg;
	size_t		 n;

	for (; piece.len > 0; piece.p += n, piece.len -= n)
		n = letter_step(l, piece);
}

/* ---- Coming in ----------------------------------------------------------- */

struct letter *
letter_new(bool dots, int directory)
{
	struct letter	*l = xcalloc(1, sizeof *l);

	l->dots = dots;
	l->normal = (struct smtp_normal){ .lines = true, .out = letter_piece,
	    .arg = l };
	l->store = (struct body_store){ .message_limit = BODY_MEMORY,
	    .total_limit = BODY_MEMORY, .directory = directory };
	l->body = body_new(&l->store);
	l->header = header_new(&header_limits_default);
	l->last = '\n';
	return l;
}

void
letter_free(struct letter **lp)
{
	struct letter	*l = *lp;

	if (l == NULL)
		return;
	header_free(&l->header);
	body_free(&l->body);
	buf_free(&l->line);
	free(l);
	*lp = NULL;
}

static int
letter_result(const struct letter *l, struct err *e)
{
	if (!l->failed)
		return l->state == LETTER_ENDED;
	*e = l->why;
	return -1;
}

int
letter_add(struct letter *l, struct str bytes, struct err *e)
{
	if (bytes.len > 0) {
		l->last = bytes.p[bytes.len - 1];
		smtp_normal_add(&l->normal, bytes);
	}
	return letter_result(l, e);
}

int
letter_end(struct letter *l, struct err *e)
{
	/* A dot without a line's end is the end, too. */
	if (l->last != '\n' && l->last != '\r')
		smtp_normal_add(&l->normal, STR("\n"));
	smtp_normal_end(&l->normal);
	if (!l->failed)
		header_ready(l->header);
	return letter_result(l, e) == -1 ? -1 : 0;
}

/* ---- What the header says ------------------------------------------------ */

static const struct str	resent = { "Resent-", 7 };

struct block {
	size_t	from, to;	/* fields */
	bool	again;		/* the message is sent again */
};

/* The fields in which recipients are looked for. */
static struct block
letter_block(const struct header *h)
{
	struct block	b = { 0, header_count(h), false };
	size_t		i, k;

	for (i = 0; i < b.to; i++)
		if (str_caseprefix(field_name(header_at(h, i)), resent))
			break;
	for (k = i; k < b.to && str_caseprefix(field_name(header_at(h, k)),
	    resent); k++)
		if (field_is(header_at(h, k), STR("Resent-To")) ||
		    field_is(header_at(h, k), STR("Resent-Cc")) ||
		    field_is(header_at(h, k), STR("Resent-Bcc")))
			b.again = true;
	return b.again ? (struct block){ i, k, true } : b;
}

static bool
block_asks(const struct block *b, struct field f)
{
	struct str	name = field_name(f);

	if (b->again) {
		name.p += resent.len;
		name.len -= resent.len;
	}
	return str_caseeq(name, STR("To")) || str_caseeq(name, STR("Cc")) ||
	    str_caseeq(name, STR("Bcc"));
}

int
letter_recipients(struct letter *l, address_fn *fn, void *arg,
    struct err *e)
{
	struct header	*h = l->header;
	struct block	 b = letter_block(h);
	struct field	 f;
	size_t		 i;

	for (i = b.from; i < b.to; i++) {
		f = header_at(h, i);
		if (!block_asks(&b, f) ||
		    address_list(field_value(f), fn, arg, e) == 0)
			continue;
		return err_wrap(e, "%.*s", (int)f.name_len, f.raw.p);
	}
	header_delete_all(h, STR("Bcc"), 0);
	header_delete_all(h, STR("Resent-Bcc"), 0);
	return 0;
}

/* A name, quoted where it has to be. */
static void
add_phrase(struct buf *out, const char *name)
{
	buf_add_byte(out, '"');
	for (; *name != '\0'; name++) {
		if (*name == '"' || *name == '\\')
			buf_add_byte(out, '\\');
		buf_add_byte(out, *name);
	}
	buf_add_text(out, "\" ");
}

int
letter_from(struct letter *l, const char *name, struct str address,
    struct err *e)
{
	struct str	from = STR("From");
	struct buf	value = BUF_INIT, coded = BUF_INIT;
	int		rc = 0;

	if (header_find(l->header, from, 0) < header_count(l->header))
		return 0;
	if (name[0] != '\0')
		add_phrase(&value, name);
	buf_printf(&value, "<%.*s>", (int)address.len, address.p);
	if (word_encode(from, buf_str(&value), WORD_Q, &coded, e) == -1 ||
	    header_insert(l->header, from, buf_str(&coded), e) == -1)
		rc = err_wrap(e, "From");
	buf_free(&value);
	buf_free(&coded);
	return rc;
}

/* ---- Going out ----------------------------------------------------------- */

bool
letter_has_8bit(const struct letter *l)
{
	return l->has_8bit;
}

uint64_t
letter_size(const struct letter *l)
{
	return header_size(l->header) + 2 + body_size(l->body);
}

void
letter_write_header(const struct letter *l, struct buf *out)
{
	header_write(l->header, out);
	buf_add_text(out, "\r\n");
}

const struct body *
letter_body(const struct letter *l)
{
	return l->body;
}
