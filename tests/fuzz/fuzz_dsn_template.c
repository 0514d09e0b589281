/*
 * A template: it is refused with its place, or whatever is filled in makes
 * lines of mail.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dsn/template.h"
#include "mime/qp.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_lines(struct buf *b)
{
	struct buf	coded = BUF_INIT;

	qp_encode(&coded, buf_str(b));
	if (!qp_not_needed(buf_str(&coded), false) || (b->len != 0 &&
	    memchr(buf_data(b), '\0', b->len) != NULL))
		abort();
	buf_free(&coded);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct templates	*t = templates_new();
	const struct template	*one;
	struct template_values	 v;
	struct template_fault	 f;
	struct buf		 b = BUF_INIT;
	int			 action;

	memset(&v, 0, sizeof v);
	v.of[TEMPLATE_subject] = STR("a subject of some words");
	v.of[TEMPLATE_remote] = STR("{recipient}");
	if (templates_have(t, STR("xx")) ||
	    templates_add(t, STR("xx"), (struct str){ (const char *)data,
	    size }, &f) == -1) {
		if (f.line < 0 || f.column < 0 || f.err.text[0] == '\0')
			abort();
		templates_free(&t);
		return 0;
	}
	/* The same one again takes the place of the first. */
	if (templates_add(t, STR("xx"), (struct str){ (const char *)data,
	    size }, &f) == -1)
		abort();
	one = templates_choose(t, STR("de-AT, xx-YY"), STR("en"));
	if (!str_eq(template_language(one), STR("xx")))
		abort();
	for (action = 0; action <= ENTRY_ACTION_EXPANDED; action++) {
		template_subject(one, (enum entry_action)action, &v, &b);
		template_body(one, (enum entry_action)action, &v, &b);
	}
	template_section(one, STR("full"), &b);
	template_explain(one, STR("5.1.1"), &b);
	check_lines(&b);
	buf_free(&b);
	templates_free(&t);
	return 0;
}
