/*
 * wire - questions and answers as the messages of ipc.def
 *
 * Ownership  the bytes are borrowed both ways.
 * Failure    0, or -1: what no honest peer sends.
 */
#ifndef SHARE_WIRE_H
#define SHARE_WIRE_H

#include "ipc/ipc.h"
#include "share/share.h"

void	share_put_question(uint64_t id, const struct share_question *q,
	    struct ipc_SHARE_ASK *m);
int	share_get_question(const struct ipc_SHARE_ASK *m,
	    struct share_question *q);
void	share_put_answer(uint64_t id, const struct share_answer *a,
	    struct ipc_SHARE_ANSWER *m);
int	share_get_answer(const struct ipc_SHARE_ANSWER *m,
	    struct share_answer *a);

#endif
