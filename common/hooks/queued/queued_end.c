/*
 * Each end writes the answer, all of it or nothing; metadata are the run's
 * until its end.
 */
#include <string.h>

#include "hooks/mail/queue_private.h"
#include "spool/fields.h"

#include "queued_end.h"
#include "queued_private.h"

#define METADATA_MAX	(64 * 1024)

static struct queued_run *
queued_run(const struct hsl_call *c)
{
	return hsl_data(c->x);
}

/* ---- Endings ------------------------------------------------------------- */

enum hsl_rc
queued_exit(struct queued_run *r, const struct queued_answer *a)
{
	r->answer = *a;
	r->run.data.verdict.action = VERDICT_ACCEPT;
	return HSL_EXIT;
}

static enum hsl_rc
queued_end(struct hsl_call *c, const char *name, enum queued_action action)
{
	struct queued_run	*r = queued_run(c);
	struct spool_entry	 entry = { .queue = 0 };
	struct buf		 list = BUF_INIT;
	struct queue_call	 q = { .c = c, .name = name,
				    .entry = &entry, .list = &list,
				    .arena = ARENA_INIT };
	struct ending_call	 e = { .q = &q, .r = r, .answer = {
				    .action = action, .counted = true } };
	enum hsl_rc		 rc = HSL_OK;

	if (r->delivered && action != QUEUED_GOES_ON)
		return hsl_throw(c, "%s: the message was delivered", name);
	/* A reason alone, as Delete() takes it. */
	if (c->argc > 0 && action == QUEUED_DELETE &&
	    c->argv[0].type == HSL_STRING)
		rc = ending_reason(&e, c->argv[0]);
	else if (c->argc > 0)
		rc = ending_read(&e, c->argv[0]);
	arena_free(&q.arena);
	buf_free(&list);
	return rc == HSL_OK ? queued_exit(r, &e.answer) : rc;
}

enum hsl_rc
terminate_queue(struct hsl_call *c)
{
	return queued_end(c, "Queue", QUEUED_QUEUE);
}

enum hsl_rc
terminate_bounce(struct hsl_call *c)
{
	return queued_end(c, "Bounce", QUEUED_BOUNCE);
}

enum hsl_rc
terminate_delete(struct hsl_call *c)
{
	return queued_end(c, "Delete", QUEUED_DELETE);
}

enum hsl_rc
terminate_default(struct hsl_call *c)
{
	return queued_end(c, "Default", QUEUED_GOES_ON);
}

/* As long as it is read here, it is not too long for who keeps it. */
static enum hsl_rc
try_fits(struct hsl_call *c, const struct wish *w)
{
	struct buf	b = BUF_INIT;
	int		rc = wish_put(&b, w);

	if (b.mem != NULL)
		explicit_bzero(b.mem, b.cap);
	buf_free(&b);
	return rc == 0 ? HSL_OK : hsl_throw(c, "Try: the options are more "
	    "than %d bytes", WISH_BYTES_MAX);
}

enum hsl_rc
terminate_try(struct hsl_call *c)
{
	struct predelivery_run	*r = hsl_data(c->x);
	struct queued_answer	 a = { .action = QUEUED_GOES_ON };
	struct wish		 wish;
	struct try_call		 t = { .c = c, .wish = &wish,
				    .arena = &r->q.arena,
				    .transports = r->q.run.transports };
	struct err		 e;

	memset(&wish, 0, sizeof wish);
	if (c->argc > 0 && (try_options(&t, c->argv[0]) != HSL_OK ||
	    try_fits(c, &wish) != HSL_OK))
		return HSL_THROW;
	if (predelivery_keep_context(r, &e) == -1)
		return hsl_throw(c, "Try: %s", e.text);
	r->wish = wish;
	return queued_exit(&r->q, &a);
}

bool
queued_ended(struct queued_run *r)
{
	bool	well = r->run.data.verdict.action == VERDICT_ACCEPT;

	if (!well || !hsl_exited(r->run.exec))
		r->answer = (struct queued_answer){ .action =
		    QUEUED_GOES_ON };
	return well;
}

/* ---- Metadata ------------------------------------------------------------ */

/* As it is now. */
static struct str
queued_metadata(const struct queued_run *r)
{
	return r->has_metadata ? r->metadata : r->entry->metadata;
}

/* The product's own stays. */
static void
metadata_own(struct buf *out, struct str pairs)
{
	struct str	key, value;

	while (fields_list_next(&pairs, &key) == 0 &&
	    fields_list_next(&pairs, &value) == 0)
		if (key.len > 0 && key.p[0] == '_') {
			fields_list_add(out, key);
			fields_list_add(out, value);
		}
}

enum hsl_rc
queued_set_metadata(struct hsl_call *c)
{
	struct queued_run	*r = queued_run(c);
	struct spool_entry	 entry = { .queue = 0 };
	struct buf		 list = BUF_INIT, all = BUF_INIT;
	struct queue_call	 q = { .c = c, .name = "SetMetaData",
				    .entry = &entry, .list = &list,
				    .arena = ARENA_INIT };
	enum hsl_rc		 rc;

	rc = c->argv[0].type != HSL_ARRAY ? queue_wrong(&q, "metadata",
	    "an array of texts by texts") :
	    queue_option(&q, "metadata", c->argv[0]);
	metadata_own(&all, queued_metadata(r));
	buf_add_str(&all, entry.metadata);
	if (rc == HSL_OK && all.len > METADATA_MAX)
		rc = hsl_throw(c, "SetMetaData: metadata is more than %d "
		    "bytes", METADATA_MAX);
	if (rc == HSL_OK) {
		r->metadata = arena_str(&r->arena, buf_str(&all));
		r->has_metadata = true;
	}
	arena_free(&q.arena);
	buf_free(&list);
	buf_free(&all);
	return rc;
}

enum hsl_rc
queued_get_metadata(struct hsl_call *c)
{
	*c->ret = queued_pairs(c->x, queued_metadata(queued_run(c)));
	return HSL_OK;
}

void
queued_change_metadata(struct queued_run *r)
{
	if (!r->has_metadata)
		return;
	r->answer.change.changed |= STATE_CHANGED_METADATA;
	r->answer.change.metadata = r->metadata;
}
