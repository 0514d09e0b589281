/*
 * Warnings are kept as text and compared as such.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "told.h"

void
told_init(struct told *t)
{
	STAILQ_INIT(&t->list);
	t->count = 0;
}

void
told_fini(struct told *t)
{
	struct told_line	*one;

	while ((one = STAILQ_FIRST(&t->list)) != NULL) {
		STAILQ_REMOVE_HEAD(&t->list, link);
		free(one->text);
		free(one);
	}
	t->count = 0;
}

bool
told_add(struct told *t, const char *text)
{
	struct told_line	*one;

	STAILQ_FOREACH(one, &t->list, link)
		if (strcmp(one->text, text) == 0)
			return false;
	if (t->count >= TOLD_MAX)
		return false;
	one = xcalloc(1, sizeof *one);
	one->text = xstrdup(text);
	STAILQ_INSERT_TAIL(&t->list, one, link);
	t->count++;
	return true;
}
