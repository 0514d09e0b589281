/*
 * secret - passwords and tokens, each in a file of secret_directory
 *
 * A secret is the first line of its file.  The file is read again when it
 * has changed, which is looked at once a second at most.
 *
 * Ownership  secrets_new() takes the directory's descriptor (-1: there is
 *            none) and gives, secrets_free() takes and wipes.  What
 *            secrets_get() gives is the caller's: secret_free() wipes it.
 * Failure    -1 with *e, which says nothing of what is in the file.
 */
#ifndef OUTBOUND_SECRET_H
#define OUTBOUND_SECRET_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

#define SECRET_MAX	8192

struct secrets;

struct secrets	*secrets_new(int directory);
void		 secrets_free(struct secrets **s);
int		 secrets_get(struct secrets *s, struct str name,
		    int64_t now_ms, struct str *secret, struct err *e);
void		 secret_free(struct str *secret);

#endif
