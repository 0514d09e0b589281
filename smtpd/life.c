/*
 * A session's life, in one table.
 *
 * Bytes come in by life_on_read(), which hands them to the mode's reader
 * until that wants no more.  Replies collect in the stream and leave together:
 * a client that pipelines gets them in one write.  One that does not read
 * them is not read from either, until they have left.
 *
 * A mode that waits for an answer of ours (SLOW to ENDING) reads nothing:
 * what the client pipelines stays in the stream, up to its limit, so that the
 * client's leaving is seen.
 */
#include <string.h>

#include "event/stream.h"

#include "account.h"
#include "farewell.h"
#include "input.h"
#include "patience.h"
#include "receive.h"
#include "server.h"
#include "session.h"
#include "tls.h"

#define LINGER_MS	5000
#define UNREAD_REPLIES	(64 * 1024)	/* a client with more must read first */

typedef void	life_fn(struct session *s);

/* ---- Cells ------------------------------------------------------------- */

static void
life_stay(struct session *s)
{
	(void)s;
}

/* What came was no silence. */
static void
life_moved(struct session *s)
{
	life_restart(s);
}

static void
life_end(struct session *s)
{
	session_destroy(s);
}

/* Silence after a FIN is the end, but not while the last replies leave. */
static void
life_leave(struct session *s)
{
	farewell_by(s, "remote");
	if (stream_unsent(s->stream) > 0)
		session_close(s);
	else
		session_destroy(s);
}

static void
life_last(struct session *s)
{
	if (!life_is_backed_up(s))
		life_leave(s);
}

/* Commands that came before the FIN and were left unread so far. */
static void
life_lines(struct session *s)
{
	struct str	unread = stream_unread(s->stream);

	if (unread.len > 0 && memchr(unread.p, '\n', unread.len) != NULL)
		stream_more(s->stream);
	else
		session_destroy(s);
}

/* What runs has nobody to tell its end to, unless commands came before the
 * FIN (a pipelined QUIT) and wait behind it. */
static void
life_wait(struct session *s)
{
	if (stream_unread(s->stream).len == 0)
		session_destroy(s);
}

/* On with what was left unread while replies were; a client that sends no
 * more has had its last one now. */
static void
life_next(struct session *s)
{
	if (stream_unread(s->stream).len > 0)
		stream_more(s->stream);
	else if (stream_eof(s->stream))
		session_destroy(s);
}

/*
 * What the client sent meanwhile is read away first: closing over unread
 * bytes would reset the connection and could take our last reply with it.
 */
static void
life_shut(struct session *s)
{
	if (stream_eof(s->stream))
		session_destroy(s);
	else
		stream_shutdown(s->stream);
}

static void
life_tls(struct session *s)
{
	if (session_tls_start(s) == -1)
		session_destroy(s);
}

static void
life_begin(struct session *s)
{
	bool	greeted = s->greeted;

	session_tls_done(s);
	if (!greeted)
		session_begin(s);
	else
		life_restart(s);
}

static void
life_silent(struct session *s)
{
	LOG(EV_REFUSE, &s->log, LOG_STR("reason", "timeout"),
	    LOG_STR("client", s->conn.remoteip),
	    LOG_NUM("ms", loop_now_ms(s->server->loop) - s->opened_ms));
	session_cut(s, "4.4.2", "Timeout");
}

/* Whom we keep waiting is not silent; what runs has limits of its own. */
static void
life_rearm(struct session *s)
{
	timer_start(&s->life.timer, s->server->params->smtpd_idle_timeout);
}

/* The reply that was held back leaves; on with what came meanwhile. */
static void
life_slowed(struct session *s)
{
	patience_end(s);
	if (life_is_alone(s))
		session_close(s);
	else
		life_restart(s);
}

static void
life_cut(struct session *s)
{
	session_stop(s);
	session_cut(s, "4.3.2", "Service shutting down");
}

static void
life_idle(struct session *s)
{
	if (s->txn == NULL)
		life_cut(s);
}

/* Not even the disconnect hook is waited for. */
static void
life_forget(struct session *s)
{
	session_stop(s);
	session_forget(s);
}

/* ---- The table --------------------------------------------------------- */

/*
 * What the bytes are.  A mode that is not named leaves them unread.
 */
static input_fn *const	life_readers[MODE_MAX] = {
	[MODE_COMMAND] = input_line,
	[MODE_AUTH] = input_response,
	[MODE_DISCARD] = input_discard,
	[MODE_DATA] = receive_data,
	[MODE_CHUNK] = receive_chunk,
	[MODE_SKIP] = input_skip,
	[MODE_CLOSING] = input_drop,
	[MODE_PARTING] = input_drop,
};

#define ROW(mode, taken, last, fin, broken, left, secured, timer, soft,	\
	    hard)							\
	[MODE_##mode] = { life_##taken, life_##last, life_##fin,	\
	    life_##broken, life_##left, life_##secured, life_##timer,	\
	    life_##soft, life_##hard }

/*
 * ENDING is what nobody cuts off: the backend may have taken the message, so
 * its verdict is waited for and logged whether the client is there or not,
 * and however the worker drains.  Another wait of that kind has the same row.
 */
static life_fn *const	life_table[MODE_MAX][LIFE_MAX] = {
/*  mode       taken  last   fin    broken left  secured timer   soft  hard */
ROW(COMMAND,   moved, last,  lines, end,  next, stay,   silent, idle, cut),
ROW(AUTH,      moved, last,  lines, end,  next, stay,   silent, stay, cut),
ROW(DISCARD,   stay,  leave, end,   end,  next, stay,   silent, stay, cut),
ROW(DATA,      moved, leave, end,   end,  next, stay,   silent, stay, cut),
ROW(CHUNK,     moved, leave, end,   end,  next, stay,   silent, stay, cut),
ROW(SKIP,      moved, leave, end,   end,  next, stay,   silent, stay, cut),
ROW(SLOW,      stay,  stay,  stay,  end,  stay, stay,   slowed, idle, cut),
ROW(NAMING,    stay,  stay,  wait,  end,  stay, stay,   rearm,  stay, cut),
ROW(HOOK,      stay,  stay,  wait,  end,  stay, stay,   rearm,  stay, cut),
ROW(MESSAGE,   stay,  stay,  wait,  end,  stay, stay,   rearm,  stay, cut),
ROW(ENDING,    stay,  stay,  stay,  stay, stay, stay,   rearm,  stay, stay),
ROW(STARTTLS,  moved, leave, end,   end,  tls,  stay,   end,    stay, cut),
ROW(HANDSHAKE, stay,  stay,  end,   end,  stay, begin,  end,    stay, cut),
ROW(CLOSING,   stay,  stay,  end,   end,  shut, end,    end,    stay, stay),
ROW(PARTING,   stay,  stay,  end,   end,  end,  end,    end,    stay, stay),
ROW(GONE,      stay,  stay,  stay,  stay, stay, stay,   stay,   stay, forget),
};

static const char *const	life_names[MODE_MAX] = {
#define NAME(mode)	[MODE_##mode] = #mode
	NAME(COMMAND), NAME(AUTH), NAME(DISCARD), NAME(DATA), NAME(CHUNK),
	NAME(SKIP), NAME(SLOW), NAME(NAMING), NAME(HOOK), NAME(MESSAGE),
	NAME(ENDING), NAME(STARTTLS), NAME(HANDSHAKE), NAME(CLOSING),
	NAME(PARTING), NAME(GONE)
};

/*
 * That a backend was given the end is known to send() alone: the mode is
 * MESSAGE until somebody asks.
 */
static enum session_mode
life_mode(const struct session *s)
{
	return s->life.mode == MODE_MESSAGE && session_end_is_given(s) ?
	    MODE_ENDING : s->life.mode;
}

const char *
life_mode_name(const struct session *s)
{
	return life_names[life_mode(s)];
}

void
life_happens(struct session *s, enum life_event what)
{
	life_table[life_mode(s)][what](s);
}

/* ---- Entering a mode --------------------------------------------------- */

static bool
life_waits(enum session_mode mode)
{
	return mode >= MODE_SLOW && mode <= MODE_ENDING;
}

void
life_enter(struct session *s, enum session_mode mode)
{
	struct life	*l = &s->life;
	bool		 waited = life_waits(l->mode);

	if (mode == MODE_SLOW)
		l->after = l->mode;
	l->mode = mode;
	if (log_wants(EV_MODE))
		LOG(EV_MODE, &s->log, LOG_STR("mode", life_names[mode]));
	if (mode == MODE_GONE)
		return;
	if (life_waits(mode))
		stream_pause(s->stream);
	else if (waited)
		stream_resume(s->stream);
	if (mode == MODE_SLOW)
		timer_start(&l->timer, s->server->params->smtpd_error_delay);
	if (mode == MODE_CLOSING) {
		stream_kick(s->stream);
		timer_start(&l->timer, LINGER_MS);
	}
}

void
life_enter_after(struct session *s, enum session_mode mode)
{
	if (s->life.mode == MODE_SLOW)
		s->life.after = mode;
	else
		life_enter(s, mode);
}

void
life_go_on(struct session *s)
{
	if (s->life.mode == MODE_SLOW)
		life_enter(s, s->life.after);
}

/* ---- What others may know of it ---------------------------------------- */

bool
life_is_gone(const struct session *s)
{
	return s->life.mode == MODE_GONE;
}

bool
life_is_closing(const struct session *s)
{
	return s->life.mode >= MODE_CLOSING;
}

bool
life_is_heard(const struct session *s)
{
	return !life_is_gone(s) &&
	    !(life_is_closing(s) && stream_eof(s->stream));
}

bool
life_is_backed_up(const struct session *s)
{
	return stream_unsent(s->stream) > UNREAD_REPLIES;
}

bool
life_is_alone(const struct session *s)
{
	return stream_eof(s->stream) && stream_unread(s->stream).len == 0;
}

/* ---- What happens ------------------------------------------------------ */

static size_t
life_on_read(void *arg, struct str data)
{
	struct session	*s = arg;
	struct str	 in = data;
	input_fn	*reader;
	size_t		 n;

	while (in.len > 0 && (reader = life_readers[s->life.mode]) != NULL &&
	    (n = reader(s, in)) > 0) {
		in.p += n;
		in.len -= n;
	}
	if (in.len < data.len)
		life_happens(s, LIFE_TAKEN);
	if (stream_eof(s->stream))
		life_happens(s, LIFE_LAST);
	return data.len - in.len;
}

static void
life_on_close(void *arg, enum stream_close how, const char *why)
{
	struct session	*s = arg;

	farewell_failed(s, how, why);
	if (how == STREAM_TLS)
		LOG(EV_TLS, &s->log, LOG_STR("result", "failed"),
		    LOG_STR("client", s->conn.remoteip),
		    LOG_STR("reason", why));
	life_happens(s, how == STREAM_EOF ? LIFE_FIN : LIFE_BROKEN);
}

static void
life_on_drain(void *arg)
{
	life_happens(arg, LIFE_LEFT);
}

static void
life_on_tls(void *arg)
{
	life_happens(arg, LIFE_SECURED);
}

static void
life_on_timer(void *arg)
{
	life_happens(arg, LIFE_TIMER);
}

const struct stream_ops	life_stream_ops = {
	.on_read = life_on_read,
	.on_close = life_on_close,
	.on_drain = life_on_drain,
	.on_tls = life_on_tls,
};

/* ---- The timer --------------------------------------------------------- */

/* It is only a store to move it later. */
void
life_restart(struct session *s)
{
	const struct params	*p = s->server->params;
	int64_t			 now = loop_now_ms(s->server->loop);
	int64_t			 left = p->smtpd_idle_timeout, until;

	until = s->opened_ms + p->smtpd_session_timeout - now;
	left = until < left ? until : left;
	if (s->intake.since_ms != 0) {
		until = s->intake.since_ms + p->smtpd_data_timeout - now;
		left = until < left ? until : left;
	}
	timer_start(&s->life.timer, left);
}

void
life_init(struct session *s)
{
	timer_init(&s->life.timer, s->server->loop, life_on_timer, s);
}

void
life_fini(struct session *s)
{
	timer_fini(&s->life.timer);
}
