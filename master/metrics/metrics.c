/*
 * metrics - sums the workers' counters; see metrics(8)
 *
 * It reads pages of shared memory and answers HTTP: GET /metrics in the
 * text format of Prometheus, GET /status as JSON for mtactl, GET /healthz and
 * /readyz for those who only want to know whether it goes.  It opens no file
 * and writes no page.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "event/gate.h"
#include "event/guests.h"
#include "event/stream.h"
#include "proc/daemon.h"

#include "report.h"

#define CLIENT_MS	10000
#define CLIENTS_MAX	64
#define PER_PROCESS_MAX	8
#define PER_USER_MAX	(CLIENTS_MAX / 2)
#define REQUEST_MAX	8192

struct client {
	TAILQ_ENTRY(client)	 link;
	struct stream		*stream;
	struct guest_id		 guest;
	struct timer		 timer;
	bool			 answered;
	bool			 drained;	/* the answer has left */
	bool			 half;		/* the client sends no more */
};

static struct {
	struct worker		*worker;
	TAILQ_HEAD(, client)	 clients;
	struct guests		 guests;
	size_t			 count;
} metrics = { .clients = TAILQ_HEAD_INITIALIZER(metrics.clients) };

static void
client_free(struct client *c)
{
	TAILQ_REMOVE(&metrics.clients, c, link);
	metrics.count--;
	guests_leave(&metrics.guests, &c->guest);
	stream_free(&c->stream);
	timer_fini(&c->timer);
	free(c);
	if (metrics.worker->draining && metrics.count == 0)
		worker_exit(metrics.worker);
}

static void
client_answer(struct client *c, struct str path)
{
	struct buf	 body = BUF_INIT;
	const char	*type = "text/plain; version=0.0.4", *status = "200 OK";

	if (str_eq(path, STR("/metrics")))
		report_prometheus(metrics.worker, &body);
	else if (str_eq(path, STR("/status"))) {
		report_json(metrics.worker, &body);
		type = "application/json";
	} else if (str_eq(path, STR("/healthz")))
		buf_add_text(&body, "ok\n");
	else if (str_eq(path, STR("/readyz"))) {
		if (!report_ready(metrics.worker, &body))
			status = "503 Service Unavailable";
	} else {
		buf_add_text(&body, "GET /metrics, /status, /healthz or "
		    "/readyz\n");
		status = "404 Not Found";
	}
	stream_printf(c->stream, "HTTP/1.0 %s\r\nContent-Type: %s\r\n"
	    "Content-Length: %zu\r\nConnection: close\r\n\r\n", status, type,
	    body.len);
	stream_write(c->stream, buf_data(&body), body.len);
	buf_free(&body);
	c->answered = true;
}

/* The request line is all that matters; the fields after it are awaited. */
static size_t
client_on_read(void *arg, struct str data)
{
	struct client	*c = arg;
	struct str	 rest, method, path;

	if (c->answered)
		return data.len;
	if (memmem(data.p, data.len, "\r\n\r\n", 4) == NULL &&
	    memmem(data.p, data.len, "\n\n", 2) == NULL) {
		if (data.len > REQUEST_MAX)
			stream_shutdown(c->stream);
		return data.len > REQUEST_MAX ? data.len : 0;
	}
	method = str_split(data, ' ', &rest);
	path = str_split(rest, ' ', &rest);
	path = str_split(path, '?', &rest);
	client_answer(c, str_eq(method, STR("GET")) ? path : STR(""));
	return data.len;
}

/* One that only says it sends no more still gets its answer. */
static void
client_on_close(void *arg, enum stream_close how, const char *why)
{
	struct client	*c = arg;

	(void)why;
	if (how == STREAM_EOF && c->answered && !c->drained)
		c->half = true;
	else
		client_free(c);
}

static void
client_on_drain(void *arg)
{
	struct client	*c = arg;

	if (!c->answered)
		return;
	c->drained = true;
	if (c->half)
		client_free(c);
	else
		stream_shutdown(c->stream);
}

static void
client_on_timer(void *arg)
{
	client_free(arg);
}

static void
metrics_accept(void *arg, struct gate *g)
{
	static const struct stream_ops	 ops = { .on_read = client_on_read,
	    .on_close = client_on_close, .on_drain = client_on_drain };
	struct worker			*w = arg;
	struct client			*c;
	struct guest_id			 guest;
	int				 fd = gate_take(g, NULL);

	if (fd == -1)
		return;
	if (metrics.count >= CLIENTS_MAX ||
	    !guests_enter(&metrics.guests, fd, &guest)) {
		(void)close(fd);
		return;
	}
	c = xcalloc(1, sizeof *c);
	c->guest = guest;
	c->stream = stream_new(w->loop, fd, &ops, c);
	timer_init(&c->timer, w->loop, client_on_timer, c);
	timer_start(&c->timer, CLIENT_MS);
	TAILQ_INSERT_TAIL(&metrics.clients, c, link);
	metrics.count++;
}

static int
metrics_prepare(struct worker *w)
{
	metrics.worker = w;
	guests_init(&metrics.guests, PER_PROCESS_MAX, PER_USER_MAX);
	return 0;
}

static int
metrics_start(struct worker *w)
{
	worker_accept(w, metrics_accept);
	return 0;
}

static void
metrics_drain(struct worker *w, int64_t soft_ms, int64_t hard_ms)
{
	(void)soft_ms;
	(void)hard_ms;
	if (metrics.count == 0)
		worker_exit(w);
}

static const struct daemon	metrics_daemon = {
	.program = "metrics",
	.prepare = metrics_prepare,
	.start = metrics_start,
	.drain = metrics_drain,
};

int
main(int argc, char **argv)
{
	return daemon_main(&metrics_daemon, argc, argv);
}
