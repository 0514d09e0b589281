/*
 * The bytes of a wish are read once, and kept for the texts in them; they may
 * hold a password.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "trial.h"

static void
trial_end(struct numbered *n)
{
	struct trial	*t = (struct trial *)n;

	if (t->bytes.mem != NULL)
		explicit_bzero(t->bytes.mem, t->bytes.cap);
	buf_free(&t->bytes);
	free(t);
}

int
trial_add(uint64_t number, struct str text)
{
	struct trial	*t;

	if (!numbered_free(number))
		return -1;
	t = xcalloc(1, sizeof *t);
	buf_add_str(&t->bytes, text);
	t->wrong = wish_get(&t->wish, buf_str(&t->bytes)) == -1;
	if (numbered_add(&t->numbered, number, trial_end) == -1) {
		trial_end(&t->numbered);
		return -1;
	}
	return 0;
}

struct trial *
trial_take(uint64_t number)
{
	return (struct trial *)numbered_take(number, trial_end);
}

void
trial_give(struct trial **tp)
{
	struct trial	*t = *tp;

	*tp = NULL;
	numbered_give(t != NULL ? &t->numbered : NULL);
}
