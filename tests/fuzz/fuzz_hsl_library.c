/*
 * The core library: each line calls one of its functions, by its name and
 * then its arguments, each behind a TAB.  An argument is JSON, "&" and a
 * function's name, "@" for what the call before it gave, or else text as it
 * is.  All of them end, with a value or an exception.
 */
#include "hsl/hsl.h"
#include "hsl_fuzz.h"

static const char	script[] =
    "$last = none;"
    "foreach (str_split($in, \"\\n\") as $line) {"
    "  $words = str_split($line, \"\\t\");"
    "  $f = $functions[$words[0]] ?? none;"
    "  if ($f === none) continue;"
    "  $args = [];"
    "  foreach ($words as $i => $w)"
    "    if ($i > 0)"
    "      $args[] = $w == \"@\" ? $last : ($functions[$w] ??"
    "        (json_decode($w) ?? $w));"
    "  try { $last = $f(...$args); } catch ($e) { }"
    "}";

static const char *const	names[] = {
#define FN(name, min, max, signature, text)	#name,
#include "hsl/library/core.def"
#undef FN
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct buf	all = BUF_INIT;
	size_t			i;

	if (all.len == 0) {
		buf_add_text(&all, "$functions = [");
		for (i = 0; i < sizeof names / sizeof names[0]; i++)
			buf_printf(&all, "\"%s\" => %s, \"&%s\" => %s, ",
			    names[i], names[i], names[i], names[i]);
		buf_add_text(&all, "];");
		buf_add_text(&all, script);
	}
	fuzz_script(buf_cstr(&all), data, size);
	return 0;
}
