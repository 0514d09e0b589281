/*
 * The dispatch loop.
 *
 * Fast paths stand here, in fast.h and fast_call.h; everything else is called.
 * pc and the registers are locals; SAVE() writes pc back before anything is
 * called that may throw, suspend or push a frame (I2 of exec.h).  Work is
 * counted where code goes backwards or changes functions, by the distance.
 */
#include "hsl/run/access.h"
#include "hsl/run/arith.h"
#include "hsl/run/call.h"
#include "hsl/run/dispatch.h"
#include "hsl/run/fast.h"
#include "hsl/run/fast_call.h"
#include "hsl/run/iterate.h"
#include "hsl/run/ops.h"
#include "hsl/run/path.h"
#include "hsl/run/throw.h"
#include "hsl/run/vm.h"

/*
 * The instruction that runs; pc is after it.  Its operands are read where
 * they are needed, which is cheaper than to take all of them apart first.
 */
#define I		(pc[-1])
#define CASE(name)	L_##name
#define NEXT()		do { pc++; goto *labels[I.op]; } while (0)
#define SAVE()		(f->pc = pc)
#define LOAD()		do { f = &x->frames[x->nframes - 1]; pc = f->pc; \
			    R = f->base; } while (0)
/* After fast_push(), which does not move frames. */
#define ENTERED()	do { f++; pc = f->proto->code; R = f->base; } while (0)
#define TRY(e)		do { SAVE(); if (!(e)) return VM_AGAIN; } while (0)
#define KILL()		do { if (I.x & (KILL_B | KILL_C)) \
			    fast_kill(x, R, I); } while (0)
#define BOTH(l, r)	LIKELY((l)->type == HSL_NUMBER && \
			    (r)->type == HSL_NUMBER)
#define ARITH(name, right, expr) \
	CASE(name): { \
		const struct hsl_value *l = &R[I.b], *r = right; \
		if (BOTH(l, r)) { \
			double a = l->u.number, b = r->u.number; \
			fast_set_number(x, &R[I.a], expr); \
		} else { \
			if ((I.x & INTO) && vnullish(*l)) \
				vset(x, &R[I.a], vref(*r)); \
			else \
				TRY(arith_binary(x, OP_##name, &R[I.a], l, \
				    r)); \
			KILL(); \
		} \
		NEXT(); \
	}
#define ARITHK(name, plain, expr) \
	CASE(name): { \
		const struct hsl_value *l = &R[I.b], *r = &K[I.c]; \
		if (LIKELY(l->type == HSL_NUMBER)) { \
			double a = l->u.number, b = r->u.number; \
			fast_set_number(x, &R[I.a], expr); \
		} else { \
			TRY(arith_binary(x, OP_##plain, &R[I.a], l, r)); \
			if (I.x & KILL_B) \
				vset(x, &R[I.b], vnone()); \
		} \
		NEXT(); \
	}
#define SLOW(name) \
	CASE(name): \
		TRY(arith_binary(x, OP_##name, &R[I.a], &R[I.b], &R[I.c])); \
		KILL(); \
		NEXT()
#define UNARY(name) \
	CASE(name): \
		TRY(arith_unary(x, OP_##name, &R[I.a], &R[I.b])); \
		if (I.x & KILL_B) \
			vset(x, &R[I.b], vnone()); \
		NEXT()
/* A jump backwards is charged for, as LOOP is. */
#define BRANCH(taken)	do { \
		if (taken) { \
			int32_t	 d = pc->d; \
			pc += d; \
			if (d < 0) { \
				x->space.budget += d; \
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
		const struct hsl_value *l = &R[I.b], *r = right; \
		int t; \
		if (BOTH(l, r)) { \
			double a = l->u.number, b = r->u.number; \
			t = expr; \
		} else { \
			SAVE(); \
			t = ops_test(x, OP_##name, l, r); \
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
#define PAUSE()		(x->space.budget < 0 || x->space.heap.over)

enum vm_rc
dispatch_run(struct hsl_exec *x)
{
	static const void *const	 labels[] = {
#define OP(name, form, text)	&&L_##name,
#include "hsl/values/opcodes.def"
#undef OP
	};
	const struct hsl_value		*K = x->program->k;
	struct frame			*f;
	const struct ins		*pc;
	struct hsl_value		*R;
	struct hsl_value		 result;
	int				 rc;

	LOAD();
	NEXT();
	CASE(NOP):
		NEXT();
	CASE(LOADK):
		vset(x, &R[I.a], K[I.d]);
		NEXT();
	CASE(MOVE):
		vset(x, &R[I.a], vref(R[I.b]));
		NEXT();
	CASE(TAKE): {
		struct hsl_value	 v = R[I.b];

		R[I.b].type = HSL_NONE;
		vset(x, &R[I.a], v);
		NEXT();
	}
	CASE(DROP):
		vset(x, &R[I.a], vnone());
		NEXT();
	CASE(CHECK):
		if (R[I.a].type == HSL_UNDEF)
			TRY(ops_undefined(x, f->proto, I.a));
		NEXT();
	CASE(CELL_NEW):
		ops_cell_new(x, &R[I.a]);
		NEXT();
	CASE(CELL_GET):
		TRY(fast_get(x, &R[I.a], ((struct vcell *)R[I.b].u.counted)->v,
		    I));
		NEXT();
	CASE(CELL_SET):
		fast_put(x, &((struct vcell *)R[I.a].u.counted)->v, &R[I.b], I);
		NEXT();
	CASE(OUTER_GET):
		TRY(fast_get(x, &R[I.a], f->closure->cells[I.b]->v, I));
		NEXT();
	CASE(OUTER_SET):
		fast_put(x, &f->closure->cells[I.a]->v, &R[I.b], I);
		NEXT();
	CASE(GLOBAL_GET):
		TRY(fast_get(x, &R[I.a], x->globals[I.b][I.c], I));
		NEXT();
	CASE(GLOBAL_SET):
		fast_put(x, &x->globals[I.b][I.c], &R[I.a], I);
		NEXT();
	CASE(STATIC_GET):
		TRY(fast_get(x, &R[I.a], x->statics[I.d], I));
		NEXT();
	ARITH(ADD, &R[I.c], a + b)
	ARITH(SUB, &R[I.c], a - b)
	ARITH(MUL, &R[I.c], a * b)
	ARITH(DIV, &R[I.c], a / b)
	ARITH(MOD, &R[I.c], arith_remainder(a, b))
	ARITH(BAND, &R[I.c], vnum_int32(a) & vnum_int32(b))
	ARITH(BOR, &R[I.c], vnum_int32(a) | vnum_int32(b))
	ARITH(BXOR, &R[I.c], vnum_int32(a) ^ vnum_int32(b))
	ARITHK(ADDK, ADD, a + b)
	ARITHK(SUBK, SUB, a - b)
	ARITHK(MULK, MUL, a * b)
	ARITHK(MODK, MOD, arith_remainder(a, b))
	SLOW(POW);
	SLOW(SHL);
	SLOW(SHR);
	SLOW(USHR);
	CASE(CONCAT):
		if (!ops_concat_fast(x, &R[I.a], &R[I.b], &R[I.c]))
			TRY(arith_binary(x, OP_CONCAT, &R[I.a], &R[I.b],
			    &R[I.c]));
		KILL();
		NEXT();
	SLOW(EQUAL);
	SLOW(NOT_EQUAL);
	SLOW(SAME);
	SLOW(NOT_SAME);
	SLOW(LESS);
	SLOW(LESS_EQUAL);
	CASE(MATCHES):
		TRY(ops_matches(x, &R[I.a], R[I.b], R[I.c]));
		KILL();
		NEXT();
	UNARY(NEG);
	UNARY(PLUS);
	UNARY(NOT);
	UNARY(BNOT);
	CASE(TRUTH):
		fast_set_boolean(x, &R[I.a], vtrue(R[I.b]));
		NEXT();
	CASE(CONCATN): {
		struct hsl_value	 s = arith_concat(x, &R[I.b], I.c);

		for (uint16_t n = 0; n < I.c; n++)
			vset(x, &R[I.b + n], vnone());
		vset(x, &R[I.a], s);
		TRY(!x->space.heap.over || throw_check(x));
		NEXT();
	}
	CASE(APPEND):
		TRY(arith_append(x, &R[I.a], &R[I.b]));
		if (I.x & KILL_B)
			vset(x, &R[I.b], vnone());
		NEXT();
	CASE(INC):
		if (R[I.a].type == HSL_NUMBER)
			R[I.a].u.number++;
		else
			TRY(ops_step_number(x, &R[I.a], 1, NULL));
		NEXT();
	CASE(DEC):
		if (R[I.a].type == HSL_NUMBER)
			R[I.a].u.number--;
		else
			TRY(ops_step_number(x, &R[I.a], -1, NULL));
		NEXT();
	CASE(POST_INC):
		TRY(ops_step_number(x, &R[I.b], 1, &R[I.a]));
		NEXT();
	CASE(POST_DEC):
		TRY(ops_step_number(x, &R[I.b], -1, &R[I.a]));
		NEXT();
	CASE(JUMP):
		pc += I.d - 1;
		NEXT();
	CASE(LOOP):
		x->space.budget += I.d - 1;
		pc += I.d - 1;
		if (PAUSE()) {
			SAVE();
			return VM_AGAIN;
		}
		NEXT();
	CASE(JTRUE): {
		bool	 t = vtrue(R[I.a]);

		if (I.x & KILL_B)
			vset(x, &R[I.a], vnone());
		BRANCH(t);
		NEXT();
	}
	CASE(JFALSE): {
		bool	 t = vtrue(R[I.a]);

		if (I.x & KILL_B)
			vset(x, &R[I.a], vnone());
		BRANCH(!t);
		NEXT();
	}
	CASE(JSET):
		BRANCH(!vnullish(R[I.a]));
		NEXT();
	FUSED_PAIR(JLT, JNLT, &R[I.c], a < b)
	FUSED_PAIR(JLE, JNLE, &R[I.c], a <= b)
	FUSED_PAIR(JEQ, JNE, &R[I.c], a == b)
	FUSED_PAIR(JSAME, JNSAME, &R[I.c], a == b)
#undef KILL
#define KILL()		do { if (I.x & KILL_B) \
			    vset(x, &R[I.b], vnone()); } while (0)
	FUSED_PAIR(JLTK, JNLTK, &K[I.c], a < b)
	FUSED_PAIR(JLEK, JNLEK, &K[I.c], a <= b)
	FUSED_PAIR(JGTK, JNGTK, &K[I.c], a > b)
	FUSED_PAIR(JGEK, JNGEK, &K[I.c], a >= b)
	FUSED_PAIR(JEQK, JNEK, &K[I.c], a == b)
	FUSED_PAIR(JSAMEK, JNSAMEK, &K[I.c], a == b)
	CASE(ARRAY): {
		uint32_t	 n = I.d < 1024 ? (uint32_t)I.d : 1024;

		vset(x, &R[I.a], vmake(HSL_ARRAY, I.x ?
		    varr_new_names(x, n) : varr_new(x, n)));
		NEXT();
	}
	CASE(ITEM):
		if (I.x & KILL_B) {
			varr_add(x, R[I.a].u.array, R[I.b]);
			R[I.b].type = HSL_NONE;
		} else
			varr_add(x, R[I.a].u.array, vref(R[I.b]));
		NEXT();
	CASE(ITEM_KEY): {
		struct hsl_value	*slot = varr_put_value(x,
					    R[I.a].u.array, &R[I.b]);

		access_charge_key(x, &R[I.b]);
		if (slot != NULL)
			fast_put(x, slot, &R[I.c], (struct ins){
			    .x = I.x & KILL_C ? KILL_B : 0 });
		else
			TRY(throw_check(x));
		fast_kill(x, R, I);
		NEXT();
	}
	CASE(ITEM_SPREAD):
		TRY(ops_spread_item(x, &R[I.a], R[I.b]));
		KILL();
		NEXT();
	CASE(INDEX):
		if (R[I.b].type == HSL_ARRAY && R[I.c].type == HSL_NUMBER &&
		    R[I.b].u.array->packed && R[I.c].u.number >= 0 &&
		    R[I.c].u.number < R[I.b].u.array->count) {
			vset(x, &R[I.a], vref(R[I.b].u.array->u.list[
			    (uint32_t)R[I.c].u.number]));
		} else if ((I.x & ITEM) && R[I.b].type != HSL_ARRAY)
			vset(x, &R[I.a], vnone());
		else
			TRY(access_index(x, &R[I.a], R[I.b], &R[I.c]));
		fast_kill(x, R, I);
		NEXT();
	CASE(INDEXK): {
		const struct hsl_value	*slot = fast_key_slot(R[I.b], &K[I.c]);

		if (slot != NULL)
			vset(x, &R[I.a], vref(*slot));
		else
			TRY(access_index(x, &R[I.a], R[I.b], &K[I.c]));
		KILL();
		NEXT();
	}
	CASE(PROP): {
		const struct hsl_value	*slot = fast_prop_slot(f, R[I.b],
					    K[I.c].u.string);

		if (slot != NULL)
			vset(x, &R[I.a], vref(*slot));
		else
			TRY(access_prop(x, &R[I.a], R[I.b], K[I.c].u.string));
		KILL();
		NEXT();
	}
	CASE(SLICE): {
		struct hsl_value	 v = R[I.b];

		R[I.b].type = HSL_NONE;
		SAVE();
		rc = arith_slice(x, &R[I.a], v, &R[I.b + 1]);
		vunref(x, v);
		for (int n = 1; n < 4; n++)
			vset(x, &R[I.b + n], vnone());
		if (!rc)
			return VM_AGAIN;
		NEXT();
	}
	CASE(REST):
		TRY(iterate_rest(x, &R[I.a], R[I.b], I.c));
		NEXT();
	CASE(HAS_VAR):
		fast_set_boolean(x, &R[I.a], R[I.b].type != HSL_UNDEF);
		KILL();
		NEXT();
	CASE(HAS_INDEX): {
		bool	 has;

		TRY(access_has(x, R[I.b], &R[I.c], &has));
		fast_kill(x, R, I);
		fast_set_boolean(x, &R[I.a], has);
		NEXT();
	}
	CASE(HAS_PROP): {
		bool	 has;

		TRY(access_has(x, R[I.b], &K[I.c], &has));
		KILL();
		fast_set_boolean(x, &R[I.a], has);
		NEXT();
	}
	CASE(SET_INDEX):
		if (R[I.a].type == HSL_ARRAY && R[I.b].type == HSL_NUMBER &&
		    R[I.a].u.array->refs == 1 && R[I.a].u.array->packed &&
		    R[I.b].u.number >= 0 &&
		    R[I.b].u.number < R[I.a].u.array->count) {
			fast_put(x, &R[I.a].u.array->u.list[
			    (uint32_t)R[I.b].u.number], &R[I.c],
			    (struct ins){ .x = I.x & KILL_C ? KILL_B : 0 });
		} else
			TRY(access_set_index(x, &R[I.a], &R[I.b],
			    vref(R[I.c])));
		fast_kill(x, R, I);
		NEXT();
	CASE(SET_PUSH):
		if (fast_push_room(&R[I.a], R[I.b])) {
			if (I.x & KILL_B)
				R[I.b].type = HSL_NONE;
			else
				vref(R[I.b]);
			NEXT();
		}
		TRY(ops_push_item(x, &R[I.a], &R[I.b], I.x & KILL_B));
		NEXT();
	CASE(SET_PROP): {
		struct hsl_value	*slot = fast_prop_slot(f, R[I.a],
					    K[I.b].u.string);

		if (slot != NULL && R[I.a].u.object->props.u.array->refs == 1)
			vset(x, slot, vref(R[I.c]));
		else
			TRY(access_set_prop(x, R[I.a], K[I.b].u.string,
			    vref(R[I.c])));
		if (I.x & KILL_C)
			vset(x, &R[I.c], vnone());
		NEXT();
	}
	CASE(PATH_SET):
	CASE(PATH_OP):
	CASE(PATH_INC):
	CASE(PATH_UNSET): {
		const struct ins	*next;

		SAVE();
		if ((next = path_run(x, R, I, pc)) == NULL)
			return VM_AGAIN;
		pc = next;
		NEXT();
	}
	CASE(UNSET): {
		bool	 was = R[I.a].type != HSL_UNDEF;

		vset(x, &R[I.a], (struct hsl_value){ .type = HSL_UNDEF });
		fast_set_boolean(x, &R[I.b], was);
		NEXT();
	}
	CASE(CALL): {
		const struct proto	*p = x->program->protos[I.b];
		struct call		 c;

		SAVE();
		x->space.budget -= 4;
		if (I.x == p->plain_argc && fast_push(x, p, &R[I.a],
		    I.c == REG_NONE ? NULL : &R[I.c])) {
			ENTERED();
			NEXT();
		}
		if (I.x == 255 || p->generator)
			goto call;
		c = (struct call){ .base = &R[I.a], .argc = I.x,
		    .ret = I.c == REG_NONE ? NULL : &R[I.c] };
		if (!frame_push(x, p, &c))
			return VM_AGAIN;
		LOAD();
		NEXT();
	}
	CASE(CALL_NATIVE):
		SAVE();
		if (I.x != 255) {
			struct call	 c = { .base = &R[I.a],
					    .argc = I.x };

			if (I.c != REG_NONE)
				c.ret = &R[I.c];
			rc = call_native(x, x->program->natives[I.b], vnone(),
			    &c);
			goto called;
		}
		goto call;
	CASE(CALL_METHOD): {
		const struct proto	*p;

		p = I.x == 255 ? NULL : call_plain_method(x, R[I.a],
		    K[I.b].u.string, I.x);
		SAVE();
		x->space.budget -= 4;
		if (p == NULL || !fast_push(x, p, &R[I.a],
		    I.c == REG_NONE ? NULL : &R[I.c]))
			goto call;
		ENTERED();
		NEXT();
	}
	CASE(CALL_VALUE):
		SAVE();
		x->space.budget -= 4;
		if (!fast_call_closure(x, &R[I.a], I.x,
		    I.c == REG_NONE ? NULL : &R[I.c]))
			goto call;
		ENTERED();
		NEXT();
	CASE(CALL_CLASS):
		SAVE();
		x->space.budget -= 4;
		if (!fast_construct(x, x->program->classes[I.b], &R[I.a], I.x,
		    I.c == REG_NONE ? NULL : &R[I.c]))
			goto call;
		ENTERED();
		NEXT();
	call:
		SAVE();
		rc = call_ins(x, R, I);
	called:
		switch (rc) {
		case HSL_OK:
			if (PAUSE())
				return VM_AGAIN;
			/* A frame came and went: the array may have moved. */
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
		struct hsl_value	 v = R[I.a];

		if (I.x & KILL_B)
			R[I.a].type = HSL_NONE;
		else
			vref(v);
		result = v;
		goto leave;
	}
	CASE(RETURN_NONE):
		result = vnone();
	leave:
		x->space.budget -= pc - f->proto->code;
		if (fast_return(x, f, result)) {
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
		TRY(ops_closure(x, &R[I.a], x->program->protos[I.d], R));
		NEXT();
	CASE(THROW):
		TRY(throw_value(x, vref(R[I.a])));
		NEXT();
	CASE(FAIL):
		TRY(throw_error(x, "%s", K[I.d].u.string->data));
		NEXT();
	CASE(NO_MATCH):
		TRY(ops_no_match(x, R[I.a]));
		NEXT();
	CASE(FOREACH):
		TRY(iterate_begin(x, &R[I.a], R[I.b]));
		KILL();
		NEXT();
	CASE(NEXT):
		if (fast_next_packed(x, &R[I.a], &R[I.b],
		    I.c == REG_NONE ? NULL : &R[I.c])) {
			pc++;
			NEXT();
		}
		f->pc = pc + 1;
		rc = iterate_next(x, &R[I.a], &R[I.b],
		    I.c == REG_NONE ? NULL : &R[I.c]);
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
		x->space.budget -= 8;
		iterate_yield(x, &R[I.b], I.a == REG_NONE ? NULL : &R[I.a]);
		if (PAUSE())
			return VM_AGAIN;
		LOAD();
		NEXT();
	CASE(IMPORT):
		SAVE();
		if (x->module_run[I.d])
			NEXT();
		if (!vm_module(x, (uint32_t)I.d))
			return VM_AGAIN;
		LOAD();
		NEXT();
	CASE(ECHO):
		SAVE();
		ops_echo(x, R[I.a]);
		if (I.x & KILL_B)
			vset(x, &R[I.a], vnone());
		NEXT();
}
