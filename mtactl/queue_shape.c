/*
 * mtactl queue shape: what would apply to mail with these values.
 */
#include <stdio.h>

#include "policy_talk.h"
#include "policy_words.h"

#define SHAPE_INDENT	15

/* A name, and words behind it. */
static void
shape_line(const char *name, struct buf *words)
{
	struct buf	out = BUF_INIT;

	words_fold(&out, buf_cstr(words), SHAPE_INDENT, SHAPE_INDENT + 2);
	(void)printf("%-*s%s\n", SHAPE_INDENT, name, buf_cstr(&out));
	buf_free(&out);
	buf_clear(words);
}

static void
shape_row(const json_t *row)
{
	const json_t	*policies = json_object_get(row, "policies");
	const json_t	*delivery = json_object_get(row, "delivery");
	const json_t	*suspension = json_object_get(row, "suspension");
	struct buf	 words = BUF_INIT;
	size_t		 i;

	words_text(&words, row, "grouping");
	shape_line("grouping", &words);
	for (i = 0; i < json_array_size(policies); i++) {
		words_applied(&words, json_array_get(policies, i));
		shape_line("policy", &words);
	}
	if (i == 0) {
		buf_add_text(&words, "none: nothing limits it");
		shape_line("policy", &words);
	}
	if (delivery != NULL) {
		words_text(&words, delivery, "id");
		buf_add_text(&words, " (");
		words_place(&words, delivery);
		buf_add_byte(&words, ')');
		shape_line("delivery", &words);
	}
	if (suspension != NULL) {
		words_suspension(&words, suspension);
		shape_line("suspended by", &words);
	}
	buf_free(&words);
}

int
verb_queue_shape(const struct ctl *c, int argc, char **argv)
{
	struct policy_listing	l = { NULL, NULL, NULL, shape_row, false, 0 };
	struct ipc_QUEUE_SHAPE	m;
	struct policy_args	a;
	struct buf		values = BUF_INIT, b = BUF_INIT;
	struct err		e;
	int			rc, put = -1;

	if (policy_args_parse(&a, 0, argc, argv, &e) == -1 ||
	    policy_args_values(&a, 0, false, &e) == -1)
		return policy_talk_usage(&e);
	if (a.words == 0)
		return verb_usage();
	l.json = a.json;
	if (policy_values_put(&values, &a.on) == 0) {
		m.values = buf_str(&values);
		put = ipc_put_QUEUE_SHAPE(&b, &m);
	}
	rc = policy_talk_list(c, IPC_QUEUE_SHAPE, put, &b, &l);
	buf_free(&values);
	return rc;
}
