/*
 * hop - a next hop for tests of deliver, in a process of its own
 *
 * It refuses the recipient "bad", and takes its time over what is for "slow".
 *
 * Ownership  the caller ends the process.
 */
#ifndef TESTS_HOP_H
#define TESTS_HOP_H

#include <sys/types.h>

#include <stdint.h>

pid_t	hop_start(uint16_t *port);

#endif
