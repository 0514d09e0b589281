/*
 * A session of smtpd, whole: the input is a client and a backend, on sockets.
 *
 * The first line is letters that set smtpd up (see options below).  What
 * follows are bytes of the client; after a NUL comes what else happens:
 *
 *	w	all goes on until nothing moves any more
 *	b...	up to the next NUL: the backend's next reply (session_backend.h)
 *	g	it says what it has kept
 *	p r	the client stops reading its replies, and reads again
 *	f x	it sends no more; it is gone
 *	s	it starts TLS, and goes on in it
 *	t	its time is over
 *	d D	smtpd drains: between transactions, everywhere
 *	NUL	the client sends a NUL
 *
 * Whatever happens, replies are one for each command (session_judge.h), a
 * message is accepted if and only if a backend has taken all of it and said
 * so, and in the end nothing of the session is left.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "dns/dns.h"
#include "event/tls.h"
#include "hooks/eod.h"
#include "hooks/hooks.h"
#include "hsl/hsl.h"
#include "mime/header.h"
#include "smtp/proxy_header.h"
#include "smtpd/front.h"
#include "smtpd/server.h"
#include "smtpd/session.h"

#include "support/certificate.h"
#include "session_backend.h"
#include "session_client.h"
#include "session_judge.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define QUIET_TURNS	4	/* without a byte at either end */
#define PATIENCE	3000	/* milliseconds, on a busy machine */
#define PIECES		48

/* ---- smtpd's main program ---------------------------------------------- */

static struct worker	worker;
static struct server	server = { .worker = &worker };

void
server_tidy(struct server *srv)
{
	(void)srv;
}

/* ---- Scripts ----------------------------------------------------------- */

#define BY_WORD(word)							\
	"$w = " word ";"						\
	"if ($w == \"wait\") sleep(0);"					\
	"if ($w == \"no\") Reject([\"no\", \"never\"]);"		\
	"if ($w == \"later\") Defer();"					\
	"if ($w == \"bye\") Reject(\"bye\", [\"disconnect\" => true]);"	\
	"if ($w == \"bug\") throw 1;"

static const char *const	hook_scripts[HOOK_MAX] = {
	[HOOK_CONNECT] = BY_WORD("$arguments[\"remoteip\"] == \"10.0.0.1\" ? "
	    "\"no\" : \"wait\""),
	[HOOK_PROXY] = "$c = $arguments[\"command\"];"
	    "if ($c == \"XREPLY\") Reply(\"yes\");"
	    "if ($c == \"XWAIT\") sleep(0);"
	    "if ($c == \"XBYE\") Reply(\"bye\", [\"disconnect\" => true]);"
	    "if ($c == \"XNOOP\") Pass([\"command\" => \"NOOP\"]);",
	[HOOK_HELO] = BY_WORD("$arguments[\"host\"]")
	    "if ($w == \"less\") Accept([\"extensions\" => [\"DSN\"]]);"
	    "if ($w == \"dsn\") Accept([\"extensions\" => "
	    "[...$arguments[\"extensions\"], \"DSN\"], \"host\" => \"x\"]);",
	[HOOK_AUTH] = "if ($arguments[\"mechanism\"] == \"X-WORD\") {"
	    "  if ($arguments[\"response\"] == \"sesame\") Accept();"
	    "  if ($arguments[\"state\"] < 3) Reply(\"word?\");"
	    "} else"
	    BY_WORD("$arguments[\"username\"]")
	    "if ($w == \"u\") Accept([\"username\" => \"v\"]);",
	[HOOK_MAILFROM] = BY_WORD("$arguments[\"address\"][\"localpart\"]")
	    "if ($w == \"other\") Accept([\"sender\" => \"new@x\"]);",
	[HOOK_RCPTTO] = BY_WORD("$arguments[\"address\"][\"localpart\"]")
	    "if ($w == \"other\") Accept([\"recipient\" => \"new@x\"]);",
	[HOOK_DISCONNECT] = "sleep(0); echo $arguments;",
};

/* Its backend's answer is the client's; a failed try is made once more. */
static const char	eod_script[] =
    "$to = array_map(function ($r) { return $r[\"address\"]; },"
    "  $transaction[\"recipients\"]);"
    "$from = $transaction[\"senderaddress\"];"
    "$mail = $arguments[\"mail\"];"
    "$server = [\"host\" => \"127.0.0.1\", %s];"
    "$o = $mail->send($from, $to, $server);"
    "if (isset($o[\"error\"]) and $from[\"localpart\"] == \"twice\")"
    "  $o = $mail->send($from, $to, $server);"
    "if (isset($o[\"error\"])) {"
    "  if ($o[\"error\"][\"temporary\"]) Defer($o[\"error\"][\"message\"]);"
    "  Reject($o[\"error\"][\"message\"]);"
    "}"
    "$a = $o[\"result\"];"
    "if ($a[\"code\"] < 300) Accept($a[\"reason\"]);"
    "if ($a[\"code\"] < 500) Defer($a[\"reason\"]);"
    "Reject($a[\"reason\"]);";

static const char *const	eod_servers[] = {
	"\"timeout\" => 60",
	"\"protocol\" => \"lmtp\"",
	"\"saslusername\" => \"u\", \"saslpassword\" => \"p\"",
	"\"xclient\" => [\"NAME\" => none, \"HELO\" => \"h\"]",
	"\"helo\" => \"edits\"",
};
#define EODS	(sizeof eod_servers / sizeof eod_servers[0])

/* What is done to the header and undone leaves the message as it was. */
static const char	eod_edits[] =
    "$m = $arguments[\"mail\"];"
    "try {"
    "  $id = $m->snapshot();"
    "  foreach ($m->getHeaderNames() as $n) {"
    "    foreach ($m->getHeaders($n) as $v) $m->addHeader($n, $v);"
    "    $m->setHeader($n, $m->getHeader($n, [\"index\" => 1]) . \"!\");"
    "  }"
    "  $m->delHeader(\"b\");"
    "  $m->toString();"
    "} catch ($e) { }"
    "$m->restore($id);";

/* ---- The world: made once ---------------------------------------------- */

static struct backend	backend;
static struct params	defaults;
static struct params	params;
static struct hook	*hooks[HOOK_MAX];
static struct eod_hook	*eods[EODS];
static struct tls_context *tls;

static void
world_diag(void *arg, const struct hsl_diag *d)
{
	(void)arg;
	(void)fprintf(stderr, "%s:%d:%d: %s\n", d->file, d->line, d->column,
	    d->text);
	abort();
}

static struct hook_config
world_hook_config(enum hook_kind kind)
{
	struct hook_config	c = { .offers = hooks_host(kind),
	    .host = { .loop = server.loop, .dns = server.dns,
	    .hostname = "mx.example" },
	    .limits = hsl_limits_default };

	return c;
}

static void
world_eod(size_t i)
{
	struct buf		text = BUF_INIT;
	struct eod_config	c = { .hook = world_hook_config(HOOK_EOD),
	    .myhostname = "mx.example", .send_port = backend.port,
	    .inline_deadline_ms = 240000, .end_timeout_ms = 600000,
	    .connect_timeout_ms = 30000, .command_timeout_ms = 300000,
	    .idle_timeout_ms = 30000, .connection_limit = 4,
	    .transaction_limit = 3 };
	const char		*at = strstr(eod_script, "%s");

	if (i == EODS - 1)
		buf_add_text(&text, eod_edits);
	buf_add(&text, eod_script, (size_t)(at - eod_script));
	buf_add_text(&text, eod_servers[i]);
	buf_add_text(&text, at + 2);
	eods[i] = eod_hook_new(&c, "eod", buf_str(&text), world_diag, NULL);
	buf_free(&text);
}

static void
world_tls(void)
{
	char		cert[] = "/tmp/fuzz_cert.XXXXXX";
	char		key[] = "/tmp/fuzz_key.XXXXXX";
	struct err	e;

	certificate_make(cert, key);
	tls = tls_server(cert, key, &e);
	if (tls == NULL)
		abort();
	(void)unlink(cert);
	(void)unlink(key);
}

static void
world_make(void)
{
	struct dns_config	dns = { .servers = "127.0.0.1@9",
	    .local_data = "", .trust_anchor = "" };
	struct hook_config	c;
	struct err		e;
	size_t			i;

	log_open("fuzz", LOG_TO_FD, open("/dev/null", O_WRONLY));
	params_init(&defaults);
	STAILQ_INIT(&worker.pages);
	worker.service = (char *)(uintptr_t)"fuzz";
	worker.directory = (char *)(uintptr_t)"/tmp";
	server.loop = worker.loop = loop_new(&e);
	server.params = &params;
	server.serverid = "fuzz";
	server.dns = dns_new(server.loop, &dns, &e);
	server.bodies.directory = open("/tmp", O_RDONLY | O_DIRECTORY);
	TAILQ_INIT(&server.sessions);
	TAILQ_INIT(&server.fronts);
	backend_open(&backend, server.loop);
	(void)signal(SIGPIPE, SIG_IGN);	/* OpenSSL writes */
	world_tls();
	for (i = 0; i < HOOK_MAX; i++) {
		c = world_hook_config((enum hook_kind)i);
		if (hook_scripts[i] != NULL)
			hooks[i] = hook_new((enum hook_kind)i, &c,
			    hook_name((enum hook_kind)i),
			    str_of(hook_scripts[i]), world_diag, NULL);
	}
	for (i = 0; i < EODS; i++)
		world_eod(i);
}

/* ---- One program ------------------------------------------------------- */

struct program {
	struct str	 rest;
	char		 options[64];
	struct client_end client;
	struct buf	 out;		/* to be sent */
	struct buf	 sent;
	struct buf	 got;
	struct timer	 tick;
	int		 quiet;		/* turns */
	bool		 deaf;		/* does not read its replies */
	bool		 left;		/* or half of it */
	bool		 tls;		/* all is said in it */
	bool		 forced;	/* a timeout or drain came */
};

static bool
option(const struct program *p, char letter)
{
	return strchr(p->options, letter) != NULL;
}

/*
 *	l  LMTP                   n  bare newlines are normalized
 *	s  small limits           f  bodies go to a file
 *	P  a PROXY header         X  XCLIENT is allowed
 *	u  a Unix socket's peer   z  small socket buffers
 *	e  no end-of-DATA hook    1-3  the backend's other ways
 *	4  the end-of-DATA hook edits the header
 *	R  a Received field       v  what is said goes to the log
 *	c h m r a y q  hooks: connect helo mailfrom rcptto auth proxy disconnect
 *	B C D E S  backend: PIPELINING CHUNKING 8BITMIME SMTPUTF8 DSN
 *	k  the client's bytes come in pieces
 *	T W  TLS is offered, or comes first
 *	N  the client's name is asked for, unless it may say its address
 */
static void
program_server(const struct program *p)
{
	static const char	letters[HOOK_MAX + 1] = {
	    [HOOK_CONNECT] = 'c', [HOOK_HELO] = 'h', [HOOK_PROXY] = 'y',
	    [HOOK_AUTH] = 'a', [HOOK_MAILFROM] = 'm', [HOOK_RCPTTO] = 'r',
	    [HOOK_EOD] = '-', [HOOK_DISCONNECT] = 'q' };
	static char		local[] = "127.0.0.1", words[] =
	    "PLAIN LOGIN X-WORD";
	size_t			i;

	params = defaults;
	params.received_header = option(p, 'R');
	params.smtpd_tls_wrapper = option(p, 'W');
	params.smtpd_peer_lookup = option(p, 'N') && !option(p, 'X') &&
	    !option(p, 'P') ? 1 : 2;
	params.smtpd_auth_tls_only = false;
	params.smtpd_auth_mechanisms = words;
	params.smtpd_protocol = option(p, 'l');
	params.smtpd_bare_newline = option(p, 'n');
	params.smtpd_error_delay = 1;	/* ms */
	if (option(p, 's')) {
		params.message_size_limit = params.header_size_limit = 1024;
		params.smtpd_line_length_limit = 100;
		params.smtpd_recipient_limit = 2;
		params.smtpd_message_limit = 3;
		params.smtpd_error_limit = 4;
		params.smtpd_recipient_error_limit = 3;
		params.smtpd_command_limit = 40;
		params.hop_count_limit = params.mime_depth_limit = 2;
	}
	if (option(p, 'X'))
		params.xclient_hosts = local;
	if (option(p, 'v'))
		params.smtpd_trace_clients = local;
	if (option(p, 'P'))
		params.proxy_protocol_hosts = local;
	server.bodies.message_limit = option(p, 'f') ? 50 : 65536;
	server.bodies.total_limit = 1 << 20;
	server.tls = option(p, 'T') || option(p, 'W') ? tls : NULL;
	server.drain = (struct drain){ .begun = false };
	for (i = 0; i < HOOK_MAX; i++)
		server.hooks[i] = option(p, letters[i]) ? hooks[i] : NULL;
	server.eod = option(p, 'e') ? NULL : eods[0];
	for (i = 1; i < EODS && server.eod != NULL; i++)
		if (option(p, (char)('0' + i)))
			server.eod = eods[i];
}

static void
program_backend(const struct program *p)
{
	static const struct {
		char		 letter;
		const char	*line;
	} offers[] = {
		{ 'B', "250-PIPELINING\r\n" }, { 'C', "250-CHUNKING\r\n" },
		{ 'D', "250-8BITMIME\r\n" }, { 'E', "250-SMTPUTF8\r\n" },
		{ 'S', "250-DSN\r\n" }, { '2', "250-AUTH PLAIN LOGIN\r\n" },
		{ '3', "250-XCLIENT NAME HELO\r\n" },
	};
	static char	ehlo[250];
	size_t		i;

	ehlo[0] = '\0';
	for (i = 0; i < sizeof offers / sizeof offers[0]; i++)
		if (option(p, offers[i].letter))
			(void)strlcat(ehlo, offers[i].line, sizeof ehlo);
	backend_begin(&backend, ehlo);
}

static void
program_connect(struct program *p)
{
	struct netaddr	peer;
	int		fds[2], small = 4096;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == -1)
		abort();
	(void)netaddr_parse_ip(&peer, STR("127.0.0.1"), 4000);
	if (option(p, 'u'))
		(void)netaddr_unix(&peer, "", NULL);
	if (option(p, 'z'))
		(void)setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &small,
		    sizeof small);
	p->client.fd = fds[0];
	if (!front_open(&server, fds[1], &peer))
		session_open(&server, fds[1], &peer, NULL);
}

/* ---- Time passes ------------------------------------------------------- */

static void
program_tick(void *arg)
{
	struct program	*p = arg;

	p->quiet = (!p->deaf && client_end_read(&p->client, &p->got)) ||
	    backend.moved ? 0 : p->quiet + 1;
	backend.moved = false;
	if (p->quiet >= QUIET_TURNS)
		loop_stop(server.loop);
	else
		timer_start(&p->tick, 0);
}

static void
program_settle(struct program *p)
{
	p->quiet = 0;
	timer_start(&p->tick, 0);
	if (loop_run(server.loop) == -1)
		abort();
}

/* Settles until it is so; the system may be slow to move bytes. */
static bool
program_until(struct program *p, bool (*done)(struct program *p))
{
	int	ms;

	for (ms = 0; ms < PATIENCE; ms++) {
		if (done(p))
			return true;
		program_settle(p);
		if (ms > 20)
			(void)usleep(1000);
	}
	return false;
}

/* What the kernel does not take (smtpd closed, or is not reading) is lost. */
static void
program_send(struct program *p)
{
	size_t	step = option(p, 'k') ? p->out.len / PIECES + 1 : p->out.len;
	long	n;

	while (p->out.len > 0 && !p->left) {
		step = step < p->out.len ? step : p->out.len;
		n = client_end_send(&p->client, buf_data(&p->out), step);
		if (n <= 0)
			break;
		buf_add(&p->sent, buf_data(&p->out), (size_t)n);
		buf_consume(&p->out, (size_t)n);
		if (option(p, 'k'))
			program_settle(p);
	}
	buf_clear(&p->out);
}

/* ---- What was said ------------------------------------------------------ */

/* The commands behind a PROXY header; false: there is none. */
static bool
program_commands(const struct program *p, struct str *commands)
{
	struct proxy_header	 h;
	const char		*why;
	size_t			 used = 0;
	bool			 ok = true;

	*commands = buf_str(&p->sent);
	if (!option(p, 'P') || option(p, 'u') || p->tls)
		return true;
	proxy_header_init(&h);
	ok = commands->len > 0 &&
	    proxy_header_feed(&h, *commands, &used, &why) == PROXY_DONE;
	proxy_header_fini(&h);
	if (ok)
		*commands = (struct str){ commands->p + used,
		    commands->len - used };
	return ok;
}

static struct judge	verdict;

static void
program_judge(struct program *p)
{
	struct str	commands;

	judge_free(&verdict);
	verdict = (struct judge){ .lmtp = option(p, 'l'),
	    .normalize = option(p, 'n') };
	verdict.tls = server.tls != NULL;
	verdict.secret = option(p, 'W') && !p->tls;
	verdict.greeted = !option(p, 'W') && p->tls;
	if (!program_commands(p, &commands)) {
		if (p->got.len != 0)
			abort();
		return;
	}
	verdict.sent = commands;
	verdict.got = buf_str(&p->got);
	judge(&verdict);
}

/* ---- What happens ------------------------------------------------------ */

/*
 * After the 220 to STARTTLS, or at once; what was said in clear is judged and
 * forgotten, so there must be no message in it.
 */
static void
program_tls(struct program *p)
{
	int	steps, rc = 0;

	program_judge(p);
	if (p->client.fd == -1 || p->tls || p->left ||
	    verdict.message_count != 0 ||
	    !(verdict.in_tls || (option(p, 'W') && p->sent.len == 0)))
		return;
	client_end_tls(&p->client);
	p->tls = true;
	buf_clear(&p->sent);
	buf_clear(&p->got);
	for (steps = 0; rc == 0 && steps < 10; steps++) {
		rc = client_end_step(&p->client);
		program_settle(p);
	}
	if (rc != 1) {
		p->left = true;
		client_end_close(&p->client);
	}
}

static void
program_time_over(struct program *p)
{
	struct session	*s = TAILQ_FIRST(&server.sessions);

	p->forced = true;
	if (s == NULL || !s->life.timer.armed)
		return;
	timer_stop(&s->life.timer);
	life_happens(s, LIFE_TIMER);
}

static void
program_drain(struct program *p, bool hard)
{
	struct session	*s = TAILQ_FIRST(&server.sessions);

	p->forced = true;
	server.drain.soft_passed = true;
	server.drain.hard_passed |= hard;
	if (hard)
		front_close_all(&server);
	if (s != NULL)
		life_happens(s, hard ? LIFE_HARD : LIFE_SOFT);
}

static void
program_act(struct program *p, char what)
{
	struct str	reply;

	if (what == 'b') {
		reply = str_split(p->rest, '\0', &p->rest);
		backend_queue(&backend, reply);
		return;
	}
	program_send(p);
	if (what == 'f') {
		client_end_finish(&p->client);
		p->left = true;
	} else if (what == 'x') {
		client_end_close(&p->client);
		p->left = true;
	} else if (what == 'p')
		p->deaf = true;
	else if (what == 'r')
		p->deaf = false;
	else if (what == 'g')
		(void)backend_go_on(&backend);
	program_settle(p);
	if (what == 's')
		program_tls(p);
	else if (what == 't')
		program_time_over(p);
	else if (what == 'd' || what == 'D')
		program_drain(p, what == 'D');
	else
		return;
	program_settle(p);
}

static void
program_run(struct program *p)
{
	char	c;

	while (p->rest.len > 0) {
		c = *p->rest.p++;
		p->rest.len--;
		if (c != '\0' || p->rest.len == 0) {
			buf_add_byte(&p->out, c);
			continue;
		}
		c = *p->rest.p++;
		p->rest.len--;
		if (c == '\0')
			buf_add_byte(&p->out, c);
		else
			program_act(p, c);
	}
	p->deaf = false;
	program_send(p);
	do
		program_settle(p);
	while (backend_go_on(&backend));
}

/* ---- What must be so --------------------------------------------------- */

/* A client that waits for its replies has got them.  A connection that smtpd
 * made late may have something to say yet. */
static bool
program_answered(struct program *p)
{
	(void)backend_go_on(&backend);
	if (p->left || p->forced || backend.odd || p->client.closed)
		return true;
	program_judge(p);
	return !verdict.unanswered;
}

/* What smtpd puts before a message are these three lines, and no more. */
static struct str
message_traced(struct str got, struct str sent)
{
	struct str	line;
	int		i;

	for (i = 0; i < 3; i++) {
		line = str_split(got, '\n', &got);
		if (!str_prefix(line, i == 0 ? STR("Received: from ") :
		    STR("\t")) || memchr(line.p, '\r', line.len) !=
		    line.p + line.len - 1)
			judge_wrong(&verdict, "no Received field");
	}
	/* The message's first line must not go on with it. */
	if (got.len > 0 && (got.p[0] == ' ' || got.p[0] == '\t'))
		judge_wrong(&verdict, "a Received field that goes on");
	if (sent.len > 0 && (sent.p[0] == ' ' || sent.p[0] == '\t') &&
	    str_prefix(got, STR(HEADER_ORPHAN))) {
		got.p += STR(HEADER_ORPHAN).len;
		got.len -= STR(HEADER_ORPHAN).len;
	}
	return got;
}

/* DATA ends with a line end, with or without one in the message. */
static bool
message_same(const struct program *p, const struct judge_message *m,
    const struct backend_message *b)
{
	struct str	sent = buf_str(&m->body), got = buf_str(&b->body);

	if (m->rcpts != b->rcpts)
		return false;
	if (option(p, 'R'))
		got = message_traced(got, sent);
	if (sent.len + 2 == got.len && memcmp(got.p + sent.len, "\r\n", 2) ==
	    0 && (sent.len < 2 || memcmp(sent.p + sent.len - 2, "\r\n", 2)))
		got.len -= 2;
	return str_eq(sent, got);
}

/* Accepted by smtpd: taken by the backend, all of it and for all of its
 * recipients, in that order; and the other way round. */
static void
program_check_messages(struct program *p)
{
	size_t	i, k = 0;

	for (i = 0; i < verdict.message_count; i++) {
		const struct judge_message	*m = &verdict.messages[i];

		if (m->code == 0 || m->code >= 300)
			continue;
		while (k < backend.message_count &&
		    backend.messages[k].code / 100 != 2)
			k++;
		if (k == backend.message_count)
			judge_wrong(&verdict, "accepted, but not taken");
		if (!message_same(p, m, &backend.messages[k++]))
			judge_wrong(&verdict, "accepted is not what was sent");
	}
	if (p->left)
		return;
	for (; k < backend.message_count; k++)
		if (backend.messages[k].code / 100 == 2)
			judge_wrong(&verdict, "taken, but not accepted");
}

static bool
program_over(struct program *p)
{
	backend_hang_up(&backend);
	program_settle(p);
	return TAILQ_EMPTY(&server.sessions) && server.session_count == 0;
}

static void
program_end(struct program *p)
{
	if (!program_until(p, program_answered))
		judge_wrong(&verdict, "no reply");
	program_judge(p);
	if (!backend.odd)
		program_check_messages(p);
	client_end_close(&p->client);
	if (!program_until(p, program_over) || server.bodies.used != 0 ||
	    board_get(board_self(), COUNTER_sessions) != 0)
		judge_wrong(&verdict, "something is left of the session");
	judge_free(&verdict);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct program	p = { .rest = { (const char *)data, size } };
	struct str	options;

	if (server.loop == NULL)
		world_make();
	if (size == 0)
		return 0;
	options = str_split(p.rest, '\n', &p.rest);
	if (options.len >= sizeof p.options)
		return -1;
	memcpy(p.options, options.p, options.len);
	timer_init(&p.tick, server.loop, program_tick, &p);
	program_server(&p);
	program_backend(&p);
	program_connect(&p);
	program_run(&p);
	program_end(&p);
	timer_fini(&p.tick);
	buf_free(&p.out);
	buf_free(&p.sent);
	buf_free(&p.got);
	return 0;
}
