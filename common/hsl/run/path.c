/*
 * Writing along a path: $a["x"][]["y"] = v, $this->list[0]++, unset(...).
 *
 * In the code: the instruction (x: kind of root, a: where, b: register of the
 * result, c: number of steps), one word (op: the operator, x: KILL_B or a
 * flag, a: register of the value, b: more of where), then one word a step.
 * On the way every array is made, or made the path's own.
 *
 * The value is referenced before the walk, so that an array stored into
 * itself is copied first and no value ever contains itself.
 */
#include "hsl/run/access.h"
#include "hsl/run/arith.h"
#include "hsl/run/path.h"
#include "hsl/run/throw.h"

static struct hsl_value *
path_root(struct hsl_exec *x, struct hsl_value *regs, struct ins i,
    struct ins sub)
{
	struct vcell	*cell;

	switch (i.x) {
	case ROOT_CELL:
		cell = regs[i.a].u.counted;
		return &cell->v;
	case ROOT_OUTER:
		cell = x->frames[x->nframes - 1].closure->cells[i.a];
		return &cell->v;
	case ROOT_GLOBAL:
		return &x->globals[i.a][sub.b];
	case ROOT_STATIC:
		return &x->statics[i.a];
	default:
		return &regs[i.a];
	}
}

static const struct hsl_value *
path_key(struct hsl_exec *x, const struct hsl_value *regs, struct ins step)
{
	if (step.op != STEP_KEY)
		return &x->program->k[step.d];
	access_charge_key(x, &regs[step.a]);
	return &regs[step.a];
}

/* One step down, making what is missing; NULL once thrown. */
static struct hsl_value *
path_step(struct hsl_exec *x, struct hsl_value *slot,
    const struct hsl_value *regs, struct ins step)
{
	struct hsl_value	 object = *slot, *prop;
	const struct hsl_value	*key;
	struct hsl_array	*a;

	if (step.op == STEP_PUSH) {
		if (slot->type == HSL_OBJECT)
			throw_error(x, "[] of an object");
		else if ((a = varr_own(x, slot)) != NULL)
			return varr_push(x, a, vnone());
		return NULL;
	}
	key = path_key(x, regs, step);
	if (slot->type == HSL_OBJECT) {
		if (key->type != HSL_STRING || slot->u.object->class == NULL) {
			throw_error(x, "an object has no such index");
			return NULL;
		}
		if (!access_allowed(x, *slot, key->u.string, true))
			return NULL;
		slot = vprops(*slot);
		if (slot->u.array->refs == 1 && (prop = access_slot(
		    object.u.object, key->u.string)) != NULL)
			return prop;
	} else if (step.op == STEP_PROP) {
		throw_error(x, "property '%s' of %s can't be set",
		    key->u.string->data, hsl_type_phrase(*slot));
		return NULL;
	}
	if ((a = varr_own(x, slot)) == NULL)
		return NULL;
	if (object.type != HSL_OBJECT)
		return varr_put_value(x, a, key);
	if ((slot = varr_find_value(a, key)) != NULL)
		return slot;
	return access_new_prop(x, object, key->u.string);
}

static struct hsl_value *
path_walk(struct hsl_exec *x, struct hsl_value *slot,
    const struct hsl_value *regs, const struct ins *steps, uint16_t n)
{
	for (uint16_t s = 0; s < n && slot != NULL; s++)
		slot = path_step(x, slot, regs, steps[s]);
	if (slot == NULL)
		throw_check(x);
	return slot;
}

/* a[first:last] = items (an array, one item, or nothing at all) */
static bool
path_splice(struct hsl_exec *x, struct hsl_value *slot,
    const struct hsl_value bounds[3], struct hsl_value v, bool remove)
{
	struct hsl_array	*out = varr_new(x, 0);
	struct hsl_value	 k, *item, result = vmake(HSL_ARRAY, out);
	uint32_t		 pos = 0, n = 0;
	struct range		 r = { 0, 0, 1 };
	int64_t			 len = slot->type == HSL_ARRAY ?
				    slot->u.array->count : 0;

	if (!arith_range(bounds, len, &r) || r.step != 1) {
		vunref(x, result);
		return throw_error(x, "the step of this slice must be 1");
	}
	for (;; n++) {
		if (n == r.first && !remove) {
			if (v.type == HSL_ARRAY)
				for (uint32_t p = 0; varr_next(v.u.array, &p,
				    &k, &item);)
					varr_add(x, out, vref(*item));
			else
				varr_add(x, out, vref(v));
		}
		if (slot->type != HSL_ARRAY ||
		    !varr_next(slot->u.array, &pos, &k, &item))
			break;
		if (n < r.first || n >= r.first + r.count)
			varr_add(x, out, vref(*item));
		if (!hsl_charge(x, 1))
			break;
	}
	vset(x, slot, result);
	return throw_check(x);
}

static bool
path_set(struct hsl_exec *x, struct hsl_value *root, struct hsl_value *regs,
    const struct ins *steps, struct ins i, struct hsl_value v)
{
	const struct ins	*last = &steps[i.c - 1];
	struct hsl_value	*slot;
	bool			 slice = i.c > 0 && last->op == STEP_SLICE;

	slot = path_walk(x, root, regs, steps, (uint16_t)(i.c - slice));
	if (slot == NULL)
		return false;
	if (slice)
		return path_splice(x, slot, &regs[last->a], v, false);
	vset(x, slot, vref(v));
	return true;
}

static bool
path_operate(struct hsl_exec *x, struct hsl_value *root,
    struct hsl_value *regs, const struct ins *pc, struct ins i,
    const struct hsl_value *v)
{
	struct hsl_value	*slot = path_walk(x, root, regs, pc + 1, i.c);
	enum opcode		 op = pc->op;
	bool			 ok;

	if (slot == NULL)
		return false;
	if (slot->type == HSL_UNDEF)
		return throw_error(x, "undefined variable");
	if (op == OP_ADD && slot->type == HSL_NUMBER &&
	    v->type == HSL_NUMBER) {
		slot->u.number += v->u.number;
		ok = true;
	} else if (op == OP_ADD && vnullish(*slot)) {
		*slot = vref(*v);
		ok = true;
	} else if (op == OP_CONCAT)
		ok = arith_append(x, slot, v);
	else
		ok = arith_binary(x, op, slot, slot, v);
	if (ok && i.b != REG_NONE)
		vset(x, &regs[i.b], vref(*slot));
	return ok;
}

static bool
path_increment(struct hsl_exec *x, struct hsl_value *root,
    struct hsl_value *regs, const struct ins *steps, struct ins i,
    struct ins sub)
{
	struct hsl_value	*slot = path_walk(x, root, regs, steps, i.c);
	double			 n, next;

	if (slot == NULL || !arith_number(x, *slot, &n))
		return false;
	if (slot->type == HSL_UNDEF)
		return throw_error(x, "undefined variable");
	next = sub.op == OP_INC ? n + 1 : n - 1;
	vset(x, slot, vnumber(next));
	if (i.b != REG_NONE)
		vset(x, &regs[i.b], vnumber(sub.x ? n : next));
	return true;
}

/* Whether all but the last step lead somewhere, without making anything. */
static const struct hsl_value *
path_find(struct hsl_exec *x, const struct hsl_value *slot,
    const struct hsl_value *regs, const struct ins *steps, uint16_t n)
{
	for (uint16_t s = 0; s < n && slot != NULL; s++) {
		if (steps[s].op == STEP_PUSH || steps[s].op == STEP_SLICE)
			return NULL;
		if (slot->type == HSL_OBJECT)
			slot = vprops(*slot);
		if (slot->type != HSL_ARRAY)
			return NULL;
		slot = varr_find(slot->u.array,
		    varr_key(path_key(x, regs, steps[s])));
	}
	return slot;
}

static bool
path_unset_last(struct hsl_exec *x, struct hsl_value *slot,
    struct hsl_value *regs, struct ins last, bool *existed)
{
	const struct hsl_value	*key;
	struct hsl_array	*a;

	if (last.op == STEP_SLICE) {
		*existed = slot->type == HSL_ARRAY;
		return !*existed || path_splice(x, slot, &regs[last.a],
		    vnone(), true);
	}
	key = path_key(x, regs, last);
	if (slot->type == HSL_OBJECT) {
		if (slot->u.object->class == NULL || key->type != HSL_STRING)
			return true;
		if (!access_allowed(x, *slot, key->u.string, true))
			return false;
		slot = vprops(*slot);
	}
	if (slot->type != HSL_ARRAY ||
	    varr_find(slot->u.array, varr_key(key)) == NULL)
		return true;
	if ((a = varr_own(x, slot)) != NULL)
		*existed = varr_remove(x, a, varr_key(key));
	return throw_check(x);
}

static bool
path_unset(struct hsl_exec *x, struct hsl_value *root,
    struct hsl_value *regs, const struct ins *steps, struct ins i)
{
	struct hsl_value	*slot = root;
	bool			 existed = false;

	if (i.c == 0) {
		existed = root->type != HSL_UNDEF;
		vset(x, root, (struct hsl_value){ .type = HSL_UNDEF });
	} else if (path_find(x, root, regs, steps, (uint16_t)(i.c - 1)) !=
	    NULL && root->type != HSL_UNDEF) {
		slot = path_walk(x, root, regs, steps, (uint16_t)(i.c - 1));
		if (slot == NULL || !path_unset_last(x, slot, regs,
		    steps[i.c - 1], &existed))
			return false;
	}
	if (i.b != REG_NONE)
		vset(x, &regs[i.b], vboolean(existed));
	return true;
}

static void
path_clean(struct hsl_exec *x, struct hsl_value *regs,
    const struct ins *steps, uint16_t n)
{
	for (uint16_t s = 0; s < n; s++) {
		if (steps[s].op == STEP_SLICE)
			for (int b = 0; b < 3; b++)
				vset(x, &regs[steps[s].a + b], vnone());
		else if (steps[s].op == STEP_KEY && (steps[s].x & KILL_B))
			vset(x, &regs[steps[s].a], vnone());
	}
}

const struct ins *
path_run(struct hsl_exec *x, struct hsl_value *regs, struct ins i,
    const struct ins *pc)
{
	struct ins		 sub = *pc++;
	const struct ins	*steps = pc;
	struct hsl_value	*root = path_root(x, regs, i, sub);
	struct hsl_value	 v = vnone();
	bool			 ok;

	if (i.op == OP_PATH_SET || i.op == OP_PATH_OP) {
		v = vref(regs[sub.a]);
		if (sub.x & KILL_B)
			vset(x, &regs[sub.a], vnone());
	}
	switch (i.op) {
	case OP_PATH_SET:
		ok = path_set(x, root, regs, steps, i, v);
		break;
	case OP_PATH_OP:
		ok = path_operate(x, root, regs, steps - 1, i, &v);
		break;
	case OP_PATH_INC:
		ok = path_increment(x, root, regs, steps, i, sub);
		break;
	default:
		ok = path_unset(x, root, regs, steps, i);
	}
	vunref(x, v);
	path_clean(x, regs, steps, i.c);
	return ok ? steps + i.c : NULL;
}
