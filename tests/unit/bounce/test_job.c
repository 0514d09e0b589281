/*
 * A worker in this process, whose qmgr is this test, over a pair of sockets;
 * and whose cleanup is this test, too: store_start() and store_cancel() are
 * here.
 */
#include <sys/socket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "bounce/bounce.h"
#include "bounce/job.h"
#include "bounce/mailroom.h"
#include "compat/crc32c.h"
#include "dsn/order.h"
#include "ipc/channel.h"
#include "spool/entry.h"
#include "spool/record.h"

#define SEGMENT		9
#define BODY_AT		4096
#define TXN		"018c190a-0000-7000-8000-000000000001"
#define PARENT		"018c190a-0000-7000-8000-000000000000:2"

static struct {
	struct worker		 worker;
	struct params		 params;
	struct channel		*channel;	/* qmgr's end */
	int			 segment;
	struct buf		 heard;		/* what the worker says */
	struct store_request	 asked;		/* the last one */
	struct buf		 message;	/* of it */
	struct spool_entry	 child;
	struct buf		 child_bytes;
	int			 stores, cancels;
} t;

/* ---- cleanup ------------------------------------------------------------- */

struct store	*store_start(struct store_client *c,
		    const struct store_request *rq);
void		 store_cancel(struct store **s);

struct store *
store_start(struct store_client *c, const struct store_request *rq)
{
	struct body_cursor	cursor;
	struct iovec		iov;
	struct err		e;

	(void)c;
	t.asked = *rq;
	t.stores++;
	buf_clear(&t.message);
	body_cursor_init(&cursor, rq->body);
	while (body_peek(&cursor, &iov, 1) > 0) {
		buf_add(&t.message, iov.iov_base, iov.iov_len);
		body_advance(&cursor, iov.iov_len);
	}
	body_cursor_fini(&cursor);
	buf_clear(&t.child_bytes);
	buf_add_str(&t.child_bytes, rq->entry(rq->arg, 1));
	assert_int_equal(spool_entry_get(&t.child, buf_str(&t.child_bytes),
	    &e), 0);
	loop_stop(bounce.loop);
	return (struct store *)&t;
}

void
store_cancel(struct store **s)
{
	t.cancels += *s != NULL;
	*s = NULL;
}

/* ---- qmgr ---------------------------------------------------------------- */

static int
on_frame(void *arg, int type, struct rbuf *r, int fd)
{
	struct ipc_BOUNCE_HELLO	hello;
	struct ipc_BOUNCE_DONE	done;

	(void)arg;
	(void)fd;
	if (type == IPC_BOUNCE_HELLO) {
		assert_int_equal(ipc_get_BOUNCE_HELLO(r, &hello), 0);
		assert_int_equal(hello.table_hash, ipc_table_hash());
		buf_printf(&t.heard, "hello %u;", hello.in_flight);
	} else {
		assert_int_equal(ipc_get_BOUNCE_DONE(r, &done), 0);
		buf_printf(&t.heard, "%s %llu %s;", done.status ==
		    BOUNCE_DURABLE ? "durable" : "later",
		    (unsigned long long)done.job, done.text);
	}
	loop_stop(bounce.loop);
	return 0;
}

static void
on_end(void *arg)
{
	(void)arg;
	channel_free(&t.channel);
	buf_add_text(&t.heard, "end;");
	loop_stop(bounce.loop);
}

static void
late(void *arg)
{
	(void)arg;
	fail_msg("nothing came");
}

/* Runs until something is said or stored; what was said. */
static const char *
hear(void)
{
	struct timer	timer;

	buf_clear(&t.heard);
	timer_init(&timer, bounce.loop, late, NULL);
	timer_start(&timer, 30000);
	assert_int_equal(loop_run(bounce.loop), 0);
	timer_fini(&timer);
	return buf_cstr(&t.heard);
}

static void
put_body(const char *text)
{
	struct spool_place	place = { SEGMENT, BODY_AT };
	struct record		r = { .type = RECORD_BODY,
				    .len = (uint32_t)strlen(text),
				    .crc = crc32c(0, text, strlen(text)) };
	unsigned char		head[RECORD_HEAD];

	record_put(head, &r, &place);
	assert_int_equal(pwrite(t.segment, head, sizeof head, BODY_AT),
	    sizeof head);
	assert_int_equal(pwrite(t.segment, text, r.len, BODY_AT +
	    RECORD_HEAD), r.len);
}

static int
bench_setup(void **state)
{
	static const struct channel_ops	ops = { .on_frame = on_frame,
	    .on_end = on_end };
	static char	language[] = "en", hostname[] = "mx.example";
	char		path[] = "/tmp/halyard-bounce.XXXXXX";
	int		pair[2];

	(void)state;
	memset(&t, 0, sizeof t);
	bounce.loop = loop_new(NULL);
	assert_non_null(bounce.loop);
	bounce.params = &t.params;
	t.params.bounce_size_limit = 50000;
	t.params.bounce_language = language;
	t.params.myhostname = hostname;
	bounce.templates = templates_new();
	bounce.bodies = (struct body_store){ .message_limit = SIZE_MAX,
	    .total_limit = SIZE_MAX, .directory = -1 };
	t.segment = mkstemp(path);
	assert_int_not_equal(t.segment, -1);
	(void)unlink(path);
	put_body("Subject: hello\r\n\r\ntext\r\n");
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0, pair), 0);
	t.channel = channel_new(bounce.loop, pair[0], IPC_QMGR, IPC_BOUNCE,
	    &ops, NULL);
	mailroom_take(pair[1]);
	assert_string_equal(hear(), "hello 32;");
	return 0;
}

static int
bench_teardown(void **state)
{
	(void)state;
	mailroom_close();
	channel_free(&t.channel);
	templates_free(&bounce.templates);
	loop_free(&bounce.loop);
	(void)close(t.segment);
	buf_free(&t.heard);
	buf_free(&t.message);
	buf_free(&t.child_bytes);
	return 0;
}

/* ---- Orders -------------------------------------------------------------- */

static void
give_bytes(uint64_t job, struct str entry, struct str order, uint32_t file)
{
	unsigned char		key[SPOOL_ID_SIZE];
	struct spool_id		id;
	struct ipc_BOUNCE_JOB	m = { .job = job, .segment = SEGMENT,
				    .body = BODY_AT, .file = file,
				    .entry = entry, .order = order };

	assert_int_equal(spool_id_parse(&id, STR(PARENT)), 0);
	spool_id_put(key, &id);
	m.id = (struct str){ (const char *)key, sizeof key };
	CHANNEL_PUT(t.channel, BOUNCE_JOB, t.segment, &m);
}

static void
give(uint64_t job, const char *sender, const char *txn)
{
	struct spool_entry	n = { .queue = 2, .sender = str_of(sender),
				    .recipient = STR("r@b.example"),
				    .jobid = STR("j"), .size = 24 };
	struct dsn_order	o = { .action = ENTRY_ACTION_FAILED,
				    .id = str_of(txn),
				    .transportid = STR("mx"),
				    .status = STR("5.1.1"),
				    .ret = ORDER_RET_FULL };
	struct buf		entry = BUF_INIT, order = BUF_INIT;

	assert_int_equal(spool_entry_put(&entry, &n, NULL), 0);
	assert_int_equal(dsn_order_put(&order, &o, NULL), 0);
	give_bytes(job, buf_str(&entry), buf_str(&order), 0);
	buf_free(&entry);
	buf_free(&order);
}

static void
assert_has(const char *text, const char *want)
{
	if (strstr(text, want) == NULL)
		fail_msg("no \"%s\" in %s", want, text);
}

static void
test_made(void **state)
{
	char	txn[SPOOL_ID_TEXT];

	(void)state;
	give(7, "a@a.example", TXN);
	(void)hear();
	assert_int_equal(t.stores, 1);
	spool_id_text(txn, &t.asked.id);
	assert_string_equal(txn, TXN);
	assert_true(str_eq(t.child.parent, STR(PARENT)));
	assert_int_equal(t.child.parent_action, ENTRY_ACTION_FAILED);
	assert_int_equal(t.child.sender.len, 0);
	assert_true(str_eq(t.child.recipient, STR("a@a.example")));
	assert_true(str_eq(t.child.transportid, STR("mx")));
	assert_true(str_eq(t.child.jobid, STR("j")));
	assert_true(str_eq(t.child.serverid, STR("bounce")));
	assert_has(buf_cstr(&t.message), "\r\nFinal-Log-ID: " PARENT "\r\n");
	assert_has(buf_cstr(&t.message),
	    "\r\n\r\nSubject: hello\r\n\r\ntext\r\n\r\n--");
	t.asked.done(t.asked.arg, STORE_DURABLE, "");
	assert_string_equal(hear(), "durable 7 ;");
	assert_int_equal(jobs_count(), 0);
}

static void
test_not_stored(void **state)
{
	(void)state;
	give(7, "a@a.example", TXN);
	(void)hear();
	t.asked.done(t.asked.arg, STORE_FULL, "the spool is full");
	assert_string_equal(hear(), "later 7 the spool is full;");
	assert_int_equal(jobs_count(), 0);
}

/* What can't be made is given back; the worker goes on. */
static void
test_damaged(void **state)
{
	(void)state;
	give(1, "", TXN);
	assert_has(hear(), "later 1 there is nobody to tell;");
	give(2, "a@a.example", "no id");
	assert_has(hear(), "later 2 the order has no id;");
	give_bytes(4, STR("\x7fnoise"), STR(""), 0);
	assert_has(hear(), "later 4 its entry");
	give_bytes(5, STR("\x01\x01\x01\x04\x05" "a@b.c"), STR("\x7f\x01x"),
	    0);
	assert_has(hear(), "later 5 its order");
	assert_int_equal(t.stores, 0);
}

static void
test_unreadable(void **state)
{
	(void)state;
	assert_int_equal(pwrite(t.segment, "damage", 6, BODY_AT + RECORD_HEAD),
	    6);
	give(7, "a@a.example", TXN);
	(void)hear();
	assert_has(buf_cstr(&t.message), "could not be read any more");
	t.asked.done(t.asked.arg, STORE_DURABLE, "");
	assert_string_equal(hear(), "durable 7 ;");
}

/* A script's part may be so large that there is no room for an original. */
static void
test_too_large(void **state)
{
	struct spool_entry	n = { .queue = 2, .size = 24,
				    .sender = STR("a@a.example"),
				    .recipient = STR("r@b.example") };
	struct dsn_order	o = { .action = ENTRY_ACTION_FAILED,
				    .id = STR(TXN), .ret = ORDER_RET_FULL };
	struct buf		entry = BUF_INIT, order = BUF_INIT;
	struct buf		big = BUF_INIT;
	int			i;

	(void)state;
	buf_add_text(&big, "Subject: x\r\nX-Umlaut: \xc3\xbc\r\n\r\n");
	for (i = 0; i < 150000; i++)
		buf_add_text(&big, "\xc3\xbc\r\n");
	put_body(buf_cstr(&big));
	t.params.bounce_size_limit = 2000000;
	n.size = big.len;
	assert_int_equal(spool_entry_put(&entry, &n, NULL), 0);
	assert_int_equal(dsn_order_put(&order, &o, NULL), 0);
	give_bytes(7, buf_str(&entry), buf_str(&order), 0);
	(void)hear();
	assert_true(t.message.len < 1024 * 1024);
	assert_has(buf_cstr(&t.message), "Final-Recipient: rfc822; "
	    "r@b.example\r\n");
	buf_free(&entry);
	buf_free(&order);
	buf_free(&big);
}

/* What no honest qmgr says ends the connection. */
static void
test_dishonest(void **state)
{
	int	which = *(int *)*state, i;

	if (which == 0) {
		give(7, "a@a.example", TXN);
		give(7, "a@a.example", TXN);
	} else if (which == 1) {
		for (i = 0; i <= JOBS_MAX; i++)
			give((uint64_t)i, "a@a.example", TXN);
	} else if (which == 2) {
		give_bytes(1, STR(""), STR(""), 2);
	} else {
		CHANNEL_SEND(t.channel, BOUNCE_JOB_FILE, t.segment,
		    { .job = 3 });
	}
	while (strstr(hear(), "end;") == NULL)
		;
	assert_int_equal(jobs_count(), 0);
	assert_int_equal(t.cancels, t.stores);
}

static void
test_dishonest_each(void **state)
{
	int	which;
	void	*arg = &which;

	for (which = 0; which < 4; which++) {
		if (which != 0) {
			(void)bench_teardown(state);
			(void)bench_setup(state);
		}
		test_dishonest(&arg);
	}
}

/* A body in a file of its own is waited for. */
static void
test_file(void **state)
{
	struct spool_entry	n = { .queue = 2,
				    .sender = STR("a@a.example"),
				    .recipient = STR("r@b.example") };
	struct dsn_order	o = { .action = ENTRY_ACTION_DELAYED,
				    .id = STR(TXN) };
	struct buf		entry = BUF_INIT, order = BUF_INIT;

	(void)state;
	assert_int_equal(spool_entry_put(&entry, &n, NULL), 0);
	assert_int_equal(dsn_order_put(&order, &o, NULL), 0);
	give_bytes(7, buf_str(&entry), buf_str(&order), 1);
	give(8, "a@a.example", TXN);
	(void)hear();
	assert_int_equal(t.stores, 1);
	assert_int_equal(jobs_count(), 2);
	CHANNEL_SEND(t.channel, BOUNCE_JOB_FILE, t.segment, { .job = 7 });
	(void)hear();
	assert_int_equal(t.stores, 2);
	assert_has(buf_cstr(&t.message), "\r\nAction: delayed\r\n");
	buf_free(&entry);
	buf_free(&order);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, bench_setup, \
	bench_teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		TEST(test_made),
		TEST(test_not_stored),
		TEST(test_damaged),
		TEST(test_unreadable),
		TEST(test_too_large),
		TEST(test_dishonest_each),
		TEST(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
