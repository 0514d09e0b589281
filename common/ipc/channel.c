/*
 * Out: one buffer of frames, and for each frame with a descriptor the offset
 * at which it starts.  A sendmsg() never carries bytes of two descriptors, so
 * that the peer can pair them in order.  A frame with a descriptor leaves at
 * once if it can; only one that has to wait needs a duplicate.
 *
 * In: a descriptor that finds no room in this process is lost, and its frame
 * with it.  Who is told things by master keeps a spare one for that moment.
 */
#include <errno.h>
#include <fcntl.h>
#include <event2/event.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"

#include "channel.h"
#include "fdpass.h"
#include "frame.h"

#define CHANNEL_READ	(64 * 1024)
#define CHANNEL_READS	16	/* a turn; the others have their turn, too */
#define CHANNEL_LAST_READS 256	/* one for each descriptor that waits there */
#define CHANNEL_AGAIN_MS	20

struct pending_fd {
	TAILQ_ENTRY(pending_fd)	 link;
	int			 fd;
	uint64_t		 at;	/* offset of its frame in the stream */
	bool			 borrowed;	/* in channel_end() only */
};

TAILQ_HEAD(pending_fds, pending_fd);

struct channel {
	struct loop			*loop;
	const struct channel_ops	*ops;
	void				*arg;
	struct event			*readable;
	struct event			*writable;
	struct task			 turn;
	struct timer			 again;
	struct buf			 in;
	struct buf			 out;
	uint64_t			 sent;
	struct pending_fds		 fds_out;
	struct pending_fds		 fds_in;
	enum ipc_role			 self;
	enum ipc_role			 peer;
	int				 fd;
	int				 spare;
	int				 depth;
	bool				 broken;	/* says no more */
	bool				 wants_room;
	bool				 ended;
	bool				 dead;
};

static void
channel_drop_fds(struct pending_fds *list)
{
	struct pending_fd	*p;

	while ((p = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, p, link);
		if (p->fd != -1)
			(void)close(p->fd);
		free(p);
	}
}

static struct pending_fd *
channel_push_fd(struct pending_fds *list, int fd, uint64_t at)
{
	struct pending_fd	*p = xcalloc(1, sizeof *p);

	p->fd = fd;
	p->at = at;
	TAILQ_INSERT_TAIL(list, p, link);
	return p;
}

static int
channel_pop_fd(struct pending_fds *list)
{
	struct pending_fd	*p = TAILQ_FIRST(list);
	int			 fd;

	if (p == NULL)
		return -1;
	TAILQ_REMOVE(list, p, link);
	fd = p->fd;
	free(p);
	return fd;
}

static void
channel_leave(struct channel *c)
{
	if (--c->depth > 0 || !c->dead)
		return;
	channel_drop_fds(&c->fds_in);
	channel_drop_fds(&c->fds_out);
	buf_free(&c->in);
	buf_free(&c->out);
	free(c);
}

static void
channel_ended(struct channel *c)
{
	if (c->ended || c->dead)
		return;
	c->ended = true;
	(void)event_del(c->readable);
	(void)event_del(c->writable);
	c->ops->on_end(c->arg);
}

static void
channel_bad(struct channel *c, int type, const char *why)
{
	LOG(EV_IPC_BAD, NULL, LOG_STR("type", ipc_name(type)),
	    LOG_NUM("id", type), LOG_STR("reason", why));
	channel_ended(c);
}

/* ---- Receiving --------------------------------------------------------- */

static void
channel_frame(struct channel *c, const struct frame *f)
{
	struct rbuf	r = f->payload;
	int		fd = -1;

	if (f->nfds == 1 && (fd = channel_pop_fd(&c->fds_in)) == -1) {
		channel_bad(c, f->type, "descriptor missing");
		return;
	}
	if (!ipc_allowed(f->type, c->peer, c->self, f->nfds)) {
		if (fd != -1)
			(void)close(fd);
		if (c->ops->on_forbidden == NULL ||
		    !ipc_allowed(f->type, IPC_ANYBODY, c->self, f->nfds) ||
		    !c->ops->on_forbidden(c->arg, f->type))
			channel_bad(c, f->type, "not for this peer to say");
		return;
	}
	if (c->ops->on_frame(c->arg, f->type, &r, fd) == -1 && !c->dead)
		channel_bad(c, f->type, "does not decode");
}

static void
channel_frames(struct channel *c)
{
	struct frame	f;
	long		n;

	while (!c->dead && !c->ended) {
		n = frame_parse(buf_str(&c->in), &f);
		if (n == 0)
			return;
		if (n == -1) {
			channel_bad(c, 0, "bad header");
			return;
		}
		channel_frame(c, &f);
		if (!c->dead)
			buf_consume(&c->in, (size_t)n);
	}
}

static void
channel_keep_spare(struct channel *c)
{
	if (c->peer == IPC_MASTER && c->spare == -1 && !c->dead)
		c->spare = fcntl(c->fd, F_DUPFD_CLOEXEC, 0);
}

static void
channel_drop_spare(struct channel *c)
{
	if (c->spare != -1)
		(void)close(c->spare);
	c->spare = -1;
}

/*
 * A descriptor comes with the first byte of its frame, so one at most waits
 * for the rest of that frame.  A peer that sends others would fill this
 * process's table of them.
 */
static void
channel_check_fds(struct channel *c)
{
	const struct pending_fd	*first = TAILQ_FIRST(&c->fds_in);

	if (c->dead || c->ended || first == NULL)
		return;
	if (c->in.len == 0 || TAILQ_NEXT(first, link) != NULL)
		channel_bad(c, 0, "surplus descriptor");
}

/* One read; false when there is no more. */
static bool
channel_read(struct channel *c)
{
	ssize_t	n;
	int	fd = -1;

	channel_drop_spare(c);
	n = fdpass_recv(c->fd, buf_reserve(&c->in, CHANNEL_READ),
	    CHANNEL_READ, &fd);
	if (fd != -1)
		(void)channel_push_fd(&c->fds_in, fd, 0);
	if (n > 0) {
		buf_added(&c->in, (size_t)n);
		channel_frames(c);
		channel_check_fds(c);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		channel_ended(c);
	channel_keep_spare(c);
	return n > 0 && !c->dead && !c->ended;
}

static void
channel_on_readable(evutil_socket_t sock, short what, void *arg)
{
	struct channel	*c = arg;
	int		 i;

	(void)sock;
	(void)what;
	c->depth++;
	for (i = 0; i < CHANNEL_READS && channel_read(c); i++)
		;
	channel_leave(c);
}

void
channel_receive(struct channel *c)
{
	c->depth++;
	while (!c->dead && !c->ended && channel_read(c))
		;
	channel_leave(c);
}

/* ---- Sending ----------------------------------------------------------- */

/* Up to where the next descriptor's frame starts. */
static size_t
channel_piece(const struct channel *c, int *fd)
{
	struct pending_fd	*p = TAILQ_FIRST(&c->fds_out);

	*fd = -1;
	if (p == NULL)
		return c->out.len;
	if (p->at > c->sent)
		return (size_t)(p->at - c->sent);
	*fd = p->fd;
	p = TAILQ_NEXT(p, link);
	return p != NULL ? (size_t)(p->at - c->sent) : c->out.len;
}

/* Closes a descriptor, unless it was borrowed: then its owner does. */
static void
channel_took(struct channel *c, size_t n, bool with_fd)
{
	bool	own;
	int	fd;

	if (with_fd) {
		own = !TAILQ_FIRST(&c->fds_out)->borrowed;
		fd = channel_pop_fd(&c->fds_out);
		if (own)
			(void)close(fd);
	}
	buf_consume(&c->out, n);
	c->sent += (uint64_t)n;
}

enum channel_push { PUSH_DONE, PUSH_WAIT, PUSH_LATER, PUSH_FAILED };

/* ETOOMANYREFS: the peers of this user have not fetched what they were sent. */
static enum channel_push
channel_why_not(int error)
{
	if (error == EAGAIN)
		return PUSH_WAIT;
	return error == ENOBUFS || error == ENOMEM || error == ETOOMANYREFS ?
	    PUSH_LATER : PUSH_FAILED;
}

/* Gives the kernel what it takes, and tells nobody. */
static enum channel_push
channel_push(struct channel *c)
{
	size_t	len;
	ssize_t	n;
	int	fd;

	if (c->broken)
		return PUSH_FAILED;
	while (c->out.len > 0) {
		len = channel_piece(c, &fd);
		n = fdpass_send(c->fd, buf_data(&c->out), len, fd);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return channel_why_not(n == -1 ? errno : EPIPE);
		channel_took(c, (size_t)n, fd != -1);
	}
	return PUSH_DONE;
}

/* False: the peer is gone, or is not to be talked to any more. */
static bool
channel_send(struct channel *c)
{
	enum channel_push	did;

	if (c->ended)
		return true;
	did = channel_push(c);
	if (did == PUSH_FAILED)
		return false;
	if (did == PUSH_LATER)
		timer_start(&c->again, CHANNEL_AGAIN_MS);
	if (did == PUSH_WAIT)
		(void)event_add(c->writable, NULL);
	else
		(void)event_del(c->writable);
	if (c->wants_room && c->out.len < CHANNEL_ROOM) {
		c->wants_room = false;
		if (c->ops->on_room != NULL)
			c->ops->on_room(c->arg);
	}
	return true;
}

/* That a peer does not listen any more is often noticed before its last words
 * were read: a verdict, or why it could not start. */
static void
channel_hear_out(struct channel *c)
{
	int	i;

	for (i = 0; i < CHANNEL_LAST_READS && channel_read(c); i++)
		;
	channel_ended(c);
}

/* From the loop: no frame is being handled, so that others may be read. */
static void
channel_on_writable(evutil_socket_t sock, short what, void *arg)
{
	struct channel	*c = arg;

	(void)sock;
	(void)what;
	c->depth++;
	if (!channel_send(c))
		channel_hear_out(c);
	channel_leave(c);
}

static void
channel_turn(void *arg)
{
	channel_on_writable(-1, 0, arg);
}

size_t
channel_begin(struct channel *c, int type, int fd)
{
	if (fd != -1)
		channel_push_fd(&c->fds_out, fd, c->sent +
		    c->out.len)->borrowed = true;
	return frame_begin(&c->out, type, fd != -1);
}

/* Sent, or a duplicate of it waits: it is the caller's again. */
static void
channel_return_fd(struct channel *c)
{
	struct pending_fd	*p = TAILQ_LAST(&c->fds_out, pending_fds);

	if (p == NULL || !p->borrowed)
		return;
	if (!c->ended)
		(void)channel_push(c);
	p = TAILQ_LAST(&c->fds_out, pending_fds);
	if (p == NULL || !p->borrowed)
		return;
	p->borrowed = false;
	p->fd = fcntl(p->fd, F_DUPFD_CLOEXEC, 0);
	if (p->fd != -1)
		return;
	c->broken = true;
	LOG(EV_SYSTEM_ERROR, NULL, LOG_STR("call", "dup"),
	    LOG_STR("reason", strerror(errno)));
}

/* Drops the frame that was begun, and closes the channel for writing. */
static void
channel_take_back(struct channel *c, size_t begin, int type, const char *why)
{
	struct pending_fd	*p = TAILQ_LAST(&c->fds_out, pending_fds);

	buf_truncate(&c->out, begin);
	if (p != NULL && p->borrowed) {
		TAILQ_REMOVE(&c->fds_out, p, link);
		free(p);
	}
	if (!c->broken)
		LOG(EV_IPC_BAD, NULL, LOG_STR("type", ipc_name(type)),
		    LOG_NUM("id", type), LOG_STR("reason", why));
	c->broken = true;
	loop_defer(c->loop, &c->turn);
}

struct buf *
channel_out(struct channel *c)
{
	return &c->out;
}

void
channel_end(struct channel *c, size_t begin)
{
	frame_end(&c->out, begin);
	if (c->broken || c->out.len > CHANNEL_OUT_MAX) {
		channel_take_back(c, begin, 0, "the peer does not read");
		return;
	}
	channel_return_fd(c);
	loop_defer(c->loop, &c->turn);
}

void
channel_spoil(struct channel *c, size_t begin, int type)
{
	channel_take_back(c, begin, type, "too large for its row");
}

size_t
channel_queued(const struct channel *c)
{
	return c->out.len;
}

size_t
channel_queued_fds(const struct channel *c)
{
	const struct pending_fd	*p;
	size_t			 n = 0;

	TAILQ_FOREACH(p, &c->fds_out, link)
		n++;
	return n;
}

void
channel_await_room(struct channel *c)
{
	c->wants_room = true;
	loop_defer(c->loop, &c->turn);
}

void
channel_flush(struct channel *c)
{
	struct pollfd	p = { .fd = c->fd, .events = POLLOUT };

	c->depth++;
	while (!c->ended && c->out.len > 0) {
		if (!channel_send(c))
			channel_ended(c);
		if (c->out.len > 0 && (c->again.armed ||
		    poll(&p, 1, 5000) <= 0))
			break;
	}
	channel_leave(c);
}

/* ---- Making and ending ------------------------------------------------- */

struct channel *
channel_new(struct loop *l, int fd, enum ipc_role self, enum ipc_role peer,
    const struct channel_ops *ops, void *arg)
{
	struct channel	*c = xcalloc(1, sizeof *c);

	c->loop = l;
	c->fd = fd;
	c->self = self;
	c->peer = peer;
	c->ops = ops;
	c->arg = arg;
	TAILQ_INIT(&c->fds_in);
	TAILQ_INIT(&c->fds_out);
	task_init(&c->turn, channel_turn, c);
	timer_init(&c->again, l, channel_turn, c);
	c->spare = -1;
	channel_keep_spare(c);
	(void)fd_nonblock(fd);
	c->readable = event_new(loop_base(l), fd, EV_READ | EV_PERSIST,
	    channel_on_readable, c);
	c->writable = event_new(loop_base(l), fd, EV_WRITE | EV_PERSIST,
	    channel_on_writable, c);
	if (c->readable == NULL || c->writable == NULL ||
	    event_add(c->readable, NULL) == -1)
		fatal("no memory for an event");
	return c;
}

void
channel_free(struct channel **cp)
{
	struct channel	*c = *cp;

	if (c == NULL)
		return;
	*cp = NULL;
	event_free(c->readable);
	event_free(c->writable);
	loop_cancel(c->loop, &c->turn);
	timer_fini(&c->again);
	channel_drop_spare(c);
	(void)close(c->fd);
	c->dead = true;
	c->ended = true;
	c->depth++;
	channel_leave(c);
}
