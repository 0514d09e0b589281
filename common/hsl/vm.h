/*
 * vm - running instructions
 *
 * Inside the VM only.
 */
#ifndef HSL_VM_H
#define HSL_VM_H

#include "hsl/exec.h"

enum vm_rc { VM_AGAIN, VM_WAIT, VM_EXIT };

void		 vm_start(struct hsl_exec *x);
bool		 vm_module(struct hsl_exec *x, uint32_t number);
/* Hands v, which is taken, to whoever called the frame on top. */
void		 vm_return(struct hsl_exec *x, struct hsl_value v);
/* Runs the script's frame on top until something else is to be done. */
enum vm_rc	 vm_dispatch(struct hsl_exec *x);

/* call.c: frames.  `args` are taken; the window starts at `base`. */
struct call {
	struct hsl_value	*base;		/* $this or first argument */
	uint32_t		 argc;		/* without $this */
	struct hsl_value	*ret;
	struct hsl_closure	*closure;	/* a reference, or NULL */
	uint8_t			 flags;
};

bool		 vm_push(struct hsl_exec *x, const struct proto *p,
		    const struct call *c);
void		 vm_pop(struct hsl_exec *x);
/* enum hsl_rc or RC_FRAME; arguments are dropped afterwards. */
int		 vm_native(struct hsl_exec *x, const struct hsl_function *row,
		    struct hsl_value self, const struct call *c);
/* The function in base[0], its arguments after it. */
int		 vm_call_value(struct hsl_exec *x, struct call *c);
int		 vm_call_method(struct hsl_exec *x, struct call *c,
		    struct hsl_string *name);
/* The plain method that a call with these arguments means, or NULL. */
const struct proto *vm_plain_method(const struct hsl_exec *x,
		    struct hsl_value self, struct hsl_string *name,
		    uint32_t argc);
int		 vm_call_class(struct hsl_exec *x, const struct vclass *k,
		    struct call *c);
/* Any OP_CALL*; enum hsl_rc, or RC_FRAME if a frame was pushed. */
int		 vm_call(struct hsl_exec *x, struct hsl_value *regs,
		    struct ins i);
/* Moves the items of the array in *at to a new window. */
bool		 vm_spread(struct hsl_exec *x, struct hsl_value *at,
		    struct call *c);
/* Registers that stay where they are until the frame goes. */
struct hsl_value *vm_window(struct hsl_exec *x, uint32_t n);
void		 vm_segment_back(struct hsl_exec *x, struct segment *to);
struct frame	*vm_frame_new(struct hsl_exec *x);
const struct vclass *vm_class(const struct hsl_exec *x);

/* A key is hashed and compared: of a long one that is work. */
static inline void
exec_charge_key(struct hsl_exec *x, const struct hsl_value *key)
{
	if (key->type == HSL_STRING)
		x->budget -= key->u.string->len / 64;
}

/* access.c: reading and writing members */
bool		 vm_index(struct hsl_exec *x, struct hsl_value *dst,
		    struct hsl_value v, const struct hsl_value *key);
bool		 vm_prop(struct hsl_exec *x, struct hsl_value *dst,
		    struct hsl_value v, struct hsl_string *name);
struct hsl_value *vm_find_prop(const struct hsl_object *o,
		    struct hsl_string *name);
struct hsl_value *vm_new_prop(struct hsl_exec *x, struct hsl_value object,
		    struct hsl_string *name);
bool		 vm_set_prop(struct hsl_exec *x, struct hsl_value object,
		    struct hsl_string *name, struct hsl_value v);
bool		 vm_has(struct hsl_exec *x, struct hsl_value v,
		    const struct hsl_value *key, bool *has);
bool		 vm_may_access(struct hsl_exec *x, struct hsl_value object,
		    struct hsl_string *name, bool write);
bool		 vm_set_index(struct hsl_exec *x, struct hsl_value *root,
		    const struct hsl_value *key, struct hsl_value v);

/*
 * A property by the very string that code names it by, or NULL: most objects
 * have few, and looking at each is faster than hashing.
 */
#define VM_SLOTS	8

static inline struct hsl_value *
vm_slot(const struct hsl_object *o, const struct hsl_string *name)
{
	const struct hsl_array	*a = o->props.u.array;

	if (a->packed || a->used > VM_SLOTS)
		return NULL;
	for (uint32_t i = 0; i < a->used; i++)
		if (a->u.entries[i].s == name)
			return a->u.entries[i].v.type != HSL_UNDEF ?
			    &a->u.entries[i].v : NULL;
	return NULL;
}

/* path.c: pc is after the first word; returns where to go on, or NULL */
const struct ins *vm_path(struct hsl_exec *x, struct hsl_value *regs,
		    struct ins i, const struct ins *pc);

/* iterate.c */
bool		 vm_foreach(struct hsl_exec *x, struct hsl_value *iter,
		    struct hsl_value v);
/* 1 stored, 0 at the end, -1 thrown, 2 a generator's frame was pushed */
int		 vm_next(struct hsl_exec *x, struct hsl_value *iter,
		    struct hsl_value *value, struct hsl_value *key);
void		 vm_iterator_destroy(struct hsl_exec *x, void *data);
bool		 vm_generator(struct hsl_exec *x, const struct proto *p,
		    const struct call *c);
void		 vm_yield(struct hsl_exec *x, struct hsl_value *value,
		    struct hsl_value *key);
void		 vm_generator_end(struct hsl_exec *x);
bool		 vm_rest(struct hsl_exec *x, struct hsl_value *dst,
		    struct hsl_value v, uint32_t skip);

/* throw.c: to the nearest handler; false: there is none */
bool		 vm_unwind(struct hsl_exec *x);
bool		 exception_is(struct hsl_value v);
void		 exception_print(struct hsl_value e, struct buf *out);

/* Natives with state (native.c): begin, and a step asking for a call. */
int		 nf_begin(struct hsl_call *c, native_step *step,
		    uint16_t nslots);
int		 nf_call(struct hsl_exec *x, struct hsl_value fn,
		    const struct hsl_value *args, uint32_t argc);

#endif
