/*
 * fillspool DIR MESSAGES RECIPIENTS [BODY_BYTES [held]]: messages in the spool
 * DIR, by the spool's own writer and without any daemon: to see what a large
 * queue costs.  Each tenth entry is held, each third deferred by a day; or all
 * are held.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "spool/disk_real.h"
#include "spool/entry.h"
#include "spool/writer.h"

#define GROUP	256

static bool	fill_held;

static struct spool_draft *
fill_draft(unsigned int n, unsigned int rcpts, struct str body)
{
	struct spool_entry	 entry = { .size = body.len };
	struct spool_draft	*d;
	struct spool_id		 id;
	struct buf		 b = BUF_INIT;
	char			*from = xasprintf("sender%u@from%u.example", n,
				    n % 1000);
	char			*to = xasprintf("rcpt%u@to%u.example", n,
				    n % 5000);

	spool_id_make(&id);
	d = spool_draft_new(&id);
	(void)spool_draft_body(d, body, NULL);
	entry.sender = str_of(from);
	entry.recipient = str_of(to);
	entry.transportid = STR("mx");
	entry.ts_us = (uint64_t)clock_wall_us();
	while (entry.queue < rcpts) {
		entry.queue++;
		entry.flags = fill_held || (n + entry.queue) % 10 == 0 ?
		    ENTRY_HOLD : 0;
		entry.delay_ms = n % 3 == 0 ? 86400000 : 0;
		buf_clear(&b);
		(void)spool_entry_put(&b, &entry, NULL);
		(void)spool_draft_entry(d, buf_str(&b), NULL);
	}
	(void)spool_draft_end(d, NULL);
	buf_free(&b);
	free(from);
	free(to);
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

int
main(int argc, char **argv)
{
	struct spool_writer	*w;
	struct disk		*disk;
	struct buf		 body = BUF_INIT;
	struct err		 e;
	unsigned int		 n = 0, count, rcpts;
	int			 fd, rc = 0;

	if (argc < 4 || (fd = open(argv[1], O_RDONLY | O_DIRECTORY)) == -1) {
		(void)fprintf(stderr, "usage: fillspool DIR MESSAGES "
		    "RECIPIENTS [BODY_BYTES [held]]\n");
		return 2;
	}
	count = (unsigned int)atoi(argv[2]);
	rcpts = (unsigned int)atoi(argv[3]);
	fill_held = argc > 5 && strcmp(argv[5], "held") == 0;
	buf_add_text(&body, "Subject: s\r\n\r\n");
	while (argc > 4 && body.len < (size_t)atoi(argv[4]))
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
