/*
 * Calls.  Arguments stand in consecutive temporaries, which become the first
 * registers of the function called; what is called, or $this, stands before.
 */
#include "hsl/compile/gen.h"
#include "hsl/library/cache.h"
#include "hsl/run/exec.h"
#include "hsl/values/class.h"

#define ARGC_SPREAD	255		/* one array holds the arguments */

struct callee {
	enum opcode	 op;
	uint16_t	 b;
	int		 min;
	int		 max;		/* HSL_VARIADIC, or -1: not known */
	struct str	 name;
};

static int
gen_count_args(struct gen *g, struct node *call, const struct callee *to)
{
	struct node	*a;
	int		 n = 0;

	for (a = call->list; a != NULL; a = a->next) {
		if (a->kind == N_SPREAD)
			return ARGC_SPREAD;
		n++;
	}
	if (n >= ARGC_SPREAD)
		gen_error(g, call, "too many arguments");
	else if (to->max >= 0 && (n < to->min ||
	    (n > to->max && to->max != HSL_VARIADIC)))
		gen_error(g, call, "%.*s() takes %s%d argument%s, not %d",
		    (int)to->name.len, to->name.p,
		    to->max == HSL_VARIADIC ? "at least " :
		    to->min == to->max ? "" : n < to->min ? "at least " :
		    "at most ", n < to->min ? to->min : to->max ==
		    HSL_VARIADIC ? to->min : to->max,
		    (n < to->min ? to->min : to->max) == 1 ? "" : "s", n);
	return n;
}

static void
gen_spread_args(struct gen *g, struct node *call)
{
	struct node	 array = *call, *a;
	struct node	*item, **last = &array.list;

	array.kind = N_ARRAY;
	array.list = NULL;
	for (a = call->list; a != NULL; a = a->next) {
		item = unit_place(g->c, a->file, a->line, a->column);
		*item = *a;
		item->next = NULL;
		if (a->kind != N_SPREAD) {
			item->kind = N_ITEM;
			item->a = NULL;
			item->b = a;
		}
		*last = item;
		last = &item->next;
	}
	gen_array(g, &array, REG_ANY);
}

/* `base` is the first temporary of the call; the arguments are put on top. */
static uint16_t
gen_call_to(struct gen *g, struct node *n, const struct callee *to,
    uint32_t base, uint16_t want, bool drop)
{
	int		 argc = gen_count_args(g, n, to);
	struct ins	 i = { .a = (uint16_t)base };
	struct node	*a;

	if (argc == ARGC_SPREAD)
		gen_spread_args(g, n);
	else
		for (a = n->list; a != NULL && !g->failed; a = a->next)
			gen_value(g, a, gen_temp(g, a));
	/* A call without arguments has used no register yet, but its result
	 * needs one. */
	g->top = base;
	gen_temp(g, n);
	i.b = to->b;
	i.c = drop ? REG_NONE : want == REG_ANY ? (uint16_t)base : want;
	i.x = (uint8_t)argc;
	gen_emit(g, n, to->op, i);
	if (want != REG_ANY)
		g->top = base;
	return drop ? (uint16_t)base : i.c;
}

static bool
gen_callee(struct gen *g, struct node *n, struct callee *to)
{
	struct target	 t = gen_resolve(g, n);
	struct func	*ctor;

	switch (t.kind) {
	case TARGET_FUNC:
		*to = (struct callee){ OP_CALL, (uint16_t)t.func->proto->number,
		    t.func->nrequired, t.func->variadic ? HSL_VARIADIC :
		    t.func->nparams, t.func->name };
		return true;
	case TARGET_NATIVE:
		*to = (struct callee){ OP_CALL_NATIVE,
		    gen_native_number(g, t.native), t.native->argc_min,
		    t.native->argc_max, str_of(t.native->name) };
		return true;
	case TARGET_CLASS:
		ctor = t.class->constructor;
		*to = (struct callee){ OP_CALL_CLASS,
		    (uint16_t)t.class->vclass->number,
		    ctor ? ctor->nrequired : 0,
		    ctor == NULL ? 0 : ctor->variadic ? HSL_VARIADIC :
		    ctor->nparams, t.class->name };
		return true;
	case TARGET_HOST_CLASS:
		if (t.host_class->constructor == NULL) {
			gen_error(g, n, "class %s has no constructor",
			    t.host_class->name);
			return false;
		}
		*to = (struct callee){ OP_CALL_NATIVE,
		    gen_native_number(g, t.host_class->constructor),
		    t.host_class->constructor->argc_min,
		    t.host_class->constructor->argc_max,
		    str_of(t.host_class->name) };
		return true;
	default:
		return false;
	}
}

static uint16_t
gen_call_method(struct gen *g, struct node *n, uint16_t object,
    uint16_t want, bool drop)
{
	struct callee	 to = { OP_CALL_METHOD, 0, 0, -1, STR_NONE };
	uint32_t	 base, k;

	if (!gen_is_temp(g, object) || object + 1u != g->top) {
		base = gen_temp(g, n);
		gen_emit(g, n, OP_MOVE, (struct ins){ .a = (uint16_t)base,
		    .b = object });
	} else
		base = object;
	k = gen_k_text(g, n, n->a->text);
	if (k > UINT16_MAX)
		gen_error(g, n, "too many constants");
	to.b = (uint16_t)k;
	return gen_call_to(g, n, &to, base, want, drop);
}

/* `object` is the register of the object of a method, or REG_NONE. */
uint16_t
gen_call(struct gen *g, struct node *n, uint16_t object, uint16_t want,
    bool drop)
{
	struct callee	 to = { OP_CALL_VALUE, 0, 0, -1, STR_NONE };
	uint32_t	 base = g->top;

	if (n->a->kind == N_PROP)
		return gen_call_method(g, n, object, want, drop);
	if (object != REG_NONE) {
		if (gen_is_temp(g, object) && object + 1u == g->top)
			return gen_call_to(g, n, &to, object, want, drop);
		gen_temp(g, n);
		gen_emit(g, n, OP_MOVE, (struct ins){ .a = (uint16_t)base,
		    .b = object });
		return gen_call_to(g, n, &to, base, want, drop);
	}
	if (!gen_callee(g, n->a, &to))
		return gen_dest(g, n, want);
	if (to.op == OP_CALL_CLASS)
		gen_temp(g, n);
	return gen_call_to(g, n, &to, base, want, drop);
}

/* ---- Functions as values ----------------------------------------------- */

static struct hsl_value
gen_closure_of(struct gen *g, const struct target *t)
{
	struct hsl_exec		*x = g->c->program->constants;
	struct hsl_value	 v = vclosure(x, 0);
	struct hsl_closure	*f = v.u.function;

	f->proto = t->kind == TARGET_FUNC ? t->func->proto : NULL;
	f->native = t->native;
	f->class = t->kind == TARGET_CLASS ? t->class->vclass : NULL;
	if (t->kind == TARGET_HOST_CLASS)
		f->native = t->host_class->constructor;
	return v;
}

/* One value per name, so that functions compare by identity. */
static uint32_t
gen_function_k(struct gen *g, struct node *n, const struct target *t)
{
	const void	*id = t->kind == TARGET_FUNC ? (const void *)t->func :
			    t->kind == TARGET_CLASS ? (const void *)t->class :
			    t->kind == TARGET_NATIVE ? (const void *)t->native :
			    t->host_class;
	struct str	 key = { (const char *)&id, sizeof id };
	void		*found = symtab_get(&g->c->functions, key);
	uint32_t	 k;

	if (found != NULL)
		return (uint32_t)((uintptr_t)found - 1);
	k = gen_k(g, n, gen_closure_of(g, t));
	symtab_put(&g->c->functions, &g->c->arena,
	    arena_str(&g->c->arena, key), (void *)(uintptr_t)(k + 1));
	return k;
}

uint16_t
gen_function_value(struct gen *g, struct node *n, uint16_t want)
{
	uint16_t	 dst = gen_dest(g, n, want);
	struct target	 t;

	if (n->kind == N_FUNCTION) {
		gen_emit(g, n, OP_CLOSURE, (struct ins){ .a = dst,
		    .d = (int32_t)n->u.func->proto->number });
		return dst;
	}
	t = gen_resolve(g, n);
	if (t.kind == TARGET_NONE)
		return dst;
	if (t.kind == TARGET_HOST_CLASS && t.host_class->constructor == NULL) {
		gen_error(g, n, "class %s has no constructor",
		    t.host_class->name);
		return dst;
	}
	gen_emit(g, n, OP_LOADK, (struct ins){ .a = dst,
	    .d = (int32_t)gen_function_k(g, n, &t) });
	return dst;
}

/*
 * cache [options] f(args): a native with the options, the arguments, the
 * function and its name does the rest.
 */
uint16_t
gen_cache(struct gen *g, struct node *n, uint16_t want)
{
	uint32_t	 base = g->top;
	struct callee	 to = { OP_CALL_NATIVE, 0, 0, -1, STR_NONE };
	struct ins	 i = { .a = (uint16_t)base, .x = 4 };
	struct node	*name = n->b->a;

	if (!gen_callee(g, name, &to))
		return gen_dest(g, n, want);
	gen_count_args(g, n->b, &to);
	gen_value(g, n->a, gen_temp(g, n));
	gen_spread_args(g, n->b);
	gen_function_value(g, name, gen_temp(g, n));
	gen_emit(g, n, OP_LOADK, (struct ins){ .a = gen_temp(g, n),
	    .d = (int32_t)gen_k_text(g, n, to.name) });
	g->top = base;
	i.b = gen_native_number(g, &cache_row);
	i.c = gen_dest(g, n, want);
	gen_emit(g, n, OP_CALL_NATIVE, i);
	return i.c;
}
