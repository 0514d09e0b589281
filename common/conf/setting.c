/*
 * Settings are texts as they were written; what they stand for is found when a
 * scope expands them, with those first that they name.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "setting.h"

void
settings_init(struct settings *s)
{
	s->row = xcalloc(param_count, sizeof *s->row);
}

void
settings_copy(struct settings *to, const struct settings *from)
{
	size_t	i;

	settings_init(to);
	for (i = 0; i < param_count; i++) {
		to->row[i] = from->row[i];
		if (from->row[i].text != NULL)
			to->row[i].text = xstrdup(from->row[i].text);
	}
}

void
settings_fini(struct settings *s)
{
	size_t	i;

	for (i = 0; s->row != NULL && i < param_count; i++)
		free(s->row[i].text);
	free(s->row);
	s->row = NULL;
}

size_t
param_find(struct str name)
{
	size_t	i;

	for (i = 0; i < param_count; i++)
		if (str_eq(name, str_of(param_rows[i].name)))
			break;
	return i;
}
