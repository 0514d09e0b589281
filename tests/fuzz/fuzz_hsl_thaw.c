/*
 * Values that another process has kept: whatever the bytes, a value or an
 * error; and a value is kept again as bytes that give the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hsl/frozen.h"
#include "hsl/hsl.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
fuzz_again(struct hsl_exec *x, struct hsl_value v)
{
	struct hsl_frozen	*f, *again;
	struct hsl_value	 w;

	/* As deep as may be read may be kept; a heap that is full is not. */
	if (!hsl_charge(x, 1))
		return;
	if (hsl_freeze(v, 1 << 24, &f, NULL) == -1)
		abort();
	w = hsl_thaw(x, f);
	if (hsl_charge(x, 1)) {
		if (hsl_freeze(w, 1 << 24, &again, NULL) == -1 ||
		    !str_eq(hsl_frozen_bytes(f), hsl_frozen_bytes(again)))
			abort();
		hsl_frozen_free(&again);
	}
	hsl_value_unref(x, w);
	hsl_frozen_free(&f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hsl_limits	 limits = hsl_limits_default;
	struct hsl_program	*p;
	struct hsl_exec		*x;
	struct hsl_value	 v;
	struct buf		 text = BUF_INIT;
	struct err		 e;

	limits.memory_bytes = 1 << 20;
	p = hsl_compile(NULL, "none", STR(""), NULL, NULL);
	x = hsl_exec_new(p, &limits, NULL);
	if (hsl_thaw_bytes(x, (struct str){ (const char *)data, size }, &v,
	    &e) == 0) {
		if (size < 65536)
			hsl_value_print(v, &text);
		fuzz_again(x, v);
		hsl_value_unref(x, v);
	} else if (v.type != HSL_NONE || e.text[0] == '\0')
		abort();
	buf_free(&text);
	hsl_exec_free(&x);
	hsl_program_unref(&p);
	return 0;
}
