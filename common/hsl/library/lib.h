/*
 * lib - what the natives of the core library share
 *
 * Failure    false once an exception was thrown.
 */
#ifndef HSL_LIBRARY_LIB_H
#define HSL_LIBRARY_LIB_H

#include "hsl/run/exec.h"
#include "hsl/run/native.h"
#include "hsl/run/throw.h"

/* A position in something of this length; a negative one is from its end. */
size_t	lib_position(double n, size_t len);
/* Argument i, which must be an array; as the readers of arguments.h do. */
bool	lib_array(struct hsl_call *c, int i, struct hsl_array **a);

/* array_includes() with a callback. */
enum hsl_rc each_some(struct hsl_call *c);

#define FN(name, min, max, signature, text) \
	enum hsl_rc	fn_##name(struct hsl_call *c);
#include "hsl/library/core.def"
#undef FN

#endif
