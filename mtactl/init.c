/*
 * mtactl init: the samples of conf with their @WORDS@ filled in.
 *
 * Everything is checked before the first file is made, and every file is made
 * with O_EXCL: what exists stays as it is.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "conf/programs.h"
#include "mtactl/samples.h"
#include "options.h"
#include "report.h"
#include "users.h"
#include "verb.h"

#define LISTEN_WIDTH	21	/* of the first column in master.cf */

struct init {
	const char	*dir;		/* then `real` */
	char		 real[PATH_MAX];
	const char	*listen;
	char		*hostname;
	char		*backend_host;
	int		 backend_port;
	struct buf	 domains;	/* as an array's items in a script */
};

static const struct {
	const char	*path;
	mode_t		 mode;
	const char	*program;	/* whose user it belongs to, or NULL */
} init_dirs[] = {
	{ "hooks", 0755, NULL }, { "templates", 0755, NULL },
	{ "templates/bounce", 0755, NULL }, { "run", 0755, NULL },
	{ "log", 0755, NULL },
	{ "spool", 0700, "smtpd" },
};

#define N(a)	(sizeof(a) / sizeof((a)[0]))

/* Nothing that needs quoting in a script, or a second word in main.cf. */
static bool
init_name_ok(struct str s)
{
	size_t	i;

	for (i = 0; i < s.len; i++)
		if (!ascii_isalnum((unsigned char)s.p[i]) &&
		    strchr(".-_:", s.p[i]) == NULL)
			return false;
	return s.len > 0 && s.len <= 253 && s.p[0] != '-';
}

/* "host:port" or "[v6]:port". */
static int
init_backend(struct init *in, const char *text, struct err *e)
{
	const char	*colon = strrchr(text, ':');
	struct str	 host, port;
	uint64_t	 n;

	if (colon == NULL)
		return err_set(e, "--backend %s: HOST:PORT expected", text);
	host = (struct str){ text, (size_t)(colon - text) };
	port = str_of(colon + 1);
	if (host.len > 2 && host.p[0] == '[' && host.p[host.len - 1] == ']') {
		host.p++;
		host.len -= 2;
	} else if (memchr(host.p, ':', host.len) != NULL) {
		return err_set(e, "--backend %s: an IPv6 address stands in "
		    "brackets", text);
	}
	if (!init_name_ok(host))
		return err_set(e, "--backend %s: not a host", text);
	if (str_uint(port, 65535, &n) == -1 || n == 0)
		return err_set(e, "--backend %s: the port is not 1 to 65535",
		    text);
	free(in->backend_host);
	in->backend_host = xstrndup(host.p, host.len);
	in->backend_port = (int)n;
	return 0;
}

static int
init_hostname(struct init *in, const char *name, struct err *e)
{
	if (!init_name_ok(str_of(name)))
		return err_set(e, "--hostname %s: not the name of a host",
		    name);
	free(in->hostname);
	in->hostname = xstrdup(name);
	return 0;
}

/* Reads the domains that mail is taken for, one or more between commas. */
static int
init_domains(struct init *in, const char *list, struct err *e)
{
	struct str	rest = str_of(list), name;
	size_t		i;

	do {
		name = str_trim(str_split(rest, ',', &rest));
		if (!init_name_ok(name) || memchr(name.p, ':', name.len) !=
		    NULL)
			return err_set(e, "--domain %.*s: not a domain",
			    (int)name.len, name.p != NULL ? name.p : "");
		buf_add_text(&in->domains, in->domains.len > 0 ? ", \"" :
		    "\"");
		for (i = 0; i < name.len; i++)
			buf_add_byte(&in->domains, ascii_lower(name.p[i]));
		buf_add_byte(&in->domains, '"');
	} while (rest.p != NULL);
	return 0;
}

/* False if there is no such word: then the "@" meant itself. */
static bool
init_word(const struct init *in, struct str word, struct buf *out)
{
	if (str_eq(word, STR("HOSTNAME")))
		buf_add_text(out, in->hostname);
	else if (str_eq(word, STR("RUN")))
		buf_add_text(out, "run");
	else if (str_eq(word, STR("LOG")))
		buf_add_text(out, "log/halyard.log");
	else if (str_eq(word, STR("SPOOL")))
		buf_add_text(out, "spool");
	else if (str_eq(word, STR("QUEUE")))
		buf_add_text(out, "queue");
	else if (str_eq(word, STR("LISTEN")))
		buf_printf(out, "%-*s", LISTEN_WIDTH, in->listen);
	else if (str_eq(word, STR("RCPTTO")))
		buf_add_text(out, in->domains.len > 0 ? "" : "#");
	else if (str_eq(word, STR("DOMAINS")))
		buf_add_str(out, in->domains.len > 0 ?
		    buf_str(&in->domains) : STR("\"example.com\""));
	else if (str_eq(word, STR("BACKEND")))
		buf_printf(out, strchr(in->backend_host, ':') != NULL ?
		    "[%s]:%d" : "%s:%d", in->backend_host, in->backend_port);
	else if (str_eq(word, STR("BACKEND_HOST")))
		buf_add_text(out, in->backend_host);
	else if (str_eq(word, STR("BACKEND_PORT")))
		buf_printf(out, "%d", in->backend_port);
	else
		return false;
	return true;
}

static void
init_fill(const struct init *in, const char *text, struct buf *out)
{
	struct str	rest = str_of(text), after;

	for (;;) {
		buf_add_str(out, str_split(rest, '@', &rest));
		if (rest.p == NULL)
			return;
		if (init_word(in, str_split(rest, '@', &after), out))
			rest = after;
		else
			buf_add_byte(out, '@');
	}
}

static char *
init_path(const struct init *in, const char *name)
{
	return xasprintf("%s/%s", in->dir, name);
}

/* Checks that the address can stand in the first column of master.cf. */
static int
init_listen(struct init *in, const char *listen, struct err *e)
{
	struct conf_text	 text = { "/", STR_NONE, STR_NONE };
	struct conf		*c = NULL;
	struct buf		 b = BUF_INIT;
	struct reporter		 r = { .first = e };
	int			 rc;

	in->listen = listen;
	if (strpbrk(listen, " \t\n#") != NULL)
		return err_set(e, "--listen %s: ADDRESS:PORT expected",
		    listen);
	buf_printf(&b, "%s inet - - - - 1 smtpd\n", listen);
	text.master_cf = buf_str(&b);
	rc = conf_parse(&c, &text, report_first, &r);
	conf_free(&c);
	buf_free(&b);
	return rc == 0 ? 0 : err_wrap(e, "--listen %s", listen);
}

/* Before anything is written: no file may be there, and the path of a socket
 * must have room in a sockaddr_un. */
static int
init_check(const struct init *in, struct err *e)
{
	struct sockaddr_un	 un;
	char			*path;
	size_t			 i;
	int			 rc = 0;

	if (strlen(in->dir) + sizeof "/run/metrics.sock" > sizeof un.sun_path)
		return err_set(e, "%s: too long for the sockets in it, at "
		    "most %zu bytes", in->dir, sizeof un.sun_path -
		    sizeof "/run/metrics.sock");
	for (i = 0; i < N(sample_files) && rc == 0; i++) {
		path = init_path(in, sample_files[i].path);
		if (access(path, F_OK) == 0)
			rc = err_set(e, "%s is there already; nothing was "
			    "written", path);
		free(path);
	}
	return rc;
}

static int
init_mkdir(const char *path, mode_t mode, struct err *e)
{
	if (mkdir(path, mode) == 0 || errno == EEXIST)
		return 0;
	return err_errno(e, "%s", path);
}

/* What root makes for a worker is the worker's. */
static int
init_give(const struct init *in, const char *path, const char *program,
    struct err *e)
{
	struct program_user	u;

	if (program == NULL || geteuid() != 0)
		return 0;
	if (program_user(program_find(program)->user, in->dir, &u, e) == -1)
		return -1;
	if (chown(path, u.uid, u.gid) == -1)
		return err_errno(e, "%s", path);
	return 0;
}

static int
init_file(const struct init *in, const char *name, const char *text,
    struct err *e)
{
	char		*path = init_path(in, name);
	struct buf	 b = BUF_INIT;
	int		 fd, rc = -1;

	init_fill(in, text, &b);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd == -1 || fd_write_full(fd, buf_data(&b), b.len) == -1)
		(void)err_errno(e, "%s", path);
	else
		rc = 0;
	if (fd != -1 && close(fd) == -1 && rc == 0)
		rc = err_errno(e, "%s", path);
	buf_free(&b);
	free(path);
	return rc;
}

static int
init_write(const struct init *in, struct err *e)
{
	char	*path;
	size_t	 i;
	int	 rc = 0;

	for (i = 0; i < N(init_dirs) && rc == 0; i++) {
		path = init_path(in, init_dirs[i].path);
		rc = init_mkdir(path, init_dirs[i].mode, e);
		if (rc == 0)
			rc = init_give(in, path, init_dirs[i].program, e);
		free(path);
	}
	for (i = 0; i < N(sample_files) && rc == 0; i++)
		rc = init_file(in, sample_files[i].path,
		    sample_files[i].text, e);
	return rc;
}

static int
init_run(struct init *in, struct err *e)
{
	struct conf	*c = NULL;

	if (init_mkdir(in->dir, 0755, e) == -1)
		return -1;
	if (realpath(in->dir, in->real) == NULL)
		return err_errno(e, "%s", in->dir);
	in->dir = in->real;
	if (init_check(in, e) == -1 || init_write(in, e) == -1)
		return -1;
	if (conf_load(&c, in->dir, report_print, NULL) == -1)
		return err_set(e, "%s was written but does not load", in->dir);
	conf_free(&c);
	users_warn(in->dir);
	(void)printf("Wrote main.cf, master.cf, transport.cf, policy.cf and "
	    "three hooks into %s.\nIt listens on %s and delivers to %s port "
	    "%d while the client waits;\nhook_eod = hooks/queue.hsl in "
	    "main.cf makes it queue instead.\n", in->dir, in->listen,
	    in->backend_host, in->backend_port);
	if (in->domains.len > 0)
		(void)printf("It takes mail for %s and for no other domain "
		    "(hooks/rcptto.hsl).\n", buf_cstr(&in->domains));
	else
		(void)printf("It takes mail for ANY domain: before others can "
		    "reach it, set hook_rcptto\n(hooks/rcptto.hsl), or the "
		    "backend has an open relay before it.\n");
	(void)printf("Start it: mtactl -c %s start\n", in->dir);
	return 0;
}

static int
init_options(struct init *in, const struct options *o, struct err *e)
{
	in->dir = o->argv[0];
	if (init_listen(in, o->listen != NULL ? o->listen : "127.0.0.1:2525",
	    e) == -1)
		return -1;
	if (o->hostname != NULL && init_hostname(in, o->hostname, e) == -1)
		return -1;
	if (o->domain != NULL && init_domains(in, o->domain, e) == -1)
		return -1;
	return init_backend(in, o->backend != NULL ? o->backend :
	    "127.0.0.1:2526", e);
}

int
verb_init(const struct ctl *c, int argc, char **argv)
{
	struct init	in = { .domains = BUF_INIT };
	struct options	o;
	struct params	p;
	struct err	e;
	int		rc;

	(void)c;
	if (options_parse(&o, "lbnd", argc, argv) == -1 || o.argc != 1)
		return verb_usage();
	params_init(&p);
	in.hostname = xstrdup(p.myhostname);
	params_fini(&p);
	rc = init_options(&in, &o, &e);
	if (rc == 0)
		rc = init_run(&in, &e);
	free(in.hostname);
	free(in.backend_host);
	buf_free(&in.domains);
	return rc == 0 ? CTL_OK : verb_fail(&e);
}
