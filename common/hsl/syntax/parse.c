/*
 * The machinery of the parser: tokens, errors and going on after one, nodes.
 */
#include <stdarg.h>
#include <stdio.h>

#include "hsl/syntax/hint.h"
#include "hsl/syntax/parse.h"

void
parse_advance(struct parser *p)
{
	if (p->has_ahead) {
		p->tok = p->ahead;
		p->has_ahead = false;
	} else
		lexer_next(&p->lexer, &p->tok);
	if (p->tok.kind == T_ERROR)
		parse_error(p, "%.*s", (int)p->tok.text.len, p->tok.text.p);
}

enum token_kind
parse_peek(struct parser *p)
{
	if (!p->has_ahead) {
		lexer_next(&p->lexer, &p->ahead);
		p->has_ahead = true;
	}
	return p->ahead.kind;
}

bool
parse_accept(struct parser *p, enum token_kind kind)
{
	if (p->panic || p->tok.kind != kind)
		return false;
	parse_advance(p);
	return true;
}

/* What a token is called in an error. */
static void
parse_name_token(const struct token *t, char *out, size_t size)
{
	size_t	 len = t->text.len < 40 ? t->text.len : 40;

	if (t->kind == T_NUMBER || t->kind == T_STRING || t->kind == T_RAW ||
	    t->kind == T_REGEX)
		(void)snprintf(out, size, "a %s", token_describe(t->kind));
	else
		(void)snprintf(out, size, "'%s%.*s'", t->kind == T_VAR ? "$" :
		    "", (int)len, t->text.p);
}

void
parse_unexpected(struct parser *p, const char *wanted)
{
	const char	*hint = NULL;
	char		 found[64];

	if (p->tok.kind == T_EOF) {
		parse_error(p, "%s expected at end of file", wanted);
		return;
	}
	parse_name_token(&p->tok, found, sizeof found);
	if (p->tok.kind == T_RESERVED) {
		hint = hint_word(p->tok.text);
		parse_error(p, "%s is a reserved word%s%s", found,
		    hint != NULL ? "; " : "", hint != NULL ? hint : "");
		return;
	}
	/* A statement that begins with another language's word. */
	if (p->first.len > 0)
		hint = hint_word(p->first);
	if (p->tok.kind == T_DOUBLE_ARROW)
		parse_error(p, "%s expected before %s; a function is written "
		    "'function ($x) { return $x; }'", wanted, found);
	else if (hint != NULL)
		parse_error(p, "%s expected before %s; instead of '%.*s' %s",
		    wanted, found, (int)p->first.len, p->first.p, hint);
	else
		parse_error(p, "%s expected before %s", wanted, found);
}

bool
parse_expect(struct parser *p, enum token_kind kind)
{
	char	 wanted[40];

	if (parse_accept(p, kind))
		return true;
	snprintf(wanted, sizeof wanted, kind > T_REGEX ? "'%s'" : "%s",
	    token_describe(kind));
	parse_unexpected(p, wanted);
	return false;
}

bool
parse_close(struct parser *p, enum token_kind kind, uint32_t line)
{
	const char	*open = kind == T_RBRACE ? "{" :
			    kind == T_RPAREN ? "(" : "[";
	char		 wanted[64];

	if (p->panic || p->tok.kind == kind ||
	    (p->tok.kind != T_EOF && p->tok.line == line))
		return parse_expect(p, kind);
	snprintf(wanted, sizeof wanted, "'%s' for the '%s' of line %u is",
	    token_describe(kind), open, line);
	parse_unexpected(p, wanted);
	return false;
}

void
parse_error(struct parser *p, const char *fmt, ...)
{
	struct node	 at = { .line = p->tok.line };
	char		 text[512];
	va_list		 ap;

	if (p->panic)
		return;
	p->panic = true;
	at.column = p->tok.column;
	at.file = p->file;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	unit_error(p->c, &at, "%s", text);
}

struct node *
parse_node(struct parser *p, enum node_kind kind)
{
	struct node	*n = unit_place(p->c, p->file, p->tok.line,
			    p->tok.column);

	n->kind = (uint8_t)kind;
	return n;
}

struct node *
parse_node_at(struct parser *p, enum node_kind kind, const struct node *at)
{
	struct node	*n = unit_place(p->c, at->file, at->line, at->column);

	n->kind = (uint8_t)kind;
	return n;
}

bool
parse_enter(struct parser *p)
{
	if (p->depth >= UNIT_DEPTH_MAX) {
		parse_error(p, "nested too deeply");
		return false;
	}
	p->depth++;
	return true;
}

void
parse_leave(struct parser *p)
{
	p->depth--;
}

/*
 * To the start of what looks like the next statement.  Outside of any block
 * a "}" is passed over.
 */
static void
parse_sync(struct parser *p, bool outside)
{
	int	 braces = 0;

	for (; p->tok.kind != T_EOF; parse_advance(p)) {
		if (p->tok.kind == T_LBRACE)
			braces++;
		else if (p->tok.kind == T_RBRACE && braces > 0)
			braces--;
		else if (p->tok.kind == T_RBRACE && !outside)
			break;
		else if (p->tok.kind == T_SEMICOLON && braces == 0) {
			parse_advance(p);
			break;
		}
	}
	p->panic = false;
	if (p->tok.kind == T_ERROR)
		parse_error(p, "%.*s", (int)p->tok.text.len, p->tok.text.p);
}

/* In a switch the next label ends the statements, too. */
static bool
parse_ends(const struct parser *p, enum token_kind end)
{
	return p->tok.kind == end || p->tok.kind == T_EOF ||
	    (end == K_CASE && (p->tok.kind == K_DEFAULT ||
	    p->tok.kind == T_RBRACE));
}

struct node *
parse_statements(struct parser *p, enum token_kind end)
{
	struct node	*list = NULL, **last = &list, *n;

	while (!parse_ends(p, end) && p->c->errors < UNIT_ERRORS_MAX) {
		n = parse_statement(p);
		while (p->panic && p->tok.kind != T_EOF)
			parse_sync(p, end == T_EOF);
		if (n != NULL) {
			*last = n;
			last = &n->next;
		}
	}
	return list;
}

struct node *
parse_text(struct unit *c, struct func *f, const char *name,
    struct str text, struct parser *includer)
{
	struct parser	 p = { .c = c, .func = f, .name = name };

	if (includer != NULL) {
		p.depth = includer->depth;
		p.top = includer->depth == includer->top + 2 ?
		    includer->depth : -1;
		p.loops = includer->loops;
		p.switches = includer->switches;
		p.barriers = includer->barriers;
		p.class = includer->class;
		p.includer = includer;
	}
	p.file = unit_file(c, name);
	if (text.len > UNIT_SCRIPT_MAX - c->parsed) {
		unit_error(c, unit_place(c, p.file, 1, 1),
		    "with this file the script is longer than %u MiB",
		    UNIT_SCRIPT_MAX >> 20);
		return NULL;
	}
	c->parsed += text.len;
	lexer_init(&p.lexer, text);
	parse_advance(&p);
	return parse_statements(&p, T_EOF);
}
