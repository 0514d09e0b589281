/*
 * A notification of an order, an entry and an original, each any bytes: it is
 * a message of mail, with one header that has each of its fields once, and as
 * many parts as it should have.
 *
 * The input: two bytes of length each for the order and the entry, then these,
 * then the original.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dsn/notification.h"
#include "mime/header.h"
#include "mime/qp.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str
take(struct str *s)
{
	struct str	part = { NULL, 0 };
	size_t		n;

	if (s->len < 2)
		return part;
	n = (size_t)(unsigned char)s->p[0] << 8 | (unsigned char)s->p[1];
	s->p += 2;
	s->len -= 2;
	part = (struct str){ s->p, n < s->len ? n : s->len };
	s->p += part.len;
	s->len -= part.len;
	return part;
}

static int
next(void *arg, struct str *piece, struct err *e)
{
	struct str	*s = arg;

	(void)e;
	*piece = (struct str){ s->p, s->len < 9 ? s->len : 9 };
	s->p += piece->len;
	s->len -= piece->len;
	return piece->len == 0;
}

/* Exactly so many fields of that name; those of a script replace ours. */
static void
check_field(const struct header *h, const char *name, size_t most)
{
	size_t	i, n = 0;

	for (i = 0; i < header_count(h); i++)
		n += field_is(header_at(h, i), str_of(name));
	if (n > most || (most == 1 && n == 0))
		abort();
}

static void
check_parts(struct str body, struct str type)
{
	static const char	mark[] = "boundary=\"";
	const char		*p = memmem(type.p, type.len, mark, 10);
	struct buf		 line = BUF_INIT;
	size_t			 n = 0;

	if (p == NULL)
		abort();
	buf_add_text(&line, "\r\n--");
	for (p += 10; *p != '"'; p++)
		buf_add_byte(&line, *p);
	while ((p = memmem(body.p, body.len, buf_data(&line), line.len)) !=
	    NULL) {
		n++;
		body.len -= (size_t)(p - body.p) + line.len;
		body.p = p + line.len;
	}
	/* Text, status, the original or not, the end; and then nothing. */
	if (n < 3 || n > 4 || !str_eq(body, STR("--\r\n")))
		abort();
	buf_free(&line);
}

static void
check_message(struct str m)
{
	struct header	*h = header_new(&header_limits_default);
	size_t		 i, skip;

	if (!qp_not_needed(m, true) || m.len < 2 ||
	    memcmp(m.p + m.len - 2, "\r\n", 2) != 0 ||
	    header_feed(h, m, NULL) != 1)
		abort();
	header_ready(h);
	for (i = 0; i < header_count(h); i++)
		if (header_at(h, i).name_len == 0)
			abort();
	check_field(h, "Content-Type", 1);
	check_field(h, "MIME-Version", 1);
	skip = header_original_size(h) + 2;
	check_parts((struct str){ m.p + skip, m.len - skip },
	    field_value(header_at(h, header_find(h, STR("Content-Type"),
	    0))));
	header_free(&h);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct templates		*templates;
	struct str			 rest = { (const char *)data, size };
	struct dsn_order		 order;
	struct spool_entry		 entry, child;
	struct notification		 n;
	struct buf			 metadata = BUF_INIT, kept = BUF_INIT;
	struct notification_request	 rq = { .id = STR("018c190a-0000-7000-"
	    "8000-000000000000:1"), .entry = &entry, .order = &order,
	    .language = STR("en"), .hostname = STR("mx.example"),
	    .size_limit = 500, .now_us = 1700000000000000, .next = next,
	    .arg = &rest };

	if (templates == NULL)
		templates = templates_new();
	rq.templates = templates;
	if (dsn_order_get(&order, take(&rest), NULL) == -1 ||
	    spool_entry_get(&entry, take(&rest), NULL) == -1 ||
	    notification_make(&n, &rq, NULL) == -1)
		return 0;
	check_message(buf_str(&n.message));
	notification_entry(&n, &rq, &metadata, &child);
	if (child.sender.len != 0 || child.parent.len == 0)
		abort();
	/* As bounce stores it: within the bounds of an entry. */
	if (spool_entry_put(&kept, &child, NULL) == 0 &&
	    spool_entry_get(&child, buf_str(&kept), NULL) == -1)
		abort();
	notification_fini(&n);
	buf_free(&metadata);
	buf_free(&kept);
	return 0;
}
