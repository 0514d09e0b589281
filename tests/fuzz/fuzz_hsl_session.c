/*
 * A session of the REPL: lines are pieces, collected while a bracket or a
 * string is open.  A piece is refused with places, or runs to an end under
 * its limits, and the session goes on.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hsl/session.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
fuzz_diag(void *arg, const struct hsl_diag *d)
{
	if (d->text[0] == '\0' || d->line < 1 || d->column < 1)
		abort();
	++*(size_t *)arg;
}

static void
fuzz_echo(void *arg, struct str text)
{
	(void)arg;
	(void)text;
}

/* What a file holds that is imported or included. */
static int
fuzz_open(void *arg, const struct hsl_open *w, struct err *e)
{
	(void)arg;
	(void)e;
	(void)snprintf(w->name, w->name_size, "%s", w->path);
	buf_add_text(w->text, "function f($a) { return $a; } $g = 1;");
	return 0;
}

static void
fuzz_piece(struct hsl_session *s, struct str piece)
{
	struct hsl_exec	*x = hsl_session_exec(s);
	struct buf	 b = BUF_INIT;
	size_t		 reports = 0;
	enum hsl_run	 how;

	if (!hsl_session_add(s, "piece", piece, fuzz_diag, &reports)) {
		if (reports == 0)
			abort();
		return;
	}
	if (reports != 0)
		abort();
	do
		how = hsl_run(x);
	while (how == HSL_RUN_YIELD);
	if (how == HSL_RUN_DONE)
		hsl_value_print(hsl_result(x), &b);
	else if (how == HSL_RUN_ERROR && memchr(hsl_error(x)->text,
	    '\0', sizeof hsl_error(x)->text) == NULL)
		abort();
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct hsl_host	 host = { .open = fuzz_open };
	static const struct hsl_limits	 limits = {
		.memory_bytes = 4 << 20,
		.instructions = 200000,
		.slice = 50000,
		.depth = 50
	};
	struct hsl_session		*s = hsl_session_new(&host, &limits,
					    NULL);
	struct str			 rest = { (const char *)data, size };
	struct str			 piece = { rest.p, 0 };
	const char			*end;

	hsl_on_echo(hsl_session_exec(s), fuzz_echo, NULL);
	while (rest.len > 0) {
		(void)str_split(rest, '\n', &rest);
		end = rest.p != NULL ? rest.p : (const char *)data + size;
		piece.len = (size_t)(end - piece.p);
		if (rest.len > 0 && hsl_incomplete(piece))
			continue;
		fuzz_piece(s, piece);
		piece = (struct str){ end, 0 };
	}
	hsl_session_free(&s);
	return 0;
}
