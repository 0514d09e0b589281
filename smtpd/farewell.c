/*
 * What is kept of a session for its disconnect hook.  Where none is set no
 * reply is kept.
 */
#include <stdlib.h>

#include "base/mem.h"

#include "farewell.h"
#include "server.h"
#include "session.h"
#include "session_hook.h"

void
farewell_fini(struct farewell *f)
{
	if (f->reply != NULL)
		smtp_reader_fini(f->reply);
	free(f->reply);
	free(f->failure.reason);
}

void
farewell_reply(struct session *s, struct str bytes)
{
	struct farewell	*f = &s->farewell;
	const char	*why;
	size_t		 used;

	if (s->server->hooks[HOOK_DISCONNECT] == NULL)
		return;
	if (f->reply == NULL) {
		f->reply = xcalloc(1, sizeof *f->reply);
		smtp_reader_init(f->reply);
	}
	while (bytes.len > 0 && smtp_reader_feed(f->reply, bytes, &used,
	    &why) == SMTP_READ_DONE) {
		bytes.p += used;
		bytes.len -= used;
	}
}

void
farewell_by(struct session *s, const char *who)
{
	if (s->farewell.ended_by == NULL)
		s->farewell.ended_by = who;
}

/* What comes after our own goodbye is of no interest. */
void
farewell_failed(struct session *s, enum stream_close how, const char *why)
{
	struct hook_failure	*f = &s->farewell.failure;

	if (how == STREAM_EOF || f->type != NULL || life_is_closing(s))
		return;
	f->type = how == STREAM_TLS ? "tls" : "socket";
	f->reason = xstrdup(why);
	f->code = stream_error(s->stream);
}

void
farewell_stage(struct session *s, const char *stage)
{
	s->farewell.stage = stage;
}

struct hook_arguments
farewell_arguments(const struct session *s)
{
	const struct farewell	*f = &s->farewell;
	struct hook_arguments	 args = { .close = f->ended_by };

	if (f->reply != NULL) {
		args.reply = &f->reply->reply;
		args.reply_to = f->stage;
	}
	if (f->failure.type != NULL)
		args.failure = &f->failure;
	return args;
}
