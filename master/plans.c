/*
 * The text that is handed on has no groups and no comments, and may be longer
 * than the file; it goes in pieces.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "conf/file.h"
#include "conf/programs.h"
#include "schedule/policy.h"
#include "schedule/transport.h"

#include "plans.h"

#define PIECE		65536
#define TEXT_MAX	(16 * 1024 * 1024)
/* All of it waits in a channel, which ends where too much does. */
#define LISTS_MAX	(32 * 1024 * 1024)
#define TRANSPORT_CF	"transport.cf"
#define POLICY_CF	"policy.cf"

struct counting {
	conf_report_fn	*report;
	void		*arg;
	int		 faults;
};

static void
plans_report(void *arg, const char *file, int line, int column,
    const char *text)
{
	struct counting	*c = arg;

	c->faults++;
	if (c->report != NULL)
		c->report(c->arg, file, line, column, text);
}

static void
plans_transports(struct plans *p, const struct conf *conf,
    struct counting *c)
{
	struct transports	*t = NULL;
	const struct params	*params = conf_params(conf);
	struct conf_place	 at;
	char			 file[CONF_PATH_SIZE];

	conf_path(conf, TRANSPORT_CF, file, sizeof file);
	buf_clear(&p->transport_cf);
	if (transports_compile(&t, file, conf_transport_cf(conf), params,
	    plans_report, c) == -1)
		return;
	transports_put(t, &p->transport_cf);
	if (p->transport_cf.len > TEXT_MAX)
		plans_report(c, file, 1, 1, "with what its groups say it is "
		    "larger than 16 MiB");
	if (params->dsn_transport[0] != '\0' && transports_find(t,
	    str_of(params->dsn_transport)) == NULL) {
		at = (struct conf_place){ file, 1, 1 };
		(void)conf_place(conf, conf_service(conf, 0),
		    "dsn_transport", &at);
		plans_report(c, at.file, at.line, at.column,
		    "there is no such transport in transport.cf");
	}
	transports_free(&t);
}

/* ---- Policies ----------------------------------------------------------- */

struct listing {
	struct plans		*p;
	const struct conf	*conf;
};

/* The lists' files are not larger together than what can be handed on: but for
 * that of one, which is said to be so large. */
static int
plans_room(const struct plans *p, const struct plans_list *but, size_t len,
    const char *path, struct err *e)
{
	size_t	i, sum = len;

	for (i = 0; i < p->list_count; i++)
		if (&p->lists[i] != but)
			sum += p->lists[i].text.len;
	return sum <= LISTS_MAX ? 0 : err_set(e, "%s: with the %s larger than "
	    "32 MiB", path, but == NULL ? "lists before it" : "other lists");
}

static int
plans_read(void *arg, struct str list, const char *path, struct buf *out,
    struct err *e)
{
	struct listing		*g = arg;
	struct plans_list	*l;
	struct identity		 id;
	char			 file[CONF_PATH_SIZE];

	id = identity_take(conf_path(g->conf, path, file, sizeof file));
	if (file_read_most(file, POLICY_LIST_MAX, out, e) == -1 ||
	    plans_room(g->p, NULL, out->len, file, e) == -1)
		return -1;
	g->p->lists = xreallocarray(g->p->lists, g->p->list_count + 1,
	    sizeof *g->p->lists);
	l = &g->p->lists[g->p->list_count++];
	*l = (struct plans_list){ .text = BUF_INIT, .identity = id,
	    .path = xstrdup(file) };
	(void)snprintf(l->name, sizeof l->name, "list/%.*s", (int)list.len,
	    list.p);
	buf_add_str(&l->text, buf_str(out));
	return 0;
}

static void
plans_forget_lists(struct plans *p)
{
	size_t	i;

	for (i = 0; i < p->list_count; i++) {
		buf_free(&p->lists[i].text);
		free(p->lists[i].path);
	}
	free(p->lists);
	p->lists = NULL;
	p->list_count = 0;
}

static void
plans_policies(struct plans *p, const struct conf *conf, struct counting *c)
{
	char			 file[CONF_PATH_SIZE];
	struct listing		 g = { p, conf };
	struct policy_source	 src = { file, conf_policy_cf(conf),
				    plans_read, &g };
	struct policies		*policies = NULL;

	conf_path(conf, POLICY_CF, file, sizeof file);
	buf_clear(&p->policy_cf);
	plans_forget_lists(p);
	(void)policies_compile(&policies, &src, plans_report, c);
	policies_free(&policies);
	/* Also if a list's file became wrong just now: whom it is for refuses
	 * it, and goes on as before, rather than without limits. */
	buf_add_str(&p->policy_cf, src.text);
}

struct relisting {
	struct plans_list	*list;
	struct str		 text;
};

/* Of the other lists nothing is asked. */
static int
plans_reread(void *arg, struct str list, const char *path, struct buf *out,
    struct err *e)
{
	const struct relisting	*r = arg;

	(void)path;
	(void)e;
	if (str_eq(list, str_of(r->list->name + strlen("list/"))))
		buf_add_str(out, r->text);
	return 0;
}

static int
plans_recompile(const struct plans *p, struct plans_list *l, struct str text,
    conf_report_fn *report, void *arg)
{
	struct relisting	 r = { l, text };
	struct policy_source	 src = { POLICY_CF, buf_str(&p->policy_cf),
				    plans_reread, &r };
	struct policies		*policies = NULL;
	int			 rc;

	rc = policies_compile(&policies, &src, report, arg);
	policies_free(&policies);
	return rc;
}

int
plans_relist(struct plans *p, size_t n, conf_report_fn *report, void *arg)
{
	struct plans_list	*l = &p->lists[n];
	struct identity		 id = identity_take(l->path);
	struct buf		 text = BUF_INIT;
	struct err		 e;
	int			 rc = -1;

	if (identity_equal(&id, &l->identity))
		return 0;
	l->identity = id;
	if (file_read_most(l->path, POLICY_LIST_MAX, &text, &e) == -1 ||
	    plans_room(p, l, text.len, l->path, &e) == -1)
		report(arg, l->path, 0, 0, e.text);
	else if (str_eq(buf_str(&text), buf_str(&l->text)))
		rc = 0;
	else if (plans_recompile(p, l, buf_str(&text), report, arg) == 0) {
		buf_free(&l->text);
		l->text = text;
		return 1;
	}
	buf_free(&text);
	return rc;
}

int
plans_load(struct plans *p, const struct conf *conf, conf_report_fn *report,
    void *arg)
{
	struct counting	c = { report, arg, 0 };

	plans_transports(p, conf, &c);
	plans_policies(p, conf, &c);
	return c.faults;
}

void
plans_fini(struct plans *p)
{
	buf_free(&p->transport_cf);
	buf_free(&p->policy_cf);
	plans_forget_lists(p);
}

bool
plans_equal(const struct plans *a, const struct plans *b)
{
	size_t	i;

	if (!str_eq(buf_str(&a->transport_cf), buf_str(&b->transport_cf)) ||
	    !str_eq(buf_str(&a->policy_cf), buf_str(&b->policy_cf)) ||
	    a->list_count != b->list_count)
		return false;
	for (i = 0; i < a->list_count; i++)
		if (strcmp(a->lists[i].name, b->lists[i].name) != 0 ||
		    !str_eq(buf_str(&a->lists[i].text),
		    buf_str(&b->lists[i].text)))
			return false;
	return true;
}

/* ---- Warnings ---------------------------------------------------------- */

/* Who connects to backends, and from inside a jail? */
static bool
plans_jailed(const struct conf *conf, bool *queued)
{
	const struct conf_service	*svc;
	bool				 jailed = false;
	size_t				 i;

	*queued = false;
	for (i = 0; i < conf_service_count(conf); i++) {
		svc = conf_service(conf, i);
		if (strcmp(svc->command, "qmgr") == 0)
			*queued = true;
		else if (strcmp(svc->command, "smtpd") == 0 ||
		    strcmp(svc->command, "deliver") == 0)
			jailed = jailed || svc->chroot;
	}
	return jailed && geteuid() == 0;
}

/* bit: of "others". */
static bool
plans_may(const char *path, const struct program_user *u, mode_t bit)
{
	struct stat	st;
	unsigned	shift;

	if (stat(path, &st) == -1)
		return false;
	shift = st.st_uid == u->uid ? 6 : st.st_gid == u->gid ? 3 : 0;
	return (st.st_mode >> shift & bit) != 0;
}

/* Can deliver read it, as the user that it becomes? */
static bool
plans_readable(const struct conf *conf, const char *directory,
    const char *path)
{
	const struct conf_service	*svc;
	struct program_user		 u;
	size_t				 i;

	if (geteuid() != 0)
		return access(path, R_OK) == 0;
	for (i = 0; i < conf_service_count(conf); i++) {
		svc = conf_service(conf, i);
		if (strcmp(svc->command, "deliver") == 0 && !svc->unpriv)
			return true;
	}
	return program_user(program_find("deliver")->user, conf_dir(conf), &u,
	    NULL) == -1 || (plans_may(directory, &u, S_IXOTH) &&
	    plans_may(path, &u, S_IROTH));
}

/* It is read by deliver when it is used, and may come later. */
static void
plans_warn_secret(const struct conf *conf, const struct transport *t,
    const char *parameter, struct str name, struct counting *c,
    const char *file)
{
	const char	*directory = conf_params(conf)->secret_directory;
	const char	*wrong = "is not there";
	char		 path[CONF_PATH_SIZE], in[CONF_PATH_SIZE], text[1024];
	char		 folder[CONF_PATH_SIZE];
	struct stat	 st;

	if (name.len == 0)
		return;
	(void)snprintf(in, sizeof in, "%s/%.*s", directory, (int)name.len,
	    name.p);
	conf_path(conf, in, path, sizeof path);
	conf_path(conf, directory, folder, sizeof folder);
	if (stat(path, &st) == 0) {
		if (plans_readable(conf, folder, path))
			return;
		wrong = "can't be read by the user of deliver";
	} else if (errno != ENOENT && errno != ENOTDIR)
		return;
	(void)snprintf(text, sizeof text, "%s: %.256s/%.*s %s: what goes by "
	    "transport %.*s waits for it", parameter, directory,
	    (int)(name.len < 256 ? name.len : 256), name.p, wrong,
	    (int)t->id.len, t->id.p);
	plans_report(c, file, t->line, 1, text);
}

/* What becomes of a mode that asks for TLSA records, where no answer of the
 * DNS is ever validated; NULL: of the others. */
static const char *
plans_unvalidated(enum transport_tls mode)
{
	switch (mode) {
	case TRANSPORT_TLS_DANE:
		return "dane is as optional";
	case TRANSPORT_TLS_DANE_REQUIRE:
		return "dane_require sends nothing";
	case TRANSPORT_TLS_DANE_FALLBACK_REQUIRE_VERIFY:
		return "dane_fallback_require_verify is as require_verify";
	default:
		return NULL;
	}
}

static void
plans_warn_dane(struct counting *c, const char *file, int line,
    const char *row, struct str id, int mode)
{
	const char	*so = plans_unvalidated((enum transport_tls)mode);
	char		 text[256];

	if (so == NULL)
		return;
	(void)snprintf(text, sizeof text, "tls of %s %.*s: %s while "
	    "dns_trust_anchor is not set", row,
	    (int)(id.len < 64 ? id.len : 64), id.p, so);
	plans_report(c, file, line, 1, text);
}

/* Do those who deliver validate what the DNS says? */
static bool
plans_validated(const struct conf *conf)
{
	const struct conf_service	*svc;
	size_t				 i;

	for (i = 0; i < conf_service_count(conf); i++) {
		svc = conf_service(conf, i);
		if (strcmp(svc->command, "deliver") == 0)
			return svc->params.dns_trust_anchor[0] != '\0';
	}
	return conf_params(conf)->dns_trust_anchor[0] != '\0';
}

static void
plans_warn_one(const struct transport *t, const struct params *params,
    bool jailed, bool queued, struct counting *c, const char *file)
{
	char	text[256];

	if (jailed && t->socket.len > 0 && t->socket.p[0] == '/') {
		(void)snprintf(text, sizeof text, "%.*s: no worker with "
		    "chroot = y in master.cf reaches this socket",
		    (int)t->target.len, t->target.p);
		plans_report(c, file, t->line, 1, text);
	}
	if (queued && t->mode != TRANSPORT_MX && t->options.dsn &&
	    t->options.dsn_transport.len == 0 &&
	    params->dsn_transport[0] == '\0') {
		(void)snprintf(text, sizeof text, "transport %.*s has no "
		    "dsn_transport, nor has main.cf: no sender is told of "
		    "what it gives up", (int)t->id.len, t->id.p);
		plans_report(c, file, t->line, 1, text);
	}
}

struct naming {
	struct counting		*c;
	const struct transports	*transports;
	const char		*file;
};

static void
plans_warn_name(void *arg, struct str id, int line)
{
	struct naming	*n = arg;
	char		 text[128];

	if (transports_find(n->transports, id) != NULL)
		return;
	(void)snprintf(text, sizeof text, "transport.cf has no transport "
	    "\"%.*s\": this row never applies", (int)(id.len < 64 ? id.len :
	    64), id.p);
	plans_report(n->c, n->file, line, 1, text);
}

static void
plans_warn_delivery(void *arg, const struct policy_delivery *d)
{
	struct naming	*n = arg;

	if (d->set[TRANSPORT_tls])
		plans_warn_dane(n->c, n->file, d->line, "delivery", d->id,
		    d->options.tls);
}

static void
plans_warn_names(const struct conf *conf, const struct transports *t,
    bool validated, struct counting *c)
{
	char			 file[CONF_PATH_SIZE];
	struct policy_source	 src = { file, conf_policy_cf(conf), NULL,
				    NULL };
	struct naming		 n = { c, t, file };
	struct policies		*policies = NULL;

	conf_path(conf, POLICY_CF, file, sizeof file);
	if (policies_compile(&policies, &src, plans_report, c) == 0)
		policies_mentions(policies, POLICY_FIELD_TRANSPORTID,
		    plans_warn_name, &n);
	if (policies != NULL && !validated)
		policies_each_delivery(policies, plans_warn_delivery, &n);
	policies_free(&policies);
}

void
plans_warn(const struct conf *conf, conf_report_fn *report, void *arg)
{
	struct counting		 c = { report, arg, 0 };
	struct transports	*t = NULL;
	const struct transport	*one;
	char			 file[CONF_PATH_SIZE];
	bool			 jailed, queued, validated;
	size_t			 i;

	conf_path(conf, TRANSPORT_CF, file, sizeof file);
	if (transports_compile(&t, file, conf_transport_cf(conf),
	    conf_params(conf), plans_report, &c) == -1)
		return;
	jailed = plans_jailed(conf, &queued);
	validated = plans_validated(conf);
	for (i = 0; i < transports_count(t); i++) {
		one = transports_at(t, i);
		plans_warn_one(one, conf_params(conf), jailed, queued, &c,
		    file);
		if (!validated)
			plans_warn_dane(&c, file, one->line, "transport",
			    one->id, one->options.tls);
		plans_warn_secret(conf, one, "saslpassword_file",
		    one->options.saslpassword_file, &c, file);
		plans_warn_secret(conf, one, "sasltoken_file",
		    one->options.sasltoken_file, &c, file);
	}
	plans_warn_names(conf, t, validated, &c);
	transports_free(&t);
}

/* ---- Telling ----------------------------------------------------------- */

void
plans_tell_file(struct channel *c, const char *name, struct str text)
{
	struct str		rest = text;
	struct ipc_CONF_FILE	m = { .first = 1 };

	(void)strlcpy(m.name, name, sizeof m.name);
	do {
		m.bytes = rest;
		if (m.bytes.len > PIECE)
			m.bytes.len = PIECE;
		rest.p += m.bytes.len;
		rest.len -= m.bytes.len;
		m.last = rest.len == 0;
		CHANNEL_PUT(c, CONF_FILE, -1, &m);
		m.first = 0;
	} while (rest.len > 0);
}

void
plans_tell_list(const struct plans *p, size_t n, struct channel *c)
{
	struct ipc_LIST_FILE	m;

	plans_tell_file(c, p->lists[n].name, buf_str(&p->lists[n].text));
	(void)strlcpy(m.name, p->lists[n].name, sizeof m.name);
	CHANNEL_PUT(c, LIST_FILE, -1, &m);
}

void
plans_tell(const struct plans *p, struct channel *c, bool schedules)
{
	size_t	i;

	plans_tell_file(c, TRANSPORT_CF, buf_str(&p->transport_cf));
	if (!schedules)
		return;
	for (i = 0; i < p->list_count; i++)
		plans_tell_file(c, p->lists[i].name,
		    buf_str(&p->lists[i].text));
	plans_tell_file(c, POLICY_CF, buf_str(&p->policy_cf));
}
