/*
 * Regular expressions: the first line is the pattern, the rest the subject,
 * once as it is and once many times over.  Whatever they are, the end comes
 * soon, and the functions agree.
 */
#include "hsl/hsl.h"
#include "hsl_fuzz.h"

static const char	script[] =
    "[$pattern, $subject] = str_split($in . \"\\n\", \"\\n\", 2);"
    "try { $p = pcre_compile($pattern); } catch ($e) { return; }"
    "foreach ([$subject, $subject * 50] as $s) {"
    "  try {"
    "    $found = $s =~ $p;"
    "    $m = pcre_match($p, $s);"
    "    if ($found !== ($m !== [])) wrong([$pattern, $s, $m]);"
    "    $all = pcre_match_all($p, $s);"
    "    if ($found !== ($all !== [])) wrong([$pattern, $s, $all]);"
    "    if ($found and $all[0][0] !== $m[0]) wrong([$m, $all[0][0]]);"
    "    if (pcre_replace($p, \"$0\", $s) !== $s) wrong($pattern);"
    "    pcre_replace($p, \"<$1$2>\", $s, 3);"
    "    $n = 0;"
    "    pcre_replace($p, function ($m) closure ($n) { $n++; return \"\"; },"
    "      $s);"
    "    if ($n !== ($found ? length($all[0]) : 0)) wrong([$n, $all]);"
    "  } catch ($e) { if (!is_object($e)) throw $e; }"
    "}"
    "$q = pcre_quote($in);"
    "try { if (pcre_match(pcre_compile($q), $in)[0] !== $in) wrong($q); }"
    "catch ($e) { if (length($in) < 1000) wrong($e->message()); }";

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_script(script, data, size);
	return 0;
}
