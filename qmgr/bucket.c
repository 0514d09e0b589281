/*
 * The file is notes, one after the other; of a limiter the last one counts.
 * When it has grown it is written anew, of the limiters that there are.
 *
 *	"HALYBKT1", uint 8: when the machine was started (Unix time, ms)
 *	uint 4 CRC32C of what follows, uint 4 its length, then
 *	blob name, uint 4 thousandths (and 8 per_ms, 1 algorithm): the rate;
 *	uint 8 when all of it is there again (queue clock)
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/wire.h"
#include "compat/crc32c.h"
#include "spool/bytes.h"
#include "spool/disk.h"

#include "bucket.h"

#define BUCKET_FILE	"buckets"
#define BUCKET_NEW	"buckets.new"
#define BUCKET_MAGIC	"HALYBKT1"
#define BUCKET_HEAD	16
#define BUCKET_LONG_MS	60000
#define BUCKET_NAME_MAX	4096
#define BUCKET_FILE_MAX	(64U << 20)
#define BUCKET_GROWN	(4U << 20)	/* then it is written anew */
#define BUCKET_SLACK_MS	10000

static struct {
	struct disk_file	*file;		/* NULL: it can't be written */
	uint64_t		 size;
	struct buf		 notes;
	bool			 open;
} buckets;

/* When the machine was started, as far as its clocks know. */
static int64_t
bucket_boot_ms(void)
{
	struct timespec	up;

	if (clock_gettime(CLOCK_BOOTTIME, &up) == -1)
		return 0;
	return clock_wall_us() / 1000 - ((int64_t)up.tv_sec * 1000 +
	    up.tv_nsec / 1000000);
}

/* ---- Notes --------------------------------------------------------------- */

bool
bucket_is_long(const struct schedule_limits *l)
{
	return l->rate.thousandths > 0 && l->rate.per_ms > BUCKET_LONG_MS;
}

static void
bucket_put(struct buf *out, struct str name, const struct schedule_limits *l)
{
	size_t		at = out->len;
	unsigned char	head[8];
	int64_t		full_ms;

	if (!schedule_bucket(delivery_schedule(), name, delivery_now(),
	    &full_ms))
		return;
	buf_add(out, "\0\0\0\0\0\0\0\0", 8);
	if (wire_put_blob(out, name, BUCKET_NAME_MAX) == -1) {
		buf_truncate(out, at);
		return;
	}
	wire_put_uint(out, l->rate.thousandths, 8);
	wire_put_uint(out, (uint64_t)l->rate.per_ms, 8);
	wire_put_uint(out, (uint64_t)l->algorithm, 1);
	wire_put_uint(out, (uint64_t)(keeper_queue_ms() + full_ms), 8);
	bytes_put(head, crc32c(0, buf_data(out) + at + 8, out->len - at - 8),
	    4);
	bytes_put(head + 4, out->len - at - 8, 4);
	memcpy(buf_data(out) + at, head, sizeof head);
}

void
bucket_note(const struct policy_match *m)
{
	size_t	i;

	for (i = 0; i < m->count; i++)
		if (bucket_is_long(&m->applied[i].limits))
			bucket_put(&buckets.notes, m->applied[i].name,
			    &m->applied[i].limits);
}

/* ---- The file ------------------------------------------------------------ */

static void
bucket_fail(const char *what)
{
	struct err	e;

	(void)err_errno(&e, "%s", what);
	LOG(EV_QUEUE_ERROR, NULL, LOG_STR("reason", e.text));
	COUNT(queue_errors);
	disk_close(&buckets.file);
	/* What is in it is not true any more. */
	(void)disk_unlink(keeper_disk(), BUCKET_FILE);
}

static void
bucket_renew(void)
{
	struct schedule_limiter_view	v;
	struct disk			*d = keeper_disk();
	unsigned char			head[BUCKET_HEAD] = BUCKET_MAGIC;
	struct buf			b = BUF_INIT;
	uint32_t			at = 0;

	disk_close(&buckets.file);
	bytes_put(head + 8, (uint64_t)bucket_boot_ms(), 8);
	buf_add(&b, head, sizeof head);
	while (schedule_limiter_next(delivery_schedule(), &at,
	    delivery_now(), &v))
		if (bucket_is_long(&v.limits))
			bucket_put(&b, v.name, &v.limits);
	(void)disk_unlink(d, BUCKET_NEW);
	if (disk_open(d, BUCKET_NEW, DISK_CREATE, &buckets.file) == -1)
		bucket_fail(BUCKET_NEW);
	else if (disk_write_bytes(buckets.file, buf_data(&b), b.len,
	    0) == -1 || disk_rename(d, BUCKET_NEW, BUCKET_FILE) == -1)
		bucket_fail(BUCKET_FILE);
	buckets.size = b.len;
	buf_clear(&buckets.notes);
	buf_free(&b);
}

void
bucket_write(void)
{
	if (buckets.notes.len == 0 || !buckets.open)
		return;
	if (buckets.file == NULL ||
	    buckets.size + buckets.notes.len > BUCKET_GROWN) {
		bucket_renew();
		return;
	}
	if (disk_write_bytes(buckets.file, buf_data(&buckets.notes),
	    buckets.notes.len, buckets.size) == -1)
		bucket_fail(BUCKET_FILE);
	buckets.size += buckets.notes.len;
	buf_clear(&buckets.notes);
}

/* ---- Reading ------------------------------------------------------------- */

static void
bucket_get(struct str note)
{
	struct rbuf		r = { (const unsigned char *)note.p,
				    note.len };
	struct schedule_limits	l = { .concurrency = 0 };
	uint64_t		thousandths, per_ms, algorithm, full;
	struct str		name;

	if (wire_get_blob(&r, &name, BUCKET_NAME_MAX) == -1 ||
	    wire_get_uint(&r, &thousandths, 8) == -1 ||
	    wire_get_uint(&r, &per_ms, 8) == -1 || per_ms == 0 ||
	    per_ms > INT64_MAX / 2 ||
	    wire_get_uint(&r, &algorithm, 1) == -1 ||
	    algorithm > SCHEDULE_FIXEDWINDOW ||
	    wire_get_uint(&r, &full, 8) == -1 || full > INT64_MAX / 2)
		return;
	l.rate.thousandths = thousandths;
	l.rate.per_ms = (int64_t)per_ms;
	l.algorithm = (enum schedule_algorithm)algorithm;
	schedule_bucket_set(delivery_schedule(), name, &l,
	    (int64_t)full > keeper_queue_ms() ? (int64_t)full -
	    keeper_queue_ms() : 0, delivery_now());
}

/* Up to the first note that is not whole. */
static void
bucket_read(struct str bytes)
{
	const unsigned char	*p = (const unsigned char *)bytes.p;
	size_t			 at = BUCKET_HEAD, n;
	int64_t			 boot_ms;

	if (bytes.len < BUCKET_HEAD || memcmp(p, BUCKET_MAGIC, 8) != 0)
		return;
	boot_ms = (int64_t)bytes_get(p + 8, 8);
	if (llabs(boot_ms - bucket_boot_ms()) > BUCKET_SLACK_MS)
		return;
	while (bytes.len - at >= 8) {
		n = bytes_get(p + at + 4, 4);
		if (n > bytes.len - at - 8 ||
		    bytes_get(p + at, 4) != crc32c(0, p + at + 8, n))
			return;
		bucket_get((struct str){ bytes.p + at + 8, n });
		at += 8 + n;
	}
}

static void
bucket_load(void)
{
	struct disk_file	*f;
	uint64_t		 size;
	char			*bytes;

	if (disk_open(keeper_disk(), BUCKET_FILE, DISK_READ, &f) == -1)
		return;
	if (disk_size(f, &size) == 0 && size <= BUCKET_FILE_MAX) {
		bytes = xmalloc(size + 1);
		if (disk_read(f, bytes, size, 0) == (ssize_t)size)
			bucket_read((struct str){ bytes, size });
		free(bytes);
	}
	disk_close(&f);
}

void
bucket_open(void)
{
	bucket_load();
	buckets.open = true;
}

void
bucket_close(void)
{
	disk_close(&buckets.file);
	buf_free(&buckets.notes);
	buckets.open = false;
}
