/*
 * JSON: what is decoded can be encoded, in every form, and decodes to the
 * same again.
 */
#include "hsl/hsl.h"
#include "hsl_fuzz.h"

static const char	script[] =
    "$v = json_decode($in);"
    "if ($v === none) {"
    "  $v = json_decode($in, [\"allow_comments\" => true]);"
    "  if ($v === none) return;"
    "} else if (json_decode($in, [\"allow_comments\" => true]) !== $v)"
    "  wrong(\"comments\");"
    "foreach ([true, false] as $ascii)"
    "  foreach ([true, false] as $pretty) {"
    "    $t = json_encode($v, [\"ensure_ascii\" => $ascii,"
    "      \"pretty_print\" => $pretty]);"
    "    if ($t === none) {"
    "      if (string($v) !~ #/inf/) wrong(\"encode\");"
    "    } else if (json_decode($t) !== $v)"
    "      wrong([$v, $t, json_decode($t)]);"
    "  }";

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_script(script, data, size);
	return 0;
}
