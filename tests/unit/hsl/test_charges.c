/*
 * What a call costs of the instructions a script has.  Every function of the
 * library stands here with a call whose work grows with its data, and is seen
 * to charge for it, or is said to take the same time whatever it is given.
 */
#include "run.h"

#include "hsl/run/exec.h"

enum growth {
	SAME,			/* whatever the arguments are */
	BYTES,			/* with the bytes of $s */
	ITEMS			/* with the items of $a */
};

struct charge {
	const char	*name;
	enum growth	 growth;
	const char	*call;		/* or NULL: as for SAME */
};

static const struct charge	charges[] = {
	{ "array_combine", ITEMS, "array_combine($a, $a)" },
	{ "array_every", ITEMS, "array_every(is_string, $a)" },
	{ "array_filter", ITEMS, "array_filter(is_string, $a)" },
	{ "array_find", ITEMS, "array_find(is_array, $a)" },
	{ "array_includes", ITEMS, "array_includes(-1, $a)" },
	{ "array_join", ITEMS, "array_join($a)" },
	{ "array_keys", ITEMS, "array_keys($a)" },
	{ "array_map", ITEMS, "array_map(is_string, $a)" },
	{ "array_random", ITEMS, "array_random($a)" },
	{ "array_range", ITEMS, "array_range(0, length($a))" },
	{ "array_reduce", ITEMS, "array_reduce($two, $a)" },
	{ "array_reverse", ITEMS, "array_reverse($a)" },
	{ "array_sort", ITEMS, "array_sort($two, $a)" },
	{ "array_shuffle", ITEMS, "array_shuffle($a)" },
	{ "array_unique", ITEMS, "array_unique($a)" },
	{ "length", SAME, NULL },
	{ "boolean", SAME, NULL },
	{ "number", BYTES, "number($digits)" },
	{ "string", ITEMS, "string($a)" },
	{ "is_array", SAME, NULL },
	{ "is_boolean", SAME, NULL },
	{ "is_function", SAME, NULL },
	{ "is_number", SAME, NULL },
	{ "is_object", SAME, NULL },
	{ "is_string", SAME, NULL },
	{ "chr", SAME, NULL },
	{ "ord", SAME, NULL },
	{ "str_repeat", BYTES, "str_repeat($s, 2)" },
	{ "str_replace", BYTES, "str_replace(\"b\", \"c\", $s)" },
	{ "str_split", BYTES, "str_split($s, \"b\")" },
	{ "str_find", BYTES, "str_find($s, \"b\")" },
	{ "str_rfind", BYTES, "str_rfind($s, \"b\")" },
	{ "str_lower", BYTES, "str_lower($s)" },
	{ "str_upper", BYTES, "str_upper($s)" },
	{ "str_slice", BYTES, "str_slice($s, 1)" },
	{ "str_strip", BYTES, "str_strip($s, \"a\")" },
	{ "str_lstrip", BYTES, "str_lstrip($s, \"a\")" },
	{ "str_rstrip", BYTES, "str_rstrip($s, \"a\")" },
	{ "str_chunk", BYTES, "str_chunk($s, 2)" },
	{ "count", SAME, NULL },
	{ "strlen", SAME, NULL },
	{ "explode", BYTES, "explode(\"b\", $s)" },
	{ "implode", ITEMS, "implode(\"\", $a)" },
	{ "in_array", ITEMS, "in_array(-1, $a)" },
	{ "range", ITEMS, "range(0, length($a))" },
	{ "substr", BYTES, "substr($s, 1)" },
	{ "strpos", BYTES, "strpos($s, \"b\")" },
	{ "strrpos", BYTES, "strrpos($s, \"b\")" },
	{ "strtolower", BYTES, "strtolower($s)" },
	{ "strtoupper", BYTES, "strtoupper($s)" },
	{ "trim", BYTES, "trim($s, \"a\")" },
	{ "pcre_match", BYTES, "pcre_match(\"/b/\", $s)" },
	{ "pcre_match_all", BYTES, "pcre_match_all(\"/b/\", $s)" },
	{ "pcre_quote", BYTES, "pcre_quote($s)" },
	{ "pcre_compile", BYTES, "pcre_compile(str_slice($s, 0, 5000))" },
	{ "pcre_replace", BYTES, "pcre_replace(\"/b/\", \"c\", $s)" },
	{ "abs", SAME, NULL },
	{ "ceil", SAME, NULL },
	{ "floor", SAME, NULL },
	{ "log", SAME, NULL },
	{ "pow", SAME, NULL },
	{ "round", SAME, NULL },
	{ "sqrt", SAME, NULL },
	{ "random_number", SAME, NULL },
	{ "rand", SAME, NULL },
	{ "random_bytes", BYTES, "random_bytes(length($s))" },
	{ "executiontime", SAME, NULL },
	{ "strftime", SAME, NULL },		/* of at most 1 KiB */
	{ "strptime", BYTES, "strptime($s, \"%Y\")" },
	{ "strpduration", BYTES, "strpduration($digits)" },
	{ "time", SAME, NULL },
	{ "timelocal", SAME, NULL },
	{ "uptime", SAME, NULL },
	{ "base32_encode", BYTES, "base32_encode($s)" },
	{ "base32_decode", BYTES, "base32_decode($s)" },
	{ "base64_encode", BYTES, "base64_encode($s)" },
	{ "base64_decode", BYTES, "base64_decode($s)" },
	{ "base64url_encode", BYTES, "base64url_encode($s)" },
	{ "base64url_decode", BYTES, "base64url_decode($s)" },
	{ "url_encode", BYTES, "url_encode($s)" },
	{ "url_decode", BYTES, "url_decode($s)" },
	{ "url_parse", BYTES, "url_parse(\"http://\" . $s)" },
	{ "xtext_encode", BYTES, "xtext_encode($s)" },
	{ "xtext_decode", BYTES, "xtext_decode($s)" },
	{ "json_encode", ITEMS, "json_encode($a)" },
	{ "json_decode", BYTES, "json_decode($digits)" },
	{ "csv_encode", ITEMS, "csv_encode($a)" },
	{ "csv_decode", BYTES, "csv_decode($s)" },
	{ "csv_explode", BYTES, "csv_explode($s)" },
	{ "pack", BYTES, "pack(\"a*\", $s)" },
	{ "unpack", BYTES, "unpack(\"a*\", $s)" },
	{ "md5", BYTES, "md5($s)" },
	{ "sha1", BYTES, "sha1($s)" },
	{ "sha2", BYTES, "sha2($s, 256)" },
	{ "hash", BYTES, "hash($s)" },
	{ "hmac_md5", BYTES, "hmac_md5($s, \"m\")" },
	{ "hmac_sha1", BYTES, "hmac_sha1(\"k\", $s)" },
	{ "hmac_sha2", BYTES, "hmac_sha2(\"k\", $s, 256)" },
	{ "uuid", SAME, NULL },
	{ "uuidv5", BYTES,
	    "uuidv5(\"6ba7b810-9dad-11d1-80b4-00c04fd430c8\", $s)" },
	{ "inet_pton", SAME, NULL },
	{ "inet_ntop", SAME, NULL },
	{ "inet_includes", SAME, NULL },
	{ "in_network", SAME, NULL },
	{ "inet_reverse", SAME, NULL },
	{ "domain_includes", SAME, NULL },
	{ "is_subdomain", SAME, NULL },
	{ .name = NULL }
};

/* And what is no function. */
static const struct charge	operators[] = {
	{ "==", ITEMS, "$a == $b" },
	{ "== of strings", BYTES, "$s == $t" },
	{ "in order", BYTES, "$s < $t" },
	{ ".", BYTES, "$s . $s" },
	{ ".= to a copy", BYTES, "$copied($s)" },
	{ ".= of much", BYTES, "$much($s)" },
	{ "a key", BYTES, "$a[$s . \"b\"]" },
	{ "a key that grew", BYTES, "$grown($s)" },
	{ "a key of a new array", BYTES, "[$t => 1]" },
	{ "a key that is set", BYTES, "$set($s)" },
	{ "has", BYTES, "isset($a[$t])" },
	{ "+", ITEMS, "$a + $b" },
	{ "-", ITEMS, "$a - [1]" },
	{ "*", BYTES, "$s * 2" },
	{ "* of an array", ITEMS, "$a * 2" },
	{ "%", BYTES, "\"%s\" % [$s]" },
	{ "format", BYTES, "$s % []" },
	{ "=~", BYTES, "$s =~ \"/b/\"" },
	{ "slice", ITEMS, "$a[1:]" },
	{ "slice of a string", BYTES, "$s[1:]" },
	{ "slice backwards", BYTES, "$s[::-1]" },
	{ "copy", ITEMS, "$first($a)" },
	{ "splice", ITEMS, "($a[0:1] = [1])" },
	{ "spread", ITEMS, "[...$a]" },
	{ "spread to a call", ITEMS, "strlen(...$a[:1])" },
	{ "rest", ITEMS, "([...$r] = $a)" },
	{ "text as a number", BYTES, "$digits + 1" },
	{ "next key", ITEMS, "$next($a)" },
	{ "cache", BYTES, "cache [] strlen($s)" },
	{ .name = NULL }
};

static const char	setting[] =
    "$s = \"a\" * $n; $t = \"a\" * ($n - 1) . \"b\"; $digits = \"1\" * $n;"
    "$a = array_map(string, array_range(0, $n)); $b = array_map(string,"
    " array_range(0, $n)); $two = function ($x, $y) { return false; };"
    "$copied = function ($c) { $c .= \"b\"; };"
    "$much = function ($c) { $d = \"b\"; $d .= $c; };"
    "$grown = function ($c) { $d = [\"k\" => 1]; return $d[$c]; };"
    "$set = function ($c) { $d = [\"k\" => 1]; $d[$c] = 1; };"
    "$next = function ($c) { $c[\"k\"] = 1; unset($c[0]); $c[] = 1; };"
    "$first = function ($c) { $c[\"k\"] = 1; foreach ($c as $k => $v) {"
    " unset($c[$k]); break; } };";

static double
spent(const char *call, int n)
{
	struct hsl_program	*p;
	struct hsl_exec		*x;
	struct buf		 script = BUF_INIT, out = BUF_INIT;
	double			 units;

	buf_printf(&script, "$n = %d; %s", n, setting);
	if (call != NULL)
		buf_printf(&script, "$x = %s;", call);
	p = hsl_compile(NULL, "t", buf_str(&script), run_diag, &out);
	assert_string_equal(buf_cstr(&out), "");
	x = hsl_exec_new(p, NULL, NULL);
	hsl_program_unref(&p);
	run_finish(x, &out);
	if (out.len > 0)
		fail_msg("%s: %s", buf_cstr(&script), buf_cstr(&out));
	units = (double)x->spent + (double)(x->slice - x->space.budget);
	hsl_exec_free(&x);
	buf_free(&script);
	buf_free(&out);
	return units;
}

/* Units for each byte or item. */
static double
grown(const char *call)
{
	const int	 few = 1000, many = 41000;

	return (spent(call, many) - spent(NULL, many) -
	    (spent(call, few) - spent(NULL, few))) / (many - few);
}

static int
check(const struct charge *c)
{
	/* A unit is about what an instruction takes: some nanoseconds. */
	const double	 least = c->growth == ITEMS ? 1.0 / 10 : 1.0 / 80;
	double		 each;

	if (c->growth == SAME)
		return 0;
	each = grown(c->call);
	if (each >= least)
		return 0;
	fprintf(stderr, "%s: %s charges %g for each %s\n", c->name, c->call,
	    each, c->growth == ITEMS ? "item" : "byte");
	return 1;
}

static void
test_functions(void **state)
{
	const struct hsl_function	*row;
	const struct charge		*c;
	int				 wrong = 0;

	(void)state;
	for (row = hsl_core_functions; row->name != NULL; row++) {
		for (c = charges; c->name != NULL; c++)
			if (strcmp(c->name, row->name) == 0)
				break;
		if (c->name == NULL)
			fail_msg("what does %s() charge?", row->name);
		wrong += check(c);
	}
	assert_int_equal(wrong, 0);
}

static void
test_operators(void **state)
{
	int	 wrong = 0;

	(void)state;
	for (const struct charge *c = operators; c->name != NULL; c++)
		wrong += check(c);
	assert_int_equal(wrong, 0);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_operators),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
