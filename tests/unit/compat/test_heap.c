/* Pages between blocks that live go back to the system. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "compat/asan.h"
#include "compat/heap.h"

#define BLOCKS	1024
#define SIZE	(8 * 1024)

/* Resident bytes; 0 where the system does not say it like this. */
static size_t
resident(void)
{
	unsigned long	size, pages = 0;
	FILE		*f = fopen("/proc/self/statm", "r");

	if (f == NULL)
		return 0;
	if (fscanf(f, "%lu %lu", &size, &pages) != 2)
		pages = 0;
	(void)fclose(f);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void
test_free_pages_are_given_back(void **state)
{
	static char	*block[BLOCKS];
	char		*last;
	size_t		 full, i;

	(void)state;
	if (COMPAT_ASAN)
		skip();
	for (i = 0; i < BLOCKS; i++) {
		block[i] = malloc(SIZE);
		assert_non_null(block[i]);
		memset(block[i], 'x', SIZE);
	}
	last = malloc(SIZE);		/* lies behind all of them */
	assert_non_null(last);
	memset(last, 'y', SIZE);
	full = resident();
	for (i = 0; i < BLOCKS; i++)
		free(block[i]);
	heap_give_back();
	if (full == 0)
		skip();
	assert_true(resident() + BLOCKS * SIZE / 2 < full);
	for (i = 0; i < SIZE; i++)
		assert_int_equal(last[i], 'y');
	free(last);
}

extern void	__asan_init(void) __attribute__((weak));

/* The macro knows whether the runtime of ASan is linked, by any compiler. */
static void
test_sanitizer_is_known(void **state)
{
	(void)state;
	assert_int_equal(__asan_init != NULL, COMPAT_ASAN);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_free_pages_are_given_back),
		cmocka_unit_test(test_sanitizer_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
