/*
 * policy.cf and a list's file, divided by a line of "==": whatever they hold,
 * they compile or are reported.  What compiles is asked of some candidates,
 * with dynamic policies and suspensions of the text's own words over it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "schedule/policy_list.h"
#include "schedule/policy_match.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
count_report(void *arg, const char *file, int line, int column,
    const char *text)
{
	if (file == NULL || text[0] == '\0' || line < 1 || column < 1)
		abort();
	++*(size_t *)arg;
}

static int
read_list(void *arg, struct str id, const char *path, struct buf *out,
    struct err *e)
{
	const struct str	*list = arg;

	if (list->p == NULL || id.len == 0)
		return err_set(e, "%s: none", path);
	buf_add_str(out, *list);
	return 0;
}

/* Words of the text as values of fields, one after the other. */
static bool
next_values(struct str *rest, struct policy_values *v)
{
	int	f;

	for (f = 0; f < POLICY_FIELDS; f++) {
		v->of[f] = str_split(*rest, ' ', rest);
		if (rest->p == NULL)
			return false;
	}
	return true;
}

static void
lay(struct policy_live *l, const struct policies *p, struct str text)
{
	struct policy_dynamic_in	d = { .ttl_ms = 50 };
	struct policy_suspend_in	s = { .ttl_ms = 20 };
	struct str			id;
	struct err			e;
	size_t				i;
	int				f, n = 0;

	while (n++ < 20 && next_values(&text, &d.on)) {
		s.on = d.on;
		if (policy_live_suspend(l, &s, n, &id, &e) == 1 && n % 7 == 0)
			(void)policy_live_resume(l, id);
		for (i = 0; i < policies_count(p) && i < 4; i++) {
			d.fields = policies_at(p, i)->fields;
			for (f = 0; f < POLICY_FIELDS; f++)
				if ((d.fields & POLICY_BIT(f)) == 0)
					d.on.of[f] = STR_NONE;
			d.limits.given = 1u << POLICY_concurrency;
			d.limits.limits.concurrency = 7;
			(void)policy_live_add(l, &d, n, &id, &e);
		}
	}
}

static void
ask(struct policies *p, struct policy_live *l, struct str text)
{
	struct policy_matcher		*m = policy_matcher_new(p, l);
	struct schedule_limiter_in	 in[SCHEDULE_LIMITERS];
	struct policy_values		 v;
	struct policy_match		 match;
	struct policy_property		 property;
	size_t				 left, i;
	int				 n = 0;

	while (n++ < 50 && next_values(&text, &v)) {
		policy_match(m, &v, n, &match);
		if (policy_match_limiters(&match, NULL, in, &left) >
		    SCHEDULE_LIMITERS)
			abort();
		for (i = 0; i < match.count; i++) {
			if (match.applied[i].name.len == 0)
				abort();
			(void)policy_applied_property(&match.applied[i], 1,
			    &property);
			(void)policy_applied_tag(&match.applied[i], 1);
		}
		(void)policies_grouping(p, &v);
	}
	policy_matcher_free(&m);
}

/* What an operator does with each list, by words of its file: what was taken
 * in is in it and can be taken out. */
static void
lists(struct policies *p, struct str words)
{
	struct policy_list_view	v;
	struct str		word, rest;
	struct buf		out = BUF_INIT;
	struct err		e;
	size_t			i, n, reports = 0;

	for (i = 0; i < policies_list_count(p) && i < 4; i++) {
		policies_list_at(p, i, &v);
		rest = words;
		for (n = 0; rest.len > 0 && n < 8; n++) {
			word = str_split(rest, '\n', &rest);
			(void)policies_list_has(p, v.id, word);
			if (policies_list_add(p, v.id, word, &e) == 0 &&
			    policies_list_delete(p, v.id, word, &e) == -1)
				abort();
		}
		(void)policies_list_show(p, v.id, 3, &out);
		(void)policies_list_file(p, v.id, words, count_report,
		    &reports);
	}
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char	 line[] = "\n==\n";
	struct str		 text = { (const char *)data, size };
	struct str		 list = STR_NONE;
	struct policy_source	 src = { "policy.cf", text, read_list,
				    &list };
	struct policies		*p = NULL;
	struct policy_live	*l;
	const char		*at = size > 0 ? memmem(data, size, line, 4) :
				    NULL;
	size_t			 reports = 0;
	int			 rc;

	if (at != NULL) {
		src.text.len = (size_t)(at - text.p);
		list = (struct str){ at + 4, size - src.text.len - 4 };
	}
	rc = policies_compile(&p, &src, count_report, &reports);
	if ((rc == -1) != (reports > 0) || (rc == -1) != (p == NULL))
		abort();
	if (p == NULL)
		return 0;
	l = policy_live_new(p);
	lay(l, p, text);
	(void)policies_windows(p, (int64_t)size * 3600);
	ask(p, l, text);
	(void)policy_live_expire(l, 30);
	lists(p, list.p != NULL ? list : text);
	policy_live_reload(l, p);
	ask(p, l, list.p != NULL ? list : text);
	policy_live_free(&l);
	policies_free(&p);
	return 0;
}
