/*
 * The core library, function by function.
 */
#include "run.h"

static const struct run_case	arrays[] = {
	{ "array_combine", "echo array_combine([\"a\", \"b\", \"a\"], [1, 2,"
	    " 3]);"
	    "echo array_combine([\"a\", \"b\"], [1], 9);"
	    "echo array_combine([\"a\"], []);",
	    "[\"a\"=>3,\"b\"=>2]\n[\"a\"=>1,\"b\"=>9]\n[\"a\"=>none]\n" },
	{ "array_every", "$p = function ($v) { return $v > 1; };"
	    "echo array_every($p, [2, 3]); echo array_every($p, [1, 2]);"
	    "echo array_every($p, []);", "true\nfalse\ntrue\n" },
	{ "array_filter", "echo array_filter(function ($v) { return $v > 1; },"
	    " [1, 2, \"k\" => 3, 0]);", "[1=>2,\"k\"=>3]\n" },
	{ "array_find", "echo array_find(function ($v) { return $v > 1; },"
	    " [1, 2, 3]); echo array_find(is_string, [1]) === none;",
	    "2\ntrue\n" },
	{ "array_includes", "echo array_includes(1, [1]); echo array_includes("
	    "\"1\", [1]); echo in_array(\"1\", [1]); echo array_includes("
	    "is_string, [1, \"x\"]); echo in_array(is_string, [1]);",
	    "true\nfalse\ntrue\ntrue\nfalse\n" },
	{ "array_join", "echo array_join([1, \"a\", none, true], \"-\");"
	    "echo array_join([1, 2]); echo implode(\", \", [\"a\", \"b\"]);"
	    "echo array_join([], \",\");", "1-a--true\n12\na, b\n\n" },
	{ "array_join of none", "echo array_join(none) === \"\"; "
	    "echo implode(\"-\", pcre_match_all(\"a\", \"b\")[0]) === \"\"; "
	    "try { array_join(5); } catch ($e) { echo \"no\"; }",
	    "true\ntrue\nno\n" },
	{ "array_keys", "echo array_keys([\"a\" => 1, 5 => 2, true => 3]);",
	    "[0=>\"a\",1=>5,2=>1]\n" },
	{ "array_map", "echo array_map(function ($v) { return $v . \"!\"; },"
	    " [\"a\" => 1, 5 => 2]); echo array_map(str_upper, [\"x\"]);"
	    "echo array_map(function ($r) { return array_map(function ($v)"
	    " { return -$v; }, $r); }, [[1], [2, 3]]);",
	    "[\"a\"=>\"1!\",5=>\"2!\"]\n[0=>\"X\"]\n"
	    "[0=>[0=>-1],1=>[0=>-2,1=>-3]]\n" },
	{ "array_random", "[$k, $v] = array_random([\"a\" => 1]); echo $k . $v;"
	    "echo array_random([]) === none;", "a1\ntrue\n" },
	{ "array_range", "echo array_range(0, 3); echo array_range(5, 0, -2);"
	    "echo array_range(0, 1, 0.5); echo range(1, 3); echo range(3, 1);"
	    "echo array_range(3, 1); array_range(0, 1, 0);",
	    "[0=>0,1=>1,2=>2]\n[0=>5,1=>3,2=>1]\n[0=>0,1=>0.5]\n"
	    "[0=>1,1=>2,2=>3]\n[0=>3,1=>2,2=>1]\n[]\n"
	    "! the step of a range is 0\n" },
	{ "array_reduce", "$f = function ($c, $v) { return $c . $v; };"
	    "echo array_reduce($f, [1, 2, 3]); echo array_reduce($f, [1],"
	    " \"x\");"
	    "echo array_reduce($f, [7]); echo array_reduce($f, [], 5);"
	    "array_reduce($f, []);",
	    "123\nx1\n7\n5\n! array_reduce() of [] needs an initial value\n" },
	{ "array_reverse", "echo array_reverse([1, \"k\" => 2, 3]);",
	    "[0=>3,\"k\"=>2,1=>1]\n" },
	{ "array_sort", "$l = function ($a, $b) { return $a < $b; };"
	    "echo array_sort($l, [3, 1, 2]); echo array_sort($l, []);"
	    "echo array_sort($l, [\"b\" => 1, \"a\" => 2], [\"keys\" => true]);"
	    "$r = []; for ($i = 0; $i < 100; $i++) $r[] = $i * 37 % 101;"
	    "$s = array_sort($l, $r); $ok = true; $p = -1; foreach ($s as $v)"
	    " { if ($v < $p) $ok = false; $p = $v; } echo $ok . length($s);",
	    "[1=>1,2=>2,0=>3]\n[]\n[\"a\"=>2,\"b\"=>1]\ntrue100\n" },
	{ "array_shuffle", "$a = array_shuffle([1, 2, 3, \"k\" => 4]);"
	    "echo length($a) . $a[\"k\"];", "44\n" },
	{ "array_unique", "echo array_unique([1, \"1\", 2, \"a\", \"a\", none,"
	    " none, [1], [1]]);", "[0=>1,2=>2,3=>\"a\",5=>none]\n" },
	{ "array_unique, all types",
	    "echo array_unique([1, \"1\", true, none,"
	    "\"a\", [1], 2, \"2.0\", \"02\", 0, false, \"\", none, [1], strlen,"
	    "strlen, 0/0, 0/0]);",
	    "[0=>1,3=>none,4=>\"a\",6=>2,10=>false,16=>nan,17=>nan]\n" },
	{ "array - array is by ==", "echo [1, \"1\", true, none, \"a\", [1], 2,"
	    "\"2.0\", 0, false, \"\", 3.5, \"3.5\"] - [1, none, \"2\", [1],"
	    "\"\", \"3.50\"]; echo [1, true, \"1\", \"01\", 5] - [\"1\"];"
	    "echo [true, 1, \"1\", false, 0, \"0\", 2] - [true];",
	    "[4=>\"a\",7=>\"2.0\",12=>\"3.5\"]\n"
	    "[3=>\"01\",4=>5]\n[3=>false,4=>0,6=>2]\n" },
	{ "array - array, arrays and the like", "echo [[1], [], \"\", \"x\","
	    " true, false, 1, 0, [2], strlen, none] - [[1]];"
	    "echo [[1], [], \"\", \"x\", 1, 0, none, strlen] - [true];"
	    "echo [[1], [], \"\", \"x\", true, 2, none] - [0];"
	    "echo [[1], [], \"x\", 1, none, 0] - [strlen];",
	    "[1=>[],2=>\"\",3=>\"x\",5=>false,7=>0,8=>[0=>2],"
	    "9=>function strlen,10=>none]\n"
	    "[1=>[],2=>\"\",5=>0,6=>none]\n"
	    "[0=>[0=>1],4=>true,5=>2,6=>none]\n"
	    "[0=>[0=>1],1=>[],2=>\"x\",4=>none,5=>0]\n" },
	{ "array_unique, equals of numbers", "echo array_unique([\"1\", 1,"
	    " \"01\", \"1\", true, true, 0, false, -0, \"0\"]);"
	    " echo array_unique([true, 1, \"1\", false, 0]);"
	    " $n = 0 / 0; echo length(array_unique([$n, $n]));"
	    " echo length(array_unique(array_range(0, 300000)));",
	    "[0=>\"1\",2=>\"01\",6=>0]\n"
	    "[0=>true,3=>false]\n2\n300000\n" },
	{ "wrong types", "try { array_map(1, []); } catch ($e)"
	    " { echo $e->message(); } array_keys(5);",
	    "array_map(): argument 1 is a number, not a function\n"
	    "! array_keys(): argument 1 is a number, not an array\n" },
	{ .name = NULL }
};

static const struct run_case	strings[] = {
	{ "length", "echo length(\"abc\"); echo length([1]);"
	    "echo length(5) === none; echo count([1, 2]); echo strlen(\"\");",
	    "3\n1\ntrue\n2\n0\n" },
	{ "types", "foreach ([1, \"s\", [], true, none, length, Exception(1)]"
	    " as $v) echo \"\" . is_number($v) . is_string($v) . is_array($v) ."
	    " is_boolean($v) . is_function($v) . is_object($v);",
	    "truefalsefalsefalsefalsefalse\nfalsetruefalsefalsefalsefalse\n"
	    "falsefalsetruefalsefalsefalse\nfalsefalsefalsetruefalsefalse\n"
	    "falsefalsefalsefalsefalsefalse\nfalsefalsefalsefalsetruefalse\n"
	    "falsefalsefalsefalsefalsetrue\n" },
	{ "chr ord", "echo chr(65) . chr(321); echo ord(\"A\");"
	    "echo ord(\"\") === none;", "AA\n65\ntrue\n" },
	{ "str_repeat", "echo str_repeat(\"ab\", 2) . str_repeat(\"x\", -1);",
	    "abab\n" },
	{ "str_replace", "echo str_replace(\"a\", \"bb\", \"banana\");"
	    "echo str_replace(\"\", \"x\", \"ab\"); echo str_replace(\"ab\","
	    " \"\", \"aabb\");", "bbbnbbnbb\nab\nab\n" },
	{ "str_split", "echo str_split(\"a,b,c\", \",\"); echo"
	    " str_split(\"a,b,c\","
	    " \",\", 2); echo str_split(\"a,b,c\", \",\", -2);"
	    "echo str_split(\"\", \",\"); echo str_split(\"ab\", \"\");"
	    "echo explode(\"--\", \"a--b\"); echo explode(\".\", \"a.b.c\","
	    " -2);"
	    "echo str_split(\"aXXb\", \"X\");",
	    "[0=>\"a\",1=>\"b\",2=>\"c\"]\n[0=>\"a\",1=>\"b,c\"]\n"
	    "[0=>\"a,b\",1=>\"c\"]\n[0=>\"\"]\n[0=>\"a\",1=>\"b\"]\n"
	    "[0=>\"a\",1=>\"b\"]\n[0=>\"a.b\",1=>\"c\"]\n"
	    "[0=>\"a\",1=>\"\",2=>\"b\"]\n" },
	{ "str_find", "echo str_find(\"abcabc\", \"c\"); echo str_find(\"abc\","
	    " \"x\"); echo str_find(\"abcabc\", \"c\", 3); echo str_rfind("
	    "\"abcabc\", \"c\"); echo str_rfind(\"abcabc\", \"c\", 1);"
	    "echo strpos(\"abc\", \"a\"); echo strrpos(\"aa\", \"a\");"
	    "echo str_find(\"abc\", \"c\", 9);",
	    "2\n-1\n5\n5\n2\n0\n1\n-1\n" },
	{ "case", "echo str_lower(\"ABC\xc3\x84\") . str_upper(\"abz@[{\") ."
	    " strtolower(\"X\") . strtoupper(\"y\");",
	    "abc\xc3\x84" "ABZ@[{xY\n" },
	{ "str_slice", "echo str_slice(\"abcdef\", 1, 2) . \",\" ."
	    " str_slice(\"abcdef\", -2) . \",\" . substr(\"abc\", 1) . \",\" ."
	    " str_slice(\"abc\", 9) . \",\" . str_slice(\"abcdef\", 1, -1);",
	    "bc,ef,bc,,bcde\n" },
	{ "str_strip", "echo \"[\" . str_strip(\" \\t a b\\r\\n\") . \"]\" ."
	    " str_lstrip(\"xxa\", \"x\") . str_rstrip(\"axy\", \"yx\") ."
	    " trim(\" b \") . str_strip(none);", "[a b]aab\n" },
	{ "str_chunk", "echo str_chunk(\"abcde\", 2); echo str_chunk(\"abcde\","
	    " 2, 1); echo str_chunk(\"\", 2);",
	    "[0=>\"ab\",1=>\"cd\",2=>\"e\"]\n[0=>\"a\",1=>\"bc\",2=>\"de\"]\n"
	    "[]\n" },
	{ "numbers as strings", "echo str_lower(5) . length(str_upper(true));",
	    "54\n" },
	{ "wrong types", "str_lower([]);",
	    "! str_lower(): argument 1 is an array, not a string\n" },
	{ .name = NULL }
};

#define LIMIT	"regular expression: match limit exceeded\n"

static const struct run_case	regexes[] = {
	{ "pcre_match", "echo pcre_match(#/(?<k>a)(x)?(b)/, \"zab\");"
	    "echo pcre_match(\"q\", \"zab\"); echo pcre_match(\"/A/i\","
	    " \"a\");",
	    "[0=>\"ab\",1=>\"a\",2=>\"\",3=>\"b\",\"k\"=>\"a\"]\n[]\n"
	    "[0=>\"a\"]\n" },
	{ "pcre_match_all", "echo pcre_match_all(#/(\\d)(?<u>\\w)/, \"1a2b\");"
	    "echo pcre_match_all(#/x/, \"\"); echo pcre_match_all(#/a*/,"
	    " \"ba\");",
	    "[0=>[0=>\"1a\",1=>\"2b\"],1=>[0=>\"1\",1=>\"2\"],"
	    "2=>[0=>\"a\",1=>\"b\"],\"u\"=>[0=>\"a\",1=>\"b\"]]\n[]\n"
	    "[0=>[0=>\"\",1=>\"a\",2=>\"\"]]\n" },
	{ "pcre_quote", "echo pcre_quote(\"a.b*c\");", "a\\.b\\*c\n" },
	{ "pcre_compile", "$r = pcre_compile(\"/B/i\"); echo \"abc\" =~ $r;"
	    "echo $r; pcre_compile(\"(\");",
	    "true\nRegex\n! regular expression: missing closing"
	    " parenthesis\n" },
	{ "empty literal", "echo \"\" =~ #//u;",
	    "t:1:12: empty regular expression\n" },
	{ "pcre_replace", "echo pcre_replace(#/(\\w)(\\d)/, \"$2$1-$9\","
	    " \"a1 b2\"); echo pcre_replace(\"a\", \"b\", \"aaa\", 2);"
	    "echo pcre_replace(#/x*/, \"-\", \"abc\");"
	    "echo pcre_replace(#/\\d+/, function ($m) { return $m[0] * 2; },"
	    " \"a1b22c\"); echo pcre_replace(#/./, function ($m) { return"
	    " str_upper($m[0]); }, \"abc\", 2);"
	    "echo pcre_replace(#/(a)/, \"<${1}1>\", \"a\");",
	    "1a- 2b-\nbba\n-a-b-c-\na11b2222c\nABc\n<a1>\n" },
	{ "callbacks that match", "echo pcre_replace(\"b\", function ($m)"
	    " { return pcre_replace(\"b\", \"<$0>\", $m[0]); }, \"abab\");",
	    "a<b>a<b>\n" },
	{ "limits", "echo \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\" =~"
	    " #/^(a+a+)+$/;", "! regular expression: match limit exceeded\n" },
	{ "limits on long subjects", "foreach ([\"[a-z]*[a-z]*[0-9]\","
	    " \"^(a+)+$\","
	    " \"([a-z]*[a-z]*[0-9])|a\"] as $p) foreach ([300, 513, 300000]"
	    " as $n) try { echo length(pcre_match_all($p, \"a\" * $n . "
	    "\"c\")); } catch ($e) { echo $e->message(); }",
	    "0\n0\n" LIMIT LIMIT LIMIT LIMIT "2\n" "2\n" LIMIT },
	{ "no limit on many matches", "$s = \"a b\" * 100000; echo length("
	    "pcre_match_all(#/./, $s)[0]); echo length(pcre_replace(#/ /u,"
	    " \"\", $s)); echo $s =~ #/^a.*b a$/; echo $s =~ #/b$/;",
	    "300000\n200000\nfalse\ntrue\n" },
	{ "not UTF-8", "echo \"\\xff\" =~ #/a/u; echo \"\\xc3\\xa4\" =~"
	    " #/^.$/u;",
	    "false\ntrue\n" },
	{ .name = NULL }
};

static const struct run_case	numbers[] = {
	{ "rounding", "echo abs(-1.5); echo ceil(1.2); echo floor(-1.2);"
	    "echo round(2.5); echo round(-2.5); echo round(1.005, 2);"
	    "echo round(1234, -2); echo round(1.4);",
	    "1.5\n2\n-2\n3\n-3\n1.01\n1200\n1\n" },
	{ "powers", "echo pow(2, 10); echo sqrt(16); echo sqrt(-1);"
	    "echo log(8, 2); echo log(1); echo log(1000, 10);",
	    "1024\n4\nnan\n3\n0\n3\n" },
	{ "random", "for ($i = 0; $i < 100; $i++) { $n = random_number(1, 3);"
	    " if ($n < 1 or $n > 3 or $n != floor($n)) echo $n; }"
	    "$f = random_number(); echo $f >= 0 and $f <= 1;"
	    "echo length(random_bytes(10)); echo rand(5, 5);"
	    "random_number(2, 1);",
	    "true\n10\n5\n! random_number(): an empty range\n" },
	{ "dates", "echo strftime(\"%Y-%m-%d %H:%M:%S\", 86400.5,"
	    " [\"local\" => false]); echo strptime(\"1970-01-02 00:00:01\","
	    " \"%Y-%m-%d %H:%M:%S\", [\"local\" => false]);"
	    "echo strptime(\"x\", \"%Y\") === none; echo strftime(\"\");"
	    "echo strptime(\"Thu, 01 Jan 1970 02:00:00 +0200\","
	    " \"%a, %d %b %Y %H:%M:%S %z\"); echo time() > 1600000000;"
	    "echo uptime() > 0; echo executiontime() < 60;"
	    "echo is_number(timelocal());",
	    "1970-01-02 00:00:00\n86401\ntrue\n\n0\ntrue\ntrue\ntrue\ntrue\n" },
	{ "strpduration", "echo strpduration(\"1d2h30m10s\");"
	    "echo strpduration(\"90\"); echo strpduration(\"1w\");"
	    "echo strpduration(\"x\") === none; echo strpduration(\"\") ==="
	    " none;"
	    "echo strpduration(\"1h30\") === none;",
	    "95410\n90\n604800\ntrue\ntrue\ntrue\n" },
	{ .name = NULL }
};

static const struct run_case	encodings[] = {
	{ "base64", "foreach ([\"\", \"f\", \"fo\", \"foo\", \"foob\"] as $s)"
	    " { $e = base64_encode($s); echo $e . \" \" . base64_decode($e); }"
	    "echo base64url_encode(\"\\xff\\xfe\"); echo base64_decode(\"Zm"
	    " 9v\");"
	    "echo base64url_decode(\"__4\") == \"\\xff\\xfe\";",
	    " \nZg== f\nZm8= fo\nZm9v foo\nZm9vYg== foob\n__4\nfoo\ntrue\n" },
	{ "base32", "foreach ([\"\", \"f\", \"fo\", \"foo\", \"foob\","
	    " \"fooba\"] as"
	    " $s) { $e = base32_encode($s); echo $e . \" \" .base32_decode($e);"
	    " }"
	    "echo base32_decode(\"mzxw6\"); echo base32_decode(\"not!\") !=="
	    " none;",
	    " \nMY====== f\nMZXQ==== fo\nMZXW6=== foo\nMZXW6YQ= foob\n"
	    "MZXW6YTB fooba\nfoo\ntrue\n" },
	{ "url", "echo url_encode(\"a b/\xc3\xa4-._~\"); echo url_decode("
	    "\"a%20b+%zz%\"); echo xtext_encode(\"a+b=c d\");"
	    "echo xtext_decode(\"a+2Bb+3D\");"
	    "echo xtext_decode(\"a+2Bb+zz\");",
	    "a%20b%2F%C3%A4-._~\na b+%zz%\na+2Bb+3Dc+20d\na+b=\na+2Bb+zz\n" },
	{ "url_parse", "echo url_parse(\"https://u:p@h.example:8080/p/q?x=1#f\""
	    ");"
	    "echo url_parse(\"http://[::1]:25/\"); echo"
	    " url_parse(\"mailto:a@b\");"
	    "echo url_parse(\"/p\"); echo url_parse(\"http://h:x/\") === none;"
	    "echo url_parse(\"\");",
	    "[\"scheme\"=>\"https\",\"username\"=>\"u\",\"password\"=>\"p\","
	    "\"hostname\"=>\"h.example\",\"port\"=>8080,\"path\"=>\"/p/q\","
	    "\"query\"=>\"x=1\",\"fragment\"=>\"f\"]\n"
	    "[\"scheme\"=>\"http\",\"hostname\"=>\"[::1]\",\"port\"=>25,"
	    "\"path\"=>\"/\"]\n[\"scheme\"=>\"mailto\",\"path\"=>\"a@b\"]\n"
	    "[\"path\"=>\"/p\"]\ntrue\n[]\n" },
	{ "json_encode", "$a = str_repeat(\"\xc3\xa4\", 3000);"
	    "echo length(json_encode($a));"
	    "echo length(json_encode($a, [\"ensure_ascii\" => false]));"
	    "$x = str_repeat(\"x\", 1023); $e = $x . \"\xf0\x9f\x98\x80\";"
	    "echo json_encode($e)[1020:]; echo json_decode(json_encode($e)) =="
	    " $e; echo json_encode($x . \"\\xc3\"); foreach ([\"\\x1f\","
	    " \"\\x7f\", \"\\x80\", \"\\\"\", \"\\\\\", \"~\"] as $c)"
	    " echo json_encode(\"abc$c:efgh\");",
	    "18002\n6002\nxxxx\\ud83d\\ude00\"\ntrue\n\n\"abc\\u001f:efgh\""
	    "\n\"abc\\u007f:efgh\"\n\n\"abc\\\":efgh\"\n\"abc\\\\:efgh\"\n"
	    "\"abc~:efgh\"\n" },
	{ "json_encode", "echo json_encode([1, \"a\", none, true, 1.5]);"
	    "echo json_encode([\"k\" => [], \"q\" => \"\\\"\\n\xc3\xa4\"]);"
	    "echo json_encode(\"\xf0\x9f\x98\x80\"); echo"
	    " json_encode(\"\xc3\xa4\","
	    " [\"ensure_ascii\" => false]); echo json_encode([\"a\" => [1]],"
	    " [\"pretty_print\" => true]); echo json_encode(\"\\xff\") ==="
	    " none;"
	    "echo json_encode([length]) === none; echo json_encode([1 => 2]);",
	    "[1,\"a\",null,true,1.5]\n{\"k\":[],\"q\":\"\\\"\\n\\u00e4\"}\n"
	    "\"\\ud83d\\ude00\"\n\"\xc3\xa4\"\n{\n    \"a\": [\n        1\n   "
	    " ]\n}\n"
	    "true\ntrue\n{\"1\":2}\n" },
	{ "json_decode", "echo json_decode(\"{\\\"a\\\": [1, -2.5e1, true,"
	    " null],"
	    " \\\"b\\\": {}}\"); echo json_decode(\"\\\"\\\\u00e4\\\\ud83d\\\\u"
	    "de00"
	    "\\\\n\\\"\"); foreach ([\"\", \"[1,]\", \"{\", \"01\", \"1 2\","
	    " \"nul\","
	    " \"\\\"a\", \"[1}\", \"-\", \"1.\", \"// x\\n1\"] as $s)"
	    " echo json_decode($s) === none; echo json_decode(\"[1 //"
	    " x\\n/*y*/]\","
	    " [\"allow_comments\" => true]);",
	    "[\"a\"=>[0=>1,1=>-25,2=>true,3=>none],\"b\"=>[]]\n"
	    "\xc3\xa4\xf0\x9f\x98\x80\n\ntrue\ntrue\ntrue\ntrue\ntrue\ntrue\n"
	    "true\ntrue\ntrue\ntrue\ntrue\n[0=>1]\n" },
	{ "csv_decode", "echo csv_decode(\"a,b\\r\\n1,\\\"x,\\\"\\\"y\\\"\\n\\n"
	    "2,z\");"
	    "echo csv_decode(\"1;2\\n\", [\"header\" => false,"
	    " \"delimiter\" => \";\"]); echo csv_decode(\"n,t\\n5,yes\\n,no\","
	    " [\"schema\" => [\"n\" => [\"type\" => \"number\", \"nullable\" =>"
	    " true], \"t\" => [\"type\" => \"boolean\", \"true\" => [\"yes\"],"
	    " \"false\" => [\"no\"]]]]); echo csv_decode(\"a\\n\\\"x\") ==="
	    " none;"
	    "echo csv_decode(\"a,b\\n1\") === none;",
	    "[0=>[\"a\"=>\"1\",\"b\"=>\"x,\\\"y\"],1=>[\"a\"=>\"2\",\"b\"=>\"z"
	    "\"]]\n"
	    "[0=>[0=>\"1\",1=>\"2\"]]\n"
	    "[0=>[\"n\"=>5,\"t\"=>true],1=>[\"n\"=>none,\"t\"=>false]]\n"
	    "true\ntrue\n" },
	{ "csv_explode", "echo csv_explode(\"a,\\\"b,c\\\",d\\n1,2\");"
	    "echo csv_explode(\"a;b\", \";\"); echo csv_explode(\"a;b\","
	    "[\"delimiter\" => \";\"]); echo csv_explode(\"\");"
	    "echo csv_explode(\"\\\"a\") === none;",
	    "[0=>\"a\",1=>\"b,c\",2=>\"d\"]\n[0=>\"a\",1=>\"b\"]\n"
	    "[0=>\"a\",1=>\"b\"]\n[]\ntrue\n" },
	{ "csv_encode", "echo csv_encode([1, \"a,b\", \"q\\\"\", none, \"\"]);"
	    "echo csv_encode([\"a\", \"b\"], [\"delimiter\" => \";\"]);"
	    "echo csv_encode([\"Hello\", \"World\", \"Hello World\"]);"
	    "$a = [\"x\" => 1, \"y\" => 2, \"z\" => 3]; unset($a[\"x\"]);"
	    "echo csv_encode($a); echo csv_encode([\"\", \"\"]);",
	    "1,\"a,b\",\"q\"\"\",,\na;b\nHello,World,\"Hello World\"\n"
	    "2,3\n,\n" },
	{ "pack", "echo unpack(\"H*\", pack(\"a3a*Z*H*Ccnv\", \"x\", \"yz\","
	    " \"q\","
	    " \"0aff\", 255, -1, 258, 258)); echo unpack(\"CcnvNV\", pack("
	    "\"CcnvNV\", 255, 255, 258, 258, 4294967295, -2));"
	    "echo unpack(\"EeZ*a2x1H2\", pack(\"EeZ*a2xH2\", 1.5, -2.5, \"z\","
	    " \"ab\", \"f0\")); echo unpack(\"N*\", \"\"); echo"
	    " unpack(\"n2C*\","
	    " \"\\x00\\x01\\x00\\x02ab\"); echo unpack(\"V\", \"ab\") === none;"
	    "echo unpack(\"C\", \"abc\", 2); echo pack(\"q\", 1) === none;",
	    "[0=>\"780000797a71000affffff01020201\"]\n"
	    "[0=>255,1=>-1,2=>258,3=>258,4=>4294967295,5=>4294967294]\n"
	    "[0=>1.5,1=>-2.5,2=>\"z\",3=>\"ab\",4=>\"f0\"]\n[]\n"
	    "[0=>1,1=>2,2=>97,3=>98]\ntrue\n[0=>99]\ntrue\n" },
	{ "digests", "echo md5(\"\"); echo sha1(\"abc\"); echo sha2(\"abc\","
	    " 256);"
	    "echo length(sha2(\"abc\", 512, [\"binary\" => true]));"
	    "echo hmac_sha1(\"key\", \"The quick brown fox jumps over the lazy"
	    " dog\"); echo hmac_md5(\"key\", \"The quick brown fox jumps over"
	    " the"
	    " lazy dog\"); echo hmac_sha2(\"key\", \"\", 256); echo"
	    " hash(\"a\");"
	    "sha2(\"\", 1);",
	    "d41d8cd98f00b204e9800998ecf8427e\n"
	    "a9993e364706816aba3e25717850c26c9cd0d89d\n"
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n"
	    "64\nde7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9\n"
	    "80070713463e7749b90c2dc24911e275\n"
	    "5d5d139563c95b5967b9bd9a8c9b233a9dedb45072794cd232dc1b74832607d0\n"
	    "3826002220\n! a hash size is 256, 384 or 512\n" },
	{ "uuid", "echo length(uuid()); echo uuidv5("
	    "\"6ba7b810-9dad-11d1-80b4-00c04fd430c8\", \"www.example.com\");",
	    "36\n2ed6657d-e927-568b-95e1-2665a8aea6a2\n" },
	{ "inet", "echo inet_ntop(inet_pton(\"192.0.2.1\"));"
	    "echo inet_ntop(inet_pton(\"2001:db8::1\")); echo inet_pton(\"x\")"
	    " ==="
	    " none; echo inet_includes(\"192.0.2.77\", \"192.0.2.64/26\");"
	    "echo inet_includes(\"192.0.2.5\", \"192.0.2.1-192.0.2.4\");"
	    "echo inet_includes(\"::1\", \"127.0.0.1\"); echo inet_includes("
	    "\"x\", \"127.0.0.1\") === none; echo inet_includes(\"2001:db8::1\""
	    ","
	    " \"2001:db8::/33\"); echo inet_reverse(\"192.0.2.1\");"
	    "echo inet_reverse(\"192.0.2.1\", \"bl.example\");",
	    "192.0.2.1\n2001:db8::1\ntrue\ntrue\nfalse\nfalse\ntrue\ntrue\n"
	    "1.2.0.192.in-addr.arpa\n1.2.0.192.bl.example\n" },
	{ "domain_includes", "echo domain_includes(\"a.Example.com\","
	    " \"example.COM\"); echo domain_includes(\"example.com\","
	    " \"example.com\"); echo domain_includes(\"example.com\","
	    " \".example.com\"); echo domain_includes(\"badexample.com\","
	    " \"example.com\");", "true\ntrue\nfalse\nfalse\n" },
	{ .name = NULL }
};

static void
test_arrays(void **state)
{
	(void)state;
	run_table(arrays);
}

static void
test_strings(void **state)
{
	(void)state;
	run_table(strings);
}

static void
test_regexes(void **state)
{
	(void)state;
	run_table(regexes);
}

static void
test_numbers(void **state)
{
	(void)state;
	run_table(numbers);
}

static void
test_encodings(void **state)
{
	(void)state;
	run_table(encodings);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_arrays),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_regexes),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_encodings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
