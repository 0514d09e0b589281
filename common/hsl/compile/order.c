/*
 * Walks the tree in the order of execution with one bit: has one of the calls
 * that must come first surely been made?  Where branches meet, it must have
 * been made on each; a branch that can't be reached does not matter, so there
 * the bit is true.  The body of a loop may run not at all, unless nothing but a
 * break leaves the loop.  That of foreach is taken to run: what a script goes
 * over, a message's recipients, is hardly ever empty.
 *
 * A function is walked where it is called by name; a closure where it is
 * written, as if it ran there.  What methods of the script's own do is not
 * known: each is walked as if nothing came before, and a call of one says
 * nothing.
 */
#include "hsl/compile/advise.h"
#include "hsl/values/class.h"

#define ORDER_DEPTH	16		/* functions in functions */
#define ORDER_STEPS	1000000		/* then nothing more is said */

struct order {
	struct unit			*c;
	const struct hsl_order		*rule;
	bool				 breaks;	/* at each break */
	bool				 returns;	/* at each return */
	int				 depth;
	int				 steps;
};

static bool	order_walk(struct order *o, const struct node *n, bool done);

static bool
order_among(const char *const *names, struct str name)
{
	for (; *names != NULL; names++)
		if (str_eq(name, str_of(*names)))
			return true;
	return false;
}

static bool
order_list(struct order *o, const struct node *n, bool done)
{
	for (; n != NULL; n = n->next)
		done = order_walk(o, n, done);
	return done;
}

/* ---- Calls ------------------------------------------------------------- */

static bool
order_function(struct order *o, const struct func *f, bool done)
{
	bool	returns = o->returns, breaks = o->breaks;

	if (f == NULL || o->depth == ORDER_DEPTH)
		return done;
	o->depth++;
	o->returns = true;
	done = order_list(o, f->body, done);
	done = done && o->returns;
	o->returns = returns;
	o->breaks = breaks;
	o->depth--;
	return done;
}

static bool
order_call(struct order *o, const struct node *n, bool done)
{
	const struct node	*callee = n->a;
	const struct decl	*d;
	struct str		 name = callee->text;

	if (callee->kind == N_PROP) {
		done = order_walk(o, callee->a, done);
		done = order_list(o, n->list, done);
		return done || order_among(o->rule->first, name);
	}
	if (callee->kind != N_NAME)
		done = order_walk(o, callee, done);
	done = order_list(o, n->list, done);
	if (callee->kind != N_NAME)
		return done;
	d = symtab_get(&o->c->modules->main->names, name);
	if (d != NULL)
		return d->kind == DECL_FUNCTION ?
		    order_function(o, d->func, done) : done;
	if (str_eq(name, str_of(o->rule->then))) {
		if (!done)
			advice_warn(o->c, callee, "%s", o->rule->text);
		return true;
	}
	return done || order_among(o->rule->first, name) ||
	    order_among(o->rule->ends, name);
}

/* ---- Branches ---------------------------------------------------------- */

/* The body may run not at all, or be left early by a break. */
static bool
order_loop(struct order *o, const struct node *cond, const struct node *body,
    const struct node *step, bool done)
{
	bool	forever = cond == NULL || cond->kind == N_TRUE;
	bool	breaks = o->breaks, after;

	done = order_walk(o, cond, done);
	o->breaks = true;
	after = order_walk(o, body, done);
	(void)order_list(o, step, after);
	after = forever ? o->breaks : done && o->breaks;
	o->breaks = breaks;
	return after;
}

static bool
order_foreach(struct order *o, const struct node *n, bool done)
{
	bool	breaks = o->breaks, after;

	done = order_walk(o, n->a, done);
	o->breaks = true;
	after = order_walk(o, n->d, done) && o->breaks;
	o->breaks = breaks;
	return after;
}

/* A switch may jump to any of its cases. */
static bool
order_switch(struct order *o, const struct node *n, bool done)
{
	const struct node	*k;
	bool			 breaks = o->breaks, last = done, all = false;

	done = order_walk(o, n->a, done);
	o->breaks = true;
	for (k = n->list; k != NULL; k = k->next) {
		all = all || k->a == NULL;
		last = order_list(o, k->list, order_walk(o, k->a, done));
	}
	last = last && o->breaks && (all || done);
	o->breaks = breaks;
	return last;
}

/* Either may be the way that was taken, so both are walked. */
static bool
order_try(struct order *o, const struct node *n, bool done)
{
	bool	body = order_walk(o, n->a, done);
	bool	caught = order_walk(o, n->c, done);

	return body && caught;
}

static bool
order_match(struct order *o, const struct node *n, bool done)
{
	const struct node	*k;
	bool			 all = true;

	done = order_walk(o, n->a, done);
	for (k = n->list; k != NULL; k = k->next)
		all = order_walk(o, k->b, order_list(o, k->list, done)) && all;
	return all;
}

/* The first operand is evaluated for sure, the others perhaps. */
static bool
order_perhaps(struct order *o, const struct node *n, bool done)
{
	if (n == NULL)
		return done;
	done = order_walk(o, n, done);
	(void)order_list(o, n->next, done);
	return done;
}

/* A chain of else-ifs may be longer than the stack is deep. */
static bool
order_if(struct order *o, const struct node *n, bool done)
{
	bool	all = true;

	for (;; n = n->c) {
		done = order_walk(o, n->a, done);
		all = order_walk(o, n->b, done) && all;
		if (n->c == NULL || n->c->kind != N_IF)
			break;
	}
	return order_walk(o, n->c, done) && all;
}

static bool
order_leave(bool *at, bool done)
{
	*at = *at && done;
	return true;
}

/* ---- The walk ---------------------------------------------------------- */

static bool
order_children(struct order *o, const struct node *n, bool done)
{
	done = order_walk(o, n->a, done);
	done = order_walk(o, n->b, done);
	done = order_walk(o, n->c, done);
	done = order_walk(o, n->d, done);
	return order_list(o, n->list, done);
}

static bool
order_walk(struct order *o, const struct node *n, bool done)
{
	if (n == NULL)
		return done;
	if (o->steps++ >= ORDER_STEPS)
		return true;
	switch (n->kind) {
	case N_CALL:
		return order_call(o, n, done);
	case N_FUNCTION:
		(void)order_function(o, n->u.func, done);
		return done;
	case N_IF: case N_TERNARY:
		return order_if(o, n, done);
	case N_AND: case N_OR:
		return order_perhaps(o, n->list, done);
	case N_COALESCE:
		done = order_walk(o, n->a, done);
		(void)order_walk(o, n->b, done);
		return done;
	case N_WHILE:
		return order_loop(o, n->a, n->b, NULL, done);
	case N_FOR:
		done = order_list(o, n->a, done);
		return order_loop(o, n->b, n->d, n->c, done);
	case N_FOREACH:
		return order_foreach(o, n, done);
	case N_SWITCH:
		return order_switch(o, n, done);
	case N_MATCH:
		return order_match(o, n, done);
	case N_TRY:
		return order_try(o, n, done);
	case N_BREAK:
		return order_leave(&o->breaks, done);
	case N_CONTINUE:
		return true;
	case N_RETURN:
		return order_leave(&o->returns, order_walk(o, n->a, done));
	case N_THROW:
		(void)order_walk(o, n->a, done);
		return true;
	default:
		return order_children(o, n, done);
	}
}

void
order_check(struct unit *c)
{
	struct order		 o = { .c = c, .breaks = true,
				    .returns = true };
	struct unit_class	*class;
	struct unit_member	*m;

	if (c->host->advice == NULL || c->host->advice->order == NULL)
		return;
	o.rule = c->host->advice->order;
	(void)order_list(&o, c->modules->main->body, false);
	for (class = c->classes; class != NULL; class = class->next)
		for (m = class->members; m != NULL; m = m->next)
			(void)order_function(&o, m->func, false);
}
