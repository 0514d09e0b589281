/*
 * A list: a few dozen workers, looked through when one connects.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "siblings.h"

void
siblings_init(struct siblings *s)
{
	TAILQ_INIT(s);
}

void
siblings_fini(struct siblings *s)
{
	struct sibling	*one;

	while ((one = TAILQ_FIRST(s)) != NULL) {
		TAILQ_REMOVE(s, one, link);
		free(one);
	}
}

const struct sibling *
siblings_add(struct siblings *s, const struct ipc_WORKER_LIST *m)
{
	struct sibling	*one;
	enum ipc_role	 role = ipc_role_of(m->program);

	free(siblings_take(s, (pid_t)m->pid));
	if (role == IPC_NOBODY || m->pid == 0)
		return NULL;
	one = xcalloc(1, sizeof *one);
	one->pid = (pid_t)m->pid;
	one->uid = (uid_t)m->uid;
	one->role = role;
	one->slot = m->slot;
	one->generation = m->generation;
	TAILQ_INSERT_TAIL(s, one, link);
	return one;
}

struct sibling *
siblings_take(struct siblings *s, pid_t pid)
{
	struct sibling	*one;

	TAILQ_FOREACH(one, s, link)
		if (one->pid == pid)
			break;
	if (one != NULL)
		TAILQ_REMOVE(s, one, link);
	return one;
}

enum ipc_role
siblings_role(const struct siblings *s, uid_t uid, pid_t pid)
{
	const struct sibling	*one;
	enum ipc_role		 role = IPC_NOBODY;

	TAILQ_FOREACH(one, s, link) {
		if (one->uid != uid || (pid != 0 && one->pid != pid))
			continue;
		if (role != IPC_NOBODY && role != one->role)
			return IPC_NOBODY;
		role = one->role;
	}
	return role;
}
