/*
 * openspool SPOOL INDEX [tables]: opens the queue of a spool that no daemon
 * uses, without an index, so that it is made anew, and prints how long that
 * took; with "tables", writes the tables of its segments first.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "spool/book.h"
#include "spool/book_table.h"
#include "spool/disk_real.h"
#include "spool/writer.h"

static int
fail(const char *what, const struct err *e)
{
	(void)fprintf(stderr, "openspool: %s: %s\n", what, e->text);
	return 1;
}

static int
open_book(struct book **b, struct disk *disk, struct kv_place *place,
    struct err *e)
{
	struct book_options	o = { .disk = disk, .index_ops = &kv_real,
				    .index_arg = place };
	struct spool_writer	*w;
	struct spool_place	end;
	int64_t			began = clock_mono_ms();

	o.time = (struct book_time){ began, clock_wall_us() / 1000 };
	if (spool_writer_open(&w, disk, 0, e) == -1)
		return -1;
	end = spool_writer_durable(w);
	spool_writer_close(&w);
	began = clock_mono_ms();
	if (book_open(b, &o, e) == -1 ||
	    book_hint(*b, end.segment, end.offset, e) == -1)
		return -1;
	(void)printf("%.2f s\n", (double)(clock_mono_ms() - began) / 1000);
	return 0;
}

static int
write_tables(struct book *b, struct err *e)
{
	int64_t	began = clock_mono_ms();
	int	rc;

	while ((rc = book_tables(b, 0, e)) == 1)
		;
	(void)printf("tables in %.2f s\n",
	    (double)(clock_mono_ms() - began) / 1000);
	return rc;
}

int
main(int argc, char **argv)
{
	struct kv_place		 place;
	struct book_counts	 counts;
	struct book		*b;
	struct err		 e;
	int			 fd;

	if (argc < 3 || (fd = open(argv[1], O_RDONLY | O_DIRECTORY)) == -1) {
		(void)fprintf(stderr, "usage: openspool SPOOL INDEX "
		    "[tables]\n");
		return 2;
	}
	place = (struct kv_place){ argv[2], 16U << 20 };
	if (open_book(&b, disk_real_new(fd), &place, &e) == -1)
		return fail("open", &e);
	book_count(b, &counts);
	(void)printf("%llu entries, rebuilt: %s, %llu tables\n",
	    (unsigned long long)counts.entries, counts.rebuilt ? "yes" : "no",
	    (unsigned long long)counts.tables);
	if (argc > 3 && write_tables(b, &e) == -1)
		return fail("tables", &e);
	book_close(&b);
	return 0;
}
