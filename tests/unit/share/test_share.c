/*
 * Asking, through both kinds of share: a store of this process, and a
 * service at the other end of a socket, which is made to die.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fatal.h"
#include "base/mem.h"
#include "base/net.h"
#include "event/loop.h"
#include "ipc/channel.h"
#include "share/desk.h"
#include "share/share.h"
#include "share/wire.h"

#define PLENTY	(16u << 20)

/* ---- A service in the same loop ---------------------------------------- */

struct server_client {
	struct desk_client	 desk;		/* first */
	struct channel		*channel;
};

static struct {
	struct loop		*loop;
	struct desk		*desk;
	struct server_client	*client;	/* one at a time */
	struct watch		*watch;
	char			 path[64];
	int			 fd;
	int			 hellos;
	int			 asked;
	int			 mute;		/* answers to keep */
} server;

static void
server_answer(void *arg, struct desk_client *c, uint64_t id,
    const struct share_answer *a)
{
	struct server_client	*sc = (struct server_client *)c;
	struct ipc_SHARE_ANSWER	 m;

	(void)arg;
	if (server.mute > 0) {
		server.mute--;
		return;
	}
	share_put_answer(id, a, &m);
	CHANNEL_PUT(sc->channel, SHARE_ANSWER, -1, &m);
}

static int
server_on_frame(void *arg, int type, struct rbuf *r, int fd)
{
	struct server_client	*c = arg;
	struct ipc_SHARE_HELLO	 hello;
	struct ipc_SHARE_HELD	 held;
	struct ipc_SHARE_ASK	 ask;
	struct ipc_SHARE_DROP	 drop;
	struct share_question	 q;

	(void)fd;
	switch (type) {
	case IPC_SHARE_HELLO:
		server.hellos++;
		return ipc_get_SHARE_HELLO(r, &hello);
	case IPC_SHARE_HELD:
		assert_int_equal(ipc_get_SHARE_HELD(r, &held), 0);
		return desk_hold(server.desk, &c->desk, held.id, held.name);
	case IPC_SHARE_ASK:
		server.asked++;
		assert_int_equal(ipc_get_SHARE_ASK(r, &ask), 0);
		assert_int_equal(share_get_question(&ask, &q), 0);
		return desk_ask(server.desk, &c->desk, ask.id, &q,
		    loop_now_ms(server.loop));
	default:
		assert_int_equal(ipc_get_SHARE_DROP(r, &drop), 0);
		desk_drop(server.desk, &c->desk, drop.id);
		return 0;
	}
}

static void
server_hang_up(void)
{
	struct server_client	*c = server.client;

	server.client = NULL;
	if (c == NULL)
		return;
	desk_leave(server.desk, &c->desk);
	channel_free(&c->channel);
	free(c);
}

static void
server_on_end(void *arg)
{
	(void)arg;
	server_hang_up();
}

static void
server_accept(void *arg)
{
	static const struct channel_ops	 ops = {
	    .on_frame = server_on_frame, .on_end = server_on_end };
	struct server_client		*c = xcalloc(1, sizeof *c);
	int				 fd = accept(server.fd, NULL, NULL);

	(void)arg;
	assert_int_not_equal(fd, -1);
	server_hang_up();
	desk_enter(server.desk, &c->desk);
	c->channel = channel_new(server.loop, fd, IPC_SHARE, IPC_SCRIPTED, &ops,
	    c);
	server.client = c;
}

static void
server_listen(void)
{
	struct netaddr	a;

	assert_int_equal(netaddr_unix(&a, server.path, NULL), 0);
	server.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(server.fd, &a.u.sa, a.len), 0);
	assert_int_equal(listen(server.fd, 10), 0);
	server.watch = watch_readable(server.loop, server.fd, server_accept,
	    NULL);
}

static void
server_begin(struct loop *l)
{
	memset(&server, 0, sizeof server);
	server.loop = l;
	(void)snprintf(server.path, sizeof server.path,
	    "/tmp/test_share.%ld", (long)getpid());
	(void)unlink(server.path);
	server.desk = desk_new(PLENTY, server_answer, NULL);
	desk_open(server.desk);
	server_listen();
}

/* A new process: nothing is known, no lock is granted yet. */
static void
server_dies(void)
{
	server_hang_up();
	desk_free(&server.desk);
	server.desk = desk_new(PLENTY, server_answer, NULL);
}

static void
server_end(void)
{
	server_hang_up();
	desk_free(&server.desk);
	watch_free(&server.watch);
	(void)close(server.fd);
	(void)unlink(server.path);
}

/* ---- Asking ------------------------------------------------------------ */

struct asked {
	struct share_answer	 a;
	char			 value[32];
	bool			 done;
	struct share_ticket	*ticket;
};

static void
ask_done(void *arg, const struct share_answer *a)
{
	struct asked	*k = arg;

	assert_false(k->done);
	k->done = true;
	k->a = *a;
	assert_true(a->value.len < sizeof k->value);
	if (a->value.len > 0)
		memcpy(k->value, a->value.p, a->value.len);
	k->value[a->value.len] = '\0';
}

static void
ask(struct share *s, struct asked *k, const struct share_question *q)
{
	*k = (struct asked){ .done = false };
	k->ticket = share_ask(s, q, ask_done, k);
	assert_false(k->done);
}

static void
stop(void *arg)
{
	loop_stop(arg);
}

static void
turn(struct loop *l, int64_t ms)
{
	struct timer	t;

	timer_init(&t, l, stop, l);
	timer_start(&t, ms);
	(void)loop_run(l);
	timer_fini(&t);
}

static void
wait_for(struct loop *l, const bool *what)
{
	int	i;

	for (i = 0; i < 500 && !*what; i++)
		turn(l, 10);
	assert_true(*what);
}

static struct share_answer
answer(struct loop *l, struct share *s, const struct share_question *q)
{
	struct asked	k;

	ask(s, &k, q);
	wait_for(l, &k.done);
	return k.a;
}

#define Q(...)	(&(struct share_question){ __VA_ARGS__ })
#define KEY	.key = STR("k")

/* ---- What both kinds do ------------------------------------------------ */

static void
both_values(struct loop *l, struct share *s)
{
	struct share_answer	a;
	struct asked		k;
	uint64_t		version;

	assert_int_equal(answer(l, s, Q(.op = SHARE_FETCH, KEY)).version, 0);
	assert_int_equal(answer(l, s, Q(.op = SHARE_STORE, KEY,
	    .value = STR("one"))).status, SHARE_OK);
	ask(s, &k, Q(.op = SHARE_FETCH, KEY));
	wait_for(l, &k.done);
	assert_string_equal(k.value, "one");
	version = k.a.version;
	assert_true(version > 0 && version < (uint64_t)1 << 52);
	assert_int_equal(answer(l, s, Q(.op = SHARE_STORE, KEY,
	    .value = STR("two"), .flags = SHARE_IF_VERSION)).status,
	    SHARE_NO);
	assert_int_equal(answer(l, s, Q(.op = SHARE_STORE, KEY,
	    .value = STR("two"), .flags = SHARE_IF_VERSION,
	    .version = version)).status, SHARE_OK);
	/* Too late: the answer brings what is there now. */
	ask(s, &k, Q(.op = SHARE_STORE, KEY, .value = STR("three"),
	    .flags = SHARE_IF_VERSION, .version = version));
	wait_for(l, &k.done);
	assert_int_equal(k.a.status, SHARE_NO);
	assert_string_equal(k.value, "two");
	assert_true(k.a.version > version);
	assert_int_equal(answer(l, s, Q(.op = SHARE_ADD, KEY,
	    .number = 1)).status, SHARE_NO);
	assert_int_equal(answer(l, s, Q(.op = SHARE_DELETE, KEY,
	    .flags = SHARE_BARRIER)).status, SHARE_NO);
	assert_int_equal(answer(l, s, Q(.op = SHARE_DELETE, KEY)).status,
	    SHARE_OK);
	a = answer(l, s, Q(.op = SHARE_ADD, KEY, .number = 2.5));
	assert_true(a.status == SHARE_OK && (int)(a.number * 2) == 5);
	a = answer(l, s, Q(.op = SHARE_ADD, KEY, .number = -2.5,
	    .flags = SHARE_DROP_ZERO));
	assert_int_equal(a.status, SHARE_OK);
	assert_int_equal(answer(l, s, Q(.op = SHARE_FETCH, KEY)).version, 0);
	a = answer(l, s, Q(.op = SHARE_RATE, KEY, .number = 1,
	    .interval_ms = 100000));
	assert_true(a.status == SHARE_OK && (int)a.number == 1);
	a = answer(l, s, Q(.op = SHARE_RATE, KEY, .number = 1,
	    .interval_ms = 100000));
	assert_true(a.status == SHARE_NO && (int)a.number == 1);
	assert_int_equal(share_open_tickets(s), 0);
}

static void
both_locks(struct loop *l, struct share *s)
{
	struct asked	one, two, three;

	ask(s, &one, Q(.op = SHARE_LOCK, KEY));
	ask(s, &two, Q(.op = SHARE_LOCK, KEY));
	ask(s, &three, Q(.op = SHARE_LOCK, KEY));
	wait_for(l, &one.done);
	turn(l, 30);
	assert_false(two.done || three.done);
	share_cancel(&two.ticket);
	assert_null(two.ticket);
	turn(l, 30);
	assert_false(three.done);
	share_cancel(&one.ticket);
	wait_for(l, &three.done);
	share_cancel(&three.ticket);
	/* Given up before it was handed over, and while it is granted. */
	ask(s, &one, Q(.op = SHARE_LOCK, KEY));
	share_cancel(&one.ticket);
	ask(s, &one, Q(.op = SHARE_LOCK, KEY));
	turn(l, 0);
	share_cancel(&one.ticket);
	ask(s, &two, Q(.op = SHARE_LOCK, KEY));
	wait_for(l, &two.done);
	share_cancel(&two.ticket);
	assert_false(one.done && three.ticket != NULL);
	assert_int_equal(share_open_tickets(s), 0);
}

/* More than may be under way, some given up; freed with tickets open. */
static void
both_many(struct loop *l, struct share *s)
{
	static struct asked	 k[1000];
	int			 i;

	for (i = 0; i < 1000; i++)
		ask(s, &k[i], Q(.op = SHARE_ADD, .key = STR("n"),
		    .number = 1));
	for (i = 500; i < 1000; i += 3)
		share_cancel(&k[i].ticket);
	for (i = 0; i < 1000; i++)
		if (i < 500 || (i - 500) % 3 != 0) {
			wait_for(l, &k[i].done);
			assert_int_equal(k[i].a.status, SHARE_OK);
		} else
			assert_false(k[i].done);
	assert_int_equal(share_open_tickets(s), 0);
	for (i = 0; i < 10; i++)
		ask(s, &k[i], Q(.op = i % 2 ? SHARE_LOCK : SHARE_FETCH,
		    KEY));
}

static void
test_local(void **state)
{
	struct loop	*l = loop_new(NULL);
	struct share	*s = share_local(l, PLENTY);

	(void)state;
	both_values(l, s);
	both_locks(l, s);
	both_many(l, s);
	turn(l, 1);
	share_free(&s);
	assert_null(s);
	loop_free(&l);
}

static void
test_remote(void **state)
{
	struct loop	*l = loop_new(NULL);
	struct share	*s;

	(void)state;
	server_begin(l);
	s = share_connect(l, server.path);
	both_values(l, s);
	both_locks(l, s);
	both_many(l, s);
	turn(l, 5);
	share_free(&s);
	turn(l, 5);
	assert_int_equal(server.hellos, 1);
	server_end();
	loop_free(&l);
}

/* ---- A service that dies ----------------------------------------------- */

static void
test_asked_again(void **state)
{
	struct loop	*l = loop_new(NULL);
	struct share	*s;
	struct asked	 k, j;

	(void)state;
	server_begin(l);
	s = share_connect(l, server.path);
	server.mute = 1;
	ask(s, &k, Q(.op = SHARE_ADD, KEY, .number = 1));
	turn(l, 50);
	assert_int_equal(server.asked, 1);
	assert_false(k.done);
	server_dies();
	ask(s, &j, Q(.op = SHARE_ADD, KEY, .number = 1));
	wait_for(l, &k.done);
	wait_for(l, &j.done);
	/* It died with the first one: both count once. */
	assert_int_equal((int)k.a.number, 1);
	assert_int_equal((int)j.a.number, 2);
	assert_int_equal(server.hellos, 2);
	share_free(&s);
	turn(l, 5);
	server_end();
	loop_free(&l);
}

static void
test_still_held(void **state)
{
	struct loop	*l = loop_new(NULL);
	struct share	*s;
	struct asked	 one, two, three;

	(void)state;
	server_begin(l);
	s = share_connect(l, server.path);
	ask(s, &one, Q(.op = SHARE_LOCK, KEY));
	ask(s, &two, Q(.op = SHARE_LOCK, KEY));
	wait_for(l, &one.done);
	turn(l, 20);
	server_dies();
	turn(l, 50);
	assert_int_equal(server.hellos, 2);
	ask(s, &three, Q(.op = SHARE_LOCK, .key = STR("other")));
	turn(l, 30);
	assert_false(two.done || three.done);
	desk_open(server.desk);
	wait_for(l, &three.done);
	assert_false(two.done);
	share_cancel(&one.ticket);
	wait_for(l, &two.done);
	share_cancel(&two.ticket);
	/* Given back while nobody listens. */
	server_dies();
	share_cancel(&three.ticket);
	desk_open(server.desk);
	ask(s, &three, Q(.op = SHARE_LOCK, .key = STR("other")));
	wait_for(l, &three.done);
	share_free(&s);
	turn(l, 5);
	server_end();
	loop_free(&l);
}

static void
test_absent(void **state)
{
	struct loop	*l = loop_new(NULL);
	struct share	*s = share_connect(l, "/nonexistent/share.sock");
	struct asked	 k, lock;

	(void)state;
	ask(s, &k, Q(.op = SHARE_FETCH, KEY));
	ask(s, &lock, Q(.op = SHARE_LOCK, KEY));
	wait_for(l, &k.done);
	wait_for(l, &lock.done);
	assert_int_equal(k.a.status, SHARE_ABSENT);
	assert_int_equal(lock.a.status, SHARE_ABSENT);
	assert_int_equal(share_open_tickets(s), 0);
	share_free(&s);
	loop_free(&l);
}

/* It comes later: what is asked meanwhile waits. */
static void
test_late_service(void **state)
{
	struct loop	*l = loop_new(NULL);
	struct share	*s;
	struct asked	 k;

	(void)state;
	server_begin(l);
	watch_free(&server.watch);
	(void)close(server.fd);		/* the name stays, nobody listens */
	s = share_connect(l, server.path);
	ask(s, &k, Q(.op = SHARE_FETCH, KEY));
	turn(l, 60);
	assert_false(k.done);
	(void)unlink(server.path);
	server_listen();
	wait_for(l, &k.done);
	assert_int_equal(k.a.status, SHARE_OK);
	share_free(&s);
	turn(l, 5);
	server_end();
	loop_free(&l);
}

/* ---- What no honest client asks ---------------------------------------- */

static int	full;

static void
full_answer(void *arg, struct desk_client *c, uint64_t id,
    const struct share_answer *a)
{
	(void)arg;
	(void)c;
	(void)id;
	full += a->status == SHARE_FULL;
}

static void
test_desk_refuses(void **state)
{
	static char			 big[SHARE_VALUE_MAX + 1];
	const struct share_question	 bad[] = {
		{ .op = SHARE_OPS },
		{ .op = (enum share_op)77 },
		{ .op = SHARE_FETCH, .flags = 16 },
		{ .op = SHARE_STORE, .interval_ms = SHARE_INTERVAL_MAX_MS + 1 },
		{ .op = SHARE_FETCH, .key = { big, SHARE_KEY_MAX + 1 } },
		{ .op = SHARE_STORE, .value = { big, sizeof big } },
		{ .op = SHARE_ADD, .number = 1e308 * 10 },
		{ .op = SHARE_RATE, .number = -1, .interval_ms = 1 },
		{ .op = SHARE_RATE, .number = 1e16, .interval_ms = 1 },
		{ .op = SHARE_RATE, .number = 1 },
		{ .op = SHARE_RATE, .number = 1, .interval_ms = UINT64_MAX },
	};
	struct desk			*d = desk_new(PLENTY, server_answer,
					    NULL);
	struct desk_client		 c;
	struct desk_figures		 f;
	size_t				 i;

	(void)state;
	desk_enter(d, &c);
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(desk_ask(d, &c, 1, &bad[i], 0), -1);
	desk_figures(d, &f);
	assert_int_equal(f.keys + f.bytes + f.claims, 0);
	desk_leave(d, &c);
	desk_free(&d);
}

/* Claims, which wait and wait, count as memory, too. */
static void
test_claims_are_memory(void **state)
{
	struct share_question	 q = { .op = SHARE_LOCK, .key = STR("a") };
	struct desk		*d = desk_new(100000, full_answer, NULL);
	struct desk_client	 c;
	struct desk_figures	 f;
	static char		 value[1000];
	uint64_t		 id;

	(void)state;
	full = 0;
	desk_open(d);
	desk_enter(d, &c);
	for (id = 1; full == 0 && id < 100000; id++)
		assert_int_equal(desk_ask(d, &c, id, &q, 0), 0);
	desk_figures(d, &f);
	assert_true(f.claims > 100 && f.claims == id - 2);
	assert_true(f.bytes <= 100000);
	q = (struct share_question){ .op = SHARE_STORE, .key = STR("k"),
	    .value = { value, sizeof value } };
	assert_int_equal(desk_ask(d, &c, id++, &q, 0), 0);
	assert_int_equal(full, 2);
	desk_leave(d, &c);
	desk_enter(d, &c);
	assert_int_equal(desk_ask(d, &c, id, &q, 0), 0);
	assert_int_equal(full, 2);
	desk_leave(d, &c);
	desk_free(&d);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_local),
		cmocka_unit_test(test_remote),
		cmocka_unit_test(test_asked_again),
		cmocka_unit_test(test_still_held),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_late_service),
		cmocka_unit_test(test_desk_refuses),
		cmocka_unit_test(test_claims_are_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
