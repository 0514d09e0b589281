/*
 * channel - frames over a Unix socket, on an event loop
 *
 *	CHANNEL_SEND(c, READY, -1, { .unused = 0 });
 *	CHANNEL_PUT(c, REFUSED, -1, &m);	the struct is there already
 *
 * Ownership  channel_new() takes the descriptor.  A descriptor that is sent
 *            stays the caller's; one that is received belongs to on_frame().
 *            channel_free() may be called from the call backs.
 * Failure    a frame that no honest peer sends is logged and the channel
 *            ends: on_end(), once.  So it does where a descriptor has to
 *            wait and there is none for its duplicate; where a frame is put
 *            that is too large for its row; and where the peer reads so
 *            little that CHANNEL_OUT_MAX bytes wait for it.  Nothing of that
 *            ends the process.  Where the peer has ended, what it said before
 *            that is handed on before on_end().
 * Flow       all that arrived is handed on before the turn's tasks run, so
 *            whoever acts in a task (loop_defer) has seen it.  Frames of one
 *            turn leave in one write, but for those with descriptors.  One
 *            who has much to say asks channel_queued() and waits for room.
 */
#ifndef IPC_CHANNEL_H
#define IPC_CHANNEL_H

#include "event/loop.h"
#include "ipc/ipc.h"

struct channel;

struct channel_ops {
	/* 0, or -1: it did not decode.  fd is -1 unless the row has one. */
	int	(*on_frame)(void *arg, int type, struct rbuf *r, int fd);
	void	(*on_end)(void *arg);
	/* Or NULL.  This peer may not say this; true: it was answered, and the
	 * channel goes on.  A descriptor was closed. */
	bool	(*on_forbidden)(void *arg, int type);
	/* May be NULL.  See channel_await_room(). */
	void	(*on_room)(void *arg);
};

#define CHANNEL_ROOM	(64 * 1024)
#define CHANNEL_OUT_MAX	(64 * 1024 * 1024)

struct channel	*channel_new(struct loop *l, int fd, enum ipc_role self,
		    enum ipc_role peer, const struct channel_ops *ops,
		    void *arg);
void		 channel_free(struct channel **c);
size_t		 channel_begin(struct channel *c, int type, int fd);
struct buf	*channel_out(struct channel *c);
void		 channel_end(struct channel *c, size_t begin);
/* Instead of channel_end(): what was put does not fit; the channel ends. */
void		 channel_spoil(struct channel *c, size_t begin, int type);
/* Bytes that the kernel has not taken yet. */
size_t		 channel_queued(const struct channel *c);
/* Descriptors among these, each of which is a copy that this process has. */
size_t		 channel_queued_fds(const struct channel *c);
/* on_room() is called once, from the loop, when fewer than CHANNEL_ROOM wait;
 * at the end of this turn, if that is so already. */
void		 channel_await_room(struct channel *c);
/* Handles what has arrived already: the last words of a peer that ended. */
void		 channel_receive(struct channel *c);
/* Blocks until all is with the kernel; for a process about to exit. */
void		 channel_flush(struct channel *c);

#define CHANNEL_PUT(c, name, fd, m) do {				\
	size_t	at_ = channel_begin((c), IPC_##name, (fd));		\
									\
	if (ipc_put_##name(channel_out(c), (m)) == -1)			\
		channel_spoil((c), at_, IPC_##name);			\
	else								\
		channel_end((c), at_);					\
} while (0)

#define CHANNEL_SEND(c, name, fd, ...) do {				\
	struct ipc_##name	m_ = __VA_ARGS__;			\
									\
	CHANNEL_PUT((c), name, (fd), &m_);				\
} while (0)

#endif
