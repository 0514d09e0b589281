/*
 * What instructions do where the fast paths of the dispatch loop end, as far as
 * it has no file of its own.
 */
#include "hsl/run/arith.h"
#include "hsl/run/compare.h"
#include "hsl/run/ops.h"
#include "hsl/run/regex.h"
#include "hsl/run/throw.h"

bool
ops_closure(struct hsl_exec *x, struct hsl_value *dst, const struct proto *p,
    struct hsl_value *regs)
{
	struct hsl_closure	*outer = x->frames[x->nframes - 1].closure;
	struct hsl_value	 v = vclosure(x, p->ncaptures);
	const struct capture	*c;
	struct vcell		*cell;

	if (v.type != HSL_FUNCTION)
		return throw_check(x);
	for (uint16_t i = 0; i < p->ncaptures; i++) {
		c = &p->captures[i];
		if (c->index == REG_NONE)
			continue;
		cell = c->from == CAPTURE_OUTER ? outer->cells[c->index] :
		    regs[c->index].u.counted;
		vref(vmake(HSL_CELL, cell));
		v.u.function->cells[i] = cell;
	}
	v.u.function->proto = p;
	vset(x, dst, v);
	return true;
}

void
ops_cell_new(struct hsl_exec *x, struct hsl_value *reg)
{
	struct vcell	*cell = vheap_alloc(&x->space.heap, sizeof *cell);

	cell->refs = 1;
	cell->type = HSL_CELL;
	cell->v = *reg;
	*reg = vmake(HSL_CELL, cell);
}

void
ops_echo(struct hsl_exec *x, struct hsl_value v)
{
	char		 tmp[VNUM_TEXT];
	struct buf	 big = BUF_INIT;
	struct str	 s = vtext(x, v, tmp, &big);

	x->space.budget -= 16 + (int64_t)(s.len / 16);
	if (x->echo != NULL)
		x->echo(x->echo_arg, s);
	buf_free(&big);
}

bool
ops_undefined(struct hsl_exec *x, const struct proto *p, uint16_t reg)
{
	return throw_error(x, "undefined variable $%.*s",
	    (int)p->var_names[reg].len, p->var_names[reg].p);
}

bool
ops_spread_item(struct hsl_exec *x, struct hsl_value *dst,
    struct hsl_value v)
{
	if (v.type == HSL_ARRAY)
		arith_add_all(x, dst->u.array, v.u.array);
	else if (!vnullish(v))
		return throw_error(x, "%s can't be spread", hsl_type_phrase(v));
	return throw_check(x);
}

bool
ops_no_match(struct hsl_exec *x, struct hsl_value v)
{
	struct buf	 b = BUF_INIT;

	vprint(v, &b, 100);
	throw_error(x, "no match for %.*s", (int)b.len, buf_data(&b));
	buf_free(&b);
	return false;
}

bool
ops_matches(struct hsl_exec *x, struct hsl_value *dst, struct hsl_value v,
    struct hsl_value pattern)
{
	char		 tmp[VNUM_TEXT];
	struct buf	 big = BUF_INIT;
	struct regex	*re = regex_of(x, pattern);
	int		 rc = -1;

	if (re != NULL && v.type == HSL_STRING)
		rc = regex_match(x, re, vstr_str(v.u.string), 0);
	else if (re != NULL) {
		rc = regex_match(x, re, vtext(x, v, tmp, &big), 0);
		buf_free(&big);
	}
	if (rc == -1)
		return false;
	vset(x, dst, vboolean(rc));
	return true;
}

/* The value and the test of a fused comparison; -1 thrown. */
int
ops_test(struct hsl_exec *x, enum opcode op, const struct hsl_value *l,
    const struct hsl_value *r)
{
	switch (op) {
	case OP_JLT: case OP_JNLT: case OP_JLTK: case OP_JNLTK:
		return compare_less(x, *l, *r);
	case OP_JLE: case OP_JNLE: case OP_JLEK: case OP_JNLEK:
		return compare_less_equal(x, *l, *r);
	case OP_JGTK: case OP_JNGTK:
		return compare_less(x, *r, *l);
	case OP_JGEK: case OP_JNGEK:
		return compare_less_equal(x, *r, *l);
	case OP_JSAME: case OP_JNSAME: case OP_JSAMEK: case OP_JNSAMEK:
		return compare_equal(x, *l, *r, true);
	default:
		return compare_equal(x, *l, *r, false);
	}
}

bool
ops_step_number(struct hsl_exec *x, struct hsl_value *v, double step,
    struct hsl_value *old)
{
	double	 n;

	if (!arith_number(x, *v, &n))
		return false;
	vset(x, v, vnumber(n + step));
	if (old != NULL)
		vset(x, old, vnumber(n));
	return true;
}

bool
ops_push_item(struct hsl_exec *x, struct hsl_value *root,
    struct hsl_value *src, bool take)
{
	struct hsl_value	 v = *src;
	struct hsl_array	*a;

	if (take)
		src->type = HSL_NONE;
	else
		vref(v);
	if (root->type == HSL_OBJECT) {
		vunref(x, v);
		return throw_error(x, "[] of an object");
	}
	if ((a = varr_own(x, root)) == NULL) {
		vunref(x, v);
		return throw_check(x);
	}
	return varr_push(x, a, v) != NULL || throw_check(x);
}

/* Joins strings and numbers, by far the most common operands; false if there
 * is another type. */
bool
ops_concat_fast(struct hsl_exec *x, struct hsl_value *dst,
    const struct hsl_value *l, const struct hsl_value *r)
{
	char			 tmp[2][VNUM_TEXT];
	struct hsl_string	*s;
	struct str		 a, b;

	if (l->type < HSL_NUMBER || l->type > HSL_STRING ||
	    r->type < HSL_NUMBER || r->type > HSL_STRING)
		return false;
	a = l->type == HSL_STRING ? vstr_str(l->u.string) :
	    vtext(x, *l, tmp[0], NULL);
	b = r->type == HSL_STRING ? vstr_str(r->u.string) :
	    vtext(x, *r, tmp[1], NULL);
	if ((s = vstr_alloc(x, a.len + b.len)) == NULL)
		return false;
	memcpy(s->data, a.p, a.len);
	memcpy(s->data + a.len, b.p, b.len);
	vset(x, dst, vmake(HSL_STRING, s));
	x->space.budget -= (int64_t)((a.len + b.len) / 64);
	return true;
}
