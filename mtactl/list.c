/*
 * mtactl list: what is in the lists of policy.cf, and other items until the
 * next reload.
 */
#include <stdio.h>
#include <string.h>

#include "policy_talk.h"
#include "report.h"
#include "terminal.h"

static void
list_row(const json_t *row)
{
	struct buf	b = BUF_INIT;

	terminal_add(&b, str_of(json_string_value(row)));
	(void)printf("%s\n", buf_cstr(&b));
	buf_free(&b);
}

int
verb_list_show(const struct ctl *c, int argc, char **argv)
{
	struct policy_listing	l = { "items", "the list is empty", NULL,
				    list_row, false, 0 };
	struct ipc_LIST_SHOW	m = { .limit = 0 };
	struct policy_args	a;
	struct buf		b = BUF_INIT;
	struct err		e;
	int			put = -1;

	if (policy_args_parse(&a, TAKES_LIMIT, argc, argv, &e) == -1)
		return policy_talk_usage(&e);
	if (a.words != 1)
		return verb_usage();
	l.json = a.json;
	m.limit = a.limit;
	if (strlcpy(m.id, a.word[0], sizeof m.id) < sizeof m.id)
		put = ipc_put_LIST_SHOW(&b, &m);
	return policy_talk_list(c, IPC_LIST_SHOW, put, &b, &l);
}

static int
list_change(const struct ctl *c, int argc, char **argv, bool remove)
{
	struct ipc_LIST_CHANGE	m = { .remove = remove };
	struct policy_args	a;
	struct buf		b = BUF_INIT;
	struct err		e;
	uint64_t		changed;
	int			i, rc = CTL_OK, put = -1;

	if (policy_args_parse(&a, 0, argc, argv, &e) == -1)
		return policy_talk_usage(&e);
	if (a.words < 2)
		return verb_usage();
	for (i = 1; i < a.words && rc == CTL_OK; i++) {
		m.item = str_of(a.word[i]);
		if (strlcpy(m.id, a.word[0], sizeof m.id) < sizeof m.id)
			put = ipc_put_LIST_CHANGE(&b, &m);
		rc = policy_talk_change(c, IPC_LIST_CHANGE, put, &b,
		    &changed);
	}
	i -= 1 + (rc != CTL_OK);
	if (a.json)
		json_print(json_pack("{s:i}", remove ? "deleted" : "added",
		    i));
	else
		(void)printf("%d %s\n", i, remove ? "deleted" : "added");
	return rc;
}

int
verb_list_add(const struct ctl *c, int argc, char **argv)
{
	return list_change(c, argc, argv, false);
}

int
verb_list_delete(const struct ctl *c, int argc, char **argv)
{
	return list_change(c, argc, argv, true);
}
