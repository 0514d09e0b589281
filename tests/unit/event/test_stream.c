/*
 * event: timers, tasks, streams over a socket pair: every cut, pausing,
 * leaving, sources, and what stream_peer_present() knows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "event/loop.h"
#include "event/stream.h"

struct peer {
	struct loop		*loop;
	struct stream		*stream;
	struct buf		 got;
	size_t			 stop_at;	/* leave the loop then */
	bool			 lines;		/* use whole lines only */
	bool			 free_in_read;
	bool			 closed;
	enum stream_close	 how;
	int			 drained;
};

static size_t
peer_on_read(void *arg, struct str data)
{
	struct peer	*p = arg;
	const char	*end;
	size_t		 n = data.len;

	if (p->lines) {
		end = memrchr(data.p, '\n', data.len);
		n = end != NULL ? (size_t)(end - data.p) + 1 : 0;
	}
	buf_add(&p->got, data.p, n);
	if (p->stop_at != 0 && p->got.len >= p->stop_at)
		loop_stop(p->loop);
	if (p->free_in_read)
		stream_free(&p->stream);
	return n;
}

static void
peer_on_close(void *arg, enum stream_close how, const char *why)
{
	struct peer	*p = arg;

	assert_non_null(why);
	p->closed = true;
	p->how = how;
	loop_stop(p->loop);
}

static void
peer_on_drain(void *arg)
{
	struct peer	*p = arg;

	p->drained++;
}

static const struct stream_ops	peer_ops = { .on_read = peer_on_read,
	.on_close = peer_on_close, .on_drain = peer_on_drain };

/* A stream, and the plain descriptor of its other end. */
static int
peer_open(struct peer *p)
{
	int	sv[2];

	memset(p, 0, sizeof *p);
	p->loop = loop_new(NULL);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
	    sv), 0);
	p->stream = stream_new(p->loop, sv[0], &peer_ops, p);
	return sv[1];
}

static void
peer_close(struct peer *p, int fd)
{
	if (fd != -1)
		(void)close(fd);
	stream_free(&p->stream);
	buf_free(&p->got);
	loop_free(&p->loop);
}

static void
stop(void *arg)
{
	loop_stop(arg);
}

static void
run_for(struct loop *l, int ms)
{
	struct timer	t;

	timer_init(&t, l, stop, l);
	timer_start(&t, ms);
	assert_int_equal(loop_run(l), 0);
	timer_fini(&t);
}

static void
test_read_in_cuts(void **state)
{
	static const char	text[] = "one\r\ntwo\r\nthree\r\n";
	struct peer		p;
	int			fd;
	size_t			i;

	(void)state;
	fd = peer_open(&p);
	p.lines = true;
	p.stop_at = 0;
	for (i = 0; i < sizeof text - 1; i++) {
		assert_int_equal(write(fd, text + i, 1), 1);
		run_for(p.loop, 0);
		run_for(p.loop, 0);
	}
	assert_int_equal(p.got.len, sizeof text - 1);
	assert_memory_equal(buf_data(&p.got), text, sizeof text - 1);
	(void)close(fd);
	p.closed = false;
	assert_int_equal(loop_run(p.loop), 0);
	assert_true(p.closed && p.how == STREAM_EOF);
	peer_close(&p, -1);
}

/* A paused stream keeps up to its limit and then lets the peer wait. */
static void
test_pause_keeps_and_bounds(void **state)
{
	struct peer	p;
	char		block[8192];
	ssize_t		n, total = 0;
	int		fd = peer_open(&p), round;

	(void)state;
	memset(block, 'x', sizeof block);
	stream_read_limit(p.stream, 10000);
	stream_pause(p.stream);
	for (round = 0; round < 200; round++) {
		n = write(fd, block, sizeof block);
		if (n > 0)
			total += n;
		run_for(p.loop, 0);
	}
	assert_int_equal(p.got.len, 0);
	assert_int_equal(stream_unread(p.stream).len, 10000);
	p.stop_at = (size_t)total;
	stream_resume(p.stream);
	assert_int_equal(loop_run(p.loop), 0);
	assert_int_equal(p.got.len, total);
	peer_close(&p, fd);
}

static void
test_eof_is_seen_while_paused(void **state)
{
	struct peer	p;
	int		fd = peer_open(&p);

	(void)state;
	stream_pause(p.stream);
	assert_true(stream_peer_present(p.stream));
	assert_int_equal(write(fd, "QUIT\r\n", 6), 6);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	assert_false(stream_peer_present(p.stream));
	assert_int_equal(stream_unread(p.stream).len, 6);
	assert_int_equal(loop_run(p.loop), 0);
	assert_true(p.closed && p.how == STREAM_EOF);
	stream_resume(p.stream);
	run_for(p.loop, 1);
	assert_int_equal(p.got.len, 6);		/* still shown */
	peer_close(&p, fd);
}

static void
test_free_in_call_back(void **state)
{
	struct peer	p;
	int		fd = peer_open(&p);

	(void)state;
	p.free_in_read = true;
	p.stop_at = 1;
	assert_int_equal(write(fd, "abc", 3), 3);
	assert_int_equal(loop_run(p.loop), 0);
	assert_null(p.stream);
	peer_close(&p, fd);
}

/* ---- Sources ------------------------------------------------------------ */

struct blob {
	const char	*p;
	size_t		 left;
	size_t		 step;
};

static int
blob_peek(void *arg, struct iovec *iov, int max)
{
	struct blob	*b = arg;
	size_t		 left = b->left, n;
	char		*at = (char *)(size_t)b->p;
	int		 i;

	for (i = 0; i < max && left > 0; i++) {
		n = left < b->step ? left : b->step;
		iov[i].iov_base = at;
		iov[i].iov_len = n;
		at += n;
		left -= n;
	}
	return i;
}

static void
blob_advance(void *arg, size_t n)
{
	struct blob	*b = arg;

	b->p += n;
	b->left -= n;
}

static void
test_source_after_buffer(void **state)
{
	static char	big[300000];
	struct blob	b = { big, sizeof big, 777 };
	struct source	src = { blob_peek, blob_advance, &b };
	struct peer	p;
	struct buf	in = BUF_INIT;
	ssize_t		n;
	size_t		i;
	int		fd = peer_open(&p);

	(void)state;
	for (i = 0; i < sizeof big; i++)
		big[i] = (char)(i * 7);
	stream_write(p.stream, "head:", 5);
	stream_source(p.stream, &src);
	while (in.len < sizeof big + 5) {
		run_for(p.loop, 0);
		n = read(fd, buf_reserve(&in, 65536), 65536);
		if (n > 0)
			buf_added(&in, (size_t)n);
	}
	run_for(p.loop, 0);
	assert_int_equal(p.drained, 1);
	assert_int_equal(stream_sent(p.stream), sizeof big + 5);
	assert_memory_equal(buf_data(&in), "head:", 5);
	assert_memory_equal(buf_data(&in) + 5, big, sizeof big);
	buf_free(&in);
	peer_close(&p, fd);
}

static void
test_write_to_the_gone(void **state)
{
	struct peer	p;
	int		fd = peer_open(&p);

	(void)state;
	(void)close(fd);
	stream_pause(p.stream);
	stream_write(p.stream, "x", 1);
	assert_int_equal(loop_run(p.loop), 0);
	assert_true(p.closed);
	assert_false(stream_peer_present(p.stream));
	stream_write(p.stream, "y", 1);		/* harmless */
	run_for(p.loop, 1);
	peer_close(&p, -1);
}

/* ---- Timers -------------------------------------------------------------- */

static void
count(void *arg)
{
	++*(int *)arg;
}

static void
test_timer_moves(void **state)
{
	struct loop	*l = loop_new(NULL);
	struct timer	 t;
	int		 fired = 0, i;

	(void)state;
	timer_init(&t, l, count, &fired);
	/* Kept from firing, longer than it was set to; a busy machine may
	 * lose most of that in between. */
	timer_start(&t, 1000);
	for (i = 0; i < 6; i++) {
		run_for(l, 200);
		timer_start(&t, i < 5 ? 1000 : 1);
	}
	assert_int_equal(fired, 0);
	for (i = 0; i < 500 && fired == 0; i++)
		run_for(l, 10);
	assert_int_equal(fired, 1);
	timer_start(&t, 100000);
	timer_start(&t, 1);			/* and sooner */
	for (i = 0; i < 500 && fired == 1; i++)
		run_for(l, 10);
	assert_int_equal(fired, 2);
	timer_start(&t, 1);
	timer_stop(&t);
	run_for(l, 20);
	assert_int_equal(fired, 2);
	timer_fini(&t);
	loop_free(&l);
}

static void
test_task_once_a_turn(void **state)
{
	struct loop	*l = loop_new(NULL);
	struct task	 a, b;
	int		 na = 0, nb = 0;

	(void)state;
	task_init(&a, count, &na);
	task_init(&b, count, &nb);
	loop_defer(l, &a);
	loop_defer(l, &a);
	loop_defer(l, &b);
	loop_cancel(l, &b);
	run_for(l, 1);
	assert_int_equal(na, 1);
	assert_int_equal(nb, 0);
	loop_free(&l);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_read_in_cuts),
		cmocka_unit_test(test_pause_keeps_and_bounds),
		cmocka_unit_test(test_eof_is_seen_while_paused),
		cmocka_unit_test(test_free_in_call_back),
		cmocka_unit_test(test_source_after_buffer),
		cmocka_unit_test(test_write_to_the_gone),
		cmocka_unit_test(test_timer_moves),
		cmocka_unit_test(test_task_once_a_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
