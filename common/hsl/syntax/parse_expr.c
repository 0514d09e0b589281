/*
 * Expressions down to the postfix operators: assignment, ternary, binary
 * operators by precedence, prefix operators.
 */
#include "hsl/syntax/parse.h"

static struct node	*parse_binary(struct parser *p, int min);

/* How tight a binary operator binds; 0 is none. */
static int
parse_level(enum token_kind kind)
{
	switch (kind) {
	case K_OR:
		return 1;
	case K_AND:
		return 2;
	case T_EQUAL: case T_NOT_EQUAL: case T_SAME: case T_NOT_SAME:
	case T_MATCHES: case T_NOT_MATCHES:
		return 3;
	case T_LESS: case T_LESS_EQUAL: case T_GREATER: case T_GREATER_EQUAL:
		return 4;
	case T_BOR:
		return 5;
	case T_BXOR:
		return 6;
	case T_BAND:
		return 7;
	case T_SHL: case T_SHR: case T_USHR:
		return 8;
	case T_CONCAT:
		return 9;
	case T_ADD: case T_SUB:
		return 10;
	case T_MUL: case T_DIV: case T_MOD:
		return 11;
	default:
		return 0;
	}
}

static void
parse_mark(const struct parser *p, struct node *n, uint32_t assigns,
    uint32_t calls)
{
	n->impure |= p->assigns != assigns;
	n->calls |= p->calls != calls;
}

/* left op right, op right ... of one level, as one node. */
static struct node *
parse_chain(struct parser *p, struct node *left, int level)
{
	enum node_kind	 kind = level == 1 ? N_OR : level == 2 ? N_AND :
			    level == 9 ? N_CONCAT : N_CHAIN;
	struct node	*n = parse_node(p, kind), **last, *right, *term;
	uint32_t	 assigns, calls;

	n->a = kind == N_CHAIN ? left : NULL;
	n->list = kind == N_CHAIN ? NULL : left;
	last = kind == N_CHAIN ? &n->list : &left->next;
	while (!p->panic && parse_level(p->tok.kind) == level) {
		term = parse_node(p, N_TERM);
		term->op = (uint16_t)p->tok.kind;
		parse_advance(p);
		assigns = p->assigns;
		calls = p->calls;
		right = parse_binary(p, level + 1);
		parse_mark(p, right, assigns, calls);
		if (kind == N_CHAIN) {
			term->a = right;
			right = term;
		}
		*last = right;
		last = &right->next;
	}
	return n;
}

static struct node *
parse_binary(struct parser *p, int min)
{
	struct node	*left = parse_unary(p);
	int		 level;

	while (!p->panic && (level = parse_level(p->tok.kind)) >= min &&
	    level > 0)
		left = parse_chain(p, left, level);
	return left;
}

struct node *
parse_operation(struct parser *p)
{
	return parse_binary(p, 1);
}

static struct node *
parse_ternary(struct parser *p)
{
	struct node	*left = parse_operation(p), *n;

	if (p->tok.kind != T_QUESTION || p->panic)
		return left;
	n = parse_node(p, N_TERNARY);
	parse_advance(p);
	n->a = left;
	if (!parse_enter(p))
		return n;
	if (p->tok.kind != T_COLON)
		n->b = parse_expr(p);
	parse_expect(p, T_COLON);
	n->c = parse_expr(p);
	parse_leave(p);
	return n;
}

/* throw takes all that follows, so it must be the last operand. */
static struct node *
parse_throw(struct parser *p)
{
	struct node	*n = parse_node(p, N_THROW);

	parse_advance(p);
	if (!parse_enter(p))
		return n;
	n->a = parse_expr(p);
	parse_leave(p);
	return n;
}

/* Counts no depth itself: parse_unary() does, for every operand. */
struct node *
parse_expr(struct parser *p)
{
	uint32_t	 assigns = p->assigns, calls = p->calls;
	struct node	*n;

	n = p->tok.kind == K_THROW ? parse_throw(p) : parse_ternary(p);
	parse_mark(p, n, assigns, calls);
	return n;
}

/* ---- Assignment -------------------------------------------------------- */

bool
parse_is_assign(enum token_kind kind)
{
	switch (kind) {
	case T_SET: case T_ADD_SET: case T_SUB_SET: case T_MUL_SET:
	case T_DIV_SET: case T_MOD_SET: case T_POW_SET: case T_CONCAT_SET:
	case T_COALESCE_SET:
		return true;
	default:
		return false;
	}
}

struct node *
parse_assignment(struct parser *p, struct node *target)
{
	struct node	*n = parse_node(p, N_ASSIGN);

	n->op = (uint16_t)p->tok.kind;
	n->a = target;
	if (target->kind == N_ARRAY) {
		n->kind = N_DESTRUCT;
		if (n->op != T_SET)
			parse_error(p, "a pattern takes '=' only");
	}
	parse_check_target(p, target);
	parse_advance(p);
	n->b = parse_expr(p);
	p->assigns++;
	return n;
}

/* ---- Prefix operators -------------------------------------------------- */

static struct node *
parse_prefix_step(struct parser *p)
{
	struct node	*n = parse_node(p, N_INCDEC);

	n->op = (uint16_t)p->tok.kind;
	parse_advance(p);
	n->a = parse_postfix(p);
	if (!p->panic && !parse_is_lvalue(n->a))
		parse_error(p, "'%s' needs a variable",
		    token_describe(n->op));
	parse_check_target(p, n->a);
	p->assigns++;
	return n;
}

static struct node *
parse_power(struct parser *p)
{
	struct node	*left = parse_postfix(p), *n;

	if (left->kind != N_ASSIGN && left->kind != N_DESTRUCT &&
	    parse_is_lvalue(left) &&
	    (p->tok.kind == T_INC || p->tok.kind == T_DEC) && !p->panic) {
		n = parse_node(p, N_INCDEC);
		n->op = (uint16_t)p->tok.kind;
		n->postfix = true;
		n->a = left;
		parse_check_target(p, left);
		parse_advance(p);
		p->assigns++;
		left = n;
	}
	if (!p->panic && parse_is_assign(p->tok.kind) &&
	    (parse_is_lvalue(left) || left->kind == N_ARRAY))
		left = parse_assignment(p, left);
	else if (!p->panic && parse_is_assign(p->tok.kind) &&
	    left->kind == N_NAME)
		parse_error(p, "'%.*s' is no variable; write '$%.*s'",
		    (int)left->text.len, left->text.p, (int)left->text.len,
		    left->text.p);
	else if (!p->panic && parse_is_assign(p->tok.kind))
		parse_error(p, "this can't be assigned to");
	if (p->tok.kind != T_POW || p->panic)
		return left;
	n = parse_node(p, N_POW);
	parse_advance(p);
	n->a = left;
	n->b = parse_unary(p);
	return n;
}

static bool
parse_is_prefix(enum token_kind kind)
{
	return kind == T_BANG || kind == K_NOT || kind == T_BNOT ||
	    kind == T_SUB || kind == T_ADD;
}

/*
 * left ?? right.  No operator's value is none, so ?? takes the operand at its
 * left alone, as an assignment does; its right side is a whole operation.
 */
static struct node *
parse_coalesce(struct parser *p, struct node *left)
{
	struct node	*n;

	if (p->tok.kind != T_COALESCE || p->panic)
		return left;
	n = parse_node(p, N_COALESCE);
	parse_advance(p);
	n->a = left;
	n->b = p->tok.kind == K_THROW ? parse_expr(p) : parse_operation(p);
	return n;
}

struct node *
parse_unary(struct parser *p)
{
	uint32_t	 assigns = p->assigns, calls = p->calls;
	struct node	*n;

	if (!parse_enter(p))
		return parse_node(p, N_ERROR);
	if (parse_is_prefix(p->tok.kind)) {
		n = parse_node(p, N_UNARY);
		n->op = (uint16_t)p->tok.kind;
		parse_advance(p);
		n->a = parse_unary(p);
	} else if (p->tok.kind == T_INC || p->tok.kind == T_DEC)
		n = parse_coalesce(p, parse_prefix_step(p));
	else if (p->tok.kind == K_CACHE)
		n = parse_coalesce(p, parse_cache(p));
	else
		n = parse_coalesce(p, parse_power(p));
	parse_mark(p, n, assigns, calls);
	parse_leave(p);
	return n;
}
