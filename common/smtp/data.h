/*
 * data - a message as it arrives, by DATA or by BDAT
 *
 * DATA: only CRLF ends a line, only CRLF.CRLF ends the message; the dots put
 * before lines that begin with one are taken off.  BDAT: the caller counts
 * the chunks and shows their bytes.  Both look at every byte: a bare CR or
 * LF is noted and the message must then be refused, after its true end; the
 * readers go on to it whatever they see.  Any cut gives the same result.
 *
 * Ownership  a run points into the input (or at a constant).
 * Failure    none.
 * Process    pure.
 */
#ifndef SMTP_DATA_H
#define SMTP_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum smtp_scan_state { SMTP_SCAN_START, SMTP_SCAN_TEXT, SMTP_SCAN_CR };

/* What is known of the bytes seen so far. */
struct smtp_scan {
	uint64_t		size;		/* CRLF counted, dots not */
	uint64_t		line;		/* length of the line begun */
	uint64_t		longest;	/* longest line, with CRLF */
	bool			bare_cr;
	bool			bare_lf;
	bool			dot_lines;	/* a line begins with a dot */
	bool			eight_bit;	/* a byte over 127 */
	bool			nul;
	enum smtp_scan_state	state;
};

struct smtp_data {
	struct smtp_scan	scan;
	enum { SMTP_DATA_LINE, SMTP_DATA_DOT, SMTP_DATA_DOT_CR,
		SMTP_DATA_UNSTUFFED, SMTP_DATA_END } state;
};

void	smtp_scan_init(struct smtp_scan *s);
void	smtp_scan_add(struct smtp_scan *s, struct str bytes);
/* After the last byte: a CR at the very end is a bare one. */
void	smtp_scan_end(struct smtp_scan *s);
/* The message is empty or its last bytes are CRLF. */
bool	smtp_scan_ends_crlf(const struct smtp_scan *s);

void	smtp_data_init(struct smtp_data *d);
/* Uses bytes from the front of in and returns how many; *run is what of
 * them belongs to the message, may be empty.  Call until in is used up or
 * smtp_data_done(): bytes after the end are not touched. */
size_t	smtp_data_read(struct smtp_data *d, struct str in, struct str *run);
bool	smtp_data_done(const struct smtp_data *d);

#endif
