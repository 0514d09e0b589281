/*
 * frozen_json - values that scripts keep, as JSON
 *
 * Failure    NULL or -1 with *e.
 */
#ifndef MTACTL_FROZEN_JSON_H
#define MTACTL_FROZEN_JSON_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"

/* An array whose keys are 0, 1, 2 ... is a list; text that is not UTF-8 gets
 * U+FFFD. */
json_t	*frozen_json_get(struct str bytes, struct err *e);
int	 frozen_json_put(struct buf *out, const json_t *v, struct err *e);

#endif
