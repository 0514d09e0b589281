/*
 * postdelivery_values - what the hook behind an attempt is told
 *
 * Names and shapes are those of the post-delivery document.
 *
 * Ownership  the caller owns each value returned.
 */
#ifndef HOOKS_POSTDELIVERY_VALUES_H
#define HOOKS_POSTDELIVERY_VALUES_H

#include "hooks/postdelivery.h"
#include "hsl/hsl.h"

struct hsl_value postdelivery_arguments(struct hsl_exec *x,
		    const struct postdelivery_request *rq);
/* What the other hook left; bytes that do not hold are logged, and none. */
struct hsl_value postdelivery_context(struct hsl_exec *x,
		    const struct postdelivery_request *rq);

#endif
