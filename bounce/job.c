/*
 * Jobs are few: a list is looked through.  A notification has room in the
 * frames of a store (DRAFT_BODY_MAX), whatever a script put into it: one that
 * would be larger is made without the original.
 */
#include <sys/queue.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "proc/board.h"
#include "spool/content.h"
#include "spool/disk_real.h"
#include "spool/draft.h"

#include "account.h"
#include "bounce.h"
#include "job.h"
#include "mailroom.h"

struct job {
	TAILQ_ENTRY(job)	 link;
	uint64_t		 number;
	struct content_place	 place;
	bool			 wants_file;
	struct disk_file	*segment;
	struct disk_file	*file;
	struct buf		 bytes;		/* entry, then order */
	size_t			 entry_len;
	struct spool_entry	 entry;		/* both point into bytes */
	struct dsn_order	 order;
	struct content		 content;
	bool			 opened;
	struct err		 unread;	/* why it was not */
	struct notification	 made;
	struct body		*body;
	struct buf		 child;		/* its entry */
	struct store		*store;
	int64_t			 began_ms;
};

static TAILQ_HEAD(, job)	jobs = TAILQ_HEAD_INITIALIZER(jobs);
static size_t			jobs_in_hand;

/* ---- The table ----------------------------------------------------------- */

size_t
jobs_count(void)
{
	return jobs_in_hand;
}

static struct job *
job_find(uint64_t number)
{
	struct job	*j;

	TAILQ_FOREACH(j, &jobs, link)
		if (j->number == number)
			break;
	return j;
}

static void
job_free(struct job *j)
{
	store_cancel(&j->store);
	if (j->opened)
		content_close(&j->content);
	disk_close(&j->segment);
	disk_close(&j->file);
	notification_fini(&j->made);
	body_free(&j->body);
	buf_free(&j->bytes);
	buf_free(&j->child);
	TAILQ_REMOVE(&jobs, j, link);
	jobs_in_hand--;
	free(j);
}

void
jobs_drop(void)
{
	while (!TAILQ_EMPTY(&jobs))
		job_free(TAILQ_FIRST(&jobs));
}

/* ---- Its end ------------------------------------------------------------- */

static void
job_failed(struct job *j, const char *why)
{
	account_failed(&j->place.id, why);
	mailroom_done(j->number, BOUNCE_LATER, why);
	job_free(j);
}

static void
job_stored(void *arg, enum store_status status, const char *text)
{
	struct job	*j = arg;

	j->store = NULL;
	if (status != STORE_DURABLE) {
		job_failed(j, text);
		return;
	}
	account_made(&j->made, &j->order, &j->place.id,
	    loop_now_ms(bounce.loop) - j->began_ms);
	mailroom_done(j->number, BOUNCE_DURABLE, "");
	job_free(j);
}

/* ---- Making it ----------------------------------------------------------- */

/* The original, piece by piece. */
static int
job_next(void *arg, struct str *piece, struct err *e)
{
	struct job	*j = arg;

	return j->opened ? content_next(&j->content, piece, e) :
	    err_set(e, "%s", j->unread.text);
}

/* As it was received, or as it is now. */
static void
job_open(struct job *j)
{
	j->place.size = j->entry.size;
	if (!j->order.modified_original)
		j->place.edits = 0;
	j->opened = content_open_files(&j->content, j->segment, j->file,
	    &j->place, &j->unread) == 0;
}

static int
job_compose(struct job *j, struct notification_request *rq, struct err *e)
{
	struct err	why;

	if (notification_make(&j->made, rq, e) == -1)
		return -1;
	if (j->made.message.len <= DRAFT_BODY_MAX)
		return 0;
	notification_fini(&j->made);
	if (j->opened)
		content_rewind(&j->content);
	rq->size_limit = 0;
	(void)err_set(&why, "the original: there is no room for it");
	if (notification_make(&j->made, rq, e) == -1)
		return -1;
	j->made.trouble = why;
	return j->made.message.len <= DRAFT_BODY_MAX ? 0 :
	    err_set(e, "it is larger than %d bytes", DRAFT_BODY_MAX);
}

static int
job_make(struct job *j, struct err *e)
{
	char				 id[SPOOL_ID_TEXT];
	struct buf			 metadata = BUF_INIT;
	struct spool_entry		 child;
	struct notification_request	 rq = { .entry = &j->entry,
	    .order = &j->order, .templates = bounce.templates,
	    .language = str_of(bounce.params->bounce_language),
	    .hostname = str_of(bounce.params->myhostname),
	    .size_limit = bounce.params->bounce_size_limit,
	    .now_us = clock_wall_us(), .next = job_next, .arg = j };
	int				 rc;

	spool_id_text(id, &j->place.id);
	rq.id = str_of(id);
	job_open(j);
	if (job_compose(j, &rq, e) == -1)
		return -1;
	notification_entry(&j->made, &rq, &metadata, &child);
	rc = spool_entry_put(&j->child, &child, e);
	buf_free(&metadata);
	return rc;
}

static struct str
job_child(void *arg, uint32_t number)
{
	struct job	*j = arg;

	(void)number;
	return buf_str(&j->child);
}

static int
job_store(struct job *j, struct err *e)
{
	struct store_request	rq = { .entries = 1, .entry = job_child,
				    .done = job_stored, .arg = j };

	/* notification_make() has looked at it. */
	if (spool_id_parse(&rq.id, j->order.id) == -1)
		return err_set(e, "the order has no id");
	j->body = body_new(&bounce.bodies);
	if (body_add(j->body, buf_str(&j->made.message), e) == -1)
		return -1;
	rq.body = j->body;
	j->store = store_start(bounce.store, &rq);
	return 0;
}

static int
job_read(struct job *j, struct err *e)
{
	struct str	s = buf_str(&j->bytes);

	if (spool_entry_get(&j->entry, (struct str){ s.p, j->entry_len },
	    e) == -1)
		return err_wrap(e, "its entry");
	if (dsn_order_get(&j->order, (struct str){ s.p + j->entry_len,
	    s.len - j->entry_len }, e) == -1)
		return err_wrap(e, "its order");
	return 0;
}

/* Should it end this process, the worker's page says whose it was. */
static void
job_run(struct job *j)
{
	unsigned char	id[SPOOL_ID_SIZE];
	struct err	e;

	spool_id_put(id, &j->place.id);
	board_blame(id);
	if (job_read(j, &e) == -1 || job_make(j, &e) == -1 ||
	    job_store(j, &e) == -1)
		job_failed(j, e.text);
	board_blame(NULL);
}

/* ---- Frames -------------------------------------------------------------- */

int
job_begin(const struct ipc_BOUNCE_JOB *m, int segment)
{
	struct job	*j;

	if (jobs_in_hand == JOBS_MAX || m->id.len != SPOOL_ID_SIZE ||
	    m->file > 1 || job_find(m->job) != NULL) {
		(void)close(segment);
		return -1;
	}
	j = xcalloc(1, sizeof *j);
	j->number = m->job;
	spool_id_get(&j->place.id, (const unsigned char *)m->id.p);
	j->place.segment = m->segment;
	j->place.body = m->body;
	j->place.edits = m->edits;
	j->wants_file = m->file != 0;
	j->segment = disk_real_take(segment);
	buf_add_str(&j->bytes, m->entry);
	buf_add_str(&j->bytes, m->order);
	j->entry_len = m->entry.len;
	j->began_ms = loop_now_ms(bounce.loop);
	TAILQ_INSERT_TAIL(&jobs, j, link);
	jobs_in_hand++;
	if (!j->wants_file)
		job_run(j);
	return 0;
}

int
job_file(uint64_t number, int fd)
{
	struct job	*j = job_find(number);

	if (j == NULL || !j->wants_file || j->file != NULL) {
		(void)close(fd);
		return -1;
	}
	j->file = disk_real_take(fd);
	job_run(j);
	return 0;
}
