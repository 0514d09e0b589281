/*
 * "host:port" is one socket; "port" alone is two, the IPv6 one for IPv6 only,
 * so that both families work whatever the system's default is.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "compat/listening.h"
#include "conf/programs.h"

#include "sockets.h"

#define SOCKETS_BACKLOG	4096
#define SOCKETS_GROUP	"halyard"	/* whose group workers have */

void
sockets_init(struct sockets *s)
{
	TAILQ_INIT(s);
}

static void
sock_free(struct sockets *s, struct sock *sock)
{
	TAILQ_REMOVE(s, sock, link);
	(void)close(sock->fd);
	if (sock->addr.u.sa.sa_family == AF_UNIX)
		socket_file_remove(&sock->file, sock->addr.u.un.sun_path);
	free(sock);
}

void
sockets_fini(struct sockets *s)
{
	struct sock	*sock;

	while ((sock = TAILQ_FIRST(s)) != NULL)
		sock_free(s, sock);
}

/* Fills in the addresses of a service; returns how many, or -1. */
static int
service_addresses(const struct conf *conf, const struct conf_service *svc,
    struct netaddr a[SOCKETS_PER_SERVICE], struct err *e)
{
	char	name[PATH_MAX], path[PATH_MAX];

	if (program_find(svc->command)->quiet)
		return 0;
	if (svc->type == CONF_UNIX) {
		(void)snprintf(name, sizeof name, "%s/%s",
		    svc->params.run_directory, svc->name);
		return netaddr_unix(&a[0], conf_path(conf, name, path,
		    sizeof path), e) == -1 ? -1 : 1;
	}
	if (svc->host[0] != '\0') {
		if (netaddr_parse_ip(&a[0], str_of(svc->host),
		    (uint16_t)svc->port) == -1)
			return err_set(e, "%s: not an address", svc->host);
		return 1;
	}
	(void)netaddr_parse_ip(&a[0], STR("0.0.0.0"), (uint16_t)svc->port);
	(void)netaddr_parse_ip(&a[1], STR("::"), (uint16_t)svc->port);
	return 2;
}

static bool
sock_sound(const struct sock *sock)
{
	return listening_sound(sock->fd) &&
	    (sock->addr.u.sa.sa_family != AF_UNIX ||
	    socket_file_there(&sock->file, sock->addr.u.un.sun_path));
}

bool
sockets_sound(const struct sockets *s)
{
	const struct sock	*sock;

	TAILQ_FOREACH(sock, s, link)
		if (!sock_sound(sock))
			return false;
	return true;
}

static struct sock *
sockets_find(const struct sockets *s, const struct netaddr *a)
{
	struct sock	*sock;

	TAILQ_FOREACH(sock, s, link)
		if (netaddr_eq(&sock->addr, a))
			return sock;
	return NULL;
}

/*
 * A private socket is for workers alone.  They all have one group when root
 * starts them.
 */
static int
sock_mode(const char *path, const struct conf *conf,
    const struct conf_service *svc)
{
	const struct params	*p = conf_params(conf);
	struct program_user	u;

	/* Any user may run mtactl: qmgr looks who it is that connects. */
	if (!svc->private || (strcmp(svc->command, "qmgr") == 0 &&
	    (p->control_view_group[0] != '\0' ||
	    p->control_operate_group[0] != '\0' ||
	    p->mailq_users[0] != '\0')))
		return chmod(path, 0666);
	if (geteuid() != 0)
		return chmod(path, 0600);
	if (program_user(SOCKETS_GROUP, conf_dir(conf), &u, NULL) == -1 ||
	    chown(path, (uid_t)-1, u.gid) == -1)
		return -1;
	return chmod(path, 0660);
}

int
sockets_open_up(const struct conf *conf, const struct conf_service *svc,
    struct err *e)
{
	char	name[PATH_MAX], path[PATH_MAX];

	(void)snprintf(name, sizeof name, "%s/%s", svc->params.run_directory,
	    svc->name);
	conf_path(conf, name, path, sizeof path);
	return sock_mode(path, conf, svc) == 0 ? 0 : err_errno(e, "%s", path);
}

static int
sock_listen(int fd, const struct netaddr *a, const struct conf *conf,
    const struct conf_service *svc)
{
	int	on = 1;

	if (a->u.sa.sa_family == AF_UNIX)
		(void)unlink(a->u.un.sun_path);
	else if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1)
		return -1;
	if (a->u.sa.sa_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == -1)
		return -1;
	if (bind(fd, &a->u.sa, a->len) == -1)
		return -1;
	if (a->u.sa.sa_family == AF_UNIX &&
	    sock_mode(a->u.un.sun_path, conf, svc) == -1)
		return -1;
	return listen(fd, SOCKETS_BACKLOG);
}

/* A listening descriptor; -2: this system has no such family. */
static int
sock_open(const struct netaddr *a, const struct conf *conf,
    const struct conf_service *svc, struct err *e)
{
	char	text[NETADDR_TEXT];
	int	fd;

	fd = socket(a->u.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	/* A system without IPv6 still serves "port" on IPv4. */
	if (fd == -1 && errno == EAFNOSUPPORT && svc->host[0] == '\0' &&
	    a->u.sa.sa_family == AF_INET6)
		return -2;
	netaddr_text(a, text, sizeof text);
	if (fd == -1)
		return err_errno(e, "%s", text);
	if (sock_listen(fd, a, conf, svc) == -1) {
		(void)err_errno(e, "%s", text);
		(void)close(fd);
		return -1;
	}
	LOG(EV_LISTEN, NULL, LOG_STR("service", svc->name),
	    LOG_STR("address", text));
	return fd;
}

static int
sock_bind(struct sockets *s, const struct netaddr *a,
    const struct conf *conf, const struct conf_service *svc, struct err *e)
{
	struct sock	*sock;
	int		 fd = sock_open(a, conf, svc, e);

	if (fd < 0)
		return fd == -1 ? -1 : 0;
	sock = xcalloc(1, sizeof *sock);
	sock->addr = *a;
	sock->fd = fd;
	sock->bound = 1;
	sock->keep = true;
	if (a->u.sa.sa_family == AF_UNIX)
		(void)socket_file_note(&sock->file, a->u.un.sun_path);
	TAILQ_INSERT_TAIL(s, sock, link);
	return 0;
}

/*
 * Workers that still have the old one accept nothing more by it.  Its address
 * is free only after it was ended; if another one cannot be had then, the next
 * reload tries again.
 */
static int
sock_rebind(struct sock *sock, const struct conf *conf,
    const struct conf_service *svc, struct err *e)
{
	char	text[NETADDR_TEXT];
	int	fd;

	netaddr_text(&sock->addr, text, sizeof text);
	LOG(EV_LISTEN_LOST, NULL, LOG_STR("service", svc->name),
	    LOG_STR("address", text));
	listening_end(sock->fd);
	fd = sock_open(&sock->addr, conf, svc, e);
	if (fd < 0)
		return -1;
	(void)close(sock->fd);
	sock->fd = fd;
	sock->bound++;
	if (sock->addr.u.sa.sa_family == AF_UNIX)
		(void)socket_file_note(&sock->file,
		    sock->addr.u.un.sun_path);
	return 0;
}

static int
sockets_bind_service(struct sockets *s, const struct conf *conf,
    const struct conf_service *svc, struct err *e)
{
	struct netaddr	 a[SOCKETS_PER_SERVICE];
	struct sock	*sock;
	int		 i, n;

	n = service_addresses(conf, svc, a, e);
	for (i = 0; i < n; i++) {
		sock = sockets_find(s, &a[i]);
		if (sock == NULL && sock_bind(s, &a[i], conf, svc, e) == -1)
			return -1;
		if (sock == NULL)
			continue;
		sock->keep = true;
		if (!sock_sound(sock) && sock_rebind(sock, conf, svc, e) == -1)
			return -1;
	}
	return n == -1 ? -1 : 0;
}

int
sockets_bind(struct sockets *s, const struct conf *conf,
    const struct conf_service **at, struct err *e)
{
	struct sock	*last = TAILQ_LAST(s, sockets), *sock;
	size_t		 i;

	TAILQ_FOREACH(sock, s, link)
		sock->keep = false;
	for (i = 0; i < conf_service_count(conf); i++) {
		*at = conf_service(conf, i);
		if (sockets_bind_service(s, conf, *at, e) == -1)
			break;
	}
	if (i == conf_service_count(conf))
		return 0;
	TAILQ_FOREACH(sock, s, link)
		sock->keep = true;
	while ((sock = TAILQ_LAST(s, sockets)) != last)
		sock_free(s, sock);
	return -1;
}

static int
sock_try(const struct netaddr *a, bool (*ours)(void *arg,
    const char *address), void *arg, struct err *e)
{
	char	text[NETADDR_TEXT];
	int	fd, on = 1, rc;

	fd = socket(a->u.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return errno == EAFNOSUPPORT ? 0 : err_errno(e, "socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (a->u.sa.sa_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on,
		    sizeof on);
	netaddr_text(a, text, sizeof text);
	rc = bind(fd, &a->u.sa, a->len);
	if (rc == -1 && errno == EADDRINUSE && ours(arg, text))
		rc = 0;
	if (rc == -1)
		(void)err_errno(e, "%s", text);
	(void)close(fd);
	return rc;
}

int
sockets_try(const struct conf *conf, const struct conf_service *svc,
    bool (*ours)(void *arg, const char *address), void *arg, struct err *e)
{
	struct netaddr	a[SOCKETS_PER_SERVICE];
	int		i, n = service_addresses(conf, svc, a, e);

	for (i = 0; i < n && svc->type == CONF_INET; i++)
		if (sock_try(&a[i], ours, arg, e) == -1)
			return -1;
	return n == -1 ? -1 : 0;
}

void
sockets_prune(struct sockets *s)
{
	struct sock	*sock, *next;

	TAILQ_FOREACH_SAFE(sock, s, link, next)
		if (!sock->keep)
			sock_free(s, sock);
}

int
sockets_of(struct sockets *s, const struct conf *conf,
    const struct conf_service *service,
    const struct sock *out[SOCKETS_PER_SERVICE])
{
	struct netaddr		 a[SOCKETS_PER_SERVICE];
	const struct sock	*sock;
	int			 i, n, count = 0;

	n = service_addresses(conf, service, a, NULL);
	for (i = 0; i < n; i++)
		if ((sock = sockets_find(s, &a[i])) != NULL)
			out[count++] = sock;
	return count;
}

void
sockets_text(const struct sockets *s, struct buf *out)
{
	const struct sock	*sock;
	char			 text[NETADDR_TEXT];

	TAILQ_FOREACH(sock, s, link)
		if (sock->addr.u.sa.sa_family != AF_UNIX)
			buf_printf(out, "%s\n", netaddr_text(&sock->addr,
			    text, sizeof text));
}
