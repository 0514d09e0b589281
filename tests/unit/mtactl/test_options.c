#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "mtactl/options.h"

#define WORDS	8

static const struct {
	const char	*argv[WORDS];
	const char	*want;		/* "json hook root: rest"; NULL: -1 */
} cases[] = {
	{ { "v" }, "0 - -:" },
	{ { "v", "a", "b" }, "0 - -: a b" },
	{ { "v", "--json", "a" }, "1 - -: a" },
	{ { "v", "a", "--json" }, "1 - -: a" },
	{ { "v", "a", "--json", "b", "--hook", "eod", "c" },
	    "1 eod -: a b c" },
	{ { "v", "--rootpath=/x", "a" }, "0 - /x: a" },
	{ { "v", "a", "--", "--json" }, "0 - -: a --json" },
	{ { "v", "--", "a", "--", "b" }, "0 - -: a -- b" },
	{ { "v", "-" }, "0 - -: -" },
	{ { "v", "--nope" }, NULL },
	{ { "v", "a", "--hook" }, NULL },
	{ { "v", "--listen", "x" }, NULL },
	{ { "v", "--json=1" }, NULL },
	{ { "v", "-x" }, NULL },
};

static void
test_options(void **state)
{
	struct options	 o;
	char		 words[WORDS][32], *argv[WORDS + 1], got[256];
	size_t		 i;
	int		 argc, k, rc;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		memset(argv, 0, sizeof argv);
		for (argc = 0; argc < WORDS && cases[i].argv[argc] != NULL;
		    argc++) {
			(void)strlcpy(words[argc], cases[i].argv[argc],
			    sizeof words[argc]);
			argv[argc] = words[argc];
		}
		rc = options_parse(&o, "jkr", argc, argv);
		assert_int_equal(rc, cases[i].want == NULL ? -1 : 0);
		if (rc == -1)
			continue;
		(void)snprintf(got, sizeof got, "%d %s %s:", o.json,
		    o.hook != NULL ? o.hook : "-",
		    o.root != NULL ? o.root : "-");
		for (k = 0; k < o.argc; k++) {
			(void)strlcat(got, " ", sizeof got);
			(void)strlcat(got, o.argv[k], sizeof got);
		}
		assert_string_equal(got, cases[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_options),
	};

	/* getopt_long() says its own words about wrong options. */
	if (freopen("/dev/null", "w", stderr) == NULL)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
