/*
 * sendmail, mailq and newaliases, as other programs call them.
 *
 * The message is read to its end before the service is asked: a program that
 * writes slowly, for hours, keeps no session waiting, and of one that is cut
 * off by a signal nothing has been sent.  Exit codes are those of sysexits(3),
 * since callers look at them: EX_TEMPFAIL means "again, later".
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/hmap.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "smtp/path.h"

#include "letter.h"
#include "queue.h"
#include "sendmail_args.h"
#include "submit.h"
#include "talk.h"

#define SENDMAIL_SOCKET	"sendmail.sock"
#define RECIPIENTS_MAX	100000

/* What a message is sent with. */
struct envelope {
	struct buf	 domain;	/* of addresses without one */
	struct buf	 login;		/* address of who calls */
	char		*full_name;	/* his name, or "" */
	char		*sender;
	char		**rcpt;
	size_t		 rcpts;
	struct hmap	 known;		/* recipients, each once */
};

struct known {
	struct hmap_entry	 entry;
};

static int
sendmail_fail(int code, const struct err *e)
{
	(void)fprintf(stderr, "sendmail: %s\n", e->text);
	return code;
}

/* ---- Addresses ----------------------------------------------------------- */

/* With a domain, and in the form of SMTP: the caller's to free; NULL with *e
 * where it is no address. */
static char *
envelope_address(const struct envelope *v, struct str text, struct err *e)
{
	struct buf		 b = BUF_INIT;
	struct arena		 a = ARENA_INIT;
	struct smtp_path	 p;
	char			*out = NULL;

	buf_add_str(&b, text);
	if (smtp_address_parse(&p, buf_str(&b), &a) == -1) {
		buf_add_byte(&b, '@');
		buf_add_str(&b, buf_str(&v->domain));
		arena_free(&a);
		a = (struct arena)ARENA_INIT;
		if (smtp_address_parse(&p, buf_str(&b), &a) == -1)
			p.null = true;
	}
	if (p.null)
		(void)err_set(e, "%.*s is no address", text.len < 200 ?
		    (int)text.len : 200, text.p);
	else {
		buf_clear(&b);
		smtp_path_add(&b, &p);
		out = xstrdup(buf_cstr(&b));
	}
	arena_free(&a);
	buf_free(&b);
	return out;
}

static int
envelope_sender(void *arg, struct str address, struct err *e)
{
	struct envelope	*v = arg;

	if (v->sender != NULL)
		return err_set(e, "there is one sender");
	v->sender = envelope_address(v, address, e);
	return v->sender != NULL ? 0 : -1;
}

static int
envelope_rcpt(void *arg, struct str address, struct err *e)
{
	struct envelope	*v = arg;
	char		*to = envelope_address(v, address, e);
	struct str	 key = str_of(to);
	struct known	*k;

	if (to == NULL)
		return -1;
	if (hmap_find(&v->known, 0, key) != NULL) {
		free(to);
		return 0;
	}
	if (v->rcpts == RECIPIENTS_MAX) {
		free(to);
		return err_set(e, "more than %d recipients", RECIPIENTS_MAX);
	}
	k = xcalloc(1, sizeof *k);
	k->entry.key = to;
	k->entry.len = (uint32_t)key.len;
	hmap_insert(&v->known, &k->entry);
	v->rcpt = xreallocarray(v->rcpt, v->rcpts + 1, sizeof *v->rcpt);
	v->rcpt[v->rcpts++] = to;
	return 0;
}

/* ---- Who calls ----------------------------------------------------------- */

/* "Joe Public,Room 5,..." */
static char *
gecos_name(const char *gecos)
{
	size_t	n = strcspn(gecos, ",\r\n");

	return memchr(gecos, '&', n) != NULL ? xstrdup("") :
	    xstrndup(gecos, n);
}

static void
envelope_caller(struct envelope *v)
{
	const struct passwd	*pw = getpwuid(getuid());

	if (pw != NULL)
		buf_add_text(&v->login, pw->pw_name);
	else
		buf_add_uint(&v->login, getuid());
	buf_add_byte(&v->login, '@');
	buf_add_str(&v->login, buf_str(&v->domain));
	v->full_name = gecos_name(pw != NULL ? pw->pw_gecos : "");
}

static void
envelope_init(struct envelope *v, const struct ctl *c)
{
	memset(v, 0, sizeof *v);
	hmap_init(&v->known);
	conf_peek(c->dir, "mydomain", &v->domain);
	if (v->domain.len == 0)
		conf_peek(c->dir, "myhostname", &v->domain);
	if (v->domain.len == 0)
		buf_add_text(&v->domain, "localhost");
	envelope_caller(v);
}

static void
known_free(void *arg, struct hmap_entry *e)
{
	hmap_remove(arg, e);
	free(e);
}

static void
envelope_fini(struct envelope *v)
{
	size_t	i;

	hmap_walk(&v->known, v->known.size, known_free, &v->known);
	hmap_fini(&v->known);
	for (i = 0; i < v->rcpts; i++)
		free(v->rcpt[i]);
	free(v->rcpt);
	free(v->sender);
	free(v->full_name);
	buf_free(&v->domain);
	buf_free(&v->login);
}

/* ---- Sending ------------------------------------------------------------- */

/* -f: an address, or nothing for the null sender. */
static int
sendmail_sender(struct envelope *v, const struct sendmail_args *a,
    struct err *e)
{
	struct str	said = str_trim(str_of(a->sender));

	if (a->sender == NULL)
		v->sender = xstrdup(buf_cstr(&v->login));
	else if (said.len == 0 || str_eq(said, STR("<>")))
		v->sender = xstrdup("");
	else if (address_list(said, envelope_sender, v, e) == -1)
		return -1;
	return v->sender != NULL ? 0 : err_set(e, "-f %s: no address",
	    a->sender);
}

static int
sendmail_rcpts(struct envelope *v, const struct sendmail_args *a,
    struct letter *l, struct err *e)
{
	int	i;

	for (i = 0; i < a->rcpts; i++)
		if (address_list(str_of(a->rcpt[i]), envelope_rcpt, v,
		    e) == -1)
			return -1;
	if (a->from_header && letter_recipients(l, envelope_rcpt, v, e) == -1)
		return -1;
	return v->rcpts > 0 ? 0 : err_set(e, "the message names no "
	    "recipient");
}

static int
sendmail_send(const struct ctl *c, const struct envelope *v,
    const struct sendmail_args *a, const struct letter *l, struct err *e)
{
	struct buf		path = BUF_INIT;
	struct submit_mail	m = { .sender = v->sender, .rcpt = v->rcpt,
	    .rcpts = v->rcpts, .letter = l, .notify = a->notify,
	    .ret = a->ret, .envid = a->envid, .says_8bit = a->says_8bit };
	int			rc;

	talk_path(c, SENDMAIL_SOCKET, &path);
	rc = submit_mail(buf_cstr(&path), &m, e);
	buf_free(&path);
	return rc;
}

static int
sendmail_letter(const struct ctl *c, const struct sendmail_args *a,
    struct letter *l, struct err *e)
{
	struct envelope	v;
	struct str	from;
	int		rc = EX_DATAERR;

	envelope_init(&v, c);
	if (sendmail_sender(&v, a, e) == 0 &&
	    sendmail_rcpts(&v, a, l, e) == 0) {
		from = v.sender[0] != '\0' ? str_of(v.sender) :
		    buf_str(&v.login);
		if (letter_from(l, a->name != NULL ? a->name : v.full_name,
		    from, e) == 0)
			rc = sendmail_send(c, &v, a, l, e);
	}
	envelope_fini(&v);
	return rc;
}

/* ---- Reading ------------------------------------------------------------- */

static int
sendmail_read(struct letter *l, struct err *e)
{
	char	bytes[65536];
	ssize_t	n;
	int	rc = 0;

	while (rc == 0) {
		n = read(STDIN_FILENO, bytes, sizeof bytes);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			(void)err_errno(e, "reading the message");
			return EX_IOERR;
		}
		if (n == 0)
			break;
		rc = letter_add(l, (struct str){ bytes, (size_t)n }, e);
	}
	return rc == -1 || letter_end(l, e) == -1 ? EX_DATAERR : EX_OK;
}

static int
sendmail_message(const struct ctl *c, const struct sendmail_args *a)
{
	const char	*tmp = getenv("TMPDIR");
	struct letter	*l;
	struct err	 e;
	int		 dir, rc;

	if (a->rcpts == 0 && !a->from_header) {
		(void)err_set(&e, "no recipients: name them, or give -t");
		return sendmail_fail(EX_USAGE, &e);
	}
	dir = open(tmp != NULL ? tmp : "/tmp", O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC);
	l = letter_new(a->dots, dir);
	if ((rc = sendmail_read(l, &e)) == EX_OK)
		rc = sendmail_letter(c, a, l, &e);
	letter_free(&l);
	if (dir != -1)
		(void)close(dir);
	return rc == EX_OK ? EX_OK : sendmail_fail(rc, &e);
}

/* ---- The verbs ----------------------------------------------------------- */

static int
sendmail_smtp(const struct ctl *c)
{
	struct buf	path = BUF_INIT;
	struct err	e;
	int		rc;

	talk_path(c, SENDMAIL_SOCKET, &path);
	rc = submit_relay(buf_cstr(&path), &e);
	buf_free(&path);
	return rc == EX_OK ? EX_OK : sendmail_fail(rc, &e);
}

static int
sendmail_mailq(const struct ctl *c)
{
	const struct queue_args	a = { .json = false };
	int			rc = queue_list(c, &a, false, IPC_OWNER);

	return rc == CTL_OK ? EX_OK : rc == CTL_ABSENT ? EX_TEMPFAIL :
	    EX_UNAVAILABLE;
}

static int
sendmail_newaliases(void)
{
	(void)printf("newaliases: aliases are not kept in a table here, so "
	    "there is nothing to make;\nan rcptto hook decides where mail "
	    "goes, see smtpd(8)\n");
	return EX_OK;
}

int
verb_sendmail(const struct ctl *c, int argc, char **argv)
{
	struct sendmail_args	a;
	struct err		e;
	int			rc = sendmail_args_parse(&a, argc, argv, &e);

	if (rc != EX_OK)
		return sendmail_fail(rc, &e);
	switch (a.mode) {
	case SENDMAIL_SMTP:
		return sendmail_smtp(c);
	case SENDMAIL_MAILQ:
		return sendmail_mailq(c);
	case SENDMAIL_NEWALIASES:
		return sendmail_newaliases();
	case SENDMAIL_NOTHING:
		return EX_OK;
	case SENDMAIL_MAIL:
	default:
		return sendmail_message(c, &a);
	}
}

/* Both take what sendmail takes, and heed nothing of it. */
int
verb_mailq(const struct ctl *c, int argc, char **argv)
{
	struct sendmail_args	a;
	struct err		e;
	int			rc = sendmail_args_parse(&a, argc, argv, &e);

	return rc == EX_OK ? sendmail_mailq(c) : sendmail_fail(rc, &e);
}

int
verb_newaliases(const struct ctl *c, int argc, char **argv)
{
	(void)c;
	(void)argc;
	(void)argv;
	return sendmail_newaliases();
}
