/*
 * What names of functions and classes stand for: the script's own first,
 * from the inside out, then the host's, then the library's.
 */
#include "hsl/compile/gen.h"
#include "hsl/run/throw.h"
#include "hsl/syntax/hint.h"
#include "hsl/values/class.h"
#include "hsl/values/later.h"

#define HINTS_MAX	20		/* errors that are worth a search */

static const struct hsl_class *
gen_find_host_class(const struct hsl_host *host, struct str name)
{
	const struct hsl_class	*const *c;

	if (host != NULL && host->classes != NULL)
		for (c = host->classes; *c != NULL; c++)
			if (str_eq(str_of((*c)->name), name))
				return *c;
	return str_eq(name, STR("Exception")) ? &exception_class : NULL;
}

static struct target
gen_builtin(const struct hsl_host *host, struct str name)
{
	struct target	 t = { .kind = TARGET_NONE };

	t.native = table_find(host != NULL ? host->functions : NULL, name);
	if (t.native == NULL)
		t.native = table_find(hsl_core_functions, name);
	if (t.native != NULL)
		t.kind = TARGET_NATIVE;
	else if ((t.host_class = gen_find_host_class(host, name)) != NULL)
		t.kind = TARGET_HOST_CLASS;
	return t;
}

static struct target
gen_decl_target(const struct decl *d)
{
	struct target	 t = { .kind = TARGET_NONE };

	if (d->kind == DECL_FUNCTION) {
		t.kind = TARGET_FUNC;
		t.func = d->func;
	} else if (d->kind == DECL_CLASS) {
		t.kind = TARGET_CLASS;
		t.class = d->class;
	}
	return t;
}

/* The nearest name of a function that could be called here. */
static struct str
gen_near(const struct gen *g, struct str name)
{
	const struct hsl_function	*t;
	const struct hsl_class		*const *c;
	const struct func		*f;
	struct hint			 h;

	hint_init(&h, name);
	for (t = hsl_core_functions; t->name != NULL; t++)
		hint_try(&h, str_of(t->name));
	t = g->c->host != NULL ? g->c->host->functions : NULL;
	for (; t != NULL && t->name != NULL; t++)
		hint_try(&h, str_of(t->name));
	hint_try(&h, STR("Exception"));
	c = g->c->host != NULL ? g->c->host->classes : NULL;
	for (; c != NULL && *c != NULL; c++)
		hint_try(&h, str_of((*c)->name));
	for (f = g->f; f != NULL; f = f->parent)
		for (uint32_t i = 0; i < f->names.cap; i++)
			if (f->names.slots[i].value != NULL)
				hint_try(&h, f->names.slots[i].name);
	return h.near;
}

/* Whether a later version or another hook has the name; then the error says
 * so. */
static bool
gen_elsewhere(struct gen *g, const struct node *n, struct str name)
{
	const struct hsl_advice	*a = g->c->host != NULL ?
				    g->c->host->advice : NULL;
	const char		*later;
	char			 text[256];

	if (a != NULL && a->elsewhere != NULL &&
	    a->elsewhere(name, text, sizeof text)) {
		gen_error(g, n, "%s", text);
		return true;
	}
	if ((later = later_name(name)) != NULL)
		gen_error(g, n, "%s", later);
	return later != NULL;
}

static void
gen_unknown(struct gen *g, const struct node *n, struct str name)
{
	const char	*word = hint_word(name);
	struct str	 near;

	if (gen_elsewhere(g, n, name))
		return;
	near = word == NULL && g->c->errors < HINTS_MAX ? gen_near(g, name) :
	    STR_NONE;
	if (word != NULL)
		gen_error(g, n, "unknown function '%.*s'; %s", (int)name.len,
		    name.p, word);
	else if (near.len > 0)
		gen_error(g, n, "unknown function '%.*s'; is it '%.*s'?",
		    (int)name.len, name.p, (int)near.len, near.p);
	else
		gen_error(g, n, "unknown function '%.*s'", (int)name.len,
		    name.p);
}

/* Class::method, static::method, or a name of an imported namespace. */
static struct target
gen_scoped(struct gen *g, struct node *n)
{
	struct target		 t = { .kind = TARGET_NONE };
	const struct decl	*d = unit_find(g->f, n->text);
	const struct hsl_class	*hc;
	struct unit_class	*class;
	struct unit_member	*m;

	if (d != NULL && d->kind == DECL_NAMESPACE) {
		d = unit_find(d->module->main, n->u.name);
		if (d != NULL)
			return gen_decl_target(d);
		gen_unknown(g, n, n->u.name);
		return t;
	}
	if (d == NULL && (hc = gen_find_host_class(g->c->host, n->text)) !=
	    NULL) {
		t.native = table_find(hc->statics, n->u.name);
		if (t.native != NULL)
			t.kind = TARGET_NATIVE;
		else
			gen_error(g, n, "class %s has no static '%.*s'",
			    hc->name, (int)n->u.name.len, n->u.name.p);
		return t;
	}
	if ((m = gen_static(g, n, &class)) == NULL)
		return t;
	t.kind = TARGET_FUNC;
	t.func = m->func;
	return t;
}

struct var *
gen_space_var(struct gen *g, const struct node *n)
{
	const struct decl	*d = unit_find(g->f, n->text);
	struct var		*v;

	if (d == NULL || d->kind != DECL_NAMESPACE)
		return NULL;
	v = symtab_get(&d->module->main->vars, n->u.name);
	if (v == NULL)
		gen_error(g, n, "'%s' has no variable $%.*s", d->module->name,
		    (int)n->u.name.len, n->u.name.p);
	return v;
}

struct unit_member *
gen_static(struct gen *g, struct node *n, struct unit_class **class)
{
	const struct decl	*d = unit_find(g->f, n->text);
	struct unit_member	*m;

	if (str_eq(n->text, STR("static")))
		*class = g->f->class;
	else
		*class = d != NULL && d->kind == DECL_CLASS ? d->class : NULL;
	if (*class == NULL) {
		if (!gen_elsewhere(g, n, n->text))
			gen_error(g, n, "unknown class '%.*s'",
			    (int)n->text.len, n->text.p);
		return NULL;
	}
	m = symtab_get(&(*class)->names, n->u.name);
	if (m != NULL && (!(m->flags & MEMBER_STATIC) ||
	    (m->func == NULL) != n->postfix))
		m = NULL;
	if (m == NULL)
		gen_error(g, n, "class %.*s has no static '%s%.*s'",
		    (int)(*class)->name.len, (*class)->name.p,
		    n->postfix ? "$" : "", (int)n->u.name.len, n->u.name.p);
	else if ((m->flags & MEMBER_PRIVATE) && g->f->class != *class)
		gen_error(g, n, "'%.*s' of class %.*s is private",
		    (int)m->name.len, m->name.p, (int)(*class)->name.len,
		    (*class)->name.p);
	return g->failed ? NULL : m;
}

struct target
gen_resolve(struct gen *g, struct node *n)
{
	struct target		 t = { .kind = TARGET_NONE };
	const struct decl	*d;

	if (n->kind == N_SCOPE)
		return gen_scoped(g, n);
	d = n->kind == N_NAME ? unit_find(g->f, n->text) : NULL;
	if (d != NULL)
		t = gen_decl_target(d);
	else
		t = gen_builtin(g->c->host, n->text);
	if (t.kind == TARGET_NONE)
		gen_unknown(g, n, n->text);
	return t;
}

uint16_t
gen_native_number(struct gen *g, const struct hsl_function *row)
{
	struct hsl_program	*p = g->c->program;

	for (uint32_t i = 0; i < p->nnatives; i++)
		if (p->natives[i] == row)
			return (uint16_t)i;
	p->natives[p->nnatives] = row;
	return (uint16_t)p->nnatives++;
}
