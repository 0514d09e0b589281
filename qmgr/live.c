/*
 * Policies and suspensions for a time.
 *
 * What there is is in memory.  With keep_dynamic a file of the spool has it
 * too: written anew some time after a change, complete, and renamed into
 * place; times to live are those of the queue's clock.
 *
 *	"HALYLIV1", then of each: uint 1 kind, uint 8 until (queue clock, 0:
 *	for ever), blob; at the end uint 1 0, uint 4 CRC32C of all before it
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/wire.h"
#include "compat/crc32c.h"
#include "ipc/channel.h"
#include "schedule/policy_wire.h"
#include "spool/bytes.h"
#include "spool/disk.h"

#include "live.h"
#include "policies.h"

#define LIVE_FILE	"dynamic"
#define LIVE_NEW	"dynamic.new"
#define LIVE_MAGIC	"HALYLIV1"
#define LIVE_KEEP_MS	1000
#define LIVE_FILE_MAX	(256U << 20)
#define LIVE_ITEM_MAX	POLICY_WIRE_MAX
#define LIVE_TAG_MAX	32
#define LIVE_START	"start"
/* Of answers that a worker does not read: no honest one asks for so many. */
#define LIVE_QUEUED_MAX	(1U << 20)

static struct {
	struct worker	*worker;
	struct timer	 keep;
	bool		 open;
	bool		 unkept;	/* since a change */
} live;

/* ---- Over a restart ------------------------------------------------------ */

struct live_writer {
	struct buf	bytes, item;
	bool		failed;
};

static void
live_put(struct live_writer *w, enum live_kind kind, int64_t expires_ms)
{
	int64_t	until = 0;

	if (expires_ms != INT64_MAX)
		until = keeper_queue_ms() + expires_ms - delivery_now();
	if (expires_ms != INT64_MAX && until <= keeper_queue_ms())
		return;
	wire_put_uint(&w->bytes, (uint64_t)kind, 1);
	wire_put_uint(&w->bytes, (uint64_t)until, 8);
	if (wire_put_blob(&w->bytes, buf_str(&w->item), LIVE_ITEM_MAX) == -1)
		w->failed = true;
}

static void
live_put_policy(void *arg, const struct policy_dynamic *d)
{
	struct live_writer		*w = arg;
	const struct policy_dynamic_in	 in = { .id = d->id, .type = d->type,
					    .fields = d->fields, .on = d->on,
					    .limits = d->limits };

	buf_clear(&w->item);
	if (policy_dynamic_put(&w->item, &in) == -1)
		w->failed = true;
	else
		live_put(w, LIVE_KIND_POLICY, d->expires_ms);
}

static void
live_put_suspension(void *arg, const struct policy_suspension *s)
{
	struct live_writer		*w = arg;
	struct policy_suspend_in	 in = { .id = s->id, .tag = s->tag,
					    .properties = s->properties,
					    .property_count =
					    s->property_count };
	int				 f;

	for (f = 0; f < POLICY_FIELDS; f++)
		in.on.of[f] = s->on[f];
	buf_clear(&w->item);
	if (policy_suspend_put(&w->item, &in) == -1)
		w->failed = true;
	else
		live_put(w, LIVE_KIND_SUSPENSION, s->expires_ms);
}

/* The new one is whole before it takes the place of the one before. */
static int
live_write(struct str bytes, struct err *e)
{
	struct disk		*d = keeper_disk();
	struct disk_file	*f = NULL;
	int			 rc;

	(void)disk_unlink(d, LIVE_NEW);
	if (disk_open(d, LIVE_NEW, DISK_CREATE, &f) == -1)
		return err_errno(e, LIVE_NEW);
	rc = disk_write_bytes(f, bytes.p, bytes.len, 0);
	if (rc == 0)
		rc = disk_sync(f);
	disk_close(&f);
	if (rc == -1 || disk_rename(d, LIVE_NEW, LIVE_FILE) == -1 ||
	    disk_sync_dir(d, "") == -1)
		return err_errno(e, LIVE_FILE);
	return 0;
}

static void
live_keep(void *arg)
{
	struct live_writer	w = { .bytes = BUF_INIT, .item = BUF_INIT };
	struct err		e;

	(void)arg;
	if (!live.open || keeper_book() == NULL)
		return;
	live.unkept = false;
	buf_add_text(&w.bytes, LIVE_MAGIC);
	policy_live_show(policies_live(), live_put_policy,
	    live_put_suspension, &w);
	wire_put_uint(&w.bytes, 0, 1);
	wire_put_uint(&w.bytes, crc32c(0, buf_data(&w.bytes), w.bytes.len),
	    4);
	if (w.failed || live_write(buf_str(&w.bytes), &e) == -1) {
		LOG(EV_QUEUE_ERROR, NULL, LOG_STR("reason",
		    w.failed ? "a policy is too long to be kept" : e.text));
		live.unkept = true;
		timer_start(&live.keep, 60 * LIVE_KEEP_MS);
	}
	buf_free(&w.bytes);
	buf_free(&w.item);
}

static int
live_get_item(enum live_kind kind, int64_t ttl_ms, struct str item)
{
	struct policy_dynamic_in	in;
	struct policy_suspend_in	s;
	struct str			id;
	struct err			e;

	if (kind == LIVE_KIND_POLICY) {
		if (policy_dynamic_get(&in, item) == -1)
			return -1;
		in.ttl_ms = ttl_ms;
		(void)policy_live_add(policies_live(), &in, delivery_now(),
		    &id, &e);
		policy_wire_free(&in.limits.properties);
		return 0;
	}
	if (policy_suspend_get(&s, item) == -1)
		return -1;
	s.ttl_ms = ttl_ms;
	(void)policy_live_suspend(policies_live(), &s, delivery_now(), &id,
	    &e);
	policy_wire_free(&s.properties);
	return 0;
}

/* A file of another make, or a damaged one, is none. */
static int
live_get(struct str bytes)
{
	size_t		magic = strlen(LIVE_MAGIC);
	struct rbuf	r;
	uint64_t	kind, until;
	struct str	item;

	if (bytes.len < magic + 5 ||
	    memcmp(bytes.p, LIVE_MAGIC, magic) != 0 ||
	    bytes_get((const unsigned char *)bytes.p + bytes.len - 4, 4) !=
	    crc32c(0, bytes.p, bytes.len - 4))
		return -1;
	r = (struct rbuf){ (const unsigned char *)bytes.p + magic,
	    bytes.len - magic - 4 };
	while (wire_get_uint(&r, &kind, 1) == 0 && kind != 0) {
		if (kind > LIVE_KIND_SUSPENSION ||
		    wire_get_uint(&r, &until, 8) == -1 ||
		    wire_get_blob(&r, &item, LIVE_ITEM_MAX) == -1)
			return -1;
		if (until != 0 && (int64_t)until <= keeper_queue_ms())
			continue;
		if (live_get_item((enum live_kind)kind, until == 0 ? 0 :
		    (int64_t)until - keeper_queue_ms(), item) == -1)
			return -1;
	}
	return r.len == 0 ? 0 : -1;
}

static void
live_load(void)
{
	struct disk_file	*f;
	uint64_t		 size;
	char			*bytes;
	struct err		 e;
	int			 rc = -1;

	if (disk_open(keeper_disk(), LIVE_FILE, DISK_READ, &f) == -1)
		return;
	if (disk_size(f, &size) == 0 && size <= LIVE_FILE_MAX) {
		bytes = xmalloc(size + 1);
		if (disk_read(f, bytes, size, 0) == (ssize_t)size)
			rc = live_get((struct str){ bytes, size });
		free(bytes);
	}
	disk_close(&f);
	if (rc == 0)
		return;
	(void)err_set(&e, LIVE_FILE ": it does not read: the policies and "
	    "suspensions in it are lost");
	LOG(EV_QUEUE_ERROR, NULL, LOG_STR("reason", e.text));
}

static void
live_suspend_start(void)
{
	const struct policy_suspend_in	in = { .id = STR(LIVE_START),
					    .tag = STR(LIVE_START) };
	struct str			id;
	struct err			e;

	if (policy_live_suspend(policies_live(), &in, delivery_now(), &id,
	    &e) == -1)
		LOG(EV_QUEUE_ERROR, NULL, LOG_STR("reason", e.text));
}

/* ---- Changes ------------------------------------------------------------- */

static void
live_changed(void)
{
	policies_changed();
	if (!live.worker->params.keep_dynamic || live.unkept)
		return;
	live.unkept = true;
	timer_start(&live.keep, LIVE_KEEP_MS);
}

static void
live_log(const struct live_asker *who, const char *action, struct str id)
{
	LOG(EV_QUEUE_POLICY, NULL,
	    LOG_STR("by", ipc_role_name(who->role)),
	    LOG_NUM("uid", who->uid), LOG_STR("action", action),
	    LOG_BYTES("id", id));
}

static int
live_answer(const struct live_asker *who, uint64_t ask,
    enum live_status status, struct str id, const char *text)
{
	struct ipc_LIVE_ANSWER	m = { .ask = ask,
				    .status = (uint32_t)status };

	if (id.len < sizeof m.id && id.len > 0)
		memcpy(m.id, id.p, id.len);
	if (text != NULL)
		(void)strlcpy(m.text, text, sizeof m.text);
	CHANNEL_PUT(who->channel, LIVE_ANSWER, -1, &m);
	return 0;
}

/* NULL: he may. */
static const char *
live_bars(const struct live_asker *who, uint32_t kind)
{
	if (who->role == IPC_SMTPD &&
	    !live.worker->params.smtpd_queue_control)
		return "smtpd_queue_control is no";
	if (who->role == IPC_OPERATE && kind != LIVE_KIND_SUSPENSION)
		return "only an administrator may";
	return NULL;
}

static bool
live_is_sane(const struct live_asker *who, uint32_t kind)
{
	return channel_queued(who->channel) <= LIVE_QUEUED_MAX &&
	    (kind == LIVE_KIND_POLICY || kind == LIVE_KIND_SUSPENSION);
}

/* It can't be done, and that was answered. */
static bool
live_refuses(const struct live_asker *who, uint64_t ask, uint32_t kind)
{
	const char	*why = live_bars(who, kind);

	if (why != NULL)
		(void)live_answer(who, ask, LIVE_REFUSED, STR_NONE, why);
	else if (policies_live() == NULL)
		(void)live_answer(who, ask, LIVE_NOT_YET, STR_NONE,
		    "the queue is still being read");
	else
		return false;
	return true;
}

static int
live_add_policy(const struct live_asker *who, const struct ipc_LIVE_ADD *m)
{
	struct policy_dynamic_in	in;
	struct str			id = STR_NONE;
	struct err			e;
	int				rc;

	if (policy_dynamic_get(&in, m->what) == -1)
		return -1;
	if (in.limits.tag.len > LIVE_TAG_MAX)
		rc = err_set(&e, "tag: longer than %d bytes", LIVE_TAG_MAX);
	else
		rc = policy_live_add(policies_live(), &in, delivery_now(),
		    &id, &e);
	policy_wire_free(&in.limits.properties);
	if (rc == -1)
		return live_answer(who, m->ask, LIVE_WRONG, STR_NONE,
		    e.text);
	if (rc == 0)
		return live_answer(who, m->ask, LIVE_NONE, STR_NONE,
		    "no policy of policy.cf has exactly these fields; one "
		    "without limits of its own will do");
	live_log(who, "policy", id);
	live_changed();
	return live_answer(who, m->ask, LIVE_DONE, id, NULL);
}

static int
live_add_suspension(const struct live_asker *who,
    const struct ipc_LIVE_ADD *m)
{
	struct policy_suspend_in	in;
	struct str			id = STR_NONE;
	struct err			e;
	int				rc;

	if (policy_suspend_get(&in, m->what) == -1)
		return -1;
	if (in.tag.len > LIVE_TAG_MAX)
		rc = err_set(&e, "tag: longer than %d bytes", LIVE_TAG_MAX);
	else
		rc = policy_live_suspend(policies_live(), &in,
		    delivery_now(), &id, &e);
	policy_wire_free(&in.properties);
	if (rc == -1)
		return live_answer(who, m->ask, LIVE_WRONG, STR_NONE,
		    e.text);
	live_log(who, "suspend", id);
	live_changed();
	return live_answer(who, m->ask, LIVE_DONE, id, NULL);
}

int
live_on_add(const struct live_asker *who, struct rbuf *r)
{
	struct ipc_LIVE_ADD	m;

	if (ipc_get_LIVE_ADD(r, &m) == -1 ||
	    !live_is_sane(who, m.kind))
		return -1;
	if (live_refuses(who, m.ask, m.kind))
		return 0;
	return m.kind == LIVE_KIND_POLICY ? live_add_policy(who, &m) :
	    live_add_suspension(who, &m);
}

int
live_on_delete(const struct live_asker *who, struct rbuf *r)
{
	struct ipc_LIVE_DELETE	m;
	struct str		id;
	bool			gone;

	if (ipc_get_LIVE_DELETE(r, &m) == -1 ||
	    !live_is_sane(who, m.kind))
		return -1;
	if (live_refuses(who, m.ask, m.kind))
		return 0;
	id = str_of(m.id);
	gone = m.kind == LIVE_KIND_POLICY ?
	    policy_live_delete(policies_live(), id) :
	    policy_live_resume(policies_live(), id);
	if (!gone)
		return live_answer(who, m.ask, LIVE_NONE, STR_NONE,
		    "there is none of this id");
	live_log(who, m.kind == LIVE_KIND_POLICY ? "delete" : "resume", id);
	live_changed();
	return live_answer(who, m.ask, LIVE_DONE, id, NULL);
}

/* ---- Start --------------------------------------------------------------- */

void
live_prepare(struct worker *w)
{
	live.worker = w;
	timer_init(&live.keep, w->loop, live_keep, NULL);
}

void
live_open(void)
{
	live.open = true;
	if (live.worker->params.keep_dynamic)
		live_load();
	else
		(void)disk_unlink(keeper_disk(), LIVE_FILE);
	if (live.worker->params.suspend_at_start)
		live_suspend_start();
	policies_changed();
}

/* What was changed just now is kept, too. */
void
live_close(void)
{
	if (live.open && live.unkept)
		live_keep(NULL);
	timer_stop(&live.keep);
	live.open = live.unkept = false;
}
