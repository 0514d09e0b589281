/*
 * Frames and every message's decoder.  What decodes is encoded again and
 * must give the same bytes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ipc/frame.h"
#include "ipc/ipc.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The last field of a BLOB points into the payload: compare, don't free. */
#define MSG(id, name, from, to, fd, ...)				\
static void								\
fuzz_##name(struct rbuf r)						\
{									\
	static struct ipc_##name	m;				\
	struct buf			b = BUF_INIT;			\
	struct rbuf			in = r;				\
									\
	if (ipc_get_##name(&in, &m) == 0) {				\
		if (ipc_put_##name(&b, &m) == -1 || b.len != r.len ||	\
		    memcmp(buf_data(&b), r.p, r.len) != 0)		\
			abort();					\
	}								\
	buf_free(&b);							\
}
#include "ipc/ipc.def"
#undef MSG

static void
fuzz_frame(const struct frame *f)
{
	switch (f->type) {
#define MSG(id, name, from, to, fd, ...)				\
	case IPC_##name:						\
		fuzz_##name(f->payload);				\
		break;
#include "ipc/ipc.def"
#undef MSG
	default:
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str	in = { (const char *)data, size };
	struct frame	f;
	long		n;

	while ((n = frame_parse(in, &f)) > 0) {
		if ((size_t)n > in.len)
			abort();
		fuzz_frame(&f);
		in.p += n;
		in.len -= (size_t)n;
	}
	return 0;
}
