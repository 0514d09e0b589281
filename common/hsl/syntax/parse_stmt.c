/*
 * Statements, each by the word that it begins with.  Without one it is an
 * expression.
 */
#include "hsl/syntax/parse.h"

static struct node *
parse_condition(struct parser *p)
{
	struct node	*n;
	uint32_t	 line = p->tok.line;

	parse_expect(p, T_LPAREN);
	n = parse_expr(p);
	parse_close(p, T_RPAREN, line);
	return n;
}

static struct node *
parse_body(struct parser *p)
{
	struct node	*n;

	if (p->panic)
		return NULL;
	p->loops++;
	n = parse_statement(p);
	p->loops--;
	return n;
}

struct node *
parse_block(struct parser *p)
{
	struct node	*n = parse_node(p, N_BLOCK);

	if (!parse_expect(p, T_LBRACE))
		return n;
	n->list = parse_statements(p, T_RBRACE);
	parse_close(p, T_RBRACE, n->line);
	return n;
}

/* A chain of else-ifs, of any length, is read in a loop.  In the tree each is
 * the c of the N_IF before it. */
static struct node *
parse_if(struct parser *p)
{
	struct node	*first = NULL, **link = &first, *n;

	for (;;) {
		n = parse_node(p, N_IF);
		*link = n;
		parse_advance(p);
		n->a = parse_condition(p);
		n->b = p->panic ? NULL : parse_statement(p);
		if (!parse_accept(p, K_ELSE))
			break;
		if (p->tok.kind != K_IF) {
			n->c = p->panic ? NULL : parse_statement(p);
			break;
		}
		link = &n->c;
	}
	return first;
}

static struct node *
parse_while(struct parser *p)
{
	struct node	*n = parse_node(p, N_WHILE);
	bool		 forever = p->tok.kind == K_FOREVER;

	parse_advance(p);
	if (!forever)
		n->a = parse_condition(p);
	n->b = parse_body(p);
	return n;
}

/* The first or third part of a for: expressions with commas between them. */
static struct node *
parse_for_part(struct parser *p, enum token_kind end)
{
	struct node	*list = NULL, **last = &list;

	if (p->tok.kind == end)
		return NULL;
	do {
		*last = parse_expr(p);
		last = &(*last)->next;
	} while (parse_accept(p, T_COMMA));
	return list;
}

static struct node *
parse_for(struct parser *p)
{
	struct node	*n = parse_node(p, N_FOR);

	parse_advance(p);
	parse_expect(p, T_LPAREN);
	n->a = parse_for_part(p, T_SEMICOLON);
	parse_expect(p, T_SEMICOLON);
	if (p->tok.kind != T_SEMICOLON)
		n->b = parse_expr(p);
	parse_expect(p, T_SEMICOLON);
	n->c = parse_for_part(p, T_RPAREN);
	parse_expect(p, T_RPAREN);
	n->d = parse_body(p);
	return n;
}

static struct node *
parse_target(struct parser *p)
{
	struct node	*n = parse_postfix(p);

	if (!p->panic && n->kind != N_ARRAY && !parse_is_lvalue(n))
		parse_error(p, "foreach assigns to variables only");
	parse_check_target(p, n);
	return n;
}

static struct node *
parse_foreach(struct parser *p)
{
	struct node	*n = parse_node(p, N_FOREACH);

	parse_advance(p);
	parse_expect(p, T_LPAREN);
	n->a = parse_expr(p);
	if (!p->panic && p->tok.kind == T_RESERVED &&
	    str_eq(p->tok.text, STR("in")))
		parse_error(p, "'in' is a reserved word; write 'foreach "
		    "($list as $item)'");
	parse_expect(p, K_AS);
	n->c = parse_target(p);
	if (parse_accept(p, T_DOUBLE_ARROW)) {
		n->b = n->c;
		n->c = parse_target(p);
	}
	parse_expect(p, T_RPAREN);
	n->d = parse_body(p);
	return n;
}

static struct node *
parse_case(struct parser *p)
{
	struct node	*n = parse_node(p, N_CASE);

	if (!parse_accept(p, K_DEFAULT)) {
		if (!parse_expect(p, K_CASE))
			return n;
		n->a = parse_expr(p);
	}
	parse_expect(p, T_COLON);
	n->list = parse_statements(p, K_CASE);
	return n;
}

static struct node *
parse_switch(struct parser *p)
{
	struct node	*n = parse_node(p, N_SWITCH), **last = &n->list;
	bool		 defaulted = false;
	uint32_t	 line;

	parse_advance(p);
	n->a = parse_condition(p);
	line = p->tok.line;
	parse_expect(p, T_LBRACE);
	p->switches++;
	while (!p->panic && p->tok.kind != T_RBRACE &&
	    p->tok.kind != T_EOF) {
		*last = parse_case(p);
		if ((*last)->a == NULL && defaulted)
			parse_error(p, "a switch has one default");
		defaulted |= (*last)->a == NULL;
		last = &(*last)->next;
	}
	p->switches--;
	parse_close(p, T_RBRACE, line);
	return n;
}

static struct node *
parse_try(struct parser *p)
{
	struct node	*n = parse_node(p, N_TRY);

	parse_advance(p);
	n->a = parse_block(p);
	parse_expect(p, K_CATCH);
	parse_expect(p, T_LPAREN);
	if (!p->panic && p->tok.kind != T_VAR)
		parse_error(p, "catch takes a variable");
	if (!p->panic) {
		n->b = parse_node(p, N_VAR);
		n->b->u.var = parse_variable(p, p->tok.text);
		parse_check_target(p, n->b);
		parse_advance(p);
	}
	parse_expect(p, T_RPAREN);
	n->c = parse_block(p);
	return n;
}

/* The variable of a barrier is unset where nothing was stored yet. */
static void
parse_barrier_var(struct parser *p, struct node *n)
{
	if (!p->panic && p->tok.kind != T_VAR)
		parse_error(p, "barrier shares a variable");
	if (p->panic)
		return;
	n->b = parse_node(p, N_VAR);
	n->b->u.var = parse_variable(p, p->tok.text);
	parse_check_target(p, n->b);
	if (n->b->u.var != NULL)
		n->b->u.var->unset = true;
	parse_advance(p);
}

static struct node *
parse_barrier(struct parser *p)
{
	struct node	*n = parse_node(p, N_BARRIER);

	if (p->c->host == NULL || p->c->host->barriers == NULL)
		parse_error(p, "'barrier' is not available here");
	parse_advance(p);
	n->a = parse_operation(p);
	if (parse_accept(p, T_DOUBLE_ARROW))
		parse_barrier_var(p, n);
	p->barriers++;
	n->c = parse_block(p);
	p->barriers--;
	return n;
}

static struct node *
parse_jump(struct parser *p)
{
	bool		 is_break = p->tok.kind == K_BREAK;
	struct node	*n = parse_node(p, is_break ? N_BREAK : N_CONTINUE);

	if (p->loops == 0 && (!is_break || p->switches == 0))
		parse_error(p, "'%s' outside of a loop",
		    token_describe(p->tok.kind));
	parse_advance(p);
	parse_mistake_jump(p, is_break ? "break" : "continue");
	parse_expect(p, T_SEMICOLON);
	return n;
}

static struct node *
parse_yield(struct parser *p)
{
	struct node	*n = parse_node(p, N_YIELD);

	if (p->func->is_main)
		parse_error(p, "yield stands in functions only");
	if (p->barriers > 0)
		parse_error(p, "no yield inside a barrier: nothing says that "
		    "the rest is ever run");
	p->func->generator = true;
	parse_advance(p);
	if (p->tok.kind != T_SEMICOLON) {
		n->b = parse_expr(p);
		if (parse_accept(p, T_DOUBLE_ARROW)) {
			n->a = n->b;
			n->b = parse_expr(p);
		}
	}
	parse_expect(p, T_SEMICOLON);
	return n;
}

/* echo e; return [e]; e; */
static struct node *
parse_simple(struct parser *p)
{
	struct node	*n = parse_node(p, N_EXPR);
	bool		 is_return = p->tok.kind == K_RETURN;

	p->first = p->tok.kind == T_NAME ? p->tok.text : STR_NONE;
	if (is_return || p->tok.kind == K_ECHO) {
		n->kind = is_return ? N_RETURN : N_ECHO;
		parse_advance(p);
	}
	if (!is_return || p->tok.kind != T_SEMICOLON)
		n->a = parse_expr(p);
	parse_mistake_value(p, n->kind);
	/* The last ";" of a file may be missing. */
	if (p->tok.kind != T_EOF || p->panic)
		parse_expect(p, T_SEMICOLON);
	p->first = STR_NONE;
	return n;
}

/* A "}" without its "{"; after another error it is no news. */
static struct node *
parse_stray(struct parser *p)
{
	if (p->c->errors == 0)
		parse_error(p, "'}' without a '{' before it");
	else
		parse_advance(p);
	return NULL;
}

static struct node *
parse_statement_kind(struct parser *p)
{
	switch (p->tok.kind) {
	case T_LBRACE:
		return parse_block(p);
	case T_SEMICOLON:
		parse_advance(p);
		return NULL;
	case K_IF:
		return parse_if(p);
	case K_WHILE:
	case K_FOREVER:
		return parse_while(p);
	case K_FOR:
		return parse_for(p);
	case K_FOREACH:
		return parse_foreach(p);
	case K_SWITCH:
		return parse_switch(p);
	case K_TRY:
		return parse_try(p);
	case K_BREAK:
	case K_CONTINUE:
		return parse_jump(p);
	case K_YIELD:
		return parse_yield(p);
	case K_CLASS:
		parse_class_decl(p);
		return NULL;
	case K_FUNCTION:
		if (parse_peek(p) == T_LPAREN)
			return parse_simple(p);
		parse_function_decl(p);
		return NULL;
	case K_IMPORT:
		return parse_import(p);
	case K_INCLUDE:
	case K_INCLUDE_ONCE:
		return parse_include(p);
	case K_GLOBAL:
		return parse_global(p);
	case K_BARRIER:
		return parse_barrier(p);
	case T_RBRACE:
		return p->depth == 1 ? parse_stray(p) : parse_simple(p);
	default:
		return parse_simple(p);
	}
}

struct node *
parse_statement(struct parser *p)
{
	struct node	*n;

	if (!parse_enter(p))
		return NULL;
	n = parse_statement_kind(p);
	parse_leave(p);
	return n;
}
