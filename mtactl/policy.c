/*
 * mtactl policy: what limits deliveries, and other limits for a time.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "schedule/policy_wire.h"

#include "policy_talk.h"
#include "policy_words.h"
#include "report.h"

#define POLICY_ROW	"%-38s%-16s%-14s%s\n"
#define POLICY_INDENT	4

/* "    words", folded. */
static void
policy_print_below(struct buf *words)
{
	struct buf	out = BUF_INIT;

	words_fold(&out, buf_cstr(words), POLICY_INDENT, POLICY_INDENT);
	(void)printf("%*s%s\n", POLICY_INDENT, "", buf_cstr(&out));
	buf_free(&out);
	buf_free(words);
}

/* ---- List ---------------------------------------------------------------- */

static void
policy_list_head(void)
{
	(void)printf(POLICY_ROW, "ID", "POLICY", "TYPE", "ENDS");
}

static void
policy_list_row(const json_t *row)
{
	struct buf	id = BUF_INIT, of = BUF_INIT, type = BUF_INIT;
	struct buf	ends = BUF_INIT, words = BUF_INIT;

	words_text(&id, row, "id");
	if (json_is_true(json_object_get(row, "detached")))
		buf_add_text(&of, "(detached)");
	else
		words_text(&of, row, "policy");
	words_text(&type, row, "type");
	words_ends(&ends, row);
	(void)printf(POLICY_ROW, buf_cstr(&id), buf_cstr(&of),
	    buf_cstr(&type), buf_cstr(&ends));
	words_fields(&words, row);
	buf_add_text(&words, ": ");
	words_limits(&words, row);
	policy_print_below(&words);
	buf_free(&id);
	buf_free(&of);
	buf_free(&type);
	buf_free(&ends);
}

int
verb_policy_list(const struct ctl *c, int argc, char **argv)
{
	struct policy_listing	l = { "policies", "no dynamic policy",
				    policy_list_head, policy_list_row,
				    false, 0 };

	return policy_talk_live(c, LIVE_KIND_POLICY, &l, argc, argv);
}

static void
policy_limiter_row(const json_t *row)
{
	struct buf	name = BUF_INIT, words = BUF_INIT;

	words_text(&name, row, "limiter");
	(void)printf("%s\n", buf_cstr(&name));
	words_limits(&words, row);
	policy_print_below(&words);
	buf_free(&name);
}

int
verb_policy_limiters(const struct ctl *c, int argc, char **argv)
{
	struct policy_listing	l = { "limiters", "no limiter is in use",
				    NULL, policy_limiter_row, false, 0 };
	struct ipc_LIMITER_LIST	m = { .limit = 0 };
	struct policy_args	a;
	struct buf		b = BUF_INIT;
	struct err		e;
	int			put = -1;

	if (policy_args_parse(&a, TAKES_LIMIT, argc, argv, &e) == -1)
		return policy_talk_usage(&e);
	if (a.words > 1)
		return verb_usage();
	l.json = a.json;
	m.limit = a.limit;
	if (strlcpy(m.policy, a.words > 0 ? a.word[0] : "",
	    sizeof m.policy) < sizeof m.policy)
		put = ipc_put_LIMITER_LIST(&b, &m);
	return policy_talk_list(c, IPC_LIMITER_LIST, put, &b, &l);
}

/* ---- Changes ------------------------------------------------------------- */

static int
policy_add_args(struct policy_args *a, int argc, char **argv, struct err *e)
{
	if (policy_args_parse(a, TAKES_LIVE | TAKES_POLICY, argc, argv,
	    e) == -1 || policy_args_values(a, 0, true, e) == -1)
		return -1;
	if (a->ask.given == 0 && a->ask.property_count == 0)
		return err_set(e, "say what is to be changed: --concurrency, "
		    "--rate, ...");
	return 0;
}

int
verb_policy_add(const struct ctl *c, int argc, char **argv)
{
	struct policy_dynamic_in in = { .fields = 0 };
	struct policy_args	 a;
	struct buf		 b = BUF_INIT;
	struct err		 e;
	int			 put;

	if (policy_add_args(&a, argc, argv, &e) == -1)
		return policy_talk_usage(&e);
	in.id = a.id;
	in.type = a.type;
	in.fields = a.fields;
	in.on = a.on;
	in.ttl_ms = a.ttl_ms;
	in.keep = a.keep;
	policy_ask_limits(&a.ask, &in.limits);
	put = policy_dynamic_put(&b, &in);
	return policy_talk_add(c, LIVE_KIND_POLICY, put, &b, a.json);
}

int
verb_policy_delete(const struct ctl *c, int argc, char **argv)
{
	return policy_talk_delete(c, LIVE_KIND_POLICY, argc, argv);
}

int
verb_policy_refill(const struct ctl *c, int argc, char **argv)
{
	struct ipc_POLICY_REFILL m = { .values = STR_NONE };
	struct policy_args	 a;
	struct buf		 values = BUF_INIT, b = BUF_INIT;
	struct err		 e;
	uint64_t		 changed;
	int			 rc, put = -1;

	if (policy_args_parse(&a, 0, argc, argv, &e) == -1 ||
	    policy_args_values(&a, 1, false, &e) == -1)
		return policy_talk_usage(&e);
	if (a.words == 0)
		return verb_usage();
	if (strlcpy(m.policy, a.word[0], sizeof m.policy) <
	    sizeof m.policy && policy_values_put(&values, &a.on) == 0) {
		m.values = buf_str(&values);
		put = ipc_put_POLICY_REFILL(&b, &m);
	}
	rc = policy_talk_change(c, IPC_POLICY_REFILL, put, &b, &changed);
	buf_free(&values);
	if (rc != CTL_OK)
		return rc;
	if (a.json)
		json_print(json_pack("{s:I}", "refilled",
		    (json_int_t)changed));
	else
		(void)printf("%" PRIu64 " refilled\n", changed);
	return CTL_OK;
}
