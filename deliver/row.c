/*
 * The text of a row is compiled once.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "conf/report.h"

#include "row.h"

static void
row_end(struct numbered *n)
{
	struct row	*r = (struct row *)n;

	policies_free(&r->all);
	free(r);
}

int
row_add(uint64_t number, struct str text)
{
	const struct policy_source	 src = { .file = "policy.cf",
					    .text = text };
	struct row			*r;

	if (!numbered_free(number))
		return -1;
	r = xcalloc(1, sizeof *r);
	if (policies_compile(&r->all, &src, report_nothing, NULL) == 0)
		r->delivery = policies_delivery(r->all);
	if (r->delivery == NULL ||
	    numbered_add(&r->numbered, number, row_end) == -1) {
		row_end(&r->numbered);
		return -1;
	}
	return 0;
}

struct row *
row_take(uint64_t number)
{
	return (struct row *)numbered_take(number, row_end);
}

void
row_give(struct row **rp)
{
	struct row	*r = *rp;

	*rp = NULL;
	numbered_give(r != NULL ? &r->numbered : NULL);
}
