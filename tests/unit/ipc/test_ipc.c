/*
 * ipc: what goes in comes out; all else is refused, also across a channel
 * with a descriptor.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fatal.h"
#include "base/log.h"
#include "event/loop.h"
#include "ipc/channel.h"
#include "ipc/fdpass.h"
#include "ipc/frame.h"

/* Decodes from a heap copy of exactly n bytes, so that ASan sees more. */
static int
decode_exact(const char *src, size_t n, struct ipc_REFUSED *out)
{
	unsigned char	*copy = malloc(n + 1);
	struct rbuf	 r = { copy + 1, n };
	int		 rc;

	memcpy(copy + 1, src, n);
	rc = ipc_get_REFUSED(&r, out);
	free(copy);
	return rc;
}

static void
test_round_trip_and_damage(void **state)
{
	static struct ipc_REFUSED	in = { .file = "hooks/eod.hsl",
	    .line = 3, .column = 7, .text = "unexpected ';'" }, out;
	struct buf			b = BUF_INIT;
	size_t				n;

	(void)state;
	assert_int_equal(ipc_put_REFUSED(&b, &in), 0);
	assert_int_equal(decode_exact(buf_data(&b), b.len, &out), 0);
	assert_string_equal(out.file, in.file);
	assert_int_equal(out.line, 3);
	assert_int_equal(out.column, 7);
	for (n = 0; n < b.len; n++)
		assert_int_equal(decode_exact(buf_data(&b), n, &out), -1);
	buf_add_byte(&b, 'x');
	assert_int_equal(decode_exact(buf_data(&b), b.len, &out), -1);
	buf_data(&b)[0] = 0x7f;
	assert_int_equal(decode_exact(buf_data(&b), b.len, &out), -1);
	memset(in.text, 'a', sizeof in.text);	/* no end */
	buf_clear(&b);
	assert_int_equal(ipc_put_REFUSED(&b, &in), -1);
	in.text[0] = '\0';
	buf_free(&b);
}

static void
test_who_may_say_what(void **state)
{
	static const struct {
		int	type;
		int	from;
		int	to;
		int	nfds;
		bool	want;
	} t[] = {
		{ IPC_READY, IPC_WORKER, IPC_MASTER, 0, true },
		{ IPC_READY, IPC_WORKER, IPC_MASTER, 1, false },
		{ IPC_READY, IPC_VIEW, IPC_MASTER, 0, false },
		{ IPC_LISTENER, IPC_MASTER, IPC_WORKER, 1, true },
		{ IPC_LISTENER, IPC_MASTER, IPC_WORKER, 0, false },
		{ IPC_LISTENER, IPC_WORKER, IPC_MASTER, 1, false },
		{ IPC_CTL_STOP, IPC_ADMIN, IPC_MASTER, 0, true },
		{ IPC_CTL_STOP, IPC_OPERATE, IPC_MASTER, 0, false },
		{ IPC_CTL_STATUS, IPC_VIEW, IPC_MASTER, 0, true },
		{ IPC_CTL_DONE, IPC_MASTER, IPC_VIEW, 0, true },
		{ IPC_CTL_STATUS, IPC_OWNER, IPC_MASTER, 0, false },
		{ IPC_QUEUE_LIST, IPC_OWNER, IPC_QMGR, 0, true },
		{ IPC_QUEUE_STATS, IPC_OWNER, IPC_QMGR, 0, false },
		{ IPC_QUEUE_HOLD, IPC_OWNER, IPC_QMGR, 0, false },
		{ IPC_QUEUE_DELETE, IPC_OWNER, IPC_QMGR, 0, false },
		{ IPC_QUEUE_CAT, IPC_OWNER, IPC_QMGR, 0, false },
		{ IPC_QUEUE_CAT, IPC_OPERATE, IPC_QMGR, 0, false },
		{ IPC_READY, IPC_QMGR, IPC_MASTER, 0, true },
		{ IPC_WORKER_GONE, IPC_MASTER, IPC_SMTPD, 0, false },
		{ IPC_LINK, IPC_MASTER, IPC_CLEANUP, 1, true },
		{ IPC_STORE_END, IPC_SMTPD, IPC_CLEANUP, 0, true },
		{ IPC_STORE_END, IPC_BOUNCE, IPC_CLEANUP, 0, true },
		{ IPC_STORE_END, IPC_METRICS, IPC_CLEANUP, 0, false },
		{ IPC_STORE_END, IPC_NOBODY, IPC_CLEANUP, 0, false },
		{ IPC_STORE_END, IPC_CLEANUP, IPC_SMTPD, 0, false },
		{ IPC_HINT, IPC_CLEANUP, IPC_QMGR, 0, true },
		{ IPC_HINT, IPC_SMTPD, IPC_QMGR, 0, false },
		{ IPC_CTL_STOP, IPC_WORKER, IPC_MASTER, 0, false },
		{ 9999, IPC_WORKER, IPC_MASTER, 0, false },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof t[0]; i++)
		assert_int_equal(ipc_allowed(t[i].type,
		    (enum ipc_role)t[i].from, (enum ipc_role)t[i].to,
		    t[i].nfds), t[i].want);
	assert_string_equal(ipc_name(IPC_DRAIN), "DRAIN");
	assert_string_equal(ipc_name(9999), "unknown");
	assert_int_equal(ipc_role_of("qmgr"), IPC_QMGR);
	assert_int_equal(ipc_role_of("admin"), IPC_NOBODY);
	assert_int_equal(ipc_role_of(""), IPC_NOBODY);
	assert_string_equal(ipc_role_name(IPC_VIEW), "view");
	assert_string_equal(ipc_role_name(IPC_WORKER), "nobody");
}

/* ---- A channel between two ends of one loop ----------------------------- */

struct end {
	struct loop	*loop;
	struct channel	*channel;
	int		 frames;
	int		 fd;
	bool		 ended;
	bool		 blob_ok;
	bool		 lenient;	/* takes any frame */
};

static int
end_on_frame(void *arg, int type, struct rbuf *r, int fd)
{
	struct end		*e = arg;
	struct ipc_LISTENER	 m;
	struct ipc_SCRIPT	 s;

	e->frames++;
	if (e->lenient)
		return 0;
	if (type == IPC_SCRIPT) {
		if (ipc_get_SCRIPT(r, &s) == -1)
			return -1;
		e->blob_ok = s.text.len == 1000000;
		loop_stop(e->loop);
		return 0;
	}
	e->fd = fd;
	return ipc_get_LISTENER(r, &m);
}

static void
end_on_end(void *arg)
{
	struct end	*e = arg;

	e->ended = true;
	loop_stop(e->loop);
}

static const struct channel_ops	end_ops = {
	.on_frame = end_on_frame, .on_end = end_on_end };

static void
test_channel_passes_descriptors(void **state)
{
	struct loop	*l = loop_new(NULL);
	struct end	 a = { .loop = l, .fd = -1 };
	struct end	 b = { .loop = l, .fd = -1 };
	int		 sv[2], p[2];
	char		*big = calloc(1, 1000000), c;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	assert_int_equal(pipe(p), 0);
	a.channel = channel_new(l, sv[0], IPC_MASTER, IPC_WORKER, &end_ops, &a);
	b.channel = channel_new(l, sv[1], IPC_WORKER, IPC_MASTER, &end_ops, &b);
	CHANNEL_SEND(a.channel, LISTENER, p[1], { .address = "127.0.0.1:25" });
	CHANNEL_SEND(a.channel, SCRIPT, -1, { .path = "x",
	    .text = { big, 1000000 } });
	assert_int_equal(loop_run(l), 0);
	assert_int_equal(b.frames, 2);
	assert_true(b.blob_ok);
	assert_int_not_equal(b.fd, -1);
	assert_int_equal(write(b.fd, "x", 1), 1);
	assert_int_equal(read(p[0], &c, 1), 1);
	(void)close(b.fd);
	(void)close(p[0]);
	(void)close(p[1]);
	channel_free(&a.channel);
	assert_int_equal(loop_run(l), 0);
	assert_true(b.ended);
	channel_free(&b.channel);
	loop_free(&l);
	free(big);
}

/* ---- Where the process has no descriptor left ---------------------------- */

/* Takes all there are; give_back() the last ones. */
struct hoard {
	struct rlimit	before;
	int		fd[64];
	int		count;
};

static void
hoard_all(struct hoard *h)
{
	struct rlimit	r;
	int		fd;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &h->before), 0);
	r = h->before;
	r.rlim_cur = 64;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &r), 0);
	for (h->count = 0; (fd = dup(STDERR_FILENO)) != -1; h->count++)
		h->fd[h->count] = fd;
	assert_int_equal(errno, EMFILE);
}

static void
hoard_give_back(struct hoard *h)
{
	while (h->count > 0)
		(void)close(h->fd[--h->count]);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &h->before), 0);
}

struct pair {
	struct loop	*loop;
	struct end	 master;
	struct end	 worker;
};

static void
pair_open(struct pair *p)
{
	int	sv[2];

	p->loop = loop_new(NULL);
	p->master = (struct end){ .loop = p->loop, .fd = -1 };
	p->worker = p->master;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	p->master.channel = channel_new(p->loop, sv[0], IPC_MASTER,
	    IPC_WORKER, &end_ops, &p->master);
	p->worker.channel = channel_new(p->loop, sv[1], IPC_WORKER,
	    IPC_MASTER, &end_ops, &p->worker);
}

static void
pair_close(struct pair *p)
{
	channel_free(&p->master.channel);
	channel_free(&p->worker.channel);
	loop_free(&p->loop);
	if (p->worker.fd != -1)
		(void)close(p->worker.fd);
}

/* A descriptor, and a text that takes its time, from master to worker. */
static void
pair_send(struct pair *p)
{
	static char	text[1000000];

	CHANNEL_SEND(p->master.channel, LISTENER, STDERR_FILENO,
	    { .address = "127.0.0.1:25" });
	CHANNEL_SEND(p->master.channel, SCRIPT, -1, { .path = "x",
	    .text = { text, sizeof text } });
	assert_int_equal(loop_run(p->loop), 0);
}

static void
assert_arrived(const struct pair *p)
{
	assert_int_not_equal(p->worker.fd, -1);
	assert_true(p->worker.blob_ok);
	assert_false(p->worker.ended || p->master.ended);
}

/* Neither side needs one for a descriptor on its way, and one is there for
 * what arrives: a new log is not lost by a worker full of clients. */
static void
test_channel_without_descriptors(void **state)
{
	struct pair	p;
	struct hoard	h;

	(void)state;
	pair_open(&p);
	hoard_all(&h);
	pair_send(&p);
	hoard_give_back(&h);
	assert_arrived(&p);
	pair_close(&p);
}

/* One that has to wait, and can't: that channel ends, and nothing else. */
static void
test_channel_ends_without_descriptors(void **state)
{
	static char	text[1000000];
	struct pair	p;
	struct hoard	h;

	(void)state;
	pair_open(&p);
	hoard_all(&h);
	CHANNEL_SEND(p.master.channel, SCRIPT, -1, { .path = "x",
	    .text = { text, sizeof text } });
	CHANNEL_SEND(p.master.channel, LISTENER, STDERR_FILENO,
	    { .address = "127.0.0.1:25" });
	CHANNEL_SEND(p.master.channel, LISTENER, STDERR_FILENO,
	    { .address = "127.0.0.1:25" });
	assert_int_equal(loop_run(p.loop), 0);
	hoard_give_back(&h);
	assert_true(p.master.ended);
	assert_int_equal(p.worker.fd, -1);
	pair_close(&p);
}

/* sendmsg() is ours here: the kernel has no room, so many times. */
static int	no_room;

ssize_t
sendmsg(int fd, const struct msghdr *m, int flags)
{
	static ssize_t	(*usual)(int, const struct msghdr *, int);

	if (usual == NULL)
		*(void **)&usual = dlsym(RTLD_NEXT, "sendmsg");
	if (no_room > 0) {
		no_room--;
		errno = no_room % 2 == 0 ? ENOBUFS : ETOOMANYREFS;
		return -1;
	}
	return usual(fd, m, flags);
}

static void
test_channel_waits_for_room(void **state)
{
	struct pair	p;

	(void)state;
	pair_open(&p);
	no_room = 4;
	pair_send(&p);
	assert_int_equal(no_room, 0);
	assert_arrived(&p);
	pair_close(&p);
}

/* What a worker may not say ends its channel, not the listener's process. */
static void
test_channel_refuses(void **state)
{
	static const char	*const bad[] = {
		"\0\0\0\0\0\7\0\0",		/* LOG_FILE without its fd */
		"\0\0\0\0\0\24\0\0",		/* CTL_STATUS from a worker */
		"\377\377\377\377\0\11\0\0",	/* a huge length */
		"\0\0\0\1\0\11\0\0x",		/* READY, too short */
		"\0\0\0\5\0\11\0\0xxxxx",	/* READY, too long */
	};
	static const size_t	 size[] = { 8, 8, 8, 9, 13 };
	struct loop		*l;
	struct end		 m;
	int			 sv[2];
	size_t			 i;

	(void)state;
	for (i = 0; i < 5; i++) {
		l = loop_new(NULL);
		m = (struct end){ .loop = l, .fd = -1 };
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
		m.channel = channel_new(l, sv[0], IPC_MASTER, IPC_WORKER,
		    &end_ops, &m);
		assert_int_equal(write(sv[1], bad[i], size[i]),
		    (ssize_t)size[i]);
		assert_int_equal(loop_run(l), 0);
		assert_true(m.ended);
		channel_free(&m.channel);
		(void)close(sv[1]);
		loop_free(&l);
	}
}

/*
 * Descriptors that no frame asks for don't pile up: neither those of whole
 * frames, nor those that come with the bytes of one that never ends.
 */
static void
test_channel_surplus_descriptors(void **state)
{
	static const char	*const frames[] = {
		"\0\0\0\4\0\4\0\0xxxx",		/* SCRIPT, no fd */
		"\0\0\0\377\0\4\0\0xxxx",		/* not all of one */
	};
	struct loop		*l = loop_new(NULL);
	struct end		 m;
	int			 sv[2];
	size_t			 i, k;

	(void)state;
	for (i = 0; i < 2; i++) {
		m = (struct end){ .loop = l, .fd = -1, .lenient = true };
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
		m.channel = channel_new(l, sv[0], IPC_WORKER, IPC_MASTER,
		    &end_ops, &m);
		for (k = 0; k < 12; k++)
			assert_int_equal(fdpass_send(sv[1], frames[i] + k, 1,
			    i == 1 || k == 11 ? sv[1] : -1), 1);
		channel_receive(m.channel);
		assert_true(m.ended);
		channel_free(&m.channel);
		(void)close(sv[1]);
	}
	loop_free(&l);
}

/* What a peer does not read is counted, the descriptors apart: each of them
 * is one less for everybody else. */
static void
test_channel_counts_descriptors(void **state)
{
	struct loop	*l = loop_new(NULL);
	struct end	 q = { .loop = l, .fd = -1 };
	int		 sv[2], i;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	q.channel = channel_new(l, sv[0], IPC_QMGR, IPC_DELIVER, &end_ops, &q);
	CHANNEL_SEND(q.channel, DELIVER_SEGMENT, STDERR_FILENO,
	    { .segment = 1 });
	assert_int_equal(channel_queued_fds(q.channel), 0);
	for (i = 0; i < 2000 && channel_queued_fds(q.channel) < 5; i++)
		CHANNEL_SEND(q.channel, DELIVER_SEGMENT, STDERR_FILENO,
		    { .segment = 1 });
	assert_int_equal(channel_queued_fds(q.channel), 5);
	CHANNEL_SEND(q.channel, DELIVER_SAFE, -1, { .job = 1 });
	assert_int_equal(channel_queued_fds(q.channel), 5);
	channel_free(&q.channel);
	(void)close(sv[1]);
	loop_free(&l);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_round_trip_and_damage),
		cmocka_unit_test(test_who_may_say_what),
		cmocka_unit_test(test_channel_passes_descriptors),
		cmocka_unit_test(test_channel_without_descriptors),
		cmocka_unit_test(test_channel_ends_without_descriptors),
		cmocka_unit_test(test_channel_waits_for_room),
		cmocka_unit_test(test_channel_refuses),
		cmocka_unit_test(test_channel_surplus_descriptors),
		cmocka_unit_test(test_channel_counts_descriptors),
	};

	log_open("test", LOG_TO_FD, -1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
