/*
 * DATA: any cut gives the same message, and what stuff.h sends of it reads
 * back as the same message.  BDAT: any cut gives the same facts.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "smtp/data.h"
#include "smtp/stuff.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str
bytes(const struct buf *b)
{
	return b->len != 0 ? buf_str(b) : STR("");
}

static size_t
read_data(struct buf *out, struct smtp_data *d, struct str in, size_t cut)
{
	struct str	part, run;
	size_t		i = 0, n;

	smtp_data_init(d);
	while (i < in.len && !smtp_data_done(d)) {
		part = (struct str){ in.p + i,
		    in.len - i < cut ? in.len - i : cut };
		n = smtp_data_read(d, part, &run);
		if (n > part.len || (n == 0 && run.len == 0))
			abort();
		buf_add_str(out, run);
		i += n;
	}
	if (d->scan.size != out->len)
		abort();
	return i;
}

static void
check_way_back(struct str message, const struct smtp_scan *scan, size_t cut)
{
	struct smtp_stuff	st = { SMTP_STUFF_START };
	struct smtp_data	d;
	struct buf		wire = BUF_INIT, back = BUF_INIT;
	struct str		part, piece;
	size_t			i;

	for (i = 0; i < message.len; i += cut) {
		part = (struct str){ message.p + i,
		    message.len - i < cut ? message.len - i : cut };
		while (smtp_stuff_next(&st, &part, &piece))
			buf_add_str(&wire, piece);
	}
	buf_add_str(&wire, smtp_stuff_end(message.len == 0,
	    smtp_scan_ends_crlf(scan)));
	if (read_data(&back, &d, buf_str(&wire), wire.len) != wire.len ||
	    !smtp_data_done(&d) || back.len < message.len ||
	    memcmp(bytes(&back).p, message.p, message.len) != 0 ||
	    back.len - message.len > 2)
		abort();
	buf_free(&wire);
	buf_free(&back);
}

static void
check_scan(struct str in, size_t cut)
{
	struct smtp_scan	one, other;
	size_t			i;

	smtp_scan_init(&one);
	smtp_scan_add(&one, in);
	smtp_scan_end(&one);
	smtp_scan_init(&other);
	for (i = 0; i < in.len; i += cut)
		smtp_scan_add(&other, (struct str){ in.p + i,
		    in.len - i < cut ? in.len - i : cut });
	smtp_scan_end(&other);
	if (memcmp(&one, &other, sizeof one) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str		in = { (const char *)data, size };
	struct smtp_data	d1, d2;
	struct buf		one = BUF_INIT, other = BUF_INIT;
	size_t			cut;

	if (size == 0)
		return 0;
	cut = 1 + data[size - 1];
	if (read_data(&one, &d1, in, 1) != read_data(&other, &d2, in, cut) ||
	    !str_eq(bytes(&one), bytes(&other)) || d1.state != d2.state ||
	    memcmp(&d1.scan, &d2.scan, sizeof d1.scan) != 0)
		abort();
	check_way_back(bytes(&one), &d1.scan, cut);
	check_scan(in, cut);
	buf_free(&one);
	buf_free(&other);
	return 0;
}
