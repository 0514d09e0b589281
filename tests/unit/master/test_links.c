/*
 * links: singles are told of every worker before it starts and after it has
 * ended, with the signal; two in the spool's jail get a connection to each
 * other whenever one of them starts, or later if there was no descriptor.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/log.h"
#include "master/generation.h"
#include "master/links.h"

static struct loop		*loop;
static struct house		 house;
static struct generation	 generation;

/* One worker, and its end of the channel, which writes down what it hears. */
struct actor {
	struct conf_service	 service;
	struct slot		 slot;
	struct process		 process;
	struct channel		*end;
	struct buf		 heard;
	int			 link;
};

static int
actor_on_frame(void *arg, int type, struct rbuf *r, int fd)
{
	struct actor		*a = arg;
	struct ipc_WORKER_LIST	 list;
	struct ipc_WORKER_GONE	 gone;
	struct ipc_LINK		 link;

	if (type == IPC_WORKER_LIST && ipc_get_WORKER_LIST(r, &list) == 0)
		buf_printf(&a->heard, "%s=%u@%u ", list.program, list.pid,
		    list.slot);
	else if (type == IPC_WORKER_GONE && ipc_get_WORKER_GONE(r, &gone) == 0)
		buf_printf(&a->heard, "%u gone %u/%u %.*s%s", gone.pid,
		    gone.signal, gone.status, (int)gone.culprit.len,
		    gone.culprit.len > 0 ? gone.culprit.p : "",
		    gone.culprit.len > 0 ? " " : "");
	else if (type == IPC_LINK && ipc_get_LINK(r, &link) == 0) {
		buf_printf(&a->heard, "link %s ", link.program);
		if (a->link != -1)
			(void)close(a->link);
		a->link = fd;
	} else
		return -1;
	return 0;
}

static void
actor_on_end(void *arg)
{
	buf_add_text(&((struct actor *)arg)->heard, "END ");
}

static void
actor_init(struct actor *a, const char *program, bool single, pid_t pid)
{
	static const struct channel_ops	ops = { .on_frame = actor_on_frame,
	    .on_end = actor_on_end };
	int				sv[2];

	memset(a, 0, sizeof *a);
	a->link = -1;
	a->service = (struct conf_service){ .command = program,
	    .single = single };
	a->slot.id = (uint32_t)pid + 100;
	a->process = (struct process){ .generation = &generation,
	    .service = &a->service, .slot = &a->slot, .pid = pid };
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	a->process.channel = channel_new(loop, sv[0], IPC_MASTER,
	    ipc_role_of(program), &ops, a);
	a->end = channel_new(loop, sv[1], ipc_role_of(program), IPC_MASTER,
	    &ops, a);
}

static void
actor_fini(struct actor *a)
{
	channel_free(&a->process.channel);
	channel_free(&a->end);
	buf_free(&a->heard);
	if (a->link != -1)
		(void)close(a->link);
}

static void
assert_heard(struct actor *a, const char *want)
{
	channel_flush(a->process.channel);
	channel_receive(a->end);
	assert_string_equal(buf_cstr(&a->heard), want);
	buf_clear(&a->heard);
}

static void
test_told(void **state)
{
	struct actor	smtpd, cleanup, qmgr, share;

	(void)state;
	actor_init(&smtpd, "smtpd", false, 1);
	actor_init(&cleanup, "cleanup", true, 2);
	actor_init(&share, "share", true, 3);
	actor_init(&qmgr, "qmgr", true, 4);
	links_started(&smtpd.process);
	links_started(&cleanup.process);
	assert_heard(&cleanup, "smtpd=1@101 ");
	links_started(&share.process);
	assert_heard(&share, "smtpd=1@101 cleanup=2@102 ");
	assert_heard(&cleanup, "share=3@103 ");
	links_started(&qmgr.process);
	assert_heard(&qmgr, "smtpd=1@101 cleanup=2@102 link cleanup "
	    "share=3@103 ");
	assert_heard(&cleanup, "qmgr=4@104 link qmgr ");
	assert_heard(&smtpd, "");	/* it is none of a worker's business */
	links_gone(&smtpd.process, 1, 11);
	assert_heard(&qmgr, "1 gone 11/0 ");
	assert_heard(&cleanup, "1 gone 11/0 ");
	links_gone(&share.process, 3, 5 << 8);
	assert_heard(&qmgr, "3 gone 0/5 ");
	links_gone(&qmgr.process, 4, 0);
	links_gone(&cleanup.process, 2, 0);
	actor_fini(&smtpd);
	actor_fini(&cleanup);
	actor_fini(&qmgr);
	actor_fini(&share);
}

/* Who died by a signal is asked what it had its hands on. */
static void
test_culprit(void **state)
{
	static const struct {
		const char	*id;
		int		 status;
		const char	*heard;
	} ends[] = {
		{ "abcdefghijklmnopqrst", 11,
		    "deliver=1@101 1 gone 11/0 abcdefghijklmnopqrst " },
		{ "abcdefghijklmnopqrst", 15, "deliver=1@101 1 gone 15/0 " },
		{ "abcdefghijklmnopqrst", 1 << 8,
		    "deliver=1@101 1 gone 0/1 " },
		{ NULL, 11, "deliver=1@101 1 gone 11/0 " },
	};
	static struct board	page;
	struct actor		deliver, qmgr;
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		actor_init(&deliver, "deliver", false, 1);
		actor_init(&qmgr, "qmgr", true, 4);
		deliver.slot.board = &page;
		board_set_self(&page);
		board_blame((const unsigned char *)ends[i].id);
		links_started(&qmgr.process);
		links_started(&deliver.process);
		links_gone(&deliver.process, 1, ends[i].status);
		assert_heard(&qmgr, ends[i].heard);
		links_gone(&qmgr.process, 4, 0);
		actor_fini(&deliver);
		actor_fini(&qmgr);
	}
}

/* What one says arrives at the other; the link before is at its end when the
 * process is. */
static void
test_link(void **state)
{
	struct actor	cleanup, qmgr, again;
	int		before;
	char		c = 0;

	(void)state;
	actor_init(&cleanup, "cleanup", true, 2);
	actor_init(&qmgr, "qmgr", true, 4);
	links_started(&cleanup.process);
	links_started(&qmgr.process);
	assert_heard(&qmgr, "cleanup=2@102 link cleanup ");
	assert_heard(&cleanup, "qmgr=4@104 link qmgr ");
	assert_int_equal(write(cleanup.link, "x", 1), 1);
	assert_int_equal(read(qmgr.link, &c, 1), 1);
	before = dup(cleanup.link);
	links_gone(&qmgr.process, 4, 9);
	actor_fini(&qmgr);
	assert_int_equal(read(before, &c, 1), 0);
	actor_init(&again, "qmgr", true, 5);
	links_started(&again.process);
	assert_heard(&again, "cleanup=2@102 link cleanup ");
	assert_heard(&cleanup, "4 gone 9/0 qmgr=5@105 link qmgr ");
	assert_int_equal(write(again.link, "y", 1), 1);
	assert_int_equal(read(cleanup.link, &c, 1), 1);
	links_gone(&again.process, 5, 0);
	links_gone(&cleanup.process, 2, 0);
	actor_fini(&again);
	actor_fini(&cleanup);
	(void)close(before);
}

static void
stop(void *arg)
{
	loop_stop(arg);
}

/* Where there is no descriptor for one, it is made when there is. */
static void
test_link_later(void **state)
{
	struct actor	cleanup, qmgr;
	struct rlimit	before, none;
	struct timer	end;
	char		c = 0;

	(void)state;
	actor_init(&cleanup, "cleanup", true, 2);
	actor_init(&qmgr, "qmgr", true, 4);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	links_started(&cleanup.process);
	links_started(&qmgr.process);
	assert_heard(&qmgr, "cleanup=2@102 ");
	assert_heard(&cleanup, "qmgr=4@104 ");
	timer_init(&end, loop, stop, loop);
	timer_start(&end, 500);
	assert_int_equal(loop_run(loop), 0);
	assert_heard(&qmgr, "");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	timer_start(&end, 500);
	assert_int_equal(loop_run(loop), 0);
	assert_heard(&qmgr, "link cleanup ");
	assert_heard(&cleanup, "link qmgr ");
	assert_int_equal(write(cleanup.link, "x", 1), 1);
	assert_int_equal(read(qmgr.link, &c, 1), 1);
	timer_fini(&end);
	links_gone(&qmgr.process, 4, 0);
	links_gone(&cleanup.process, 2, 0);
	actor_fini(&cleanup);
	actor_fini(&qmgr);
}

/* A rehearsal has companions of nobody. */
static void
test_rehearsal(void **state)
{
	struct actor	cleanup, qmgr;

	(void)state;
	house.check = true;
	actor_init(&cleanup, "cleanup", true, 2);
	actor_init(&qmgr, "qmgr", true, 4);
	links_started(&cleanup.process);
	links_started(&qmgr.process);
	assert_heard(&qmgr, "cleanup=2@102 ");
	links_gone(&qmgr.process, 4, 0);
	links_gone(&cleanup.process, 2, 0);
	actor_fini(&cleanup);
	actor_fini(&qmgr);
	house.check = false;
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_told), cmocka_unit_test(test_culprit),
		cmocka_unit_test(test_link), cmocka_unit_test(test_link_later),
		cmocka_unit_test(test_rehearsal),
	};
	int	rc;

	log_open("test", LOG_TO_FD, -1);
	loop = loop_new(NULL);
	TAILQ_INIT(&house.alive);
	house.loop = loop;
	house.directory = "/nowhere";
	generation.house = &house;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	loop_free(&loop);
	return rc;
}
