/*
 * A loop, a hook and a table of transports for each run.
 */
#include "base/uuid.h"
#include "conf/params.h"
#include "event/loop.h"
#include "hooks/hooks.h"
#include "hooks/queue_host.h"
#include "judged.h"
#include "schedule/transport.h"
#include "spool/fields.h"

static char		 said[512];
static struct loop	*loop;
static struct judged	*now;

static int
source_size(void *arg, uint64_t *size, struct err *e)
{
	(void)e;
	*size = strlen(arg);
	return 0;
}

static int
source_read(void *arg, char *to, size_t size, struct err *e)
{
	(void)e;
	memcpy(to, arg, size);
	return 0;
}

static char				 as_received[] = "as received";
static char				 as_sent[] = "as sent";
static const struct file_source		 original = { source_size,
    source_read, as_received };
static const struct file_source		 modified = { source_size,
    source_read, as_sent };
static const struct spool_id		 id = { .queue = 7 };
static const struct logctx		 ctx;

void
judged_init(struct judged *j)
{
	memset(j, 0, sizeof *j);
	smtp_reply_init(&j->reply);
	j->reply.code = 450;
	smtp_reply_add_line(&j->reply, STR("Later"));
	j->connection = attempt_connection_new(STR("mx.example"),
	    STR("us.example"), STR(""));
	j->attempt = (struct attempt){ .reply = &j->reply, .temporary = true,
	    .state = SMTP_STATE_MAIL, .connection = j->connection,
	    .message = "" };
	j->entry = (struct spool_entry){ .sender = STR("S@From.example"),
	    .recipient = STR("R@To.example"), .transportid = STR("mx"),
	    .serverid = STR("inbound") };
	j->answer = (struct buf)BUF_INIT;
	j->rq = (struct postdelivery_request){ .id = &id,
	    .entry = &j->entry, .by_default = POSTDELIVERY_QUEUES,
	    .attempt = &j->attempt, .original = &original,
	    .modified = &modified, .log = &ctx };
}

void
judged_fini(struct judged *j)
{
	smtp_reply_fini(&j->reply);
	attempt_connection_unref(j->connection);
	buf_free(&j->answer);
}

/* ---- Answers as text ----------------------------------------------------- */

static void
say_UINT(struct buf *b, const char *name, uint64_t n)
{
	if (n != 0)
		buf_printf(b, " dsn.%s=%llu", name, (unsigned long long)n);
}

static void
say_TEXT(struct buf *b, const char *name, struct str s)
{
	if (s.len > 0)
		buf_printf(b, " dsn.%s=%.*s", name, (int)s.len, s.p);
}

static void
say_list(struct buf *b, const char *name, struct str list)
{
	struct str	one;
	const char	*before = "";

	buf_printf(b, " %s=[", name);
	for (; fields_list_next(&list, &one) == 0; before = "|") {
		buf_add_text(b, before);
		buf_add_str(b, one);
	}
	buf_add_byte(b, ']');
}

static void
say_LIST(struct buf *b, const char *name, struct str list)
{
	char	full[64];

	(void)snprintf(full, sizeof full, "dsn.%s", name);
	if (list.len > 0)
		say_list(b, full, list);
}

#define say_PAIRS	say_LIST

static void
say_change(struct buf *b, const struct entry_state *s)
{
	if ((s->changed & STATE_CHANGED_PRIORITY) != 0)
		buf_printf(b, " priority=%u", (unsigned)s->priority);
	if ((s->changed & STATE_CHANGED_TRANSPORT) != 0)
		buf_printf(b, " transportid=%.*s", (int)s->transportid.len,
		    s->transportid.p);
	if ((s->changed & STATE_CHANGED_TENANT) != 0)
		buf_printf(b, " tenantid=%.*s", (int)s->tenantid.len,
		    s->tenantid.p);
	if ((s->changed & STATE_CHANGED_JOB) != 0)
		buf_printf(b, " jobid=%.*s", (int)s->jobid.len, s->jobid.p);
	if ((s->changed & STATE_CHANGED_QUOTAS) != 0)
		say_list(b, "quotas", s->quotas);
	if ((s->changed & STATE_CHANGED_METADATA) != 0)
		say_list(b, "metadata", s->metadata);
}

static void
say_answer(struct buf *b, const struct postdelivery_answer *a)
{
	static const char *const	names[] = { "DEFAULT", "QUEUE",
	    "BOUNCE", "DELETE" };

	buf_add_text(b, names[a->action]);
	if (a->hold)
		buf_add_text(b, " hold");
	if (a->has_delay)
		buf_printf(b, " delay=%lld", (long long)a->delay_ms);
	if (a->action == POSTDELIVERY_QUEUE && !a->counted)
		buf_add_text(b, " uncounted");
	if (a->reset)
		buf_add_text(b, " reset");
	if (a->has_delayed)
		buf_printf(b, " delayed=%d", a->delayed);
	if (a->reason.len > 0)
		buf_printf(b, " reason=%.*s", (int)a->reason.len,
		    a->reason.p);
	say_change(b, &a->change);
#define ORDER_FIELD(tag, kind, name, max, what)				\
	say_##kind(b, #name, a->dsn.name);
#include "dsn/order.def"
#undef ORDER_FIELD
}

/* ---- Runs ---------------------------------------------------------------- */

static void
judged_report(void *arg, const struct hsl_diag *d)
{
	(void)arg;
	(void)snprintf(said, sizeof said, "%d:%d: %s", d->line, d->column,
	    d->text);
}

static void
judged_on_error(void)
{
	if (now != NULL)
		now->errors++;
}

static void
judged_done(void *arg, const struct postdelivery_answer *a)
{
	struct judged	*j = arg;

	buf_clear(&j->answer);
	say_answer(&j->answer, a);
	loop_stop(loop);
}

static struct hook *
judged_hook(const char *script, const struct queue_host *queue)
{
	struct hook_config	c = { .offers = hooks_host(HOOK_POSTDELIVERY),
	    .host = { .loop = loop, .queue = queue },
	    .limits = hsl_limits_default, .on_error = judged_on_error };

	c.limits.instructions = 1000000;
	said[0] = '\0';
	return hook_new(HOOK_POSTDELIVERY, &c, "t", str_of(script),
	    judged_report, NULL);
}

static struct hook *
judged_begin(struct judged *j, const char *script, struct queue_host *queue)
{
	static struct params	params;
	struct hook		*h;

	*queue = (struct queue_host){ .hostname = "us.example" };
	assert_int_equal(transports_compile(&queue->transports,
	    "transport.cf", STR("transport mx mx -\n"), &params, NULL, NULL),
	    0);
	loop = loop_new(NULL);
	h = judged_hook(script, queue);
	if (h == NULL)
		fail_msg("%s: %s", script, said);
	now = j;
	j->rq.done = judged_done;
	j->rq.arg = j;
	return h;
}

static void
judged_end(struct hook **h, struct queue_host *queue)
{
	hook_free(h);
	transports_free(&queue->transports);
	loop_free(&loop);
	now = NULL;
}

const char *
judged_run(struct judged *j, const char *script)
{
	struct queue_host	 queue;
	struct hook		*h = judged_begin(j, script, &queue);

	(void)postdelivery_start(h, &j->rq);
	assert_int_equal(loop_run(loop), 0);
	judged_end(&h, &queue);
	return buf_cstr(&j->answer);
}

void
judged_give_up(struct judged *j, const char *script)
{
	struct queue_host	 queue;
	struct hook		*h = judged_begin(j, script, &queue);
	struct postdelivery_run	*r = postdelivery_start(h, &j->rq);

	postdelivery_cancel(&r);
	assert_null(r);
	postdelivery_cancel(&r);
	judged_end(&h, &queue);
}

const char *
judged_compile(const char *script)
{
	struct hook	*h;

	loop = loop_new(NULL);
	h = judged_hook(script, NULL);
	hook_free(&h);
	loop_free(&loop);
	return said;
}
