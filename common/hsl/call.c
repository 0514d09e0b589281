/*
 * Frames: entering functions of the script, calling natives, and finding out
 * which of the two a value or a method is.
 */
#include "base/mem.h"
#include "hsl/class.h"
#include "hsl/hint.h"
#include "hsl/vm.h"

#define SEGMENT_FIRST	256		/* registers */
#define SEGMENT_MAX	16384

static bool
vm_segment_new(struct hsl_exec *x, uint32_t n)
{
	struct segment	*s = x->spare;
	size_t		 regs = x->segment == NULL ? SEGMENT_FIRST :
			    SEGMENT_MAX;

	if (s != NULL && (size_t)(s->end - s->regs) >= n) {
		x->spare = NULL;
	} else {
		regs = regs < n ? n : regs;
		s = vheap_alloc(&x->heap, sizeof *s + regs * sizeof s->regs[0]);
		if (s == NULL)
			return vm_limit(x, "memory limit exceeded");
		s->size = sizeof *s + regs * sizeof s->regs[0];
		s->end = s->regs + regs;
	}
	s->prev = x->segment;
	x->segment = s;
	x->top = s->regs;
	return true;
}

/* Back to an earlier segment; the last one is kept for the next call. */
void
vm_segment_back(struct hsl_exec *x, struct segment *to)
{
	struct segment	*s;

	while ((s = x->segment) != to) {
		x->segment = s->prev;
		if (x->spare != NULL)
			vheap_free(&x->heap, x->spare, x->spare->size);
		x->spare = s;
	}
}

struct frame *
vm_frame_new(struct hsl_exec *x)
{
	struct frame	*f;

	if (x->nframes >= x->limits.depth) {
		vm_throw(x, "call depth limit exceeded");
		return NULL;
	}
	if (x->nframes == x->frames_cap) {
		x->frames_cap = x->frames_cap ? x->frames_cap * 2 : 8;
		if (x->frames_cap > x->limits.depth)
			x->frames_cap = x->limits.depth;
		x->frames = xreallocarray(x->frames, x->frames_cap,
		    sizeof *x->frames);
	}
	f = &x->frames[x->nframes];
	memset(f, 0, sizeof *f);
	f->segment = x->segment;
	f->top = x->top;
	return f;
}

static bool
vm_fits(const struct segment *s, const struct hsl_value *at, uint32_t n)
{
	return s != NULL && at >= s->regs && at <= s->end &&
	    (size_t)(s->end - at) >= n;
}

/* Room for n registers from `at` on, or elsewhere with `keep` moved there. */
static struct hsl_value *
vm_room(struct hsl_exec *x, struct hsl_value *at, uint32_t keep, uint32_t n)
{
	struct hsl_value	*to = at;

	if (!vm_fits(x->segment, at, n)) {
		if (!vm_fits(x->segment, x->top, n) && !vm_segment_new(x, n))
			return NULL;
		to = x->top;
		for (uint32_t i = 0; i < keep; i++) {
			to[i] = at[i];
			at[i].type = HSL_NONE;
		}
	}
	x->top = to + n;
	return to;
}

/* Missing parameters take their defaults, surplus ones the ...$rest. */
static void
vm_arguments(struct hsl_exec *x, const struct proto *p,
    struct hsl_value *args, uint32_t argc)
{
	uint32_t		 fixed = p->nparams - p->variadic;
	struct hsl_array	*rest;

	for (uint32_t i = argc; i < fixed; i++)
		args[i] = i < p->nrequired ? vnone() :
		    vref(p->defaults[i - p->nrequired]);
	if (!p->variadic)
		return;
	rest = varr_new(x, argc > fixed ? argc - fixed : 0);
	for (uint32_t i = fixed; i < argc; i++)
		varr_add(x, rest, args[i]);
	args[fixed] = vmake(HSL_ARRAY, rest);
}

bool
vm_push(struct hsl_exec *x, const struct proto *p, const struct call *c)
{
	uint32_t		 method = p->method, n = method + c->argc;
	uint32_t		 set = method + p->nparams;
	uint32_t		 need = n > p->nregs ? n : p->nregs;
	struct frame		*f = vm_frame_new(x);
	struct hsl_value	*base;

	if (f == NULL || (base = vm_room(x, c->base, n, need)) == NULL) {
		if (c->closure != NULL)
			vunref(x, vmake(HSL_FUNCTION, c->closure));
		return false;
	}
	if (c->argc != p->nparams || p->variadic)
		vm_arguments(x, p, base + method, c->argc);
	for (uint32_t i = set; i < p->nregs; i++)
		base[i].type = HSL_UNDEF;
	for (uint32_t i = p->nregs; i < n; i++)
		base[i].type = HSL_UNDEF;
	x->top = base + p->nregs;
	f->pc = p->code;
	f->base = base;
	f->ret = c->ret;
	f->proto = p;
	f->closure = c->closure;
	f->flags = c->flags;
	x->nframes++;
	return true;
}

void
vm_pop(struct hsl_exec *x)
{
	struct frame	*f = &x->frames[--x->nframes];
	uint32_t	 n = f->proto != NULL ? f->proto->nregs : f->nslots;

	if (!(f->flags & FRAME_MODULE)) {
		for (uint32_t i = 0; i < n; i++) {
			struct hsl_value	 v = f->base[i];

			f->base[i].type = HSL_NONE;
			vunref(x, v);
		}
	}
	if (f->closure != NULL)
		vunref(x, vmake(HSL_FUNCTION, f->closure));
	if (x->segment != f->segment)
		vm_segment_back(x, f->segment);
	x->top = f->top;
}

struct hsl_value *
vm_window(struct hsl_exec *x, uint32_t n)
{
	struct hsl_value	*w = vm_room(x, x->top, 0, n);

	for (uint32_t i = 0; w != NULL && i < n; i++)
		w[i].type = HSL_UNDEF;
	return w;
}

/* ---- Natives ----------------------------------------------------------- */

static void
vm_drop_args(struct hsl_exec *x, struct hsl_value *args, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct hsl_value	 v = args[i];

		args[i].type = HSL_NONE;
		vunref(x, v);
	}
}

int
vm_native(struct hsl_exec *x, const struct hsl_function *row,
    struct hsl_value self, const struct call *c)
{
	struct hsl_value	 result = vnone();
	struct hsl_call		 call = { .x = x, .self = self };
	struct frame		*f;
	int			 rc;

	call.argv = c->base;
	call.argc = (int)c->argc;
	call.ret = &result;
	call.host = row;
	rc = (int)row->fn(&call);
	vm_drop_args(x, c->base, c->argc);
	x->budget -= 4;
	if (x->heap.over)
		vm_limit(x, "memory limit exceeded");
	if (rc == HSL_THROW && !x->throwing)
		vm_throw(x, "%s() failed", row->name);
	if (x->throwing)
		rc = HSL_THROW;
	if (rc == HSL_OK && c->ret != NULL)
		vset(x, c->ret, result);
	else
		vunref(x, result);
	if (rc == RC_FRAME) {
		f = &x->frames[x->nframes - 1];
		f->ret = c->ret;
		f->native = row;
	} else if (rc == HSL_SUSPEND) {
		x->waiting = true;
		x->wait_ret = c->ret;
	}
	return rc;
}

static bool
vm_argc_ok(struct hsl_exec *x, struct str name, uint32_t argc, uint32_t min,
    uint32_t max)
{
	if (argc >= min && (argc <= max || max == HSL_VARIADIC))
		return true;
	return vm_throw(x, "%.*s() takes %s%u argument%s, not %u",
	    (int)name.len, name.p, min == max ? "" : argc < min ?
	    "at least " : "at most ", argc < min ? min : max,
	    (argc < min ? min : max) == 1 ? "" : "s", argc);
}

static bool
vm_argc_proto(struct hsl_exec *x, const struct proto *p, uint32_t argc)
{
	return vm_argc_ok(x, p->name.len > 0 ? p->name : STR("function"),
	    argc, p->nrequired, p->variadic ? HSL_VARIADIC : p->nparams);
}

static int
vm_call_native(struct hsl_exec *x, const struct hsl_function *row,
    struct hsl_value self, const struct call *c)
{
	if (!vm_argc_ok(x, str_of(row->name), c->argc,
	    (uint32_t)row->argc_min, (uint32_t)row->argc_max)) {
		vm_drop_args(x, c->base, c->argc);
		return HSL_THROW;
	}
	return vm_native(x, row, self, c);
}

static int
vm_call_proto(struct hsl_exec *x, const struct proto *p, struct call *c)
{
	bool	 ok;

	if (!vm_argc_proto(x, p, c->argc)) {
		if (c->closure != NULL)
			vunref(x, vmake(HSL_FUNCTION, c->closure));
		return HSL_THROW;
	}
	if (p->generator)
		return vm_generator(x, p, c) ? HSL_OK : HSL_THROW;
	ok = vm_push(x, p, c);
	return ok ? RC_FRAME : HSL_THROW;
}

/* base[0] is the function; $this takes its place where there is one. */
int
vm_call_value(struct hsl_exec *x, struct call *c)
{
	struct hsl_closure	*f = c->base->u.function;
	struct hsl_value	 fn = *c->base;
	int			 rc;

	if (fn.type != HSL_FUNCTION) {
		vm_throw(x, "%s can't be called", hsl_type_phrase(fn));
		return HSL_THROW;
	}
	c->base->type = HSL_NONE;
	if (f->class != NULL) {
		rc = vm_call_class(x, f->class, c);
		vunref(x, fn);
		return rc;
	}
	if (f->native != NULL) {
		c->base++;
		rc = vm_call_native(x, f->native, f->bound ? f->self : vnone(),
		    c);
		vunref(x, fn);
		return rc;
	}
	if (f->proto->method)
		*c->base = vref(f->self);
	else
		c->base++;
	c->closure = f;
	return vm_call_proto(x, f->proto, c);
}

int
vm_call_class(struct hsl_exec *x, const struct vclass *k, struct call *c)
{
	vset(x, c->base, vobject(x, k));
	if (k->constructor != NULL) {
		c->flags |= FRAME_CONSTRUCT;
		return vm_call_proto(x, k->constructor, c);
	}
	if (!vm_argc_ok(x, k->name, c->argc, 0, 0))
		return HSL_THROW;
	if (c->ret != c->base) {
		if (c->ret != NULL)
			vset(x, c->ret, vref(*c->base));
		vset(x, c->base, vnone());
	}
	return HSL_OK;
}

const struct vclass *
vm_class(const struct hsl_exec *x)
{
	for (uint32_t i = x->nframes; i-- > 0;)
		if (x->frames[i].proto != NULL)
			return x->frames[i].proto->class;
	return NULL;
}

static int
vm_call_host_method(struct hsl_exec *x, struct call *c,
    struct hsl_string *name)
{
	struct hsl_value		 self = *c->base;
	const struct hsl_class		*k = self.u.object->host;
	const struct hsl_function	*row;
	int				 rc;

	row = table_find(k->methods, vstr_str(name));
	if (row == NULL) {
		vm_throw(x, "class %s has no method '%s'%s", k->name,
		    name->data, hint_later_method(vstr_str(name)) ?
		    "; a later version has it" : "");
		return HSL_THROW;
	}
	c->base->type = HSL_NONE;
	c->base++;
	rc = vm_call_native(x, row, self, c);
	vunref(x, self);
	return rc;
}

/* A function that stands in a property. */
static int
vm_call_prop(struct hsl_exec *x, struct call *c, struct hsl_string *name)
{
	struct hsl_value	 self = *c->base, *prop;

	prop = vm_find_prop(self.u.object, name);
	if (prop == NULL) {
		vm_throw(x, "class %.*s has no method '%s'",
		    (int)self.u.object->class->name.len,
		    self.u.object->class->name.p, name->data);
		return HSL_THROW;
	}
	vset(x, c->base, vref(*prop));
	return vm_call_value(x, c);
}

const struct proto *
vm_plain_method(const struct hsl_exec *x, struct hsl_value self,
    struct hsl_string *name, uint32_t argc)
{
	const struct vclass	*k;
	const struct vmember	*m;

	if (self.type != HSL_OBJECT || (k = self.u.object->class) == NULL ||
	    self.u.object->shadows)
		return NULL;
	m = vclass_member(k, name);
	if (m == NULL || m->proto == NULL || !m->proto->method ||
	    ((m->flags & MEMBER_PRIVATE) &&
	    x->frames[x->nframes - 1].proto->class != k) ||
	    m->proto->plain_argc != argc)
		return NULL;
	return m->proto;
}

int
vm_call_method(struct hsl_exec *x, struct call *c, struct hsl_string *name)
{
	struct hsl_value	 self = *c->base;
	const struct vmember	*m;

	if (self.type != HSL_OBJECT) {
		vm_throw(x, "method '%s' of %s", name->data,
		    hsl_type_phrase(self));
		return HSL_THROW;
	}
	if (self.u.object->class == NULL)
		return vm_call_host_method(x, c, name);
	if (self.u.object->class->guarded &&
	    !vm_may_access(x, self, name, false))
		return HSL_THROW;
	if (self.u.object->shadows &&
	    vm_find_prop(self.u.object, name) != NULL)
		return vm_call_prop(x, c, name);
	m = vclass_member(self.u.object->class, name);
	if (m == NULL || (m->proto == NULL && !(m->flags & MEMBER_STATIC)))
		return vm_call_prop(x, c, name);
	if (m->proto == NULL || !m->proto->method) {
		vm_throw(x, "class %.*s has no method '%s'",
		    (int)self.u.object->class->name.len,
		    self.u.object->class->name.p, name->data);
		return HSL_THROW;
	}
	return vm_call_proto(x, m->proto, c);
}

/*
 * f(...$list): the arguments are moved to a window of their own, with one
 * register before them for what is called.
 */
bool
vm_spread(struct hsl_exec *x, struct hsl_value *at, struct call *c)
{
	struct hsl_value	 list = *at, k, *v, *w;
	uint32_t		 n = list.u.array->count, pos = 0, i = 0;
	uint32_t		 first = c->base != at;

	if (!hsl_charge(x, n))
		return false;
	if (n > 60000)
		return vm_throw(x, "too many arguments");
	if ((w = vm_window(x, n + 1)) == NULL)
		return false;
	at->type = HSL_NONE;
	if (first) {
		w[0] = *c->base;
		c->base->type = HSL_NONE;
	}
	c->base = w;
	w += first;
	while (varr_next(list.u.array, &pos, &k, &v))
		w[i++] = vref(*v);
	c->argc = i;
	vunref(x, list);
	return true;
}

/* Calls of every form; enum hsl_rc or RC_FRAME. */
static int
vm_call_form(struct hsl_exec *x, struct ins i, struct call *c)
{
	const struct hsl_program	*p = x->program;

	switch (i.op) {
	case OP_CALL:
		return vm_call_proto(x, p->protos[i.b], c);
	case OP_CALL_NATIVE:
		return vm_call_native(x, p->natives[i.b], vnone(), c);
	case OP_CALL_METHOD:
		return vm_call_method(x, c, p->k[i.b].u.string);
	case OP_CALL_CLASS:
		return vm_call_class(x, p->classes[i.b], c);
	default:
		return vm_call_value(x, c);
	}
}

int
vm_call(struct hsl_exec *x, struct hsl_value *regs, struct ins i)
{
	struct call		 c = { .base = &regs[i.a], .argc = i.x };
	struct segment		*segment = x->segment;
	struct hsl_value	*top = x->top, *window = NULL;
	uint32_t		 depth = x->nframes;
	bool			 plain = i.op == OP_CALL ||
				    i.op == OP_CALL_NATIVE;
	int			 rc;

	if (i.c != REG_NONE)
		c.ret = &regs[i.c];
	if (i.x != 255)
		return vm_call_form(x, i, &c);
	if (!vm_spread(x, &regs[i.a + !plain], &c))
		return HSL_THROW;
	window = c.base;
	rc = vm_call_form(x, i, &c);
	if (x->nframes > depth) {
		/* Popping the new frame takes the window with it. */
		x->frames[depth].segment = segment;
		x->frames[depth].top = top;
		return rc;
	}
	for (uint32_t n = 0; n <= c.argc; n++)
		vset(x, &window[n], vnone());
	vm_segment_back(x, segment);
	x->top = top;
	return rc;
}
