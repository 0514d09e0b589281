/*
 * setting - what a file says about a parameter, before $-expansion
 *
 * A settings holds one setting for each row of params.def; one without text
 * means the default.  A scope expands them: $name and ${name} stand for the
 * value of another parameter in the same scope, $$ for a dollar sign.  An
 * empty myhostname is the system's name, an empty mydomain what follows from
 * that.
 * A row whose expansion fails has no value, nor have those that name it.
 *
 * Ownership  the caller's storage; init and fini as in params.h.  A scope
 *            borrows its settings.
 */
#ifndef CONF_SETTING_H
#define CONF_SETTING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "conf/params.h"
#include "report.h"

/* The longest value, as frames to workers carry it. */
#define SETTING_MAX	2047

struct setting {
	char		*text;		/* NULL: the default */
	struct place	 at;		/* of the value */
};

struct settings {
	struct setting	*row;		/* param_count of them */
};

void	settings_init(struct settings *s);
void	settings_copy(struct settings *to, const struct settings *from);
void	settings_fini(struct settings *s);
/* Row of a parameter, or param_count. */
size_t	param_find(struct str name);

/*
 * One setting at a time: a piece is text or the name of a parameter.  *at
 * starts at 0; true while there is one.  A bad reference gives a piece whose
 * `error` says what is wrong.
 */
struct piece {
	struct str	 text;
	bool		 is_name;
	size_t		 offset;	/* in the value */
	const char	*error;		/* or NULL */
};

bool	piece_next(struct str value, size_t *at, struct piece *p);

enum scope_state { SCOPE_NEW, SCOPE_BUSY, SCOPE_DONE, SCOPE_FAILED };

struct scope {
	const struct settings	*settings;	/* NULL: all defaults */
	char			**value;
	char			**error;
	enum scope_state	*state;
};

void	scope_init(struct scope *sc, const struct settings *settings);
const char *scope_value(struct scope *sc, size_t row);	/* NULL: failed */
/* Why, or NULL when the fault lies in a parameter that the value names. */
const char *scope_error(const struct scope *sc, size_t row);
void	scope_fini(struct scope *sc);

#endif
