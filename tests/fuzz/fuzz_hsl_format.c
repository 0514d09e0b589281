/*
 * Formats and codecs over text: the first line is the format of a string, of
 * a date, the rest the arguments, the date.  Encodings are undone exactly.
 */
#include "hsl/hsl.h"
#include "hsl_fuzz.h"

static const char	script[] =
    "[$format, $rest] = str_split($in . \"\\n\", \"\\n\", 2);"
    "$words = str_split($rest, \" \");"
    "$numbers = array_map(number, $words);"
    "try { $format % $words; } catch ($e) { }"
    "try { $format % $numbers; } catch ($e) { }"
    "try { $format % [...$numbers, none, true, [1], strlen]; }"
    "  catch ($e) { }"
    "foreach ([true, false] as $local) {"
    "  $o = [\"local\" => $local];"
    "  try {"
    "    $t = strptime($rest, $format, $o);"
    "    if ($t !== none) strftime($format, $t, $o);"
    "  } catch ($e) { }"
    "  foreach ($numbers as $n)"
    "    try { strftime($format, $n, $o); } catch ($e) { }"
    "}"
    "strpduration($in);"
    "url_parse($in); url_decode($in); xtext_decode($in);"
    "base64_decode($in); base32_decode($in); base64url_decode($in);"
    "if (base64_decode(base64_encode($in)) !== $in) wrong(\"base64\");"
    "if (base64url_decode(base64url_encode($in)) !== $in) wrong(\"url64\");"
    "if (base32_decode(base32_encode($in)) !== $in) wrong(\"base32\");"
    "if (url_decode(url_encode($in)) !== $in) wrong(\"url\");"
    "if (xtext_decode(xtext_encode($in)) !== $in) wrong(\"xtext\");"
    "foreach ([-2, -1, 1, 2, 7] as $n)"
    "  foreach ([\" \", \"a\", $format] as $d)"
    "    if ($d !== \"\" and array_join(str_split($in, $d, $n), $d) !== $in)"
    "      wrong([$d, $n]);"
    "if (array_join(str_chunk($in, 3, 2), \"\") !== $in) wrong(\"chunk\");"
    "if ($in[::-1][::-1] !== $in) wrong(\"slice\");"
    "inet_pton($rest); inet_includes($format, $rest); inet_reverse($rest);"
    "domain_includes($format, $rest); number($in);";

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_script(script, data, size);
	return 0;
}
