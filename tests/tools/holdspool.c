/*
 * holdspool SPOOL INDEX: a spool as a build without bounce(8) left it, from
 * lines of
 *
 *	SENDER RECIPIENT REMOTEIP WANTED REASON
 *
 * on standard input, a dash for an empty one: each is an entry of the
 * transport out, held, with this reason.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "spool/book.h"
#include "spool/disk_real.h"
#include "spool/writer.h"

struct line {
	struct spool_id	id;
	char		sender[100], recipient[100], remoteip[64], reason[256];
	unsigned int	wanted;
};

static struct str
text(const char *s)
{
	return strcmp(s, "-") == 0 ? STR_NONE : str_of(s);
}

static int
store(struct spool_writer *w, struct line *l, struct err *e)
{
	struct spool_entry	 entry = { .queue = 1, .transportid =
				    STR("out"), .ts_us =
				    (uint64_t)clock_wall_us() };
	struct spool_draft	*d;
	struct buf		 b = BUF_INIT;
	int			 rc = -1;

	entry.sender = text(l->sender);
	entry.recipient = text(l->recipient);
	spool_id_make(&l->id);
	d = spool_draft_new(&l->id);
	if (spool_draft_body(d, STR("Subject: old\r\n\r\nold.\r\n"), e) == 0 &&
	    spool_entry_put(&b, &entry, e) == 0 &&
	    spool_draft_entry(d, buf_str(&b), e) == 0 &&
	    spool_draft_end(d, e) == 0 && spool_writer_stage(w, d, e) == 0)
		rc = spool_writer_commit(w, e);
	spool_draft_free(&d);
	buf_free(&b);
	l->id.queue = 1;
	return rc;
}

static int
hold(struct book *b, const struct line *l, struct err *e)
{
	struct entry_state	s;

	if (book_state(b, &l->id, &s, e) != 0)
		return -1;
	s.state = STATE_HOLD;
	s.wanted = l->wanted;
	s.remoteip = text(l->remoteip);
	s.reason = text(l->reason);
	return book_change(b, &l->id, &s, e);
}

static int
fill(struct spool_writer *w, struct book *b, struct err *e)
{
	struct line		l;
	struct spool_place	end;

	while (scanf("%99s %99s %63s %u %255[^\n]", l.sender, l.recipient,
	    l.remoteip, &l.wanted, l.reason) == 5) {
		if (store(w, &l, e) == -1)
			return -1;
		end = spool_writer_durable(w);
		if (book_hint(b, end.segment, end.offset, e) == -1 ||
		    hold(b, &l, e) == -1)
			return -1;
	}
	return book_sync(b, e) == -1 ? -1 : book_checkpoint(b, e);
}

int
main(int argc, char **argv)
{
	struct spool_writer	*w;
	struct kv_place		 place;
	struct book_options	 o = { .index_ops = &kv_real,
				    .index_arg = &place };
	struct book		*b;
	struct err		 e;
	int			 fd, rc;

	if (argc != 3 || (fd = open(argv[1], O_RDONLY | O_DIRECTORY)) == -1) {
		(void)fprintf(stderr, "usage: holdspool SPOOL INDEX\n");
		return 2;
	}
	place = (struct kv_place){ argv[2], 16U << 20 };
	o.disk = disk_real_new(fd);
	o.time = (struct book_time){ clock_mono_ms(), clock_wall_us() / 1000 };
	if (spool_writer_open(&w, o.disk, 0, &e) == -1 ||
	    book_open(&b, &o, &e) == -1) {
		(void)fprintf(stderr, "holdspool: %s\n", e.text);
		return 1;
	}
	if ((rc = fill(w, b, &e)) == -1)
		(void)fprintf(stderr, "holdspool: %s\n", e.text);
	book_close(&b);
	spool_writer_close(&w);
	disk_free(&o.disk);
	return rc == 0 ? 0 : 1;
}
