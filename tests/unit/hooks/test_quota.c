/*
 * queue_quota() from scripts, with a qmgr that this test is: what it returns,
 * what it throws, and what becomes of a question when qmgr goes away.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "event/gate.h"
#include "fixture.h"
#include "ipc/channel.h"
#include "support/file.h"

/* How it answers. */
enum manner {
	ANSWERS,
	DROPS_FIRST,		/* it goes away over the first question */
	NOT_YET_FIRST,		/* it reads the spool yet */
	KNOWS_NOT,		/* too many names */
	IS_MUTE,
	LIES			/* a status that is none, then answers */
};

struct desk {
	struct fixture	 f;
	struct share	*quotas;
	struct channel	*channel;
	struct timer	 look;
	char		 path[64];
	int		 listener;
	enum manner	 manner;
	int		 asked, came;
};

static int
desk_on_ask(struct desk *d, const struct ipc_QUOTA_ASK *m)
{
	struct ipc_QUOTA_ANSWER	a = { .id = m->id };
	bool			first = d->asked++ == 0;

	if (d->manner == IS_MUTE)
		return 0;
	if (first && d->manner == DROPS_FIRST)
		return -1;
	if (d->manner == KNOWS_NOT)
		a.status = QUOTA_UNKNOWN;
	else if (first && d->manner == NOT_YET_FIRST)
		a.status = QUOTA_NOT_YET;
	else if (first && d->manner == LIES)
		a.status = QUOTA_STATUSES;
	else if (str_eq(m->name, STR("used"))) {
		a.count = 3;
		a.bytes = 4096;
	}
	CHANNEL_PUT(d->channel, QUOTA_ANSWER, -1, &a);
	return 0;
}

static int
desk_on_frame(void *arg, int type, struct rbuf *r, int fd)
{
	struct ipc_QUOTA_HELLO	hello;
	struct ipc_QUOTA_ASK	m;

	(void)fd;
	if (type == IPC_QUOTA_HELLO) {
		assert_int_equal(ipc_get_QUOTA_HELLO(r, &hello), 0);
		assert_int_equal(hello.table_hash, ipc_table_hash());
		return 0;
	}
	assert_int_equal(type, IPC_QUOTA_ASK);
	assert_int_equal(ipc_get_QUOTA_ASK(r, &m), 0);
	return desk_on_ask(arg, &m);
}

static void
desk_on_end(void *arg)
{
	struct desk	*d = arg;

	channel_free(&d->channel);
	timer_start(&d->look, 1);
}

static void
desk_look(void *arg)
{
	static const struct channel_ops	 ops = { .on_frame = desk_on_frame,
	    .on_end = desk_on_end };
	struct desk			*d = arg;
	int				 fd = accept(d->listener, NULL, NULL);

	if (fd == -1) {
		timer_start(&d->look, 1);
		return;
	}
	d->came++;
	d->channel = channel_new(d->f.loop, fd, IPC_QMGR, IPC_SMTPD, &ops, d);
}

static void
desk_init(struct desk *d, enum manner manner)
{
	struct sockaddr_un	sun = { .sun_family = AF_UNIX };

	memset(d, 0, sizeof *d);
	fixture_init(&d->f);
	d->manner = manner;
	(void)snprintf(d->path, sizeof d->path, "/tmp/halyard.%ld.sock",
	    (long)getpid());
	(void)unlink(d->path);
	(void)strlcpy(sun.sun_path, d->path, sizeof sun.sun_path);
	d->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(d->listener, (struct sockaddr *)&sun,
	    sizeof sun), 0);
	assert_int_equal(listen(d->listener, 5), 0);
	timer_init(&d->look, d->f.loop, desk_look, d);
	timer_start(&d->look, 0);
	d->quotas = share_connect_queue(d->f.loop, d->path);
	d->f.quotas = d->quotas;
}

static void
desk_fini(struct desk *d)
{
	assert_int_equal(share_open_tickets(d->quotas), 0);
	share_free(&d->quotas);
	channel_free(&d->channel);
	timer_fini(&d->look);
	fixture_fini(&d->f);
	(void)close(d->listener);
	(void)unlink(d->path);
}

/* The reply's text is what the script made of it. */
static void
desk_expect(struct desk *d, const char *name, const char *text)
{
	char	script[256];

	(void)snprintf(script, sizeof script, "try { $q = queue_quota(%s); "
	    "Reject(json_encode($q)); } catch ($e) { Reject($e->message()); }",
	    name);
	fixture_script_ms(&d->f, script, d->manner == IS_MUTE ? 50 : 0);
	fixture_start(&d->f, 0);
	fixture_wait(&d->f);
	if (strcmp(d->f.runs[0].reason, text) != 0)
		fail_msg("\"%s\" instead of \"%s\"", d->f.runs[0].reason,
		    text);
}

#define USED	"{\"count\":3,\"bytes\":4096}"
#define UNUSED	"{\"count\":0,\"bytes\":0}"

/* ---- Tests --------------------------------------------------------------- */

static void
test_answers(void **state)
{
	struct desk	d;

	(void)state;
	desk_init(&d, ANSWERS);
	desk_expect(&d, "\"used\"", USED);
	desk_expect(&d, "\"unused\"", UNUSED);
	desk_expect(&d, "\"\"", UNUSED);
	/* Nobody is asked for a name that can't be. */
	d.asked = 0;
	desk_expect(&d, "str_repeat(\"x\", 2000)", UNUSED);
	assert_int_equal(d.asked, 0);
	assert_int_equal(d.came, 1);
	desk_fini(&d);
}

static void
test_asked_again(void **state)
{
	static const enum manner	manners[] = { DROPS_FIRST,
	    NOT_YET_FIRST, LIES };
	struct desk			d;
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof manners / sizeof manners[0]; i++) {
		desk_init(&d, manners[i]);
		desk_expect(&d, "\"used\"", USED);
		assert_int_equal(d.asked, 2);
		assert_int_equal(d.came, manners[i] == NOT_YET_FIRST ? 1 : 2);
		desk_expect(&d, "\"used\"", USED);
		desk_fini(&d);
	}
}

static void
test_refused(void **state)
{
	struct desk	d;

	(void)state;
	desk_init(&d, KNOWS_NOT);
	desk_expect(&d, "\"used\"", "queue_quota(): there are too many names "
	    "for this one to be known");
	desk_expect(&d, "7", "queue_quota(): argument 1 is a number, not a "
	    "string");
	desk_fini(&d);
	desk_init(&d, ANSWERS);
	(void)close(d.listener);
	(void)unlink(d.path);
	timer_stop(&d.look);
	desk_expect(&d, "\"used\"", "queue_quota(): there is no queue: "
	    "master.cf needs a row for qmgr.sock");
	d.f.quotas = NULL;
	desk_expect(&d, "\"used\"", "queue_quota(): there is no queue here");
	desk_fini(&d);
}

/* A run that is given up takes its question along. */
static void
test_given_up(void **state)
{
	struct desk	d;

	(void)state;
	desk_init(&d, IS_MUTE);
	fixture_script_ms(&d.f, "\n  queue_quota(\"used\");", 60000);
	fixture_start(&d.f, 0);
	fixture_cancel(&d.f, 0);
	assert_int_equal(share_open_tickets(d.quotas), 0);
	desk_fini(&d);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_asked_again),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
