/*
 * desk - what mtactl(8) asks about policies
 *
 * Failure    -1: what no honest mtactl sends.
 */
#ifndef QMGR_DESK_H
#define QMGR_DESK_H

#include "query.h"

/* 1: rows are in q->made, and wait for credit; 2: it was answered as a whole:
 * q->changed, or *why; 0: the frame is none of these. */
int	desk_on_frame(struct query *q, int type, struct rbuf *r,
	    const char **why);

#endif
