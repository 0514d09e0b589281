/*
 * What an operand begins with: literals, names, and the expressions that start
 * with a word, such as match.
 */
#include "hsl/syntax/parse.h"

static struct node *
parse_leaf(struct parser *p, enum node_kind kind)
{
	struct node	*n = parse_node(p, kind);

	n->text = p->tok.text;
	parse_advance(p);
	return n;
}

static struct node *
parse_paren(struct parser *p)
{
	struct node	*n;
	uint32_t	 line = p->tok.line;

	parse_advance(p);
	n = parse_expr(p);
	parse_close(p, T_RPAREN, line);
	return n;
}

/* ( "case" values | default ) => result */
static struct node *
parse_arm(struct parser *p)
{
	struct node	*arm = parse_node(p, N_ARM), **last = &arm->list;

	if (!parse_accept(p, K_DEFAULT)) {
		do {
			*last = parse_expr(p);
			last = &(*last)->next;
		} while (parse_accept(p, T_COMMA));
	}
	parse_expect(p, T_DOUBLE_ARROW);
	arm->b = parse_expr(p);
	return arm;
}

static struct node *
parse_match(struct parser *p)
{
	struct node	*n = parse_node(p, N_MATCH), **last = &n->list;
	bool		 defaulted = false;
	uint32_t	 line;

	parse_advance(p);
	parse_expect(p, T_LPAREN);
	n->a = parse_expr(p);
	parse_expect(p, T_RPAREN);
	line = p->tok.line;
	parse_expect(p, T_LBRACE);
	while (!p->panic && p->tok.kind != T_RBRACE) {
		*last = parse_arm(p);
		if ((*last)->list == NULL && defaulted)
			parse_error(p, "a match has one default");
		defaulted |= (*last)->list == NULL;
		last = &(*last)->next;
		if (!parse_accept(p, T_COMMA))
			break;
	}
	parse_close(p, T_RBRACE, line);
	return n;
}

/* isset(lvalue), unset(lvalue) */
static struct node *
parse_isset(struct parser *p, enum node_kind kind)
{
	struct node	*n = parse_node(p, kind);

	parse_advance(p);
	parse_expect(p, T_LPAREN);
	if (!parse_enter(p))
		return n;
	n->a = parse_postfix(p);
	parse_leave(p);
	if (!p->panic && (!parse_is_lvalue(n->a) || n->a->kind == N_APPEND))
		parse_error(p, "%s takes a variable, index or property",
		    kind == N_ISSET ? "isset" : "unset");
	if (kind == N_UNSET) {
		p->assigns++;
		parse_check_target(p, n->a);
		if (!p->panic && n->a->kind == N_VAR)
			n->a->u.var->unset = true;
	}
	parse_mistake_value(p, kind);
	parse_expect(p, T_RPAREN);
	return n;
}

static struct node *
parse_scope(struct parser *p, struct node *n)
{
	n->kind = N_SCOPE;
	parse_advance(p);
	if (p->tok.kind == T_VAR)
		n->postfix = true;
	else if (!token_is_word(&p->tok))
		parse_error(p, "a name is expected after '::'");
	n->u.name = p->tok.text;
	parse_advance(p);
	return n;
}

static struct node *
parse_name(struct parser *p)
{
	struct node	*n = parse_leaf(p, N_NAME);

	if (p->tok.kind == T_SCOPE && !p->panic)
		return parse_scope(p, n);
	return n;
}

static struct node *
parse_builtin(struct parser *p)
{
	struct node	*n = parse_node(p, N_BUILTIN);

	parse_advance(p);
	if (p->tok.kind != T_NAME) {
		parse_error(p, "a name is expected after 'builtin'");
		return n;
	}
	n->text = p->tok.text;
	parse_advance(p);
	return n;
}

static struct node *
parse_anonymous(struct parser *p)
{
	struct node	*n = parse_node(p, N_FUNCTION);

	parse_advance(p);
	n->u.func = parse_function(p, STR_NONE);
	p->calls++;
	return n;
}

static struct node *
parse_word(struct parser *p)
{
	struct node	*n;

	switch (p->tok.kind) {
	case K_TRUE:
		return parse_leaf(p, N_TRUE);
	case K_FALSE:
		return parse_leaf(p, N_FALSE);
	case K_NONE:
		return parse_leaf(p, N_NONE);
	case K_MATCH:
		return parse_match(p);
	case K_FUNCTION:
		return parse_anonymous(p);
	case K_ISSET:
		return parse_isset(p, N_ISSET);
	case K_UNSET:
		return parse_isset(p, N_UNSET);
	case K_BUILTIN:
		return parse_builtin(p);
	case K_STATIC:
		n = parse_leaf(p, N_NAME);
		if (p->tok.kind == T_SCOPE)
			return parse_scope(p, n);
		break;
	case K_ARRAY:
		n = parse_leaf(p, N_NAME);
		if (p->tok.kind != T_LPAREN)
			return n;
		parse_advance(p);
		return parse_array(p, n, T_RPAREN);
	default:
		break;
	}
	if (!parse_mistake_operand(p))
		parse_unexpected(p, "an expression is");
	return parse_node(p, N_ERROR);
}

struct node *
parse_primary(struct parser *p)
{
	struct node	*n;

	if (p->panic)
		return parse_node(p, N_ERROR);
	switch (p->tok.kind) {
	case T_NUMBER:
		n = parse_node(p, N_NUMBER);
		n->u.number = p->tok.number;
		parse_advance(p);
		return n;
	case T_STRING:
		n = parse_string(p, &p->tok);
		parse_advance(p);
		return n;
	case T_RAW:
		return parse_leaf(p, N_STRING);
	case T_REGEX:
		n = parse_node(p, N_REGEX);
		n->text = p->tok.text;
		n->u.name = p->tok.flags;
		parse_advance(p);
		return n;
	case T_VAR:
		n = parse_node(p, N_VAR);
		n->text = p->tok.text;
		n->u.var = parse_variable(p, p->tok.text);
		if (n->u.var == NULL)
			n->kind = N_ERROR;
		parse_advance(p);
		return n;
	case T_NAME:
		return parse_name(p);
	case T_LPAREN:
		return parse_paren(p);
	case T_LBRACKET:
		n = parse_node(p, N_ARRAY);
		parse_advance(p);
		return parse_array(p, n, T_RBRACKET);
	default:
		return parse_word(p);
	}
}
