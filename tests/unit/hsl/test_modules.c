/*
 * An imported module is every execution's own.  The rules of include and
 * import are in scripts/modules.
 */
#include "run.h"

static int
mod_open(void *arg, const struct hsl_open *o, struct err *e)
{
	(void)arg;
	if (strcmp(o->path, "lib") != 0)
		return err_set(e, "no file '%s'", o->path);
	buf_add_text(o->text, "$count = 0; echo \"lib runs\";"
	    "function next() { global $count; return ++$count; }");
	snprintf(o->name, o->name_size, "%s", o->path);
	return 0;
}

static const struct hsl_host	host = { .open = mod_open };

/* Two executions of one program do not see each other. */
static void
test_interleaved(void **state)
{
	struct hsl_limits	 l = hsl_limits_default;
	struct hsl_program	*p;
	struct hsl_exec		*x, *y;

	(void)state;
	l.slice = 50;
	p = hsl_compile(&host, "t", STR("import { next } from \"lib\";"
	    "class A { static $n = []; } function f($l) { $l[] = 1; return"
	    " length($l); } for ($i = 0; $i < 100; $i++) { next();"
	    " A::$n[] = f([1, 2]); } return next() + length(A::$n);"), NULL,
	    NULL);
	assert_non_null(p);
	x = hsl_exec_new(p, &l, NULL);
	y = hsl_exec_new(p, &l, NULL);
	hsl_program_unref(&p);
	while (hsl_run(x) == HSL_RUN_YIELD && hsl_run(y) == HSL_RUN_YIELD)
		continue;
	while (hsl_run(x) == HSL_RUN_YIELD || hsl_run(y) == HSL_RUN_YIELD)
		continue;
	assert_int_equal(hsl_run(x), HSL_RUN_DONE);
	assert_true(hsl_value_number(hsl_result(x), 0) == 201);
	hsl_exec_free(&x);
	assert_true(hsl_value_number(hsl_result(y), 0) == 201);
	hsl_exec_free(&y);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_interleaved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
