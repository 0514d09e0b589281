/* A sample of mtactl top fits the screen, whatever is in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mtactl/top_print.h"

static json_t *
sample(int rows, const char *name)
{
	json_t	*s = json_object(), *groups = json_array();
	json_t	*limiters = json_array(), *notes = json_array();
	int	 i;

	for (i = 0; i < rows; i++) {
		json_array_append_new(groups, json_pack("{s:s,s:I,s:I,s:I}",
		    "name", name, "entries", (json_int_t)123456789, "now",
		    (json_int_t)99999, "bytes", INT64_MAX));
		json_array_append_new(limiters, json_pack(
		    "{s:s,s:i,s:i,s:i,s:i,s:[f,f]}", "limiter", name,
		    "waiting", 7, "connections", 3, "idle", 1, "concurrency",
		    5, "rate", 10.0, 60.0));
		json_array_append_new(notes, json_string("why\n\033[2J"));
	}
	json_object_set_new(s, "time", json_integer(0));
	json_object_set_new(s, "seconds", json_real(2));
	json_object_set_new(s, "rates", json_pack("{s:f,s:f}", "accepted",
	    123.45, "delivered", 1e12));
	json_object_set_new(s, "queue", json_pack("{s:I}", "ready",
	    INT64_MAX));
	json_object_set(s, "destinations", groups);
	json_object_set_new(s, "tenants", groups);
	json_object_set_new(s, "limiters", limiters);
	json_object_set_new(s, "notes", notes);
	return s;
}

static void
check_fits(const char *text, size_t lines)
{
	const char	*end;
	size_t		 n = 0;

	for (; *text != '\0'; text = end + 1) {
		end = strchr(text, '\n');
		assert_non_null(end);
		assert_true(end - text <= TOP_COLUMNS);
		assert_null(memchr(text, '\033', (size_t)(end - text)));
		n++;
	}
	assert_true(n < lines);
}

static void
test_fits(void **state)
{
	char		long_name[300];
	struct buf	out = BUF_INIT;
	size_t		lines;
	int		rows;
	json_t		*s;

	(void)state;
	memset(long_name, 'x', sizeof long_name);
	long_name[sizeof long_name - 1] = '\0';
	for (rows = 0; rows < 40; rows += 13) {
		s = sample(rows, rows == 13 ? "a\033b" : long_name);
		for (lines = TOP_LINES; lines < 60; lines += 7) {
			top_print(&out, s, lines);
			check_fits(buf_cstr(&out), lines);
			buf_clear(&out);
		}
		json_decref(s);
	}
	buf_free(&out);
}

static void
test_words(void **state)
{
	json_t		*s = sample(1, "example.org");
	struct buf	 out = BUF_INIT;
	const char	*text;

	(void)state;
	top_print(&out, s, TOP_LINES);
	text = buf_cstr(&out);
	assert_non_null(strstr(text, "received   123.5/s accepted, 0.0"));
	assert_non_null(strstr(text, "   99999   123.5M     9.2E  "
	    "example.org\n"));
	assert_non_null(strstr(text, "       7       3+1/5      10/60s     -"
	    "  example.org\n"));
	assert_non_null(strstr(text, "note: why\\x0a\\x1b[2J\n"));
	json_decref(s);
	buf_clear(&out);
	/* Nothing of it is there. */
	s = json_object();
	top_print(&out, s, 1);
	check_fits(buf_cstr(&out), TOP_LINES);
	json_decref(s);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_fits),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
