/*
 * What a SOCKS proxy says: the same whatever the cut, no more is used than its
 * replies, and what it is told fits the address.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "send/proxy.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct told {
	enum proxy_said	 said;
	size_t		 used;
	struct buf	 out;
	const char	*why;
	struct netaddr	 from;
};

static void
told_read(struct told *t, const struct netaddr *to, struct str all,
    size_t cut)
{
	struct proxy_socks	p;
	struct str		part;
	size_t			used;

	memset(t, 0, sizeof *t);
	proxy_socks_begin(&p, to, &t->out);
	t->said = PROXY_SOCKS_MORE;
	while (t->said == PROXY_SOCKS_MORE && t->used < all.len) {
		part = (struct str){ all.p + t->used, all.len - t->used };
		if (part.len > cut)
			part.len = cut;
		t->said = proxy_socks_feed(&p, part, &used, &t->out,
		    &t->why);
		if (used > part.len || (t->said == PROXY_SOCKS_MORE &&
		    used != part.len))
			abort();
		t->used += used;
	}
	if ((t->said == PROXY_SOCKS_FAILED) != (t->why != NULL) ||
	    t->used > 2 + PROXY_SOCKS_REPLY_MAX || t->out.len > 3 + 22)
		abort();
	if (t->said == PROXY_SOCKS_OPEN)
		proxy_socks_from(&p, &t->from);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct netaddr	to;
	struct told	a, b;

	if (size == 0 || netaddr_parse_ip(&to, data[0] & 1 ?
	    STR("2001:db8::1") : STR("192.0.2.1"), 25) == -1)
		return 0;
	told_read(&a, &to, (struct str){ (const char *)data + 1, size - 1 },
	    size);
	told_read(&b, &to, (struct str){ (const char *)data + 1, size - 1 },
	    1 + data[0] / 2);
	if (a.said != b.said || a.used != b.used || a.why != b.why ||
	    !str_eq(buf_str(&a.out), buf_str(&b.out)) ||
	    memcmp(&a.from, &b.from, sizeof a.from) != 0)
		abort();
	buf_free(&a.out);
	buf_free(&b.out);
	return 0;
}
