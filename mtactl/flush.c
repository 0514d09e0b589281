/*
 * mtactl dns flush, mtactl hsl cache: what all workers have learned, each for
 * itself; master asks them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "policy_args.h"
#include "policy_talk.h"
#include "report.h"
#include "terminal.h"

#define FLUSH_TALK_MS	30000

QUEUE_TALK_SENDER(CTL_FLUSH)

struct flush_rows {
	json_t		*rows;		/* NULL: print */
	uint64_t	 count;
};

static json_t *
flush_text(struct str s)
{
	struct buf	 b = BUF_INIT;
	json_t		*v;

	buf_add_str(&b, s);
	v = json_text(buf_cstr(&b));
	buf_free(&b);
	return v;
}

static void
flush_cached(void *arg, const struct ipc_CTL_CACHED *m)
{
	struct flush_rows	*r = arg;
	struct buf		 b = BUF_INIT;

	if (r->rows != NULL) {
		json_array_append_new(r->rows, json_pack("{s:I,s:o,s:o,s:I}",
		    "worker", (json_int_t)m->pid, "namespace",
		    flush_text(m->space), "function",
		    flush_text(m->function), "entries",
		    (json_int_t)m->entries));
		return;
	}
	if (r->count++ == 0)
		(void)printf("%8s %8s  %s\n", "WORKER", "ENTRIES",
		    "FUNCTION");
	terminal_add(&b, m->function);
	if (m->space.len > 0) {
		buf_add_text(&b, " in ");
		terminal_add(&b, m->space);
	}
	(void)printf("%8" PRIu32 " %8" PRIu64 "  %s\n", m->pid, m->entries,
	    buf_cstr(&b));
	buf_free(&b);
}

static int
flush_ask(const struct ctl *c, const struct ipc_CTL_FLUSH *m,
    struct flush_rows *rows, struct ipc_CTL_DONE *done)
{
	static const struct talk_ops	ops = { .cached = flush_cached };
	struct ipc_caller	cl;
	struct err		e;
	int			rc;

	if ((rc = talk_connect(c, &cl, &e)) != TALK_OK)
		return talk_fail(rc, &e);
	if ((rc = queue_talk_put_CTL_FLUSH(&cl, m, &e)) == 0)
		rc = talk_listen(&cl, FLUSH_TALK_MS, &ops, rows, done, &e);
	ipc_caller_close(&cl);
	if (rc == TALK_OK && done->failed)
		rc = err_set(&e, "%s", done->text);
	return rc == TALK_OK ? CTL_OK : talk_fail(rc, &e);
}

int
verb_dns_flush(const struct ctl *c, int argc, char **argv)
{
	const struct ipc_CTL_FLUSH	m = { .what = FLUSH_DNS };
	struct flush_rows		rows = { .rows = NULL };
	struct ipc_CTL_DONE		done;

	(void)argv;
	return argc != 1 ? verb_usage() : flush_ask(c, &m, &rows, &done);
}

int
verb_hsl_cache_list(const struct ctl *c, int argc, char **argv)
{
	const struct ipc_CTL_FLUSH	m = { .what = FLUSH_CACHE_LIST };
	struct flush_rows		rows = { .rows = NULL };
	struct ipc_CTL_DONE		done;
	struct policy_args		a;
	struct err			e;
	int				rc;

	if (policy_args_parse(&a, 0, argc, argv, &e) == -1)
		return policy_talk_usage(&e);
	if (a.words > 0)
		return verb_usage();
	if (a.json)
		rows.rows = json_array();
	rc = flush_ask(c, &m, &rows, &done);
	if (a.json)
		json_print(json_pack("{s:o}", "caches", rows.rows));
	else if (rc == CTL_OK && rows.count == 0)
		(void)fprintf(stderr, "mtactl: the caches are empty\n");
	return rc;
}

int
verb_hsl_cache_clear(const struct ctl *c, int argc, char **argv)
{
	struct ipc_CTL_FLUSH	m = { .what = FLUSH_CACHE };
	struct flush_rows	rows = { .rows = NULL };
	struct ipc_CTL_DONE	done;
	struct policy_args	a;
	struct err		e;
	int			rc;

	if (policy_args_parse(&a, TAKES_FUNCTION, argc, argv, &e) == -1)
		return policy_talk_usage(&e);
	if (a.words > 0)
		return verb_usage();
	if (a.function.len >= sizeof m.function) {
		(void)err_set(&e, "--function: longer than a name");
		return policy_talk_usage(&e);
	}
	if (a.function.len > 0)
		memcpy(m.function, a.function.p, a.function.len);
	if ((rc = flush_ask(c, &m, &rows, &done)) == CTL_OK)
		(void)printf("%s\n", done.text);
	return rc;
}
