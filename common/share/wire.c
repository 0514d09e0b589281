/*
 * Numbers travel as the bits of a double.  What no enum has is refused.
 */
#include <string.h>

#include "wire.h"

static uint64_t
wire_bits(double n)
{
	uint64_t	bits;

	memcpy(&bits, &n, sizeof bits);
	return bits;
}

static double
wire_number(uint64_t bits)
{
	double	n;

	memcpy(&n, &bits, sizeof n);
	return n;
}

void
share_put_question(uint64_t id, const struct share_question *q,
    struct ipc_SHARE_ASK *m)
{
	*m = (struct ipc_SHARE_ASK){ .id = id, .op = q->op,
	    .flags = q->flags, .version = q->version,
	    .interval_ms = q->interval_ms, .number = wire_bits(q->number),
	    .key = q->key, .value = q->value };
}

int
share_get_question(const struct ipc_SHARE_ASK *m, struct share_question *q)
{
	if (m->op >= SHARE_OPS)
		return -1;
	*q = (struct share_question){ .op = (enum share_op)m->op,
	    .flags = m->flags, .version = m->version,
	    .interval_ms = m->interval_ms, .number = wire_number(m->number),
	    .key = m->key, .value = m->value };
	return 0;
}

void
share_put_answer(uint64_t id, const struct share_answer *a,
    struct ipc_SHARE_ANSWER *m)
{
	*m = (struct ipc_SHARE_ANSWER){ .id = id, .status = a->status,
	    .version = a->version, .number = wire_bits(a->number),
	    .value = a->value };
}

int
share_get_answer(const struct ipc_SHARE_ANSWER *m, struct share_answer *a)
{
	if (m->status >= SHARE_STATUSES)
		return -1;
	*a = (struct share_answer){ .status = (enum share_status)m->status,
	    .version = m->version, .number = wire_number(m->number),
	    .value = m->value };
	return 0;
}
