/*
 * A hook's verdict as a reply: what the script said, and the documented
 * default where it said nothing.  Refusals, by a hook or by this server, are
 * here, too: both cost the client an error (patience.h).
 */
#include <string.h>

#include "account.h"
#include "server.h"
#include "session.h"
#include "transaction.h"

static const struct verdict_default {
	int		 code;
	int		 enhanced[3];
	const char	*text;
} verdict_defaults[HOOK_MAX][VERDICT_MAX] = {
#define ANSWER(hook, verdict, code, class, subject, detail, text)	\
	[HOOK_##hook][VERDICT_##verdict] = { code,			\
	    { class, subject, detail }, text },
#include "conf/hooks.def"
};

int
verdict_code(enum hook_kind kind, const struct verdict *v)
{
	return v->code != 0 ? v->code : verdict_defaults[kind][v->action].code;
}

void
verdict_enhanced(enum hook_kind kind, const struct verdict *v,
    int enhanced[3])
{
	memset(enhanced, 0, 3 * sizeof *enhanced);
	if (v->enhanced[0] != 0)
		memcpy(enhanced, v->enhanced, 3 * sizeof *enhanced);
	else if (kind == HOOK_CONNECT || kind == HOOK_HELO)
		return;			/* RFC 2034 4: they have none */
	else if (v->code == 0)
		memcpy(enhanced, verdict_defaults[kind][v->action].enhanced,
		    3 * sizeof *enhanced);
	else
		enhanced[0] = v->code / 100;
}

struct str
verdict_text(enum hook_kind kind, const struct verdict *v)
{
	return v->line_count != 0 ? v->lines[0] :
	    str_of(verdict_defaults[kind][v->action].text);
}

void
session_answer_verdict(struct session *s, enum hook_kind kind,
    const struct verdict *v)
{
	struct str			 line = verdict_text(kind, v);
	struct smtp_answer		 a = { .code = verdict_code(kind, v),
	    .lines = &line, .line_count = 1 };

	a.utf8 = s->txn != NULL && s->txn->facts.options.smtputf8;
	verdict_enhanced(kind, v, a.enhanced);
	a.plain = a.enhanced[0] == 0;
	if (v->line_count != 0) {
		a.lines = v->lines;
		a.line_count = v->line_count;
	}
	session_write(s, &a);
}

void
session_accept_verdict(struct session *s, enum hook_kind kind,
    const struct verdict *v)
{
	session_answer_verdict(s, kind, v);
	if (v->disconnect)
		session_close(s);
}

/* ---- One error of the client's ------------------------------------------ */

void
session_refuse_verdict(struct session *s, enum hook_kind kind,
    const struct verdict *v)
{
	patience_error(s);
	session_answer_verdict(s, kind, v);
	account_refusal(s, hook_name(kind), verdict_code(kind, v),
	    verdict_text(kind, v));
	patience_after(s, v->disconnect);
}

void
session_refuse(struct session *s, const struct smtp_refusal *why)
{
	struct str		line = str_of(why->text);
	struct smtp_answer	a = { .code = why->code,
	    .plain = why->enhanced[0] == 0, .lines = &line, .line_count = 1 };

	memcpy(a.enhanced, why->enhanced, sizeof a.enhanced);
	patience_error(s);
	account_refusal(s, NULL, why->code, line);
	session_write(s, &a);
	patience_after(s, why->close);
}
