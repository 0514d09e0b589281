/*
 * mtactl queue: list, show, stats, cat, and what changes entries.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "queue.h"
#include "queue_print.h"
#include "queue_talk.h"
#include "report.h"
#include "spool/spool_id.h"

#define QUEUE_AGAIN_US	200000

QUEUE_TALK_SENDER(QUEUE_LIST)
QUEUE_TALK_SENDER(QUEUE_HOLD)
QUEUE_TALK_SENDER(QUEUE_DELETE)
QUEUE_TALK_SENDER(QUEUE_SET)
QUEUE_TALK_SENDER(QUEUE_CAT)
QUEUE_TALK_SENDER(QUEUE_QUOTA)

static int
queue_usage(const struct err *e)
{
	(void)verb_fail(e);
	return verb_usage();
}

static int
queue_wrong(const char *text)
{
	struct err	e;

	(void)err_set(&e, "%s", text);
	return queue_usage(&e);
}

/* ---- What asks ----------------------------------------------------------- */

int
queue_list(const struct ctl *c, const struct queue_args *a, bool whole,
    enum ipc_role need)
{
	static const struct queue_talk_ops	ops = { queue_print_row,
						    queue_print_group, NULL };
	struct ipc_QUEUE_LIST	m = { .limit = a->limit };
	struct queue_print	p = { .args = a, .whole = whole };
	struct ipc_QUEUE_DONE	done;
	struct ipc_caller	cl;
	struct err		e;
	int			rc;

	(void)strlcpy(m.after, a->after != NULL ? a->after : "",
	    sizeof m.after);
	(void)strlcpy(m.group, a->group != NULL ? a->group : "",
	    sizeof m.group);
	if ((rc = queue_talk_connect(c, &cl, need, &e)) != TALK_OK)
		return talk_fail(rc, &e);
	if ((rc = queue_talk_terms(&cl, a, &e)) == 0 &&
	    (rc = queue_talk_put_QUEUE_LIST(&cl, &m, &e)) == 0) {
		queue_print_begin(&p);
		rc = queue_talk_answer(&cl, &ops, &p, &done, &e);
		queue_print_end(&p, rc == TALK_OK ? done.after : "");
	}
	ipc_caller_close(&cl);
	if (rc != TALK_OK)
		return talk_fail(rc, &e);
	if (need == IPC_OWNER && done.matched == 0)
		(void)printf("Mail queue is empty\n");
	else if (done.matched == 0 && !a->json && a->ids == 0)
		(void)fprintf(stderr, "mtactl: no entry%s\n", a->terms > 0 ?
		    " that the filter means" : " in the queue");
	if (a->ids > 0 && done.matched == 0) {
		(void)err_set(&e, "not in the queue");
		return verb_fail(&e);
	}
	return CTL_OK;
}

int
verb_queue_list(const struct ctl *c, int argc, char **argv)
{
	struct queue_args	a;
	struct err		e;
	int			rc;

	if (queue_args_parse(&a, false, argc, argv, &e) == -1)
		rc = queue_usage(&e);
	else
		rc = queue_list(c, &a, false, IPC_VIEW);
	queue_args_fini(&a);
	return rc;
}

int
verb_queue_show(const struct ctl *c, int argc, char **argv)
{
	struct queue_args	a;
	struct err		e;
	int			rc;

	if (queue_args_parse(&a, false, argc, argv, &e) == -1)
		rc = queue_usage(&e);
	else if (a.terms == 0)
		rc = queue_wrong("say which: ids or a filter");
	else if (a.group != NULL)
		rc = queue_wrong("--groupby is for queue list");
	else
		rc = queue_list(c, &a, true, IPC_VIEW);
	queue_args_fini(&a);
	return rc;
}

/* ---- What an entry waits for --------------------------------------------- */

static int
queue_explain(const struct ctl *c, const struct queue_args *a)
{
	static const struct queue_talk_ops	ops = { queue_print_row, NULL,
						    NULL };
	struct queue_print	p = { .args = a, .whole = true };
	struct ipc_QUEUE_DONE	done;
	struct ipc_caller	cl;
	struct err		e;
	int			rc;

	if ((rc = queue_talk_connect(c, &cl, IPC_VIEW, &e)) != TALK_OK)
		return talk_fail(rc, &e);
	if ((rc = queue_talk_terms(&cl, a, &e)) == 0 &&
	    (rc = ipc_caller_send(&cl, IPC_QUEUE_EXPLAIN, &e)) == 0) {
		queue_print_begin(&p);
		rc = queue_talk_answer(&cl, &ops, &p, &done, &e);
		queue_print_end(&p, "");
	}
	ipc_caller_close(&cl);
	if (rc == TALK_OK && done.matched == 0)
		rc = err_set(&e, "not in the queue");
	return rc == TALK_OK ? CTL_OK : talk_fail(rc, &e);
}

int
verb_queue_explain(const struct ctl *c, int argc, char **argv)
{
	struct queue_args	a;
	struct err		e;
	int			rc;

	if (queue_args_parse(&a, false, argc, argv, &e) == -1)
		rc = queue_usage(&e);
	else if (a.ids == 0 || a.terms != a.ids)
		rc = queue_wrong("say which by their ids; \"queue list "
		    "FILTER -F id\" has those of a filter");
	else
		rc = queue_explain(c, &a);
	queue_args_fini(&a);
	return rc;
}

int
verb_queue_stats(const struct ctl *c, int argc, char **argv)
{
	static const struct queue_talk_ops	ops = { queue_print_row, NULL,
						    NULL };
	struct queue_args	a;
	struct queue_print	p = { .args = &a, .whole = true,
				    .alone = true };
	struct ipc_QUEUE_DONE	done;
	struct ipc_caller	cl;
	struct err		e;
	int			rc;

	rc = queue_args_parse(&a, false, argc, argv, &e);
	if (rc == -1 || a.terms > 0) {
		queue_args_fini(&a);
		return rc == -1 ? queue_usage(&e) : verb_usage();
	}
	if ((rc = queue_talk_connect(c, &cl, IPC_VIEW, &e)) == TALK_OK) {
		if ((rc = ipc_caller_send(&cl, IPC_QUEUE_STATS, &e)) == 0)
			rc = queue_talk_answer(&cl, &ops, &p, &done, &e);
		ipc_caller_close(&cl);
	}
	queue_args_fini(&a);
	return rc == TALK_OK ? CTL_OK : talk_fail(rc, &e);
}

static void
queue_quota_json(void *arg, const struct ipc_QUEUE_GROUP *g)
{
	(void)arg;
	json_print(json_pack("{s:s%,s:I,s:I}", "name", g->value.p,
	    g->value.len, "entries", (json_int_t)g->entries, "bytes",
	    (json_int_t)g->bytes));
}

static void
queue_quota_text(void *arg, const struct ipc_QUEUE_GROUP *g)
{
	(void)arg;
	(void)printf("%" PRIu64 " entries, %" PRIu64 " bytes\n", g->entries,
	    g->bytes);
}

int
verb_queue_quota(const struct ctl *c, int argc, char **argv)
{
	bool			json = argc > 1 &&
				    strcmp(argv[1], "--json") == 0;
	struct queue_talk_ops	ops = { NULL, json ? queue_quota_json :
				    queue_quota_text, NULL };
	struct ipc_QUEUE_QUOTA	m;
	struct ipc_QUEUE_DONE	done;
	struct ipc_caller	cl;
	struct err		e;
	int			rc;

	if (argc != 2 + json)
		return verb_usage();
	m.name = str_of(argv[argc - 1]);
	if ((rc = queue_talk_connect(c, &cl, IPC_VIEW, &e)) == TALK_OK) {
		if ((rc = queue_talk_put_QUEUE_QUOTA(&cl, &m, &e)) == 0)
			rc = queue_talk_answer(&cl, &ops, NULL, &done, &e);
		ipc_caller_close(&cl);
	}
	return rc == TALK_OK ? CTL_OK : talk_fail(rc, &e);
}

/* ---- A message ----------------------------------------------------------- */

static void
queue_cat_bytes(void *arg, struct str bytes)
{
	bool	*failed = arg;

	if (fwrite(bytes.p, 1, bytes.len, stdout) != bytes.len)
		*failed = true;
}

static int
queue_cat(const struct ctl *c, const struct queue_args *a,
    const struct spool_id *id)
{
	static const struct queue_talk_ops	ops = { NULL, NULL,
						    queue_cat_bytes };
	unsigned char		bytes[SPOOL_ID_SIZE];
	struct ipc_QUEUE_CAT	m = { .id = { (char *)bytes, sizeof bytes },
				    .original = a->original };
	struct ipc_QUEUE_DONE	done;
	struct ipc_caller	cl;
	struct err		e;
	bool			failed = false;
	int			rc;

	spool_id_put(bytes, id);
	if ((rc = queue_talk_connect(c, &cl, IPC_ADMIN, &e)) != TALK_OK)
		return talk_fail(rc, &e);
	if ((rc = queue_talk_put_QUEUE_CAT(&cl, &m, &e)) == 0)
		rc = queue_talk_answer(&cl, &ops, &failed, &done, &e);
	ipc_caller_close(&cl);
	if (rc == TALK_OK && (fflush(stdout) != 0 || failed))
		rc = err_errno(&e, "writing the message");
	return rc == TALK_OK ? CTL_OK : talk_fail(rc, &e);
}

int
verb_queue_cat(const struct ctl *c, int argc, char **argv)
{
	struct queue_args	a;
	struct spool_id		id;
	struct err		e;
	int			rc;

	if (queue_args_parse(&a, false, argc, argv, &e) == -1)
		rc = queue_usage(&e);
	else if (a.ids != 1 || a.terms != 1 ||
	    spool_id_parse(&id, a.term[0].value) == -1)
		rc = verb_usage();
	else {
		/* Without a number: its first recipient. */
		if (id.queue == 0)
			id.queue = 1;
		rc = queue_cat(c, &a, &id);
	}
	queue_args_fini(&a);
	return rc;
}

/* ---- What changes -------------------------------------------------------- */

enum change { CHANGE_HOLD, CHANGE_RELEASE, CHANGE_RETRY, CHANGE_SET,
	CHANGE_MOVE, CHANGE_DELETE, CHANGE_BOUNCE };

static int
queue_change_ask(struct ipc_caller *cl, const struct queue_args *a,
    enum change what, struct err *e)
{
	if (queue_talk_terms(cl, a, e) == -1)
		return -1;
	if (what == CHANGE_SET || what == CHANGE_MOVE)
		return QUEUE_TALK_PUT(cl, QUEUE_SET, e, { a->limit,
		    a->dry_run });
	if (what == CHANGE_DELETE || what == CHANGE_BOUNCE)
		return QUEUE_TALK_PUT(cl, QUEUE_DELETE, e, { a->limit,
		    a->dry_run, what == CHANGE_BOUNCE });
	return QUEUE_TALK_PUT(cl, QUEUE_HOLD, e, { a->limit, a->dry_run,
	    what == CHANGE_HOLD ? 0 : what == CHANGE_RELEASE ? 1 : 2 });
}

static int
queue_change_report(const struct queue_args *a,
    const struct ipc_QUEUE_DONE *d)
{
	struct err	e;

	if (a->json)
		json_print(json_pack("{s:I,s:I,s:I,s:b}", "matched",
		    (json_int_t)d->matched, "changed", (json_int_t)d->changed,
		    "busy", (json_int_t)d->busy, "dry_run", a->dry_run));
	else if (a->dry_run)
		(void)printf("%" PRIu64 " would be changed\n", d->changed);
	else
		(void)printf("%" PRIu64 " changed, %" PRIu64 " busy\n",
		    d->changed, d->busy);
	if (a->ids > 0 && d->matched == 0) {
		(void)err_set(&e, "not in the queue");
		return verb_fail(&e);
	}
	return d->busy > 0 ? CTL_FAILED : CTL_OK;
}

static int
queue_change_once(const struct ctl *c, const struct queue_args *a,
    enum change what, struct ipc_QUEUE_DONE *done, struct err *e)
{
	static const struct queue_talk_ops	ops = { NULL, NULL, NULL };
	enum ipc_role		need = what <= CHANGE_RETRY ? IPC_OPERATE :
				    IPC_ADMIN;
	struct ipc_caller	cl;
	int			rc;

	if ((rc = queue_talk_connect(c, &cl, need, e)) != TALK_OK)
		return rc;
	if ((rc = queue_change_ask(&cl, a, what, e)) == 0)
		rc = queue_talk_answer(&cl, &ops, NULL, done, e);
	ipc_caller_close(&cl);
	return rc;
}

/* What is being sent is left alone, and asked for again for so long as the
 * caller waits. */
static int
queue_change(const struct ctl *c, const struct queue_args *a,
    enum change what)
{
	int64_t			until = clock_mono_ms() +
				    (int64_t)a->wait * 1000;
	struct ipc_QUEUE_DONE	done = { .failed = 0 };
	uint64_t		changed = 0, matched = 0;
	struct err		e;
	int			rc;

	for (;;) {
		rc = queue_change_once(c, a, what, &done, &e);
		if (rc != TALK_OK)
			return talk_fail(rc, &e);
		changed += done.changed;
		if (matched < done.matched)
			matched = done.matched;
		if (done.busy == 0 || clock_mono_ms() >= until)
			break;
		(void)usleep(QUEUE_AGAIN_US);
	}
	done.changed = changed;
	done.matched = matched;
	return queue_change_report(a, &done);
}

/* Not everything by an argument that was forgotten.  NULL: all is well. */
static const char *
queue_change_wrong(const struct queue_args *a, enum change what)
{
	if (a->group != NULL || a->after != NULL)
		return "--groupby and --after are for queue list";
	if (what == CHANGE_MOVE && !a->moves)
		return "--transport ID is missing: where to";
	if (what != CHANGE_MOVE && a->moves)
		return "--transport is for queue move";
	if (what == CHANGE_SET && a->assigns == 0)
		return "say what is to be set: NAME=VALUE";
	if (a->terms == 0 && !a->all)
		return "say which: ids, a filter, or --all";
	return NULL;
}

static int
queue_change_verb(const struct ctl *c, int argc, char **argv,
    enum change what)
{
	struct queue_args	a;
	const char		*wrong;
	struct err		e;
	int			rc;

	if (queue_args_parse(&a, what == CHANGE_SET, argc, argv, &e) == -1)
		rc = queue_usage(&e);
	else if ((wrong = queue_change_wrong(&a, what)) != NULL)
		rc = queue_wrong(wrong);
	else
		rc = queue_change(c, &a, what);
	queue_args_fini(&a);
	return rc;
}

int
verb_queue_hold(const struct ctl *c, int argc, char **argv)
{
	return queue_change_verb(c, argc, argv, CHANGE_HOLD);
}

int
verb_queue_release(const struct ctl *c, int argc, char **argv)
{
	return queue_change_verb(c, argc, argv, CHANGE_RELEASE);
}

int
verb_queue_retry(const struct ctl *c, int argc, char **argv)
{
	return queue_change_verb(c, argc, argv, CHANGE_RETRY);
}

int
verb_queue_move(const struct ctl *c, int argc, char **argv)
{
	return queue_change_verb(c, argc, argv, CHANGE_MOVE);
}

int
verb_queue_set(const struct ctl *c, int argc, char **argv)
{
	return queue_change_verb(c, argc, argv, CHANGE_SET);
}

int
verb_queue_delete(const struct ctl *c, int argc, char **argv)
{
	return queue_change_verb(c, argc, argv, CHANGE_DELETE);
}

int
verb_queue_bounce(const struct ctl *c, int argc, char **argv)
{
	return queue_change_verb(c, argc, argv, CHANGE_BOUNCE);
}
