/*
 * Who may ask: the users of the instance's groups, as master has them now.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "compat/peer.h"
#include "proc/access.h"

#include "rights.h"

static struct {
	struct worker		*worker;
	struct access		 access;
	struct user_list	 owners;
} rights;

enum ipc_role
rights_role(int fd, uid_t *uid, pid_t *pid)
{
	enum ipc_role	role;

	if (peer_process(fd, uid, pid) == -1)
		return IPC_NOBODY;
	if ((role = worker_peer_role(rights.worker, fd)) != IPC_NOBODY)
		return (role & (IPC_DELIVER | IPC_SMTPD | IPC_BOUNCE)) != 0 ?
		    role : IPC_NOBODY;
	return access_queue_role(&rights.access, &rights.owners, fd);
}

/* The socket is in run_directory, which is not to be reached from the jail. */
static void
rights_open_socket(const struct worker *w)
{
	const char	*run = w->params.run_directory;
	char		 path[PATH_MAX];

	if (run[0] == '/')
		(void)snprintf(path, sizeof path, "%s/%s", run, w->service);
	else
		(void)snprintf(path, sizeof path, "%s/%s/%s", w->directory,
		    run, w->service);
	if (access_queue_open(&rights.access, &rights.owners, path) == -1)
		LOG(EV_SYSTEM_ERROR, NULL, LOG_STR("call", path),
		    LOG_STR("reason", strerror(errno)));
}

int
rights_prepare(struct worker *w)
{
	const char	*parameter;
	struct err	 e;

	rights.worker = w;
	if (access_load(&rights.access, &w->params, w->directory, &parameter,
	    &e) == -1) {
		worker_refuse_value(w, parameter, e.text);
		return -1;
	}
	if (user_list_load(&rights.owners, w->params.mailq_users, &e) == -1) {
		worker_refuse_value(w, "mailq_users", e.text);
		return -1;
	}
	if (!w->check)
		rights_open_socket(w);
	return 0;
}

static int
rights_admit_users(struct rbuf *r)
{
	struct user_list	*l = &rights.owners;
	uint64_t		 uid;

	user_list_fini(l);
	l->uid = xreallocarray(NULL, r->len / 4 + 1, sizeof *l->uid);
	while (r->len > 0) {
		if (wire_get_uint(r, &uid, 4) == -1)
			return -1;
		l->uid[l->count++] = (uid_t)uid;
	}
	return 0;
}

/* Who is connected already keeps the role that he came with. */
int
rights_admit(struct rbuf *r)
{
	struct ipc_ADMISSION	 m;
	struct rbuf		 users;
	struct access		*a = &rights.access;

	if (ipc_get_ADMISSION(r, &m) == -1)
		return -1;
	users = (struct rbuf){ (const unsigned char *)m.users.p,
	    m.users.len };
	if (rights_admit_users(&users) == -1)
		return -1;
	rights.owners.anyone = m.anyone != 0;
	a->has_view = m.view > 0;
	a->has_operate = m.operate > 0;
	a->view = m.view > 0 ? (gid_t)(m.view - 1) : 0;
	a->operate = m.operate > 0 ? (gid_t)(m.operate - 1) : 0;
	return 0;
}
