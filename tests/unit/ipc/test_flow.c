/*
 * ipc: how much a channel takes before it says that there is no room, who is
 * told when there is, and when what has arrived is acted upon.
 */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fatal.h"
#include "base/log.h"
#include "event/loop.h"
#include "ipc/channel.h"
#include "ipc/frame.h"

struct end {
	struct loop	*loop;
	struct channel	*channel;
	int		 frames;
	bool		 ended;
};

static int
end_on_frame(void *arg, int type, struct rbuf *r, int fd)
{
	struct end	*e = arg;

	(void)type;
	(void)r;
	(void)fd;
	e->frames++;
	return 0;
}

static void
end_on_end(void *arg)
{
	struct end	*e = arg;

	e->ended = true;
	loop_stop(e->loop);
}

struct talker {
	struct end	 end;
	int		 rooms;
	int		 forbidden;
	bool		 answer;
};

static void
talker_on_room(void *arg)
{
	struct talker	*t = arg;

	t->rooms++;
	loop_stop(t->end.loop);
}

static bool
talker_on_forbidden(void *arg, int type)
{
	struct talker	*t = arg;

	assert_int_equal(type, IPC_CTL_STOP);
	t->forbidden++;
	return t->answer;
}

static const struct channel_ops	talker_ops = { .on_frame = end_on_frame,
    .on_end = end_on_end, .on_forbidden = talker_on_forbidden,
    .on_room = talker_on_room };

static void
talker_open(struct talker *t, int sv[2], enum ipc_role self,
    enum ipc_role peer)
{
	*t = (struct talker){ .end = { .loop = loop_new(NULL) } };
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	t->end.channel = channel_new(t->end.loop, sv[0], self, peer,
	    &talker_ops, t);
}

static void
talker_close(struct talker *t, int peer)
{
	channel_free(&t->end.channel);
	(void)close(peer);
	loop_free(&t->end.loop);
}

static void
talk(struct channel *c, size_t times)
{
	static char	piece[65536];

	while (times-- > 0)
		CHANNEL_SEND(c, STORE_BODY, -1, { .store = 1,
		    .bytes = { piece, sizeof piece } });
}

static void *
read_all(void *arg)
{
	char	sink[65536];
	int	fd = *(int *)arg;

	while (read(fd, sink, sizeof sink) > 0)
		;
	return NULL;
}

/* Told once, when little waits: at once, or after the peer has read. */
static void
test_room(void **state)
{
	struct talker	t;
	pthread_t	reader;
	int		sv[2];

	(void)state;
	talker_open(&t, sv, IPC_SMTPD, IPC_CLEANUP);
	channel_await_room(t.end.channel);
	assert_int_equal(t.rooms, 0);
	assert_int_equal(loop_run(t.end.loop), 0);
	assert_int_equal(t.rooms, 1);
	talk(t.end.channel, 100);
	assert_true(channel_queued(t.end.channel) > 6000000);
	channel_await_room(t.end.channel);
	assert_int_equal(pthread_create(&reader, NULL, read_all, &sv[1]), 0);
	assert_int_equal(loop_run(t.end.loop), 0);
	assert_int_equal(t.rooms, 2);
	assert_true(channel_queued(t.end.channel) < CHANNEL_ROOM);
	channel_free(&t.end.channel);
	assert_int_equal(pthread_join(reader, NULL), 0);
	talker_close(&t, sv[1]);
}

/* A peer that reads nothing costs a bounded buffer, and its channel. */
static void
test_unread(void **state)
{
	struct talker	t;
	int		sv[2];

	(void)state;
	talker_open(&t, sv, IPC_SMTPD, IPC_CLEANUP);
	talk(t.end.channel, 2000);
	assert_true(channel_queued(t.end.channel) <= CHANNEL_OUT_MAX);
	assert_false(t.end.ended);
	assert_int_equal(loop_run(t.end.loop), 0);
	assert_true(t.end.ended);
	talker_close(&t, sv[1]);
}

/* So does a frame that is too large; what was said before is not mixed up
 * with it, and a descriptor beside it stays its owner's. */
static void
test_too_large(void **state)
{
	static char	huge[70000];
	struct talker	t;
	int		sv[2];

	(void)state;
	talker_open(&t, sv, IPC_SMTPD, IPC_CLEANUP);
	CHANNEL_SEND(t.end.channel, STORE_END, -1, { .store = 7 });
	CHANNEL_SEND(t.end.channel, STORE_BODY, STDERR_FILENO, { .store = 1,
	    .bytes = { huge, sizeof huge } });
	assert_int_equal(channel_queued(t.end.channel), FRAME_HEADER + 8);
	CHANNEL_SEND(t.end.channel, STORE_END, -1, { .store = 8 });
	assert_int_equal(channel_queued(t.end.channel), FRAME_HEADER + 8);
	assert_int_equal(loop_run(t.end.loop), 0);
	assert_true(t.end.ended);
	assert_true(fcntl(STDERR_FILENO, F_GETFD) != -1);
	talker_close(&t, sv[1]);
}

/* What a role may not say is passed over where that is answered. */
static void
test_forbidden(void **state)
{
	static const char	stop[] = "\0\0\0\4\0\26\0\0\0\0\0";
	static const char	status[] = "\0\0\0\4\0\24\0\0\0\0\0";
	struct talker		t;
	int			sv[2];

	(void)state;
	talker_open(&t, sv, IPC_MASTER, IPC_VIEW);
	t.answer = true;
	assert_int_equal(write(sv[1], stop, 12), 12);
	assert_int_equal(write(sv[1], status, 12), 12);
	channel_receive(t.end.channel);
	assert_int_equal(t.forbidden, 1);
	assert_int_equal(t.end.frames, 1);
	assert_false(t.end.ended);
	t.answer = false;
	assert_int_equal(write(sv[1], stop, 12), 12);
	channel_receive(t.end.channel);
	assert_int_equal(t.forbidden, 2);
	assert_true(t.end.ended);
	talker_close(&t, sv[1]);
}

struct drainer {
	struct talker	 t;
	struct task	 act;
	int		 acts;
	int		 seen;	/* frames before the first act */
};

static int
drainer_on_frame(void *arg, int type, struct rbuf *r, int fd)
{
	struct drainer	*d = arg;

	(void)type;
	(void)r;
	(void)fd;
	d->t.end.frames++;
	loop_defer(d->t.end.loop, &d->act);
	return 0;
}

static void
drainer_act(void *arg)
{
	struct drainer	*d = arg;

	if (d->acts++ == 0)
		d->seen = d->t.end.frames;
	loop_stop(d->t.end.loop);
}

/* All that has arrived is handed on before anybody acts on it. */
static void
test_drains_before_it_acts(void **state)
{
	static const struct channel_ops	 ops = { .on_frame = drainer_on_frame,
	    .on_end = end_on_end };
	static char			 piece[50000];
	struct drainer			 d = { .acts = 0 };
	struct buf			 b = BUF_INIT;
	struct ipc_STORE_BODY		 m = { 1, { piece, sizeof piece } };
	size_t				 at;
	int				 i, sv[2];

	(void)state;
	d.t.end.loop = loop_new(NULL);
	task_init(&d.act, drainer_act, &d);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	d.t.end.channel = channel_new(d.t.end.loop, sv[0], IPC_CLEANUP,
	    IPC_SMTPD, &ops, &d);
	for (i = 0; i < 3; i++) {
		at = frame_begin(&b, IPC_STORE_BODY, 0);
		assert_int_equal(ipc_put_STORE_BODY(&b, &m), 0);
		frame_end(&b, at);
	}
	assert_int_equal(write(sv[1], buf_data(&b), b.len), (ssize_t)b.len);
	assert_int_equal(loop_run(d.t.end.loop), 0);
	assert_int_equal(d.seen, 3);
	buf_free(&b);
	channel_free(&d.t.end.channel);
	(void)close(sv[1]);
	loop_free(&d.t.end.loop);
}

struct leaver {
	struct talker	t;
	struct task	leave;
	int		fd;
};

static void
leaver_leave(void *arg)
{
	static const char	 status[] = "\0\0\0\4\0\24\0\0\0\0\0";
	const struct leaver	*l = arg;
	int			 i;

	for (i = 0; i < 2; i++)
		assert_int_equal(write(l->fd, status, 12), 12);
	(void)close(l->fd);
}

/* What a peer said before it ended is heard, though the first that is noticed
 * is that it does not listen. */
static void
test_last_words(void **state)
{
	struct leaver	l;
	int		sv[2];

	(void)state;
	talker_open(&l.t, sv, IPC_MASTER, IPC_VIEW);
	l.fd = sv[1];
	task_init(&l.leave, leaver_leave, &l);
	loop_defer(l.t.end.loop, &l.leave);
	CHANNEL_SEND(l.t.end.channel, CTL_DONE, -1, { .failed = 0 });
	assert_int_equal(loop_run(l.t.end.loop), 0);
	assert_int_equal(l.t.end.frames, 2);
	assert_true(l.t.end.ended);
	channel_free(&l.t.end.channel);
	loop_free(&l.t.end.loop);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_unread),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_forbidden),
		cmocka_unit_test(test_drains_before_it_acts),
		cmocka_unit_test(test_last_words),
	};

	log_open("test", LOG_TO_FD, -1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
