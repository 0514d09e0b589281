/*
 * States: CONNECTING -> OPEN <-> HANDSHAKE.  Reading goes on while paused, up
 * to read_limit, so that the peer's leaving is seen; writing is tried at the
 * end of each call back and of each turn, and waits for the writable event
 * only after the kernel said "again".
 *
 * I1  After stream_free() no call back runs; the memory lives until the call
 *     backs under way (depth) have returned.
 * I2  on_close() comes at most once for reading (EOF) and once for the whole
 *     stream (RESET, TLS, CONNECT).
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/net.h"
#include "compat/nonlocal.h"
#include "compat/peer.h"

#include "stream_private.h"

#define STREAM_READ_LIMIT	(64 * 1024)

void
stream_watch(struct stream *s, bool readable, bool writable)
{
	if (readable != s->reading) {
		if ((readable ? event_add(&s->readable, NULL) :
		    event_del(&s->readable)) == -1)
			fatal("no memory for an event");
		s->reading = readable;
	}
	if (writable != s->writing) {
		if ((writable ? event_add(&s->writable, NULL) :
		    event_del(&s->writable)) == -1)
			fatal("no memory for an event");
		s->writing = writable;
	}
}

void
stream_enter(struct stream *s)
{
	s->depth++;
}

void
stream_leave(struct stream *s)
{
	if (--s->depth > 0 || !s->dead)
		return;
	buf_free(&s->in);
	buf_free(&s->out);
	free(s);
}

void
stream_ended(struct stream *s, enum stream_close how, const char *why)
{
	s->eof = true;
	if (how == STREAM_TLS)
		s->error = ERR_peek_last_error();
	else if (how != STREAM_EOF)
		s->error = (unsigned long)errno;
	if (how != STREAM_EOF)
		s->broken = true;
	stream_watch(s, false, s->broken ? false : s->writing);
	stream_enter(s);
	s->ops->on_close(s->arg, how, why);
	stream_leave(s);
}

/* ---- Reading ----------------------------------------------------------- */

/* Shows data to the owner; what it leaves is kept in s->in. */
static void
stream_show(struct stream *s, struct str data, bool kept)
{
	size_t	used;

	used = s->ops->on_read(s->arg, data);
	if (s->dead)
		return;
	if (used > data.len)
		panic("stream: %zu of %zu bytes used", used, data.len);
	if (kept) {
		buf_consume(&s->in, used);
		if (s->in.len == 0)
			buf_free(&s->in);
	} else
		buf_add(&s->in, data.p + used, data.len - used);
}

static bool
stream_full(const struct stream *s)
{
	return s->in.len >= s->read_limit;
}

/* Reads once; false when there is nothing more to be had now. */
static bool
stream_read_once(struct stream *s)
{
	bool	 direct = !s->paused && s->in.len == 0;
	size_t	 n = 0, room = STREAM_SCRATCH;
	char	*at = stream_scratch();
	enum io	 io;

	if (!direct) {
		room = s->read_limit - s->in.len;
		room = room < STREAM_SCRATCH / 4 ? room : STREAM_SCRATCH / 4;
		at = buf_reserve(&s->in, room);
	}
	errno = 0;
	io = stream_recv(s, at, room, &n);
	if (io == IO_EOF)
		stream_ended(s, STREAM_EOF, "closed by peer");
	else if (io == IO_FAIL)
		stream_ended(s, s->ssl != NULL && errno == 0 ? STREAM_TLS :
		    STREAM_RESET, stream_why(s));
	if (io != IO_DONE)
		return false;
	if (direct)
		stream_show(s, (struct str){ at, n }, false);
	else {
		buf_added(&s->in, n);
		if (!s->paused)
			stream_show(s, buf_str(&s->in), true);
	}
	return n == room || stream_hidden(s);
}

/*
 * OpenSSL reads ahead (tls_new()) and holds bytes that no event will announce,
 * so that TLS is read until it holds none, or only a part of a record; a bound
 * keeps one peer from holding the turn.  What the kernel has is left to the
 * next event: to ask for it here would cost a call that mostly finds nothing.
 */
static void
stream_read(struct stream *s)
{
	int	rounds = s->ssl != NULL ? 16 : 1;
	bool	more = true;

	while (more && rounds-- > 0 && !s->dead && !s->eof &&
	    s->phase == STREAM_OPEN && !stream_full(s))
		more = stream_read_once(s);
	if (s->dead || s->eof)
		return;
	stream_watch(s, !stream_full(s), s->writing);
	if (more && stream_hidden(s) && !stream_full(s))
		loop_defer(s->loop, &s->turn);
}

/* ---- Writing ----------------------------------------------------------- */

static void
stream_took(struct stream *s, size_t n)
{
	size_t	from_buf = n < s->out.len ? n : s->out.len;

	s->sent += n;
	buf_consume(&s->out, from_buf);
	if (n > from_buf)
		s->src->advance(s->src->arg, n - from_buf);
}

/* The pieces to write next: our buffer, then the source's. */
static int
stream_pieces(struct stream *s, struct iovec *iov)
{
	int	count = 0, more;

	if (s->out.len > 0) {
		iov[count].iov_base = buf_data(&s->out);
		iov[count++].iov_len = s->out.len;
	}
	if (s->src == NULL)
		return count;
	more = s->src->peek(s->src->arg, iov + count, STREAM_IOV - count);
	return more < 0 ? -1 : count + more;
}

static void
stream_drained(struct stream *s)
{
	if (s->out.cap != 0)
		buf_free(&s->out);
	stream_watch(s, s->reading, false);
	if (s->shut_wanted && !s->shut_done) {
		s->shut_done = true;
		if (s->ssl != NULL)
			(void)SSL_shutdown(s->ssl);
		(void)shutdown(s->fd, SHUT_WR);
	}
	if (!s->undrained)
		return;
	s->undrained = false;
	if (s->ops->on_drain != NULL)
		s->ops->on_drain(s->arg);
}

static void
stream_send(struct stream *s)
{
	struct iovec	iov[STREAM_IOV];
	size_t		n;
	enum io		io;
	int		count;

	while (!s->dead && !s->broken && s->phase == STREAM_OPEN) {
		count = stream_pieces(s, iov);
		if (count == 0) {
			stream_drained(s);
			return;
		}
		errno = 0;
		if (count == -1) {
			stream_ended(s, STREAM_RESET, "given up");
			return;
		}
		io = stream_sendv(s, iov, count, &n);
		if (io == IO_AGAIN) {
			stream_watch(s, s->reading, true);
			return;
		}
		if (io != IO_DONE) {
			stream_ended(s, STREAM_RESET, stream_why(s));
			return;
		}
		s->undrained = true;
		stream_took(s, n);
	}
}

/* ---- Events ------------------------------------------------------------ */

static void
stream_on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct stream	*s = arg;

	(void)fd;
	(void)what;
	stream_enter(s);
	if (s->phase == STREAM_HANDSHAKE)
		stream_handshake(s);
	else
		stream_read(s);
	if (!s->dead)
		stream_send(s);
	stream_leave(s);
}

static void
stream_connected(struct stream *s)
{
	socklen_t	len = sizeof errno;
	int		error = 0;

	if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		error = errno;
	if (error != 0) {
		errno = error;
		stream_ended(s, STREAM_CONNECT, strerror(error));
		return;
	}
	s->phase = STREAM_OPEN;
	stream_watch(s, true, false);
	if (s->ops->on_connect != NULL)
		s->ops->on_connect(s->arg);
}

static void
stream_on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct stream	*s = arg;

	(void)fd;
	(void)what;
	stream_enter(s);
	if (s->phase == STREAM_CONNECTING)
		stream_connected(s);
	else if (s->phase == STREAM_HANDSHAKE)
		stream_handshake(s);
	else if (s->ssl != NULL && !s->eof)
		stream_read(s);
	if (!s->dead)
		stream_send(s);
	stream_leave(s);
}

static void
stream_turn(void *arg)
{
	struct stream	*s = arg;

	stream_enter(s);
	if (s->more && !s->paused) {
		s->more = false;
		if (s->in.len > 0)
			stream_show(s, buf_str(&s->in), true);
	}
	if (!s->dead && !s->eof && s->phase == STREAM_OPEN) {
		if (stream_hidden(s))
			stream_read(s);
		else
			stream_watch(s, !stream_full(s), s->writing);
	}
	if (!s->dead)
		stream_send(s);
	stream_leave(s);
}

/* ---- Making and ending ------------------------------------------------- */

static struct stream *
stream_make(struct loop *l, int fd, const struct stream_ops *ops, void *arg)
{
	struct stream	*s = xcalloc(1, sizeof *s);
	int		 on = 1;

	s->loop = l;
	s->fd = fd;
	s->ops = ops;
	s->arg = arg;
	s->read_limit = STREAM_READ_LIMIT;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	task_init(&s->turn, stream_turn, s);
	if (event_assign(&s->readable, loop_base(l), fd, EV_READ | EV_PERSIST,
	    stream_on_readable, s) == -1 ||
	    event_assign(&s->writable, loop_base(l), fd,
	    EV_WRITE | EV_PERSIST, stream_on_writable, s) == -1)
		panic("stream: event_assign");
	return s;
}

struct stream *
stream_new(struct loop *l, int fd, const struct stream_ops *ops, void *arg)
{
	struct stream	*s = stream_make(l, fd, ops, arg);

	s->phase = STREAM_OPEN;
	stream_watch(s, true, false);
	return s;
}

static int
stream_bind(int fd, const struct stream_from *from)
{
	const struct sockaddr	*a = from->address;

	if (from->nonlocal && socket_nonlocal(fd, a->sa_family) == -1)
		return -1;
	return bind(fd, a, a->sa_family == AF_INET ?
	    sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
}

struct stream *
stream_connect(struct loop *l, const struct sockaddr *to,
    const struct stream_from *from, const struct stream_ops *ops, void *arg,
    struct err *e)
{
	struct netaddr	 a;
	struct stream	*s;
	int		 fd;

	netaddr_from(&a, to, sizeof a.u);
	a.len = a.u.sa.sa_family == AF_INET ? sizeof a.u.in4 :
	    a.u.sa.sa_family == AF_INET6 ? sizeof a.u.in6 : sizeof a.u.un;
	fd = socket(a.u.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	if (fd == -1) {
		(void)err_errno(e, "socket");
		return NULL;
	}
	if (from != NULL && stream_bind(fd, from) == -1) {
		(void)err_errno(e, "bind");
		(void)close(fd);
		return NULL;
	}
	if (connect(fd, &a.u.sa, a.len) == -1 && errno != EINPROGRESS) {
		(void)err_errno(e, "connect");
		(void)close(fd);
		return NULL;
	}
	s = stream_make(l, fd, ops, arg);
	s->phase = STREAM_CONNECTING;
	stream_watch(s, false, true);
	return s;
}

void
stream_free(struct stream **sp)
{
	struct stream	*s = *sp;

	if (s == NULL)
		return;
	*sp = NULL;
	stream_watch(s, false, false);
	loop_cancel(s->loop, &s->turn);
	/* A peer that is still there learns that we meant to end. */
	if (s->ssl != NULL && s->phase == STREAM_OPEN && !s->broken &&
	    !s->shut_done)
		(void)SSL_shutdown(s->ssl);
	SSL_free(s->ssl);
	s->ssl = NULL;
	(void)close(s->fd);
	s->dead = true;
	stream_enter(s);
	stream_leave(s);
}

int
stream_fd(const struct stream *s)
{
	return s->fd;
}

void
stream_write(struct stream *s, const void *p, size_t n)
{
	if (s->broken)
		return;
	buf_add(&s->out, p, n);
	loop_defer(s->loop, &s->turn);
}

void
stream_printf(struct stream *s, const char *fmt, ...)
{
	va_list	ap;

	if (s->broken)
		return;
	va_start(ap, fmt);
	buf_vprintf(&s->out, fmt, ap);
	va_end(ap);
	loop_defer(s->loop, &s->turn);
}

void
stream_source(struct stream *s, const struct source *src)
{
	s->src = src;
	if (src != NULL)
		loop_defer(s->loop, &s->turn);
}

void
stream_kick(struct stream *s)
{
	loop_defer(s->loop, &s->turn);
}

void
stream_flush(struct stream *s)
{
	stream_enter(s);
	stream_send(s);
	stream_leave(s);
}

uint64_t
stream_sent(const struct stream *s)
{
	return s->offered > s->sent ? s->offered : s->sent;
}

void
stream_shutdown(struct stream *s)
{
	s->shut_wanted = true;
	loop_defer(s->loop, &s->turn);
}

void
stream_pause(struct stream *s)
{
	s->paused = true;
}

void
stream_resume(struct stream *s)
{
	s->paused = false;
	stream_more(s);
}

void
stream_more(struct stream *s)
{
	s->more = true;
	loop_defer(s->loop, &s->turn);
}

unsigned long
stream_error(const struct stream *s)
{
	return s->error;
}

bool
stream_eof(const struct stream *s)
{
	return s->eof;
}

size_t
stream_unsent(const struct stream *s)
{
	return s->out.len;
}

struct str
stream_unread(const struct stream *s)
{
	return buf_str(&s->in);
}

void
stream_read_limit(struct stream *s, size_t bytes)
{
	s->read_limit = bytes;
}

/* What came before the FIN is brought in; the end itself stays unread. */
static void
stream_read_ahead(struct stream *s)
{
	size_t	n, room;

	while (!stream_full(s)) {
		room = s->read_limit - s->in.len;
		room = room < 4096 ? room : 4096;
		if (stream_recv(s, buf_reserve(&s->in, room), room, &n) !=
		    IO_DONE)
			break;
		buf_added(&s->in, n);
	}
}

bool
stream_peer_present(struct stream *s)
{
	enum peer_state	state;

	if (s->eof || s->broken)
		return false;
	state = peer_state(s->fd);
	if (state == PEER_GONE)
		return false;
	/* What a client sends early is no news; in TLS it may be the end. */
	if (s->ssl == NULL ? state != PEER_HALF_CLOSED :
	    state == PEER_OPEN && !stream_hidden(s))
		return true;
	stream_read_ahead(s);
	return state != PEER_HALF_CLOSED && (s->ssl == NULL ||
	    (SSL_get_shutdown(s->ssl) & SSL_RECEIVED_SHUTDOWN) == 0);
}
