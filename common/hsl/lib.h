/*
 * lib - what the natives of the core library share
 *
 * Failure    a reader of arguments throws and returns false; the native
 *            returns HSL_THROW at once.
 */
#ifndef HSL_LIB_H
#define HSL_LIB_H

#include "hsl/vm.h"

/* Text as given; none is "", numbers and booleans as they print. */
bool	lib_str(struct hsl_call *c, int i, struct str *s);
bool	lib_number(struct hsl_call *c, int i, double *n);
/* A position in something of this length; a negative one is from its end. */
size_t	lib_position(double n, size_t len);
bool	lib_array(struct hsl_call *c, int i, struct hsl_array **a);
bool	lib_function(struct hsl_call *c, int i);
/* Whether argument i, if there is one, is an array or none. */
bool	lib_options(struct hsl_call *c, int i);
/* An option of the array in argument i; none if there is none. */
struct hsl_value lib_option(struct hsl_call *c, int i, const char *name);
bool	lib_flag(struct hsl_call *c, int i, const char *name, bool otherwise);
/* Result: a string from what a buf holds, which is freed. */
enum hsl_rc lib_return(struct hsl_call *c, struct buf *b);

/* array_includes() with a callback. */
enum hsl_rc each_some(struct hsl_call *c);

#define FN(name, min, max, signature, text) \
	enum hsl_rc	fn_##name(struct hsl_call *c);
#include "hsl/core.def"
#undef FN

#endif
