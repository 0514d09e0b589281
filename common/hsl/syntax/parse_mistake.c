/*
 * What other languages write and this one does not: the errors say how it is
 * written here.  Each function looks at the token that does not fit, and
 * leaves an error if it knows better than "unexpected".
 */
#include <stdio.h>

#include "hsl/syntax/hint.h"
#include "hsl/syntax/parse.h"

#define NO_REFERENCES	"there are no references; return the value, or share "\
	"the variable by 'global' or 'closure ($name)'"

/* Where an operand should begin. */
bool
parse_mistake_operand(struct parser *p)
{
	enum token_kind	 kind = p->tok.kind;
	struct str	 sign = p->tok.text;

	if (kind == T_BAND && parse_peek(p) == T_VAR)
		parse_error(p, NO_REFERENCES);
	else if (kind == T_CONCAT && parse_peek(p) == T_NUMBER &&
	    p->ahead.line == p->tok.line &&
	    p->ahead.column == p->tok.column + sign.len)
		parse_error(p, "a number begins with a digit; write '0%.*s'",
		    (int)(p->lexer.p - sign.p), sign.p);
	else if (kind == T_DIV)
		parse_error(p, "a pattern is written '#/text/'");
	else if (kind == T_GREATER && p->tok.column > 1 && sign.p[-1] == '<')
		parse_error(p, "'<>' is written '!='");
	else if (kind == T_LBRACE)
		parse_error(p, "an array is written '[\"key\" => $value]'");
	return p->panic;
}

/* Where a parameter should begin. */
void
parse_mistake_parameter(struct parser *p)
{
	enum token_kind	 kind = p->tok.kind, next = parse_peek(p);

	if (kind == T_BAND)
		parse_error(p, NO_REFERENCES);
	else if (kind == T_QUESTION || (token_is_word(&p->tok) &&
	    (next == T_BOR || next == T_ELLIPSIS || next == T_BAND)))
		parse_error(p, "a parameter has no type; write '$name'");
	else if (token_is_word(&p->tok) && next == T_VAR)
		parse_error(p, "a parameter has no type; write '$%.*s'",
		    (int)p->ahead.text.len, p->ahead.text.p);
	else if (token_is_word(&p->tok))
		parse_error(p, "a parameter is written '$%.*s'",
		    (int)p->tok.text.len, p->tok.text.p);
	else
		parse_error(p, "a parameter is expected");
}

/* After a parameter's name. */
void
parse_mistake_typed(struct parser *p)
{
	if (!p->panic && p->tok.kind == T_COLON)
		parse_error(p, "a parameter has no type; leave it out");
}

/* Where the body of a function should begin. */
void
parse_mistake_body(struct parser *p)
{
	if (p->panic)
		return;
	if (p->tok.kind == T_COLON || p->tok.kind == T_ARROW)
		parse_error(p, "the result of a function has no type; leave "
		    "it out");
	else if (p->tok.kind == T_DOUBLE_ARROW)
		parse_error(p, "the body of a function is written "
		    "'{ return $x; }'");
}

/* Where a member of a class should begin. */
bool
parse_mistake_member(struct parser *p)
{
	if ((p->tok.kind == T_NAME || p->tok.kind == K_ARRAY ||
	    p->tok.kind == T_QUESTION) && parse_peek(p) != T_LPAREN)
		parse_error(p, "a member is written '$name = value;', without "
		    "a type");
	else if (p->tok.kind == T_NAME)
		parse_error(p, "a method is written 'function %.*s() { }'",
		    (int)p->tok.text.len, p->tok.text.p);
	return p->panic;
}

/* After an item of an array or of arguments. */
void
parse_mistake_item(struct parser *p, bool keys)
{
	if (p->panic)
		return;
	if (p->tok.kind == T_COLON && keys)
		parse_error(p, "between a key and its value write '=>', not "
		    "':'");
	else if (p->tok.kind == T_COLON)
		parse_error(p, "arguments have no names; write the value "
		    "alone");
}

/* After the one value that a word takes. */
void
parse_mistake_value(struct parser *p, enum node_kind kind)
{
	if (p->panic || p->tok.kind != T_COMMA)
		return;
	if (kind == N_ECHO)
		parse_error(p, "echo takes one value; write 'echo $a . $b'");
	else if (kind == N_RETURN)
		parse_error(p, "return takes one value; write 'return [$a, "
		    "$b]'");
	else if (kind == N_ISSET)
		parse_error(p, "isset takes one variable; write 'isset($a) "
		    "and isset($b)'");
	else if (kind == N_UNSET)
		parse_error(p, "unset takes one variable; write 'unset($a); "
		    "unset($b)'");
}

/* After break and continue. */
void
parse_mistake_jump(struct parser *p, const char *word)
{
	if (!p->panic && p->tok.kind == T_NUMBER)
		parse_error(p, "'%s' is of the innermost loop and takes no "
		    "number; leave others by 'return', or by a variable that "
		    "they look at", word);
}
