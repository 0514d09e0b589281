/*
 * Rows are handed on as they are, or printed by a function of who asks.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "policy_talk.h"
#include "report.h"

#define TALK_ANSWER_MS	60000

QUEUE_TALK_SENDER(LIVE_ADD)
QUEUE_TALK_SENDER(LIVE_DELETE)

int
policy_talk_usage(const struct err *e)
{
	(void)verb_fail(e);
	return verb_usage();
}

/* ---- Rows ---------------------------------------------------------------- */

static void
listing_row(void *arg, struct str json)
{
	struct policy_listing	*l = arg;
	json_t			*row;

	if (l->json) {
		(void)printf("%s%.*s", l->name == NULL ? "" : l->count > 0 ?
		    ",\n" : "\n", (int)json.len, json.p);
		l->count++;
		return;
	}
	if (l->count++ == 0 && l->head != NULL)
		l->head();
	row = json_loadb(json.p, json.len, JSON_DECODE_ANY, NULL);
	l->row(row);
	json_decref(row);
}

static int
listing_ask(const struct ctl *c, enum ipc_role need, int type,
    const struct buf *fields, struct policy_listing *l,
    struct ipc_QUEUE_DONE *done)
{
	static const struct queue_talk_ops	 rows = { listing_row, NULL,
						    NULL };
	static const struct queue_talk_ops	 none = { NULL, NULL, NULL };
	struct ipc_caller	cl;
	struct err		e;
	int			rc;

	if ((rc = queue_talk_connect(c, &cl, need, &e)) != TALK_OK)
		return talk_fail(rc, &e);
	if (l != NULL && l->json && l->name != NULL)
		(void)printf("{\"%s\":[", l->name);
	rc = ipc_caller_put(&cl, type, buf_str(fields), &e);
	if (rc == 0)
		rc = queue_talk_answer(&cl, l != NULL ? &rows : &none, l,
		    done, &e);
	ipc_caller_close(&cl);
	if (l != NULL && l->json && l->name != NULL)
		(void)printf("\n],\"more\":%s}\n", rc == TALK_OK &&
		    done->after[0] != '\0' ? "true" : "false");
	return rc == TALK_OK ? CTL_OK : talk_fail(rc, &e);
}

static int
talk_long(struct buf *fields)
{
	struct err	e;

	buf_free(fields);
	(void)err_set(&e, "an argument is too long");
	return verb_fail(&e);
}

int
policy_talk_list(const struct ctl *c, int type, int put, struct buf *fields,
    struct policy_listing *l)
{
	struct ipc_QUEUE_DONE	done = { .failed = 0 };
	int			rc;

	if (put == -1)
		return talk_long(fields);
	rc = listing_ask(c, IPC_VIEW, type, fields, l, &done);
	buf_free(fields);
	if (rc != CTL_OK)
		return rc;
	if (l->json && l->name == NULL)
		(void)printf("\n");
	if (!l->json && l->count == 0 && l->none != NULL)
		(void)fprintf(stderr, "mtactl: %s\n", l->none);
	if (!l->json && done.after[0] != '\0')
		(void)fprintf(stderr, "mtactl: there are more than these "
		    "%" PRIu64 ": --limit\n", l->count);
	return CTL_OK;
}

int
policy_talk_live(const struct ctl *c, enum live_kind kind,
    struct policy_listing *l, int argc, char **argv)
{
	struct policy_args	a;
	struct buf		b = BUF_INIT;
	struct err		e;
	int			put;

	if (policy_args_parse(&a, TAKES_LIMIT, argc, argv, &e) == -1)
		return policy_talk_usage(&e);
	if (a.words > 0)
		return verb_usage();
	l->json = a.json;
	put = ipc_put_LIVE_LIST(&b, &(struct ipc_LIVE_LIST){
	    .kind = (uint32_t)kind, .limit = a.limit });
	return policy_talk_list(c, IPC_LIVE_LIST, put, &b, l);
}

int
policy_talk_change(const struct ctl *c, int type, int put,
    struct buf *fields, uint64_t *changed)
{
	struct ipc_QUEUE_DONE	done = { .failed = 0 };
	int			rc;

	if (put == -1)
		return talk_long(fields);
	rc = listing_ask(c, IPC_ADMIN, type, fields, NULL, &done);
	buf_free(fields);
	*changed = done.changed;
	return rc;
}

/* ---- Additions ----------------------------------------------------------- */

/* Suspending is what an operator may. */
static enum ipc_role
talk_need(enum live_kind kind)
{
	return kind == LIVE_KIND_POLICY ? IPC_ADMIN : IPC_OPERATE;
}

static int
talk_answer(struct ipc_caller *cl, struct ipc_LIVE_ANSWER *a, struct err *e)
{
	struct rbuf	r;
	int		type;

	type = ipc_caller_recv(cl, &r, TALK_ANSWER_MS, e);
	if (type == -1)
		return -1;
	if (type != IPC_LIVE_ANSWER || ipc_get_LIVE_ANSWER(&r, a) == -1)
		return err_set(e, "qmgr sent a frame that does not decode");
	return 0;
}

int
policy_talk_add(const struct ctl *c, enum live_kind kind, int put,
    struct buf *what, bool json)
{
	struct ipc_LIVE_ANSWER	a;
	struct ipc_caller	cl;
	struct err		e;
	int			rc;

	if (put == -1)
		return talk_long(what);
	rc = queue_talk_connect(c, &cl, talk_need(kind), &e);
	if (rc == TALK_OK) {
		rc = QUEUE_TALK_PUT(&cl, LIVE_ADD, &e, { .ask = 1,
		    .kind = kind, .what = buf_str(what) });
		if (rc == 0)
			rc = talk_answer(&cl, &a, &e);
		ipc_caller_close(&cl);
	}
	buf_free(what);
	if (rc == TALK_OK && a.status != LIVE_DONE)
		rc = err_set(&e, "%s", a.text);
	if (rc != TALK_OK)
		return talk_fail(rc, &e);
	if (json)
		json_print(json_pack("{s:o}", "id", json_text(a.id)));
	else
		(void)printf("%s\n", a.id);
	return CTL_OK;
}

static int
talk_delete_one(struct ipc_caller *cl, enum live_kind kind, const char *id,
    bool *gone, struct err *e)
{
	struct ipc_LIVE_DELETE	m = { .ask = 1, .kind = kind };
	struct ipc_LIVE_ANSWER	a;

	if (strlcpy(m.id, id, sizeof m.id) >= sizeof m.id)
		return err_set(e, "%.64s: there is none of this id", id);
	if (queue_talk_put_LIVE_DELETE(cl, &m, e) == -1 ||
	    talk_answer(cl, &a, e) == -1)
		return -1;
	*gone = a.status == LIVE_DONE;
	if (a.status == LIVE_DONE)
		return 0;
	(void)err_set(e, "%s: %s", id, a.text);
	return a.status == LIVE_NONE ? 0 : -1;
}

static int
talk_delete(const struct ctl *c, enum live_kind kind,
    const struct policy_args *a)
{
	struct ipc_caller	cl;
	struct err		e;
	int			i, rc, deleted = 0, missing = 0;
	bool			gone = false;

	rc = queue_talk_connect(c, &cl, talk_need(kind), &e);
	if (rc != TALK_OK)
		return talk_fail(rc, &e);
	for (i = 0; i < a->words && rc == TALK_OK; i++) {
		rc = talk_delete_one(&cl, kind, a->word[i], &gone, &e);
		if (rc == TALK_OK && !gone)
			(void)verb_fail(&e);
		deleted += rc == TALK_OK && gone;
		missing += rc == TALK_OK && !gone;
	}
	ipc_caller_close(&cl);
	if (rc != TALK_OK)
		return talk_fail(rc, &e);
	if (a->json)
		json_print(json_pack("{s:i,s:i}", "deleted", deleted,
		    "missing", missing));
	else
		(void)printf("%d deleted\n", deleted);
	return missing > 0 ? CTL_FAILED : CTL_OK;
}

int
policy_talk_delete(const struct ctl *c, enum live_kind kind, int argc,
    char **argv)
{
	struct policy_args	a;
	struct err		e;

	if (policy_args_parse(&a, 0, argc, argv, &e) == -1)
		return policy_talk_usage(&e);
	return a.words == 0 ? verb_usage() : talk_delete(c, kind, &a);
}
