/*
 * Declarations: functions, closures and classes.  Their names hold before their
 * text is reached.
 */
#include "hsl/syntax/parse.h"
#include "hsl/values/class.h"

/* A closure with so many cells still is a small block of the heap, which is
 * never refused. */
#define CAPTURES_MAX	400

static void
parse_param(struct parser *p, struct func *f)
{
	struct node	*n = parse_node(p, N_ITEM), **last = &f->params;

	while (*last != NULL)
		last = &(*last)->next;
	if (f->variadic)
		parse_error(p, "'...' must be the last parameter");
	f->variadic = parse_accept(p, T_ELLIPSIS);
	if (!p->panic && p->tok.kind != T_VAR)
		parse_mistake_parameter(p);
	if (p->panic)
		return;
	if (symtab_get(&f->vars, p->tok.text) != NULL)
		parse_error(p, "parameter $%.*s stands twice",
		    (int)p->tok.text.len, p->tok.text.p);
	n->a = parse_node(p, N_VAR);
	n->a->u.var = parse_declare(p, f, p->tok.text);
	parse_advance(p);
	parse_mistake_typed(p);
	if (!f->variadic && parse_accept(p, T_SET))
		n->b = parse_expr(p);
	else if (!f->variadic && f->nrequired != f->nparams)
		parse_error(p, "a parameter with a default precedes");
	f->nparams++;
	if (n->b == NULL && !f->variadic)
		f->nrequired++;
	*last = n;
}

static void
parse_params(struct parser *p, struct func *f)
{
	parse_expect(p, T_LPAREN);
	while (!p->panic && p->tok.kind != T_RPAREN) {
		parse_param(p, f);
		if (f->nparams > 250)
			parse_error(p, "too many parameters");
		if (!parse_accept(p, T_COMMA))
			break;
	}
	parse_expect(p, T_RPAREN);
}

static void
parse_capture(struct parser *p, struct func *f)
{
	struct var	*outer, *v, **list;
	struct str	 name = p->tok.text;

	if (symtab_get(&f->vars, name) != NULL)
		parse_error(p, "$%.*s stands twice", (int)name.len, name.p);
	outer = parse_variable(p, name);
	v = parse_declare(p, f, name);
	if (outer == NULL || v == NULL)
		return;
	outer->captured = true;
	v->kind = VAR_CAPTURE;
	v->alias = outer;
	v->index = (uint16_t)f->ncaptures;
	list = arena_alloc(&p->c->arena, (f->ncaptures + 1) * sizeof *list);
	for (uint32_t i = 0; i < f->ncaptures; i++)
		list[i] = f->captures[i];
	list[f->ncaptures++] = v;
	f->captures = list;
}

/* closure ($a, $b) */
static void
parse_captures(struct parser *p, struct func *f)
{
	if (!parse_accept(p, K_CLOSURE))
		return;
	parse_expect(p, T_LPAREN);
	while (!p->panic && p->tok.kind == T_VAR) {
		if (f->ncaptures >= CAPTURES_MAX)
			parse_error(p, "too many captured variables");
		parse_capture(p, f);
		parse_advance(p);
		if (!parse_accept(p, T_COMMA))
			break;
	}
	parse_expect(p, T_RPAREN);
}

/* From the parameters on; p->func is the function around it. */
static struct func *
parse_function_of(struct parser *p, struct func *f, bool anonymous)
{
	struct func	*outer = p->func;
	int		 loops = p->loops, switches = p->switches;
	int		 barriers = p->barriers;
	uint32_t	 line;

	f->class = p->class;
	f->line = p->tok.line;
	f->column = p->tok.column;
	f->file = p->file;
	if (f->method)
		parse_declare(p, f, STR("this"));
	parse_params(p, f);
	if (anonymous)
		parse_captures(p, f);
	p->func = f;
	p->loops = p->switches = p->barriers = 0;
	line = p->tok.line;
	parse_mistake_body(p);
	if (parse_expect(p, T_LBRACE)) {
		f->body = parse_statements(p, T_RBRACE);
		parse_close(p, T_RBRACE, line);
	}
	p->func = outer;
	p->loops = loops;
	p->switches = switches;
	p->barriers = barriers;
	return f;
}

struct func *
parse_function(struct parser *p, struct str name)
{
	struct func	*f = unit_func(p->c, p->func, name);

	if (!parse_enter(p))
		return f;
	parse_function_of(p, f, name.len == 0);
	parse_leave(p);
	return f;
}

static struct decl *
parse_decl_name(struct parser *p, enum decl_kind kind)
{
	struct decl	*d = arena_alloc(&p->c->arena, sizeof *d), *old;

	parse_advance(p);
	d->kind = kind;
	d->piece = p->c->piece;
	if (p->tok.kind != T_NAME) {
		parse_expect(p, T_NAME);
		return NULL;
	}
	old = symtab_get(&p->func->names, p->tok.text);
	if (old != NULL && old->piece == d->piece)
		parse_error(p, "'%.*s' is declared twice",
		    (int)p->tok.text.len, p->tok.text.p);
	symtab_put(&p->func->names, &p->c->arena, p->tok.text, d);
	return d;
}

void
parse_function_decl(struct parser *p)
{
	struct decl	*d = parse_decl_name(p, DECL_FUNCTION);
	struct str	 name = p->tok.text;

	if (d == NULL)
		return;
	parse_advance(p);
	d->func = parse_function(p, name);
}

/* ---- Classes ----------------------------------------------------------- */

static struct unit_member *
parse_member_new(struct parser *p, unsigned flags)
{
	struct unit_class	*c = p->class;
	struct unit_member	*m;

	if (symtab_get(&c->names, p->tok.text) != NULL)
		parse_error(p, "member '%.*s' is declared twice",
		    (int)p->tok.text.len, p->tok.text.p);
	m = arena_alloc(&p->c->arena, sizeof *m);
	m->name = p->tok.text;
	m->flags = flags;
	*c->last = m;
	c->last = &m->next;
	symtab_put(&c->names, &p->c->arena, m->name, m);
	return m;
}

static unsigned
parse_modifiers(struct parser *p)
{
	unsigned	 flags = 0, flag;

	for (;;) {
		if (p->tok.kind == K_PRIVATE)
			flag = MEMBER_PRIVATE;
		else if (p->tok.kind == K_READONLY)
			flag = MEMBER_READONLY;
		else if (p->tok.kind == K_STATIC)
			flag = MEMBER_STATIC;
		else
			return flags;
		if (flags & flag)
			parse_error(p, "'%s' stands twice",
			    token_describe(p->tok.kind));
		flags |= flag;
		parse_advance(p);
	}
}

static void
parse_method(struct parser *p, unsigned flags)
{
	struct unit_member	*m;
	struct func		*f;

	parse_advance(p);
	if (!token_is_word(&p->tok)) {
		parse_expect(p, T_NAME);
		return;
	}
	if (flags & MEMBER_READONLY)
		parse_error(p, "a method can't be readonly");
	m = parse_member_new(p, flags);
	f = unit_func(p->c, p->func, m->name);
	f->method = !(flags & MEMBER_STATIC);
	m->func = f;
	parse_advance(p);
	parse_function_of(p, f, false);
}

static void
parse_constructor(struct parser *p, unsigned flags)
{
	struct func	*f = unit_func(p->c, p->func, STR("constructor"));

	if (flags != 0)
		parse_error(p, "a constructor takes no modifier");
	if (p->class->constructor != NULL)
		parse_error(p, "a class has one constructor");
	f->method = true;
	p->class->constructor = f;
	parse_advance(p);
	parse_function_of(p, f, false);
}

static void
parse_class_member(struct parser *p)
{
	unsigned		 flags = parse_modifiers(p);
	struct unit_member	*m;

	if (p->tok.kind == K_CONSTRUCTOR) {
		parse_constructor(p, flags);
	} else if (p->tok.kind == K_FUNCTION) {
		parse_method(p, flags);
	} else if (p->tok.kind == T_VAR) {
		m = parse_member_new(p, flags);
		m->initial = parse_node(p, N_NONE);
		parse_advance(p);
		if (parse_accept(p, T_SET))
			m->initial = parse_expr(p);
		parse_expect(p, T_SEMICOLON);
	} else if (!parse_mistake_member(p))
		parse_unexpected(p, "a member of a class is");
}

void
parse_class_decl(struct parser *p)
{
	struct unit_class	*outer = p->class, *c;
	struct decl		*d;
	uint32_t		 line;

	d = parse_decl_name(p, DECL_CLASS);
	if (d == NULL)
		return;
	c = arena_alloc(&p->c->arena, sizeof *c);
	c->at = parse_node(p, N_NAME);
	c->name = p->tok.text;
	c->last = &c->members;
	*p->c->last_class = c;
	p->c->last_class = &c->next;
	d->class = c;
	parse_advance(p);
	p->class = c;
	line = p->tok.line;
	parse_expect(p, T_LBRACE);
	while (!p->panic && p->tok.kind != T_RBRACE && p->tok.kind != T_EOF)
		parse_class_member(p);
	parse_close(p, T_RBRACE, line);
	p->class = outer;
}
