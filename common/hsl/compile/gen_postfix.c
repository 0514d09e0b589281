/*
 * Chains of indexes, slices, members and calls, from the inside out in a
 * loop: a chain of any length takes no C stack.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "hsl/compile/fold.h"
#include "hsl/compile/gen.h"
#include "hsl/run/exec.h"

static bool
gen_is_step(const struct node *n)
{
	return n->kind == N_INDEX || n->kind == N_SLICE || n->kind == N_PROP ||
	    n->kind == N_CALL;
}

static bool
gen_is_name(const struct node *n)
{
	return n->kind == N_NAME || n->kind == N_BUILTIN ||
	    (n->kind == N_SCOPE && !n->postfix);
}

static uint16_t
gen_index(struct gen *g, struct node *n, uint16_t base, uint16_t want)
{
	struct ins		 i = { .a = 0 };
	struct hsl_value	 v;
	uint32_t		 k = UINT32_MAX;

	if (fold_value(g->c, n->b, &v))
		k = gen_k(g, n->b, v);
	else if (!gen_is_temp(g, base) && gen_changes(g, n->b))
		base = gen_copy(g, n, base);
	i.b = base;
	if (k <= UINT16_MAX)
		i.c = (uint16_t)k;
	else {
		i.c = gen_value(g, n->b, REG_ANY);
		i.x = gen_is_temp(g, i.c) ? KILL_C : 0;
	}
	if (gen_is_temp(g, base))
		g->top = base;
	else if (i.x & KILL_C)
		g->top = i.c;
	i.a = gen_dest(g, n, want);
	i.x |= gen_is_temp(g, base) && base != i.a ? KILL_B : 0;
	if (i.a == i.c && k > UINT16_MAX)
		i.x &= (uint8_t)~KILL_C;
	gen_emit(g, n, k <= UINT16_MAX ? OP_INDEXK : OP_INDEX, i);
	return i.a;
}

/* The string and its three bounds stand in four temporaries. */
static uint16_t
gen_slice(struct gen *g, struct node *n, uint16_t base, uint16_t want)
{
	struct node	*part[3] = { n->b, n->c, n->d };
	struct node	 none = { .kind = N_NONE };
	uint16_t	 first = base;
	struct ins	 i = { .a = 0 };

	if (!gen_is_temp(g, base) || base + 1u != g->top) {
		first = gen_temp(g, n);
		gen_emit(g, n, OP_MOVE, (struct ins){ .a = first, .b = base });
	}
	for (int p = 0; p < 3; p++)
		gen_value(g, part[p] != NULL ? part[p] : &none,
		    gen_temp(g, n));
	g->top = first;
	i.a = gen_dest(g, n, want);
	i.b = first;
	gen_emit(g, n, OP_SLICE, i);
	return i.a;
}

static uint16_t
gen_prop(struct gen *g, struct node *n, uint16_t base, uint16_t want)
{
	struct ins	 i = { .b = base };
	uint32_t	 k = gen_k_text(g, n, n->text);

	if (k > UINT16_MAX)
		gen_error(g, n, "too many constants");
	if (gen_is_temp(g, base))
		g->top = base;
	i.a = gen_dest(g, n, want);
	i.c = (uint16_t)k;
	i.x = gen_is_temp(g, base) && base != i.a ? KILL_B : 0;
	gen_emit(g, n, OP_PROP, i);
	return i.a;
}

static uint16_t
gen_static_get(struct gen *g, struct node *n, uint16_t want, bool quiet)
{
	uint16_t		 dst = gen_dest(g, n, want);
	struct unit_class	*class;
	struct unit_member	*m;
	struct ins		 i = { .a = dst, .x = quiet ? QUIET : 0 };
	struct var		*v = gen_space_var(g, n);

	if (g->failed)
		return dst;
	if (v != NULL) {
		v = gen_var_root(v);
		i.b = (uint16_t)v->func->module->number;
		i.c = v->index;
		gen_emit(g, n, OP_GLOBAL_GET, i);
		return dst;
	}
	if ((m = gen_static(g, n, &class)) == NULL)
		return dst;
	i.d = (int32_t)m->index;
	gen_emit(g, n, OP_STATIC_GET, i);
	return dst;
}

static uint16_t
gen_base(struct gen *g, struct node *n, uint16_t want, bool quiet)
{
	if (n->kind == N_SCOPE && n->postfix)
		return gen_static_get(g, n, want, quiet);
	if (n->kind == N_SCOPE)
		return gen_function_value(g, n, want);
	return quiet ? gen_quiet(g, n, want) : gen_value(g, n, want);
}

/* Applies spine[at]; returns where the result is, *at the next one. */
static uint16_t
gen_step(struct gen *g, struct node **spine, uint32_t *at, uint16_t base,
    uint16_t want)
{
	struct node	*n = spine[*at];

	switch (n->kind) {
	case N_INDEX:
		return gen_index(g, n, base, want);
	case N_SLICE:
		return gen_slice(g, n, base, want);
	case N_PROP:
		return gen_prop(g, n, base, want);
	default:
		return gen_call(g, n, base, want, false);
	}
}

uint16_t
gen_postfix(struct gen *g, struct node *n, uint16_t want, bool quiet,
    bool drop)
{
	struct node	**spine, *s;
	uint32_t	 count = 0, i;
	uint16_t	 r = REG_NONE, to;
	bool		 method;

	for (s = n; gen_is_step(s); s = s->a)
		count++;
	if (count == 0)
		return gen_base(g, n, want, quiet);
	spine = xcalloc(count, sizeof(struct node *));
	i = count;
	for (s = n; gen_is_step(s); s = s->a)
		spine[--i] = s;
	if (spine[0]->kind != N_CALL || !gen_is_name(s))
		r = gen_base(g, s, REG_ANY, quiet);
	for (i = 0; i < count && !g->failed; i++) {
		/* A member that is called at once is a method. */
		method = spine[i]->kind == N_PROP && i + 1 < count &&
		    spine[i + 1]->kind == N_CALL;
		i += method;
		to = i + 1 == count ? want : REG_ANY;
		if (i + 1 == count && drop && spine[i]->kind == N_CALL)
			r = gen_call(g, spine[i], r, REG_ANY, true);
		else
			r = gen_step(g, spine, &i, r, to);
	}
	free(spine);
	return g->failed ? gen_dest(g, n, want) : r;
}
