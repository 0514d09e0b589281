/*
 * The dispatch loop.
 *
 * Fast paths for numbers stand here; everything else is called.  pc and the
 * registers are locals; SAVE() writes pc back before anything is called that
 * may throw, suspend or push a frame (I2 of exec.h).  Work is counted where
 * code goes backwards or changes functions, by the distance.
 */
#include <math.h>

#include "hsl/arith.h"
#include "hsl/gen.h"
#include "hsl/ops.h"
#include "hsl/class.h"
#include "hsl/vm.h"

/* Copies a variable that may live anywhere; throws unless it is set. */
static bool
vm_get(struct hsl_exec *x, struct hsl_value *dst, struct hsl_value v,
    struct ins i)
{
	if (v.type == HSL_UNDEF && !(i.x & QUIET))
		return vm_throw(x, "undefined variable");
	vset(x, dst, vref(v));
	return true;
}

static inline void
vm_put(struct hsl_exec *x, struct hsl_value *slot, struct hsl_value *src,
    struct ins i)
{
	struct hsl_value	 v = *src;

	if (i.x & KILL_B)
		src->type = HSL_NONE;
	else
		vref(v);
	vset(x, slot, v);
}

static inline void
vm_kill(struct hsl_exec *x, struct hsl_value *regs, struct ins i)
{
	if (i.x & KILL_B)
		vset(x, &regs[i.b], vnone());
	if (i.x & KILL_C)
		vset(x, &regs[i.c], vnone());
}

/* fmod() where it is slow: two integers. */
static inline double
vm_remainder(double a, double b)
{
	int64_t	 i, j;

	if (a >= 0 && a < 9e15 && b >= 1 && b < 9e15) {
		i = (int64_t)a;
		j = (int64_t)b;
		if ((double)i == a && (double)j == b)
			return (double)(i % j);
	}
	return fmod(a, b);
}

/* The next item of a list; false: vm_next() must see to it. */
static inline bool
vm_next_packed(struct hsl_exec *x, struct hsl_value *iter,
    struct hsl_value *value, struct hsl_value *key)
{
	const struct hsl_array	*a = iter->u.array;
	uint32_t		 pos;

	if (iter->type != HSL_ARRAY || !a->packed)
		return false;
	pos = (uint32_t)(int32_t)iter[1].u.number;
	if (pos >= a->used)
		return false;
	iter[1].u.number++;
	vset(x, value, vref(a->u.list[pos]));
	if (key != NULL)
		vset(x, key, vnumber(pos));
	return true;
}

static inline void
vm_set_number(struct hsl_exec *x, struct hsl_value *d, double n)
{
	if (d->type >= HSL_STRING) {
		vset(x, d, vnumber(n));
		return;
	}
	d->type = HSL_NUMBER;
	d->u.number = n;
}

static inline void
vm_set_boolean(struct hsl_exec *x, struct hsl_value *d, bool b)
{
	vset(x, d, vboolean(b));
}

/* From one function of the script to another, with v taken. */
static inline bool
vm_return_fast(struct hsl_exec *x, struct frame *f, struct hsl_value v)
{
	struct hsl_value	*r, *end = f->base + f->proto->nregs;

	if ((f->flags & ~FRAME_CONSTRUCT) != 0 || x->nframes < 2 ||
	    x->segment != f->segment || f[-1].proto == NULL ||
	    x->budget < 0 || x->heap.over)
		return false;
	if (f->flags & FRAME_CONSTRUCT) {
		if (f->base->type != HSL_OBJECT)
			return false;
		vunref(x, v);
		v = *f->base;
		f->base->type = HSL_NONE;
	}
	for (r = f->base; r < end; r++) {
		if (r->type >= HSL_STRING) {
			struct hsl_value	 old = *r;

			r->type = HSL_NONE;
			vunref(x, old);
		}
	}
	x->top = f->top;
	x->nframes--;
	if (f->closure != NULL)
		vunref(x, vmake(HSL_FUNCTION, f->closure));
	if (f->ret != NULL)
		vset(x, f->ret, v);
	else
		vunref(x, v);
	return true;
}

/* A call of a value that is plain: its frame is pushed, or false. */
static inline bool
vm_call_closure(struct hsl_exec *x, struct hsl_value *base, struct ins i,
    struct hsl_value *ret)
{
	struct hsl_closure	*c = base->u.function;
	const struct proto	*p;

	if (base->type != HSL_FUNCTION || (p = c->proto) == NULL ||
	    p->method || p->generator || p->variadic ||
	    p->nparams != i.x || !vm_push_fast(x, p, base + 1, ret))
		return false;
	/* The frame has the reference that was in the register. */
	x->frames[x->nframes - 1].closure = c;
	base->type = HSL_NONE;
	return true;
}

/* A constructor's frame, its object made; or false. */
static inline bool
vm_construct(struct hsl_exec *x, const struct vclass *k,
    struct hsl_value *base, struct ins i, struct hsl_value *ret)
{
	const struct proto	*p = k->constructor;
	struct frame		*f;

	if (p == NULL || p->generator || p->variadic || p->nparams != i.x ||
	    !vm_push_fast(x, p, base, ret))
		return false;
	f = &x->frames[x->nframes - 1];
	f->flags = FRAME_CONSTRUCT;
	vset(x, f->base, vobject(x, k));
	return true;
}

/* The property that this code may see, if it is found at once. */
static inline struct hsl_value *
vm_prop_slot(const struct frame *f, struct hsl_value v,
    const struct hsl_string *name)
{
	const struct vclass	*k;

	if (v.type != HSL_OBJECT || (k = v.u.object->class) == NULL ||
	    (k->guarded && k != f->proto->class))
		return NULL;
	return vm_slot(v.u.object, name);
}

#define CASE(name)	L_##name
#define NEXT()		do { i = *pc++; goto *labels[i.op]; } while (0)
#define SAVE()		(f->pc = pc)
#define LOAD()		do { f = &x->frames[x->nframes - 1]; pc = f->pc; \
			    R = f->base; } while (0)
/* After vm_push_fast(), which does not move frames. */
#define ENTERED(p)	do { f++; pc = (p)->code; R = f->base; } while (0)
#define TRY(e)		do { SAVE(); if (!(e)) return VM_AGAIN; } while (0)
#define KILL()		do { if (i.x & (KILL_B | KILL_C)) \
			    vm_kill(x, R, i); } while (0)
#define BOTH(l, r)	((l)->type == HSL_NUMBER && (r)->type == HSL_NUMBER)
#define ARITH(name, right, expr) \
	CASE(name): { \
		const struct hsl_value *l = &R[i.b], *r = right; \
		if (BOTH(l, r)) { \
			double a = l->u.number, b = r->u.number; \
			vm_set_number(x, &R[i.a], expr); \
		} else { \
			if ((i.x & INTO) && vnullish(*l)) \
				vset(x, &R[i.a], vref(*r)); \
			else \
				TRY(arith_binary(x, OP_##name, &R[i.a], l, \
				    r)); \
			KILL(); \
		} \
		NEXT(); \
	}
#define ARITHK(name, plain, expr) \
	CASE(name): { \
		const struct hsl_value *l = &R[i.b], *r = &K[i.c]; \
		if (l->type == HSL_NUMBER) { \
			double a = l->u.number, b = r->u.number; \
			vm_set_number(x, &R[i.a], expr); \
		} else { \
			TRY(arith_binary(x, OP_##plain, &R[i.a], l, r)); \
			if (i.x & KILL_B) \
				vset(x, &R[i.b], vnone()); \
		} \
		NEXT(); \
	}
#define SLOW(name) \
	CASE(name): \
		TRY(arith_binary(x, OP_##name, &R[i.a], &R[i.b], &R[i.c])); \
		KILL(); \
		NEXT()
#define UNARY(name) \
	CASE(name): \
		TRY(arith_unary(x, OP_##name, &R[i.a], &R[i.b])); \
		if (i.x & KILL_B) \
			vset(x, &R[i.b], vnone()); \
		NEXT()
/* A jump back counts, as LOOP does. */
#define BRANCH(taken)	do { \
		if (taken) { \
			int32_t	 d = pc->d; \
			pc += d; \
			if (d < 0) { \
				x->budget += d; \
				if (PAUSE()) { \
					SAVE(); \
					return VM_AGAIN; \
				} \
			} \
		} else \
			pc++; \
	} while (0)
#define FUSED(name, right, sense, expr) \
	CASE(name): { \
		const struct hsl_value *l = &R[i.b], *r = right; \
		int t; \
		if (BOTH(l, r)) { \
			double a = l->u.number, b = r->u.number; \
			t = expr; \
		} else { \
			SAVE(); \
			t = vm_test(x, OP_##name, l, r); \
			KILL(); \
			if (t < 0) \
				return VM_AGAIN; \
		} \
		BRANCH(t == sense); \
		NEXT(); \
	}
#define FUSED_PAIR(yes, no, right, expr) \
	FUSED(yes, right, 1, expr) \
	FUSED(no, right, 0, expr)
#define PAUSE()		(x->budget < 0 || x->heap.over)

enum vm_rc
vm_dispatch(struct hsl_exec *x)
{
	static const void *const	 labels[] = {
#define OP(name, form, text)	&&L_##name,
#include "hsl/opcodes.def"
#undef OP
	};
	const struct hsl_value		*K = x->program->k;
	struct frame			*f;
	const struct ins		*pc;
	struct hsl_value		*R;
	struct ins			 i;
	struct hsl_value		 result;
	int				 rc;

	LOAD();
	NEXT();
	CASE(NOP):
		NEXT();
	CASE(LOADK):
		vset(x, &R[i.a], K[i.d]);
		NEXT();
	CASE(MOVE):
		vset(x, &R[i.a], vref(R[i.b]));
		NEXT();
	CASE(TAKE): {
		struct hsl_value	 v = R[i.b];

		R[i.b].type = HSL_NONE;
		vset(x, &R[i.a], v);
		NEXT();
	}
	CASE(DROP):
		vset(x, &R[i.a], vnone());
		NEXT();
	CASE(CHECK):
		if (R[i.a].type == HSL_UNDEF)
			TRY(vm_undefined(x, f->proto, i.a));
		NEXT();
	CASE(CELL_NEW):
		vm_cell_new(x, &R[i.a]);
		NEXT();
	CASE(CELL_GET):
		TRY(vm_get(x, &R[i.a], ((struct vcell *)R[i.b].u.counted)->v,
		    i));
		NEXT();
	CASE(CELL_SET):
		vm_put(x, &((struct vcell *)R[i.a].u.counted)->v, &R[i.b], i);
		NEXT();
	CASE(OUTER_GET):
		TRY(vm_get(x, &R[i.a], f->closure->cells[i.b]->v, i));
		NEXT();
	CASE(OUTER_SET):
		vm_put(x, &f->closure->cells[i.a]->v, &R[i.b], i);
		NEXT();
	CASE(GLOBAL_GET):
		TRY(vm_get(x, &R[i.a], x->globals[i.b][i.c], i));
		NEXT();
	CASE(GLOBAL_SET):
		vm_put(x, &x->globals[i.b][i.c], &R[i.a], i);
		NEXT();
	CASE(STATIC_GET):
		TRY(vm_get(x, &R[i.a], x->statics[i.d], i));
		NEXT();
	ARITH(ADD, &R[i.c], a + b)
	ARITH(SUB, &R[i.c], a - b)
	ARITH(MUL, &R[i.c], a * b)
	ARITH(DIV, &R[i.c], a / b)
	ARITH(MOD, &R[i.c], vm_remainder(a, b))
	ARITH(BAND, &R[i.c], vnum_int32(a) & vnum_int32(b))
	ARITH(BOR, &R[i.c], vnum_int32(a) | vnum_int32(b))
	ARITH(BXOR, &R[i.c], vnum_int32(a) ^ vnum_int32(b))
	ARITHK(ADDK, ADD, a + b)
	ARITHK(SUBK, SUB, a - b)
	ARITHK(MULK, MUL, a * b)
	ARITHK(MODK, MOD, vm_remainder(a, b))
	SLOW(POW);
	SLOW(SHL);
	SLOW(SHR);
	SLOW(USHR);
	CASE(CONCAT):
		if (!vm_concat_fast(x, &R[i.a], &R[i.b], &R[i.c]))
			TRY(arith_binary(x, OP_CONCAT, &R[i.a], &R[i.b],
			    &R[i.c]));
		KILL();
		NEXT();
	SLOW(EQUAL);
	SLOW(NOT_EQUAL);
	SLOW(SAME);
	SLOW(NOT_SAME);
	SLOW(LESS);
	SLOW(LESS_EQUAL);
	CASE(MATCHES):
		TRY(vm_matches(x, &R[i.a], R[i.b], R[i.c]));
		KILL();
		NEXT();
	UNARY(NEG);
	UNARY(PLUS);
	UNARY(NOT);
	UNARY(BNOT);
	CASE(TRUTH):
		vm_set_boolean(x, &R[i.a], vtrue(R[i.b]));
		NEXT();
	CASE(CONCATN): {
		struct hsl_value	 s = arith_concat(x, &R[i.b], i.c);

		for (uint16_t n = 0; n < i.c; n++)
			vset(x, &R[i.b + n], vnone());
		vset(x, &R[i.a], s);
		TRY(!x->heap.over || vm_check(x));
		NEXT();
	}
	CASE(APPEND):
		TRY(arith_append(x, &R[i.a], &R[i.b]));
		if (i.x & KILL_B)
			vset(x, &R[i.b], vnone());
		NEXT();
	CASE(INC):
		if (R[i.a].type == HSL_NUMBER)
			R[i.a].u.number++;
		else
			TRY(vm_step_number(x, &R[i.a], 1, NULL));
		NEXT();
	CASE(DEC):
		if (R[i.a].type == HSL_NUMBER)
			R[i.a].u.number--;
		else
			TRY(vm_step_number(x, &R[i.a], -1, NULL));
		NEXT();
	CASE(POST_INC):
		TRY(vm_step_number(x, &R[i.b], 1, &R[i.a]));
		NEXT();
	CASE(POST_DEC):
		TRY(vm_step_number(x, &R[i.b], -1, &R[i.a]));
		NEXT();
	CASE(JUMP):
		pc += i.d - 1;
		NEXT();
	CASE(LOOP):
		x->budget += i.d - 1;
		pc += i.d - 1;
		if (PAUSE()) {
			SAVE();
			return VM_AGAIN;
		}
		NEXT();
	CASE(JTRUE): {
		bool	 t = vtrue(R[i.a]);

		if (i.x & KILL_B)
			vset(x, &R[i.a], vnone());
		BRANCH(t);
		NEXT();
	}
	CASE(JFALSE): {
		bool	 t = vtrue(R[i.a]);

		if (i.x & KILL_B)
			vset(x, &R[i.a], vnone());
		BRANCH(!t);
		NEXT();
	}
	CASE(JSET):
		BRANCH(!vnullish(R[i.a]));
		NEXT();
	FUSED_PAIR(JLT, JNLT, &R[i.c], a < b)
	FUSED_PAIR(JLE, JNLE, &R[i.c], a <= b)
	FUSED_PAIR(JEQ, JNE, &R[i.c], a == b)
	FUSED_PAIR(JSAME, JNSAME, &R[i.c], a == b)
#undef KILL
#define KILL()		do { if (i.x & KILL_B) \
			    vset(x, &R[i.b], vnone()); } while (0)
	FUSED_PAIR(JLTK, JNLTK, &K[i.c], a < b)
	FUSED_PAIR(JLEK, JNLEK, &K[i.c], a <= b)
	FUSED_PAIR(JGTK, JNGTK, &K[i.c], a > b)
	FUSED_PAIR(JGEK, JNGEK, &K[i.c], a >= b)
	FUSED_PAIR(JEQK, JNEK, &K[i.c], a == b)
	FUSED_PAIR(JSAMEK, JNSAMEK, &K[i.c], a == b)
	CASE(ARRAY):
		vset(x, &R[i.a], vmake(HSL_ARRAY, varr_new(x,
		    i.d < 1024 ? (uint32_t)i.d : 1024)));
		NEXT();
	CASE(ITEM):
		if (i.x & KILL_B) {
			varr_add(x, R[i.a].u.array, R[i.b]);
			R[i.b].type = HSL_NONE;
		} else
			varr_add(x, R[i.a].u.array, vref(R[i.b]));
		NEXT();
	CASE(ITEM_KEY):
		TRY(vm_set_index(x, &R[i.a], &R[i.b], vref(R[i.c])));
		vm_kill(x, R, i);
		NEXT();
	CASE(ITEM_SPREAD):
		TRY(vm_spread_item(x, &R[i.a], R[i.b]));
		KILL();
		NEXT();
	CASE(INDEX):
		if (R[i.b].type == HSL_ARRAY && R[i.c].type == HSL_NUMBER &&
		    R[i.b].u.array->packed && R[i.c].u.number >= 0 &&
		    R[i.c].u.number < R[i.b].u.array->count) {
			vset(x, &R[i.a], vref(R[i.b].u.array->u.list[
			    (uint32_t)R[i.c].u.number]));
		} else if ((i.x & ITEM) && R[i.b].type != HSL_ARRAY)
			vset(x, &R[i.a], vnone());
		else
			TRY(vm_index(x, &R[i.a], R[i.b], &R[i.c]));
		vm_kill(x, R, i);
		NEXT();
	CASE(INDEXK):
		TRY(vm_index(x, &R[i.a], R[i.b], &K[i.c]));
		KILL();
		NEXT();
	CASE(PROP): {
		const struct hsl_value	*slot = vm_prop_slot(f, R[i.b],
					    K[i.c].u.string);

		if (slot != NULL)
			vset(x, &R[i.a], vref(*slot));
		else
			TRY(vm_prop(x, &R[i.a], R[i.b], K[i.c].u.string));
		KILL();
		NEXT();
	}
	CASE(SLICE): {
		struct hsl_value	 v = R[i.b];

		R[i.b].type = HSL_NONE;
		SAVE();
		rc = arith_slice(x, &R[i.a], v, &R[i.b + 1]);
		vunref(x, v);
		for (int n = 1; n < 4; n++)
			vset(x, &R[i.b + n], vnone());
		if (!rc)
			return VM_AGAIN;
		NEXT();
	}
	CASE(REST):
		TRY(vm_rest(x, &R[i.a], R[i.b], i.c));
		NEXT();
	CASE(HAS_VAR):
		vm_set_boolean(x, &R[i.a], R[i.b].type != HSL_UNDEF);
		KILL();
		NEXT();
	CASE(HAS_INDEX): {
		bool	 has;

		TRY(vm_has(x, R[i.b], &R[i.c], &has));
		vm_kill(x, R, i);
		vm_set_boolean(x, &R[i.a], has);
		NEXT();
	}
	CASE(HAS_PROP): {
		bool	 has;

		TRY(vm_has(x, R[i.b], &K[i.c], &has));
		KILL();
		vm_set_boolean(x, &R[i.a], has);
		NEXT();
	}
	CASE(SET_INDEX):
		if (R[i.a].type == HSL_ARRAY && R[i.b].type == HSL_NUMBER &&
		    R[i.a].u.array->refs == 1 && R[i.a].u.array->packed &&
		    R[i.b].u.number >= 0 &&
		    R[i.b].u.number < R[i.a].u.array->count) {
			vm_put(x, &R[i.a].u.array->u.list[
			    (uint32_t)R[i.b].u.number], &R[i.c],
			    (struct ins){ .x = i.x & KILL_C ? KILL_B : 0 });
		} else
			TRY(vm_set_index(x, &R[i.a], &R[i.b], vref(R[i.c])));
		vm_kill(x, R, i);
		NEXT();
	CASE(SET_PUSH):
		TRY(vm_push_item(x, &R[i.a], &R[i.b], i.x & KILL_B));
		NEXT();
	CASE(SET_PROP): {
		struct hsl_value	*slot = vm_prop_slot(f, R[i.a],
					    K[i.b].u.string);

		if (slot != NULL && R[i.a].u.object->props.u.array->refs == 1)
			vset(x, slot, vref(R[i.c]));
		else
			TRY(vm_set_prop(x, R[i.a], K[i.b].u.string,
			    vref(R[i.c])));
		if (i.x & KILL_C)
			vset(x, &R[i.c], vnone());
		NEXT();
	}
	CASE(PATH_SET):
	CASE(PATH_OP):
	CASE(PATH_INC):
	CASE(PATH_UNSET): {
		const struct ins	*next;

		SAVE();
		if ((next = vm_path(x, R, i, pc)) == NULL)
			return VM_AGAIN;
		pc = next;
		NEXT();
	}
	CASE(UNSET): {
		bool	 was = R[i.a].type != HSL_UNDEF;

		vset(x, &R[i.a], (struct hsl_value){ .type = HSL_UNDEF });
		vm_set_boolean(x, &R[i.b], was);
		NEXT();
	}
	CASE(CALL): {
		const struct proto	*p = x->program->protos[i.b];
		struct call		 c;

		SAVE();
		x->budget -= 4;
		if (i.x == 255 || p->generator)
			goto call;
		if (i.x == p->nparams && !p->variadic &&
		    vm_push_fast(x, p, &R[i.a],
		    i.c == REG_NONE ? NULL : &R[i.c])) {
			ENTERED(p);
			NEXT();
		}
		c = (struct call){ .base = &R[i.a], .argc = i.x,
		    .ret = i.c == REG_NONE ? NULL : &R[i.c] };
		if (!vm_push(x, p, &c))
			return VM_AGAIN;
		LOAD();
		NEXT();
	}
	CASE(CALL_NATIVE):
		SAVE();
		if (i.x != 255) {
			struct call	 c = { .base = &R[i.a],
					    .argc = i.x };

			if (i.c != REG_NONE)
				c.ret = &R[i.c];
			rc = vm_native(x, x->program->natives[i.b], vnone(),
			    &c);
			goto called;
		}
		goto call;
	CASE(CALL_METHOD): {
		const struct proto	*p;

		p = i.x == 255 ? NULL : vm_plain_method(x, R[i.a],
		    K[i.b].u.string, i.x);
		SAVE();
		x->budget -= 4;
		if (p == NULL || !vm_push_fast(x, p, &R[i.a],
		    i.c == REG_NONE ? NULL : &R[i.c]))
			goto call;
		LOAD();
		NEXT();
	}
	CASE(CALL_VALUE):
		SAVE();
		x->budget -= 4;
		if (!vm_call_closure(x, &R[i.a], i,
		    i.c == REG_NONE ? NULL : &R[i.c]))
			goto call;
		LOAD();
		NEXT();
	CASE(CALL_CLASS):
		SAVE();
		x->budget -= 4;
		if (!vm_construct(x, x->program->classes[i.b], &R[i.a], i,
		    i.c == REG_NONE ? NULL : &R[i.c]))
			goto call;
		LOAD();
		NEXT();
	call:
		SAVE();
		rc = vm_call(x, R, i);
	called:
		switch (rc) {
		case HSL_OK:
			if (PAUSE())
				return VM_AGAIN;
			/* Frames move when one is pushed for a moment. */
			f = &x->frames[x->nframes - 1];
			NEXT();
		case RC_FRAME:
			if (PAUSE() || x->frames[x->nframes - 1].proto == NULL)
				return VM_AGAIN;
			LOAD();
			NEXT();
		case HSL_SUSPEND:
			return VM_WAIT;
		case HSL_EXIT:
			return VM_EXIT;
		default:
			return VM_AGAIN;
		}
	CASE(RETURN): {
		struct hsl_value	 v = R[i.a];

		if (i.x & KILL_B)
			R[i.a].type = HSL_NONE;
		else
			vref(v);
		result = v;
		goto leave;
	}
	CASE(RETURN_NONE):
		result = vnone();
	leave:
		x->budget -= pc - f->proto->code;
		if (vm_return_fast(x, f, result)) {
			f--;
			pc = f->pc;
			R = f->base;
			NEXT();
		}
		SAVE();
		vm_return(x, result);
		if (x->nframes == 0 || PAUSE() ||
		    x->frames[x->nframes - 1].proto == NULL)
			return VM_AGAIN;
		LOAD();
		NEXT();
	CASE(CLOSURE):
		TRY(vm_closure(x, &R[i.a], x->program->protos[i.d], R));
		NEXT();
	CASE(THROW):
		TRY(vm_throw_value(x, vref(R[i.a])));
		NEXT();
	CASE(FAIL):
		TRY(vm_throw(x, "%s", K[i.d].u.string->data));
		NEXT();
	CASE(NO_MATCH):
		TRY(vm_no_match(x, R[i.a]));
		NEXT();
	CASE(FOREACH):
		TRY(vm_foreach(x, &R[i.a], R[i.b]));
		KILL();
		NEXT();
	CASE(NEXT):
		if (vm_next_packed(x, &R[i.a], &R[i.b],
		    i.c == REG_NONE ? NULL : &R[i.c])) {
			pc++;
			NEXT();
		}
		f->pc = pc + 1;
		rc = vm_next(x, &R[i.a], &R[i.b],
		    i.c == REG_NONE ? NULL : &R[i.c]);
		if (rc == 2) {
			LOAD();
			NEXT();
		}
		if (rc < 0)
			return VM_AGAIN;
		BRANCH(rc == 0);
		NEXT();
	CASE(YIELD):
		SAVE();
		x->budget -= 8;
		vm_yield(x, &R[i.b], i.a == REG_NONE ? NULL : &R[i.a]);
		if (PAUSE())
			return VM_AGAIN;
		LOAD();
		NEXT();
	CASE(IMPORT):
		SAVE();
		if (x->module_run[i.d])
			NEXT();
		if (!vm_module(x, (uint32_t)i.d))
			return VM_AGAIN;
		LOAD();
		NEXT();
	CASE(ECHO):
		SAVE();
		vm_echo(x, R[i.a]);
		if (i.x & KILL_B)
			vset(x, &R[i.a], vnone());
		NEXT();
}
