/*
 * What the compiler warns of fails when it is run, and nothing else is
 * warned of.  Pairs of files in advice are scripts and their warnings.
 */
#include "run.h"
#include "support/file.h"
#include "support/pairs.h"

static const struct hsl_variable	given[] = {
	{ "arguments", true }, { NULL, false }
};
static const struct hsl_variable	foreign[] = {
	{ "context", false }, { NULL, false }
};
static const struct hsl_advice	advice = { .foreign = foreign };

/* What a script that compiles is warned of. */
static void
advice_of(struct str script, hsl_open_fn *open, struct buf *out)
{
	const struct hsl_host	 host = { .variables = given,
				    .advice = &advice, .open = open,
				    .warn = run_diag, .warn_arg = out };
	struct hsl_program	*p;

	p = hsl_compile(&host, "t", script, run_diag, out);
	assert_true(p != NULL || out->len > 0);
	hsl_program_unref(&p);
}

static int
advice_open(void *arg, const struct hsl_open *o, struct err *e)
{
	char	 path[512];

	(void)arg;
	snprintf(path, sizeof path, "tests/unit/hsl/advice/%s", o->path);
	if (!file_read(path, o->text))
		return err_set(e, "no such file");
	snprintf(o->name, o->name_size, "%s", o->path);
	return 0;
}

static void
advice_give(char *folder, struct str script, struct buf *out)
{
	(void)folder;
	advice_of(script, advice_open, out);
}

static void
test_advice(void **state)
{
	(void)state;
	assert_true(pairs_check("tests/unit/hsl/advice", advice_give) > 40);
}

/* ---- Every function with every kind of literal ------------------------- */

static const char *const	literals[] = {
	"5", "\"5\"", "\"x\"", "true", "none", "[]", "[1, 2]",
	"function () { return 1; }", "#/a/"
};

/* A value for a parameter that the case is not about. */
static void
advice_fill(const struct hsl_function *row, struct buf *out, int skip,
    const char *literal)
{
	const char	*p = strchr(row->signature, '('), *type;

	for (int i = 0; i <= skip || i < row->argc_min; i++) {
		p = p != NULL ? strchr(p, ':') : NULL;
		type = p != NULL ? p++ : "";
		buf_add_text(out, i > 0 ? ", " : "");
		if (i == skip)
			buf_add_text(out, literal);
		else if (strncmp(type, ": array", 7) == 0)
			buf_add_text(out, "[1]");
		else if (strncmp(type, ": function", 10) == 0)
			buf_add_text(out, "function () { return 1; }");
		else if (strncmp(type, ": number", 8) == 0)
			buf_add_text(out, strcmp(row->name, "sha2") == 0 ||
			    strcmp(row->name, "hmac_sha2") == 0 ? "256" : "1");
		else
			buf_add_text(out, "\"5\"");
	}
}

/* A warning without an exception, or one over the type without a warning. */
static int
advice_try(const struct hsl_function *row, int i, const char *literal)
{
	struct buf	 call = BUF_INIT, script = BUF_INIT, warned = BUF_INIT,
			 ran = BUF_INIT;
	char		 mark[80];
	bool		 thrown;
	int		 wrong;

	advice_fill(row, &call, i, literal);
	buf_printf(&script, "%s(%s);", row->name, buf_cstr(&call));
	advice_of(buf_str(&script), NULL, &warned);
	run_with(NULL, NULL, buf_str(&script), &ran);
	(void)snprintf(mark, sizeof mark, "%s(): argument %d is ", row->name,
	    i + 1);
	thrown = strstr(buf_cstr(&ran), mark) != NULL;
	wrong = warned.len > 0 ? buf_cstr(&ran)[0] != '!' :
	    thrown && strcmp(literal, "none") != 0 &&
	    strstr(row->signature, " or ") == NULL;
	if (wrong)
		fprintf(stderr, "%s\nwarned: %s\nran: %s\n", buf_cstr(&script),
		    buf_cstr(&warned), buf_cstr(&ran));
	buf_free(&call);
	buf_free(&script);
	buf_free(&warned);
	buf_free(&ran);
	return wrong;
}

static void
test_library(void **state)
{
	const struct hsl_function	*row;
	int				 i, max, wrong = 0;

	(void)state;
	for (row = hsl_core_functions; row->name != NULL; row++) {
		max = row->argc_max == HSL_VARIADIC ? row->argc_min + 1 :
		    row->argc_max;
		for (i = 0; i < max; i++)
			for (size_t k = 0; k < sizeof literals /
			    sizeof literals[0]; k++)
				wrong += advice_try(row, i, literals[k]);
	}
	assert_int_equal(wrong, 0);
}

/* A chain that is longer than the stack is deep. */
static void
test_deep(void **state)
{
	struct buf	 script = BUF_INIT, out = BUF_INIT;

	(void)state;
	buf_add_text(&script, "if(1);");
	for (int i = 0; i < 200000; i++)
		buf_add_text(&script, "else if(1);");
	buf_add_text(&script, "else echo $x;");
	advice_of(buf_str(&script), NULL, &out);
	assert_non_null(strstr(buf_cstr(&out), "nothing assigns $x"));
	buf_free(&script);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_advice),
		cmocka_unit_test(test_library),
		cmocka_unit_test(test_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
