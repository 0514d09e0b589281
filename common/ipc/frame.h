/*
 * frame - how a message lies on a Unix stream socket
 *
 * Header of 8 bytes: payload length (4), type (2), descriptors (1), zero (1);
 * then the payload as ipc.def says.  A descriptor travels with the first byte
 * of its frame.
 *
 * Failure    0, or -1: the peer is to be dropped.
 */
#ifndef IPC_FRAME_H
#define IPC_FRAME_H

#include <stddef.h>

#include "base/buf.h"
#include "base/wire.h"

#define FRAME_HEADER	8
#define FRAME_MAX	(1024 * 1024 + 8 * 1024)	/* payload */

struct frame {
	int		type;
	int		nfds;
	struct rbuf	payload;
};

/* Writes a header for what put appends after it: begin, put, end. */
size_t	frame_begin(struct buf *b, int type, int nfds);
void	frame_end(struct buf *b, size_t begin);
/* The frame at the front of in: its length, 0 if not all is there, -1. */
long	frame_parse(struct str in, struct frame *f);

#endif
