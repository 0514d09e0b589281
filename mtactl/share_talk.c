/*
 * share answers the administrator as it does workers.
 */
#include <errno.h>
#include <unistd.h>

#include "share/wire.h"

#include "queue_talk.h"
#include "share_talk.h"

#define SHARE_TALK_MS	60000

QUEUE_TALK_SENDER(SHARE_HELLO)
QUEUE_TALK_SENDER(SHARE_ASK)
QUEUE_TALK_SENDER(SHARE_LIST)
QUEUE_TALK_SENDER(SHARE_CLEAR)

int
share_talk_connect(const struct ctl *c, struct ipc_caller *cl, struct err *e)
{
	struct ipc_caller	master;
	struct buf		path = BUF_INIT;
	int			rc;

	talk_path(c, SHARE_SOCKET, &path);
	rc = ipc_caller_connect_to(cl, IPC_SHARE, buf_cstr(&path), e);
	buf_free(&path);
	if (rc == -1 && errno == EACCES)
		return err_set(e, "not permitted: this needs root or the "
		    "user of the instance");
	if (rc == -1) {
		/* Is it the instance that does not run? */
		rc = talk_connect(c, &master, e);
		if (rc != TALK_OK)
			return rc;
		ipc_caller_close(&master);
		return err_set(e, "%s: no share service runs; master.cf has "
		    "no row for it, or it is being started again", c->dir);
	}
	return QUEUE_TALK_PUT(cl, SHARE_HELLO, e,
	    { .table_hash = ipc_table_hash(), .pid = (uint32_t)getpid() });
}

static int
share_talk_recv(struct ipc_caller *cl, struct rbuf *r, struct err *e)
{
	int	type = ipc_caller_recv(cl, r, SHARE_TALK_MS, e);

	if (type == -1)
		(void)err_set(e, "share does not answer this user, or is of "
		    "another version than mtactl");
	return type;
}

static int
share_talk_strange(struct err *e)
{
	return err_set(e, "share sent a frame that does not decode");
}

int
share_talk_ask(struct ipc_caller *cl, const struct share_question *q,
    struct share_answer *a, struct err *e)
{
	struct ipc_SHARE_ASK	m;
	struct ipc_SHARE_ANSWER	answer;
	struct rbuf		r;
	int			type;

	share_put_question(1, q, &m);
	if (queue_talk_put_SHARE_ASK(cl, &m, e) == -1 ||
	    (type = share_talk_recv(cl, &r, e)) == -1)
		return -1;
	if (type != IPC_SHARE_ANSWER ||
	    ipc_get_SHARE_ANSWER(&r, &answer) == -1 ||
	    share_get_answer(&answer, a) == -1)
		return share_talk_strange(e);
	return 0;
}

int
share_talk_list(struct ipc_caller *cl, struct share_talk_rows *rows,
    struct err *e)
{
	struct ipc_SHARE_LISTED	end;
	struct ipc_SHARE_ROW	one;
	struct rbuf		r;
	int			type;

	if (queue_talk_put_SHARE_LIST(cl, &rows->m, e) == -1)
		return -1;
	while ((type = share_talk_recv(cl, &r, e)) == IPC_SHARE_ROW) {
		if (ipc_get_SHARE_ROW(&r, &one) == -1)
			return share_talk_strange(e);
		rows->row(rows->arg, &one);
	}
	if (type == -1)
		return -1;
	if (type != IPC_SHARE_LISTED ||
	    ipc_get_SHARE_LISTED(&r, &end) == -1)
		return share_talk_strange(e);
	rows->count = end.count;
	return 0;
}

int
share_talk_clear(struct ipc_caller *cl, bool rates, struct str prefix,
    uint64_t *count, struct err *e)
{
	struct ipc_SHARE_LISTED	end;
	struct rbuf		r;
	int			type;

	if (QUEUE_TALK_PUT(cl, SHARE_CLEAR, e, { .rates = rates,
	    .prefix = prefix }) == -1 ||
	    (type = share_talk_recv(cl, &r, e)) == -1)
		return -1;
	if (type != IPC_SHARE_LISTED ||
	    ipc_get_SHARE_LISTED(&r, &end) == -1)
		return share_talk_strange(e);
	*count = end.count;
	return 0;
}
