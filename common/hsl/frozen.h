/*
 * frozen - the bytes of values that are kept, for keys and accounts
 */
#ifndef HSL_FROZEN_H
#define HSL_FROZEN_H

#include "hsl/value.h"

size_t		 hsl_frozen_size(const struct hsl_frozen *f);
/* Equal values made the same way have equal bytes. */
struct str	 hsl_frozen_bytes(const struct hsl_frozen *f);

#endif
