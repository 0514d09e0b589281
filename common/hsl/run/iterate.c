/*
 * foreach: over a snapshot of an array, or over a generator, whose registers
 * live in an iterator while it is not running.
 *
 * R[a] is what is iterated over, R[a+1] the position in an array or the
 * number of values a generator has given.
 */
#include "hsl/run/iterate.h"
#include "hsl/run/throw.h"

/* The last reference to an iterator is gone, which may not have come to its
 * end. */
static void
iterate_drop(struct hsl_exec *x, void *data)
{
	struct iterator	*it = data;
	size_t		 n = it->proto != NULL ? it->proto->nregs : 0;

	for (size_t i = 0; i < n && it->regs != NULL; i++)
		vunref(x, it->regs[i]);
	if (it->closure != NULL)
		vunref(x, vmake(HSL_FUNCTION, it->closure));
	vheap_free(&x->space.heap, it->regs, n * sizeof *it->regs);
	vheap_free(&x->space.heap, it, sizeof *it);
}

static const struct hsl_class	iterator_class = {
	.name = "Iterator",
	.drop = iterate_drop
};

bool
iterate_begin(struct hsl_exec *x, struct hsl_value *iter, struct hsl_value v)
{
	if (vnullish(v))
		v = vmake(HSL_ARRAY, varr_new(x, 0));
	else if (v.type != HSL_ARRAY &&
	    hsl_object_data(v, &iterator_class) == NULL)
		return throw_error(x, "foreach over %s", hsl_type_phrase(v));
	else
		vref(v);
	vset(x, &iter[0], v);
	vset(x, &iter[1], vnumber(0));
	return true;
}

static int
iterate_next_generated(struct hsl_exec *x, struct hsl_value *iter,
    struct hsl_value *value)
{
	struct iterator	*it = hsl_object_data(*iter, &iterator_class);
	struct frame	*f;

	if (it->done)
		return 0;
	if (it->running) {
		throw_error(x, "a generator runs already");
		return -1;
	}
	if ((f = frame_new(x)) == NULL)
		return -1;
	f->pc = it->pc;
	f->base = it->regs;
	f->ret = value;
	f->proto = it->proto;
	f->flags = FRAME_GENERATOR;
	f->iterator = it;
	f->closure = it->closure;
	it->running = true;
	vref(*iter);			/* dropped when it yields or ends */
	f->self = iter->u.object;
	x->nframes++;
	return 2;
}

int
iterate_next(struct hsl_exec *x, struct hsl_value *iter,
    struct hsl_value *value, struct hsl_value *key)
{
	struct hsl_value	 k, *v;
	uint32_t		 pos, from;

	if (iter[0].type != HSL_ARRAY)
		return iterate_next_generated(x, iter, value);
	from = pos = (uint32_t)iter[1].u.number;
	if (!varr_next(iter[0].u.array, &pos, &k, &v))
		return 0;
	iter[1].u.number = pos;
	x->space.budget -= (pos - from) / 8;	/* removed items were skipped */
	vset(x, value, vref(*v));
	if (key != NULL)
		vset(x, key, vref(k));
	return 1;
}

/* ---- Generators -------------------------------------------------------- */

bool
iterate_generator(struct hsl_exec *x, const struct proto *p,
    const struct call *c)
{
	struct iterator		*it = vheap_alloc(&x->space.heap, sizeof *it);
	struct hsl_value	 v = hsl_object_new(x, &iterator_class, it);
	size_t			 bytes = p->nregs * sizeof *it->regs;
	uint32_t		 depth = x->nframes;
	struct call		 call = *c;
	struct frame		*f;

	memset(it, 0, sizeof *it);
	call.ret = NULL;
	call.flags = 0;
	it->regs = vheap_alloc(&x->space.heap, bytes);
	if (it->regs == NULL || !frame_push(x, p, &call)) {
		vheap_free(&x->space.heap, it->regs, bytes);
		it->regs = NULL;
		vunref(x, v);
		throw_check(x);
		return false;
	}
	f = &x->frames[depth];
	it->closure = f->closure;
	it->pc = f->pc;
	it->proto = p;
	memcpy(it->regs, f->base, bytes);
	for (uint16_t i = 0; i < p->nregs; i++)
		f->base[i].type = HSL_NONE;
	f->closure = NULL;
	frame_pop(x);
	if (c->ret != NULL)
		vset(x, c->ret, v);
	else
		vunref(x, v);
	return true;
}

/* Takes the generator's frame away; its registers stay with the iterator. */
static void
iterate_leave(struct hsl_exec *x)
{
	struct frame		*f = &x->frames[--x->nframes];
	struct hsl_object	*self = f->self;

	f->iterator->running = false;
	x->segment = f->segment;
	x->top = f->top;
	vunref(x, vmake(HSL_OBJECT, self));
}

/* Hands the value to the NEXT that the frame below stands after. */
void
iterate_yield(struct hsl_exec *x, struct hsl_value *value,
    struct hsl_value *key)
{
	struct frame		*f = &x->frames[x->nframes - 1], *below = f - 1;
	const struct ins	*next = below->pc - 2;
	struct hsl_value	*count = &below->base[next->a + 1];
	struct hsl_value	 k = vnumber(count->u.number);

	f->iterator->pc = f->pc;
	count->u.number++;
	if (key != NULL) {
		k = *key;
		key->type = HSL_NONE;
	}
	vset(x, f->ret, *value);
	value->type = HSL_NONE;
	if (next->c != REG_NONE)
		vset(x, &below->base[next->c], k);
	else
		vunref(x, k);
	iterate_leave(x);
}

void
iterate_end(struct hsl_exec *x)
{
	struct frame	*f = &x->frames[x->nframes - 1], *below = f - 1;
	struct iterator	*it = f->iterator;
	struct ins	 jump;

	it->done = true;
	for (uint16_t i = 0; i < it->proto->nregs; i++)
		vset(x, &it->regs[i], vnone());
	if (it->closure != NULL)
		vunref(x, vmake(HSL_FUNCTION, it->closure));
	it->closure = NULL;
	if (!x->throwing) {
		jump = below->pc[-1];
		below->pc += jump.d - 1;
	}
	iterate_leave(x);
}

/* ---- [$a, ...$rest] = list --------------------------------------------- */

bool
iterate_rest(struct hsl_exec *x, struct hsl_value *dst, struct hsl_value v,
    uint32_t skip)
{
	struct hsl_array	*out = varr_new(x, 0);
	struct hsl_value	 k, *item;
	uint32_t		 pos = 0, n = 0;

	while (v.type == HSL_ARRAY && varr_next(v.u.array, &pos, &k, &item))
		if (n++ >= skip)
			varr_add(x, out, vref(*item));
	vset(x, dst, vmake(HSL_ARRAY, out));
	x->space.budget -= n / 8;
	return throw_check(x);
}
