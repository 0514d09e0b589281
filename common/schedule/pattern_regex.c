/*
 * PCRE2, just-in-time where that works.  The allocator counts: a short pattern
 * can mean a long program, as "(a{1,200}){1,200}" does, and there is no limit
 * of the library's own in all versions.
 *
 * PCRE2's limit of steps is anew at each start in the value, and the steps of
 * one start may pass over the whole of it: with values of 255 bytes a match is
 * some milliseconds at most.
 */
#define PCRE2_CODE_UNIT_WIDTH	8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "pattern_regex.h"

#define REGEX_BYTES	(256u * 1024)	/* of one, compiled */
#define REGEX_STEPS	3000		/* of one start */
#define REGEX_HEAP_KIB	1000

struct pattern_regex {
	pcre2_general_context	*memory;
	pcre2_code		*code;
	pcre2_match_data	*match;
	pcre2_match_context	*limits;
	size_t			 bytes;
};

/* PCRE2 does not tell sizes when it frees: they stand before the block. */
static void *
regex_alloc(size_t size, void *arg)
{
	struct pattern_regex	*re = arg;
	size_t			*p;

	if (size > REGEX_BYTES || re->bytes + size > 2 * REGEX_BYTES)
		return NULL;
	p = malloc(size + 16);
	if (p == NULL)
		return NULL;
	re->bytes += size;
	*p = size;
	return (char *)p + 16;
}

static void
regex_unalloc(void *p, void *arg)
{
	struct pattern_regex	*re = arg;
	size_t			*block;

	if (p == NULL)
		return;
	block = (size_t *)(void *)((char *)p - 16);
	re->bytes -= *block;
	free(block);
}

void
pattern_regex_free(struct pattern_regex **rep)
{
	struct pattern_regex	*re = *rep;

	if (re == NULL)
		return;
	*rep = NULL;
	pcre2_match_data_free(re->match);
	pcre2_match_context_free(re->limits);
	pcre2_code_free(re->code);
	pcre2_general_context_free(re->memory);
	free(re);
}

/* The text between the slashes; -1: there are none, or an unknown flag. */
static int
regex_split(struct str text, struct str *body, bool *any_case, struct err *e)
{
	size_t	end = text.len;

	if (end > 2 && text.p[end - 1] == 'i' && text.p[end - 2] == '/') {
		*any_case = true;
		end--;
	}
	if (end < 3 || text.p[0] != '/' || text.p[end - 1] != '/')
		return err_set(e, "is not /PCRE/ or /PCRE/i");
	*body = (struct str){ text.p + 1, end - 2 };
	if (body->len > PATTERN_REGEX_TEXT)
		return err_set(e, "is longer than %d bytes",
		    PATTERN_REGEX_TEXT);
	return 0;
}

static int
regex_compile(struct pattern_regex *re, struct str body, uint32_t options,
    struct err *e)
{
	pcre2_compile_context	*cc = NULL;
	unsigned char		 why[200];
	PCRE2_SIZE		 at = 0;
	int			 code = PCRE2_ERROR_NOMEMORY;

	if (re->memory != NULL)
		cc = pcre2_compile_context_create(re->memory);
	if (cc != NULL)
		re->code = pcre2_compile((PCRE2_SPTR)body.p, body.len,
		    options | PCRE2_NEVER_BACKSLASH_C | PCRE2_NO_AUTO_CAPTURE,
		    &code, &at, cc);
	pcre2_compile_context_free(cc);
	if (re->code == NULL) {
		if (pcre2_get_error_message(code, why, sizeof why) < 0)
			(void)strlcpy((char *)why, "it failed", sizeof why);
		return err_set(e, "%s, at its byte %zu", (char *)why,
		    (size_t)at + 1);
	}
	(void)pcre2_jit_compile(re->code, PCRE2_JIT_COMPLETE);
	re->match = pcre2_match_data_create(1, re->memory);
	re->limits = pcre2_match_context_create(re->memory);
	if (re->match == NULL || re->limits == NULL)
		return err_set(e, "is too large");
	pcre2_set_match_limit(re->limits, REGEX_STEPS);
	pcre2_set_heap_limit(re->limits, REGEX_HEAP_KIB);
	return 0;
}

struct pattern_regex *
pattern_regex_new(struct str text, bool any_case, struct err *e)
{
	struct pattern_regex	*re;
	struct str		 body;

	if (regex_split(text, &body, &any_case, e) == -1)
		return NULL;
	re = xcalloc(1, sizeof *re);
	re->memory = pcre2_general_context_create(regex_alloc, regex_unalloc,
	    re);
	if (regex_compile(re, body, any_case ? PCRE2_CASELESS : 0, e) == -1)
		pattern_regex_free(&re);
	return re;
}

bool
pattern_regex_match(const struct pattern_regex *re, struct str value)
{
	if (value.len > PATTERN_REGEX_VALUE)
		return false;
	return pcre2_match(re->code, (PCRE2_SPTR)value.p, value.len, 0, 0,
	    re->match, re->limits) >= 0;
}
