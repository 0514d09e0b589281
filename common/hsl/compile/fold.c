/*
 * Constant expressions: literals, arrays of them, operators on them.  The
 * operators are the VM's own, run in the heap of the program's constants.
 */
#include "hsl/compile/fold.h"
#include "hsl/compile/gen.h"
#include "hsl/run/arith.h"
#include "hsl/run/compare.h"
#include "hsl/run/exec.h"
#include "hsl/run/regex.h"

#define FOLD_MAX	4096		/* bytes, or items, of a repetition */

/* What throws or does not fit is no constant: it happens when the script runs.
 * v, if it is not NULL, is dropped. */
static bool
fold_no(struct hsl_exec *x, struct hsl_value *v)
{
	x->throwing = false;
	vset(x, v, vnone());
	return false;
}

static bool
fold_ok(struct hsl_exec *x, struct hsl_value *v)
{
	return (!x->throwing && !x->space.heap.over) || fold_no(x, v);
}

static bool
fold_small(struct hsl_value v, struct hsl_value times)
{
	size_t	 n = v.type == HSL_STRING ? v.u.string->len :
		    v.type == HSL_ARRAY ? v.u.array->count : FOLD_MAX;

	return times.type == HSL_NUMBER && times.u.number >= 0 &&
	    times.u.number * (double)(n + 1) <= FOLD_MAX;
}

static bool
fold_binary(struct unit *c, enum token_kind op, struct hsl_value *l,
    struct hsl_value r)
{
	struct hsl_exec	*x = c->program->constants;
	bool		 swap = op == T_GREATER || op == T_GREATER_EQUAL;
	struct hsl_value out = vnone();

	if (op == T_MATCHES || op == T_NOT_MATCHES)
		return false;
	/* A result that may be large is made when the script runs. */
	if ((op == T_MOD && l->type != HSL_NUMBER) ||
	    (op == T_MUL && (l->type >= HSL_STRING || r.type >= HSL_STRING) &&
	    !fold_small(*l, r) && !fold_small(r, *l)))
		return false;
	if (!arith_binary(x, gen_binary_op(op), &out, swap ? &r : l,
	    swap ? l : &r))
		return fold_no(x, &out);
	vset(x, l, out);
	vunref(x, r);
	return fold_ok(x, l);
}

static bool
fold_chain(struct unit *c, struct node *n, struct hsl_value *v)
{
	struct hsl_value	 r;
	struct node		*t;

	if (!fold_value(c, n->a, v))
		return false;
	for (t = n->list; t != NULL; t = t->next)
		if (!fold_value(c, t->a, &r) || !fold_binary(c, t->op, v, r))
			return fold_no(c->program->constants, v);
	return true;
}

static bool
fold_concat(struct unit *c, struct node *n, struct hsl_value *v)
{
	struct hsl_exec		*x = c->program->constants;
	struct hsl_value	 r;
	struct node		*t;

	if (!fold_value(c, n->list, v))
		return false;
	*v = vtext_value(x, *v);
	for (t = n->list->next; t != NULL && v->type == HSL_STRING;
	    t = t->next)
		if (!fold_value(c, t, &r) || !arith_append(x, v, &r))
			return fold_no(x, v);
	return v->type == HSL_STRING;
}

static bool
fold_array(struct unit *c, struct node *n, struct hsl_value *v)
{
	struct hsl_exec		*x = c->program->constants;
	struct hsl_value	 key, item;
	struct hsl_array	*a = varr_new(x, 0);
	struct node		*i;

	*v = vmake(HSL_ARRAY, a);
	for (i = n->list; i != NULL; i = i->next) {
		if (i->kind != N_ITEM || i->b == NULL ||
		    !fold_value(c, i->b, &item) ||
		    (i->a != NULL && !fold_value(c, i->a, &key)))
			return fold_no(x, v);
		if (i->a == NULL)
			varr_add(x, a, item);
		else
			varr_set(x, a, varr_key(&key), item);
	}
	return fold_ok(x, v);
}

static bool
fold_unary(struct unit *c, struct node *n, struct hsl_value *v)
{
	struct hsl_exec		*x = c->program->constants;
	struct hsl_value	 out = vnone();

	if (!fold_value(c, n->a, v))
		return false;
	if (!arith_unary(x, n->op == T_SUB ? OP_NEG : n->op == T_ADD ?
	    OP_PLUS : n->op == T_BNOT ? OP_BNOT : OP_NOT, &out, v))
		return fold_no(x, v);
	vset(x, v, out);
	return true;
}

/* a ? b : c, a ?: c, a ?? b; what is not taken must be constant as well. */
static bool
fold_choice(struct unit *c, struct node *n, struct hsl_value *v)
{
	struct hsl_exec		*x = c->program->constants;
	struct node		*no = n->kind == N_COALESCE ? n->b : n->c;
	struct hsl_value	 a, yes, other;
	bool			 take;

	if (!fold_value(c, n->a, &a))
		return false;
	take = n->kind == N_COALESCE ? !vnullish(a) : vtrue(a);
	yes = a;
	if (n->kind == N_TERNARY && n->b != NULL) {
		vunref(x, a);
		if (!fold_value(c, n->b, &yes))
			return false;
	}
	if (!fold_value(c, no, &other)) {
		vunref(x, yes);
		return false;
	}
	vunref(x, take ? other : yes);
	*v = take ? yes : other;
	return true;
}

/* and, or */
static bool
fold_logic(struct unit *c, struct node *n, struct hsl_value *v)
{
	bool			 result = n->kind == N_AND;
	struct hsl_value	 t;

	for (struct node *i = n->list; i != NULL; i = i->next) {
		if (!fold_value(c, i, &t))
			return false;
		if (vtrue(t) != (n->kind == N_AND))
			result = n->kind != N_AND;
		vunref(c->program->constants, t);
	}
	*v = vboolean(result);
	return true;
}

/* A pattern that is written several times is made once. */
static void
fold_regex(struct unit *c, struct node *n, struct hsl_value *v)
{
	struct hsl_exec	*x = c->program->constants;
	struct str	 key;
	char		*both, text[256];
	void		*found;

	both = arena_alloc(&c->arena, n->text.len + n->u.name.len + 2);
	memcpy(both, n->text.p, n->text.len);
	both[n->text.len] = '\0';
	memcpy(both + n->text.len + 1, n->u.name.p, n->u.name.len);
	key = (struct str){ both, n->text.len + n->u.name.len + 1 };
	found = symtab_get(&c->regexes, key);
	if (found != NULL) {
		*v = vmake(HSL_RESOURCE, found);
		return;
	}
	*v = regex_literal(x, n->text, n->u.name, text, sizeof text);
	if (v->type != HSL_RESOURCE) {
		unit_error(c, n, "%s", text);
		/* Whoever asks again shall not hear of it again. */
		n->kind = N_NONE;
		return;
	}
	vimmortal(x, *v);
	symtab_put(&c->regexes, &c->arena, key, v->u.resource);
}

static bool
fold_kind(struct unit *c, struct node *n, struct hsl_value *v)
{
	struct hsl_exec		*x = c->program->constants;
	struct hsl_value	 r;

	switch (n->kind) {
	case N_NUMBER:
		*v = vnumber(n->u.number);
		return true;
	case N_STRING:
		*v = hsl_string(x, n->text);
		return fold_ok(x, v);
	case N_TRUE:
	case N_FALSE:
		*v = vboolean(n->kind == N_TRUE);
		return true;
	case N_NONE:
		*v = vnone();
		return true;
	case N_REGEX:
		fold_regex(c, n, v);
		return true;
	case N_ARRAY:
		return fold_array(c, n, v);
	case N_CHAIN:
		return fold_chain(c, n, v);
	case N_CONCAT:
		return fold_concat(c, n, v);
	case N_POW:
		return fold_value(c, n->a, v) && ((fold_value(c, n->b, &r) &&
		    fold_binary(c, T_POW, v, r)) || fold_no(x, v));
	case N_UNARY:
		return fold_unary(c, n, v);
	case N_TERNARY:
	case N_COALESCE:
		return fold_choice(c, n, v);
	case N_AND:
	case N_OR:
		return fold_logic(c, n, v);
	default:
		return false;
	}
}

bool
fold_value(struct unit *c, struct node *n, struct hsl_value *v)
{
	if (fold_kind(c, n, v))
		return true;
	*v = vnone();
	return false;
}

void
fold_must(struct unit *c, struct node *n, struct hsl_value *v)
{
	if (!fold_value(c, n, v))
		unit_error(c, n, "a constant expression is expected");
	vimmortal(c->program->constants, *v);
}
