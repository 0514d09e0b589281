/*
 * conns - many clients that greet, for bench
 *
 *     conns hold ADDRESS:PORT COUNT
 *         opens COUNT connections, says EHLO on each, prints "held N failed
 *         N", keeps them until its standard input ends, prints "alive N"
 *     conns rate ADDRESS:PORT CONCURRENCY TOTAL
 *         connects, says EHLO and QUIT, TOTAL times with CONCURRENCY at once;
 *         prints "rate N failed N"
 *
 * Gives up after two minutes without a reply to anybody.
 */
#include <sys/resource.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/mem.h"
#include "base/net.h"
#include "event/loop.h"
#include "event/stream.h"

#define HOLD_AT_ONCE	64	/* handshakes under way */
#define SILENCE_MS	120000

struct conns {
	struct loop	*loop;
	struct netaddr	 to;
	struct timer	 silence;
	struct watch	*input;
	bool		 hold;
	long		 total;
	long		 at_once;
	long		 opened, busy, done, failed;
	long		 alive;
	int64_t		 start_ms;
};

enum conn_step { CONN_GREETING, CONN_EHLO, CONN_QUIT, CONN_HELD };

struct conn {
	struct conns	*all;
	struct stream	*stream;
	enum conn_step	 step;
};

static void	conns_open(struct conns *all);

static void
conns_progress(struct conns *all)
{
	timer_start(&all->silence, SILENCE_MS);
	if (all->done + all->failed < all->total) {
		conns_open(all);
		return;
	}
	if (!all->hold)
		loop_stop(all->loop);
	else if (all->busy == 0) {
		printf("held %ld failed %ld\n", all->done, all->failed);
		fflush(stdout);
		timer_stop(&all->silence);
		watch_resume(all->input);
	}
}

static void
conn_end(struct conn *c, bool well)
{
	struct conns	*all = c->all;

	if (c->step == CONN_HELD) {
		all->alive--;
		stream_free(&c->stream);
		free(c);
		return;
	}
	all->busy--;
	if (well)
		all->done++;
	else
		all->failed++;
	stream_free(&c->stream);
	free(c);
	conns_progress(all);
}

/* A whole reply came. */
static void
conn_reply(struct conn *c, bool positive)
{
	if (!positive || c->step == CONN_QUIT) {
		conn_end(c, positive);
		return;
	}
	if (c->step == CONN_GREETING) {
		c->step = CONN_EHLO;
		stream_printf(c->stream, "EHLO bench.invalid\r\n");
	} else if (c->all->hold) {
		c->step = CONN_HELD;
		c->all->alive++;
		c->all->busy--;
		c->all->done++;
		conns_progress(c->all);
	} else {
		c->step = CONN_QUIT;
		stream_printf(c->stream, "QUIT\r\n");
	}
}

/* One reply at a time is ever due: its last line has no hyphen. */
static size_t
conn_on_read(void *arg, struct str data)
{
	const char	*p = data.p, *end = data.p + data.len, *lf;

	while ((lf = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		if (lf - p >= 4 && p[3] != '-') {
			conn_reply(arg, *p == '2');
			return data.len;
		}
		p = lf + 1;
	}
	return (size_t)(p - data.p);
}

static void
conn_on_close(void *arg, enum stream_close how, const char *why)
{
	(void)how;
	(void)why;
	conn_end(arg, false);
}

static const struct stream_ops	conn_ops = {
	.on_read = conn_on_read,
	.on_close = conn_on_close,
};

static void
conns_open(struct conns *all)
{
	struct conn	*c;
	struct err	 e;

	while (all->busy < all->at_once && all->opened < all->total) {
		c = xcalloc(1, sizeof *c);
		c->all = all;
		c->stream = stream_connect(all->loop, &all->to.u.sa, NULL,
		    &conn_ops, c, &e);
		if (c->stream == NULL)
			fatal("connect: %s", e.text);
		all->opened++;
		all->busy++;
	}
}

static void
conns_silent(void *arg)
{
	(void)arg;
	fatal("no reply for two minutes");
}

static void
conns_on_input(void *arg)
{
	struct conns	*all = arg;
	char		 some[512];

	if (read(STDIN_FILENO, some, sizeof some) <= 0)
		loop_stop(all->loop);
}

static int
usage(void)
{
	fputs("usage: conns hold ADDRESS:PORT COUNT\n"
	    "       conns rate ADDRESS:PORT CONCURRENCY TOTAL\n", stderr);
	return 2;
}

static int
conns_arguments(struct conns *all, int argc, char **argv)
{
	const char	*colon;
	uint64_t	 port;

	if (argc < 4 || (colon = strrchr(argv[2], ':')) == NULL ||
	    str_uint(str_of(colon + 1), 65535, &port) == -1 ||
	    netaddr_parse_ip(&all->to, (struct str){ argv[2],
	    (size_t)(colon - argv[2]) }, (uint16_t)port) == -1)
		return -1;
	all->hold = strcmp(argv[1], "hold") == 0;
	if (argc != (all->hold ? 4 : 5) ||
	    (!all->hold && strcmp(argv[1], "rate") != 0))
		return -1;
	all->total = strtol(argv[argc - 1], NULL, 10);
	all->at_once = all->hold ? HOLD_AT_ONCE : strtol(argv[3], NULL, 10);
	return all->total > 0 && all->at_once > 0 ? 0 : -1;
}

int
main(int argc, char **argv)
{
	struct conns	 all = { .total = 0 };
	struct rlimit	 r;
	struct err	 e;
	int64_t		 took;

	if (conns_arguments(&all, argc, argv) == -1)
		return usage();
	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
	all.loop = loop_new(&e);
	if (all.loop == NULL)
		fatal("%s", e.text);
	timer_init(&all.silence, all.loop, conns_silent, NULL);
	timer_start(&all.silence, SILENCE_MS);
	if (all.hold) {
		all.input = watch_readable(all.loop, STDIN_FILENO,
		    conns_on_input, &all);
		watch_pause(all.input);
	}
	all.start_ms = clock_mono_ms();
	conns_open(&all);
	(void)loop_run(all.loop);
	took = clock_mono_ms() - all.start_ms;
	if (all.hold)
		printf("alive %ld\n", all.alive);
	else
		printf("rate %ld failed %ld\n",
		    took > 0 ? (long)(all.done * 1000 / took) : 0,
		    all.failed);
	return 0;
}
