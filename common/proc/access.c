/*
 * A file has one group: with two different ones all may connect, and are
 * looked at then, as they are in any case.
 */
#include <sys/stat.h>

#include <grp.h>
#include <unistd.h>

#include "compat/peer.h"
#include "conf/programs.h"

#include "access.h"

static int
access_group(const char *name, gid_t *gid, bool *has, struct err *e)
{
	const struct group	*g;

	*has = false;
	if (name[0] == '\0')
		return 0;
	if ((g = getgrnam(name)) == NULL)
		return err_set(e, "there is no group %s", name);
	*gid = g->gr_gid;
	*has = true;
	return 0;
}

/* Without root they are the owner's own. */
static void
access_workers(struct access *a, const char *directory)
{
	struct program_user	u;
	size_t			i;

	for (i = 0; i < program_count && a->owner == 0 &&
	    a->workers < ACCESS_WORKERS; i++)
		if (program_user(program_rows[i].user, directory, &u,
		    NULL) == 0)
			a->worker[a->workers++] = u.uid;
}

int
access_load(struct access *a, const struct params *p, const char *directory,
    const char **parameter, struct err *e)
{
	*a = (struct access){ .owner = geteuid() };
	*parameter = "control_view_group";
	if (access_group(p->control_view_group, &a->view, &a->has_view,
	    e) == -1)
		return -1;
	*parameter = "control_operate_group";
	if (access_group(p->control_operate_group, &a->operate,
	    &a->has_operate, e) == -1)
		return -1;
	access_workers(a, directory);
	return 0;
}

static bool
access_is_worker(const struct access *a, uid_t uid)
{
	int	i;

	for (i = 0; i < a->workers; i++)
		if (a->worker[i] == uid)
			return true;
	return false;
}

enum ipc_role
access_role(const struct access *a, int fd)
{
	uid_t	uid;

	if (peer_uid(fd, &uid) == -1)
		return IPC_NOBODY;
	if (uid == 0 || uid == a->owner)
		return IPC_ADMIN;
	if (access_is_worker(a, uid))
		return IPC_NOBODY;
	if (a->has_operate && peer_in_group(fd, a->operate))
		return IPC_OPERATE;
	if (a->has_view && peer_in_group(fd, a->view))
		return IPC_VIEW;
	return IPC_NOBODY;
}

enum ipc_role
access_queue_role(const struct access *a, const struct user_list *owners,
    int fd)
{
	enum ipc_role	role = access_role(a, fd);
	uid_t		uid;

	if (role != IPC_NOBODY || peer_uid(fd, &uid) == -1 ||
	    access_is_worker(a, uid) || !user_list_has(owners, uid))
		return role;
	return IPC_OWNER;
}

int
access_open(const struct access *a, const char *path)
{
	gid_t	group = a->has_view ? a->view : a->operate;

	if (!a->has_view && !a->has_operate)
		return chmod(path, 0600);
	if (a->has_view && a->has_operate && a->view != a->operate)
		return chmod(path, 0666);
	if (chown(path, (uid_t)-1, group) == -1)
		return -1;
	return chmod(path, 0660);
}

int
access_queue_open(const struct access *a, const struct user_list *owners,
    const char *path)
{
	if (owners->anyone || owners->count > 0 || a->has_view ||
	    a->has_operate)
		return chmod(path, 0666);
	/* Its group is that of all workers, where root started them. */
	return chmod(path, geteuid() == 0 ? 0660 : 0600);
}
