/*
 * tags - the tag=value lists of DKIM, ARC, DMARC and MTA-STS
 *
 * RFC 6376 3.2: names are case-sensitive and stand once; white space around
 * names and values goes, within values it stays, without the folds.  UTF-8 in
 * values is taken (RFC 8616).  A tag "v" must be the first.
 *
 * Ownership  tags_parse() to start, tags_fini() to end, whatever came of it;
 *            names and values point into t->text.
 * Failure    -1: no such list.
 * Process    pure, linear in the text but for the names, of which there are
 *            few.
 */
#ifndef MIME_TAGS_H
#define MIME_TAGS_H

#include "base/buf.h"
#include "base/str.h"

#define TAGS_MAX	64

struct tag {
	struct str	name;
	struct str	value;
};

struct tags {
	struct buf	text;
	struct tag	list[TAGS_MAX];
	size_t		count;
};

int	tags_parse(struct tags *t, struct str text);
void	tags_fini(struct tags *t);
/* Its value, or STR_NONE. */
struct str tags_get(const struct tags *t, struct str name);

#endif
