/*
 * mtactl spool import: what export wrote, into the queue.
 *
 * A message goes to cleanup(8) as any other does, as a transaction of its
 * own; some at a time, so that they share syncs.  qmgr(8) is asked before
 * whether it has it, under the id that it had or the one that it gets.
 */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "body/body.h"
#include "store/store.h"

#include "options.h"
#include "progress.h"
#include "queue_talk.h"
#include "report.h"
#include "spool_file.h"
#include "verb.h"

#define IMPORT_TOGETHER	32	/* messages that cleanup is told at once */
#define IMPORT_MEMORY	(1U << 20)

QUEUE_TALK_SENDER(QUEUE_TERM)
QUEUE_TALK_SENDER(QUEUE_LIST)

struct import {
	struct loop		*loop;
	struct store_client	*client;
	struct body_store	 bodies;
	struct ipc_caller	 qmgr;
	struct task		 more;
	int			 dir;
	struct spool_id		*id;		/* of all, in order */
	size_t			 count, next, cap;
	size_t			 running;
	uint64_t		 imported, present, failed;
	json_t			*list;		/* --json: each one */
	struct progress		 progress;
};

struct import_one {
	struct import		*import;
	struct spool_id		 was;
	struct store_request	 rq;
	struct buf		 entry;
};

/* ---- What became of one -------------------------------------------------- */

static void
import_said(struct import *x, const struct spool_id *was,
    const struct spool_id *id, const char *result, const char *why)
{
	char	from[SPOOL_ID_TEXT], to[SPOOL_ID_TEXT] = "";

	spool_id_text(from, was);
	if (id != NULL)
		spool_id_text(to, id);
	if (x->list != NULL)
		json_array_append_new(x->list, json_pack("{s:s,s:s,s:s,s:o}",
		    "was", from, "id", to, "result", result, "reason",
		    json_text(why)));
	else if (why[0] != '\0') {
		progress_end(&x->progress);
		(void)fprintf(stderr, "%s: %s\n", from, why);
	}
}

static void
import_failed(struct import *x, const struct spool_id *was, const char *why)
{
	x->failed++;
	import_said(x, was, NULL, "failed", why);
}

static void
import_present(struct import *x, const struct spool_id *was,
    const struct spool_id *id)
{
	x->present++;
	import_said(x, was, id, "present", "");
}

static void
import_one_free(struct import_one *o)
{
	body_free(&o->rq.body);
	buf_free(&o->entry);
	free(o);
}

static void
import_done(void *arg, enum store_status status, const char *text)
{
	struct import_one	*o = arg;
	struct import		*x = o->import;

	if (status != STORE_DURABLE)
		import_failed(x, &o->was, text);
	else if (strcmp(text, STORE_KNOWN) == 0)
		import_present(x, &o->was, &o->rq.id);
	else {
		x->imported++;
		import_said(x, &o->was, &o->rq.id, "imported", "");
	}
	import_one_free(o);
	x->running--;
	loop_defer(x->loop, &x->more);
}

static struct str
import_entry(void *arg, uint32_t number)
{
	(void)number;
	return buf_str(&((struct import_one *)arg)->entry);
}

/* ---- One message --------------------------------------------------------- */

/* That there is one is all that is asked. */
static void
import_no_row(void *arg, struct str row)
{
	(void)arg;
	(void)row;
}

/* 1: the queue has it. */
static int
import_asked(struct import *x, const struct spool_id *was,
    const struct spool_id *id, struct err *e)
{
	static const struct queue_talk_ops	ops = { import_no_row, NULL,
						    NULL };
	const struct spool_id	*const both[] = { was, id };
	struct ipc_QUEUE_TERM	 m = { .name = "id" };
	struct ipc_QUEUE_LIST	 list = { .limit = 1 };
	struct ipc_QUEUE_DONE	 done;
	char			 text[SPOOL_ID_TEXT];
	size_t			 i;

	for (i = 0; i < 2; i++) {
		spool_id_text(text, both[i]);
		m.value = str_of(text);
		if (queue_talk_put_QUEUE_TERM(&x->qmgr, &m, e) == -1)
			return -1;
	}
	if (queue_talk_put_QUEUE_LIST(&x->qmgr, &list, e) == -1 ||
	    queue_talk_answer(&x->qmgr, &ops, NULL, &done, e) != TALK_OK)
		return -1;
	return done.matched > 0;
}

static int
import_open(struct import *x, const struct spool_id *id, const char *suffix,
    struct err *e)
{
	char	name[SPOOL_FILE_NAME];
	int	fd;

	spool_file_name(name, id, suffix);
	fd = openat(x->dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	return fd == -1 ? err_errno(e, "%s", name) : fd;
}

static int
import_envelope(struct import_one *o, struct spool_entry *entry,
    struct err *e)
{
	int		fd = import_open(o->import, &o->was, ".json", e), rc;
	json_error_t	why;
	json_t		*envelope;

	if (fd == -1)
		return -1;
	envelope = json_loadfd(fd, 0, &why);
	(void)close(fd);
	if (envelope == NULL)
		return err_set(e, "line %d: %s", why.line, why.text);
	rc = spool_file_entry(entry, &o->entry, envelope, e);
	json_decref(envelope);
	return rc;
}

static int
import_body(struct import_one *o, struct err *e)
{
	static char	piece[65536];
	int		fd = import_open(o->import, &o->was, ".eml", e);
	ssize_t		n;
	int		rc = 0;

	if (fd == -1)
		return -1;
	o->rq.body = body_new(&o->import->bodies);
	while (rc == 0 && (n = read(fd, piece, sizeof piece)) != 0)
		rc = n == -1 ? err_errno(e, "read") : body_add(o->rq.body,
		    (struct str){ piece, (size_t)n }, e);
	(void)close(fd);
	return rc;
}

/* The size is that of the body as it comes back, which has no edits. */
static int
import_load(struct import_one *o, struct err *e)
{
	struct spool_entry	entry;
	struct buf		out = BUF_INIT;
	int			rc;

	if (import_envelope(o, &entry, e) == -1 || import_body(o, e) == -1)
		return -1;
	entry.size = body_size(o->rq.body);
	if ((rc = spool_entry_put(&out, &entry, e)) == 0) {
		buf_clear(&o->entry);
		buf_add_str(&o->entry, buf_str(&out));
	}
	buf_free(&out);
	return rc;
}

static void
import_start(struct import *x, const struct spool_id *was)
{
	struct import_one	*o = xcalloc(1, sizeof *o);
	struct err		 e;
	int			 rc;

	o->import = x;
	o->was = *was;
	o->rq = (struct store_request){ .entries = 1, .entry = import_entry,
	    .done = import_done, .arg = o };
	spool_file_reborn(&o->rq.id, was);
	if ((rc = import_asked(x, was, &o->rq.id, &e)) == 0 &&
	    (rc = import_load(o, &e)) == 0) {
		x->running++;
		(void)store_start(x->client, &o->rq);
		return;
	}
	if (rc == 1)
		import_present(x, was, &o->rq.id);
	else
		import_failed(x, was, e.text);
	import_one_free(o);
}

/* ---- All of them --------------------------------------------------------- */

static void
import_more(void *arg)
{
	struct import	*x = arg;

	progress_show(&x->progress, x->next - x->running, x->count);
	while (x->running < IMPORT_TOGETHER && x->next < x->count)
		import_start(x, &x->id[x->next++]);
	if (x->running == 0)
		loop_stop(x->loop);
}

static int
import_compare(const void *a, const void *b)
{
	return spool_id_compare(a, b);
}

static int
import_names(struct import *x, const char *path, struct err *e)
{
	struct dirent	*d;
	struct spool_id	 id;
	DIR		*dir = opendir(path);

	if (dir == NULL)
		return err_errno(e, "%s", path);
	while ((d = readdir(dir)) != NULL) {
		if (spool_file_id(&id, d->d_name) == -1)
			continue;
		if (x->count == x->cap) {
			x->cap = x->cap == 0 ? 64 : x->cap * 2;
			x->id = xreallocarray(x->id, x->cap, sizeof *x->id);
		}
		x->id[x->count++] = id;
	}
	(void)closedir(dir);
	if (x->count > 0)
		qsort(x->id, x->count, sizeof *x->id, import_compare);
	x->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return x->dir == -1 ? err_errno(e, "%s", path) : 0;
}

static int
import_run(struct import *x, const struct ctl *c, struct err *e)
{
	struct buf	path = BUF_INIT;
	int		rc;

	x->bodies = (struct body_store){ .message_limit = IMPORT_MEMORY,
	    .total_limit = IMPORT_TOGETHER * IMPORT_MEMORY };
	x->bodies.directory = open(P_tmpdir, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC);
	if (x->bodies.directory == -1)
		return err_errno(e, "%s", P_tmpdir);
	talk_path(c, CLEANUP_SOCKET, &path);
	if ((x->loop = loop_new(e)) != NULL) {
		x->client = store_client_new(x->loop, IPC_ADMIN,
		    buf_cstr(&path));
		task_init(&x->more, import_more, x);
		loop_defer(x->loop, &x->more);
		rc = loop_run(x->loop) == -1 ? err_errno(e, "poll") : 0;
		store_client_free(&x->client);
		loop_free(&x->loop);
	} else
		rc = -1;
	progress_end(&x->progress);
	buf_free(&path);
	(void)close(x->bodies.directory);
	return rc;
}

static void
import_summary(struct import *x)
{
	if (x->list != NULL)
		json_print(json_pack("{s:I,s:I,s:I,s:O}",
		    "imported", (json_int_t)x->imported,
		    "present", (json_int_t)x->present,
		    "failed", (json_int_t)x->failed, "entries", x->list));
	else
		(void)printf("%" PRIu64 " messages imported, %" PRIu64
		    " are or were there already, %" PRIu64 " failed\n",
		    x->imported, x->present, x->failed);
}

int
verb_spool_import(const struct ctl *c, int argc, char **argv)
{
	struct import	x = { .dir = -1, .progress = PROGRESS_INIT };
	struct options	o;
	struct err	e;
	int		rc;

	if (options_parse(&o, "j", argc, argv) == -1 || o.argc != 1)
		return verb_usage();
	if ((rc = queue_talk_connect(c, &x.qmgr, IPC_ADMIN, &e)) != TALK_OK)
		return talk_fail(rc, &e);
	if (o.json)
		x.list = json_array();
	if ((rc = import_names(&x, o.argv[0], &e)) == 0 &&
	    (rc = import_run(&x, c, &e)) == 0)
		import_summary(&x);
	ipc_caller_close(&x.qmgr);
	if (x.dir != -1)
		(void)close(x.dir);
	free(x.id);
	json_decref(x.list);
	if (rc == -1)
		return verb_fail(&e);
	return x.failed > 0 ? CTL_FAILED : CTL_OK;
}
