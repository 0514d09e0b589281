/*
 * mtactl hsl memory, mtactl rate: what scripts keep in share(8).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frozen_json.h"
#include "policy_talk.h"
#include "queue_show.h"
#include "report.h"
#include "share_talk.h"
#include "terminal.h"

#define MEMORY_LIMIT	1000

struct memory_rows {
	const char	*name;		/* of the array of JSON */
	bool		 rates, json;
	uint64_t	 count;
};

/* ---- Lists --------------------------------------------------------------- */

static json_t *
memory_str(struct str s)
{
	struct buf	 b = BUF_INIT;
	json_t		*v;

	buf_add_json(&b, s);
	v = json_loads(buf_cstr(&b), JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	buf_free(&b);
	return v;
}

static void
memory_row_json(struct memory_rows *m, const struct ipc_SHARE_ROW *r)
{
	struct str	 entry, name = str_split(r->key, '\0', &entry);
	json_t		*v;
	char		*text;

	if (m->rates)
		v = json_pack("{s:o,s:o,s:I,s:f}", "name", memory_str(name),
		    "entry", memory_str(entry), "hits", (json_int_t)r->hits,
		    "interval", (double)r->interval_ms / 1000);
	else
		v = json_pack("{s:o,s:I,s:f}", "key", memory_str(r->key),
		    "bytes", (json_int_t)r->bytes, "ttl",
		    (double)r->left_ms / 1000);
	text = json_dumps(v, JSON_COMPACT);
	(void)printf("%s%s", m->count > 0 ? ",\n" : "\n", text != NULL ?
	    text : "null");
	free(text);
	json_decref(v);
}

static void
memory_row_text(struct memory_rows *m, const struct ipc_SHARE_ROW *r)
{
	struct str	entry, name = str_split(r->key, '\0', &entry);
	struct buf	b = BUF_INIT, left = BUF_INIT;

	if (m->rates) {
		terminal_add(&b, name);
		buf_add_byte(&b, ' ');
		terminal_add(&b, entry);
		queue_show_span(&left, (int64_t)(r->interval_ms + 999) /
		    1000);
		if (m->count == 0)
			(void)printf("%10s %8s  %s\n", "HITS", "INTERVAL",
			    "NAME, ENTRY");
		(void)printf("%10" PRIu64 " %8s  %s\n", r->hits,
		    buf_cstr(&left), buf_cstr(&b));
	} else {
		terminal_add(&b, r->key);
		if (r->left_ms > 0)
			queue_show_span(&left, (int64_t)(r->left_ms + 999) /
			    1000);
		else
			buf_add_text(&left, "-");
		if (m->count == 0)
			(void)printf("%10s %8s  %s\n", "BYTES", "TTL", "KEY");
		(void)printf("%10" PRIu64 " %8s  %s\n", r->bytes,
		    buf_cstr(&left), buf_cstr(&b));
	}
	buf_free(&b);
	buf_free(&left);
}

static void
memory_row(void *arg, const struct ipc_SHARE_ROW *r)
{
	struct memory_rows	*m = arg;

	if (m->json)
		memory_row_json(m, r);
	else
		memory_row_text(m, r);
	m->count++;
}

/* With a word, the keys that begin so. */
static int
memory_list(const struct ctl *c, int argc, char **argv, bool rates)
{
	struct memory_rows	m = { rates ? "rates" : "values", rates,
				    false, 0 };
	struct policy_args	a;
	struct ipc_caller	cl;
	struct share_talk_rows	rows = { .m = { .rates = rates,
				    .prefix = STR("") }, .row = memory_row,
				    .arg = &m };
	struct err		e;
	int			rc;

	if (policy_args_parse(&a, TAKES_LIMIT, argc, argv, &e) == -1)
		return policy_talk_usage(&e);
	if (a.words > 1)
		return verb_usage();
	m.json = a.json;
	/* The name of a rate ends with a NUL, as the word does. */
	if (a.words == 1)
		rows.m.prefix = (struct str){ a.word[0],
		    strlen(a.word[0]) + rates };
	rows.m.limit = a.limit > 0 ? a.limit : MEMORY_LIMIT;
	if ((rc = share_talk_connect(c, &cl, &e)) != TALK_OK)
		return talk_fail(rc, &e);
	if (m.json)
		(void)printf("{\"%s\":[", m.name);
	rc = share_talk_list(&cl, &rows, &e);
	ipc_caller_close(&cl);
	if (m.json)
		(void)printf("\n],\"all\":%" PRIu64 "}\n", rows.count);
	else if (rc == TALK_OK && rows.count == 0)
		(void)fprintf(stderr, "mtactl: there are none\n");
	else if (rc == TALK_OK && rows.count > m.count)
		(void)fprintf(stderr, "mtactl: there are %" PRIu64
		    ": --limit\n", rows.count);
	return rc == TALK_OK ? CTL_OK : talk_fail(rc, &e);
}

int
verb_hsl_memory_list(const struct ctl *c, int argc, char **argv)
{
	return memory_list(c, argc, argv, false);
}

int
verb_rate_list(const struct ctl *c, int argc, char **argv)
{
	return memory_list(c, argc, argv, true);
}

int
verb_rate_clear(const struct ctl *c, int argc, char **argv)
{
	struct policy_args	a;
	struct ipc_caller	cl;
	struct str		prefix = STR("");
	struct err		e;
	uint64_t		count = 0;
	int			rc;

	if (policy_args_parse(&a, TAKES_ALL, argc, argv, &e) == -1)
		return policy_talk_usage(&e);
	if (a.words > 1 || a.all != (a.words == 0)) {
		(void)err_set(&e, "say which: a name, or --all");
		return policy_talk_usage(&e);
	}
	if (a.words == 1)
		prefix = (struct str){ a.word[0], strlen(a.word[0]) + 1 };
	if ((rc = share_talk_connect(c, &cl, &e)) != TALK_OK)
		return talk_fail(rc, &e);
	rc = share_talk_clear(&cl, true, prefix, &count, &e);
	ipc_caller_close(&cl);
	if (rc != TALK_OK)
		return talk_fail(rc, &e);
	if (a.json)
		json_print(json_pack("{s:I}", "cleared", (json_int_t)count));
	else
		(void)printf("%" PRIu64 " cleared\n", count);
	return CTL_OK;
}

/* ---- One value ----------------------------------------------------------- */

static int
memory_ask(const struct ctl *c, const struct share_question *q,
    struct share_answer *a, struct ipc_caller *cl)
{
	struct err	e;
	int		rc;

	if (q->key.len > SHARE_KEY_MAX) {
		(void)err_set(&e, "a key has at most %d bytes",
		    SHARE_KEY_MAX);
		return verb_fail(&e);
	}
	if ((rc = share_talk_connect(c, cl, &e)) != TALK_OK)
		return talk_fail(rc, &e);
	if (share_talk_ask(cl, q, a, &e) == 0)
		return CTL_OK;
	ipc_caller_close(cl);
	return talk_fail(TALK_FAILED, &e);
}

/* The value as JSON, as one line or, with --json, in several. */
int
verb_hsl_memory_fetch(const struct ctl *c, int argc, char **argv)
{
	struct share_question	 q = { .op = SHARE_FETCH };
	struct share_answer	 answer;
	struct policy_args	 a;
	struct ipc_caller	 cl;
	struct err		 e;
	json_t			*v = NULL;
	char			*text;
	int			 rc;

	if (policy_args_parse(&a, 0, argc, argv, &e) == -1)
		return policy_talk_usage(&e);
	if (a.words != 1)
		return verb_usage();
	q.key = str_of(a.word[0]);
	if ((rc = memory_ask(c, &q, &answer, &cl)) != CTL_OK)
		return rc;
	if (answer.version == 0)
		(void)err_set(&e, "there is no such key");
	else
		v = frozen_json_get(answer.value, &e);
	ipc_caller_close(&cl);
	if (v == NULL)
		return verb_fail(&e);
	text = json_dumps(v, JSON_ENCODE_ANY | JSON_PRESERVE_ORDER |
	    (a.json ? JSON_INDENT(2) : JSON_COMPACT));
	(void)printf("%s\n", text != NULL ? text : "null");
	free(text);
	json_decref(v);
	return CTL_OK;
}

/* What is no JSON is text. */
static int
memory_value(struct buf *out, const char *word, struct err *e)
{
	json_t	*v = json_loads(word, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	int	 rc;

	if (v == NULL && (v = json_string(word)) == NULL)
		return err_set(e, "the value is neither JSON nor UTF-8");
	rc = frozen_json_put(out, v, e);
	json_decref(v);
	return rc;
}

int
verb_hsl_memory_store(const struct ctl *c, int argc, char **argv)
{
	struct share_question	q = { .op = SHARE_STORE };
	struct share_answer	answer;
	struct policy_args	a;
	struct ipc_caller	cl;
	struct buf		value = BUF_INIT;
	struct err		e;
	int			rc;

	if (policy_args_parse(&a, TAKES_TTL, argc, argv, &e) == -1)
		return policy_talk_usage(&e);
	if (a.words != 2)
		return verb_usage();
	if (memory_value(&value, a.word[1], &e) == -1)
		return verb_fail(&e);
	q.key = str_of(a.word[0]);
	q.value = buf_str(&value);
	q.interval_ms = (uint64_t)a.ttl_ms;
	rc = memory_ask(c, &q, &answer, &cl);
	buf_free(&value);
	if (rc != CTL_OK)
		return rc;
	ipc_caller_close(&cl);
	if (answer.status == SHARE_OK)
		return CTL_OK;
	(void)err_set(&e, "shared memory is full: share_memory_limit");
	return verb_fail(&e);
}

int
verb_hsl_memory_delete(const struct ctl *c, int argc, char **argv)
{
	struct share_question	q = { .op = SHARE_DELETE };
	struct share_answer	answer;
	struct policy_args	a;
	struct ipc_caller	cl;
	struct err		e;
	int			rc;

	if (policy_args_parse(&a, 0, argc, argv, &e) == -1)
		return policy_talk_usage(&e);
	if (a.words != 1)
		return verb_usage();
	q.key = str_of(a.word[0]);
	if ((rc = memory_ask(c, &q, &answer, &cl)) != CTL_OK)
		return rc;
	ipc_caller_close(&cl);
	if (answer.number != 0)
		return CTL_OK;
	(void)err_set(&e, "there is no such key");
	return verb_fail(&e);
}
