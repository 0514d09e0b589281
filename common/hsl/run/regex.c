/*
 * Patterns: PCRE2 with its memory from the heap of whoever compiled them,
 * just-in-time where possible.  Literals belong to the program, patterns in
 * strings to a small cache of the execution.
 *
 * The offsets of a match are kept in the pattern until its next match; they
 * are read before anything else runs.
 *
 * No match may hold the process.  PCRE2's own limit counts backtracking, anew
 * at each start, and not how far a repeat has run: on a long subject it stops
 * nothing in time.  So there are two forms of a pattern.  The plain one is for
 * short subjects, with a limit that falls with the square of their length.
 * The watched one, made when first needed, calls regex_watch() before every
 * item of the pattern; it adds up steps and the way between them, over all
 * matches in one subject.
 */
#define PCRE2_CODE_UNIT_WIDTH	8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "hsl/run/regex.h"
#include "hsl/run/throw.h"

#define REGEX_CACHE	64		/* patterns in strings kept */
#define REGEX_PATTERN	65536		/* bytes in a pattern */
#define REGEX_STEPS	10000000	/* in one subject */
#define REGEX_STRIDE	32		/* bytes passed that are one step */
#define REGEX_SHORT	512		/* bytes in a short subject */
#define REGEX_PLAIN	20000000	/* steps by bytes, for plain ones */
#define REGEX_HEAP_KIB	20000
#define REGEX_STACK	(1024 * 1024)
#define REGEX_GROUPS	1000

struct regex {
	pcre2_code		*code;
	pcre2_code		*watched;	/* or NULL: not needed yet */
	bool			 hard;		/* `code` went over its limit */
	char			*body;
	size_t			 body_len;
	uint32_t		 options;
	pcre2_match_data	*match;
	pcre2_general_context	*memory;
	uint32_t		 groups;	/* with the whole match */
	uint32_t		 names;
	uint32_t		 name_size;
	PCRE2_SPTR		 name_table;
	bool			 utf;
	int			 rc;		/* of the last match */
};

/* What an execution needs to match. */
struct regex_cache {
	struct hsl_value	 patterns;	/* text to Regex */
	pcre2_match_context	*context;
	pcre2_jit_stack		*stack;
	struct hsl_exec		*x;
	pcre2_general_context	*memory;	/* in x's heap, or NULL */
	uint64_t		 steps;		/* in this subject */
	size_t			 at;		/* place of the last step */
};

/* PCRE2 does not tell sizes when it frees: they stand before the block. */
static void *
regex_malloc(size_t size, void *arg)
{
	struct hsl_exec	*x = arg;
	size_t		*p = vheap_alloc(&x->space.heap, size + 16);

	if (p == NULL)
		return NULL;
	*p = size;
	return (char *)p + 16;
}

static void
regex_unmalloc(void *p, void *arg)
{
	struct hsl_exec	*x = arg;
	size_t		*block;

	if (p == NULL)
		return;
	block = (size_t *)(void *)((char *)p - 16);
	vheap_free(&x->space.heap, block, *block + 16);
}

static void
regex_free(void *data)
{
	struct regex		*re = data;
	pcre2_general_context	*memory = re->memory;

	if (re->match != NULL)
		pcre2_match_data_free(re->match);
	pcre2_code_free(re->code);
	pcre2_code_free(re->watched);
	free(re->body);
	free(re);
	pcre2_general_context_free(memory);
}

const struct hsl_resource_kind	regex_kind = { "Regex", regex_free };

static uint32_t
regex_options(struct str flags)
{
	uint32_t	 options = 0;

	for (size_t i = 0; i < flags.len; i++)
		switch (flags.p[i]) {
		case 'i':
			options |= PCRE2_CASELESS;
			break;
		case 'm':
			options |= PCRE2_MULTILINE;
			break;
		case 's':
			options |= PCRE2_DOTALL;
			break;
		case 'u':
			options |= PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;
			break;
		case 'x':
			options |= PCRE2_EXTENDED;
			break;
		case 'U':
			options |= PCRE2_UNGREEDY;
			break;
		}
	return options;
}

static pcre2_code *
regex_form(const struct regex *re, uint32_t more, int *code)
{
	pcre2_compile_context	*cc = NULL;
	pcre2_code		*form = NULL;
	PCRE2_SIZE		 at;

	if (re->memory != NULL && re->body_len <= REGEX_PATTERN)
		cc = pcre2_compile_context_create(re->memory);
	if (cc != NULL)
		form = pcre2_compile((PCRE2_SPTR)re->body, re->body_len,
		    re->options | PCRE2_NEVER_BACKSLASH_C | more, code, &at,
		    cc);
	pcre2_compile_context_free(cc);
	if (form != NULL)
		pcre2_jit_compile(form, PCRE2_JIT_COMPLETE);
	return form;
}

/* A pattern that is no value yet; NULL with the reason in text. */
static struct regex *
regex_new(struct hsl_exec *x, struct str body, struct str flags, char *text,
    size_t size)
{
	struct regex		*re = xcalloc(1, sizeof *re);
	int			 code = 0;
	unsigned char		 why[200];

	re->memory = pcre2_general_context_create(regex_malloc,
	    regex_unmalloc, x);
	re->utf = memchr(flags.p, 'u', flags.len) != NULL;
	re->options = regex_options(flags);
	re->body_len = body.len;
	if (body.len <= REGEX_PATTERN) {
		re->body = xmalloc(body.len + 1);
		if (body.len > 0)
			memcpy(re->body, body.p, body.len);
	}
	re->code = regex_form(re, 0, &code);
	if (re->code == NULL) {
		if (code == 0 || pcre2_get_error_message(code, why,
		    sizeof why) < 0)
			snprintf((char *)why, sizeof why, "too long");
		snprintf(text, size, "regular expression: %s", why);
		regex_free(re);
		return NULL;
	}
	pcre2_pattern_info(re->code, PCRE2_INFO_CAPTURECOUNT, &re->groups);
	pcre2_pattern_info(re->code, PCRE2_INFO_NAMECOUNT, &re->names);
	pcre2_pattern_info(re->code, PCRE2_INFO_NAMEENTRYSIZE,
	    &re->name_size);
	pcre2_pattern_info(re->code, PCRE2_INFO_NAMETABLE, &re->name_table);
	re->groups++;
	re->match = pcre2_match_data_create_from_pattern(re->code,
	    re->memory);
	if (re->match == NULL || re->groups > REGEX_GROUPS) {
		snprintf(text, size, "regular expression: too large");
		regex_free(re);
		return NULL;
	}
	return re;
}

/* "/body/flags", or all of it without flags. */
static void
regex_split(struct str pattern, struct str *body, struct str *flags)
{
	size_t	 i = pattern.len;

	*body = pattern;
	*flags = STR("");
	if (pattern.len < 2 || pattern.p[0] != '/')
		return;
	while (i > 1 && strchr("imsuxUX", pattern.p[i - 1]) != NULL &&
	    pattern.p[i - 1] != '\0')
		i--;
	if (i < 2 || pattern.p[i - 1] != '/')
		return;
	*body = (struct str){ pattern.p + 1, i - 2 };
	*flags = (struct str){ pattern.p + i, pattern.len - i };
}

/* A short pattern can mean a long program: "(a{1,200}){1,200}". */
static void
regex_charge_form(struct hsl_exec *x, const struct regex *re)
{
	size_t	 code = 0, jit = 0;

	(void)pcre2_pattern_info(re->code, PCRE2_INFO_SIZE, &code);
	(void)pcre2_pattern_info(re->code, PCRE2_INFO_JITSIZE, &jit);
	x->space.budget -= (int64_t)(4 * code + jit / 2);
}

struct hsl_value
regex_compile(struct hsl_exec *x, struct str pattern)
{
	struct str	 body, flags;
	struct regex	*re;
	char		 text[256];

	if (!hsl_charge(x, 200 + pattern.len))
		return vnone();
	regex_split(pattern, &body, &flags);
	re = regex_new(x, body, flags, text, sizeof text);
	if (re == NULL) {
		if (throw_check(x))
			throw_error(x, "%s", text);
		return vnone();
	}
	regex_charge_form(x, re);
	return hsl_resource_new(x, &regex_kind, re);
}

struct hsl_value
regex_literal(struct hsl_exec *x, struct str body, struct str flags,
    char *text, size_t size)
{
	struct regex	*re = regex_new(x, body, flags, text, size);

	return re != NULL ? hsl_resource_new(x, &regex_kind, re) : vnone();
}

/* ---- The cache of an execution ----------------------------------------- */

/* Before each item of a watched pattern; negative ends the match. */
static int
regex_watch(pcre2_callout_block *b, void *arg)
{
	struct regex_cache	*rc = arg;
	size_t			 at = b->current_position;

	rc->steps += 1 + (at > rc->at ? at - rc->at : rc->at - at) /
	    REGEX_STRIDE;
	rc->at = at;
	return rc->steps > REGEX_STEPS ? PCRE2_ERROR_MATCHLIMIT : 0;
}

static struct regex_cache *
regex_cache(struct hsl_exec *x)
{
	struct regex_cache	*rc = x->regexes;

	if (rc != NULL)
		return rc;
	rc = x->regexes = xcalloc(1, sizeof *rc);
	rc->x = x;
	rc->patterns = hsl_array(x);
	rc->context = pcre2_match_context_create(NULL);
	rc->stack = pcre2_jit_stack_create(32 * 1024, REGEX_STACK, NULL);
	if (rc->context != NULL) {
		pcre2_set_callout(rc->context, regex_watch, rc);
		pcre2_set_heap_limit(rc->context, REGEX_HEAP_KIB);
		pcre2_jit_stack_assign(rc->context, NULL, rc->stack);
	}
	return rc;
}

void
regex_cache_free(struct hsl_exec *x)
{
	struct regex_cache	*rc = x->regexes;

	if (rc == NULL)
		return;
	pcre2_match_context_free(rc->context);
	if (rc->stack != NULL)
		pcre2_jit_stack_free(rc->stack);
	free(rc);
}

struct regex *
regex_of(struct hsl_exec *x, struct hsl_value v)
{
	struct regex_cache	*rc;
	struct hsl_value	*slot, re;

	if (v.type == HSL_RESOURCE && v.u.resource->kind == &regex_kind)
		return v.u.resource->data;
	if (v.type != HSL_STRING) {
		throw_error(x, "a pattern is expected, not %s",
		    hsl_type_phrase(v));
		return NULL;
	}
	rc = regex_cache(x);
	slot = varr_find(rc->patterns.u.array, varr_key(&v));
	if (slot != NULL)
		return slot->u.resource->data;
	re = regex_compile(x, vstr_str(v.u.string));
	if (re.type != HSL_RESOURCE)
		return NULL;
	if (rc->patterns.u.array->count >= REGEX_CACHE)
		vset(x, &rc->patterns, hsl_array(x));
	slot = varr_put(x, rc->patterns.u.array, varr_key(&v));
	if (slot == NULL) {
		vunref(x, re);
		throw_check(x);
		return NULL;
	}
	vset(x, slot, re);
	return re.u.resource->data;
}

/* ---- Matching ---------------------------------------------------------- */

/*
 * Matches without compiled code, whose stack is small: the interpreter may use
 * as much as the heap has left.  PCRE2 keeps what it used in the match data,
 * so these are made for one match and freed after it.
 */
static int
regex_interpret(const struct regex *re, const pcre2_code *form,
    struct regex_cache *rc, struct str subject, size_t offset)
{
	pcre2_match_data	*m;
	int			 code;

	if (rc->memory == NULL)
		rc->memory = pcre2_general_context_create(regex_malloc,
		    regex_unmalloc, rc->x);
	m = rc->memory == NULL ? NULL :
	    pcre2_match_data_create(re->groups, rc->memory);
	if (m == NULL)
		return PCRE2_ERROR_NOMEMORY;
	rc->at = offset;
	code = pcre2_match(form, (PCRE2_SPTR)subject.p, subject.len, offset,
	    PCRE2_NO_JIT, m, rc->context);
	if (code > 0)
		memcpy(pcre2_get_ovector_pointer(re->match),
		    pcre2_get_ovector_pointer(m),
		    re->groups * 2 * sizeof(PCRE2_SIZE));
	pcre2_match_data_free(m);
	return code;
}

static int
regex_run(const struct regex *re, const pcre2_code *form,
    struct regex_cache *rc, struct str subject, size_t offset)
{
	PCRE2_SPTR	 p = (PCRE2_SPTR)(subject.p != NULL ? subject.p : "");
	int		 code;

	rc->at = offset;
	/* pcre2_match() would first check its arguments, which are right. */
	code = pcre2_jit_match(form, p, subject.len, offset, 0, re->match,
	    rc->context);
	if (code == PCRE2_ERROR_JIT_BADOPTION)
		code = pcre2_match(form, p, subject.len, offset, 0, re->match,
		    rc->context);
	return code == PCRE2_ERROR_JIT_STACKLIMIT ?
	    regex_interpret(re, form, rc, (struct str){ (const char *)p,
	    subject.len }, offset) : code;
}

/* A pattern that goes over the limit is hard from then on: it is matched by
 * its watched form. */
static int
regex_run_plain(struct regex *re, struct regex_cache *rc,
    struct str subject, size_t offset)
{
	uint32_t	 n = (uint32_t)subject.len + 1;
	int		 code;

	pcre2_set_match_limit(rc->context, REGEX_PLAIN / (n * n));
	code = regex_run(re, re->code, rc, subject, offset);
	re->hard = code == PCRE2_ERROR_MATCHLIMIT;
	return code;
}

static int
regex_run_watched(struct regex *re, struct regex_cache *rc,
    struct str subject, size_t offset)
{
	size_t	 end = subject.len;
	int	 code = PCRE2_ERROR_NOMEMORY;

	if (re->watched == NULL)
		re->watched = regex_form(re, PCRE2_AUTO_CALLOUT, &code);
	if (re->watched == NULL)
		return PCRE2_ERROR_NOMEMORY;
	pcre2_set_match_limit(rc->context, REGEX_STEPS);
	code = regex_run(re, re->watched, rc, subject, offset);
	/* PCRE2 skips where no match can begin; that is a way, too. */
	if (code > 0)
		end = pcre2_get_ovector_pointer(re->match)[1];
	if (end > rc->at)
		rc->steps += (end - rc->at) / REGEX_STRIDE;
	return code;
}

int
regex_match(struct hsl_exec *x, struct regex *re, struct str subject,
    size_t offset)
{
	struct regex_cache	*rc = regex_cache(x);
	bool			 brief = subject.len <= REGEX_SHORT;
	unsigned char		 why[200];
	uint64_t		 before;

	if (offset == 0)
		rc->steps = 0;
	before = rc->steps;
	rc->steps += 4;
	if (brief && !re->hard) {
		re->rc = regex_run_plain(re, rc, subject, offset);
		rc->steps += subject.len / REGEX_STRIDE;
	}
	if (!brief || re->hard)
		re->rc = regex_run_watched(re, rc, subject, offset);
	if (!hsl_charge(x, rc->steps - before))
		return -1;
	if (re->rc > 0)
		return 1;
	if (re->rc == PCRE2_ERROR_NOMATCH)
		return 0;
	if (pcre2_get_error_message(re->rc, why, sizeof why) < 0)
		why[0] = '\0';
	throw_error(x, "regular expression: %s", why);
	return -1;
}

uint32_t
regex_groups(const struct regex *re)
{
	return re->groups;
}

bool
regex_group(const struct regex *re, uint32_t n, size_t *start, size_t *end)
{
	PCRE2_SIZE	*o = pcre2_get_ovector_pointer(re->match);

	if ((int)n >= re->rc || o[2 * n] == PCRE2_UNSET)
		return false;
	*start = o[2 * n];
	*end = o[2 * n + 1];
	/* \K may put the start behind the end. */
	if (*start > *end)
		*start = *end;
	return true;
}

const char *
regex_name(const struct regex *re, uint32_t i, uint32_t *group)
{
	PCRE2_SPTR	 entry;

	if (i >= re->names)
		return NULL;
	entry = re->name_table + i * re->name_size;
	*group = (uint32_t)entry[0] << 8 | entry[1];
	return (const char *)entry + 2;
}

bool
regex_utf(const struct regex *re)
{
	return re->utf;
}
