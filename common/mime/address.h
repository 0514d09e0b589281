/*
 * address - the addresses in a field of a header (RFC 5322 3.4, 4.4)
 *
 * To, Cc, From and their like hold names, comments, groups and folds; what is
 * shown of them is each address alone, in its order: local@domain, the local
 * part in quotes where it stood so, or a local part without a domain.
 *
 * Ownership  what fn is shown is borrowed until it returns.
 * Failure    -1 with *e: the field is not what the RFC asks for; fn has been
 *            called for what stood before.  fn gives -1 with *e to end it.
 * Process    pure; linear in the text.
 */
#ifndef MIME_ADDRESS_H
#define MIME_ADDRESS_H

#include "base/err.h"
#include "base/str.h"

typedef int	address_fn(void *arg, struct str address, struct err *e);

int	address_list(struct str value, address_fn *fn, void *arg,
	    struct err *e);

#endif
