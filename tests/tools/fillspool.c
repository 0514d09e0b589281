/*
 * fillspool [option...] DIR MESSAGES RECIPIENTS: messages in the spool DIR, by
 * the spool's own writer and without any daemon: to see what a large queue
 * costs.  Without an option each tenth entry is held, each third deferred by a
 * day.
 *
 *	--body BYTES	--domains N	of recipients
 *	--held		all are held
 *	--delay SECONDS	all are deferred
 *	--transport ID
 *	--age SECONDS	they came so long ago
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "spool/disk_real.h"
#include "spool/entry.h"
#include "spool/writer.h"

#define GROUP	256

static struct {
	int		held;
	int64_t		delay_ms;	/* -1: of each third, a day */
	unsigned int	domains;
	size_t		body;
	int64_t		age_us;
	const char	*transport;
} fill = { .delay_ms = -1, .domains = 5000, .transport = "mx" };

static struct spool_draft *
fill_draft(unsigned int n, unsigned int rcpts, struct str body)
{
	struct spool_entry	 entry = { .size = body.len };
	struct spool_draft	*d;
	struct spool_id		 id;
	struct buf		 b = BUF_INIT;
	char			*from = xasprintf("sender%u@from%u.example", n,
				    n % 1000);
	char			*to;

	spool_id_make(&id);
	d = spool_draft_new(&id);
	(void)spool_draft_body(d, body, NULL);
	entry.sender = str_of(from);
	entry.transportid = str_of(fill.transport);
	entry.ts_us = (uint64_t)(clock_wall_us() - fill.age_us);
	while (entry.queue < rcpts) {
		entry.queue++;
		to = xasprintf("rcpt%u-%lu@to%lu.example", n,
		    (unsigned long)entry.queue,
		    (unsigned long)(n + entry.queue) % fill.domains);
		entry.recipient = str_of(to);
		entry.flags = fill.held || (fill.delay_ms == -1 &&
		    (n + entry.queue) % 10 == 0) ? ENTRY_HOLD : 0;
		entry.delay_ms = n % 3 == 0 ? 86400000 : 0;
		if (fill.delay_ms != -1)
			entry.delay_ms = (uint64_t)fill.delay_ms;
		buf_clear(&b);
		(void)spool_entry_put(&b, &entry, NULL);
		(void)spool_draft_entry(d, buf_str(&b), NULL);
		free(to);
	}
	(void)spool_draft_end(d, NULL);
	buf_free(&b);
	free(from);
	return d;
}

/* As many as are staged together. */
static int
fill_group(struct spool_writer *w, unsigned int *n, unsigned int count,
    unsigned int rcpts, struct str body)
{
	struct spool_draft	*d[GROUP];
	struct err		 e = { "" };
	int			 i, most = 0, rc = 0;

	for (; most < GROUP && *n < count && rc == 0; most++) {
		d[most] = fill_draft((*n)++, rcpts, body);
		rc = spool_writer_stage(w, d[most], &e);
		if (rc == 1 && (rc = spool_writer_commit(w, &e)) == 0)
			rc = spool_writer_stage(w, d[most], &e);
	}
	if (rc == 0)
		rc = spool_writer_commit(w, &e);
	for (i = 0; i < most; i++)
		spool_draft_free(&d[i]);
	if (rc != 0)
		(void)fprintf(stderr, "fillspool: %s\n", e.text);
	return rc;
}

static int
fill_options(int argc, char **argv)
{
	static const struct option	options[] = {
		{ "body", required_argument, NULL, 'b' },
		{ "domains", required_argument, NULL, 'n' },
		{ "delay", required_argument, NULL, 'd' },
		{ "transport", required_argument, NULL, 't' },
		{ "age", required_argument, NULL, 'a' },
		{ "held", no_argument, &fill.held, 1 },
		{ NULL, 0, NULL, 0 },
	};
	int				c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'b')
			fill.body = (size_t)atoi(optarg);
		else if (c == 'n')
			fill.domains = (unsigned int)atoi(optarg);
		else if (c == 'd')
			fill.delay_ms = atoi(optarg) * (int64_t)1000;
		else if (c == 'a')
			fill.age_us = atoi(optarg) * (int64_t)1000000;
		else if (c == 't')
			fill.transport = optarg;
		else if (c == '?')
			return -1;
	}
	return argc - optind == 3 && fill.domains > 0 ? 0 : -1;
}

int
main(int argc, char **argv)
{
	struct spool_writer	*w;
	struct disk		*disk;
	struct buf		 body = BUF_INIT;
	struct err		 e;
	unsigned int		 n = 0, count, rcpts;
	int			 fd, rc = 0;

	if (fill_options(argc, argv) == -1 || (fd = open(argv[optind],
	    O_RDONLY | O_DIRECTORY)) == -1) {
		(void)fprintf(stderr, "usage: fillspool [--body BYTES] "
		    "[--domains N] [--held] [--delay SECONDS] "
		    "[--transport ID] [--age SECONDS] DIR MESSAGES "
		    "RECIPIENTS\n");
		return 2;
	}
	count = (unsigned int)atoi(argv[optind + 1]);
	rcpts = (unsigned int)atoi(argv[optind + 2]);
	buf_add_text(&body, "Subject: s\r\n\r\n");
	while (body.len < fill.body)
		buf_add_text(&body, "0123456789abcdef\r\n");
	disk = disk_real_new(fd);
	if (spool_writer_open(&w, disk, 0, &e) == -1) {
		(void)fprintf(stderr, "fillspool: %s\n", e.text);
		return 1;
	}
	while (n < count && rc == 0)
		rc = fill_group(w, &n, count, rcpts, buf_str(&body));
	spool_writer_close(&w);
	disk_free(&disk);
	buf_free(&body);
	return rc == 0 ? 0 : 1;
}
