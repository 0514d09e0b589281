/*
 * Primary expressions and what may follow them: calls, indexes, slices,
 * members.
 */
#include "hsl/syntax/parse.h"

/* An item of an array: a hole, which only a pattern may have, has no b. */
static struct node *
parse_item(struct parser *p)
{
	struct node	*n = parse_node(p, N_ITEM);

	if (p->tok.kind == T_COMMA)
		return n;
	n->b = parse_expr(p);
	if (parse_accept(p, T_DOUBLE_ARROW)) {
		n->a = n->b;
		n->b = parse_expr(p);
	}
	return n;
}

/*
 * expr { "," expr } [ "," ] close.  Items may be spread and, with `keys`, have
 * keys.  `line` is where the bracket was opened.
 */
static struct node *
parse_list(struct parser *p, enum token_kind close, bool keys, uint32_t line)
{
	struct node	*list = NULL, **last = &list, *n;

	while (!p->panic && p->tok.kind != close) {
		if (p->tok.kind == T_ELLIPSIS) {
			n = parse_node(p, N_SPREAD);
			parse_advance(p);
			n->a = parse_expr(p);
		} else
			n = keys ? parse_item(p) : parse_expr(p);
		*last = n;
		last = &n->next;
		parse_mistake_item(p, keys);
		if (!parse_accept(p, T_COMMA))
			break;
	}
	parse_close(p, close, line);
	return list;
}

/* The items of an array; its opening bracket, where n stands, is read. */
struct node *
parse_array(struct parser *p, struct node *n, enum token_kind close)
{
	n->kind = N_ARRAY;
	n->list = parse_list(p, close, true, n->line);
	return n;
}

/*
 * After "[": an index, an append, or a slice.  "::" counts as two colons; a
 * ternary in a bound takes its own ":" first.
 */
static struct node *
parse_subscript(struct parser *p, struct node *base)
{
	struct node	*n = parse_node_at(p, N_INDEX, base);
	struct node	*part[3] = { NULL, NULL, NULL };
	int		 colons = 0;

	n->a = base;
	n->line = p->tok.line;
	n->column = p->tok.column;
	parse_advance(p);
	if (p->tok.kind == T_RBRACKET) {
		n->kind = N_APPEND;
		parse_advance(p);
		return n;
	}
	while (!p->panic && p->tok.kind != T_RBRACKET) {
		if (p->tok.kind == T_COLON || p->tok.kind == T_SCOPE) {
			colons += p->tok.kind == T_SCOPE ? 2 : 1;
			parse_advance(p);
			if (colons > 2)
				parse_error(p, "a slice has three parts");
			continue;
		}
		if (part[colons] != NULL) {
			parse_expect(p, T_RBRACKET);
			break;
		}
		part[colons] = parse_expr(p);
	}
	parse_expect(p, T_RBRACKET);
	n->b = part[0];
	if (colons > 0) {
		n->kind = N_SLICE;
		n->c = part[1];
		n->d = part[2];
	}
	return n;
}

static struct node *
parse_call(struct parser *p, struct node *callee)
{
	struct node	*n = parse_node_at(p, N_CALL, callee);
	uint32_t	 line = p->tok.line;

	n->a = callee;
	parse_advance(p);
	n->list = parse_list(p, T_RPAREN, false, line);
	p->calls++;
	return n;
}

static struct node *
parse_member(struct parser *p, struct node *base)
{
	struct node	*n;

	parse_advance(p);
	n = parse_node(p, N_PROP);
	n->a = base;
	if (!token_is_word(&p->tok)) {
		parse_error(p, "a name is expected after '->'");
		return n;
	}
	n->text = p->tok.text;
	parse_advance(p);
	return n;
}

static struct node *
parse_suffixes(struct parser *p, struct node *n)
{
	while (!p->panic) {
		if (p->tok.kind == T_LBRACKET)
			n = parse_subscript(p, n);
		else if (p->tok.kind == T_LPAREN)
			n = parse_call(p, n);
		else if (p->tok.kind == T_ARROW)
			n = parse_member(p, n);
		else
			break;
	}
	return n;
}

/* cache [options] name(...), which may be indexed and so on. */
struct node *
parse_cache(struct parser *p)
{
	struct node	*n = parse_node(p, N_CACHE), *options;

	parse_advance(p);
	options = parse_node(p, N_ARRAY);
	if (!parse_expect(p, T_LBRACKET))
		return n;
	n->a = parse_array(p, options, T_RBRACKET);
	n->b = parse_primary(p);
	if (!p->panic && ((n->b->kind != N_NAME && n->b->kind != N_BUILTIN &&
	    (n->b->kind != N_SCOPE || n->b->postfix)) ||
	    p->tok.kind != T_LPAREN))
		parse_error(p, "cache takes the call of a named function");
	if (p->panic)
		return n;
	n->b = parse_call(p, n->b);
	return parse_suffixes(p, n);
}

struct node *
parse_postfix(struct parser *p)
{
	return parse_suffixes(p, parse_primary(p));
}
