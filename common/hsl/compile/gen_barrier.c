/*
 * barrier NAME => $var { ... }
 *
 * The token of a barrier that is entered stands in a register for as long as
 * the block; it is none once the barrier was left.  Every way out of the
 * block passes here: its end, break, continue and return leave, an exception
 * drops.  What ends the execution releases without a word (barrier.c).
 */
#include "base/mem.h"
#include "hsl/compile/gen_barrier.h"
#include "hsl/run/barrier.h"

struct gen_barrier {
	struct gen_barrier	*prev;
	struct gen_loop		*loop;		/* around it */
	struct node		*var;		/* or NULL */
	const struct node	*at;
	uint16_t		 token;
};

static void
gen_barrier_call(struct gen *g, const struct node *at, int row,
    struct ins window)
{
	window.b = gen_native_number(g, &barrier_rows[row]);
	gen_emit(g, at, OP_CALL_NATIVE, window);
}

static void
gen_barrier_enter(struct gen *g, struct node *n, uint16_t token)
{
	uint32_t	 mark = g->top;
	uint16_t	 name = gen_temp(g, n);

	gen_value(g, n->a, name);
	gen_barrier_call(g, n, BARRIER_ENTER, (struct ins){ .a = name,
	    .x = 1, .c = token });
	g->top = mark;
}

/* $var = load(token)[0], or unset($var). */
static void
gen_barrier_load(struct gen *g, const struct gen_barrier *b)
{
	uint32_t	 mark = g->top;
	uint16_t	 list = gen_temp(g, b->at), v = gen_temp(g, b->at);
	struct node	 unset = *b->var;
	int32_t		 no, end;

	gen_emit(g, b->at, OP_MOVE, (struct ins){ .a = list,
	    .b = b->token });
	gen_barrier_call(g, b->at, BARRIER_LOAD, (struct ins){ .a = list,
	    .x = 1, .c = list });
	no = gen_jump(g, b->at, OP_JFALSE, (struct ins){ .a = list }, -1);
	gen_emit(g, b->at, OP_LOADK, (struct ins){ .a = v,
	    .d = (int32_t)gen_k(g, b->at, hsl_number(0)) });
	gen_emit(g, b->at, OP_INDEX, (struct ins){ .a = v, .b = list,
	    .c = v });
	gen_var_set(g, b->var, v, true);
	end = gen_jump(g, b->at, OP_JUMP, (struct ins){ .a = 0 }, -1);
	gen_patch(g, no);
	unset.kind = N_UNSET;
	unset.a = b->var;
	gen_unset(g, &unset, v);
	gen_patch(g, end);
	gen_emit(g, b->at, OP_DROP, (struct ins){ .a = list });
	gen_emit(g, b->at, OP_DROP, (struct ins){ .a = v });
	g->top = mark;
}

static void
gen_barrier_leave(struct gen *g, const struct gen_barrier *b)
{
	uint32_t	 mark = g->top;
	uint16_t	 window = gen_temp(g, b->at);
	struct ins	 i = { .a = window, .x = 1, .c = b->token };

	gen_emit(g, b->at, OP_MOVE, (struct ins){ .a = window,
	    .b = b->token });
	if (b->var != NULL) {
		gen_quiet(g, b->var, gen_temp(g, b->at));
		i.x = 2;
	}
	gen_barrier_call(g, b->at, BARRIER_LEAVE, i);
	g->top = mark;
}

static bool
gen_loop_within(const struct gen_loop *l, const struct gen_loop *outer)
{
	while (l != NULL && l != outer)
		l = l->prev;
	return l == outer;
}

void
gen_barrier_leave_to(struct gen *g, const struct gen_loop *loop)
{
	const struct gen_barrier	*b;

	for (b = g->barrier; b != NULL && gen_loop_within(b->loop, loop);
	    b = b->prev)
		gen_barrier_leave(g, b);
}

static void
gen_barrier_handler(struct gen *g, const struct gen_barrier *b,
    struct handler *h)
{
	uint32_t	 mark = g->top;
	uint16_t	 window = gen_temp(g, b->at);

	h->handler = g->ncode;
	h->reg = gen_temp(g, b->at);
	g->handlers = xreallocarray(g->handlers, g->nhandlers + 1,
	    sizeof *g->handlers);
	g->handlers[g->nhandlers++] = *h;
	gen_emit(g, b->at, OP_MOVE, (struct ins){ .a = window,
	    .b = b->token });
	gen_barrier_call(g, b->at, BARRIER_DROP, (struct ins){ .a = window,
	    .x = 2, .c = REG_NONE });
	g->top = mark;
}

void
gen_barrier(struct gen *g, struct node *n)
{
	uint32_t		 mark = g->top, log;
	struct gen_barrier	 b = { .prev = g->barrier, .loop = g->loop,
				    .var = n->b, .at = n,
				    .token = gen_temp(g, n) };
	struct handler		 h;
	int32_t			 end;

	gen_barrier_enter(g, n, b.token);
	h.start = g->ncode;
	if (b.var != NULL)
		gen_barrier_load(g, &b);
	log = g->nlog;
	g->barrier = &b;
	gen_statements(g, n->c->list);
	g->barrier = b.prev;
	gen_barrier_leave(g, &b);
	h.end = g->ncode;
	gen_forget(g, log);
	end = gen_jump(g, n, OP_JUMP, (struct ins){ .a = 0 }, -1);
	gen_barrier_handler(g, &b, &h);
	gen_patch(g, end);
	g->top = mark;
}
