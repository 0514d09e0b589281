#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "conf/value.h"

#define N(a)	(sizeof(a) / sizeof((a)[0]))
#define BAD	-1

static const struct {
	const char	*text;
	int64_t		 want;
	const char	*again;		/* as it is written back */
} times[] = {
	{ "0", 0, "0s" }, { "0ms", 0, "0s" }, { "5", 5000, "5s" },
	{ "250ms", 250, "250ms" }, { "1000ms", 1000, "1s" },
	{ "60s", 60000, "1m" }, { "90m", 5400000, "90m" },
	{ "24h", 86400000, "1d" }, { "7D", 604800000, "1w" },
	{ "", BAD, "" }, { "s", BAD, "" }, { "-1", BAD, "" },
	{ "1 s", BAD, "" }, { "1y", BAD, "" }, { "0x10", BAD, "" },
	{ "9223372036854775807", BAD, "" },
	{ "99999999999999999999", BAD, "" },
};

static const struct {
	const char	*text;
	int64_t		 want;
	const char	*again;
} sizes[] = {
	{ "0", 0, "0" }, { "100", 100, "100" }, { "1k", 1024, "1k" },
	{ "1K", 1024, "1k" }, { "50M", 50 << 20, "50M" },
	{ "50m", 50 << 20, "50M" }, { "1024k", 1 << 20, "1M" },
	{ "2g", (int64_t)2 << 30, "2G" }, { "1T", (int64_t)1 << 40, "1T" },
	{ "1kb", BAD, "" }, { "k", BAD, "" }, { "", BAD, "" },
	{ "1.5M", BAD, "" }, { "9000000000T", BAD, "" },
};

static void
test_times(void **state)
{
	struct buf	b = BUF_INIT;
	int64_t		ms;
	size_t		i;
	int		rc;

	(void)state;
	for (i = 0; i < N(times); i++) {
		rc = value_time(str_of(times[i].text), &ms, NULL);
		assert_int_equal(rc, times[i].want == BAD ? -1 : 0);
		if (rc == -1)
			continue;
		assert_int_equal(ms, times[i].want);
		buf_clear(&b);
		value_put_time(&b, ms);
		assert_string_equal(buf_cstr(&b), times[i].again);
	}
	buf_free(&b);
}

static void
test_sizes(void **state)
{
	struct buf	b = BUF_INIT;
	uint64_t	n;
	size_t		i;
	int		rc;

	(void)state;
	for (i = 0; i < N(sizes); i++) {
		rc = value_size(str_of(sizes[i].text), &n, NULL);
		assert_int_equal(rc, sizes[i].want == BAD ? -1 : 0);
		if (rc == -1)
			continue;
		assert_int_equal(n, sizes[i].want);
		buf_clear(&b);
		value_put_size(&b, n);
		assert_string_equal(buf_cstr(&b), sizes[i].again);
	}
	buf_free(&b);
}

static void
test_words(void **state)
{
	struct err	e;
	bool		yes = false;
	int		place = -1;
	int64_t		n;

	(void)state;
	assert_int_equal(value_bool(STR("yes"), &yes, &e), 0);
	assert_true(yes);
	assert_int_equal(value_bool(STR("No"), &yes, &e), 0);
	assert_false(yes);
	assert_int_equal(value_bool(STR("1"), &yes, &e), -1);
	assert_string_equal(e.text, "\"1\" is neither yes nor no");
	assert_int_equal(value_enum(STR("json"), "text|json", &place, &e), 0);
	assert_int_equal(place, 1);
	assert_int_equal(value_enum(STR("xml"), "text|json", &place, &e), -1);
	assert_string_equal(e.text, "\"xml\" is not one of text|json");
	assert_int_equal(value_enum(STR(""), "text|json", &place, &e), -1);
	assert_int_equal(value_int(STR("12"), &n, &e), 0);
	assert_int_equal(n, 12);
	assert_int_equal(value_int(STR("12x"), &n, &e), -1);
}

static void
test_distance(void **state)
{
	static const struct {
		const char	*a, *b;
		unsigned int	 want;
	} cases[] = {
		{ "", "", 0 }, { "abc", "abc", 0 }, { "abc", "", 3 },
		{ "abc", "abd", 1 }, { "abc", "acb", 1 }, { "abc", "ab", 1 },
		{ "abc", "xabc", 1 }, { "smtpd", "stmpd", 1 },
		{ "kitten", "sitting", 3 },
	};
	char	longest[100];
	size_t	i;

	(void)state;
	for (i = 0; i < N(cases); i++)
		assert_int_equal(value_distance(str_of(cases[i].a),
		    str_of(cases[i].b)), cases[i].want);
	memset(longest, 'x', sizeof longest);
	assert_int_equal(value_distance((struct str){ longest, 64 },
	    (struct str){ longest, 63 }), 1);
	assert_int_equal(value_distance((struct str){ longest, 100 },
	    STR("x")), 64);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_distance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
