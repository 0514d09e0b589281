/*
 * model - a naive scheduler that judges the real one
 *
 * Bytes decide what happens.  After every step the real one is asked for all
 * that may go, and each of its answers is checked against lists that are
 * simply walked: no entry is lost, no limit exceeded, and when it says that
 * nothing may go, nothing may.
 *
 * A fault ends the process by abort(), after a line on standard error.
 */
#ifndef TESTS_UNIT_SCHEDULE_MODEL_H
#define TESTS_UNIT_SCHEDULE_MODEL_H

#include <stddef.h>
#include <stdint.h>

void	schedule_model_run(unsigned number, const uint8_t *byte, size_t count);

#endif
