#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_pages_are_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
