/*
 * terminal - text from elsewhere, made fit to be shown
 *
 * Process    pure.
 */
#ifndef MTACTL_TERMINAL_H
#define MTACTL_TERMINAL_H

#include "base/buf.h"

/* Controls, of C1 too, and bytes that are no UTF-8 become \xNN. */
void	terminal_add(struct buf *out, struct str text);

#endif
