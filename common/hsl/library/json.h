/*
 * json - values to JSON (RFC 8259) and back
 *
 * Failure    false: what can't be encoded or is no JSON; nothing is thrown
 *            but limits.
 */
#ifndef HSL_LIBRARY_JSON_H
#define HSL_LIBRARY_JSON_H

#include "hsl/values/object.h"

#define JSON_DEPTH	200

struct json_style {
	bool	 ascii;			/* \uXXXX beyond ASCII */
	bool	 pretty;
};

bool	json_encode(struct hsl_exec *x, struct hsl_value v,
	    const struct json_style *style, struct buf *out);
bool	json_decode(struct hsl_exec *x, struct str text, bool comments,
	    struct hsl_value *v);

#endif
