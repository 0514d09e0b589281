/*
 * A frame is parsed where it lies.  One that is not whole yet gives 0, but a
 * head that no frame can have is refused at once.
 */
#include "frame.h"

size_t
frame_begin(struct buf *b, int type, int nfds)
{
	size_t	begin = b->len;

	wire_put_uint(b, 0, 4);
	wire_put_uint(b, (uint64_t)type, 2);
	wire_put_uint(b, (uint64_t)nfds, 1);
	wire_put_uint(b, 0, 1);
	return begin;
}

void
frame_end(struct buf *b, size_t begin)
{
	size_t	 n = b->len - begin - FRAME_HEADER;
	char	*p = buf_data(b) + begin;
	int	 i;

	for (i = 0; i < 4; i++)
		p[i] = (char)(n >> (24 - 8 * i) & 0xff);
}

long
frame_parse(struct str in, struct frame *f)
{
	struct rbuf	r = { (const unsigned char *)in.p, in.len };
	uint64_t	len, type, nfds, zero;

	if (in.len < FRAME_HEADER)
		return 0;
	if (wire_get_uint(&r, &len, 4) == -1 ||
	    wire_get_uint(&r, &type, 2) == -1 ||
	    wire_get_uint(&r, &nfds, 1) == -1 ||
	    wire_get_uint(&r, &zero, 1) == -1)
		return -1;
	if (len > FRAME_MAX || nfds > 1 || zero != 0)
		return -1;
	if (r.len < len)
		return 0;
	f->type = (int)type;
	f->nfds = (int)nfds;
	f->payload.p = r.p;
	f->payload.len = len;
	return (long)(FRAME_HEADER + len);
}
