/*
 * CSV: rows that are decoded, encoded one by one, decode to the same.  A
 * header, a schema and another delimiter must not matter to that.
 */
#include "hsl/hsl.h"
#include "hsl_fuzz.h"

static const char	script[] =
    "foreach ([\",\", \";\", \"\\t\"] as $d) {"
    "  $o = [\"delimiter\" => $d, \"header\" => false];"
    "  $rows = csv_decode($in, $o);"
    "  if ($rows !== none)"
    "    foreach ($rows as $r) {"
    "      $t = csv_encode($r, $o);"
    "      if (csv_decode($t . \"\\n\", $o) !== [$r] and $r !== [\"\"])"
    "        wrong([$r, $t, csv_decode($t . \"\\n\", $o)]);"
    "    }"
    "}"
    "csv_decode($in);"
    "csv_decode($in, [\"schema\" => [\"a\" => [\"type\" => \"number\"],"
    "  \"b\" => [\"type\" => \"boolean\", \"true\" => [\"yes\"],"
    "  \"nullable\" => [\"-\"]], \"c\" => [\"type\" => \"string\","
    "  \"nullable\" => true]]]);";

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_script(script, data, size);
	return 0;
}
