/*
 * params - the parameters, expanded from params.def
 *
 * One row there is a field here, a default, a check, a line of `mtactl
 * config`, and an entry of main.cf(5).
 *
 * Ownership  a params owns its strings: params_init() to start, params_fini()
 *            to end, params_copy() for a second one.
 * Failure    0, or -1 with *e.
 */
#ifndef CONF_PARAMS_H
#define CONF_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* The words of each ENUM: enum param_smtpd_nul, PARAM_SMTPD_NUL_STRIP, ... */
#define WORDS2(P, A, a, B, b)		PARAM_##P##_##A, PARAM_##P##_##B
#define WORDS3(P, A, a, B, b, C, c)	WORDS2(P, A, a, B, b), PARAM_##P##_##C
#define WORDS4(P, A, a, B, b, C, c, D, d)				\
	WORDS3(P, A, a, B, b, C, c), PARAM_##P##_##D
#define PARAM_WORDS_BOOL(name, ...)
#define PARAM_WORDS_INT(name, ...)
#define PARAM_WORDS_SIZE(name, ...)
#define PARAM_WORDS_TIME(name, ...)
#define PARAM_WORDS_TEXT(name, ...)
#define PARAM_WORDS_PATH(name, ...)
#define PARAM_WORDS_HOOK(name, ...)
#define PARAM_WORDS_ENUM(name, ...)	enum param_##name { __VA_ARGS__ };
#define PARAM(type, name, def, min, max, apply, help)	\
	PARAM_WORDS_##type(name, min)
#include "conf/params.def"
#undef PARAM
#undef WORDS2
#undef WORDS3
#undef WORDS4

struct params {
#define PARAM_FIELD_BOOL(name)	bool name;
#define PARAM_FIELD_INT(name)	int64_t name;
#define PARAM_FIELD_SIZE(name)	uint64_t name;	/* bytes */
#define PARAM_FIELD_TIME(name)	int64_t name;	/* milliseconds */
#define PARAM_FIELD_TEXT(name)	char *name;	/* never NULL */
#define PARAM_FIELD_PATH(name)	char *name;	/* relative to the instance */
#define PARAM_FIELD_HOOK(name)	char *name;	/* path of a script, or "" */
#define PARAM_FIELD_ENUM(name)	int name;	/* place in the row's words */
#define PARAM(type, name, def, min, max, apply, help)	\
	PARAM_FIELD_##type(name)
#include "conf/params.def"
#undef PARAM
};

enum param_type { PARAM_BOOL, PARAM_INT, PARAM_SIZE, PARAM_TIME, PARAM_TEXT,
	PARAM_PATH, PARAM_HOOK, PARAM_ENUM };

struct param_row {
	const char	*name;
	enum param_type	 type;
	const char	*def;		/* as written in main.cf */
	const char	*min;		/* ENUM: the words, "text|json" */
	const char	*max;
	bool		 restart;	/* RELOAD is not enough */
	const char	*help;
};

extern const struct param_row	param_rows[];
extern const size_t		param_count;

void	params_init(struct params *p);		/* all defaults */
void	params_fini(struct params *p);
void	params_copy(struct params *to, const struct params *from);
/* `value` is text after $-expansion. */
int	params_set(struct params *p, const char *name, const char *value,
	    struct err *e);
/* The value as main.cf would say it. */
int	params_get(const struct params *p, const char *name, struct buf *out);
/* Nearest name there is, for "did you mean"; NULL if none is near. */
const char *param_suggest(const char *name);

#endif
