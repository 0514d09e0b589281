/*
 * regex - patterns, compiled once, and matching under limits
 *
 * Failure    false once an exception was thrown.
 */
#ifndef HSL_RUN_REGEX_H
#define HSL_RUN_REGEX_H

#include "hsl/values/object.h"

struct regex;
struct regex_cache;

extern const struct hsl_resource_kind	regex_kind;

/* The pattern of a value: a Regex, or a string; borrowed from it or x. */
struct regex	*regex_of(struct hsl_exec *x, struct hsl_value v);
struct hsl_value regex_compile(struct hsl_exec *x, struct str pattern);
/* For the compiler: none with the reason in text, and nothing is thrown. */
struct hsl_value regex_literal(struct hsl_exec *x, struct str body,
		    struct str flags, char *text, size_t size);
/* 1 match, 0 none, -1 thrown; see regex_group() then. */
int		 regex_match(struct hsl_exec *x, struct regex *re,
		    struct str subject, size_t offset);
uint32_t	 regex_groups(const struct regex *re);
/* Group n of the last match; false: it took no part. */
bool		 regex_group(const struct regex *re, uint32_t n,
		    size_t *start, size_t *end);
/* The names of groups, by position; NULL at the end. */
const char	*regex_name(const struct regex *re, uint32_t i,
		    uint32_t *group);
bool		 regex_utf(const struct regex *re);
void		 regex_cache_free(struct hsl_exec *x);

#endif
