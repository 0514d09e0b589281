/*
 * mtactl spool export: each message of a spool as a file, and its envelope.
 *
 * The spool is read as verify reads it, so that nothing is written whose
 * checksum is wrong.  What has ended and still lies there is written as well,
 * since only the queue's own book knows of that.
 *
 * With --remove qmgr is asked, some messages at a time, which of them are in
 * the queue.  The others' files go; those are synced, then their folder, and
 * only then qmgr is told.  Whatever dies in between, a message is in a file
 * or in the queue, or in both, which import finds out.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "spool/content.h"
#include "spool/verify.h"

#include "options.h"
#include "progress.h"
#include "queue_talk.h"
#include "report.h"
#include "spool.h"
#include "spool_file.h"
#include "verb.h"

#define EXPORT_BATCH	200	/* messages that qmgr is asked of at once */

QUEUE_TALK_SENDER(QUEUE_TERM)
QUEUE_TALK_SENDER(QUEUE_LIST)
QUEUE_TALK_SENDER(QUEUE_EXPORTED)

struct export {
	struct disk	*disk;
	int		 dir;
	uint64_t	 written;
	uint64_t	 busy;		/* were being sent, and stay */
	struct progress	 progress;
	struct err	 why;

	/* With --remove. */
	bool		 removes;
	struct ipc_caller qmgr;
	size_t		 batch;
	struct spool_id	 id[EXPORT_BATCH];
	json_t		*envelope[EXPORT_BATCH];
	json_t		*row[EXPORT_BATCH];	/* NULL: it has ended */
};

/* ---- Files --------------------------------------------------------------- */

/* A new file in the folder: its descriptor, or -1 with x->why. */
static int
export_file(struct export *x, const struct spool_id *id, const char *suffix)
{
	char	name[SPOOL_FILE_NAME];
	int	fd;

	spool_file_name(name, id, suffix);
	fd = openat(x->dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0600);
	if (fd == -1)
		(void)err_errno(&x->why, "%s", name);
	return fd;
}

/* What the queue loses by it must be on the disk. */
static int
export_close(struct export *x, int fd, int rc)
{
	if (rc == -1)
		(void)err_errno(&x->why, "write");
	if (rc == 0 && x->removes && fsync(fd) == -1)
		rc = err_errno(&x->why, "sync");
	if (close(fd) == -1 && rc == 0)
		rc = err_errno(&x->why, "close");
	return rc;
}

static int
export_json(struct export *x, const struct spool_id *id,
    const json_t *envelope)
{
	int	fd = export_file(x, id, ".json");

	if (fd == -1)
		return -1;
	return export_close(x, fd, json_dumpfd(envelope, fd, JSON_INDENT(1)));
}

static int
export_message(struct export *x, const struct reader_entry *r,
    struct disk_file *segment)
{
	struct content_place	place = { .id = r->id,
				    .segment = r->place.segment,
				    .body = r->body, .edits = r->edits };
	struct content		c;
	struct str		piece;
	int			fd, rc;

	if (content_open(&c, x->disk, segment, &place, &x->why) == -1)
		return -1;
	if ((fd = export_file(x, &r->id, ".eml")) == -1) {
		content_close(&c);
		return -1;
	}
	while ((rc = content_next(&c, &piece, &x->why)) == 0) {
		if (fd_write_full(fd, piece.p, piece.len) == -1) {
			rc = err_errno(&x->why, "write");
			break;
		}
	}
	content_close(&c);
	return export_close(x, fd, rc == 1 ? 0 : rc);
}

/* ---- Those that the queue loses ------------------------------------------ */

static int
export_terms(struct export *x, bool living)
{
	struct ipc_QUEUE_TERM	m = { .name = "id" };
	char			text[SPOOL_ID_TEXT];
	size_t			i;

	for (i = 0; i < x->batch; i++) {
		if (living && x->row[i] == NULL)
			continue;
		spool_id_text(text, &x->id[i]);
		m.value = str_of(text);
		if (queue_talk_put_QUEUE_TERM(&x->qmgr, &m, &x->why) == -1)
			return -1;
	}
	return 0;
}

static void
export_row(void *arg, struct str line)
{
	struct export	*x = arg;
	json_t		*row = json_loadb(line.p, line.len, 0, NULL), *id;
	struct spool_id	 which;
	const char	*txn;
	size_t		 i;

	id = json_object_get(row, "id");
	txn = json_string_value(json_object_get(id, "transaction"));
	if (txn == NULL || spool_id_parse(&which, str_of(txn)) == -1) {
		json_decref(row);
		return;
	}
	which.queue = (uint32_t)json_integer_value(json_object_get(id,
	    "queue"));
	for (i = 0; i < x->batch; i++)
		if (x->row[i] == NULL && spool_id_same(&x->id[i], &which)) {
			x->row[i] = row;
			return;
		}
	json_decref(row);
}

/* What was compacted may lie in two segments: the second time it has ended,
 * by this export, and its files stay. */
static void
export_unlink(struct export *x, const struct spool_id *id)
{
	char	name[SPOOL_FILE_NAME];

	spool_file_name(name, id, ".json");
	if (faccessat(x->dir, name, F_OK, 0) == 0)
		return;
	spool_file_name(name, id, ".eml");
	(void)unlinkat(x->dir, name, 0);
}

/* What has ended is not in the queue, and its file goes again. */
static int
export_settle(struct export *x, size_t *living)
{
	size_t	i;

	*living = 0;
	for (i = 0; i < x->batch; i++) {
		if (x->row[i] == NULL) {
			export_unlink(x, &x->id[i]);
			continue;
		}
		++*living;
		json_object_set(x->envelope[i], "queue", x->row[i]);
		if (export_json(x, &x->id[i], x->envelope[i]) == -1)
			return -1;
	}
	return fsync(x->dir) == -1 ? err_errno(&x->why, "sync") : 0;
}

/* Which of the batch are in the queue: those get a row. */
static int
export_look(struct export *x)
{
	static const struct queue_talk_ops ops = { export_row, NULL, NULL };
	struct ipc_QUEUE_LIST	list = { .limit = 0 };
	struct ipc_QUEUE_DONE	done;
	size_t			i;

	for (i = 0; i < x->batch; i++) {
		json_decref(x->row[i]);
		x->row[i] = NULL;
	}
	return export_terms(x, false) == -1 ||
	    queue_talk_put_QUEUE_LIST(&x->qmgr, &list, &x->why) == -1 ||
	    queue_talk_answer(&x->qmgr, &ops, x, &done, &x->why) != TALK_OK ?
	    -1 : 0;
}

/* What was being sent is in the queue as before, and may be delivered: files
 * of it would bring it back. */
static int
export_leave(struct export *x)
{
	char	name[SPOOL_FILE_NAME];
	size_t	i;

	if (export_look(x) == -1)
		return -1;
	for (i = 0; i < x->batch; i++) {
		if (x->row[i] == NULL)
			continue;
		x->busy++;
		spool_file_name(name, &x->id[i], ".json");
		(void)unlinkat(x->dir, name, 0);
		export_unlink(x, &x->id[i]);
	}
	return 0;
}

static int
export_hand_over(struct export *x)
{
	static const struct queue_talk_ops ops = { export_row, NULL, NULL };
	struct ipc_QUEUE_EXPORTED	exported = { 0 };
	struct ipc_QUEUE_DONE		done;
	size_t				living;

	if (export_look(x) == -1 || export_settle(x, &living) == -1)
		return -1;
	if (living == 0)
		return 0;
	if (export_terms(x, true) == -1 ||
	    queue_talk_put_QUEUE_EXPORTED(&x->qmgr, &exported,
	    &x->why) == -1 ||
	    queue_talk_answer(&x->qmgr, &ops, x, &done, &x->why) != TALK_OK)
		return -1;
	x->written += done.changed;
	return done.busy > 0 ? export_leave(x) : 0;
}

static int
export_batch(struct export *x)
{
	int	rc = x->batch > 0 ? export_hand_over(x) : 0;

	while (x->batch > 0) {
		json_decref(x->envelope[--x->batch]);
		json_decref(x->row[x->batch]);
	}
	return rc;
}

/* ---- All of them --------------------------------------------------------- */

static int
export_entry(void *arg, const struct reader_entry *r,
    struct disk_file *segment)
{
	struct export	*x = arg;
	json_t		*envelope;
	int		 rc;

	if (export_message(x, r, segment) == -1)
		return -1;
	envelope = spool_file_envelope(&r->id, &r->entry);
	if (x->removes) {
		x->id[x->batch] = r->id;
		x->envelope[x->batch] = envelope;
		x->row[x->batch++] = NULL;
		return x->batch == EXPORT_BATCH ? export_batch(x) : 0;
	}
	rc = export_json(x, &r->id, envelope);
	json_decref(envelope);
	x->written += rc == 0;
	return rc;
}

static void
export_progress(void *arg, uint64_t done, uint64_t all)
{
	struct export	*x = arg;

	progress_show(&x->progress, done, all);
}

static int
export_dir(const char *path, struct err *e)
{
	int	fd;

	if (mkdir(path, 0700) == -1 && errno != EEXIST)
		return err_errno(e, "%s", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd == -1 ? err_errno(e, "%s", path) : fd;
}

static int
export_all(struct export *x, const char *to, struct verify_report *report,
    struct err *e)
{
	struct verify_calls	calls = { .entry = export_entry,
				    .progress = export_progress, .arg = x };
	int			rc;

	if ((x->dir = export_dir(to, e)) == -1)
		return -1;
	rc = spool_verify(x->disk, &calls, report, e);
	if (rc == 0)
		rc = export_batch(x);
	if (rc == -1 && x->why.text[0] != '\0')
		*e = x->why;
	x->removes = false;
	while (x->batch > 0)
		json_decref(x->envelope[--x->batch]);
	progress_end(&x->progress);
	(void)close(x->dir);
	return rc;
}

static void
export_said(const struct export *x, const struct options *o,
    const struct verify_report *report)
{
	if (o->json)
		json_print(json_pack("{s:I,s:I,s:I}", "entries",
		    (json_int_t)x->written, "damaged",
		    (json_int_t)report->damaged, "busy",
		    (json_int_t)x->busy));
	else
		(void)printf("%" PRIu64 " messages in %s, %" PRIu64
		    " damaged%s\n", x->written, o->to, report->damaged,
		    o->remove ? "; they are in the queue no more" : "");
	if (x->busy > 0)
		(void)fprintf(stderr, "mtactl: %" PRIu64 " more were being "
		    "sent, or bouncing, and stay in the queue\n", x->busy);
}

int
verb_spool_export(const struct ctl *c, int argc, char **argv)
{
	struct export		 x = { .dir = -1, .progress = PROGRESS_INIT };
	struct verify_report	 report;
	struct options		 o;
	struct err		 e;
	int			 rc;

	/* The queue that runs is that of the configuration. */
	if (options_parse(&o, "jTR", argc, argv) == -1 || o.argc > 1 ||
	    o.to == NULL || (o.remove && o.argc > 0))
		return verb_usage();
	if ((x.disk = spool_open(c, o.argc == 1 ? o.argv[0] : NULL)) == NULL)
		return CTL_FAILED;
	x.removes = o.remove;
	if (o.remove && (rc = queue_talk_connect(c, &x.qmgr, IPC_ADMIN,
	    &e)) != TALK_OK) {
		disk_free(&x.disk);
		return talk_fail(rc, &e);
	}
	rc = export_all(&x, o.to, &report, &e);
	if (o.remove)
		ipc_caller_close(&x.qmgr);
	disk_free(&x.disk);
	if (rc == -1)
		return verb_fail(&e);
	export_said(&x, &o, &report);
	return report.damaged > 0 || x.busy > 0 ? CTL_FAILED : CTL_OK;
}
