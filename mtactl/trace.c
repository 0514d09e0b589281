/*
 * mtactl trace: attempts to deliver, as they happen.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "queue/queue_trace.h"
#include "queue_talk.h"
#include "report.h"
#include "spool/spool_id.h"
#include "terminal.h"

QUEUE_TALK_SENDER(QUEUE_TRACE)

struct trace_view {
	const struct queue_args	*args;
	uint64_t		*last_ms;	/* by attempt */
	struct buf		 out;
};

/* What is known of an entry only after its attempt. */
static int
trace_check(const struct queue_args *a, struct err *e)
{
	static const char *const	not[] = { "state", "retrydelay",
					    "grouping" };
	size_t				i, n;

	if (a->terms > QUEUE_TRACE_TERMS)
		return err_set(e, "more than %d terms", QUEUE_TRACE_TERMS);
	for (i = 0; i < a->terms; i++)
		for (n = 0; n < sizeof not / sizeof *not; n++)
			if (str_eq(a->term[i].name, str_of(not[n])))
				return err_set(e, "--%s: attempts can't be "
				    "picked by that", not[n]);
	return 0;
}

/* ---- Lines --------------------------------------------------------------- */

static void
trace_id(char out[SPOOL_ID_TEXT], const struct ipc_QUEUE_TRACED *m)
{
	struct spool_id	id;

	spool_id_get(&id, (const unsigned char *)m->id.p);
	spool_id_text(out, &id);
}

static void
trace_json(struct buf *b, const struct ipc_QUEUE_TRACED *m)
{
	char	id[SPOOL_ID_TEXT];

	trace_id(id, m);
	buf_printf(b, "{\"attempt\":%" PRIu32 ",\"id\":\"%s\",\"worker\":%"
	    PRIu32 ",\"ms\":%" PRIu64 ",\"what\":\"%s\",\"text\":",
	    m->attempt, id, m->worker, m->ms, queue_traced_name(m->what));
	buf_add_json(b, m->text);
	if (m->dropped > 0)
		buf_printf(b, ",\"dropped\":%" PRIu32, m->dropped);
	buf_add_text(b, "}\n");
}

static void
trace_begin_text(struct buf *b, const struct ipc_QUEUE_TRACED *m)
{
	char	id[SPOOL_ID_TEXT];

	trace_id(id, m);
	buf_printf(b, "#%" PRIu32 " %s, worker %" PRIu32 "\n#%" PRIu32
	    "   ", m->attempt, id, m->worker, m->attempt);
	terminal_add(b, m->text);
	buf_printf(b, "\n#%" PRIu32 " %7s %6s\n", m->attempt, "ms", "+ms");
}

/* "#1      12     +3  < 250 OK" */
static void
trace_text(struct trace_view *v, const struct ipc_QUEUE_TRACED *m)
{
	static const char *const	signs[] = {
		[QUEUE_TRACED_NOTE] = "--", [QUEUE_TRACED_SENT] = ">",
		[QUEUE_TRACED_RECEIVED] = "<", [QUEUE_TRACED_VERDICT] = "==",
		[QUEUE_TRACED_END] = "==" };
	uint64_t			*last = &v->last_ms[m->attempt - 1];

	if (m->dropped > 0)
		buf_printf(&v->out, "(%" PRIu32 " lines were dropped)\n",
		    m->dropped);
	if (m->what == QUEUE_TRACED_BEGIN) {
		trace_begin_text(&v->out, m);
		return;
	}
	if (m->what == QUEUE_TRACED_END && m->text.len == 0)
		return;
	buf_printf(&v->out, "#%" PRIu32 " %7" PRIu64 " %+6" PRId64 "  %-2s ",
	    m->attempt, m->ms, (int64_t)(m->ms - *last), signs[m->what]);
	terminal_add(&v->out, m->text);
	buf_add_byte(&v->out, '\n');
	*last = m->ms;
}

static int
trace_line(struct trace_view *v, const struct ipc_QUEUE_TRACED *m,
    struct err *e)
{
	if (m->attempt == 0) {
		if (!v->args->json)
			(void)fprintf(stderr, "mtactl: %" PRIu32 " deliver "
			    "worker%s watched; ^C ends\n", m->worker,
			    m->worker == 1 ? "" : "s");
		return 0;
	}
	if (m->attempt > v->args->count || m->what >= QUEUE_TRACED_MAX ||
	    m->id.len != SPOOL_ID_SIZE)
		return err_set(e, "qmgr sent a frame that makes no sense");
	buf_clear(&v->out);
	if (v->args->json)
		trace_json(&v->out, m);
	else
		trace_text(v, m);
	if (fwrite(buf_data(&v->out), 1, v->out.len, stdout) != v->out.len ||
	    fflush(stdout) != 0)
		return err_set(e, "standard output takes no more");
	return 0;
}

/* ---- The verb ------------------------------------------------------------ */

static int
trace_listen(struct trace_view *v, struct ipc_caller *cl,
    struct ipc_QUEUE_DONE *done, struct err *e)
{
	struct ipc_QUEUE_TRACED	m;
	struct rbuf		r;
	int			type;

	for (;;) {
		type = ipc_caller_recv(cl, &r, -1, e);
		if (type == -1)
			return TALK_FAILED;
		if (type == IPC_QUEUE_DONE &&
		    ipc_get_QUEUE_DONE(&r, done) == 0)
			return done->failed ? err_set(e, "%s", done->text) :
			    TALK_OK;
		if (type != IPC_QUEUE_TRACED ||
		    ipc_get_QUEUE_TRACED(&r, &m) == -1)
			return err_set(e, "qmgr sent a frame that does not "
			    "decode");
		if (trace_line(v, &m, e) == -1)
			return TALK_FAILED;
	}
}

static int
trace_over(const struct queue_args *a, const struct ipc_QUEUE_DONE *done)
{
	if (a->json)
		(void)printf("{\"what\":\"over\",\"attempts\":%" PRIu64
		    ",\"dropped\":%" PRIu64 "}\n", done->matched, done->busy);
	else if (done->matched < a->count || done->busy > 0)
		(void)fprintf(stderr, "mtactl: %" PRIu64 " attempt%s in %"
		    PRIu64 " s; %" PRIu64 " lines were dropped\n",
		    done->matched, done->matched == 1 ? "" : "s",
		    a->seconds, done->busy);
	return done->matched > 0 ? CTL_OK : CTL_FAILED;
}

static int
trace_run(const struct ctl *c, const struct queue_args *a)
{
	struct trace_view	v = { .args = a, .out = BUF_INIT };
	struct ipc_QUEUE_DONE	done;
	struct ipc_caller	cl;
	struct err		e;
	int			rc;

	if ((rc = queue_talk_connect(c, &cl, IPC_ADMIN, &e)) != TALK_OK)
		return talk_fail(rc, &e);
	v.last_ms = xcalloc(a->count, sizeof *v.last_ms);
	if ((rc = queue_talk_terms(&cl, a, &e)) == 0 &&
	    (rc = QUEUE_TALK_PUT(&cl, QUEUE_TRACE, &e, {
	    (uint32_t)a->count, (uint32_t)a->seconds })) == 0)
		rc = trace_listen(&v, &cl, &done, &e);
	ipc_caller_close(&cl);
	free(v.last_ms);
	buf_free(&v.out);
	return rc == TALK_OK ? trace_over(a, &done) : talk_fail(rc, &e);
}

int
verb_trace(const struct ctl *c, int argc, char **argv)
{
	struct queue_args	a;
	struct err		e;
	int			rc;

	if (queue_args_parse(&a, false, argc, argv, &e) == -1 ||
	    trace_check(&a, &e) == -1) {
		(void)verb_fail(&e);
		rc = verb_usage();
	} else if (a.group != NULL || a.assigns > 0 || a.columns > 0 ||
	    a.limit > 0 || a.after != NULL)
		rc = verb_usage();
	else {
		if (a.count == 0)
			a.count = 10;
		if (a.seconds == 0)
			a.seconds = 600;
		rc = trace_run(c, &a);
	}
	queue_args_fini(&a);
	return rc;
}
