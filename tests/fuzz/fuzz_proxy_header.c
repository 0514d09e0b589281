/*
 * A PROXY header: the same whatever the cut, and what is used of the bytes
 * is the header and no more.
 */
#include <stdint.h>
#include <stdlib.h>

#include "smtp/proxy_header.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum proxy_read
read_cut(struct proxy_header *h, struct str all, size_t cut, size_t *total)
{
	enum proxy_read	 got = PROXY_MORE;
	const char	*why = NULL;
	struct str	 part;
	size_t		 used;

	proxy_header_init(h);
	*total = 0;
	while (got == PROXY_MORE && *total < all.len) {
		part = (struct str){ all.p + *total, all.len - *total };
		if (part.len > cut)
			part.len = cut;
		got = proxy_header_feed(h, part, &used, &why);
		*total += used;
		if (got == PROXY_MORE && used != part.len)
			abort();
	}
	if ((got == PROXY_BAD) != (why != NULL) ||
	    h->raw.len > PROXY_HEADER_MAX)
		abort();
	return got;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proxy_header	 a, b;
	struct str		 all = { (const char *)data, size };
	enum proxy_read		 got;
	size_t			 whole, cut;

	got = read_cut(&a, all, size + 1, &whole);
	if (read_cut(&b, all, 1 + size % 7, &cut) != got ||
	    (got == PROXY_DONE && (cut != whole ||
	    a.has_addresses != b.has_addresses ||
	    !str_eq(a.tlv, b.tlv) || !netaddr_eq(&a.from, &b.from) ||
	    !netaddr_eq(&a.to, &b.to))))
		abort();
	proxy_header_fini(&a);
	proxy_header_fini(&b);
	return 0;
}
