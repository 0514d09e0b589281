/*
 * Pairs of files are found by walking a folder; a file without its twin is an
 * error, too.
 */
#include <stdio.h>
#include <string.h>

#include "support/file.h"
#include "support/pairs.h"

struct pairs {
	pairs_fn	*give;
	int		 scripts;
	int		 wants;
	int		 wrong;
};

static void
pairs_one(struct pairs *w, const char *path)
{
	struct buf	 script = BUF_INIT, want = BUF_INIT, out = BUF_INIT;
	char		 folder[512], other[512];

	(void)snprintf(folder, sizeof folder, "%.*s",
	    (int)(strrchr(path, '/') - path), path);
	(void)snprintf(other, sizeof other, "%.*s.want", (int)(strlen(path) -
	    strlen(".hsl")), path);
	if (!file_read(path, &script) || !file_read(other, &want))
		buf_add_text(&want, "two files\n");
	w->give(folder, buf_str(&script), &out);
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
pairs_visit(void *arg, const char *path)
{
	struct pairs	*w = arg;

	w->wants += file_is(path, ".want");
	if (!file_is(path, ".hsl"))
		return;
	w->scripts++;
	pairs_one(w, path);
}

int
pairs_check(const char *folder, pairs_fn *give)
{
	struct pairs	 w = { .give = give };

	file_each(folder, pairs_visit, &w);
	if (w.scripts != w.wants)
		fprintf(stderr, "%s: %d .hsl, %d .want\n", folder, w.scripts,
		    w.wants);
	return w.wrong > 0 || w.scripts != w.wants ? -1 : w.scripts;
}
