/* accept4() and epoll_ctl() are ours here: they fail as they are told to. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/net.h"
#include "event/gate.h"
#include "event/loop.h"

static struct {
	struct loop	*loop;
	struct gate	*gate;
	int		 error;		/* 0: accept */
	int		 left;		/* fail so often; -1: always */
	int		 calls;
	int		 taken;
	int		 deaf;		/* epoll_ctl() fails so often, after */
	int		 hears;		/* so many that don't */
} at;

struct epoll_event;
int	epoll_ctl(int ep, int op, int fd, struct epoll_event *ev);

int
epoll_ctl(int ep, int op, int fd, struct epoll_event *ev)
{
	static int	(*usual)(int, int, int, struct epoll_event *);

	if (usual == NULL)
		*(void **)&usual = dlsym(RTLD_NEXT, "epoll_ctl");
	if (at.deaf > 0 && at.hears-- <= 0) {
		at.deaf--;
		errno = ENOMEM;
		return -1;
	}
	return usual(ep, op, fd, ev);
}

int
accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	(void)flags;
	at.calls++;
	if (at.left == 0)
		return accept(fd, addr, len);
	if (at.left > 0)
		at.left--;
	errno = at.error;
	return -1;
}

static void
on_ready(void *arg, struct gate *g)
{
	int	fd = gate_take(g, NULL);

	(void)arg;
	if (fd == -1)
		return;
	at.taken++;
	(void)close(fd);
	loop_stop(at.loop);
}

static void
on_time(void *arg)
{
	loop_stop(arg);
}

static int
bound(struct netaddr *a)
{
	int	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_int_equal(netaddr_parse_ip(a, STR("127.0.0.1"), 0), 0);
	assert_int_equal(bind(fd, &a->u.sa, a->len), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(netaddr_local(a, fd), 0);
	return fd;
}

/* A client waits, and accept4() fails; for `ms`, or until it is taken. */
static void
meet(int error, int left, int64_t ms)
{
	struct netaddr	a;
	struct timer	t;
	struct err	e;
	int		fd, client;

	at.loop = loop_new(&e);
	at.error = error;
	at.left = left;
	at.calls = at.taken = 0;
	fd = bound(&a);
	client = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(client, &a.u.sa, a.len), 0);
	at.gate = gate_new(at.loop, fd, on_ready, NULL);
	timer_init(&t, at.loop, on_time, at.loop);
	timer_start(&t, ms);
	assert_int_equal(loop_run(at.loop), 0);
	timer_fini(&t);
	gate_free(&at.gate);
	(void)close(client);
	(void)close(fd);
	loop_free(&at.loop);
}

/* The socket is ready all the time: who asks at once asks thousands of
 * times. */
static void
test_does_not_spin(void **state)
{
	static const int	errors[] = { EMFILE, ENFILE, ENOMEM, ENOBUFS,
	    EPERM, EIO };
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		meet(errors[i], -1, 2 * GATE_SHUT_MS);
		assert_in_range(at.calls, 1, 3);
		assert_int_equal(at.taken, 0);
	}
}

static void
test_opens_again(void **state)
{
	(void)state;
	meet(EMFILE, 1, 60000);
	assert_int_equal(at.taken, 1);
	assert_int_equal(at.calls, 2);
}

static void
test_gone_clients_are_passed_over(void **state)
{
	(void)state;
	meet(ECONNABORTED, 3, 60000);
	assert_int_equal(at.taken, 1);
	assert_int_equal(at.calls, 4);
	meet(EINTR, 200, 60000);
	assert_int_equal(at.taken, 1);
	assert_int_equal(at.calls, 201);
}

/* Where there is no memory for the descriptor there may be none to watch the
 * socket again either; the library keeps that to itself. */
static void
test_hears_again(void **state)
{
	(void)state;
	at.deaf = 2;
	at.hears = 2;		/* the first watch, and its pause */
	meet(EMFILE, 1, 60000);
	assert_int_equal(at.deaf, 0);
	assert_int_equal(at.taken, 1);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_does_not_spin),
		cmocka_unit_test(test_opens_again),
		cmocka_unit_test(test_hears_again),
		cmocka_unit_test(test_gone_clients_are_passed_over),
	};

	log_open("test", LOG_TO_FD, open("/dev/null", O_WRONLY));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
