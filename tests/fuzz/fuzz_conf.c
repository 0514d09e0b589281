/*
 * main.cf, a NUL, master.cf: whatever they hold, conf_parse() ends with a
 * configuration or with reports.  Of one that it takes, every value must
 * survive being written and read again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_params(const struct params *from)
{
	struct params	to;
	struct buf	b = BUF_INIT;
	struct err	e;
	size_t		i;

	params_copy(&to, from);
	for (i = 0; i < param_count; i++) {
		buf_clear(&b);
		if (params_get(from, param_rows[i].name, &b) == -1 ||
		    params_set(&to, param_rows[i].name, buf_cstr(&b),
		    &e) == -1)
			abort();
	}
	params_fini(&to);
	buf_free(&b);
}

static void
count_report(void *arg, const char *file, int line, int column,
    const char *text)
{
	if (file == NULL || text[0] == '\0' || line < 1 || column < 1)
		abort();
	++*(size_t *)arg;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf_text	 text = { .dir = "/nowhere" };
	struct conf		*c = NULL;
	size_t			 i, reports = 0;

	if (size == 0)
		return 0;
	text.main_cf = str_split((struct str){ (const char *)data, size },
	    '\0', &text.master_cf);
	if (conf_parse(&c, &text, count_report, &reports) == -1) {
		if (reports == 0)
			abort();
		return 0;
	}
	if (reports != 0)
		abort();
	check_params(conf_params(c));
	for (i = 0; i < conf_service_count(c); i++)
		check_params(&conf_service(c, i)->params);
	conf_free(&c);
	return 0;
}
