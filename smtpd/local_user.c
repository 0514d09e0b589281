/*
 * All users are read once, before the jail, from which there is no way to the
 * system's files; and only where senders have to be somebody's own.
 */
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "mime/address.h"

#include "server.h"
#include "session.h"

#define USERS_MAX	1000000

static int
user_order(const void *a, const void *b)
{
	const struct local_user	*x = a, *y = b;

	return x->uid < y->uid ? -1 : x->uid > y->uid;
}

static void
users_read(struct local_users *u)
{
	const struct passwd	*pw;
	size_t			 size = 0;

	setpwent();
	while (u->count < USERS_MAX && (pw = getpwent()) != NULL) {
		if (u->count == size) {
			size = size == 0 ? 64 : size * 2;
			u->known = xreallocarray(u->known, size,
			    sizeof *u->known);
		}
		u->known[u->count++] = (struct local_user){ pw->pw_uid,
		    xstrdup(pw->pw_name) };
	}
	endpwent();
	if (u->count > 0)
		qsort(u->known, u->count, sizeof *u->known, user_order);
}

int
local_users_load(struct server *srv)
{
	const struct params	*p = srv->params;
	struct local_users	*u = &srv->local;
	const char		*parameter = "sendmail_users";
	struct err		 e;
	int			 rc;

	rc = user_list_load(&u->welcome, p->sendmail_users, &e);
	if (rc == 0) {
		parameter = "trusted_users";
		rc = user_list_load(&u->trusted, p->trusted_users, &e);
	}
	if (rc == -1)
		worker_refuse_value(srv->worker, parameter, e.text);
	else if (p->sendmail_sender == PARAM_SENDMAIL_SENDER_OWN)
		users_read(u);
	return rc;
}

bool
local_user_welcome(const struct server *srv, uid_t uid)
{
	return uid == 0 || user_list_has(&srv->local.welcome, uid);
}

bool
local_user_bound(const struct session *s)
{
	const struct server	*srv = s->server;

	return srv->params->sendmail_sender == PARAM_SENDMAIL_SENDER_OWN &&
	    s->conn.has_remoteuid && s->conn.remoteuid != 0 &&
	    !user_list_has(&srv->local.trusted, s->conn.remoteuid);
}

/* ---- Addresses ----------------------------------------------------------- */

/* The first of those with that uid, which users may share; or where it would
 * be. */
static size_t
user_find(const struct local_users *u, uid_t uid)
{
	size_t	low = 0, high = u->count, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (u->known[mid].uid < uid)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool
user_named(const struct local_users *u, uid_t uid, struct str name)
{
	size_t	i = user_find(u, uid);

	for (; i < u->count && u->known[i].uid == uid; i++)
		if (str_eq(name, str_of(u->known[i].name)))
			return true;
	return false;
}

static const char *
user_name(const struct local_users *u, uid_t uid)
{
	size_t	i = user_find(u, uid);

	return i < u->count && u->known[i].uid == uid ? u->known[i].name :
	    NULL;
}

bool
local_user_owns(const struct session *s, const struct smtp_path *p)
{
	const struct params	*par = s->server->params;

	if (p->null)
		return true;
	return (str_caseeq(p->domain, str_of(par->mydomain)) ||
	    str_caseeq(p->domain, str_of(par->myhostname))) &&
	    user_named(&s->server->local, s->conn.remoteuid, p->localpart);
}

/* ---- Sender -------------------------------------------------------------- */

struct from {
	const struct session	*session;
	unsigned		 count;
	bool			 own;
};

static int
from_add(void *arg, struct str address, struct err *e)
{
	struct from		*f = arg;
	struct arena		 a = ARENA_INIT;
	struct smtp_path	 p;

	(void)e;
	f->count++;
	f->own = smtp_address_parse(&p, address, &a) == 0 && !p.null &&
	    local_user_owns(f->session, &p);
	arena_free(&a);
	return 0;
}

void
local_user_trace(const struct session *s, const struct mime_strip *fields,
    struct buf *out)
{
	const char		*name = user_name(&s->server->local,
				    s->conn.remoteuid);
	struct from		 f = { .session = s };
	struct str		 value = mime_strip_noted(fields);
	struct smtp_path	 own = { .domain = str_of(
				    s->server->params->mydomain) };
	struct buf		 number = BUF_INIT;

	if (value.len > 0 && address_list(value, from_add, &f, NULL) == 0 &&
	    f.count == 1 && f.own)
		return;
	if (own.domain.len == 0)
		own.domain = str_of(s->server->params->myhostname);
	buf_add_uint(&number, s->conn.remoteuid);
	own.localpart = name != NULL ? str_of(name) : buf_str(&number);
	buf_add_text(out, "Sender: ");
	smtp_path_add(out, &own);
	buf_add_text(out, "\r\n");
	buf_free(&number);
}
