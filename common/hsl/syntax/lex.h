/*
 * lex - source text to tokens
 *
 * Ownership  tokens point into the source.
 * Failure    a T_ERROR token, whose text says what is wrong; the lexer has
 *            moved past the fault and can go on.
 */
#ifndef HSL_SYNTAX_LEX_H
#define HSL_SYNTAX_LEX_H

#include <stdbool.h>

#include "base/str.h"

enum token_kind {
	T_EOF,
	T_ERROR,
	T_VAR,			/* text without "$" */
	T_NAME,
	T_RESERVED,
	T_NUMBER,
	T_STRING,		/* text between the quotes, not decoded */
	T_RAW,			/* text between the delimiters */
	T_REGEX,		/* text, and flags */
#define KEYWORD(name, text)	K_##name,
#define RESERVED(text)
#define SIGN(name, text)	T_##name,
#include "hsl/syntax/tokens.def"
#undef KEYWORD
#undef RESERVED
#undef SIGN
	TOKEN_KINDS
};

struct token {
	enum token_kind	 kind;
	uint32_t	 line;
	uint16_t	 column;
	struct str	 text;
	struct str	 flags;
	double		 number;
};

struct lexer {
	const char	*p;
	const char	*end;
	const char	*line_start;
	uint32_t	 line;
};

void		 lexer_init(struct lexer *l, struct str source);
void		 lexer_next(struct lexer *l, struct token *t);
/* A keyword's text may be used as a member's name. */
bool		 token_is_word(const struct token *t);
const char	*token_describe(enum token_kind kind);

#endif
