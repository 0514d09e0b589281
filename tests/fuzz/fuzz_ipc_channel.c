/*
 * A channel's peer: after a byte that says who it is, frames in any cut, with
 * descriptors or without.  Behind a byte 254 comes what happens: how many
 * descriptors go with the next byte, 254 for that byte itself, 255 for a turn
 * of the reader.  However it ends, no descriptor is left over, and never more
 * than one waits.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "ipc/channel.h"
#include "ipc/frame.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WHAT	254
#define TURN	255
#define FDS_MAX	12

static int	gift = -1;	/* the descriptor that is sent */

struct fuzz_end {
	struct channel	*channel;
	int		 before;	/* descriptors */
	bool		 ended;
};

static int
end_on_frame(void *arg, int type, struct rbuf *r, int fd)
{
	struct fuzz_end	*e = arg;

	if (e->ended)
		abort();
	if (fd != -1)
		(void)close(fd);
	/* Some owners end it from within. */
	if (type == IPC_LOG_FILE) {
		channel_free(&e->channel);
		return 0;
	}
	return r->len > 8 ? -1 : 0;
}

static void
end_on_end(void *arg)
{
	((struct fuzz_end *)arg)->ended = true;
}

static int
fds_open(void)
{
	DIR	*d = opendir("/dev/fd");
	int	 n = 0;

	if (d == NULL)
		abort();
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n;
}

/* One byte, with that many descriptors. */
static void
say(int sock, const uint8_t *byte, size_t fds)
{
	union {
		struct cmsghdr	align;
		char		bytes[CMSG_SPACE(sizeof(int) * FDS_MAX)];
	} control = { .bytes = "" };
	struct iovec	 iov = { (void *)(uintptr_t)byte, 1 };
	struct msghdr	 msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr	*c;
	size_t		 i;

	if (fds > 0) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * fds);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * fds);
		for (i = 0; i < fds; i++)
			memcpy(CMSG_DATA(c) + i * sizeof gift, &gift,
			    sizeof gift);
	}
	(void)sendmsg(sock, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
fuzz_read(struct fuzz_end *e)
{
	if (e->channel == NULL)
		return;
	channel_receive(e->channel);
	/* The pair, a worker's spare one, and what waits for its frame. */
	if (e->channel != NULL && !e->ended && fds_open() > e->before + 4)
		abort();
}

static void
fuzz_peer(struct fuzz_end *e, int sock, const uint8_t *data, size_t size)
{
	size_t	i, fds = 0;

	for (i = 0; i < size; i++) {
		if (data[i] != WHAT || i + 1 == size || data[++i] == WHAT) {
			say(sock, data + i, fds);
			fds = 0;
		} else if (data[i] == TURN)
			fuzz_read(e);
		else
			fds = data[i] % FDS_MAX;
	}
	fuzz_read(e);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct channel_ops	 ops = {
	    .on_frame = end_on_frame, .on_end = end_on_end };
	static struct loop		*l;
	struct fuzz_end			 e = { .channel = NULL };
	int				 sv[2];

	if (l == NULL) {
		l = loop_new(NULL);
		log_set_level(LOG_LEVEL_ERROR);
		gift = open("/dev/null", O_WRONLY);
		log_open("fuzz", LOG_TO_FD, gift);
	}
	if (size == 0 || size > 2000)
		return -1;
	e.before = fds_open();
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == -1)
		abort();
	e.channel = channel_new(l, sv[0], data[0] & 1 ? IPC_WORKER :
	    IPC_MASTER, data[0] & 1 ? IPC_MASTER : IPC_WORKER, &ops, &e);
	fuzz_peer(&e, sv[1], data + 1, size - 1);
	(void)close(sv[1]);
	if (e.channel != NULL)
		channel_receive(e.channel);
	channel_free(&e.channel);
	if (fds_open() != e.before)
		abort();
	return 0;
}
