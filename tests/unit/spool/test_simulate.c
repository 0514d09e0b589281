/*
 * The simulation, for a moment; tests/simulation runs it at length.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "spool/simulate.h"

static void
test_simulate(void **state)
{
	const char		*seed = getenv("SPOOL_SEED");
	const char		*cuts = getenv("SPOOL_CUTS");
	struct simulate_options	 o = { .cuts = 1000, .seed = 1 };
	struct simulate_report	 report;
	struct err		 e;

	(void)state;
	if (seed != NULL)
		o.seed = strtoull(seed, NULL, 10);
	if (cuts != NULL)
		o.cuts = strtoull(cuts, NULL, 10);
	if (spool_simulate(&o, &report, &e) == -1)
		fail_msg("%s", e.text);
	assert_true(report.power_cuts > 0);
	assert_true(report.power_cuts < report.cuts);
	assert_true(report.changes > 0);
	assert_true(report.tables > 0);
	assert_true(report.renewed > 0);
	assert_true(report.again > 0);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_simulate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
