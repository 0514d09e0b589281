/*
 * model: random histories, judged by a naive scheduler (model.c)
 *
 *	SCHEDULE_MODEL_SEED		another run
 *	SCHEDULE_MODEL_HISTORIES	a longer one
 *
 * A failing history is said by its number: as an argument of this test it is
 * run alone (with the same seed).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model.h"

enum { HISTORIES = 500, LONGEST = 1500 };

static unsigned	only;

/* The secrets of hash tables, which decide who of several comes first: a
 * history is the same one each time. */
void	arc4random_buf(void *p, size_t n);

void
arc4random_buf(void *p, size_t n)
{
	memset(p, 0x5a, n);
}

static unsigned
from_environment(const char *name, unsigned otherwise)
{
	const char *text = getenv(name);

	return text == NULL ? otherwise : (unsigned)strtoul(text, NULL, 10);
}

static uint64_t
next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void
run_history(unsigned seed, unsigned number)
{
	uint8_t	 byte[LONGEST];
	uint64_t random = 0x9e3779b97f4a7c15u * (number + 1) ^
	    (uint64_t)seed << 32;
	size_t	 count = next_random(&random) % LONGEST;

	for (size_t n = 0; n < count; n++)
		byte[n] = (uint8_t)(next_random(&random) >> 32);
	schedule_model_run(number, byte, count);
}

static void
test_histories(void **state)
{
	unsigned seed = from_environment("SCHEDULE_MODEL_SEED", 1);
	unsigned last = from_environment("SCHEDULE_MODEL_HISTORIES",
	    HISTORIES);

	(void)state;
	for (unsigned n = only ? only : 1; n <= (only ? only : last); n++)
		run_history(seed, n);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_histories),
	};

	if (argc > 1)
		only = (unsigned)strtoul(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
