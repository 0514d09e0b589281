/* A message's scan: the same for every cut, and within its limits. */
#include <stdint.h>
#include <stdlib.h>

#include "mime/scan.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* To whom it was delivered before is what its bytes say, too. */
static bool
same_delivered(const struct mime_scan *a, const struct mime_scan *b)
{
	struct str	rest = buf_str(&a->delivered), one;

	while (rest.len > 0) {
		one = str_split(rest, '\n', &rest);
		if (mime_scan_delivered(a, one) != mime_scan_delivered(b, one))
			return false;
	}
	return mime_scan_delivered(a, STR("b@example.org")) ==
	    mime_scan_delivered(b, STR("b@example.org"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mime_scan	a, b;
	size_t			i, n, cut = 1 + size % 11;

	mime_scan_init(&a, 8);
	mime_scan_add(&a, (struct str){ (const char *)data, size });
	mime_scan_init(&b, 8);
	for (i = 0; i < size; i += n) {
		n = size - i < cut ? size - i : cut;
		mime_scan_add(&b, (struct str){ (const char *)data + i, n });
	}
	if (a.header_size != b.header_size || a.received != b.received ||
	    a.date != b.date || a.tls_not_required != b.tls_not_required ||
	    !str_eq(mime_scan_id(&a), mime_scan_id(&b)) ||
	    !same_delivered(&a, &b) || a.depth != b.depth ||
	    a.header_size > size || a.depth > 9 ||
	    a.open_count > 8 || a.line.len > MIME_SCAN_LINE)
		abort();
	mime_scan_fini(&a);
	mime_scan_fini(&b);
	return 0;
}
