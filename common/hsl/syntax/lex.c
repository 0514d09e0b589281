/*
 * Bytes to tokens, one at a time, with no state but the position.  Strings
 * and regular expressions are only delimited here; parse_string.c decodes.
 */
#include <stdlib.h>
#include <string.h>

#include "hsl/syntax/lex.h"

struct lex_word {
	const char	*text;
	enum token_kind	 kind;
};

static const struct lex_word	lex_words[] = {
#define KEYWORD(name, text)	{ text, K_##name },
#define RESERVED(text)		{ text, T_RESERVED },
#define SIGN(name, text)
#include "hsl/syntax/tokens.def"
#undef KEYWORD
#undef RESERVED
#undef SIGN
};

static const struct lex_word	lex_signs[] = {
#define KEYWORD(name, text)
#define RESERVED(text)
#define SIGN(name, text)	{ text, T_##name },
#include "hsl/syntax/tokens.def"
#undef KEYWORD
#undef RESERVED
#undef SIGN
};

#define LEX_QUOTES	"a typographic quote; write '\"'"
#define LEX_BLANK	"a blank that does not break; write a plain one"
#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

void
lexer_init(struct lexer *l, struct str source)
{
	/* A byte order mark is no part of the first line. */
	if (str_prefix(source, STR("\xef\xbb\xbf")))
		source = (struct str){ source.p + 3, source.len - 3 };
	l->p = l->line_start = source.p;
	l->end = source.p + source.len;
	l->line = 1;
}

bool
token_is_word(const struct token *t)
{
	return t->kind == T_NAME || t->kind == T_RESERVED ||
	    (t->kind > T_REGEX && t->kind <= K_ARRAY);
}

const char *
token_describe(enum token_kind kind)
{
	switch (kind) {
	case T_EOF:
		return "end of file";
	case T_VAR:
		return "variable";
	case T_NAME:
	case T_RESERVED:
		return "name";
	case T_NUMBER:
		return "number";
	case T_STRING:
	case T_RAW:
		return "string";
	case T_REGEX:
		return "regular expression";
	default:
		break;
	}
	for (size_t i = 0; i < COUNT(lex_words); i++)
		if (lex_words[i].kind == kind)
			return lex_words[i].text;
	for (size_t i = 0; i < COUNT(lex_signs); i++)
		if (lex_signs[i].kind == kind)
			return lex_signs[i].text;
	return "token";
}

static bool
lex_name_start(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool
lex_name_char(int c)
{
	return lex_name_start(c) || (c >= '0' && c <= '9');
}

static int
lexer_at(const struct lexer *l, size_t i)
{
	return i < (size_t)(l->end - l->p) ? (unsigned char)l->p[i] : -1;
}

static void
lexer_newline(struct lexer *l, const char *at)
{
	l->line++;
	l->line_start = at + 1;
}

static void
lexer_place(const struct lexer *l, struct token *t)
{
	size_t	 column = (size_t)(l->p - l->line_start) + 1;

	*t = (struct token){ .kind = T_EOF, .line = l->line };
	t->column = (uint16_t)(column > UINT16_MAX ? UINT16_MAX : column);
}

static void
lex_fail(struct token *t, const char *why)
{
	t->kind = T_ERROR;
	t->text = str_of(why);
}

/* Skips blanks and comments.  False with an error in *t, at its beginning, for
 * a comment without an end. */
static bool
lexer_skip(struct lexer *l, struct token *t)
{
	const char	*q;

	while (l->p < l->end) {
		if (*l->p == '\n') {
			lexer_newline(l, l->p++);
		} else if (*l->p == ' ' || *l->p == '\t' || *l->p == '\r') {
			l->p++;
		} else if (*l->p == '/' && lexer_at(l, 1) == '/') {
			q = memchr(l->p, '\n', (size_t)(l->end - l->p));
			l->p = q == NULL ? l->end : q;
		} else if (*l->p == '/' && lexer_at(l, 1) == '*') {
			lexer_place(l, t);
			for (l->p += 2; ; l->p++) {
				if (l->p >= l->end)
					return false;
				if (*l->p == '\n')
					lexer_newline(l, l->p);
				if (*l->p == '*' && lexer_at(l, 1) == '/')
					break;
			}
			l->p += 2;
		} else
			break;
	}
	return true;
}

static int
lex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* Digits of a base with single "_" between; false if there are none. */
static bool
lexer_digits(struct lexer *l, int base, char *out, size_t cap, size_t *len)
{
	const char	*start = l->p;

	while (l->p < l->end) {
		if (lex_digit(*l->p) < base) {
			if (*len < cap)
				out[(*len)++] = *l->p;
		} else if (*l->p != '_' || l->p == start ||
		    l->p[-1] == '_' || lex_digit(lexer_at(l, 1)) >= base)
			break;
		l->p++;
	}
	return l->p > start;
}

static void
lexer_based(struct lexer *l, struct token *t, int base)
{
	char	 text[400];
	size_t	 len = 0;

	l->p += 2;
	if (!lexer_digits(l, base, text, sizeof text, &len)) {
		lex_fail(t, "digits expected after the prefix of a number");
		return;
	}
	for (size_t i = 0; i < len; i++)
		t->number = t->number * base + lex_digit(text[i]);
}

/* Whether an exponent follows, which numbers do not have: e3, e+3, e-3. */
static bool
lexer_exponent(const struct lexer *l)
{
	int	 sign = lexer_at(l, 1);

	return ascii_lower(lexer_at(l, 0)) == 'e' && lex_digit(sign == '+' ||
	    sign == '-' ? lexer_at(l, 2) : sign) < 10;
}

static void
lexer_number(struct lexer *l, struct token *t)
{
	char	 text[400];
	size_t	 len = 0;
	int	 c = l->p[0] == '0' ? lexer_at(l, 1) : 0;

	t->kind = T_NUMBER;
	t->number = 0;
	if (c == 'x' || c == 'o' || c == 'b') {
		lexer_based(l, t, c == 'x' ? 16 : c == 'o' ? 8 : 2);
	} else {
		lexer_digits(l, 10, text, sizeof text - 2, &len);
		if (lexer_at(l, 0) == '.' && lex_digit(lexer_at(l, 1)) < 10) {
			l->p++;
			if (len < sizeof text - 1)
				text[len++] = '.';
			lexer_digits(l, 10, text, sizeof text - 1, &len);
			if (lexer_at(l, 0) == '.' &&
			    lex_digit(lexer_at(l, 1)) < 10) {
				lex_fail(t, "a number has one point only");
				while (lexer_at(l, 0) == '.' ||
				    lex_name_char(lexer_at(l, 0)))
					l->p++;
				return;
			}
		}
		text[len] = '\0';
		t->number = strtod(text, NULL);
	}
	if (lex_name_char(lexer_at(l, 0))) {
		lex_fail(t, lexer_exponent(l) ? "a number has no exponent; "
		    "write '1 * 10 ** 3'" : "invalid number");
		while (lex_name_char(lexer_at(l, 0)))
			l->p++;
	}
}

static void
lexer_string(struct lexer *l, struct token *t)
{
	const char	*start = ++l->p;

	for (; l->p < l->end && *l->p != '"'; l->p++) {
		if (*l->p == '\\' && l->p + 1 < l->end)
			l->p++;
		if (*l->p == '\n')
			lexer_newline(l, l->p);
	}
	t->kind = T_STRING;
	t->text = (struct str){ start, (size_t)(l->p - start) };
	if (l->p >= l->end)
		lex_fail(t, "string without end");
	else
		l->p++;
}

/* An opening 'DELIM' that no closing one follows: most often the author meant
 * a string of another language. */
static void
lexer_raw_open(struct lexer *l, struct token *t, bool empty)
{
	int	 next = lexer_at(l, 0);

	if (next == -1 || strchr(" ;,)]}.:=", next) == NULL) {
		l->p = l->end;
		lex_fail(t, empty ? "raw string without end" :
		    "raw string without end; other strings stand in double "
		    "quotes");
		return;
	}
	lex_fail(t, empty ? "'' starts a raw string, which does not end; "
	    "write \"\"" : "'text' starts a raw string, which does not end; "
	    "write \"text\"");
}

/* A quote that opens no raw string; goes on behind the next one in the line. */
static void
lexer_raw_none(struct lexer *l, struct token *t)
{
	const char	*q;

	lex_fail(t, "a string stands in double quotes: \"text\"; a raw "
	    "string is 'END'text'END', or ''text''");
	for (q = l->p; q < l->end && *q != '\'' && *q != '\n'; q++)
		continue;
	if (q < l->end && *q == '\'')
		l->p = q + 1;
}

/* 'DELIM' ... 'DELIM' */
static void
lexer_raw(struct lexer *l, struct token *t)
{
	const char	*mark = l->p, *start, *q;
	size_t		 len;

	for (l->p++; l->p < l->end && *l->p > ' ' && *l->p < 0x7f &&
	    *l->p != '\''; l->p++)
		continue;
	if (lexer_at(l, 0) != '\'') {
		lexer_raw_none(l, t);
		return;
	}
	start = ++l->p;
	len = (size_t)(start - mark);
	q = memmem(start, (size_t)(l->end - start), mark, len);
	t->kind = T_RAW;
	if (q == NULL) {
		lexer_raw_open(l, t, len == 2);
		return;
	}
	t->text = (struct str){ start, (size_t)(q - start) };
	for (; l->p < q; l->p++)
		if (*l->p == '\n')
			lexer_newline(l, l->p);
	l->p = q + len;
}

/* #/ body /flags */
static void
lexer_regex(struct lexer *l, struct token *t)
{
	const char	*start = l->p += 2;

	while (l->p < l->end && *l->p != '/' && *l->p != '\n') {
		if (*l->p == '\\' && lexer_at(l, 1) != '\n')
			l->p++;
		l->p++;
	}
	if (l->p > l->end)
		l->p = l->end;
	t->kind = T_REGEX;
	t->text = (struct str){ start, (size_t)(l->p - start) };
	if (lexer_at(l, 0) != '/' || t->text.len == 0) {
		lex_fail(t, t->text.len == 0 ? "empty regular expression" :
		    "regular expression without end");
		return;
	}
	start = ++l->p;
	while (lex_name_char(lexer_at(l, 0)))
		l->p++;
	t->flags = (struct str){ start, (size_t)(l->p - start) };
	for (size_t i = 0; i < t->flags.len; i++)
		if (strchr("imsuxUX", t->flags.p[i]) == NULL)
			lex_fail(t, "unknown flag of a regular expression");
}

static void
lexer_name(struct lexer *l, struct token *t)
{
	const char	*start = l->p;

	while (lex_name_char(lexer_at(l, 0)))
		l->p++;
	t->kind = T_NAME;
	t->text = (struct str){ start, (size_t)(l->p - start) };
	for (size_t i = 0; i < COUNT(lex_words); i++)
		if (str_eq(t->text, str_of(lex_words[i].text)))
			t->kind = lex_words[i].kind;
}

/* What editors and word processors put in place of plain characters. */
static const struct {
	const char	*bytes;
	const char	*text;
} lex_odd[] = {
	{ "#", "'#' starts no comment; write '//'" },
	{ "`", "a string stands in double quotes, not in '`'" },
	{ "\xe2\x80\x98", LEX_QUOTES }, { "\xe2\x80\x99", LEX_QUOTES },
	{ "\xe2\x80\x9a", LEX_QUOTES }, { "\xe2\x80\x9c", LEX_QUOTES },
	{ "\xe2\x80\x9d", LEX_QUOTES }, { "\xe2\x80\x9e", LEX_QUOTES },
	{ "\xc2\xab", LEX_QUOTES }, { "\xc2\xbb", LEX_QUOTES },
	{ "\xc2\xa0", LEX_BLANK }, { "\xe2\x80\xaf", LEX_BLANK },
	{ "\xa0", LEX_BLANK },
	{ "\xe3\x80\x80", "a wide blank; write a plain one" },
	{ "\xe2\x80\x8b", "an invisible character (U+200B); remove it" },
	{ "\xef\xbb\xbf", "a byte order mark; remove it" },
	{ "\xe2\x80\x93", "a dash; write '-'" },
	{ "\xe2\x80\x94", "a dash; write '-'" },
	{ "\xe2\x88\x92", "a dash; write '-'" },
	{ "\xe2\x80\xa6", "one character for three points; write '...'" },
};

static const char *
lexer_odd(const struct lexer *l)
{
	struct str	 rest = { l->p, (size_t)(l->end - l->p) };

	for (size_t i = 0; i < COUNT(lex_odd); i++)
		if (str_prefix(rest, str_of(lex_odd[i].bytes)))
			return lex_odd[i].text;
	return "unexpected character";
}

static void
lexer_sign(struct lexer *l, struct token *t)
{
	const struct lex_word	*w;
	size_t			 len;

	if (lexer_at(l, 1) == *l->p && (*l->p == '&' || *l->p == '|')) {
		lex_fail(t, *l->p == '&' ? "'&&' is written 'and'" :
		    "'||' is written 'or'");
		l->p += 2;
		return;
	}
	for (w = lex_signs; w < lex_signs + COUNT(lex_signs); w++) {
		len = strlen(w->text);
		if (len <= (size_t)(l->end - l->p) &&
		    memcmp(w->text, l->p, len) == 0) {
			t->kind = w->kind;
			t->text = (struct str){ l->p, len };
			l->p += len;
			return;
		}
	}
	lex_fail(t, lexer_odd(l));
	/* A character of several bytes is one error. */
	for (l->p++; (lexer_at(l, 0) & 0xc0) == 0x80 && l->p < l->end; l->p++)
		continue;
}

void
lexer_next(struct lexer *l, struct token *t)
{
	if (!lexer_skip(l, t)) {
		l->p = l->end;
		lex_fail(t, "comment without end");
		return;
	}
	lexer_place(l, t);
	if (l->p >= l->end)
		t->text = STR("end of file");
	else if (*l->p == '$' && lex_name_start(lexer_at(l, 1))) {
		l->p++;
		lexer_name(l, t);
		t->kind = T_VAR;
	} else if (*l->p == '"')
		lexer_string(l, t);
	else if (*l->p == '\'')
		lexer_raw(l, t);
	else if (*l->p == '#' && lexer_at(l, 1) == '/')
		lexer_regex(l, t);
	else if (lex_digit(*l->p) < 10)
		lexer_number(l, t);
	else if (lex_name_start(*l->p))
		lexer_name(l, t);
	else
		lexer_sign(l, t);
}
