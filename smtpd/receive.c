/*
 * A message's bytes, by DATA or by BDAT.  They are copied once, from the
 * socket's buffer into the body; a message that will be refused is read to its
 * true end all the same, so that no byte of it is ever taken for a command.
 */
#include "server.h"
#include "session.h"
#include "transaction.h"

static void	receive_line(void *arg, struct str piece);
static void	receive_field(void *arg, struct str piece);

/* What is changed of the message before it is kept. */
static void
receive_changes(struct session *s)
{
	const struct params	*p = s->server->params;
	struct transaction	*t = s->txn;

	t->normal.lines = p->smtpd_bare_newline ==
	    PARAM_SMTPD_BARE_NEWLINE_NORMALIZE;
	t->normal.nul = p->smtpd_nul == PARAM_SMTPD_NUL_STRIP;
	if (local_user_bound(s))
		t->fields = (struct mime_strip){ .drop = STR("Sender"),
		    .note = STR("From"), .out = receive_line, .arg = s };
	if (t->normal.lines || t->normal.nul || t->fields.out != NULL) {
		t->normal.out = t->fields.out != NULL ? receive_field :
		    receive_line;
		t->normal.arg = s;
	}
}

static void
receive_begin(struct session *s)
{
	const struct params	*p = s->server->params;
	struct transaction	*t = s->txn;

	if (t->body == NULL) {
		t->body = body_new(&s->server->bodies);
		receive_changes(s);
		mime_scan_init(&t->mime, (unsigned)p->mime_depth_limit);
	}
	if (s->intake.since_ms == 0)
		s->intake.since_ms = loop_now_ms(s->server->loop);
}

/* Keeps bytes of the message, unless it is lost already. */
static void
receive_keep(struct session *s, struct str bytes)
{
	struct transaction	*t = s->txn;
	struct err		 e;

	mime_scan_add(&t->mime, bytes);
	if (transaction_scan(t)->size > s->server->params->message_size_limit)
		t->too_big = true;
	if (bytes.len == 0 || t->too_big || t->failed)
		return;
	if (body_add(t->body, bytes, &e) == 0)
		return;
	t->failed = true;
	LOG(EV_SYSTEM_ERROR, &s->log, LOG_STR("reason", e.text));
}

static void
receive_line(void *arg, struct str piece)
{
	struct session	*s = arg;

	smtp_scan_add(&s->txn->kept, piece);
	receive_keep(s, piece);
}

static void
receive_field(void *arg, struct str piece)
{
	struct session	*s = arg;

	mime_strip_add(&s->txn->fields, piece);
}

static void
receive_bytes(struct session *s, struct str bytes)
{
	if (s->txn->normal.out != NULL)
		smtp_normal_add(&s->txn->normal, bytes);
	else
		receive_keep(s, bytes);
}

static void
receive_end(struct session *s)
{
	struct transaction	*t = s->txn;

	if (t->normal.out != NULL) {
		smtp_normal_end(&t->normal);
		if (t->fields.out != NULL)
			mime_strip_end(&t->fields);
		smtp_scan_end(&t->kept);
	}
	session_end_message(s);
}

/* Looks at what came and not at what is kept: if NULs are stripped, one may
 * have stood between a CR and its LF. */
const struct smtp_refusal *
receive_fault(const struct session *s)
{
	static const struct smtp_refusal	lines = { 550, { 5, 6, 0 },
	    "Message has a bare CR or LF", false };
	static const struct smtp_refusal	nul = { 550, { 5, 6, 0 },
	    "Message has a NUL", false };
	const struct transaction		*t = s->txn;
	const struct smtp_scan			*came = &t->reader.scan;

	if ((came->bare_cr || came->bare_lf) && !t->normal.lines)
		return &lines;
	if (came->nul && s->server->params->smtpd_nul ==
	    PARAM_SMTPD_NUL_REJECT)
		return &nul;
	return NULL;
}

/* Whoever sends more than this would not heed a refusal at its end. */
uint64_t
receive_skip_max(const struct session *s)
{
	return s->server->params->message_size_limit + RECEIVE_SKIP_MORE;
}

static void
receive_endless(struct session *s)
{
	static const struct smtp_refusal	big = { 552, { 5, 3, 4 },
	    "Message larger than the limit", true };

	LOG(EV_REFUSE, &s->log, LOG_STR("reason", "endless message"),
	    LOG_STR("client", s->conn.remoteip));
	session_refuse(s, &big);
}

void
session_begin_data(struct session *s)
{
	receive_begin(s);
	life_enter(s, MODE_DATA);
	session_answer(s, 354, NULL, "End data with <CR><LF>.<CR><LF>");
}

size_t
receive_data(struct session *s, struct str in)
{
	struct transaction	*t = s->txn;
	struct str		 run;
	size_t			 used = 0, n;

	while (used < in.len && !smtp_data_done(&t->reader)) {
		n = smtp_data_read(&t->reader,
		    (struct str){ in.p + used, in.len - used }, &run);
		used += n;
		receive_bytes(s, run);
	}
	if (smtp_data_done(&t->reader))
		receive_end(s);
	else if (t->reader.scan.size > receive_skip_max(s))
		receive_endless(s);
	return used;
}

/* ---- BDAT (RFC 3030) --------------------------------------------------- */

static void
chunk_done(struct session *s)
{
	static const struct smtp_refusal	big = { 552, { 5, 3, 4 },
	    "Message larger than the limit", false };
	struct transaction			*t = s->txn;

	life_enter(s, MODE_COMMAND);
	if (s->intake.chunk_last) {
		smtp_scan_end(&t->reader.scan);
		receive_end(s);
	} else if (t->too_big) {
		session_reset(s);
		session_refuse(s, &big);
	} else {
		s->state = STATE_BDAT;
		session_answer(s, 250, "2.0.0", "Chunk taken");
	}
}

void
session_begin_chunk(struct session *s, uint64_t size, bool last)
{
	if (size > receive_skip_max(s)) {
		receive_endless(s);
		return;
	}
	receive_begin(s);
	life_enter(s, MODE_CHUNK);
	s->intake.chunk_left = size;
	s->intake.chunk_last = last;
	if (size == 0)
		chunk_done(s);
}

size_t
receive_chunk(struct session *s, struct str in)
{
	uint64_t	*left = &s->intake.chunk_left;
	size_t		 n = in.len < *left ? in.len : (size_t)*left;

	smtp_scan_add(&s->txn->reader.scan, (struct str){ in.p, n });
	receive_bytes(s, (struct str){ in.p, n });
	*left -= n;
	if (*left == 0)
		chunk_done(s);
	return n;
}
