/*
 * Random programs: the input's bytes choose among the rules of the grammar,
 * so that nearly every input compiles and its instructions run, against small
 * limits, in slices, with waits that end well, badly or never.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "hsl/hsl.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct maker {
	const uint8_t	*p;
	const uint8_t	*end;
	struct buf	 out;
	int		 depth;
	int		 loops;
	bool		 in_function;
};

#define DEPTH_MAX	6
#define TEXT_MAX	6000

static unsigned
pick(struct maker *m, unsigned below)
{
	return m->p < m->end ? *m->p++ % below : 0;
}

static void
put(struct maker *m, const char *text)
{
	buf_add_text(&m->out, text);
}

static void
put_one(struct maker *m, const char *const *list, unsigned count)
{
	put(m, list[pick(m, count)]);
}

#define ONE(m, ...) do { \
		static const char *const list_[] = { __VA_ARGS__ }; \
		put_one(m, list_, sizeof list_ / sizeof list_[0]); \
	} while (0)

static void	make_expr(struct maker *m);
static void	make_block(struct maker *m);

static void
make_var(struct maker *m)
{
	ONE(m, "$a", "$b", "$c", "$d", "$e", "$o", "$f", "$g");
}

static void
make_literal(struct maker *m)
{
	ONE(m, "0", "1", "2", "-1", "3.5", "1000", "4294967296", "0x7f",
	    "\"a\"", "\"abc\"", "\"12\"", "\"\"", "\"$a-${b}\"", "\"%s%x\"",
	    "none", "true", "false", "[]", "[1, 2, 3]", "[\"k\" => 1, 2]",
	    "#/b+/", "''x''", "[[1], [2]]", "strlen", "f", "A", "A::s");
}

static void
make_list(struct maker *m, const char *open, const char *close)
{
	unsigned	 n = pick(m, 4);

	put(m, open);
	for (unsigned i = 0; i < n; i++) {
		if (i > 0)
			put(m, ", ");
		if (pick(m, 6) == 5)
			put(m, "...");
		make_expr(m);
	}
	put(m, close);
}

/* A place that can be assigned to. */
static void
make_place(struct maker *m)
{
	unsigned	 n = pick(m, 4);

	if (pick(m, 10) == 9)
		put(m, "A::$n");
	else
		make_var(m);
	for (unsigned i = 0; i < n; i++)
		switch (pick(m, 5)) {
		case 0:
			put(m, "->p");
			break;
		case 1:
			put(m, "[\"k\"]");
			break;
		default:
			put(m, "[");
			make_expr(m);
			put(m, "]");
		}
}

static void
make_pair(struct maker *m, const char *between)
{
	make_expr(m);
	put(m, between);
	make_expr(m);
}

static void
make_call(struct maker *m)
{
	switch (pick(m, 8)) {
	case 0:
		put(m, "array_map(");
		make_pair(m, ", ");
		put(m, ")");
		break;
	case 1:
		ONE(m, "array_reduce(", "array_filter(", "array_sort(",
		    "array_find(");
		put(m, "function ($x, $y = 1) closure ($a) { $a = $x; return ");
		make_expr(m);
		put(m, "; }, ");
		make_expr(m);
		put(m, ")");
		break;
	case 2:
		ONE(m, "string(", "length(", "json_encode(", "array_keys(",
		    "wait(", "array_reverse(", "array_unique(", "number(");
		make_expr(m);
		put(m, ")");
		break;
	case 3:
		put(m, "(cache [\"size\" => 2] ");
		ONE(m, "f", "A::s");
		make_list(m, "(", "))");
		break;
	case 4:
		make_var(m);
		make_list(m, "(", ")");
		break;
	case 5:
		make_var(m);
		ONE(m, "->m", "->p", "->n", "->nope", "->hidden");
		make_list(m, "(", ")");
		break;
	case 6:
		ONE(m, "A", "f", "y", "A::s");
		make_list(m, "(", ")");
		break;
	default:
		put(m, "pcre_replace(#/[a-c]/, ");
		make_pair(m, ", ");
		put(m, ")");
	}
}

static void
make_function(struct maker *m)
{
	int	 loops = m->loops;
	bool	 in = m->in_function;

	m->loops = 0;
	m->in_function = true;
	ONE(m, "function () ", "function ($a, ...$b) ",
	    "function ($x = [1]) closure ($a, $b) ",
	    "function ($x = 2) closure ($o) ");
	make_block(m);
	m->loops = loops;
	m->in_function = in;
}

static void
make_assignment(struct maker *m)
{
	switch (pick(m, 5)) {
	case 0:
		ONE(m, "[$a, $b] = ", "[$a, [$b = 3, ...$c]] = ",
		    "[\"k\" => $o[1], \"l\" => $d = 4] = ");
		break;
	case 1:
		make_place(m);
		ONE(m, "++", "--");
		return;
	case 3:
		make_place(m);
		ONE(m, "[] = ", "[][\"k\"] = ", "[] += ", "[][] = ");
		break;
	case 2:
		make_var(m);
		put(m, "[");
		make_expr(m);
		ONE(m, ":2] = ", ":] = ", ":-1] += ", ":] ?\?= ");
		break;
	default:
		make_place(m);
		ONE(m, " = ", " = ", " += ", " -= ", " .= ", " ?\?= ",
		    " *= ", " %= ", " **= ");
	}
	make_expr(m);
}

static void
make_match(struct maker *m)
{
	put(m, "match (");
	make_expr(m);
	put(m, ") { ");
	make_pair(m, " => ");
	put(m, ", default => ");
	make_expr(m);
	put(m, " }");
}

static void
make_suffix(struct maker *m)
{
	make_expr(m);
	ONE(m, "[0]", "[\"k\"]", "[1:]", "[::-1]", "->p", "[-1:0:-1]",
	    "[$a]", "[$a:$b]", "->m()");
}

static void
make_expr(struct maker *m)
{
	if (m->depth >= DEPTH_MAX || m->out.len > TEXT_MAX) {
		put(m, "1");
		return;
	}
	m->depth++;
	put(m, "(");
	switch (pick(m, 16)) {
	case 0: case 1: case 2:
		make_literal(m);
		break;
	case 3: case 4:
		make_var(m);
		break;
	case 5: case 6:
		make_expr(m);
		ONE(m, " + ", " - ", " * ", " / ", " % ", " ** ", " . ",
		    " == ", " === ", " < ", " >= ", " and ", " or ", " ?\? ",
		    " ?: ", " & ", " | ", " ^ ", " << ", " >>> ", " =~ ",
		    " != ");
		make_expr(m);
		break;
	case 7:
		ONE(m, "!", "-", "~", "+", "not ");
		make_expr(m);
		break;
	case 8:
		make_suffix(m);
		break;
	case 9: case 10:
		make_call(m);
		break;
	case 11:
		make_list(m, "[", "]");
		break;
	case 12:
		make_assignment(m);
		break;
	case 13:
		make_function(m);
		break;
	case 14:
		make_match(m);
		break;
	default:
		ONE(m, "isset(", "unset(");
		make_place(m);
		put(m, "[0])");
	}
	put(m, ")");
	m->depth--;
}

static void
make_loop(struct maker *m)
{
	switch (pick(m, 4)) {
	case 0:
		put(m, "foreach (");
		make_expr(m);
		ONE(m, " as $a) ", " as $k => $v) ", " as [$a, $b]) ",
		    " as $o[\"k\"] => $a[]) ");
		break;
	case 1:
		put(m, "for ($i = 0; $i < 5; $i++) ");
		break;
	case 2:
		put(m, "while (");
		make_expr(m);
		put(m, ") ");
		break;
	default:
		put(m, "foreach (y(3) as $a => $b) ");
	}
	m->loops++;
	make_block(m);
	m->loops--;
}

static void
make_switch(struct maker *m)
{
	put(m, "switch (");
	make_expr(m);
	put(m, ") { case ");
	make_expr(m);
	put(m, ": ");
	make_block(m);
	ONE(m, "break; ", "");
	put(m, "default: ");
	make_block(m);
	put(m, " }\n");
}

static void
make_statement(struct maker *m)
{
	if (m->depth >= DEPTH_MAX || m->out.len > TEXT_MAX) {
		put(m, "echo $a;\n");
		return;
	}
	m->depth++;
	switch (pick(m, 12)) {
	case 0:
		put(m, "if (");
		make_expr(m);
		put(m, ") ");
		make_block(m);
		put(m, "else ");
		make_block(m);
		break;
	case 1: case 2:
		make_loop(m);
		break;
	case 3:
		make_switch(m);
		break;
	case 4:
		put(m, "try ");
		make_block(m);
		put(m, "catch ($e) ");
		make_block(m);
		break;
	case 5:
		put(m, m->loops > 0 ? pick(m, 2) ? "break;\n" : "continue;\n" :
		    "throw $a;\n");
		break;
	case 6:
		put(m, "echo ");
		make_expr(m);
		put(m, ";\n");
		break;
	case 7:
		put(m, m->in_function ? "return " : "throw ");
		make_expr(m);
		put(m, ";\n");
		break;
	default:
		make_assignment(m);
		put(m, ";\n");
	}
	m->depth--;
}

static void
make_block(struct maker *m)
{
	unsigned	 n = pick(m, 3) + 1;

	put(m, "{\n");
	while (n-- > 0)
		make_statement(m);
	put(m, "}\n");
}

static void
make_program(struct maker *m)
{
	m->in_function = true;
	put(m, "function f($x = 1, $y = 2, ...$r) ");
	make_block(m);
	put(m, "function y($n = 2, ...$r) { for ($i = 0; $i < $n; $i++) {\n"
	    "yield $i => ");
	make_expr(m);
	put(m, ";\n");
	make_statement(m);
	put(m, "} }\nclass A { $p = 1; $k = []; private $q = 2; readonly $z ="
	    " 3; static $n = [];\nconstructor($x = 1, ...$r) ");
	make_block(m);
	put(m, "function m($x = 1) ");
	make_block(m);
	put(m, "private function hidden() { return $this; }\n"
	    "static function s($x = 1, ...$r) ");
	make_block(m);
	m->in_function = false;
	put(m, "}\n$a = [1, 2]; $b = \"ab\"; $o = A(); $f = f; try {\n");
	while (m->p < m->end && m->out.len < TEXT_MAX)
		make_statement(m);
	put(m, "} catch ($e) { echo $e; }\n");
}

/* ---- Running it -------------------------------------------------------- */

static enum hsl_rc
program_wait(struct hsl_call *c)
{
	(void)c;
	return HSL_SUSPEND;
}

static const struct hsl_function	functions[] = {
	{ "wait", 1, 1, program_wait, "(any): any", "suspends" },
	{ .name = NULL }
};
static const struct hsl_host		host = { .functions = functions };

/* Limits that the generator itself reaches are no finding. */
static void
program_diag(void *arg, const struct hsl_diag *d)
{
	(void)fprintf(stderr, "%d:%d: %s\n%s", d->line, d->column, d->text,
	    buf_cstr(arg));
	abort();
}

static void
program_echo(void *arg, struct str text)
{
	*(size_t *)arg += text.len;
}

static void
program_run(struct hsl_program *p)
{
	static const struct hsl_limits	limits = { .memory_bytes = 2 << 20,
	    .instructions = 50000, .slice = 777, .depth = 60 };
	struct hsl_exec			*x = hsl_exec_new(p, &limits, NULL);
	size_t				 echoed = 0;
	enum hsl_run			 how;
	int				 waits = 0;

	hsl_on_echo(x, program_echo, &echoed);
	while ((how = hsl_run(x)) == HSL_RUN_YIELD || how == HSL_RUN_WAIT) {
		if (how != HSL_RUN_WAIT)
			continue;
		if (++waits > 60)
			break;
		if (waits % 3 == 0)
			hsl_resume_throw(x, "wait %d", waits);
		else
			hsl_resume(x, hsl_number(waits));
	}
	hsl_exec_free(&x);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct maker		 m = { .p = data, .end = data + size,
				    .out = BUF_INIT };
	struct hsl_program	*p;

	make_program(&m);
	p = hsl_compile(&host, "program", buf_str(&m.out), program_diag,
	    &m.out);
	if (p != NULL)
		program_run(p);
	hsl_program_unref(&p);
	buf_free(&m.out);
	return 0;
}
