/*
 * Every function of the library with every number that is no size and no
 * index, in every place where a number goes: a result or an exception, and
 * nothing that a sanitizer stops at.
 */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "hsl/values/vstr.h"
#include "run.h"

static const char *const	numbers[] = {
	"0/0", "1/0", "-1/0", "10 ** 300", "-0.5", "0.5", "-1", "-9", "3.99",
	"2147483648", "-2147483649", "4294967296", "9007199254740992",
	"-9007199254740993", "9223372036854775808", "-9223372036854775809",
	"18446744073709551616"
};

/* What else an argument of each type may be. */
static const struct {
	const char	*type;
	const char	*value;
} usual[] = {
	{ "string", "\"abcabc\"" }, { "array", "[3, 1, \"k\" => 2]" },
	{ "function", "function (...$a) { return 1; }" }, { "any", "5" },
	{ "Regex or string", "\"b\"" }, { "function or string", "\"x\"" },
	{ "string or array", "\",\"" }, { NULL, NULL }
};

static bool
is_number(const char *type)
{
	return strncmp(type, "number", 6) == 0;
}

/* The type of parameter n: what stands behind the n-th colon; or NULL. */
static const char *
type_of(const char *signature, int n)
{
	const char	*p = strchr(signature, '('), *end;

	end = p != NULL ? strstr(p, "):") : NULL;
	for (; p != NULL && n >= 0; n--)
		if ((p = strchr(p + 1, ':')) == NULL || p > end)
			return NULL;
	return p + 2;
}

/* One call, with this number in place `at`; false: there is no such place. */
static bool
call(const struct hsl_function *row, int at, const char *number,
    struct buf *script)
{
	const char	*type, *value;
	bool		 placed = false;

	buf_printf(script, "try { $x = %s(", row->name);
	for (int i = 0; (type = type_of(row->signature, i)) != NULL; i++) {
		value = "1";
		for (int t = 0; usual[t].type != NULL; t++)
			if (strncmp(type, usual[t].type,
			    strlen(usual[t].type)) == 0)
				value = usual[t].value;
		if (i == at && (is_number(type) || strcmp(value, "5") == 0)) {
			value = number;
			placed = true;
		}
		buf_printf(script, "%s%s", i > 0 ? ", " : "", value);
	}
	buf_add_text(script, "); } catch ($e) { }\n");
	return placed;
}

static void
test_functions(void **state)
{
	const struct hsl_function	*row;
	struct buf			 script = BUF_INIT, out = BUF_INIT;
	int				 tried = 0;

	(void)state;
	for (row = hsl_core_functions; row->name != NULL; row++)
		for (int at = 0; at < 4; at++)
			for (size_t n = 0; n < sizeof numbers /
			    sizeof numbers[0]; n++) {
				buf_clear(&script);
				buf_clear(&out);
				if (!call(row, at, numbers[n], &script))
					break;
				tried++;
				run_with(NULL, NULL, buf_str(&script), &out);
				/* Asking for too much ends the script. */
				if (out.len > 0 && strstr(buf_cstr(&out),
				    "! limit: ") == NULL)
					fail_msg("%s%s", buf_cstr(&script),
					    buf_cstr(&out));
			}
	assert_true(tried > 500);
	buf_free(&script);
	buf_free(&out);
}

/* What takes numbers and is no function. */
static const char *const	operators[] = {
	"$s[N]", "$a[N]", "$s[N:]", "$s[:N]", "$s[::N]", "$a[N:2:N]",
	"$s * N", "N * $s", "$a * N", "[N => 1]", "isset($s[N])",
	"unset($a[N])", "$a[N] = 1", "$a[N:N] = [1]", "N & N", "N << N",
	"N >>> N", "~N", "N % N", "N ** N", "\"%x|%b|%c|%f|%s\" % [N, N, N,"
	" N, N]", "\"%9.3f\" % [N]", "cache [\"argv_filter\" => [N]] f(1)",
	"cache [\"size\" => N] f(1)", "cache [\"ttl\" => N] f(1)",
	"cache [\"ttl_override\" => [N]] f(0)", "cache [\"ttl_function\" =>"
	" function ($v) { return N; }] f(2)", "number(\"N\")", "string(N)",
	"json_encode([N])", "json_decode(\"[N]\")", "hash(N)", "[1] - [N]",
	"array_unique([N, N, \"a\"])", "match (N) { N => 1, default => 2 }",
	"strftime(\"%Y\", N)", "unpack(\"CN\", $s)", "pack(\"aN\", $s)",
	"array_combine([N], [1])", "sha2($s, N)", "csv_encode([N])",
};

static void
put(struct buf *script, const char *operator, const char *number)
{
	buf_add_text(script, "try { ");
	for (; *operator != '\0'; operator++) {
		if (*operator == 'N')
			buf_printf(script, "(%s)", number);
		else
			buf_add_byte(script, *operator);
	}
	buf_add_text(script, "; } catch ($e) { }\n");
}

static void
test_operators(void **state)
{
	struct buf	 script = BUF_INIT, out = BUF_INIT;

	(void)state;
	for (size_t o = 0; o < sizeof operators / sizeof operators[0]; o++)
		for (size_t n = 0; n < sizeof numbers / sizeof numbers[0];
		    n++) {
			buf_clear(&script);
			buf_clear(&out);
			buf_add_text(&script, "function f($x) { return $x; }"
			    "$s = \"abcabc\"; $a = [3, 1, \"k\" => 2];\n");
			put(&script, operators[o], numbers[n]);
			run_with(NULL, NULL, buf_str(&script), &out);
			if (out.len > 0 && strstr(buf_cstr(&out),
			    "! limit: ") == NULL)
				fail_msg("%s%s", buf_cstr(&script),
				    buf_cstr(&out));
		}
	buf_free(&script);
	buf_free(&out);
}

static void
test_whole(void **state)
{
	(void)state;
	assert_int_equal(hsl_whole(0.0 / 0.0, -5, 5), 0);
	assert_int_equal(hsl_whole(0.0 / 0.0, 3, 5), 3);
	assert_int_equal(hsl_whole(1.0 / 0.0, 0, 9), 9);
	assert_int_equal(hsl_whole(-1.0 / 0.0, -7, 9), -7);
	assert_int_equal(hsl_whole(2.9, 0, 9), 2);
	assert_int_equal(hsl_whole(-2.9, -9, 9), -2);
	assert_true(hsl_whole(1e30, INT64_MIN, INT64_MAX) == INT64_MAX);
	assert_true(hsl_whole(-1e30, INT64_MIN, INT64_MAX) == INT64_MIN);
}

static const struct {
	double		 n;
	const char	*text;
} texts[] = {
	{ 0.5, "0.5" }, { 0.1, "0.1" }, { 4.35, "4.35" }, { 100.25, "100.25" },
	{ -12.345678, "-12.345678" }, { 1e-6, "0.000001" },
	{ 1.5e-6, "0.0000015" }, { 1e-7, "1e-7" },
	{ 1700000000.123456, "1700000000.123456" }, { 0.1 + 0.2,
	"0.30000000000000004" }, { 1.0 / 3, "0.3333333333333333" },
	{ 0x1p51 - 0.5, "2251799813685247.5" },
	{ 1125899906842623.7, "1125899906842623.8" },
	{ 0x1p-44, "5.684341886080802e-14" }, { 0x1p-1074, "5e-324" },
	{ 0x1p-1030, "8.691694759794e-311" }, { 0x1p89,
	"6.189700196426902e+26" }, { DBL_MIN, "2.2250738585072014e-308" },
	{ DBL_MAX, "1.7976931348623157e+308" }, { 1e23, "1e+23" },
	{ 9007199254740993.0, "9007199254740992" }
};

/* Reads back as n, and nothing of fewer digits does. */
static void
check_shortest(double n)
{
	char	 text[VNUM_TEXT], other[40];
	int	 digits = 0;

	vnum_format(n, text);
	if (strtod(text, NULL) != n)
		fail_msg("%a is no %s", n, text);
	if (fabs(n) >= 1e15 || fabs(n) < 1e-6)
		return;
	for (const char *p = text; *p != '\0'; p++)
		digits += (*p >= '1' && *p <= '9') || (*p == '0' && digits);
	if (digits < 2 || strchr(text, '.') == NULL)
		return;
	(void)snprintf(other, sizeof other, "%.*e", digits - 2, n);
	if (strtod(other, NULL) == n)
		fail_msg("%s is shorter than %s", other, text);
}

static void
test_text(void **state)
{
	char		 text[VNUM_TEXT];
	uint64_t	 r = 88172645463325252u;
	double		 n;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		assert_int_equal(vnum_format(texts[i].n, text),
		    strlen(texts[i].text));
		assert_string_equal(text, texts[i].text);
	}
	for (int i = 0; i < 50000; i++) {
		r ^= r << 13;
		r ^= r >> 7;
		r ^= r << 17;
		memcpy(&n, &r, sizeof n);
		if (isfinite(n))
			check_shortest(n);
		/* Few decimals, many, and what lies next to each. */
		n = (double)(r >> 11) / pow(10, (double)(r & 15));
		check_shortest(n);
		n = (double)(r >> 40) / pow(10, (double)(r & 7));
		check_shortest(n);
		check_shortest(nextafter(n, i & 1 ? INFINITY : 0));
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_operators),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
