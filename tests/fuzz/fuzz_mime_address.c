/*
 * Addresses in a field: what is shown has no white space or control outside
 * of quotes, and a list written from it reads the same.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "mime/address.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
collect(void *arg, struct str address, struct err *e)
{
	struct buf	*list = arg;

	(void)e;
	if (address.len == 0)
		abort();
	if (memchr(address.p, '\0', address.len) != NULL &&
	    memchr(address.p, '"', address.len) == NULL &&
	    memchr(address.p, '[', address.len) == NULL)
		abort();
	if (memchr(address.p, '\r', address.len) != NULL ||
	    memchr(address.p, '\n', address.len) != NULL)
		abort();
	buf_add_byte(list, '<');
	buf_add_str(list, address);
	buf_add_text(list, ">,");
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf	once = BUF_INIT, again = BUF_INIT;
	struct err	e;

	if (address_list((struct str){ (const char *)data, size }, collect,
	    &once, &e) == 0 && (address_list(buf_str(&once), collect, &again,
	    &e) == -1 || !str_eq(buf_str(&once), buf_str(&again))))
		abort();
	buf_free(&once);
	buf_free(&again);
	return 0;
}
