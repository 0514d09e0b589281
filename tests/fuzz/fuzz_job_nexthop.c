/*
 * Next hops as another process wrote them: what reads is written again, and is
 * the same.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "job/nexthop.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str	in = { (const char *)data, size };
	struct nexthops	n;
	struct buf	out = BUF_INIT;

	if (nexthops_get(&n, in) == 0) {
		if (nexthops_put(&out, &n) == -1 ||
		    !str_eq(buf_str(&out), in))
			abort();
		nexthops_free(&n);
	}
	buf_free(&out);
	return 0;
}
