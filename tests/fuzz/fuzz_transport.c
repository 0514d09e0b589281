/*
 * transport.cf: whatever it holds, it compiles or is reported.  What compiles
 * is written as a text that compiles to the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "schedule/transport.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
count_report(void *arg, const char *file, int line, int column,
    const char *text)
{
	if (file == NULL || text[0] == '\0' || line < 1 || column < 1)
		abort();
	++*(size_t *)arg;
}

/* The text that it is put as, or no text. */
static int
compile(struct str text, const struct params *params, struct buf *out)
{
	struct transports	*t = NULL;
	size_t			 reports = 0;

	if (transports_compile(&t, "transport.cf", text, params,
	    count_report, &reports) == -1) {
		if (reports == 0 || t != NULL)
			abort();
		return -1;
	}
	if (reports != 0)
		abort();
	transports_put(t, out);
	transports_free(&t);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct params	params;
	static int		ready;
	struct buf		first = BUF_INIT, again = BUF_INIT;

	if (!ready) {
		params_init(&params);
		ready = 1;
	}
	if (compile((struct str){ (const char *)data, size }, &params,
	    &first) == 0) {
		if (compile(buf_str(&first), &params, &again) == -1 ||
		    !str_eq(buf_str(&first), buf_str(&again)))
			abort();
	}
	buf_free(&first);
	buf_free(&again);
	return 0;
}
