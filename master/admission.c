/*
 * A group is told as its number and one, so that 0 is none.
 */
#include "base/wire.h"
#include "proc/access.h"

#include "admission.h"
#include "sockets.h"

static int
admission_load(struct access *a, struct user_list *owners,
    const struct conf *conf, const struct params *p, const char **parameter,
    struct err *e)
{
	if (access_load(a, p, conf_dir(conf), parameter, e) == -1)
		return -1;
	*parameter = "mailq_users";
	return user_list_load(owners, p->mailq_users, e);
}

int
admission_check(const struct conf *conf, const char **parameter,
    struct err *e)
{
	struct user_list	owners = { .anyone = false };
	struct access		a;
	int			rc;

	rc = admission_load(&a, &owners, conf, conf_params(conf), parameter,
	    e);
	user_list_fini(&owners);
	return rc;
}

static void
admission_put(struct channel *c, const struct access *a,
    const struct user_list *owners)
{
	struct ipc_ADMISSION	m = { .anyone = owners->anyone };
	struct buf		users = BUF_INIT;
	size_t			i;

	if (a->has_view)
		m.view = (uint64_t)a->view + 1;
	if (a->has_operate)
		m.operate = (uint64_t)a->operate + 1;
	for (i = 0; i < owners->count; i++)
		wire_put_uint(&users, owners->uid[i], 4);
	m.users = buf_str(&users);
	CHANNEL_PUT(c, ADMISSION, -1, &m);
	buf_free(&users);
}

int
admission_tell(const struct conf *conf, const struct conf_service *svc,
    struct channel *c, const char **parameter, struct err *e)
{
	struct user_list	owners = { .anyone = false };
	struct access		a;
	int			rc = -1;

	if (admission_load(&a, &owners, conf, &svc->params, parameter,
	    e) == -1)
		goto out;
	admission_put(c, &a, &owners);
	*parameter = NULL;
	rc = sockets_open_up(conf, svc, e);
out:
	user_list_fini(&owners);
	return rc;
}
