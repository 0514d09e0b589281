/*
 * load - SMTP clients with TLS, for bench
 *
 *     load mail [--tls | --starttls] [--sessions N] [--count N]
 *         [--size BYTES] [--rate N] ADDRESS:PORT
 *         COUNT messages over N sessions, each one after the other without
 *         pipelining, from when all sessions have said EHLO; prints "rate N
 *         p50 N p99 N p999 N most N": messages a second, and microseconds from
 *         the last byte of a message to its 250.  With --rate a message begins
 *         when it is due at so many a second, at once if that is over
 *     load handshakes [--tls] [--resume] [--at-once N] [--count N]
 *         ADDRESS:PORT
 *         connects, EHLO, STARTTLS, handshake, QUIT (with --tls: TLS from the
 *         first byte, EHLO, QUIT); with --resume with the ticket of a session
 *         before; prints "rate N resumed N failed N"
 *     load hold [--tls] [--count N] ADDRESS:PORT
 *         TLS sessions that said EHLO and then nothing; prints "held N", keeps
 *         them until its standard input ends, prints "alive N"
 *
 * TLS 1.3; certificates are not checked.  One process without threads, which
 * spends less on a message than any server can (see tls_floor).  Gives up when
 * a session of mail fails.
 */
#include <getopt.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "bench_tls_io.h"
#include "took.h"

#define HOLD_AT_ONCE	64	/* handshakes under way */
#define EHLO		"EHLO bench.invalid\r\n"

enum what { MAILING, SHAKING, HOLDING };

struct client;

struct load {
	enum what		 what;
	bool			 tls, starttls, resume;
	long			 count, at_once, size;
	long			 rate;	/* messages a second; 0: as it goes */
	struct netaddr		 to;
	struct event_base	*base;
	SSL_CTX			*ctx;
	SSL_SESSION		*ticket;	/* to resume by */
	char			*message;	/* with its dot */
	size_t			 message_len;
	uint32_t		*took_us;	/* of each message */
	struct client		**ready;	/* wait for the others' EHLO */
	long			 sessions;	/* to be opened */
	long			 opened, busy, waiting;
	long			 begun, done, failed, resumed, held;
	int64_t			 start_us;
};

/* What the reply that is due answers. */
enum step { S_GREETING, S_EHLO, S_STARTTLS, S_EHLO_LAST, S_READY, S_MAIL,
	S_RCPT, S_DATA, S_BODY, S_QUIT, S_HELD };

struct client {
	struct peer	 peer;
	struct load	*all;
	struct event	 due;	/* of its next message */
	enum step	 step;
	size_t		 in_len;
	int64_t		 sent_us;
	char		 in[1024];	/* a line that is not whole */
};

static void	load_open(struct load *all);

/* ---- A session --------------------------------------------------------- */

static enum peer_io
client_flush(struct client *c)
{
	enum peer_io	io = peer_flush(&c->peer);

	if (io == PEER_DONE && c->step == S_BODY)
		c->sent_us = clock_mono_us();
	return io;
}

/* A failure to write shows when the answer is read. */
static void
client_say(struct client *c, enum step step, const char *text, size_t len)
{
	c->step = step;
	c->peer.out = text;
	c->peer.out_len = len;
	(void)client_flush(c);
}

#define SAY(c, step, text)	client_say(c, step, text, sizeof(text) - 1)

static void
client_end(struct client *c, bool well)
{
	struct load	*all = c->all;

	if (!well && all->what == MAILING)
		fatal("a session failed at step %d: %.*s", (int)c->step,
		    (int)c->in_len, c->in);
	if (c->step == S_HELD)
		all->held--;
	else
		all->busy--;
	/* A ticket is good as long as no session with it failed. */
	if (well && c->peer.ssl != NULL)
		(void)SSL_shutdown(c->peer.ssl);
	if (all->what == SHAKING)
		all->done += well;
	all->failed += !well;
	(void)event_del(&c->due);
	peer_close(&c->peer);
	free(c);
	load_open(all);
}

static void
client_on_due(evutil_socket_t fd, short what, void *arg)
{
	struct client	*c = arg;

	(void)fd;
	(void)what;
	SAY(c, S_MAIL, "MAIL FROM:<a@bench.invalid>\r\n");
}

/* The next message, or the end of the session. */
static void
client_next(struct client *c)
{
	struct load	*all = c->all;
	int64_t		 us = 0;
	struct timeval	 tv;

	if (all->begun == all->count) {
		SAY(c, S_QUIT, "QUIT\r\n");
		return;
	}
	if (all->rate > 0)
		us = all->start_us + all->begun * 1000000L / all->rate -
		    clock_mono_us();
	all->begun++;
	if (us <= 0) {
		client_on_due(-1, 0, c);
		return;
	}
	c->step = S_READY;
	tv.tv_sec = us / 1000000;
	tv.tv_usec = us % 1000000;
	(void)event_add(&c->due, &tv);
}

/* The last of the sessions starts them all. */
static void
client_ready(struct client *c)
{
	struct load	*all = c->all;
	long		 i;

	c->step = S_READY;
	all->ready[all->waiting++] = c;
	if (all->waiting < all->sessions)
		return;
	all->start_us = clock_mono_us();
	for (i = 0; i < all->waiting; i++)
		client_next(all->ready[i]);
}

/* EHLO was answered under the protection that was asked for. */
static void
client_greeted(struct client *c)
{
	struct load	*all = c->all;

	switch (all->what) {
	case MAILING:
		client_ready(c);
		break;
	case SHAKING:
		all->resumed += SSL_session_reused(c->peer.ssl);
		SAY(c, S_QUIT, "QUIT\r\n");
		break;
	case HOLDING:
		c->step = S_HELD;
		all->held++;
		all->busy--;
		load_open(all);
	}
}

static void
client_took(struct client *c)
{
	c->all->took_us[c->all->done++] =
	    (uint32_t)(clock_mono_us() - c->sent_us);
	client_next(c);
}

static enum peer_io
client_shake(struct client *c)
{
	enum peer_io	io = peer_shake(&c->peer);

	if (io == PEER_DONE && c->step == S_STARTTLS)
		client_say(c, S_EHLO_LAST, EHLO, sizeof EHLO - 1);
	return io;
}

/* The client speaks first.  A failure shows at the next event. */
static void
client_tls(struct client *c)
{
	peer_tls(&c->peer, c->all->ctx, false);
	if (c->all->ticket != NULL)
		(void)SSL_set_session(c->peer.ssl, c->all->ticket);
	(void)client_shake(c);
}

/* Whether the session goes on; a reply ended that was positive. */
static bool
client_answered(struct client *c)
{
	switch (c->step) {
	case S_GREETING:
		client_say(c, c->all->starttls ? S_EHLO : S_EHLO_LAST, EHLO,
		    sizeof EHLO - 1);
		break;
	case S_EHLO:
		SAY(c, S_STARTTLS, "STARTTLS\r\n");
		break;
	case S_STARTTLS:
		client_tls(c);
		break;
	case S_EHLO_LAST:
		client_greeted(c);
		break;
	case S_MAIL:
		SAY(c, S_RCPT, "RCPT TO:<b@sink.invalid>\r\n");
		break;
	case S_RCPT:
		SAY(c, S_DATA, "DATA\r\n");
		break;
	case S_DATA:
		client_say(c, S_BODY, c->all->message, c->all->message_len);
		break;
	case S_BODY:
		client_took(c);
		break;
	case S_QUIT:
		client_end(c, true);
		return false;
	case S_READY:
	case S_HELD:
		client_end(c, false);
		return false;
	}
	return true;
}

/* Whether the session goes on.  One reply at a time is ever due: its last
 * line has no hyphen. */
static bool
client_lines(struct client *c)
{
	char	*p = c->in, *end = c->in + c->in_len, *lf;
	bool	 last, positive;

	while ((lf = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		last = lf - p >= 4 && p[3] != '-';
		positive = *p == '2' || *p == '3';
		if (!positive) {
			client_end(c, false);
			return false;
		}
		p = lf + 1;
		if (last) {
			c->in_len = 0;
			return client_answered(c);
		}
	}
	c->in_len = (size_t)(end - p);
	memmove(c->in, p, c->in_len);
	return true;
}

static void
client_read(struct client *c)
{
	enum peer_io	io;
	size_t		n;

	do {
		if (c->in_len == sizeof c->in)
			io = PEER_END;
		else
			io = peer_read(&c->peer, c->in + c->in_len,
			    sizeof c->in - c->in_len, &n);
		if (io == PEER_WAIT)
			return;
		if (io == PEER_END) {
			client_end(c, false);
			return;
		}
		c->in_len += n;
		if (!client_lines(c))
			return;
	} while (c->peer.ssl != NULL && !c->peer.shaking &&
	    SSL_has_pending(c->peer.ssl));
}

static void
client_on_event(evutil_socket_t fd, short what, void *arg)
{
	struct client	*c = arg;
	enum peer_io	 io = PEER_DONE;

	(void)fd;
	(void)what;
	if (c->peer.shaking) {
		io = client_shake(c);
		if (io == PEER_DONE && !SSL_has_pending(c->peer.ssl))
			return;
	} else if (c->peer.out_len > 0)
		io = client_flush(c);
	if (io == PEER_END)
		client_end(c, false);
	else if (io == PEER_DONE)
		client_read(c);
}

/* ---- All of them ------------------------------------------------------- */

static int
load_connect(const struct netaddr *to)
{
	int	fd = socket(to->u.sa.sa_family, SOCK_STREAM, 0);

	if (fd == -1)
		fatal("socket: %s", strerror(errno));
	(void)evutil_make_socket_nonblocking(fd);
	if (connect(fd, &to->u.sa, to->len) == -1 && errno != EINPROGRESS)
		fatal("connect: %s", strerror(errno));
	return fd;
}

static void
load_open(struct load *all)
{
	struct client	*c;

	while (all->busy < all->at_once && all->opened < all->sessions) {
		c = xcalloc(1, sizeof *c);
		c->all = all;
		(void)evtimer_assign(&c->due, all->base, client_on_due, c);
		peer_init(&c->peer, all->base, load_connect(&all->to),
		    client_on_event, c);
		all->opened++;
		all->busy++;
		if (all->tls)
			client_tls(c);
	}
	if (all->busy == 0)
		(void)event_base_loopbreak(all->base);
}

static void
load_run(struct load *all, long sessions, long at_once)
{
	all->sessions = sessions;
	all->at_once = at_once;
	all->opened = all->done = all->failed = all->resumed = 0;
	all->start_us = clock_mono_us();
	load_open(all);
	(void)event_base_dispatch(all->base);
}

/* Who measures servers does not look at their certificates. */
static int
load_on_verify(X509_STORE_CTX *store, void *arg)
{
	(void)store;
	(void)arg;
	return 1;
}

static int
load_on_ticket(SSL *ssl, SSL_SESSION *session)
{
	struct load	*all = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	if (all->ticket != NULL || !all->resume)
		return 0;
	all->ticket = session;
	return 1;
}

static double
load_rate(const struct load *all)
{
	int64_t	us = clock_mono_us() - all->start_us;

	return (double)all->done * 1e6 / (double)(us > 0 ? us : 1);
}

static void
load_write_message(struct load *all)
{
	static const char	head[] = "Subject: bench\r\n\r\n";
	static const char	line[] = "0123456789abcdefghijklmnopqrstuvwxyz"
	    "0123456789abcdefghijklmnopqrstuvwxyz0123\r\n";
	size_t			lines = (size_t)all->size / (sizeof line - 1);
	char			*at;

	all->message = xmalloc(sizeof head + (lines + 1) * sizeof line);
	at = all->message;
	memcpy(at, head, sizeof head - 1);
	for (at += sizeof head - 1; lines > 0; lines--) {
		memcpy(at, line, sizeof line - 1);
		at += sizeof line - 1;
	}
	memcpy(at, ".\r\n", 3);
	all->message_len = (size_t)(at + 3 - all->message);
}

static void
load_mail(struct load *all)
{
	long		 n = all->count;
	uint32_t	*us = xcalloc((size_t)n, sizeof *us);
	double		 rate;

	all->took_us = us;
	load_write_message(all);
	all->ready = xcalloc((size_t)all->at_once, sizeof(struct client *));
	load_run(all, all->at_once, all->at_once);
	rate = load_rate(all);
	if (all->done != all->count)
		fatal("%ld of %ld messages", all->done, all->count);
	took_sort(us, n);
	printf("rate %.0f p50 %u p99 %u p999 %u most %u\n", rate,
	    took_part(us, n, 0.5), took_part(us, n, 0.99),
	    took_part(us, n, 0.999), us[n - 1]);
}

static void
load_handshakes(struct load *all)
{
	double	rate;

	if (all->resume) {
		load_run(all, 1, 1);
		if (all->ticket == NULL)
			fatal("the server gave no ticket");
		/* The library would have a ticket used once. */
		(void)SSL_CTX_set_session_cache_mode(all->ctx,
		    SSL_SESS_CACHE_OFF);
	}
	load_run(all, all->count, all->at_once);
	rate = load_rate(all);
	printf("rate %.0f resumed %ld failed %ld\n", rate, all->resumed,
	    all->failed);
}

static void
load_on_input(evutil_socket_t fd, short what, void *arg)
{
	struct load	*all = arg;
	char		 some[512];

	(void)what;
	if (read(fd, some, sizeof some) <= 0)
		(void)event_base_loopbreak(all->base);
}

static void
load_hold(struct load *all)
{
	struct event	*input;

	load_run(all, all->count, HOLD_AT_ONCE);
	printf("held %ld failed %ld\n", all->held, all->failed);
	(void)fflush(stdout);
	/* A session that ends now ends no run. */
	all->busy = 1;
	input = event_new(all->base, STDIN_FILENO, EV_READ | EV_PERSIST,
	    load_on_input, all);
	if (input == NULL || event_add(input, NULL) == -1)
		fatal("no memory for an event");
	(void)event_base_dispatch(all->base);
	printf("alive %ld\n", all->held);
}

/* ---- Arguments --------------------------------------------------------- */

static const struct kind {
	const char	*name;
	void		(*run)(struct load *all);
} kinds[] = {
	[MAILING] = { "mail", load_mail },
	[SHAKING] = { "handshakes", load_handshakes },
	[HOLDING] = { "hold", load_hold },
};

#define KINDS	(sizeof kinds / sizeof *kinds)

static int
load_option(struct load *all, int option)
{
	switch (option) {
	case 't':
		all->tls = true;
		return 0;
	case 'S':
		all->starttls = true;
		return 0;
	case 'r':
		all->resume = true;
		return 0;
	case 's':
		all->at_once = atol(optarg);
		return all->at_once > 0 ? 0 : -1;
	case 'n':
		all->count = atol(optarg);
		return all->count > 0 ? 0 : -1;
	case 'l':
		all->size = atol(optarg);
		return all->size >= 0 ? 0 : -1;
	case 'R':
		all->rate = atol(optarg);
		return all->rate > 0 ? 0 : -1;
	default:
		return -1;
	}
}

static int
load_arguments(struct load *all, int argc, char **argv)
{
	static const struct option	options[] = {
		{ "tls", no_argument, NULL, 't' },
		{ "starttls", no_argument, NULL, 'S' },
		{ "resume", no_argument, NULL, 'r' },
		{ "sessions", required_argument, NULL, 's' },
		{ "at-once", required_argument, NULL, 's' },
		{ "count", required_argument, NULL, 'n' },
		{ "size", required_argument, NULL, 'l' },
		{ "rate", required_argument, NULL, 'R' },
		{ NULL, 0, NULL, 0 } };
	size_t				 kind = 0;
	int				 option;

	while (argc > 1 && kind < KINDS &&
	    strcmp(argv[1], kinds[kind].name) != 0)
		kind++;
	if (argc < 2 || kind == KINDS)
		return -1;
	all->what = (enum what)kind;
	argc--;
	argv++;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (load_option(all, option) == -1)
			return -1;
	if (all->what != MAILING)
		all->starttls = !all->tls;
	return optind == argc - 1 && !(all->tls && all->starttls) ?
	    peer_address(&all->to, argv[optind]) : -1;
}

int
main(int argc, char **argv)
{
	struct load	all = { .count = 1000, .at_once = 10, .size = 10240,
	    .base = event_base_new() };

	if (load_arguments(&all, argc, argv) == -1) {
		fputs("usage: load mail [--tls | --starttls] [--sessions N] "
		    "[--count N]\n           [--size BYTES] [--rate N] "
		    "ADDRESS:PORT\n"
		    "       load handshakes [--tls] [--resume] [--at-once N] "
		    "[--count N]\n           ADDRESS:PORT\n"
		    "       load hold [--tls] [--count N] ADDRESS:PORT\n",
		    stderr);
		return 2;
	}
	peer_raise_files();
	all.ctx = peer_context(TLS_client_method());
	SSL_CTX_set_cert_verify_callback(all.ctx, load_on_verify, NULL);
	SSL_CTX_set_app_data(all.ctx, &all);
	(void)SSL_CTX_set_session_cache_mode(all.ctx, SSL_SESS_CACHE_CLIENT |
	    SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(all.ctx, load_on_ticket);
	kinds[all.what].run(&all);
	return 0;
}
