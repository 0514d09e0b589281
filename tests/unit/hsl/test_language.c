/*
 * The rules of the language, one case each.
 */
#include "run.h"

static const struct run_case	lexical[] = {
	{ "comments", "// a\n/* b\n * c */ echo 1; // end", "1\n" },
	{ "numbers", "echo 1_000; echo 0x1F; echo 0o17; echo 0b0010_0001;"
	    "echo 010; echo 1.5_0;", "1000\n31\n15\n33\n10\n1.5\n" },
	{ "no exponent", "echo 1e3;", "t:1:6: a number has no exponent; "
	    "write '1 * 10 ** 3'\n" },
	{ "two points", "echo 1.2.3;",
	    "t:1:6: a number has one point only\n" },
	{ "a point is not a fraction", "echo 5 . 6; echo 1.0 . 2.5;",
	    "56\n12.5\n" },
	{ "escapes", "echo \"a\\tb\\x41\\$c\\\\\\\"\\q\";",
	    "a\tbA$c\\\"\\q\n" },
	{ "interpolation", "$a = [1]; $b = 2; $b_c = 3;"
	    "echo \"$b $b_c ${b}c $a[0] $ 1$ $5 ${5}\";",
	    "2 3 2c [0=>1][0] $ 1$ $5 ${5}\n" },
	{ "strings span lines", "echo \"a\nb\";", "a\nb\n" },
	{ "raw strings", "echo ''a \"b\" \\d $x''; echo 'EOF'it's ''x'''EOF';",
	    "a \"b\" \\d $x\nit's ''x''\n" },
	{ "raw string without end", "echo ''a;",
	    "t:1:6: raw string without end\n" },
	{ "single quotes are no string", "echo 'a b';",
	    "t:1:6: a string stands in double quotes: \"text\"; a raw string "
	    "is 'END'text'END', or ''text''\n" },
	{ "string without end", "echo \"a",
	    "t:1:6: string without end\n" },
	{ "hash", "# no\necho 1;",
	    "t:1:1: '#' starts no comment; write '//'\n" },
	{ "reserved words", "$x = new;",
	    "t:1:6: 'new' is a reserved word; an object of the class C "
	    "is made by 'C()'\n" },
	{ "keywords as variables", "$break = 1; $this_ = 2; $global = 3;"
	    "echo $break + $this_ + $global;", "6\n" },
	{ "regex flags", "echo \"AB\" =~ #/a b/xi; echo \"a/b\" =~ #/a\\/b/;",
	    "true\ntrue\n" },
	{ "bad regex", "$x = #/(/;",
	    "t:1:6: regular expression: missing closing parenthesis\n" },
	{ "last semicolon", "echo 1", "1\n" },
	{ .name = NULL }
};

static const struct run_case	conversion[] = {
	{ "truth", "foreach ([0, 1, \"\", \"0\", [], [0], none, false, true] as"
	    " $v)"
	    " echo boolean($v);",
	    "false\ntrue\nfalse\ntrue\nfalse\ntrue\nfalse\nfalse\ntrue\n" },
	{ "numbers as text", "echo 1.0; echo 0.1 + 0.2; echo -0;"
	    "echo 1000000 * 1000000 * 1000000 * 1000; echo 1 / 3;"
	    "echo 0.000001; echo 0.0000001; echo 123456789012345680000;"
	    "echo 1 / 0; echo -1 / 0; echo 0.1;",
	    "1\n0.30000000000000004\n0\n1e+21\n0.3333333333333333\n"
	    "0.000001\n1e-7\n123456789012345680000\ninf\n-inf\n0.1\n" },
	{ "arrays as text", "echo [\"a\" => [1], \"b\" => none, 2 => true,"
	    "\"q\" => \"a\\\"b\\n\"]; echo [];",
	    "[\"a\"=>[0=>1],\"b\"=>none,2=>true,\"q\"=>\"a\\\"b\\n\"]\n[]\n" },
	{ "none as text", "echo \"[\" . none . \"]\"; echo string(none);",
	    "[]\n\n" },
	{ "number()", "echo number(\"0x1f\"); echo number(\" 12 \");"
	    "echo number(\"12abc\"); echo number(\"-1.5\"); echo number(true);"
	    "echo number([1]); echo number(\"\"); echo number(\"1e3\");",
	    "31\n12\n0\n-1.5\n1\n0\n0\n0\n" },
	{ "arithmetic on none and strings", "echo none + 1; echo \"5\" - 2;"
	    "echo true + true; echo \"a\" - 1;",
	    "1\n3\n2\n! a number is expected, not the string \"a\"\n" },
	{ "array in arithmetic", "echo [1] * [2];",
	    "! a number is expected, not an array\n" },
	{ "keys", "$a = [\"1\" => \"a\", \"-5\" => \"b\", \"01\" => \"c\","
	    "1.9 => \"d\", true => \"e\", none => \"f\"]; echo $a;"
	    "echo $a[true] . $a[none] . $a[\"1\"];",
	    "[1=>\"e\",-5=>\"b\",\"01\"=>\"c\",none=>\"f\"]\n"
	    "efe\n" },
	{ "large keys", "$a[20000000000] = 1; echo $a;"
	    "echo $a[\"20000000000\"];", "[20000000000=>1]\n1\n" },
	{ "next key", "$a = [5 => 1]; $a[] = 2; $b = [-5 => 1]; $b[] = 2;"
	    "echo $a; echo $b; unset($a[6]); $a[] = 3; echo $a;",
	    "[5=>1,6=>2]\n[-5=>1,0=>2]\n[5=>1,6=>3]\n" },
	{ "missing indexes", "$a = []; echo $a[\"x\"][\"y\"][0] === none;"
	    "$n = 5; echo $n[0] === none; $z = none; echo $z[1][2] === none;",
	    "true\ntrue\ntrue\n" },
	{ "copies", "$a = [1, [2]]; $b = $a; $b[1][0] = 9; $b[] = 3;"
	    "echo $a; echo $b;", "[0=>1,1=>[0=>2]]\n[0=>1,1=>[0=>9],2=>3]\n" },
	{ "string index", "$s = \"abc\"; echo $s[0] . $s[-1] . $s[1.9];"
	    "echo $s[3] === none; echo \"\"[0] === none;",
	    "acb\ntrue\ntrue\n" },
	{ .name = NULL }
};

static const struct run_case	operators[] = {
	{ "precedence of . and +", "echo 1 + 2 . 3 + 4;", "37\n" },
	{ "or binds tighter than ?:",
	    "$x = false or 1 == 1 ? \"a\" : \"b\"; echo $x;", "a\n" },
	{ "elvis", "$a = []; $b = 2; echo $a ?: $b == 1 or $b == 2 ? [7] : [];"
	    "echo 0 ? : 5;", "[0=>7]\n5\n" },
	{ "assignment in conditions", "$i = 3; while (!$x = $i == 0) $i--;"
	    "echo $i; $c = true; $h = []; $c ? ++$h[\"k\"] : $h[\"k\"] = 0;"
	    "echo $h; $a = $b = 4; echo $a . $b; true and $d = 5; echo $d;",
	    "0\n[\"k\"=>1]\n44\n5\n" },
	{ "power", "echo -2 ** 2; echo 2 ** 3 ** 2; $m = 3; echo 2 ** --$m;"
	    "echo 2 ** -1;", "-4\n512\n4\n0.5\n" },
	{ "bitwise above comparison", "echo 6 & 3 == 2; echo 1 | 2 << 1;",
	    "true\n5\n" },
	{ "bitwise", "echo 0xffffffff & 0xffffffff; echo ~0; echo -1 >>> 28;"
	    "echo -8 >> 1; echo 1 << 31; echo 5 ^ 1; echo 4294967296 | 1;",
	    "-1\n-1\n15\n-4\n-2147483648\n4\n1\n" },
	{ "array +", "echo [1, \"a\" => 2] + [3, \"a\" => 4]; echo [1] + 5;"
	    "$a = none; $a += [1]; echo $a; echo \"a\" + \"b\"; echo 1 + \"x\";"
	    "echo \"2\" + 3; $s = [1]; $s += $s; echo $s;",
	    "[0=>1,\"a\"=>4,1=>3]\n[0=>1,1=>5]\n[0=>1]\nab\n1x\n5\n"
	    "[0=>1,1=>1]\n" },
	{ "array -", "echo [1, 2, 3, \"2\"] - 2; echo [1, 2, 3] - [1, 3];",
	    "[0=>1,2=>3]\n[1=>2]\n" },
	{ "repetition", "echo \"ab\" * 3; echo [1, 2] * 2; echo \"x\" * 0;",
	    "ababab\n[0=>1,1=>2,2=>1,3=>2]\n\n" },
	{ "remainder", "echo 7 % 3; echo -7 % 3; echo 7.5 % 2; echo 1 % 0;",
	    "1\n-1\n1.5\nnan\n" },
	{ "formatting", "echo \"%s:%s|%'0>6s|%<5s|%^5s|%.2f|%x|%c|%b|%%\""
	    " % [\"h\", 1, \"ab\", \"l\", \"m\", 1.005, 255, 65, 5];"
	    "echo \"%[1]s %[0]s\" % [\"a\", \"b\"]; echo \"%s\" % \"one\";"
	    "echo \"%'0=6x\" % [-255]; echo \"%f\" % [1.5]; echo \"%5s|\" %"
	    " [7];",
	    "h:1|0000ab|l    |  m  |1.00|ff|A|101|%\nb a\none\n-000ff\n1.5\n"
	    "    7|\n" },
	{ "format errors", "try { echo \"%s\" % []; } catch ($e)"
	    " { echo $e->message(); } echo \"%q\" % [1];",
	    "too few arguments for a format\n! unknown format '%q'\n" },
	{ "== and none", "echo false == none; echo \"\" == none; echo 0 =="
	    " none;"
	    "echo [] == none; echo none == none;",
	    "false\nfalse\nfalse\nfalse\ntrue\n" },
	{ "==", "echo true == 1; echo 5 == true; echo \"a\" == true;"
	    "echo \"1\" == 1; echo \"1.0\" == 1; echo \"a\" == 0;"
	    "echo \"1\" == \"1.0\"; echo \"A\" == \"a\";",
	    "true\nfalse\ntrue\ntrue\ntrue\ntrue\nfalse\nfalse\n" },
	{ "== of arrays", "echo [1, 2] == [1, 2]; echo [1, 2] == [2, 1];"
	    "echo [\"a\" => 1, \"b\" => 2] == [\"b\" => \"2\", \"a\" => 1];"
	    "echo [1] === [\"1\"]; echo [[1]] === [[1]];",
	    "true\nfalse\nfalse\nfalse\ntrue\n" },
	{ "<", "echo \"a\" < \"b\"; echo \"10\" < \"9\"; echo none <= 0;"
	    "echo \"10\" < 9; echo true > 0; echo 1 >= 1;",
	    "true\ntrue\ntrue\nfalse\ntrue\ntrue\n" },
	{ "NaN", "$n = 0 / 0; echo $n == $n; echo $n < 1; echo $n >= 1;"
	    "if (!($n < 1)) echo \"not\"; if ($n) echo \"true\";",
	    "false\nfalse\nfalse\nnot\ntrue\n" },
	{ "=~", "echo \"abc\" =~ \"b\"; echo \"abc\" !~ \"/B/\";"
	    "echo \"abc\" =~ \"/B/i\"; echo none =~ \"^$\"; echo 12 =~ #/1/;"
	    "echo \"a/b\" =~ \"/a/b/\"; $x = \"a\" !~ \"b\"; echo $x;",
	    "true\ntrue\ntrue\ntrue\ntrue\ntrue\ntrue\n" },
	{ "logic", "function f($x) { echo $x; return $x; }"
	    "echo f(0) and f(1); echo f(1) or f(2); echo not f(0);"
	    "echo 1 and \"a\";",
	    "0\nfalse\n1\ntrue\n0\ntrue\ntrue\n" },
	{ "??", "echo $u ?? 1; $a = [\"x\" => none]; echo $a[\"x\"] ?? 2;"
	    "echo $a[\"y\"][\"z\"] ?? 3; function f() { return none; }"
	    "echo f()[\"k\"] ?? 4; echo false ?? 5; $u ?\?= 6; $u ?\?= 7; echo"
	    " $u;"
	    "$a[\"x\"] ?\?= 8; echo $a; echo none ?? none ?? 9;",
	    "1\n2\n3\n4\nfalse\n6\n[\"x\"=>8]\n9\n" },
	{ "++ --", "$i = 1; echo $i++ . $i . ++$i . $i-- . --$i;"
	    "$h = []; $h[\"k\"]++; echo $h; echo $h[\"n\"]++; echo $h[\"n\"];",
	    "12331\n[\"k\"=>1]\n0\n1\n" },
	{ "order", "$i = 1; echo $i . $i++ . $i; $a = [0, 0, 0]; $i = 0;"
	    "$a[$i++] = $i; echo $a; $b = [1, 2]; echo $b[0] . ($b = 3);",
	    "112\n[0=>1,1=>0,2=>0]\n13\n" },
	{ "spread", "$a = [1, \"k\" => 2]; echo [0, ...$a, ...[\"k\" => 3, 4]];"
	    "function f(...$r) { return $r; } echo f(1, ...[2, 3], 4);"
	    "echo [...none]; echo [...($u ?? [])]; echo [...5];",
	    "[0=>0,1=>1,\"k\"=>3,2=>4]\n[0=>1,1=>2,2=>3,3=>4]\n[]\n[]\n"
	    "! a number can't be spread\n" },
	{ "slices", "$s = \"abcdef\"; echo $s[1:3] . \",\" . $s[:2] . \",\" ."
	    "$s[-2:] . \",\" . $s[::2] . \",\" . $s[::-1] . \",\" . $s[9:] ."
	    " \",\" ."
	    "$s[4:1:-1]; $a = [\"x\" => 1, \"y\" => 2, 3]; echo $a[-1:][0];"
	    "echo $a[:2]; echo none[1:2] === none; echo $s[true ? 1 : 2 : 3];",
	    "bc,ab,ef,ace,fedcba,,edc\n3\n[0=>1,1=>2]\ntrue\nbc\n" },
	{ "slice assignment", "$a = [1, 2, 3, 4]; $a[1:3] = [8, 9, 10];"
	    "echo $a; echo unset($a[0:2]); echo $a; $a[0:0] = 5; echo $a;",
	    "[0=>1,1=>8,2=>9,3=>10,4=>4]\ntrue\n[0=>9,1=>10,2=>4]\n"
	    "[0=>5,1=>9,2=>10,3=>4]\n" },
	{ .name = NULL }
};

static const struct run_case	assignment[] = {
	{ "vivify", "$d[1][0] = 1; $d[\"x\"][] = 2; echo $d; $s = \"str\";"
	    "$s[\"k\"] = 1; echo $s;",
	    "[1=>[0=>1],\"x\"=>[0=>2]]\n[\"k\"=>1]\n" },
	{ "none and none", "$a = []; echo $a[0] + $a[1]; echo none + none;"
	    " $n = none; $n += none; echo $n === none; $a[0] += none;"
	    " echo $a[0] === none; $n += false; $a[0] += \"5\";"
	    " echo $n === false; echo $a[0] === \"5\";",
	    "0\n0\ntrue\ntrue\ntrue\ntrue\n" },
	{ "op=", "$a = 5; $a += 2; $a -= 1; $a *= 4; $a /= 3; $a **= 2;"
	    "$a %= 60; echo $a; $s = \"a\"; $s .= \"b\" . 1; echo $s;"
	    "$h[\"n\"] += 3; $h[\"s\"] .= \"x\"; echo $h;"
	    "echo $h[\"n\"] *= 2;",
	    "4\nab1\n[\"n\"=>3,\"s\"=>\"x\"]\n6\n" },
	{ "undefined", "$x .= \"a\";", "! undefined variable $x\n" },
	{ "undefined in a string", "echo \"a$x\";",
	    "! undefined variable $x\n" },
	{ "destructuring", "[$a, $b] = [1, 2]; [$a, $b] = [$b, $a];"
	    "echo $a . $b; [\"k\" => $x, \"e\" => $y = 0] = [\"k\" => 5];"
	    "echo $x . $y; [$p, [$q, $r]] = [1, [2, 3]]; echo $p . $q . $r;"
	    "[$h[\"a\"], $h[\"b\"]] = [7, 8]; echo $h;"
	    "[$n, ...$rest] = [1, 2, \"z\" => 3]; echo $rest;"
	    "if (!([$v] = none)) echo \"none\"; echo $v === none;"
	    "[[$m] = [4]] = []; echo $m;",
	    "21\n50\n123\n[\"a\"=>7,\"b\"=>8]\n[0=>2,1=>3]\nnone\ntrue\n4\n" },
	{ "self", "$a = [1]; $a[\"me\"] = $a; $a[\"me\"][] = 2; echo $a;"
	    "$b = [1]; $b[\"x\"] += $b; echo $b;",
	    "[0=>1,\"me\"=>[0=>1,1=>2]]\n[0=>1,\"x\"=>[0=>1]]\n" },
	{ "isset unset", "$a = [\"n\" => none]; echo isset($a[\"n\"]);"
	    "echo isset($a[\"m\"]); echo isset($q); echo isset($q[\"x\"]);"
	    "echo unset($a[\"n\"]); echo unset($a[\"n\"]); echo unset($a);"
	    "echo isset($a); echo unset($zz[\"a\"][\"b\"]); echo isset($zz);",
	    "true\nfalse\nfalse\nfalse\ntrue\nfalse\ntrue\nfalse\nfalse\n"
	    "false\n" },
	{ "unset in a loop", "$x = 1; for ($i = 0; $i < 2; $i++)"
	    " { echo $x; unset($x); }", "1\n! undefined variable $x\n" },
	{ "not an lvalue", "5 = 6;", "t:1:3: this can't be assigned to\n" },
	{ "no base", "f()[1] = 2; function f() { return []; }",
	    "t:1:8: this can't be assigned to\n" },
	{ .name = NULL }
};

static const struct run_case	statements[] = {
	{ "if", "if (0) echo 1; else if (\"a\") echo 2; else echo 3;", "2\n" },
	{ "dangling else", "if (1) if (0) echo 1; else echo 2;", "2\n" },
	{ "loops", "for ($i = 0; $i < 5; $i++) { if ($i == 1) continue;"
	    " if ($i == 3) break; echo $i; } while ($i < 5) $i++; echo $i;"
	    "forever { if (--$i < 3) break; } echo $i; for (;;) break;",
	    "0\n2\n5\n2\n" },
	{ "foreach keeps its variables", "$i = none; foreach ([] as $i => $x);"
	    "echo $i === none; foreach ([1, 2] as $v); echo $v;",
	    "true\n2\n" },
	{ "foreach over a snapshot", "$a = [1, 2]; foreach ($a as $k => $v)"
	    " { $a[] = $v; unset($a[$k]); } echo $a;", "[2=>1,3=>2]\n" },
	{ "foreach targets", "foreach ([[1, 2], [3, 4]] as [$a, $b])"
	    " echo $a + $b; foreach ([5] as $h[\"k\"] => $h[\"v\"]); echo $h;",
	    "3\n7\n[\"k\"=>0,\"v\"=>5]\n" },
	{ "foreach over others", "foreach (none as $x) echo 1;"
	    "foreach (5 as $x) echo 2;", "! foreach over a number\n" },
	{ "switch", "foreach ([1, \"1\", none, false, 9] as $v) switch ($v) {"
	    " case none: echo \"none\"; break; case false: echo \"false\";"
	    " break;"
	    " case 1: echo \"one\"; case 2: { echo \"two\"; } break;"
	    " default: echo \"other\"; }",
	    "one\ntwo\none\ntwo\nnone\nfalse\nother\n" },
	{ "default first", "switch (2) { default: echo 1; case 2: echo 2; }",
	    "2\n" },
	{ "continue in switch", "foreach ([1, 2] as $x) { switch ($x) {"
	    " case 1: continue; } echo $x; }", "2\n" },
	{ "match", "foreach ([1, 2, 9] as $v) echo match ($v) {"
	    " 1, 3 => \"a\", 2 => match (true) { true => \"b\", },"
	    " default => \"c\", }; echo match (5) { 6 => 7 };",
	    "a\nb\nc\n! no match for 5\n" },
	{ "try", "function f() { throw [1]; } try { f(); echo 0; }"
	    " catch ($e) { echo $e; } try { try { throw 1; } catch ($e)"
	    " { throw $e + 1; } } catch ($f) { echo $f; }",
	    "[0=>1]\n2\n" },
	{ "throw in a loop", "foreach ([1, 2] as $x) { try { if ($x == 1)"
	    " throw \"t\"; echo $x; } catch ($e) { echo $e; continue; } }",
	    "t\n2\n" },
	{ "exceptions", "try {\n $x = none->f();\n} catch ($e) {"
	    " echo $e->message(); echo $e->file(); echo $e->line();"
	    " echo $e->column() > 0; echo $e->toString(); }"
	    " $m = Exception(\"mine\"); echo $m->line() === none;"
	    " echo $m->toString(); throw $m;",
	    "method 'f' of none\nt\n2\ntrue\n"
	    "method 'f' of none in t:2:13\ntrue\nmine\n! mine\n" },
	{ "throw as an expression", "try { $x = none ?? throw 3; } catch ($e)"
	    " { echo $e; } echo match (1) { 1 => 2, default => throw 4 };",
	    "3\n2\n" },
	{ "uncaught", "throw [1, 2];", "! [0=>1,1=>2]\n" },
	{ "break outside", "break;", "t:1:1: 'break' outside of a loop\n" },
	{ "several errors", "$x = ;\n$y = foo();\necho );\nbar();",
	    "t:1:6: an expression is expected before ';'\n"
	    "t:3:6: an expression is expected before ')'\n" },
	{ "errors of names", "foo();\nbar();\nhttp(\"x\");\nbarrier \"x\" { }",
	    "t:4:1: 'barrier' is not available here\n" },
	{ "unknown names", "foo();\nif (1) { bar(); }\nhttp(\"x\");",
	    "t:1:1: unknown function 'foo'\n"
	    "t:2:10: unknown function 'bar'\n"
	    "t:3:1: http() is a function of a later version\n" },
	{ "return at top level", "echo 1; return; echo 2;", "1\n" },
	{ .name = NULL }
};

static const struct run_case	functions[] = {
	{ "defaults", "function f($a, $b = 1 + 1, $c = [\"x\"]) { echo $a;"
	    " echo $b; echo $c; } f(1); f(1, 5);",
	    "1\n2\n[0=>\"x\"]\n1\n5\n[0=>\"x\"]\n" },
	{ "variadic", "function f($a, ...$r) { echo $r; } f(1); f(1, 2, 3);",
	    "[]\n[0=>2,1=>3]\n" },
	{ "argument counts", "function f($a, $b = 1) {}\nf();\nf(1, 2, 3);\n"
	    "length();",
	    "t:2:1: f() takes at least 1 argument, not 0\n"
	    "t:3:1: f() takes at most 2 arguments, not 3\n"
	    "t:4:1: length() takes 1 argument, not 0\n" },
	{ "counts at run time", "$f = function ($a) {}; try { $f(); } catch"
	    " ($e) { echo $e->message(); } try { length(...[1, 2]); } catch"
	    " ($e) { echo $e->message(); } array_map(function () {}, [1]);",
	    "function() takes 1 argument, not 0\n"
	    "length() takes 1 argument, not 2\n"
	    "! function() takes 0 arguments, not 1\n" },
	{ "by value", "function f($a) { $a[] = 2; return $a; } $x = [1];"
	    "echo f($x); echo $x;", "[0=>1,1=>2]\n[0=>1]\n" },
	{ "hoisted", "echo f(); function f() { return g(); function g()"
	    " { return \"g\"; } }", "g\n" },
	{ "nested names are local", "function f() { function g() {} } g();",
	    "t:1:34: unknown function 'g'\n" },
	{ "override", "function length($x) { return builtin length($x) + 1; }"
	    " echo length([1]);", "2\n" },
	{ "twice", "function f() {} function f() {}",
	    "t:1:26: 'f' is declared twice\n" },
	{ "recursion", "function fib($n) { return $n < 2 ? $n :"
	    " fib($n - 1) + fib($n - 2); } echo fib(15);", "610\n" },
	{ "values", "$f = strlen; echo $f(\"abc\"); echo $f == strlen;"
	    "function g($x) { return $x * 2; } echo array_map(g, [1, 2]);"
	    "echo [\"m\" => g][\"m\"](4); echo function ($x) { return $x; }(5);"
	    "5(6);",
	    "3\ntrue\n[0=>2,1=>4]\n8\n5\n! a number can't be called\n" },
	{ "scope", "$x = 1; function f() { return isset($x); } echo f();",
	    "false\n" },
	{ "global", "$x = 1; function f() { global $x, $y; $x++; $y = 5;"
	    " $x += 1; } f(); echo $x . $y; function g() { global $z;"
	    " $z[\"a\"][] = 1; return isset($z); } echo g(); echo $z;"
	    "function h() { global $q; return isset($q); } echo h();",
	    "35\ntrue\n[\"a\"=>[0=>1]]\nfalse\n" },
	{ "global that exists", "function f($x) { global $x; }",
	    "t:1:25: $x exists already in this function\n" },
	{ "closures", "function counter() { $n = 0; return [function () closure"
	    " ($n) { return ++$n; }, function () closure ($n) { return $n; }];"
	    " } [$i, $g] = counter(); [$j] = counter(); $i(); $i(); $j();"
	    " echo $g(); echo $j();", "2\n2\n" },
	{ "closure over a later variable", "function f() { $g = function ()"
	    " closure ($v) { return $v; }; $v = 5; return $g(); } echo f();",
	    "5\n" },
	{ "closure in a closure", "function f($a) { return function () closure"
	    " ($a) { return function () closure ($a) { return $a++; }; }; }"
	    " $g = f(1)(); $g(); echo $g();", "2\n" },
	{ "closure over a global", "$n = 1; $f = function ($x) closure ($n)"
	    " { $n += $x; }; $f(5); echo $n; $n = 10; $f(1); echo $n;",
	    "6\n11\n" },
	{ "closure over a parameter and index", "function f($a) { $g ="
	    " function () closure ($a) { $a[\"k\"][] = 1; unset($a[0]); };"
	    " $g(); $g(); return $a; } echo f([9]);", "[\"k\"=>[0=>1,1=>1]]"
	    "\n" },
	{ "undefined capture", "function f() { $g = function () closure ($v)"
	    " { return $v; }; return $g(); } f();",
	    "! undefined variable\n" },
	{ "no capture", "$x = 1; $f = function () { return $x; }; $f();",
	    "! undefined variable $x\n" },
	{ "generators", "function g($n) { for ($i = 0; $i < $n; $i++)"
	    " { if ($i == 2) return; yield $i; } } foreach (g(5) as $k => $v)"
	    " echo \"$k=$v\"; function h() { yield \"a\" => 1; yield;"
	    " foreach (g(1) as $x) yield $x; } foreach (h() as $k => $v)"
	    " echo [$k, $v]; function t() { yield 1; throw \"t\"; }"
	    " try { foreach (t() as $x) echo $x; } catch ($e) { echo $e; }"
	    " foreach (g(9) as $x) break; echo is_object(g(1));",
	    "0=0\n1=1\n[0=>\"a\",1=>1]\n[0=>1,1=>none]\n[0=>2,1=>0]\n1\nt\n"
	    "true\n" },
	{ .name = NULL }
};

static const struct run_case	classes[] = {
	{ "basics", "class A { $x = 1; $l = []; constructor($v, $w = 2)"
	    " { $this->x = $v + $w; return 9; } function get() { return"
	    " $this->x; } function add($v) { $this->l[] = $v; return $this; } }"
	    " $a = A(1); $b = $a; $b->add(1)->add(2); echo $a->l;"
	    " echo $a->get(); $a->new_one[\"k\"] = 5; echo $b->new_one;"
	    " echo $a[\"x\"]; $a[\"x\"] = 7; echo $a->x; echo A(5) == A(5);"
	    " echo $a === $b; echo isset($a->x); echo isset($a->nope);"
	    " echo unset($a->x); echo $a->x === none;",
	    "[0=>1,1=>2]\n3\n[\"k\"=>5]\n3\n7\nfalse\ntrue\ntrue\nfalse\ntrue\n"
	    "true\n" },
	{ "no constructor", "class A { } echo is_object(A()); A(1);",
	    "t:1:34: A() takes 0 arguments, not 1\n" },
	{ "private and readonly", "class A { private $p = 1; readonly $r = 2;"
	    " private function f() { return $this->p; } function g($o)"
	    " { $this->r = 3; return $this->f() + $o->p; } }"
	    " $a = A(); echo $a->g(A()); echo $a->r;"
	    " foreach ([function ($a) { echo $a->p; }, function ($a)"
	    " { $a->p = 1; }, function ($a) { $a->f(); }, function ($a)"
	    " { $a->r = 1; }, function ($a) { $a->r[] = 1; }, function ($a)"
	    " { unset($a->r); }] as $f) try { $f($a); } catch ($e)"
	    " { echo $e->message(); }",
	    "2\n3\n'p' of class A is private\n'p' of class A is private\n"
	    "'f' of class A is private\n'r' of class A is read-only\n"
	    "'r' of class A is read-only\n'r' of class A is read-only\n" },
	{ "statics", "class A { static $n = 1; private static $p = [];"
	    " static function f() { static::$p[] = A::$n++; return"
	    " static::g(); } private static function g() { return A::$p; } }"
	    " A::f(); echo A::f(); echo A::$n; A::$n = 9; A::$n .= \"x\";"
	    " echo A::$n; $f = A::f; echo $f();",
	    "[0=>1,1=>2]\n3\n9x\n"
	    "! a number is expected, not the string \"9x\"\n" },
	{ "private statics", "class A { private static $p = 1; } echo A::$p;",
	    "t:1:41: 'p' of class A is private\n" },
	{ "bound methods", "class A { $n = 1; function f($x) { return $this->n"
	    " + $x; } function get() { return $this->f; } } $a = A();"
	    " $m = $a->f; echo $m(1); echo array_map($a->get(), [1, 2]);"
	    " $a->g = function ($x) { return $x; }; echo $a->g(7);",
	    "2\n[0=>2,1=>3]\n7\n" },
	{ "closures over $this", "class A { private $n = 1; function f()"
	    " { return function () closure ($this) { return ++$this->n; }; } }"
	    " $f = A()->f(); $f(); echo $f();", "3\n" },
	{ "throwing constructor", "class A { constructor() { throw \"no\"; } }"
	    " try { $a = A(); } catch ($e) { echo $e; } echo isset($a);",
	    "no\nfalse\n" },
	{ "missing", "class A { } $a = A(); echo $a->x === none; $a->f();",
	    "true\n! class A has no method 'f'\n" },
	{ "values", "class A { constructor($x) { $this->x = $x; } } $c = A;"
	    " echo $c(3)->x; echo array_map(A, [1])[0]->x; echo A(2);",
	    "3\n1\nA[\"x\"=>2]\n" },
	{ "$this is no variable", "class A { function f() { $this = 1; } }",
	    "t:1:32: $this can't be assigned to\n" },
	{ "keywords as members", "class A { function match() { return 1; }"
	    " static function default() { return 2; } } echo A()->match();"
	    " echo A::default(); $a = A(); $a->class = 3; echo $a->class;",
	    "1\n2\n3\n" },
	{ "order of members", "class A { constructor() { $this->b = 1; }"
	    " $a = 0; } foreach ([1, 2] as $i) { $o = A(); $o->a++; }"
	    " echo $o; echo A();", "A[\"a\"=>1,\"b\"=>1]\nA[\"a\"=>0,\"b\"=>1]"
	    "\n" },
	{ .name = NULL }
};

static void
test_lexical(void **state)
{
	(void)state;
	run_table(lexical);
}

static void
test_conversion(void **state)
{
	(void)state;
	run_table(conversion);
}

static void
test_operators(void **state)
{
	(void)state;
	run_table(operators);
}

static void
test_assignment(void **state)
{
	(void)state;
	run_table(assignment);
}

static void
test_statements(void **state)
{
	(void)state;
	run_table(statements);
}

static void
test_functions(void **state)
{
	(void)state;
	run_table(functions);
}

static void
test_classes(void **state)
{
	(void)state;
	run_table(classes);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_lexical),
		cmocka_unit_test(test_conversion),
		cmocka_unit_test(test_operators),
		cmocka_unit_test(test_assignment),
		cmocka_unit_test(test_statements),
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_classes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
