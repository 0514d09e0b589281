/*
 * Every scripts/NAME.hsl gives what stands in NAME.want: the lines echoed,
 * then an uncaught error, or the compiler's errors with line and column.  A
 * script is called "t" in them.  It may include and import what lies beside
 * it.
 */
#include "run.h"
#include "support/file.h"

struct walk {
	int	 scripts;
	int	 wants;
	int	 wrong;
};

/* arg is the folder of the script that is run. */
static int
file_open(void *arg, const struct hsl_open *o, struct err *e)
{
	char	 path[512];

	snprintf(path, sizeof path, "%s/%s", (const char *)arg, o->path);
	if (!file_read(path, o->text))
		return err_set(e, "no file '%s'", o->path);
	snprintf(o->name, o->name_size, "%s", o->path);
	return 0;
}

static void
script_check(struct walk *w, const char *path)
{
	struct hsl_host	 host = { .open = file_open };
	struct buf	 script = BUF_INIT, want = BUF_INIT, out = BUF_INIT;
	char		 folder[512], other[512];

	snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') -
	    path), path);
	snprintf(other, sizeof other, "%.*s.want", (int)(strlen(path) -
	    strlen(".hsl")), path);
	host.open_arg = folder;
	assert_true(file_read(path, &script));
	if (!file_read(other, &want))
		buf_add_text(&want, "there is no .want\n");
	run_with(&host, NULL, buf_str(&script), &out);
	if (!str_eq(buf_str(&out), buf_str(&want))) {
		fprintf(stderr, "%s gave:\n%swanted:\n%s\n", path,
		    buf_cstr(&out), buf_cstr(&want));
		w->wrong++;
	}
	buf_free(&script);
	buf_free(&want);
	buf_free(&out);
}

static void
script_visit(void *arg, const char *path)
{
	struct walk	*w = arg;

	w->wants += file_is(path, ".want");
	if (!file_is(path, ".hsl"))
		return;
	w->scripts++;
	script_check(w, path);
}

static void
test_scripts(void **state)
{
	struct walk	 w = { .scripts = 0 };

	(void)state;
	file_each("tests/unit/hsl/scripts", script_visit, &w);
	assert_int_equal(w.wrong, 0);
	assert_int_equal(w.scripts, w.wants);
	assert_true(w.scripts > 400);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_scripts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
