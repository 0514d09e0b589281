/*
 * comp - the steps of a compilation: parse, link, generate code
 *
 * hsl_compile() makes a program of one script; a session (session.c) goes
 * through the same steps for every piece.
 *
 * Failure    errors go to the compilation's call back and are counted.
 */
#ifndef HSL_COMPILE_COMP_H
#define HSL_COMPILE_COMP_H

#include "hsl/syntax/unit.h"

/* For tests: the room for constants, and the block in it that is refused. */
struct comp_limits {
	size_t		 constants_bytes;
	uint32_t	 constants_fail;
};
extern struct comp_limits	comp_limits;

/* A main module, not parsed yet; and what follows parsing, to the code. */
void	 comp_begin(struct unit *c, const struct hsl_host *host,
	    const char *file);
void	 comp_finish(struct unit *c);

#endif
