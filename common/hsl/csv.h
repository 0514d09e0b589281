/*
 * csv - text with separated values (RFC 4180)
 */
#ifndef HSL_CSV_H
#define HSL_CSV_H

#include "hsl/object.h"

/* options: delimiter, header, schema; see lib_json.c.  False: malformed. */
bool	csv_decode(struct hsl_exec *x, struct str text,
	    struct hsl_value options, struct hsl_value *rows);

#endif
