/*
 * What a Try() asks for, as another process wrote it: what reads is written
 * again and is the same, and can be laid over a transport.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "outbound/wish.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str		in = { (const char *)data, size };
	struct wish		w;
	struct transport	t;
	struct send_backend	b;
	struct buf		out = BUF_INIT;
	struct netaddr		a;

	if (wish_get(&w, in) == 0) {
		if (wish_put(&out, &w) == -1 || !str_eq(buf_str(&out), in))
			abort();
		memset(&t, 0, sizeof t);
		memset(&b, 0, sizeof b);
		wish_lay(&w, &t);
		wish_backend(&w, &b);
		(void)wish_takes_mx(&w, STR("mx.example"));
		if (netaddr_parse_ip(&a, STR("192.0.2.1"), 25) == 0)
			(void)wish_takes_ip(&w, &a);
	}
	buf_free(&out);
	return 0;
}
