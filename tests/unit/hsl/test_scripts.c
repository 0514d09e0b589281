/*
 * Every scripts/NAME.hsl gives what stands in NAME.want: the lines echoed,
 * then an uncaught error, or the compiler's errors with line and column.  A
 * script is called "t" in them.  It may include and import what lies beside
 * it.
 */
#include "run.h"
#include "support/file.h"
#include "support/pairs.h"

/* arg is the folder of the script that is run. */
static int
scripts_open(void *arg, const struct hsl_open *o, struct err *e)
{
	char	 path[512];

	snprintf(path, sizeof path, "%s/%s", (const char *)arg, o->path);
	if (!file_read(path, o->text))
		return err_set(e, "no file '%s'", o->path);
	snprintf(o->name, o->name_size, "%s", o->path);
	return 0;
}

static void
scripts_run(char *folder, struct str script, struct buf *out)
{
	struct hsl_host	 host = { .open = scripts_open, .open_arg = folder };

	run_with(&host, NULL, script, out);
}

static void
test_scripts(void **state)
{
	(void)state;
	assert_true(pairs_check("tests/unit/hsl/scripts", scripts_run) > 400);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_scripts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
