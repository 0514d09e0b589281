/*
 * Every mode of a session against everything that happens: what the client
 * sees of it.  The rows are those of life.c, said in other words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "smtpd/drain.h"
#include "smtpd/server.h"
#include "smtpd/session.h"
#include "smtpd/transaction.h"

/* ---- smtpd's main program ---------------------------------------------- */

static struct params	params;
static struct worker	worker;
static struct server	server = { .worker = &worker, .params = &params,
	.serverid = "test" };

void
server_tidy(struct server *srv)
{
	(void)srv;
}

/* ---- One session ------------------------------------------------------- */

/*
 * What is seen:
 *	-	nothing: the session goes on
 *	421	that reply, and it closes
 *	close	it closes, without a reply
 *	end	the session is gone
 */
static const struct cell {
	const char	*mode;
	bool		 txn;
	const char	*seen[LIFE_MAX];
} cells[MODE_MAX] = {
/*                       taken last     FIN    broken left  TLS */
[MODE_COMMAND] = { "COMMAND", false,
    { "-", "end", "end", "end", "-", "-", "421", "421", "421" } },
[MODE_AUTH] = { "AUTH", false,
    { "-", "end", "end", "end", "-", "-", "421", "-", "421" } },
[MODE_DISCARD] = { "DISCARD", false,
    { "-", "end", "end", "end", "-", "-", "421", "-", "421" } },
[MODE_DATA] = { "DATA", true,
    { "-", "end", "end", "end", "-", "-", "421", "-", "421" } },
[MODE_CHUNK] = { "CHUNK", true,
    { "-", "end", "end", "end", "-", "-", "421", "-", "421" } },
[MODE_SKIP] = { "SKIP", false,
    { "-", "end", "end", "end", "-", "-", "421", "-", "421" } },
[MODE_SLOW] = { "SLOW", false,
    { "-", "-", "-", "end", "-", "-", "-", "421", "421" } },
[MODE_NAMING] = { "NAMING", false,
    { "-", "-", "end", "end", "-", "-", "-", "-", "421" } },
[MODE_HOOK] = { "HOOK", false,
    { "-", "-", "end", "end", "-", "-", "-", "-", "421" } },
[MODE_MESSAGE] = { "MESSAGE", true,
    { "-", "-", "end", "end", "-", "-", "-", "-", "421" } },
[MODE_ENDING] = { "ENDING", true,
    { "-", "-", "-", "-", "-", "-", "-", "-", "-" } },
/* The handshake itself is not of this test: NULL. */
[MODE_STARTTLS] = { "STARTTLS", false,
    { "-", "end", "end", "end", NULL, "-", "end", "-", "421" } },
[MODE_HANDSHAKE] = { "HANDSHAKE", false,
    { "-", "-", "end", "end", "-", NULL, "end", "-", "421" } },
[MODE_CLOSING] = { "CLOSING", false,
    { "-", "-", "end", "end", "close", "end", "end", "-", "-" } },
[MODE_PARTING] = { "PARTING", false,
    { "-", "-", "end", "end", "end", "end", "end", "-", "-" } },
};

static const char *const	events[LIFE_MAX] = { "taken", "last", "FIN",
	"broken", "left", "secured", "timer", "soft", "hard" };

static void
stop(void *arg)
{
	loop_stop(arg);
}

static void
turns(void)
{
	struct timer	t;

	timer_init(&t, server.loop, stop, server.loop);
	timer_start(&t, 1);
	assert_int_equal(loop_run(server.loop), 0);
	timer_fini(&t);
}

/* What the client has got since; "" after the connection's end. */
static bool
got(int fd, const char *what)
{
	char	b[512];
	ssize_t	n = recv(fd, b, sizeof b - 1, MSG_DONTWAIT);

	if (n <= 0)
		return n == 0 && *what == '\0';
	b[n] = '\0';
	return *what != '\0' && strncmp(b, what, strlen(what)) == 0;
}

static void
begin_transaction(struct session *s)
{
	struct arena			a = ARENA_INIT;
	struct smtp_command		c;
	struct smtp_mail_options	o;
	struct smtp_refusal		why;

	assert_int_equal(smtp_command_parse(&c, STR("MAIL FROM:<a@b.c>"),
	    &server.leniency, &a, &why), 0);
	assert_int_equal(smtp_mail_options(&o, &c, 0, &why), 0);
	s->txn = transaction_new("txn", &c, &o);
	arena_free(&a);
}

static struct session *
begin(enum session_mode mode, int *fd)
{
	struct netaddr	 peer;
	struct session	*s;
	int		 fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
	    fds), 0);
	(void)netaddr_parse_ip(&peer, STR("192.0.2.1"), 4000);
	server.drain = (struct drain){ .begun = false };
	session_open(&server, fds[1], &peer, NULL);
	*fd = fds[0];
	s = TAILQ_FIRST(&server.sessions);
	assert_non_null(s);
	turns();
	assert_true(got(*fd, "220 "));
	if (cells[mode].txn)
		begin_transaction(s);
	life_enter(s, mode);
	assert_string_equal(life_mode_name(s), cells[mode].mode);
	return s;
}

static const char *
seen(struct session *s, int fd)
{
	bool	gone = TAILQ_EMPTY(&server.sessions);

	if (gone)
		return got(fd, "") ? "end" : "a reply at the end";
	if (!life_is_closing(s)) {
		turns();
		return TAILQ_EMPTY(&server.sessions) ? "a later end" : "-";
	}
	turns();
	return got(fd, "421 ") ? "421" : got(fd, "") ? "close" : "-";
}

static void
finish(struct session *s, int fd)
{
	if (!TAILQ_EMPTY(&server.sessions))
		session_destroy(s);
	assert_int_equal(server.session_count, 0);
	assert_int_equal(board_get(board_self(), COUNTER_sessions), 0);
	(void)close(fd);
}

static void
test_cells(void **state)
{
	enum session_mode	 mode;
	enum life_event		 what;
	const char		*want, *is;
	struct session		*s;
	int			 fd;

	(void)state;
	for (mode = 0; mode < MODE_GONE; mode++)
		for (what = 0; what < LIFE_MAX; what++) {
			want = cells[mode].seen[what];
			if (want == NULL)
				continue;
			s = begin(mode, &fd);
			life_happens(s, what);
			is = seen(s, fd);
			if (strcmp(is, want) != 0)
				fail_msg("%s, %s: %s, not %s",
				    cells[mode].mode, events[what], is, want);
			finish(s, fd);
		}
}

/* A reply that was held back, and the chunk that follows it. */
static void
test_slow(void **state)
{
	struct session	*s;
	int		 fd;

	(void)state;
	s = begin(MODE_SLOW, &fd);
	life_enter_after(s, MODE_SKIP);
	assert_string_equal(life_mode_name(s), "SLOW");
	life_happens(s, LIFE_TIMER);
	assert_string_equal(life_mode_name(s), "SKIP");
	life_enter_after(s, MODE_COMMAND);
	assert_string_equal(life_mode_name(s), "COMMAND");
	finish(s, fd);
}

/* While an answer is waited for, what the client sends stays unread. */
static void
test_waits(void **state)
{
	struct session	*s;
	int		 fd;

	(void)state;
	s = begin(MODE_HOOK, &fd);
	assert_int_equal(send(fd, "NOOP\r\n", 6, 0), 6);
	turns();
	assert_false(got(fd, "250 "));
	life_enter(s, MODE_COMMAND);
	turns();
	assert_true(got(fd, "250 "));
	finish(s, fd);
}

/* Commands before a FIN are answered, also those behind a hook. */
static void
test_fin(void **state)
{
	struct session	*s;
	int		 fd;

	(void)state;
	s = begin(MODE_HOOK, &fd);
	assert_int_equal(send(fd, "NOOP\r\nQUIT\r\n", 12, 0), 12);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	turns();
	assert_string_equal(life_mode_name(s), "HOOK");
	life_enter(s, MODE_COMMAND);
	turns();
	assert_true(got(fd, "250 2.0.0 Ok\r\n221 "));
	assert_true(TAILQ_EMPTY(&server.sessions));
	finish(s, fd);
}

/* After the first limit a session ends where it comes to stand between. */
static void
test_drain_between(void **state)
{
	struct session	*s;
	int		 fd;

	(void)state;
	s = begin(MODE_HOOK, &fd);
	server.drain.soft_passed = true;
	life_happens(s, LIFE_SOFT);
	life_enter(s, MODE_COMMAND);
	assert_int_equal(send(fd, "NOOP\r\n", 6, 0), 6);
	turns();
	assert_true(got(fd, "421 4.3.2 "));
	finish(s, fd);
}

static int
setup(void **state)
{
	struct err	e;

	(void)state;
	params_init(&params);
	STAILQ_INIT(&worker.pages);
	worker.service = (char *)(uintptr_t)"test";
	server.loop = worker.loop = loop_new(&e);
	TAILQ_INIT(&server.sessions);
	TAILQ_INIT(&server.fronts);
	return server.loop != NULL ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_fin),
		cmocka_unit_test(test_drain_between),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
