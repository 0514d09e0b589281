/*
 * charset - text of other character sets as UTF-8
 *
 * Small tables only: what is not here is left to the reader of the mail.
 * ISO-8859-1 is read as windows-1252, of which it is a part but for controls
 * that nobody means.
 *
 * Failure    none: bytes that mean nothing become U+FFFD, controls but TAB
 *            a space, so that no name and no subject holds a line break.
 * Process    pure.
 */
#ifndef MIME_CHARSET_H
#define MIME_CHARSET_H

#include "base/buf.h"
#include "base/str.h"

enum charset { CHARSET_NONE, CHARSET_UTF8, CHARSET_ASCII, CHARSET_1252,
	CHARSET_LATIN9 };

enum charset	charset_find(struct str name);	/* CHARSET_NONE: unknown */
/* Appends at most three times as many bytes. */
void		charset_to_utf8(enum charset c, struct str s,
		    struct buf *out);
/* Bytes of the character at the front of s, which is not empty; 0: it is
 * none.  ASCII controls are characters. */
size_t		charset_utf8_len(struct str s);

#endif
