/*
 * command - one line from an SMTP client (RFC 5321 4.1.1)
 *
 * The line is without its CRLF.  Verbs and what may follow them stand in one
 * table.  Parameters of MAIL and RCPT are split and checked for form; what
 * they mean is read by option.h.
 *
 * Ownership  everything points into the line, or into the arena.
 * Failure    -1 with *why, the reply to give.  c->verb is set even then.
 *            why->close: the session is out of step and must end.
 * Process    pure.
 */
#ifndef SMTP_COMMAND_H
#define SMTP_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "smtp/path.h"

#define SMTP_PARAM_MAX	16	/* of one command */

#define SMTP_VERBS(X)							\
	X(HELO, REQUIRED) X(EHLO, REQUIRED) X(LHLO, REQUIRED)		\
	X(MAIL, REQUIRED) X(RCPT, REQUIRED) X(DATA, NONE)		\
	X(BDAT, REQUIRED) X(RSET, NONE) X(NOOP, OPTIONAL)		\
	X(VRFY, REQUIRED) X(EXPN, REQUIRED) X(HELP, OPTIONAL)		\
	X(QUIT, NONE) X(STARTTLS, NONE) X(AUTH, REQUIRED)		\
	X(XCLIENT, REQUIRED)

enum smtp_verb {
#define SMTP_VERB_ID(name, arg)	SMTP_##name,
	SMTP_VERBS(SMTP_VERB_ID)
#undef SMTP_VERB_ID
	SMTP_UNKNOWN,
	SMTP_VERB_MAX
};

struct smtp_param {
	struct str	key;
	struct str	value;		/* p == NULL: KEY without "=" */
};

struct smtp_command {
	enum smtp_verb		verb;
	struct str		arg;		/* all after the verb */
	const struct smtp_leniency *leniency;	/* or NULL */
	struct smtp_path	path;		/* MAIL, RCPT */
	struct smtp_param	param[SMTP_PARAM_MAX];
	size_t			param_count;
	uint64_t		chunk_size;	/* BDAT */
	bool			chunk_last;	/* BDAT */
};

struct smtp_refusal {
	int		 code;
	int		 enhanced[3];	/* zeros: none (HELO, EHLO) */
	const char	*text;
	bool		 close;
};

/* l: what of paths is taken beyond the grammar; NULL: nothing. */
int		 smtp_command_parse(struct smtp_command *c, struct str line,
		    const struct smtp_leniency *l, struct arena *a,
		    struct smtp_refusal *why);
/* "MAIL"; "?" for SMTP_UNKNOWN. */
const char	*smtp_verb_name(enum smtp_verb verb);

#endif
