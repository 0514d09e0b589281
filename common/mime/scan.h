/*
 * scan - what a message weighs besides its bytes, in one cheap pass
 *
 * Size of its header, Received, Date, Message-ID, Delivered-To and TLS-Required
 * in it, and how deep its parts lie in one another: a multipart or a message in
 * a part is one level.
 * Where the top is no multipart, nothing behind the header is looked at.
 *
 * Ownership  the caller's storage; mime_scan_init(), mime_scan_fini().
 * Failure    none: what is malformed counts as plain text.  Beyond depth_limit
 *            the scan ends.
 * Process    pure; any cut of the bytes gives the same.
 */
#ifndef MIME_SCAN_H
#define MIME_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

#define MIME_SCAN_LINE		512	/* of a line; the rest is not seen */
#define MIME_SCAN_DELIVERED	16384	/* of all Delivered-To, the first */

struct mime_level;

struct mime_scan {
	uint64_t		 header_size;	/* of the top, bytes */
	unsigned		 received;
	char			 id[MIME_SCAN_LINE]; /* the first Message-ID */
	size_t			 id_len;
	struct buf		 delivered;	/* Delivered-To, a line each */
	bool			 date;		/* has a Date field */
	bool			 tls_not_required; /* TLS-Required: No */
	unsigned		 depth;		/* the greatest */
	unsigned		 depth_limit;
	enum { MIME_SCAN_HEADER, MIME_SCAN_BODY, MIME_SCAN_OVER } state;
	bool			 nested;	/* not the top's header */
	bool			 in_type;	/* fields: Content-Type */
	bool			 in_id;		/* fields: Message-ID */
	bool			 skip;		/* the rest of this line */
	struct buf		 line;
	struct buf		 type;		/* its value */
	unsigned		 level;		/* of what is read now */
	struct mime_level	*open;		/* multiparts, by depth */
	size_t			 open_count;
};

void	mime_scan_init(struct mime_scan *s, unsigned depth_limit);
void	mime_scan_fini(struct mime_scan *s);
/* STR_NONE: there is none. */
struct str mime_scan_id(const struct mime_scan *s);
/* Does it say that it was delivered to this address before? */
bool	mime_scan_delivered(const struct mime_scan *s, struct str address);
void	mime_scan_add(struct mime_scan *s, struct str bytes);

#endif
