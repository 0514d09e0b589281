/*
 * Calls: finding out whether a value, a method or a class means a function of
 * the script or a native, checking the number of arguments, and calling it.
 */
#include "base/mem.h"
#include "hsl/run/access.h"
#include "hsl/run/call.h"
#include "hsl/run/iterate.h"
#include "hsl/run/throw.h"
#include "hsl/values/class.h"
#include "hsl/values/later.h"

/* ---- Natives ----------------------------------------------------------- */

static void
call_drop_args(struct hsl_exec *x, struct hsl_value *args, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct hsl_value	 v = args[i];

		args[i].type = HSL_NONE;
		vunref(x, v);
	}
}

int
call_native(struct hsl_exec *x, const struct hsl_function *row,
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
	call_drop_args(x, c->base, c->argc);
	x->space.budget -= 4;
	if (x->space.heap.over)
		throw_limit(x, "memory limit exceeded");
	if (rc == HSL_THROW && !x->throwing)
		throw_error(x, "%s() failed", row->name);
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
call_argc_ok(struct hsl_exec *x, struct str name, uint32_t argc, uint32_t min,
    uint32_t max)
{
	if (argc >= min && (argc <= max || max == HSL_VARIADIC))
		return true;
	return throw_error(x, "%.*s() takes %s%u argument%s, not %u",
	    (int)name.len, name.p, min == max ? "" : argc < min ?
	    "at least " : "at most ", argc < min ? min : max,
	    (argc < min ? min : max) == 1 ? "" : "s", argc);
}

static bool
call_argc_proto(struct hsl_exec *x, const struct proto *p, uint32_t argc)
{
	return call_argc_ok(x, p->name.len > 0 ? p->name : STR("function"),
	    argc, p->nrequired, p->variadic ? HSL_VARIADIC : p->nparams);
}

static int
call_native_checked(struct hsl_exec *x, const struct hsl_function *row,
    struct hsl_value self, const struct call *c)
{
	if (!call_argc_ok(x, str_of(row->name), c->argc,
	    (uint32_t)row->argc_min, (uint32_t)row->argc_max)) {
		call_drop_args(x, c->base, c->argc);
		return HSL_THROW;
	}
	return call_native(x, row, self, c);
}

static int
call_proto(struct hsl_exec *x, const struct proto *p, struct call *c)
{
	bool	 ok;

	if (!call_argc_proto(x, p, c->argc)) {
		if (c->closure != NULL)
			vunref(x, vmake(HSL_FUNCTION, c->closure));
		return HSL_THROW;
	}
	if (p->generator)
		return iterate_generator(x, p, c) ? HSL_OK : HSL_THROW;
	ok = frame_push(x, p, c);
	return ok ? RC_FRAME : HSL_THROW;
}

/* base[0] is the function; $this takes its place where there is one. */
int
call_value(struct hsl_exec *x, struct call *c)
{
	struct hsl_closure	*f = c->base->u.function;
	struct hsl_value	 fn = *c->base;
	int			 rc;

	if (fn.type != HSL_FUNCTION) {
		throw_error(x, "%s can't be called", hsl_type_phrase(fn));
		return HSL_THROW;
	}
	c->base->type = HSL_NONE;
	if (f->class != NULL) {
		rc = call_class(x, f->class, c);
		vunref(x, fn);
		return rc;
	}
	if (f->native != NULL) {
		c->base++;
		rc = call_native_checked(x, f->native,
		    f->bound ? f->self : vnone(), c);
		vunref(x, fn);
		return rc;
	}
	if (f->proto->method)
		*c->base = vref(f->self);
	else
		c->base++;
	c->closure = f;
	return call_proto(x, f->proto, c);
}

int
call_class(struct hsl_exec *x, const struct vclass *k, struct call *c)
{
	vset(x, c->base, vobject(x, k));
	if (k->constructor != NULL) {
		c->flags |= FRAME_CONSTRUCT;
		return call_proto(x, k->constructor, c);
	}
	if (!call_argc_ok(x, k->name, c->argc, 0, 0))
		return HSL_THROW;
	if (c->ret != c->base) {
		if (c->ret != NULL)
			vset(x, c->ret, vref(*c->base));
		vset(x, c->base, vnone());
	}
	return HSL_OK;
}

static int
call_host_method(struct hsl_exec *x, struct call *c,
    struct hsl_string *name)
{
	struct hsl_value		 self = *c->base;
	const struct hsl_class		*k = self.u.object->host;
	const struct hsl_function	*row;
	int				 rc;

	row = table_find(k->methods, vstr_str(name));
	if (row == NULL) {
		throw_error(x, "class %s has no method '%s'%s", k->name,
		    name->data, later_method(vstr_str(name)) ?
		    "; a later version has it" : "");
		return HSL_THROW;
	}
	c->base->type = HSL_NONE;
	c->base++;
	rc = call_native_checked(x, row, self, c);
	vunref(x, self);
	return rc;
}

/* A function that stands in a property. */
static int
call_prop(struct hsl_exec *x, struct call *c, struct hsl_string *name)
{
	struct hsl_value	 self = *c->base, *prop;

	prop = access_find_prop(self.u.object, name);
	if (prop == NULL) {
		throw_error(x, "class %.*s has no method '%s'",
		    (int)self.u.object->class->name.len,
		    self.u.object->class->name.p, name->data);
		return HSL_THROW;
	}
	vset(x, c->base, vref(*prop));
	return call_value(x, c);
}

const struct proto *
call_plain_method(const struct hsl_exec *x, struct hsl_value self,
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
call_method(struct hsl_exec *x, struct call *c, struct hsl_string *name)
{
	struct hsl_value	 self = *c->base;
	const struct vmember	*m;

	if (self.type != HSL_OBJECT) {
		throw_error(x, "method '%s' of %s", name->data,
		    hsl_type_phrase(self));
		return HSL_THROW;
	}
	if (self.u.object->class == NULL)
		return call_host_method(x, c, name);
	if (self.u.object->class->guarded &&
	    !access_allowed(x, self, name, false))
		return HSL_THROW;
	if (self.u.object->shadows &&
	    access_find_prop(self.u.object, name) != NULL)
		return call_prop(x, c, name);
	m = vclass_member(self.u.object->class, name);
	if (m == NULL || (m->proto == NULL && !(m->flags & MEMBER_STATIC)))
		return call_prop(x, c, name);
	if (m->proto == NULL || !m->proto->method) {
		throw_error(x, "class %.*s has no method '%s'",
		    (int)self.u.object->class->name.len,
		    self.u.object->class->name.p, name->data);
		return HSL_THROW;
	}
	return call_proto(x, m->proto, c);
}

/*
 * f(...$list): the arguments are moved to a window of their own, with one
 * register before them for what is called.
 */
bool
call_spread(struct hsl_exec *x, struct hsl_value *at, struct call *c)
{
	struct hsl_value	 list = *at, k, *v, *w;
	uint32_t		 n = list.u.array->count, pos = 0, i = 0;
	uint32_t		 first = c->base != at;

	if (!hsl_charge(x, n))
		return false;
	if (n > 60000)
		return throw_error(x, "too many arguments");
	if ((w = frame_window(x, n + 1)) == NULL)
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

/* One form of call for each instruction. */
static int
call_form(struct hsl_exec *x, struct ins i, struct call *c)
{
	const struct hsl_program	*p = x->program;

	switch (i.op) {
	case OP_CALL:
		return call_proto(x, p->protos[i.b], c);
	case OP_CALL_NATIVE:
		return call_native_checked(x, p->natives[i.b], vnone(), c);
	case OP_CALL_METHOD:
		return call_method(x, c, p->k[i.b].u.string);
	case OP_CALL_CLASS:
		return call_class(x, p->classes[i.b], c);
	default:
		return call_value(x, c);
	}
}

int
call_ins(struct hsl_exec *x, struct hsl_value *regs, struct ins i)
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
		return call_form(x, i, &c);
	if (!call_spread(x, &regs[i.a + !plain], &c))
		return HSL_THROW;
	window = c.base;
	rc = call_form(x, i, &c);
	if (x->nframes > depth) {
		/* frame_pop() shall give back the window, too. */
		x->frames[depth].segment = segment;
		x->frames[depth].top = top;
		return rc;
	}
	for (uint32_t n = 0; n <= c.argc; n++)
		vset(x, &window[n], vnone());
	frame_segment_back(x, segment);
	x->top = top;
	return rc;
}
