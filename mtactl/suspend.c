/*
 * mtactl suspend: where nothing is delivered to for a time.
 */
#include <stdio.h>

#include "schedule/policy_wire.h"

#include "policy_talk.h"
#include "policy_words.h"

#define SUSPEND_ROW	"%-38s%-16s%-14s%s\n"
#define SUSPEND_INDENT	4

static void
suspend_list_head(void)
{
	(void)printf(SUSPEND_ROW, "ID", "FROM", "HOLDS", "ENDS");
}

static void
suspend_words(struct buf *out, const json_t *row)
{
	words_fields(out, row);
	if (json_object_get(row, "tag") != NULL) {
		buf_add_text(out, ", tag ");
		words_text(out, row, "tag");
	}
	if (json_object_get(row, "window") != NULL) {
		buf_add_text(out, ", window ");
		words_text(out, row, "window");
	}
}

static void
suspend_list_row(const json_t *row)
{
	struct buf	id = BUF_INIT, from = BUF_INIT, ends = BUF_INIT;
	struct buf	words = BUF_INIT, out = BUF_INIT;
	const char	*holds = json_is_true(json_object_get(row,
			    "suspends")) ? "yes" : json_is_true(
			    json_object_get(row, "detached")) ?
			    "(detached)" : "not now";

	words_text(&id, row, "id");
	if (json_object_get(row, "file") != NULL)
		words_place(&from, row);
	else
		buf_add_text(&from, "-");
	words_ends(&ends, row);
	(void)printf(SUSPEND_ROW, buf_cstr(&id), buf_cstr(&from), holds,
	    buf_cstr(&ends));
	suspend_words(&words, row);
	words_fold(&out, buf_cstr(&words), SUSPEND_INDENT, SUSPEND_INDENT);
	(void)printf("%*s%s\n", SUSPEND_INDENT, "", buf_cstr(&out));
	buf_free(&id);
	buf_free(&from);
	buf_free(&ends);
	buf_free(&words);
	buf_free(&out);
}

int
verb_suspend_list(const struct ctl *c, int argc, char **argv)
{
	struct policy_listing	l = { "suspensions", "nothing is suspended",
				    suspend_list_head, suspend_list_row,
				    false, 0 };

	return policy_talk_live(c, LIVE_KIND_SUSPENSION, &l, argc, argv);
}

/* Not everything by an argument that was forgotten. */
static int
suspend_add_args(struct policy_args *a, int argc, char **argv, struct err *e)
{
	if (policy_args_parse(a, TAKES_LIVE | TAKES_ALL, argc, argv, e) ==
	    -1 || policy_args_values(a, 0, false, e) == -1)
		return -1;
	if (a->all != (a->fields == 0))
		return err_set(e, "say where: FIELD=PATTERN, or --all for "
		    "everything");
	return 0;
}

int
verb_suspend_add(const struct ctl *c, int argc, char **argv)
{
	struct policy_suspend_in in = { .keep = false };
	struct policy_args	 a;
	struct buf		 b = BUF_INIT;
	struct err		 e;
	int			 put;

	if (suspend_add_args(&a, argc, argv, &e) == -1)
		return policy_talk_usage(&e);
	in.id = a.id;
	in.on = a.on;
	in.tag = a.ask.set.tag;
	in.properties = a.ask.property;
	in.property_count = a.ask.property_count;
	in.ttl_ms = a.ttl_ms;
	in.keep = a.keep;
	put = policy_suspend_put(&b, &in);
	return policy_talk_add(c, LIVE_KIND_SUSPENSION, put, &b, a.json);
}

int
verb_suspend_delete(const struct ctl *c, int argc, char **argv)
{
	return policy_talk_delete(c, LIVE_KIND_SUSPENSION, argc, argv);
}
