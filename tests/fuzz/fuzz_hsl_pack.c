/*
 * pack and unpack: the first line is the format, the rest the data.  What was
 * unpacked is packed by the same format, and then unpacks to the same.
 */
#include "hsl/hsl.h"
#include "hsl_fuzz.h"

static const char	script[] =
    "[$format, $data] = str_split($in . \"\\n\", \"\\n\", 2);"
    "foreach ([0, 1, -1, 1000000] as $offset)"
    "  try { unpack($format, $data, $offset); } catch ($e) { }"
    "try { $v = unpack($format, $data); } catch ($e) { return; }"
    "if ($v === none) return;"
    "try { $t = pack($format, ...$v); } catch ($e) { return; }"
    "if ($t === none) return;"
    "$w = unpack($format, $t);"
    "if ($w === none) wrong([$format, $v, $t]);"
    /* Z writes a NUL that was not there; nothing comes after a star. */
    "if ($w !== $v and string($v) !~ #/nan/ and $format !~ #/Z|[*]./)"
    "  wrong([$format, $v, $t, $w]);";

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_script(script, data, size);
	return 0;
}
