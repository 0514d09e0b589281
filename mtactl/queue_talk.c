/*
 * qmgr greets with what it is doing and with the role that the caller has, so
 * that a refusal can be told in words.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "queue_talk.h"

#define TALK_CREDIT	32
#define TALK_MS		60000	/* between two frames */

QUEUE_TALK_SENDER(QUEUE_TERM)
QUEUE_TALK_SENDER(QUEUE_ASSIGN)
QUEUE_TALK_SENDER(QUEUE_CREDIT)

/* Nobody at qmgr.sock: is it the instance that does not run? */
static int
queue_talk_absent(const struct ctl *c, struct err *e)
{
	struct ipc_caller	master;
	int			rc = talk_connect(c, &master, e);

	if (rc != TALK_OK)
		return rc;
	ipc_caller_close(&master);
	return err_set(e, "%s: no qmgr runs; master.cf has no row for it, or "
	    "it is being started again", c->dir);
}

static int
queue_talk_greeting(struct ipc_caller *cl, enum ipc_role need,
    struct err *e)
{
	struct ipc_QUEUE_STATE	s;
	struct rbuf		r;
	int			type;

	type = ipc_caller_recv(cl, &r, TALK_MS, e);
	if (type == -1)
		return err_set(e, "qmgr does not answer this user");
	if (type != IPC_QUEUE_STATE || ipc_get_QUEUE_STATE(&r, &s) == -1 ||
	    s.table_hash != ipc_table_hash())
		return err_set(e, "qmgr is of another version than mtactl");
	if (!s.ready && s.all > 0)
		return err_set(e, "qmgr is starting: %s, %" PRIu64 "%% done",
		    s.text, s.done * 100 / s.all);
	if (!s.ready)
		return err_set(e, "qmgr is starting: %s", s.text);
	for (type = IPC_OWNER; type < (int)need; type <<= 1)
		if (strcmp(s.role, ipc_role_name((enum ipc_role)type)) == 0)
			return err_set(e, "not permitted: this needs the role "
			    "%s, and this user has %s", ipc_role_name(need),
			    s.role);
	return 0;
}

int
queue_talk_connect(const struct ctl *c, struct ipc_caller *cl,
    enum ipc_role need, struct err *e)
{
	struct buf	path = BUF_INIT;
	int		rc;

	talk_path(c, QMGR_SOCKET, &path);
	rc = ipc_caller_connect_to(cl, IPC_QMGR, buf_cstr(&path), e);
	if (rc == -1 && (errno == ENOENT || errno == ECONNREFUSED ||
	    errno == ENOTDIR))
		rc = queue_talk_absent(c, e);
	else if (rc == -1 && errno == EACCES)
		(void)err_set(e, "this user may not see the queue: "
		    "control_view_group and mailq_users in main.cf say who "
		    "may");
	buf_free(&path);
	if (rc != 0)
		return rc;
	if (queue_talk_greeting(cl, need, e) == 0 &&
	    QUEUE_TALK_PUT(cl, QUEUE_CREDIT, e, { TALK_CREDIT }) == 0)
		return 0;
	ipc_caller_close(cl);
	return TALK_FAILED;
}

static int
queue_talk_assign(struct ipc_caller *cl, const struct queue_term *t,
    struct err *e)
{
	struct ipc_QUEUE_ASSIGN	m = { .value = t->value };
	struct str		name;

	name = str_split(t->name, '.', &m.key);
	if (name.len >= sizeof m.name)
		return err_set(e, "%.64s: no such name", t->name.p);
	memcpy(m.name, name.p, name.len);
	m.name[name.len] = '\0';
	return queue_talk_put_QUEUE_ASSIGN(cl, &m, e);
}

int
queue_talk_terms(struct ipc_caller *cl, const struct queue_args *a,
    struct err *e)
{
	struct ipc_QUEUE_TERM	m;
	size_t			i;

	for (i = 0; i < a->terms; i++) {
		memset(&m, 0, sizeof m);
		memcpy(m.name, a->term[i].name.p, a->term[i].name.len);
		m.value = a->term[i].value;
		if (queue_talk_put_QUEUE_TERM(cl, &m, e) == -1)
			return -1;
	}
	for (i = 0; i < a->assigns; i++)
		if (queue_talk_assign(cl, &a->assign[i], e) == -1)
			return -1;
	return 0;
}

static int
queue_talk_rows(struct rbuf *r, const struct queue_talk_ops *ops, void *arg)
{
	struct ipc_QUEUE_ROWS	m;
	struct str		row;

	if (ipc_get_QUEUE_ROWS(r, &m) == -1 || ops->row == NULL)
		return -1;
	while (m.rows.len > 0) {
		row = str_split(m.rows, '\n', &m.rows);
		ops->row(arg, row);
	}
	return 0;
}

static int
queue_talk_frame(int type, struct rbuf *r, const struct queue_talk_ops *ops,
    void *arg)
{
	struct ipc_QUEUE_GROUP	group;
	struct ipc_QUEUE_BYTES	bytes;

	if (type == IPC_QUEUE_ROWS)
		return queue_talk_rows(r, ops, arg);
	if (type == IPC_QUEUE_GROUP && ops->group != NULL &&
	    ipc_get_QUEUE_GROUP(r, &group) == 0) {
		ops->group(arg, &group);
		return 0;
	}
	if (type == IPC_QUEUE_BYTES && ops->bytes != NULL &&
	    ipc_get_QUEUE_BYTES(r, &bytes) == 0) {
		ops->bytes(arg, bytes.bytes);
		return 0;
	}
	return -1;
}

int
queue_talk_answer(struct ipc_caller *cl, const struct queue_talk_ops *ops,
    void *arg, struct ipc_QUEUE_DONE *done, struct err *e)
{
	struct rbuf	r;
	int		type;

	for (;;) {
		/* A walk that finds nothing for long says nothing. */
		type = ipc_caller_recv(cl, &r, -1, e);
		if (type == -1)
			return TALK_FAILED;
		if (type == IPC_QUEUE_DONE &&
		    ipc_get_QUEUE_DONE(&r, done) == 0)
			return done->failed ? err_set(e, "%s", done->text) :
			    TALK_OK;
		if (queue_talk_frame(type, &r, ops, arg) == -1)
			return err_set(e, "qmgr sent a frame that does not "
			    "decode");
		if (ferror(stdout))
			return err_set(e, "standard output takes no more");
		if (QUEUE_TALK_PUT(cl, QUEUE_CREDIT, e, { 1 }) == -1)
			return TALK_FAILED;
	}
}
