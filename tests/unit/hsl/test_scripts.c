/*
 * Every scripts/NAME.hsl gives what stands in NAME.want: the lines echoed,
 * then an uncaught error, or the compiler's errors with line and column.  A
 * script is called "t" in them.  It may include and import what lies beside
 * it.
 */
#include <dirent.h>
#include <sys/stat.h>

#include "run.h"

#define SCRIPTS	"tests/unit/hsl/scripts"

struct walk {
	int	 scripts;
	int	 wants;
	int	 wrong;
};

static bool
file_read(const char *path, struct buf *out)
{
	char	 block[4096];
	size_t	 n;
	FILE	*f = fopen(path, "rb");

	if (f == NULL)
		return false;
	while ((n = fread(block, 1, sizeof block, f)) > 0)
		buf_add(out, block, n);
	fclose(f);
	return true;
}

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
script_check(struct walk *w, char *folder, const char *path)
{
	struct hsl_host	 host = { .open = file_open, .open_arg = folder };
	struct buf	 script = BUF_INIT, want = BUF_INIT, out = BUF_INIT;
	char		 other[512];

	snprintf(other, sizeof other, "%.*s.want", (int)(strlen(path) - 4),
	    path);
	if (!file_read(path, &script) || !file_read(other, &want)) {
		fprintf(stderr, "%s: can't be read, or has no .want\n", path);
		w->wrong++;
	} else {
		run_with(&host, NULL, buf_str(&script), &out);
		if (!str_eq(buf_str(&out), buf_str(&want))) {
			fprintf(stderr, "%s gave:\n%swanted:\n%s\n", path,
			    buf_cstr(&out), buf_cstr(&want));
			w->wrong++;
		}
	}
	buf_free(&script);
	buf_free(&want);
	buf_free(&out);
}

static bool
ends_with(const char *name, const char *end)
{
	size_t	 n = strlen(name), m = strlen(end);

	return n > m && strcmp(name + n - m, end) == 0;
}

static void
folder_walk(struct walk *w, char *folder)
{
	DIR		*d = opendir(folder);
	struct dirent	*entry;
	struct stat	 st;
	char		 path[512];

	assert_non_null(d);
	while ((entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%.200s", folder,
		    entry->d_name);
		if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			folder_walk(w, path);
		else if (ends_with(path, ".hsl")) {
			w->scripts++;
			script_check(w, folder, path);
		} else
			w->wants += ends_with(path, ".want");
	}
	closedir(d);
}

static void
test_scripts(void **state)
{
	struct walk	 w = { .scripts = 0 };
	char		 folder[] = SCRIPTS;

	(void)state;
	folder_walk(&w, folder);
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
