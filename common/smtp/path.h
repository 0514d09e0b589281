/*
 * path - mailboxes of the envelope (RFC 5321 4.1.2, RFC 6531 3.3)
 *
 * A path is kept as localpart and domain.  The localpart is without quotes
 * and escapes; the domain is as written, an address literal in brackets.
 * Unquoted, `"a"@x` and `a@x` are the same mailbox.
 *
 * Ownership  parts point into the text, or into the arena where quotes had
 *            to be taken off.
 * Failure    -1: not a path.  Nothing says why; the reply is the caller's.
 * Process    pure.
 */
#ifndef SMTP_PATH_H
#define SMTP_PATH_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

/*
 * RFC 5321 asks for at least 64 and 255.  Long localparts are common in
 * bounce addresses; we take what fits and never cut.
 */
#define SMTP_LOCALPART_MAX	255
#define SMTP_DOMAIN_MAX		255

struct smtp_path {
	struct str	localpart;
	struct str	domain;		/* empty: <postmaster>, or null */
	bool		null;		/* <> */
	bool		utf8;		/* a byte over 127: needs SMTPUTF8 */
};

enum smtp_path_kind { SMTP_PATH_REVERSE, SMTP_PATH_FORWARD };

/* What a server takes beyond the grammar, for what old devices send. */
struct smtp_leniency {
	bool		bare;		/* a path without angle brackets */
	bool		final_dot;	/* of a domain; it is taken off */
	struct str	domain;		/* where there is none; or empty */
};

/* The path in angle brackets at the front of s; *rest is what follows it.
 * A source route is checked and dropped.  <> only as reverse path,
 * <postmaster> only as forward path.  l NULL: nothing beyond the grammar. */
int	smtp_path_parse(struct smtp_path *p, struct str s,
	    enum smtp_path_kind kind, const struct smtp_leniency *l,
	    struct arena *a, struct str *rest);
/* All of s as local@domain without brackets; empty gives the null path. */
int	smtp_address_parse(struct smtp_path *p, struct str s,
	    struct arena *a);
/* Fills p from parts that come from elsewhere (a hook); -1 if they can't
 * be written as a path.  Both empty: the null path. */
int	smtp_path_set(struct smtp_path *p, struct str localpart,
	    struct str domain);

/* local@domain, the localpart in quotes where it must be; null: nothing. */
void	smtp_path_add(struct buf *out, const struct smtp_path *p);
/* The same with ASCII letters in lower case: `sender`, `recipient`. */
void	smtp_path_add_lower(struct buf *out, const struct smtp_path *p);

/* A name of labels, or an address literal "[192.0.2.1]", "[IPv6:::1]". */
bool	smtp_domain_ok(struct str domain);

#endif
