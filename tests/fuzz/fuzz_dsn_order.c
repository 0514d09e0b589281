/*
 * An order for a notification, as another process or the journal has it: what
 * reads is written again, and reads as the same.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "dsn/order.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str		in = { (const char *)data, size };
	struct dsn_order	o;
	struct buf		out = BUF_INIT, again = BUF_INIT;
	struct err		e;

	if (dsn_order_get(&o, in, &e) == 0) {
		(void)dsn_action_name(o.action);
		if (dsn_order_put(&out, &o, &e) == -1 ||
		    dsn_order_get(&o, buf_str(&out), &e) == -1 ||
		    dsn_order_put(&again, &o, &e) == -1 ||
		    !str_eq(buf_str(&out), buf_str(&again)))
			abort();
	} else if (e.text[0] == '\0')
		abort();
	buf_free(&out);
	buf_free(&again);
	return 0;
}
