/*
 * dkim - a DKIM-Signature for a message (RFC 6376, 8463)
 *
 * The message is fed as it will leave: header, empty line, body, in any cut.
 * A field that is not signed does not become one by being added later, where
 * its name is oversigned.
 *
 * Ownership  dkim_new() gives, dkim_free() takes and clears; options and key
 *            are borrowed until then.
 * Failure    NULL or -1 with *e.
 * Process    keeps the header, never the body; signs when dkim_end() is
 *            called.
 */
#ifndef MIME_DKIM_H
#define MIME_DKIM_H

#include <stdint.h>

#include "mime/dkim_canon.h"
#include "mime/dkim_key.h"

struct dkim;

/* All zero but selector and domain: as signDKIM() does without options. */
struct dkim_options {
	struct str	selector;
	struct str	domain;
	struct str	identity;	/* tag i; empty: none */
	enum dkim_canon	header;
	enum dkim_canon	body;
	enum dkim_algorithm algorithm;
	/* Names, joined by colons.  headers empty: those of RFC 6376 5.4.1;
	 * without `oversign_given` From alone is oversigned. */
	struct str	headers;
	struct str	additional_headers;
	struct str	oversign_headers;
	bool		oversign_given;
	int64_t		timestamp;	/* unix time; 0: none */
	int64_t		expiration;	/* unix time; 0: none */
	int64_t		relative;	/* it is so many seconds after the
					 * timestamp, or now; 0: not */
	int64_t		now;		/* for that: unix time */
};

/*
 * One of the options of signDKIM() by its name, its value as text: lists are
 * joined by colons, timestamp is "true", "false" or a unix time.  now: unix
 * time.  What scripts may say and this knows nothing of is an error.
 */
int		 dkim_option(struct dkim_options *o, struct str name,
		    struct str value, int64_t now, struct err *e);

struct dkim	*dkim_new(const struct dkim_options *o,
		    const struct dkim_key *key, struct err *e);
void		 dkim_free(struct dkim **d);
int		 dkim_feed(struct dkim *d, struct str bytes, struct err *e);
/* Appends the field, folded, with its CRLF. */
int		 dkim_end(struct dkim *d, struct buf *field, struct err *e);

#endif
