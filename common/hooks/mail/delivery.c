/*
 * send(): from the script's arguments to a request, and from the backend's
 * verdict to the array the script gets.  The script is suspended in between.
 */
#include <stdlib.h>
#include <string.h>

#include "eod_private.h"
#include "hooks/run/values.h"

/* ---- The result -------------------------------------------------------- */

static void
result_copy(char *out, size_t size, struct str s)
{
	size_t	n = s.len < size ? s.len : size - 1;

	if (n > 0)
		memcpy(out, s.p, n);
	out[n] = '\0';
}

/* Keeps what the log line of the message says of its delivery. */
static void
result_keep(struct eod_run *r, const struct attempt *res, int64_t ms)
{
	struct hook_delivery	*d = r->rq.last;
	const struct smtp_reply	*reply = res->reply;

	if (d == NULL)
		return;
	d->done = true;
	result_copy(d->host, sizeof d->host, r->delivery.host);
	(void)strlcpy(d->ip, res->connection->remoteip, sizeof d->ip);
	d->port = r->delivery.port;
	d->tls_protocol = res->connection->tls.protocol;
	d->code = reply != NULL ? reply->code : 0;
	memset(d->enhanced, 0, sizeof d->enhanced);
	if (reply != NULL)
		memcpy(d->enhanced, reply->enhanced, sizeof d->enhanced);
	result_copy(d->text, sizeof d->text, reply == NULL ?
	    str_of(res->message) : smtp_reply_lines(reply) == 0 ? STR("") :
	    smtp_reply_line(reply, 0));
	d->ms = ms;
}

static const char *
result_remote(const struct attempt *res)
{
	return res->connection->remoteip[0] != '\0' ?
	    res->connection->remoteip : NULL;
}

static void
result_log_error(const struct eod_run *r, const struct attempt *res,
    int64_t ms)
{
	LOG(EV_INLINE_ERROR, r->run.rq.log,
	    LOG_STR("type", attempt_error_name(res->error)),
	    LOG_STR("dns", res->dns != ATTEMPT_DNS_NONE ?
	    attempt_dns_name(res->dns) : NULL),
	    LOG_STR("state", res->state != SMTP_STATE_NONE ?
	    smtp_state_name(res->state) : NULL),
	    LOG_STR("error", res->message),
	    LOG_BYTES("remote_host", r->delivery.host),
	    LOG_STR("remote", result_remote(res)),
	    LOG_NUM("remote_port", r->delivery.port),
	    LOG_STR("tlsrpt", res->connection->tls.tlsrpt),
	    LOG_NUM_IF("transactions", (int64_t)res->transactions),
	    LOG_NUM("ms", ms));
}

static void
result_log(struct eod_run *r, const struct attempt *res)
{
	int64_t	ms = loop_now_ms(r->hook->config.hook.host.loop) -
		    r->delivery.started_ms;

	result_keep(r, res, ms);
	if (res->reply == NULL)
		result_log_error(r, res, ms);
	else
		LOG(EV_INLINE, r->run.rq.log,
		    LOG_NUM("code", res->reply->code),
		    LOG_STR("state", smtp_state_name(res->state)),
		    LOG_BYTES("remote_host", r->delivery.host),
		    LOG_STR("remote", result_remote(res)),
		    LOG_NUM("remote_port", r->delivery.port),
		    LOG_STR("tlsrpt", res->connection->tls.tlsrpt),
		    LOG_NUM("transactions",
		    (int64_t)res->transactions),
		    LOG_NUM("ms", ms));
	if (res->dsn_dropped)
		LOG(EV_DSN_DROPPED, r->run.rq.log,
		    LOG_STR("remote", result_remote(res)));
}

/* ---- Start and end ----------------------------------------------------- */

static void
delivery_on_tried(void *arg, const struct attempt *res)
{
	struct eod_run	*r = arg;

	LOG(EV_INLINE_FAILED, r->run.rq.log,
	    LOG_BYTES("remote_host", r->delivery.host),
	    LOG_STR("remote", result_remote(res)),
	    LOG_NUM("remote_port", r->delivery.port),
	    LOG_STR("type", attempt_error_name(res->error)),
	    LOG_STR("state", res->state != SMTP_STATE_NONE ?
	    smtp_state_name(res->state) : NULL),
	    LOG_STR("tlsrpt", res->connection->tls.tlsrpt),
	    LOG_STR("error", res->message));
}

static bool
delivery_client_present(void *arg)
{
	struct eod_run	*r = arg;

	return r->rq.present(r->run.rq.arg);
}

static void
delivery_on_end_sent(void *arg)
{
	struct eod_run	*r = arg;

	r->end_given = true;
	hsl_time_unlimited(r->run.exec);
	timer_stop(&r->deadline);
}

/*
 * A message that a backend took, or may have taken, can't be sent again: only
 * an answer that refuses it leaves the script another try.
 */
static void
delivery_on_done(void *arg, const struct attempt *res)
{
	struct eod_run	*r = arg;
	struct hsl_exec	*x = r->run.exec;
	int64_t		 now = loop_now_ms(r->hook->config.hook.host.loop);
	int		 code = res->reply != NULL ? res->reply->code : 0;

	r->delivery.send = NULL;
	r->end_given = false;
	r->spent = res->end_given && code < 400;
	r->taken = res->end_given && code >= 200 && code < 300;
	result_log(r, res);
	if (r->hook->config.on_result != NULL)
		r->hook->config.on_result(&(struct eod_outcome){ code,
		    r->delivery.host, r->delivery.port,
		    now - r->delivery.started_ms });
	hsl_resume(x, values_attempt(x, res, ATTEMPT_INLINE));
	delivery_end(r);
	if (r->deadline_ms <= now)
		r->ends_ms = now + EOD_LAST_MS;
	eod_go_on(r);
}

enum hsl_rc
delivery_start(struct eod_run *r, struct hsl_call *c)
{
	struct delivery		*d = &r->delivery;
	struct send_request	 rq = { .deadline_ms = r->deadline_ms,
	    .present = delivery_client_present, .tried = delivery_on_tried,
	    .end_sent = delivery_on_end_sent, .done = delivery_on_done,
	    .arg = r };
	enum hsl_rc		 rc;
	struct err		 e;

	if (r->spent)
		return hsl_throw(c, "send: a backend has the message already");
	delivery_end(r);
	rc = backend_read(r, c, c->argv[2], &rq.backend, &d->arena);
	if (rc == HSL_OK)
		rc = envelope_read(r, c, &rq);
	if (rc != HSL_OK)
		return rc;
	if (rq.backend.lmtp && rq.rcpt_count > 1)
		return hsl_throw(c, "send: an LMTP server answers for each "
		    "recipient; in-line delivery to one takes one recipient");
	if (message_source_init(&d->source, eod_message(r), r->rq.trace,
	    &e) == -1 ||
	    message_source_body(&d->source, &rq.body, &e) == -1)
		return hsl_throw(c, "send: %s", e.text);
	rq.body.eight_bit_header = rq.smtputf8 && rq.body.eight_bit &&
	    message_header_eight_bit(eod_message(r));
	d->host = rq.backend.host;
	d->port = rq.backend.port;
	d->started_ms = loop_now_ms(r->hook->config.hook.host.loop);
	timer_stop(&r->deadline);
	d->send = send_start(r->hook->engine, &rq);
	return HSL_SUSPEND;
}

void
delivery_end(struct eod_run *r)
{
	struct delivery	*d = &r->delivery;

	send_cancel(&d->send);
	message_source_fini(&d->source);
	arena_free(&d->arena);
	d->rcpts = NULL;
}
