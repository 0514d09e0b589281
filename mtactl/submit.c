/*
 * One step after the other, each with its reply: nothing is gained by
 * pipelining to a neighbour.
 *
 * Where the service is gone, slow, or has no room, it is for the caller to
 * try again: EX_TEMPFAIL.  That holds behind the end of DATA, too, where the
 * reply did not come: the message may be there twice then (RFC 1047), but it
 * is not lost.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/net.h"
#include "base/xtext.h"
#include "smtp/ext.h"
#include "smtp/reply.h"
#include "smtp/stuff.h"

#include "letter.h"
#include "submit.h"

#define SUBMIT_MS	(5 * 60 * 1000)
/* Behind the end hooks run, and a backend may be asked. */
#define SUBMIT_END_MS	(20 * 60 * 1000)

struct dialogue {
	int			 fd;
	struct buf		 in;
	struct smtp_reader	 reader;
	struct smtp_caps	 caps;
	struct err		*e;
};

/* ---- Replies ------------------------------------------------------------- */

static int
reply_fill(struct dialogue *d, int ms)
{
	struct pollfd	p = { .fd = d->fd, .events = POLLIN };
	ssize_t		n;
	int		rc;

	do
		rc = poll(&p, 1, ms);
	while (rc == -1 && errno == EINTR);
	if (rc == 0)
		return err_set(d->e, "the mail service does not answer");
	do
		n = read(d->fd, buf_reserve(&d->in, 4096), 4096);
	while (n == -1 && errno == EINTR);
	if (n <= 0)
		return err_set(d->e, "the mail service broke off");
	buf_added(&d->in, (size_t)n);
	return 0;
}

/* The next reply: 0, or -1 where none comes. */
static int
reply_read(struct dialogue *d, int ms)
{
	enum smtp_read	 got;
	const char	*why;
	size_t		 used;

	for (;;) {
		got = smtp_reader_feed(&d->reader, buf_str(&d->in), &used,
		    &why);
		buf_consume(&d->in, used);
		if (got == SMTP_READ_DONE)
			return 0;
		if (got == SMTP_READ_BAD)
			return err_set(d->e, "the mail service's reply: %s",
			    why);
		if (reply_fill(d, ms) == -1)
			return -1;
	}
}

/* What the refusal means to the program that called, by its enhanced code
 * (RFC 3463); detail -1: any. */
static const struct {
	int	subject, detail, exit;
} refusals[] = {
	{ 1, 1, EX_NOUSER }, { 1, 2, EX_NOHOST }, { 1, 3, EX_NOUSER },
	{ 1, 6, EX_NOUSER }, { 1, 7, EX_DATAERR }, { 1, 8, EX_DATAERR },
	{ 5, 2, EX_DATAERR }, { 5, 4, EX_DATAERR }, { 6, -1, EX_DATAERR },
	{ 7, -1, EX_NOPERM },
};

static int
refusal_exit(const struct smtp_reply *r)
{
	size_t	i;

	if (r->code < 500)
		return EX_TEMPFAIL;
	for (i = 0; i < sizeof refusals / sizeof *refusals; i++)
		if (refusals[i].subject == r->enhanced[1] &&
		    (refusals[i].detail == r->enhanced[2] ||
		    refusals[i].detail == -1))
			return refusals[i].exit;
	return EX_UNAVAILABLE;
}

/* Reads the reply to what was said: EX_OK, or how it went wrong. */
static int
expect(struct dialogue *d, int class, int ms, const char *what)
{
	const struct smtp_reply	*r = &d->reader.reply;
	char			 enhanced[SMTP_ENHANCED_TEXT];
	struct str		 line = STR_NONE;

	if (reply_read(d, ms) == -1)
		return EX_TEMPFAIL;
	if (r->code / 100 == class)
		return EX_OK;
	if (smtp_reply_lines(r) > 0)
		line = smtp_reply_line(r, 0);
	(void)err_set(d->e, "%s: %d %s%s%.*s", what, r->code,
	    smtp_enhanced_text(r->enhanced, enhanced),
	    enhanced[0] != '\0' ? " " : "", (int)(line.len < 300 ? line.len :
	    300), line.len > 0 ? line.p : "");
	return refusal_exit(r);
}

/* ---- What is said -------------------------------------------------------- */

/* A write that fails may have its reason waiting to be read. */
static int
say(struct dialogue *d, struct str bytes)
{
	if (fd_write_full(d->fd, bytes.p, bytes.len) == 0)
		return EX_OK;
	(void)err_errno(d->e, "the mail service");
	if (expect(d, 0, 1000, "the mail service") != EX_TEMPFAIL)
		return refusal_exit(&d->reader.reply);
	return EX_TEMPFAIL;
}

static int
command(struct dialogue *d, struct buf *line, int class, const char *what)
{
	int	rc;

	buf_add_text(line, "\r\n");
	rc = say(d, buf_str(line));
	buf_clear(line);
	return rc == EX_OK ? expect(d, class, SUBMIT_MS, what) : rc;
}

static int
say_hello(struct dialogue *d, struct buf *b)
{
	int	rc = expect(d, 2, SUBMIT_MS, "the mail service");

	if (rc != EX_OK)
		return rc;
	buf_add_text(b, "EHLO localhost");
	if ((rc = command(d, b, 2, "EHLO")) == EX_OK)
		smtp_caps_read(&d->caps, &d->reader.reply);
	return rc;
}

static bool
mail_needs_utf8(const struct submit_mail *m)
{
	size_t	i;

	for (i = 0; i < m->rcpts; i++)
		if (!str_is_ascii(str_of(m->rcpt[i])))
			return true;
	return !str_is_ascii(str_of(m->sender));
}

static int
say_mail(struct dialogue *d, const struct submit_mail *m, struct buf *b)
{
	bool	dsn = d->caps.exts & SMTP_EXT_DSN;

	buf_printf(b, "MAIL FROM:<%s>", m->sender);
	if (d->caps.exts & SMTP_EXT_SIZE)
		buf_printf(b, " SIZE=%llu",
		    (unsigned long long)letter_size(m->letter));
	if ((d->caps.exts & SMTP_EXT_8BITMIME) && (m->says_8bit ||
	    letter_has_8bit(m->letter)))
		buf_add_text(b, " BODY=8BITMIME");
	if ((d->caps.exts & SMTP_EXT_SMTPUTF8) && mail_needs_utf8(m))
		buf_add_text(b, " SMTPUTF8");
	if (dsn && m->ret != NULL)
		buf_printf(b, " RET=%s", m->ret);
	if (dsn && m->envid != NULL) {
		buf_add_text(b, " ENVID=");
		xtext_encode(b, str_of(m->envid));
	}
	return command(d, b, 2, m->sender[0] != '\0' ? m->sender : "<>");
}

static int
say_rcpt(struct dialogue *d, const struct submit_mail *m, const char *to,
    struct buf *b)
{
	bool	dsn = d->caps.exts & SMTP_EXT_DSN;

	buf_printf(b, "RCPT TO:<%s>", to);
	if (dsn && m->notify != NULL)
		buf_printf(b, " NOTIFY=%s", m->notify);
	if (dsn && str_is_ascii(str_of(to)) && strlen(to) < 400) {
		buf_add_text(b, " ORCPT=rfc822;");
		xtext_encode(b, str_of(to));
	}
	return command(d, b, 2, to);
}

/* ---- The message --------------------------------------------------------- */

static int
say_stuffed(struct dialogue *d, struct smtp_stuff *st, struct str bytes)
{
	struct str	piece;
	int		rc = EX_OK;

	while (rc == EX_OK && smtp_stuff_next(st, &bytes, &piece))
		rc = say(d, piece);
	return rc;
}

static int
say_body(struct dialogue *d, struct smtp_stuff *st, const struct body *body)
{
	struct body_cursor	c;
	struct iovec		iov;
	int			n, rc = EX_OK;

	body_cursor_init(&c, body);
	while (rc == EX_OK && (n = body_peek(&c, &iov, 1)) != 0) {
		if (n == -1) {
			(void)err_errno(d->e, "reading the message again");
			rc = EX_IOERR;
			break;
		}
		rc = say_stuffed(d, st, (struct str){ iov.iov_base,
		    iov.iov_len });
		body_advance(&c, iov.iov_len);
	}
	body_cursor_fini(&c);
	return rc;
}

static int
say_letter(struct dialogue *d, const struct letter *l, struct buf *b)
{
	struct smtp_stuff	st = { SMTP_STUFF_START };
	int			rc;

	buf_add_text(b, "DATA");
	if ((rc = command(d, b, 3, "DATA")) != EX_OK)
		return rc;
	letter_write_header(l, b);
	rc = say_stuffed(d, &st, buf_str(b));
	if (rc == EX_OK)
		rc = say_body(d, &st, letter_body(l));
	/* A letter ends with CRLF. */
	if (rc == EX_OK)
		rc = say(d, smtp_stuff_end(false, true));
	return rc == EX_OK ? expect(d, 2, SUBMIT_END_MS, "the message") : rc;
}

static int
dialogue_run(struct dialogue *d, const struct submit_mail *m)
{
	struct buf	b = BUF_INIT;
	size_t		i;
	int		rc = say_hello(d, &b);

	if (rc == EX_OK)
		rc = say_mail(d, m, &b);
	for (i = 0; i < m->rcpts && rc == EX_OK; i++)
		rc = say_rcpt(d, m, m->rcpt[i], &b);
	if (rc == EX_OK && (rc = say_letter(d, m->letter, &b)) == EX_OK)
		(void)fd_write_full(d->fd, "QUIT\r\n", 6);
	buf_free(&b);
	return rc;
}

/* ---- The socket ---------------------------------------------------------- */

static int
submit_connect(const char *path, struct err *e)
{
	struct netaddr	a;
	int		fd;

	if (netaddr_unix(&a, path, e) == -1)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd != -1 && connect(fd, &a.u.sa, a.len) == 0)
		return fd;
	(void)err_errno(e, "the mail service is down: %s", path);
	if (fd != -1)
		(void)close(fd);
	return -1;
}

int
submit_mail(const char *path, const struct submit_mail *m, struct err *e)
{
	struct dialogue	d = { .fd = submit_connect(path, e), .in = BUF_INIT,
			    .e = e };
	int		rc;

	if (d.fd == -1)
		return EX_TEMPFAIL;
	smtp_reader_init(&d.reader);
	rc = dialogue_run(&d, m);
	smtp_reader_fini(&d.reader);
	buf_free(&d.in);
	(void)close(d.fd);
	return rc;
}

/* ---- Handing on ---------------------------------------------------------- */

/* What one side has said goes to the other; 0: it has said its last. */
static int
relay_some(int from, int to)
{
	char	bytes[16384];
	ssize_t	n;

	do
		n = read(from, bytes, sizeof bytes);
	while (n == -1 && errno == EINTR);
	if (n > 0 && fd_write_full(to, bytes, (size_t)n) == -1)
		return -1;
	return n > 0 ? 1 : (int)n;
}

int
submit_relay(const char *path, struct err *e)
{
	static const char	down[] = "421 4.3.2 The mail service is "
				    "down, try again later\r\n";
	int			fd = submit_connect(path, e), rc = 1;
	struct pollfd		p[2] = { { .fd = STDIN_FILENO,
				    .events = POLLIN },
				    { .fd = fd, .events = POLLIN } };

	if (fd == -1) {
		(void)fd_write_full(STDOUT_FILENO, down, sizeof down - 1);
		return EX_TEMPFAIL;
	}
	while (rc == 1) {
		if (poll(p, 2, -1) == -1 && errno != EINTR)
			break;
		/* Its end is handed on, and is no end of a message. */
		if (p[0].fd != -1 && p[0].revents != 0 &&
		    relay_some(STDIN_FILENO, fd) != 1) {
			(void)shutdown(fd, SHUT_WR);
			p[0].fd = -1;
		}
		if (p[1].revents != 0)
			rc = relay_some(fd, STDOUT_FILENO);
	}
	(void)close(fd);
	if (rc == 0)
		return EX_OK;
	(void)err_errno(e, "the mail service");
	return EX_IOERR;
}
