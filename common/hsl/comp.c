/*
 * A compilation: parse every file, number what was found, link imports,
 * generate code.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "base/mem.h"
#include "hsl/advise.h"
#include "hsl/class.h"
#include "hsl/exec.h"
#include "hsl/fold.h"
#include "hsl/gen.h"
#include "hsl/parse.h"

#define OVERFLOW_MAX	60000		/* functions, classes, natives */

struct comp_limits	comp_limits = { .constants_bytes = 256u << 20 };

void
comp_error(struct comp *c, const struct node *at, const char *fmt, ...)
{
	char		 text[512];
	struct hsl_diag	 d = { .text = text };
	va_list		 ap;

	if (c->errors++ >= COMP_ERRORS_MAX)
		return;
	/* Whatever is missed from now on may be missed for this reason. */
	if (c->program->constants->heap.over) {
		if (c->full)
			return;
		c->full = true;
		fmt = "the constants are too large";
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	d.file = c->program->files[at->file];
	d.line = (int)at->line;
	d.column = at->column;
	if (c->report != NULL)
		c->report(c->report_arg, &d);
}

struct node *
comp_place(struct comp *c, uint16_t file, uint32_t line, uint16_t column)
{
	struct node	*n = arena_alloc(&c->arena, sizeof *n);

	n->file = file;
	n->line = line;
	n->column = column;
	return n;
}

uint16_t
comp_file(struct comp *c, const char *name)
{
	struct hsl_program	*p = c->program;
	const char		**files;
	uint32_t		 i;

	for (i = 0; i < p->nfiles; i++)
		if (strcmp(p->files[i], name) == 0)
			return (uint16_t)i;
	files = arena_alloc(&p->arena, (p->nfiles + 1) * sizeof *files);
	for (i = 0; i < p->nfiles; i++)
		files[i] = p->files[i];
	files[i] = arena_strdup(&p->arena, str_of(name));
	p->files = files;
	return (uint16_t)p->nfiles++;
}

int
comp_open(struct comp *c, const struct node *at, struct str path,
    struct str *text, const char **name)
{
	struct buf	 b = BUF_INIT;
	struct err	 e;
	char		 full[1024];
	struct hsl_open	 o = { c->program->files[at->file],
			    arena_strdup(&c->arena, path), &b, full,
			    sizeof full };
	int		 rc = -1;

	if (c->host == NULL || c->host->open == NULL) {
		comp_error(c, at, "no files to include here");
		return -1;
	}
	if (++c->nopened > COMP_FILES_MAX)
		comp_error(c, at, "too many files");
	else if (c->host->open(c->host->open_arg, &o, &e) == -1)
		comp_error(c, at, "%s", e.text);
	else if (b.len > COMP_SOURCE_MAX)
		comp_error(c, at, "'%s' is too long", full);
	else {
		*text = arena_str(&c->arena, buf_str(&b));
		*name = arena_strdup(&c->arena, str_of(full));
		rc = 0;
	}
	buf_free(&b);
	return rc;
}

struct proto *
comp_proto(struct comp *c)
{
	struct proto	*p = arena_alloc(&c->program->arena, sizeof *p);

	p->number = c->program->nprotos++;
	return p;
}

struct func *
comp_func(struct comp *c, struct func *parent, struct str name)
{
	struct func	*f = arena_alloc(&c->arena, sizeof *f);

	f->name = name;
	f->parent = parent;
	f->module = parent != NULL ? parent->module : NULL;
	f->proto = comp_proto(c);
	*c->last_func = f;
	c->last_func = &f->next;
	return f;
}

struct comp_module *
comp_module_new(struct comp *c, const char *name)
{
	struct comp_module	*m = arena_alloc(&c->arena, sizeof *m);

	m->name = arena_strdup(&c->program->arena, str_of(name));
	m->last_import = &m->imports;
	m->number = c->program->nmodules++;
	m->main = comp_func(c, NULL, STR("main"));
	m->main->is_main = true;
	m->main->module = m;
	*c->last_module = m;
	c->last_module = &m->next;
	return m;
}

/* ---- What the program keeps -------------------------------------------- */

static void
comp_class_open(struct comp *c, struct comp_class *cl)
{
	struct hsl_program	*p = c->program;
	struct comp_member	*m;
	struct vclass		*v = arena_alloc(&p->arena, sizeof *v);

	v->name = arena_str(&p->arena, cl->name);
	v->number = p->nclasses;
	v->template = vnone();
	p->classes[p->nclasses++] = v;
	cl->vclass = v;
	for (m = cl->members; m != NULL; m = m->next)
		if ((m->flags & MEMBER_STATIC) && m->func == NULL)
			m->index = p->nstatics++;
}

static void
comp_member_fill(struct comp *c, struct comp_member *m, struct vmember *v)
{
	struct gen		 g = { .c = c };
	uint32_t		 k;

	/* The very string that code names the member by. */
	k = gen_k_text(&g, NULL, m->name);
	v->name = c->program->k[k].type == HSL_STRING ?
	    c->program->k[k].u.string : NULL;
	v->flags = m->flags;
	v->index = m->index;
	v->initial = vnone();
	if (m->func != NULL)
		v->proto = m->func->proto;
	else
		fold_must(c, m->initial, &v->initial);
}

static void
comp_class_fill(struct comp *c, struct comp_class *cl)
{
	struct hsl_program	*p = c->program;
	struct vclass		*v = cl->vclass;
	struct comp_member	*m;
	struct hsl_array	*props = varr_new(p->constants, 0);
	struct hsl_value	 key;
	uint32_t		 n = 0;

	for (m = cl->members; m != NULL; m = m->next)
		n++;
	v->members = arena_alloc(&p->arena, (n + 1) * sizeof *v->members);
	v->table = varr_new(p->constants, 0);
	for (m = cl->members; m != NULL; m = m->next) {
		struct vmember	*vm = &v->members[v->nmembers++];

		comp_member_fill(c, m, vm);
		if (vm->name == NULL)
			break;
		key = vmake(HSL_STRING, vm->name);
		varr_set(p->constants, v->table, varr_key(&key),
		    vnumber(v->nmembers - 1));
		v->guarded |= (m->flags & (MEMBER_PRIVATE |
		    MEMBER_READONLY)) && !(m->flags & MEMBER_STATIC);
		if (m->func != NULL)
			continue;
		if (m->flags & MEMBER_STATIC) {
			p->statics[m->index] = vm->initial;
			continue;
		}
		varr_set(p->constants, props, varr_key(&key), vm->initial);
	}
	v->constructor = cl->constructor ? cl->constructor->proto : NULL;
	v->template = vmake(HSL_ARRAY, props);
	fold_immortal(p->constants, v->template);
}

/* The program's tables of classes and statics, with those of c->classes. */
static void
comp_classes(struct comp *c)
{
	struct hsl_program	*p = c->program;
	struct comp_class	*cl;
	uint32_t		 n = p->nclasses, statics = p->nstatics;
	struct vclass		**classes;
	struct hsl_value	*values;

	for (cl = c->classes; cl != NULL; cl = cl->next)
		n++;
	classes = arena_alloc(&p->arena, (n + 1) * sizeof(struct vclass *));
	if (p->nclasses > 0)
		memcpy(classes, p->classes,
		    p->nclasses * sizeof(struct vclass *));
	p->classes = classes;
	for (cl = c->classes; cl != NULL; cl = cl->next)
		comp_class_open(c, cl);
	if (n > OVERFLOW_MAX || p->nstatics > OVERFLOW_MAX) {
		comp_error(c, c->classes->at, "too many classes");
		return;
	}
	values = arena_alloc(&p->arena, (p->nstatics + 1) * sizeof *values);
	if (statics > 0)
		memcpy(values, p->statics, statics * sizeof *values);
	p->statics = values;
	for (cl = c->classes; cl != NULL; cl = cl->next)
		comp_class_fill(c, cl);
}

/* unset($x) through an alias concerns the variable itself. */
static void
comp_variables(struct comp *c)
{
	struct func	*f;
	struct var	*v;

	for (f = c->funcs; f != NULL; f = f->next)
		for (uint32_t i = 0; i < f->nvars; i++) {
			v = f->var_list[i];
			if (v->unset)
				gen_var_root(v)->unset = true;
		}
}

static uint32_t
comp_count_rows(const struct hsl_function *row)
{
	uint32_t	 n = 0;

	for (; row != NULL && row->name != NULL; row++)
		n++;
	return n;
}

/* Room for every native there is. */
static void
comp_natives(struct comp *c)
{
	const struct hsl_class	*const *cl;
	uint32_t		 n = comp_count_rows(hsl_core_functions) + 16;

	if (c->host != NULL) {
		n += comp_count_rows(c->host->functions);
		for (cl = c->host->classes; cl != NULL && *cl != NULL; cl++)
			n += comp_count_rows((*cl)->statics) + 1;
	}
	c->program->natives = arena_alloc(&c->program->arena,
	    n * sizeof(struct hsl_function *));
}

/* Room for all functions and modules; those of earlier pieces stay. */
static void
comp_tables(struct comp *c)
{
	struct hsl_program	*p = c->program;
	struct proto		**protos = arena_alloc(&p->arena,
				    (p->nprotos + 1) *
				    sizeof(struct proto *));

	if (p->room_protos > 0)
		memcpy(protos, p->protos,
		    p->room_protos * sizeof(struct proto *));
	p->protos = protos;
	p->room_protos = p->nprotos;
	p->modules = arena_alloc(&p->arena, p->nmodules * sizeof *p->modules);
}

static void
comp_generate(struct comp *c)
{
	struct hsl_program	*p = c->program;
	struct comp_module	*m;
	struct func		*f;

	comp_variables(c);
	if (p->natives == NULL)
		comp_natives(c);
	comp_classes(c);
	if (c->errors > 0)
		return;
	comp_tables(c);
	for (f = c->funcs; f != NULL && c->errors < COMP_ERRORS_MAX;
	    f = f->next) {
		p->protos[f->proto->number] = f->proto;
		gen_func(c, f);
	}
	for (m = c->modules; m != NULL; m = m->next) {
		p->modules[m->number].file = m->name;
		p->modules[m->number].main = m->main->proto;
		p->modules[m->number].nglobals = (uint16_t)m->main->nvars;
	}
}

/* ---- hsl_compile() ----------------------------------------------------- */

static void
comp_host_variables(struct comp *c, struct func *main_func)
{
	const struct hsl_variable	*v;
	struct parser			 p = { .c = c, .func = main_func };
	struct var			*var;

	if (c->host == NULL || c->host->variables == NULL)
		return;
	for (v = c->host->variables; v->name != NULL; v++) {
		var = parse_declare(&p, main_func,
		    arena_str(&c->arena, str_of(v->name)));
		var->read_only = v->read_only;
		/* The host may leave it unset. */
		var->unset = true;
		c->program->nhost_vars++;
	}
}

static void
comp_check_host(const struct hsl_host *host)
{
#ifndef NDEBUG
	const struct hsl_function	*f;

	if (host == NULL)
		return;
	for (f = host->functions; f != NULL && f->name != NULL; f++)
		if (table_find(hsl_core_functions, str_of(f->name)) != NULL)
			panic("hsl: host function %s is in the core library",
			    f->name);
#else
	(void)host;
#endif
}

void
comp_begin(struct comp *c, const struct hsl_host *host, const char *file)
{
	struct hsl_program	*p = xcalloc(1, sizeof *p);
	struct comp_module	*m;

	comp_check_host(host);
	*c = (struct comp){ .program = p, .host = host };
	p->refs = 1;
	p->shared = host != NULL ? host->cache : NULL;
	p->barriers = host != NULL ? host->barriers : NULL;
	p->constants = exec_new_bare(comp_limits.constants_bytes);
	p->constants->heap.fail_in = comp_limits.constants_fail;
	c->last_module = &c->modules;
	c->last_class = &c->classes;
	c->last_func = &c->funcs;
	m = comp_module_new(c, file);
	comp_file(c, file);
	comp_host_variables(c, m->main);
}

void
comp_finish(struct comp *c)
{
	struct hsl_program	*p = c->program;

	comp_link(c);
	if (p->nprotos > OVERFLOW_MAX)
		comp_error(c, comp_place(c, 0, 1, 1), "too many functions");
	if (c->errors == 0) {
		advice_check(c);
		comp_generate(c);
	}
	if (c->errors == 0 && p->constants->heap.over)
		comp_error(c, comp_place(c, 0, 1, 1), "-");
}

struct hsl_program *
hsl_compile(const struct hsl_host *host, const char *file, struct str source,
    hsl_diag_fn *report, void *arg)
{
	struct comp		 c;
	struct func		*f;

	comp_begin(&c, host, file);
	c.report = report;
	c.report_arg = arg;
	f = c.modules->main;
	if (source.len > COMP_SOURCE_MAX)
		comp_error(&c, comp_place(&c, 0, 1, 1),
		    "the script is too long");
	else
		f->body = parse_text(&c, f, file, source, NULL);
	comp_finish(&c);
	arena_free(&c.arena);
	if (c.errors > 0)
		hsl_program_unref(&c.program);
	return c.program;
}

struct hsl_program *
hsl_program_ref(struct hsl_program *p)
{
	p->refs++;
	return p;
}

void
hsl_program_unref(struct hsl_program **pp)
{
	struct hsl_program	*p = *pp;

	*pp = NULL;
	if (p == NULL || --p->refs > 0)
		return;
	hsl_cache_free(&p->cache);
	exec_free_bare(p->constants);
	arena_free(&p->arena);
	free(p->k);
	free(p);
}

const struct vmember *
vclass_member(const struct vclass *c, struct hsl_string *name)
{
	struct hsl_value	 key = vmake(HSL_STRING, name), *v;

	/* Code names them by these very strings. */
	for (uint32_t i = 0; i < c->nmembers && i < 8; i++)
		if (c->members[i].name == name)
			return &c->members[i];
	v = varr_find_value(c->table, &key);

	return v == NULL ? NULL : &c->members[(uint32_t)v->u.number];
}

const struct mark *
proto_mark(const struct proto *p, uint32_t pc)
{
	uint32_t	 lo = 0, hi = p->nmarks, mid;

	while (lo + 1 < hi) {
		mid = (lo + hi) / 2;
		if (p->marks[mid].pc <= pc)
			lo = mid;
		else
			hi = mid;
	}
	return p->nmarks > 0 ? &p->marks[lo] : NULL;
}

const struct hsl_function *
table_find(const struct hsl_function *table, struct str name)
{
	for (; table != NULL && table->name != NULL; table++)
		if (str_eq(str_of(table->name), name))
			return table;
	return NULL;
}
