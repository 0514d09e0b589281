/*
 * laws - policy.cf in short, for the tests of it
 */
#ifndef TESTS_UNIT_SCHEDULE_LAWS_H
#define TESTS_UNIT_SCHEDULE_LAWS_H

#include "schedule/policy_match.h"

/* What reads a list's file: "NAME" gives the text that laws_file() set. */
void	laws_file(const char *name, const char *text);
/* NULL: it does not compile; said: each report, a line each. */
struct policies	*laws_compile(const char *text, struct buf *said);
/* It must compile. */
struct policies	*laws_good(const char *text);
/* "remotemx=mx.example jobid=1", as values. */
struct policy_values laws_values(const char *words, char *room, size_t size);
/* What applies, as "name limits; name limits | delivery | suspension", with
 * limits as "c5 r10/1s i1000 t=tag stop". */
void	laws_shown(struct policy_matcher *m, const char *words,
	    int64_t now_ms, struct buf *out);
void	laws_assert(struct policy_matcher *m, const char *words,
	    int64_t now_ms, const char *want);

#endif
