/*
 * halyard-hsl(7) names every function of the library, and disassemblies are
 * what they were: with GOLDEN_ACCEPT set they are written anew.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "run.h"
#include "support/file.h"

static void
test_functions(void **state)
{
	const struct hsl_function	*f;
	struct buf			 page = BUF_INIT;
	char				 item[100];
	int				 missing = 0;

	(void)state;
	assert_true(file_read("common/hsl/halyard-hsl.7", &page));
	for (f = hsl_core_functions; f->name != NULL; f++) {
		snprintf(item, sizeof item, "\n.It Ic %s Ns Li \"(", f->name);
		if (strstr(buf_cstr(&page), item) == NULL) {
			fprintf(stderr, "halyard-hsl.7 lacks %s\n", f->name);
			missing++;
		}
	}
	buf_free(&page);
	assert_int_equal(missing, 0);
}

/* No name stands twice, and the numbers of arguments make sense. */
static void
test_table(void **state)
{
	const struct hsl_function	*f, *g;

	(void)state;
	for (f = hsl_core_functions; f->name != NULL; f++) {
		assert_true(f->argc_min <= f->argc_max);
		assert_non_null(f->fn);
		for (g = f + 1; g->name != NULL; g++)
			assert_string_not_equal(f->name, g->name);
	}
}

static void
man_golden(const char *name)
{
	struct hsl_program	*p;
	struct buf		 in = BUF_INIT, want = BUF_INIT;
	struct buf		 out = BUF_INIT;
	char			*path = xasprintf("tests/golden/hsl/%s.in",
				    name);
	FILE			*f;

	assert_true(file_read(path, &in));
	free(path);
	p = hsl_compile(NULL, name, buf_str(&in), run_diag, &out);
	if (p != NULL)
		hsl_disassemble(p, &out);
	hsl_program_unref(&p);
	path = xasprintf("tests/golden/hsl/%s.want", name);
	if (getenv("GOLDEN_ACCEPT") != NULL && (f = fopen(path, "w"))) {
		fputs(buf_cstr(&out), f);
		fclose(f);
	}
	assert_true(file_read(path, &want));
	free(path);
	assert_string_equal(buf_cstr(&out), buf_cstr(&want));
	buf_free(&in);
	buf_free(&want);
	buf_free(&out);
}

static void
test_golden(void **state)
{
	(void)state;
	man_golden("loops");
	man_golden("paths");
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_golden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
