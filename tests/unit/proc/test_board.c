#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "proc/board.h"

/* With shared memory that is full, touching a page that is not there yet is
 * SIGBUS, for master as for the worker. */
static void
test_pages_are_there(void **state)
{
	struct board	*b;
	struct stat	 st;
	struct err	 e;
	int		 writable, readable;

	(void)state;
	assert_int_equal(board_create(&writable, &readable, &e), 0);
	assert_int_equal(fstat(writable, &st), 0);
	assert_int_equal(st.st_size, sizeof *b);
	assert_true((size_t)st.st_blocks * 512 >= sizeof *b);
	b = board_map(readable, false, &e);
	assert_non_null(b);
	assert_int_equal(board_get(b, 0), 0);
	board_unmap(&b);
	(void)close(writable);
	(void)close(readable);
}

static void
test_durations(void **state)
{
	static const struct {
		int64_t	ms;
		int	bucket;
	} rows[] = { { -5, 0 }, { 0, 0 }, { 1, 0 }, { 2, 1 }, { 3, 2 },
	    { 300000, HISTOGRAM_BUCKETS - 2 },
	    { 300001, HISTOGRAM_BUCKETS - 1 },
	    { INT64_MAX, HISTOGRAM_BUCKETS - 1 } };
	static struct board	b;
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		memset(&b, 0, sizeof b);
		board_set_self(&b);
		board_observe(HISTOGRAM_message, rows[i].ms);
		assert_int_equal(b.histogram[HISTOGRAM_message].bucket[
		    rows[i].bucket], 1);
		assert_true(b.histogram[HISTOGRAM_message].sum_ms ==
		    (uint64_t)(rows[i].ms > 0 ? rows[i].ms : 0));
	}
}

/* What a worker that is gone had counted is kept, whatever it wrote. */
static void
test_backends_taken_in(void **state)
{
	static struct board	worker, totals;
	char			name[32];
	uint64_t		sum = 0;
	int			i, k;

	(void)state;
	board_set_self(&worker);
	for (i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof name, "host%d:25", i % 50);
		board_backend(name, BACKEND_ACCEPTED);
	}
	board_backend("", BACKEND_FAILED);
	memset(worker.backend[3].name, 'x', BOARD_BACKEND_NAME);
	for (k = 0; k < 2; k++) {
		board_take_in(&totals, &worker);
		assert_int_equal(worker.backend[0].name[0], 0);
	}
	for (i = 0; i < BOARD_BACKENDS; i++) {
		assert_true(memchr(totals.backend[i].name, 0,
		    BOARD_BACKEND_NAME) != NULL);
		sum += totals.backend[i].result[BACKEND_ACCEPTED];
	}
	assert_int_equal(sum, 100);
	assert_string_equal(totals.backend[BOARD_BACKENDS - 1].name,
	    BACKEND_OTHER);
	assert_int_equal(totals.backend[BOARD_BACKENDS - 1].result[
	    BACKEND_FAILED], 1);
}

/* What was taken over had counted nothing that can be; then another one had. */
static void
test_spoilt_page(void **state)
{
	static const uint64_t	wild[] = { UINT64_MAX, INT64_MAX,
				    BOARD_COUNT_MAX + 1 };
	static struct board	worker, totals;
	_Atomic uint64_t	*bucket =
				    worker.histogram[HISTOGRAM_message].bucket;
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof wild / sizeof wild[0]; i++) {
		worker.value[COUNTER_sessions_total] = wild[i];
		worker.value[COUNTER_sessions] = wild[i];
		bucket[1] = worker.histogram[HISTOGRAM_message].sum_ms =
		    wild[i];
		(void)strlcpy(worker.backend[0].name, "a:25",
		    BOARD_BACKEND_NAME);
		worker.backend[0].result[BACKEND_FAILED] = wild[i];
		assert_int_equal(board_get(&worker, COUNTER_sessions), 0);
		assert_int_equal(board_duration(&worker, HISTOGRAM_message,
		    1), 0);
		board_take_in(&totals, &worker);
		worker.value[COUNTER_sessions_total] = 3;
		bucket[1] = 2;
		board_take_in(&totals, &worker);
		assert_int_equal(board_get(&totals, COUNTER_sessions_total),
		    3 * (i + 1));
		assert_int_equal(board_duration(&totals, HISTOGRAM_message,
		    1), 2 * (i + 1));
		assert_int_equal(board_duration(&totals, HISTOGRAM_message,
		    HISTOGRAM_BUCKETS), 0);
		assert_int_equal(totals.backend[0].result[BACKEND_FAILED], 0);
	}
	/* The most that there is stays the most. */
	for (i = 0; i < 3; i++) {
		worker.value[COUNTER_sessions_total] = BOARD_COUNT_MAX;
		board_take_in(&totals, &worker);
		assert_true(board_get(&totals, COUNTER_sessions_total) ==
		    BOARD_COUNT_MAX);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_pages_are_there),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_backends_taken_in),
		cmocka_unit_test(test_spoilt_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
