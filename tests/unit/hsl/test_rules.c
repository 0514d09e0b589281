/*
 * The language's rules again, by the sections of its description, where
 * test_language.c has not shown them: tricky readings, limits between forms,
 * and what must be refused.
 */
#include "run.h"

#define OUTSIDE	"a number as key lies within 2^53 - 1, this one does not\n" \
		"true\ntrue\n"

static const struct run_case	lexical[] = {
	{ "1.1 comments do not nest",
	    "/* a /* b */ echo 1; */",
	    "t:1:22: an expression is expected before '*'\n" },
	{ "1.2 keywords are no names",
	    "function match() {}",
	    "t:1:10: name expected before 'match'\n" },
	{ "1.2 names and case",
	    "$_a = 5; echo \"$_a ${_a}\"; $A = 1; echo isset($a); echo "
	    "ECHO;",
	    "t:1:57: unknown function 'ECHO'; is it 'echo'?\n" },
	{ "1.3 underscores stand between digits",
	    "echo 1_;",
	    "t:1:6: invalid number\n" },
	{ "1.3 two underscores",
	    "echo 1__0;",
	    "t:1:6: invalid number\n" },
	{ "1.3 digits after a prefix",
	    "echo 0x;",
	    "t:1:6: digits expected after the prefix of a number\n" },
	{ "1.3 digits of a base",
	    "echo 0b2;",
	    "t:1:6: invalid number\n" },
	{ "1.3 no fraction without digits",
	    "echo 5.;",
	    "t:1:8: an expression is expected before ';'\n" },
	{ "1.3 a leading zero",
	    "echo 010 + 08; echo 0x1_F; echo 0o7_7; echo 5 .6;",
	    "18\n31\n63\n56\n" },
	{ "1.4 unknown escapes stay",
	    "echo \"a\\zb\\x4\"; echo \"\\x4g\\u{41}\"; echo "
	    "\"\\x41\\x42\";",
	    "a\\zb\\x4\n\\x4g\\u{41}\nAB\n" },
	{ "1.4 a lone dollar",
	    "echo \"$\"; echo \"$ a\"; echo \"${\"; echo \"${a\"; echo "
	    "\"$1\"; echo \"a$\"; echo \"\\$a\";",
	    "$\n$ a\n${\n${a\n$1\na$\n$a\n" },
	{ "1.4 only a variable is put in",
	    "$a = 1; $b_1 = 2; echo \"${a}b{$a}\"; echo "
	    "\"$a[0]$a->b$b_1\"; echo \"$a-$b_1:$a$b_1\";",
	    "1b{1}\n1[0]1->b2\n1-2:12\n" },
	{ "1.5 delimiters",
	    "echo 'A'x'B'y'A'; echo 'a''a' . ''x''; echo ''$no "
	    "\"escape\\n\"'';",
	    "x'B'y\nx\n$no \"escape\\n\"\n" },
	{ "1.6 regex literals",
	    "$x = #/a\\/b\"$/i; echo \"xA/b\\\"\" =~ $x; echo "
	    "is_string($x) or is_object($x) or is_function($x); echo $x;",
	    "true\nfalse\nRegex\n" },
	{ "1.6 patterns in strings",
	    "echo \"a/b\" =~ \"/a/b/\"; echo \"AB\" =~ \"/ab/i\"; echo "
	    "\"xAB\" =~ \"/ab/q\"; echo \"/ab/q\" =~ \"/ab/q\"; echo "
	    "\"b\" =~ \"^b$\";",
	    "true\ntrue\nfalse\ntrue\ntrue\n" },
	{ "1.6 flags",
	    "echo \"A\\nb\" =~ #/^B$/mi; echo \"a\\nb\" =~ #/a.b/s; echo "
	    "\"ab\" =~ #/a b/x; echo pcre_match(#/a+/U, \"aaa\"); echo "
	    "length(\"\\xc3\\xa4\"); echo \"\\xc3\\xa4\" =~ #/^.$/u; echo "
	    "\"\\xc3\\xa4\" =~ #/^.$/X;",
	    "true\ntrue\ntrue\n[0=>\"a\"]\n2\ntrue\nfalse\n" },
	{ "1.7 not in the language: <<=",
	    "$a = 1; $a <<= 2;",
	    "t:1:14: an expression is expected before '='\n" },
	{ "1.7 not in the language: <>",
	    "echo 5 <> 3;",
	    "t:1:9: '<>' is written '!='\n" },
	{ "1.7 not in the language: &&",
	    "echo 1 && 2;",
	    "t:1:8: '&&' is written 'and'\n" },
	{ "1.2 not in the language: elseif",
	    "if (1) {} elseif (1) {}",
	    "t:1:22: ';' expected before '{'; instead of 'elseif' write "
	    "'else if'\n" },
	{ "1.7 not in the language: ?->",
	    "echo none?->x;",
	    "t:1:11: an expression is expected before '->'\n" },
	{ "1.2 reserved words",
	    "function this() {}",
	    "t:1:10: 'this' is a reserved word; write '$this'\n" },
	{ .name = NULL }
};

static const struct run_case	conversions[] = {
	{ "2.1 truth",
	    "echo boolean(\"0\"); echo boolean(0/0); echo boolean([0]); "
	    "echo boolean(strlen); echo boolean(pcre_compile(\"a\")); "
	    "echo !\"\"; echo not []; class A {} echo boolean(A());",
	    "true\ntrue\ntrue\ntrue\ntrue\ntrue\ntrue\ntrue\n" },
	{ "2.2 numbers",
	    "echo 1000000000000000000000; echo 0.000001; echo 0.0000001; "
	    "echo 100000000000000000000; echo 123456789.125; echo -0.0; "
	    "echo 1/3; echo 4.35*100; echo 2**1024; echo 0/0; echo -(0/0);",
	    "1e+21\n0.000001\n1e-7\n100000000000000000000\n123456789.125\n"
	    "0\n0.3333333333333333\n434.99999999999994\ninf\nnan\nnan\n" },
	{ "2.2 objects that hold themselves", "class N { $a = none; $b = 1; }"
	    "$n = N(); $n->a = $n; echo $n; $m = N(); $m->a = [$n, $n];"
	    "$n->b = $m; echo $m; echo length(\"$n\") . [$n];",
	    "N[\"a\"=>N[...],\"b\"=>1]\n"
	    "N[\"a\"=>[0=>N[\"a\"=>N[...],\"b\"=>N[...]],"
	    "1=>N[\"a\"=>N[...],\"b\"=>N[...]]],\"b\"=>1]\n"
	    "56[0=>N[\"a\"=>N[...],\"b\"=>N[\"a\"=>[0=>N[...],1=>N[...]],"
	    "\"b\"=>1]]]\n" },
	{ "2.2 objects that all know each other", "class N { $all = []; }"
	    "$all = []; for ($i = 0; $i < 20; $i++) $all[] = N();"
	    "foreach ($all as $n) $n->all = $all;"
	    "echo length(string($all)) < 10000000;", "true\n" },
	{ "2.2 nested values",
	    "echo [\"a\\\"b\\\\\\n\\t\\r\\x01$\" => \"x\\$y\"]; echo "
	    "[none => 1, true => 2, false => 3, 1.5 => none]; echo [[], "
	    "[\"\" => \"\"]];",
	    "[\"a\\\"b\\\\\\n\\t\\r\\x01\\$\"=>\"x\\$y\"]\n"
	    "[none=>1,1=>none,0=>3]\n[0=>[],1=>[\"\"=>\"\"]]\n" },
	{ "2.2 functions and objects",
	    "class A { $x = 1; private $y = [2]; function f() {} } echo "
	    "A(); echo A; echo A()->f; echo function () {}; echo strlen; "
	    "function g() {} echo [A(), g];",
	    "A[\"x\"=>1,\"y\"=>[0=>2]]\nfunction A\nfunction f\nfunction\n"
	    "function strlen\n[0=>A[\"x\"=>1,\"y\"=>[0=>2]],1=>function "
	    "g]\n" },
	{ "2.3 number()",
	    "echo array_map(number, [\"0x1F\", \" 12 \", \"1.5\", \"+3\", "
	    "\"-0x10\", \"1_000\", \"1e3\", \"\", \".\", \"5.\", \".5\", "
	    "\"0b11\", \"inf\", none, [1], true]);",
	    "[0=>31,1=>12,2=>1.5,3=>3,4=>-16,5=>0,6=>0"
	    ",7=>0,8=>0,9=>0,10=>0,11=>0,12=>0,13=>0,14=>0,15=>1]\n" },
	{ "2.3 arithmetic on others",
	    "echo true + 1; echo none + 1; echo \"5\" + 1; echo none - 1; "
	    "echo none * 2; echo true * 3;",
	    "2\n1\n6\n-1\n0\n3\n" },
	{ "2.3 strings that are no numbers",
	    "try { echo \"a\" - 1; } catch ($e) { echo $e->message(); } "
	    "try { echo [] / 1; } catch ($e) { echo $e->message(); } "
	    "class A {} try { echo A() % 1; } catch ($e) { echo "
	    "$e->message(); } try { echo 2 ** strlen; } catch ($e) { echo "
	    "$e->message(); }",
	    "a number is expected, not the string \"a\"\na number is "
	    "expected, not an array\na number is expected, not an object\n"
	    "a number is expected, not a function\n" },
	{ "2.4 keys",
	    "echo [\"1\" => 1, \"01\" => 2, \"-5\" => 3, 1.9 => 4, "
	    "\"1.9\" => 5, \" 1\" => 6, -1.9 => 7, \"-0\" => 8, \"0\" => "
	    "9];",
	    "[1=>4,\"01\"=>2,-5=>3,\"1.9\"=>5,\" "
	    "1\"=>6,-1=>7,\"-0\"=>8,0=>9]\n" },
	{ "2.4 the next key",
	    "$a = [-5 => 1]; $a[] = 2; echo $a; $b = [3 => 1, 1 => 2]; "
	    "$b[] = 3; echo $b; $c = [9007199254740991 => 1, 20000000000 "
	    "=> 2]; echo $c; echo $c[20000000000]; echo [5 => 1, 2, \"k\" "
	    "=> 3, 4];",
	    "[-5=>1,0=>2]\n[3=>1,1=>2,4=>3]\n"
	    "[9007199254740991=>1,20000000000=>2]\n2\n"
	    "[5=>1,6=>2,\"k\"=>3,7=>4]\n" },
	{ "2.4 indexes of what is no array",
	    "echo none[\"a\"][\"b\"] === none; echo 5[\"x\"] === none; "
	    "echo true[0] === none; $f = strlen; echo $f[\"x\"] === none; "
	    "$x = []; echo $x[\"a\"][\"b\"][\"c\"] === none;",
	    "true\ntrue\ntrue\ntrue\ntrue\n" },
	{ "2.5 strings",
	    "$s = \"abc\"; echo $s[0] . $s[1.9] . $s[-1] . $s[\"1\"]; "
	    "echo isset($s[2]); echo isset($s[3]); echo $s[5] === none; "
	    "echo \"\"[0] === none; echo \"\"[0] == \"/\"; echo "
	    "\"abc\"[1]; echo [1, 2][1];",
	    "abcb\ntrue\nfalse\ntrue\ntrue\nfalse\nb\n2\n" },
	{ .name = NULL }
};

static const struct run_case	operators[] = {
	{ "3.1 the evidence",
	    "function f() { return \"y\"; } $a = 1; $x = isset($a) and "
	    "f() === \"y\" ? true : false; echo $x; $x = isset($b) and "
	    "f() === \"y\" ? 5 : 6; echo $x; $A = 0; $B = 1; $C = 2; echo "
	    "$A ?: $B == 1 or $C == 2 ? [\"m\"] : []; $l = [1, 2, 3, 4]; "
	    "echo $l[-length($l) - 1:]; echo $l[-length($l) + 1:];",
	    "true\n6\n[0=>\"m\"]\n[0=>1,1=>2,2=>3,3=>4]\n"
	    "[0=>2,1=>3,2=>4]\n" },
	{ "3.1 assignments inside",
	    "$n = 0; function rd() { global $n; return $n++ < 2 ? \"l\" : "
	    "none; } $i = 0; while ($line = rd()) $i++; echo $i; if "
	    "(!$line = rd()) echo \"no\"; $a = true; $a and $b = 5; echo "
	    "$b; $h = []; $k = \"q\"; true ? ++$h[$k] : $h[$k] = 0; echo "
	    "$h; false ? ++$h[$k] : $h[$k] = 0; echo $h;",
	    "2\nno\n5\n[\"q\"=>1]\n[\"q\"=>0]\n" },
	{ "3.1 chains of assignments",
	    "class O { $o = []; $n = 1; } $o = O(); $x = $o[\"k\"] = 1; "
	    "echo $x; echo $o->k; $a = $b = $c = false; echo [$a, $b, "
	    "$c]; $id = $o->n += 1; echo $id; function g() { return []; } "
	    "if (!([$cols] = g())) echo \"empty\"; echo isset($cols); $a "
	    "= $o->l[] = 5; echo $o->l;",
	    "1\n1\n[0=>false,1=>false,2=>false]\n2\nempty\ntrue\n[0=>5]\n" },
	{ "3.1 power",
	    "echo -2 ** 2; $m = 3; echo 256 ** --$m; echo 2 ** 3 ** 2; "
	    "echo 2 ** -1; echo !true ** 2; echo -2 ** -2;",
	    "-4\n65536\n512\n0.5\nfalse\n-0.25\n" },
	{ "3.1 + before .",
	    "echo 1 + 2 . 3 + 4; echo \"a\" . 1 + 2 . \"b\"; echo 1 . 2 * "
	    "3; echo 10 - 2 - 3; echo 2 * 3 % 4; echo 8 / 4 / 2;",
	    "37\na3b\n16\n5\n2\n1\n" },
	{ "3.1 bits above comparison",
	    "echo 1 | 2 == 3; echo 6 & 3 ^ 1 | 8; echo 1 << 2 + 1; echo 1 "
	    "& 3 == 1;",
	    "true\n11\n8\ntrue\n" },
	{ "3.1 not is !",
	    "echo not true or true; echo not 1 == 2; echo !1 == 2; echo "
	    "not none == none; $a = [\"k\" => 0]; echo not $a[\"k\"];",
	    "true\nfalse\nfalse\nfalse\ntrue\n" },
	{ "3.1 comparisons",
	    "echo 1 < 2 == true; echo 1 == 1 < 2; echo 3 > 2 > 1;",
	    "true\ntrue\nfalse\n" },
	{ "3.1 ?: and ?? are right associative",
	    "echo true ? 1 : true ? 2 : 3; echo false ? 1 : false ? 2 : "
	    "3; echo none ?\? false ?: 5; echo none ?\? 0 or 1; echo 0 ?: "
	    "none ?\? 3; echo 1 ? : 2; echo none ?\? none ?\? 4;",
	    "1\n3\n5\ntrue\n3\n1\n4\n" },
	{ "3.1 ?? takes the operand at its left, and all at its right",
	    "$o = [\"max\" => none]; echo 5 > $o[\"max\"] ?\? 9; echo \"a\" . "
	    "$o[\"b\"] ?\? \"b\" . \"c\"; echo !$u ?\? true; echo 2 ** "
	    "$u ?\? 3; echo $u ?\? 1 == 2; echo true and $u ?\? 0;",
	    "false\nabc\nfalse\n8\nfalse\nfalse\n" },
	{ "3.1 prefixes",
	    "$a = 5; echo ~$a; echo ~~$a; echo -~$a; echo !-$a; echo - "
	    "-$a; echo +\"5\"; echo -\"3\"; echo -true; echo - - 2;",
	    "-6\n5\n6\nfalse\n5\n5\n-3\n-1\n2\n" },
	{ "3.3 patterns",
	    "[$a, $b] = [1]; echo [$a, $b]; [$a, $b = 2, ...$r] = [1, "
	    "none, 3, 4]; echo [$a, $b, $r]; [\"k\" => $x, \"e\" => $y = "
	    "0] = [\"k\" => 5]; echo [$x, $y]; [$p, [$q, $s]] = [1, [2, "
	    "3]]; echo [$p, $q, $s]; [, $h] = [1, 2]; echo $h; echo ([$u] "
	    "= 5); echo isset($u); echo $u === none;",
	    "[0=>1,1=>none]\n[0=>1,1=>2,2=>[0=>3,1=>4]]\n[0=>5,1=>0]\n"
	    "[0=>1,1=>2,2=>3]\n2\n5\ntrue\ntrue\n" },
	{ "3.3 patterns of what is no array",
	    "[$a, $b = 4] = \"xy\"; echo [$a, $b]; [\"k\" => $c] = "
	    "\"xy\"; echo $c === none; [[$d]] = [none]; echo $d === none; "
	    "[[\"k\" => $k = 3]] = [[]]; echo $k; [...$r] = none; echo $r;",
	    "[0=>none,1=>4]\ntrue\ntrue\n3\n[]\n" },
	{ "3.3 places in patterns",
	    "$o = []; [$o[\"a\"], $o[]] = [1, 2]; echo $o; class C { $p; "
	    "static $s = 1; } $c = C(); [$c->p, C::$s] = [7, 8]; echo "
	    "[$c->p, C::$s]; [$a, $b] = [1, 2]; [$a, $b] = [$b, $a]; echo "
	    "[$a, $b]; $k = \"dyn\"; [$k => $v] = [\"dyn\" => 5]; echo "
	    "$v; [...$r] = [\"a\" => 1, \"b\" => 2]; echo $r; [$first] = "
	    "[\"x\" => 1, 0 => 2]; echo $first;",
	    "[\"a\"=>1,0=>2]\n[0=>7,1=>8]\n[0=>2,1=>1]\n5\n[0=>1,1=>2]\n"
	    "2\n" },
	{ "3.3 keys for all or for none",
	    "[\"a\" => $x, $y] = [];",
	    "t:1:17: a pattern has keys for all or none\n" },
	{ "3.3 the rest is last",
	    "[$a, ...$r, $b] = [1, 2, 3];",
	    "t:1:17: '...' must be last in a pattern\n" },
	{ "3.3 only places",
	    "[1] = [2];",
	    "t:1:5: a pattern holds variables only\n" },
	{ "3.4 slices of strings",
	    "$s = \"abcdef\"; echo $s[::2]; echo $s[::-1]; echo $s[1:4]; "
	    "echo $s[-3:]; echo $s[:-1]; echo \"[\" . $s[10:] . $s[4:2] . "
	    "\"]\"; echo $s[-100:2]; echo $s[5:0:-2]; echo $s[1.9:3.9]; "
	    "echo \"abc\"[1:][0]; function f() { return \"/path/x\"; } "
	    "echo f()[-3:];",
	    "ace\nfedcba\nbcd\ndef\nabcde\n[]\nab\nfdb\nbc\nb\nh/x\n" },
	{ "3.4 slices of arrays",
	    "$a = [\"x\" => 1, \"y\" => 2, \"z\" => 3]; echo $a[1:]; echo "
	    "$a[-1:][0]; echo $a[::-1]; echo none[1:] === none; echo "
	    "$a[5:]; echo $a[1:][0];",
	    "[0=>2,1=>3]\n3\n[0=>3,1=>2,2=>1]\ntrue\n[]\n2\n" },
	{ "3.4 colons",
	    "$p = \"abcdef\"; $x = true; echo $p[-(true ? 2 : 3):]; echo "
	    "$p[$x ? 1 : 2:]; echo $p[1:$x ? 3 : 4]; class K { static $n "
	    "= 2; } echo $p[K::$n:]; echo $p[:K::$n]; echo $p[1::2]; echo "
	    "$p[::];",
	    "ef\nbcdef\nbc\ncdef\nab\nbdf\nabcdef\n" },
	{ "3.4 a number has no slice",
	    "echo 5[1:];",
	    "! a number can't be sliced\n" },
	{ "3.4 into a slice",
	    "$a = [1, 2, 3, 4]; $a[1:3] = [\"x\", \"y\", \"z\"]; echo $a; "
	    "$a[0:1] = \"one\"; echo $a; $a[:] = []; echo $a; $a[5:9] = "
	    "[1]; echo $a; $b = [\"k\" => 1, \"l\" => 2]; $b[0:1] = [9]; "
	    "echo $b; $c[0:0] = [1]; echo $c; $e[\"x\"][0:] = [1]; echo "
	    "$e;",
	    "[0=>1,1=>\"x\",2=>\"y\",3=>\"z\",4=>4]\n"
	    "[0=>\"one\",1=>\"x\",2=>\"y\",3=>\"z\",4=>4]\n[]\n[0=>1]\n"
	    "[0=>9,1=>2]\n[0=>1]\n[\"x\"=>[0=>1]]\n" },
	{ "3.4 unset of a slice",
	    "$d = [1, 2, 3, 4, 5]; echo unset($d[1:3]); echo $d; "
	    "unset($d[-1:]); echo $d; echo unset($none[1:]); echo "
	    "isset($d[0:1]); echo isset($none[0:1]);",
	    "true\n[0=>1,1=>4,2=>5]\n[0=>1,1=>4]\nfalse\ntrue\ntrue\n" },
	{ "3.4 op= of a slice",
	    "$a = [1, 2, 3, 4]; echo $a[1:3] += [9]; echo $a; $a[0:1] -= "
	    "[1]; echo $a; $b = none; $b[0:] += [1]; echo $b; $i = 0; "
	    "$a[$i++:$i] += [7]; echo $a; echo $i;",
	    "[0=>2,1=>3,2=>9]\n[0=>1,1=>2,2=>3,3=>9,4=>4]\n"
	    "[0=>2,1=>3,2=>9,3=>4]\n[0=>1]\n[0=>2,1=>7,2=>3,3=>9,4=>4]\n"
	    "1\n" },
	{ "3.4 no step into a slice",
	    "$a = [1, 2, 3, 4]; $a[::2] = [0, 0];",
	    "! the step of this slice must be 1\n" },
	{ "3.4 no ++ of a slice",
	    "$a = [1]; $a[0:1]++;",
	    "t:1:18: ++ and -- take no slice\n" },
	{ "3.5 + of arrays",
	    "echo [1, 2] + [3]; echo [\"a\" => 1] + [\"a\" => 2, \"b\" => "
	    "3]; echo [5 => 1] + [5 => 2]; echo [1] + 2; echo [\"x\"] + "
	    "\"y\"; $a = []; $a += [1]; echo $a; $z[\"k\"] += [1]; "
	    "$z[\"n\"] += 4; echo $z;",
	    "[0=>1,1=>2,2=>3]\n[\"a\"=>2,\"b\"=>3]\n[5=>1,6=>2]\n"
	    "[0=>1,1=>2]\n[0=>\"x\",1=>\"y\"]\n[0=>1]\n"
	    "[\"k\"=>[0=>1],\"n\"=>4]\n" },
	{ "3.5 + of an array is not turned around",
	    "echo 2 + [1];",
	    "! a number is expected, not an array\n" },
	{ "3.5 + of strings",
	    "echo \"a\" + \"b\"; echo \"a\" + 1; echo 1 + \"a\"; echo "
	    "\"1\" + 1; echo \"1\" + \"1\"; echo 1 + \"0x10\";",
	    "ab\na1\n1a\n2\n11\n17\n" },
	{ "3.5 - of arrays",
	    "echo [1, 2, 1, \"1\"] - 1; echo [\"a\" => 1, \"b\" => 2] - "
	    "[2]; echo [1, none, 2] - none; echo [1, 2] - []; echo [[1], "
	    "[2]] - [[1]]; echo [true, 1, \"a\"] - [\"a\", true];",
	    "[1=>2]\n[\"a\"=>1]\n[0=>1,2=>2]\n[0=>1,1=>2]\n[1=>[0=>2]]\n"
	    "[]\n" },
	{ "3.5 - of what is no array",
	    "echo 5 - [1];",
	    "! a number is expected, not an array\n" },
	{ "3.5 * and %",
	    "echo \"ab\" * 3; echo \"[\" . \"ab\" * 0 . \"ab\" * -1 . "
	    "\"]\"; echo [1, 2] * 2; echo [\"k\" => 1] * 2; echo [1] * 0; "
	    "echo \"ab\" * 1.9; echo \"0x10\" * 2; echo 7 % 3; echo -7 % "
	    "3; echo 7 % -3; echo 7.5 % 2; echo 7 % 0; echo -8 % 8; echo "
	    "1 / 0; echo -1 / 0;",
	    "ababab\n[]\n[0=>1,1=>2,2=>1,3=>2]\n[\"k\"=>1]\n[]\nab\n"
	    "0x100x10\n1\n-1\n1\n1.5\nnan\n0\ninf\n-inf\n" },
	{ "3.6 kinds",
	    "echo \"%s:%s\" % [\"h\", 25]; echo \"%x|%x|%b|%c|%c\" % "
	    "[255, -1, 5, 65, 300]; echo \"%f|%.0f|%.1f|%f\" % [1.5, 2.5, "
	    "0.05, \"3\"]; echo \"%s|%s|%s\" % [[1], none, true]; echo "
	    "\"%%|%s%%\" % \"v\";",
	    "h:25\nff|-1|101|A|,\n1.5|2|0.1|3\n[0=>1]||true\n%|v%\n" },
	{ "3.6 width and alignment",
	    "echo \"%'0>6s\" % [42]; echo \"%6s|\" % [\"a\"]; echo "
	    "\"%>6s|\" % [\"a\"]; echo \"%6s|\" % [5]; echo \"%<6s|\" % "
	    "[5]; echo \"%^7s|\" % [\"abc\"]; echo \"%'*=8f\" % [-1.5]; "
	    "echo \"%=8.2f\" % [-1.5]; echo \"%08.3f\" % [3.14159]; echo "
	    "\"%.3s\" % [\"abcdef\"]; echo \"%6x|%6b|\" % [255, 5];",
	    "000042\na     |\n     a|\n     5|\n5     |\n  abc  |\n"
	    "-****1.5\n-   1.50\n   3.142\nabc\n    ff|   101|\n" },
	{ "3.6 arguments by number",
	    "echo \"%[1]s %[0]s %s\" % [\"a\", \"b\"]; try { echo "
	    "\"%[5]s\" % [\"a\"]; } catch ($e) { echo $e->message(); }",
	    "b a b\ntoo few arguments for a format\n" },
	{ "3.6 too few arguments",
	    "echo \"%s%s\" % [\"a\"];",
	    "! too few arguments for a format\n" },
	{ "3.6 no such kind",
	    "echo \"%q\" % [1];",
	    "! unknown format '%q'\n" },
	{ "3.6 the end of the format",
	    "echo \"%\" % [];",
	    "! unknown format '%'\n" },
	{ "3.6 not a number",
	    "echo \"%f\" % [\"abc\"];",
	    "! a number is expected, not the string \"abc\"\n" },
	{ "2.4 keys out of range", "foreach ([9007199254740992,"
	    " -9007199254740992, 1 / 0, 0 / 0] as $k) { $a = [0 => \"z\"];"
	    " try { $a[$k] = 1;"
	    " } catch ($e) { echo $e->message(); } echo $a[$k] === none;"
	    " echo \"abc\"[$k] === none; } $a = [9007199254740991 => 1];"
	    " try { $a[] = 1; } catch ($e) { echo \"full\"; } try { $b = $a +"
	    " [2]; } catch ($e) { echo \"full\"; } echo $a;",
	    OUTSIDE OUTSIDE OUTSIDE OUTSIDE
	    "full\nfull\n[9007199254740991=>1]\n" },
	{ "3.5 repetition from either side", "echo 3 * \"ab\"; echo \"ab\" *"
	    " 2; echo 2 * [1, \"k\" => 2]; echo 2 * \"12\"; echo 0 * \"x\" =="
	    " \"\"; function f($a = 2 * \"-\", $b = 2 * [0]) { return [$a,"
	    " $b]; } echo f();",
	    "ababab\nabab\n[0=>1,\"k\"=>2,1=>1]\n1212\ntrue\n"
	    "[0=>\"--\",1=>[0=>0,1=>0]]\n" },
	{ "3.6 the argument after a given one", "echo \"%s%[2]s%s%s\" % [0, 1,"
	    " 2, 3, 4]; echo \"%[1]s%[0]s%s\" % [\"a\", \"b\"];",
	    "0234\nbab\n" },
	{ "3.8 ==",
	    "echo false == none; echo \"\" == none; echo 0 == none; echo "
	    "[] == none; echo none == none; echo true == 1; echo 5 == "
	    "true; echo false == 0; echo true == \"1\"; echo true == [1]; "
	    "echo 1 == \"1.0\"; echo 16 == \"0x10\"; echo 1 == \"a\"; "
	    "echo \"1\" == \"1.0\"; echo \"a\" == \"A\"; echo \" 1\" == 1;",
	    "false\nfalse\nfalse\nfalse\ntrue\ntrue\nfalse\ntrue\ntrue\n"
	    "true\ntrue\ntrue\nfalse\nfalse\nfalse\ntrue\n" },
	{ "3.8 == of two types", "$all = [none, false, true, 0, 1, 5, \"\","
	    " \"0\", \"1\", \"abc\", [], [5], strlen, pcre_compile(\"a\"),"
	    " 0 / 0]; foreach ($all as $a) { $line = \"\"; foreach ($all as"
	    " $b) $line .= $a == $b ? \"=\" : \".\"; echo $line; }",
	    /* n  f  t  0  1  5  "" "0" "1" abc [] [5] fn re nan */
	    "=..............\n" ".=.=..=...=....\n" "..=.=..===.===.\n"
	    ".=.=..==.==....\n" "..=.=...=..===.\n" ".....=.........\n"
	    ".=.=..=........\n" "..==...=.......\n" "..=.=...=......\n"
	    "..==.....=.....\n" ".=.=......=....\n" "..=.=......=...\n"
	    "..=.=.......=..\n" "..=.=........=.\n" "...............\n" },
	{ "3.8 arrays",
	    "echo [1, 2] == [1 => 2, 0 => 1]; echo [1, 2] === [1 => 2, 0 "
	    "=> 1]; echo [\"a\" => 1] == [\"a\" => true]; echo [\"a\" => "
	    "1] === [\"a\" => true]; echo [1] == [1, 2]; echo [[1, "
	    "[\"x\"]]] == [[1, [\"x\"]]]; echo [none] == [none]; echo [1 "
	    "=> 1] == [1];",
	    "true\ntrue\nfalse\nfalse\nfalse\ntrue\ntrue\nfalse\n" },
	{ "3.8 identity",
	    "class A {} $a = A(); $b = $a; echo $a == $b; echo $a == A(); "
	    "echo strlen == strlen; echo strlen === length; function f() "
	    "{} echo f === f; $g = function () {}; echo $g == $g; echo $g "
	    "== function () {}; echo pcre_compile(\"a\") == "
	    "pcre_compile(\"a\"); echo A === A;",
	    "true\nfalse\ntrue\nfalse\ntrue\ntrue\nfalse\nfalse\ntrue\n" },
	{ "3.8 order",
	    "echo \"a\" < \"b\"; echo \"B\" < \"a\"; echo \"a\" < \"aa\"; "
	    "echo \"10\" < \"9\"; echo 10 < \"9\"; echo none <= 0; echo "
	    "none < 1; echo true > false; echo \"abc\" >= 0; echo \"x\" < "
	    "1; echo (0/0) < 1; echo (0/0) == (0/0); echo (0/0) != (0/0);",
	    "true\ntrue\ntrue\ntrue\nfalse\ntrue\ntrue\ntrue\ntrue\ntrue\n"
	    "false\nfalse\ntrue\n" },
	{ "3.8 =~",
	    "echo \"ab\" =~ #/A/i and \"b\" !~ #/A/i; echo 15 =~ #/^1/; "
	    "echo none =~ #/^$/; echo \"x\" =~ pcre_compile(\"x\");",
	    "true\ntrue\ntrue\ntrue\n" },
	{ "3.8 =~ needs a pattern",
	    "echo \"a\" =~ 5;",
	    "! a pattern is expected, not a number\n" },
	{ "3.9 ?? and what is set",
	    "echo $u ?\? 1; echo $u[\"a\"]->b ?\? 2; function f() { "
	    "return [\"x\" => none]; } echo f()[\"x\"] ?\? 3; echo "
	    "f()[\"y\"][\"z\"] ?\? 4; $n = false; echo $n ?\? 5; class A "
	    "{ $p; } echo A()->p ?\? 6; echo A()->nope->deep ?\? 7; "
	    "function k() { echo \"k\"; return none; } echo k() ?\? k() "
	    "?\? 8;",
	    "1\n2\n3\n4\nfalse\n6\n7\nk\nk\n8\n" },
	{ "3.10 32 bits",
	    "echo 0xffffffff & 0xffffffff; echo 1 << 31; echo 1 << 32; "
	    "echo -1 >> 1; echo -1 >>> 1; echo -1 >>> 0; echo 2 ** 32 + 5 "
	    "& 0xff; echo 1.9 | 0; echo -1.9 | 0; echo (0/0) | 0; echo "
	    "\"12\" & \"6\"; echo none | 1; echo true << 1; echo ~0; echo "
	    "5 ^ 1;",
	    "-1\n-2147483648\n1\n-1\n2147483647\n4294967295\n5\n1\n-1\n0\n"
	    "4\n1\n2\n-1\n4\n" },
	{ "3.11 spread",
	    "echo [...[1, 2], \"k\" => 1, ...[\"k\" => 2, 5 => 3], "
	    "...none]; function f(...$a) { return $a; } echo f(...[1, 2], "
	    "3, ...[\"k\" => 4]); echo [...($o[\"x\"] ?\? [])]; try { "
	    "echo [...5]; } catch ($e) { echo $e->message(); }",
	    "[0=>1,1=>2,\"k\"=>2,2=>3]\n[0=>1,1=>2,2=>3,3=>4]\n[]\na "
	    "number can't be spread\n" },
	{ "3.12 what may be called",
	    "$f = strlen; echo $f(\"abc\"); echo function ($x) { return "
	    "$x + 1; }(1); $o = [\"m\" => function ($x) { return $x; }]; "
	    "echo $o[\"m\"](3); class T { function m() { return function "
	    "() { return \"deep\"; }; } } echo T()->m()(); echo (match "
	    "(1) { 1 => strlen })(\"ab\"); echo match (1) { 1 => strlen "
	    "}(\"abc\"); echo length([1,],);",
	    "3\n2\n3\ndeep\n2\n3\n1\n" },
	{ "3.12 what may not",
	    "try { 5(); } catch ($e) { echo $e->message(); } try { "
	    "\"strlen\"(\"a\"); } catch ($e) { echo $e->message(); } try "
	    "{ none->m(); } catch ($e) { echo $e->message(); } echo "
	    "none->p === none;",
	    "a number can't be called\na string can't be called\nmethod "
	    "'m' of none\ntrue\n" },
	{ "3.12 no named arguments",
	    "function f($x, $y) { return [$x, $y]; } echo f($a = 1, $b = "
	    "2); echo $a . $b;",
	    "[0=>1,1=>2]\n12\n" },
	{ "3.12 builtin",
	    "function strlen($x) { return \"mine\"; } echo strlen(\"a\"); "
	    "echo builtin strlen(\"a\"); echo builtin explode(\",\", "
	    "\"a,b\")[1]; $f = builtin strlen; echo $f(\"abc\");",
	    "mine\n1\nb\n3\n" },
	{ .name = NULL }
};

static void
test_lexical(void **state)
{
	(void)state;
	run_table(lexical);
}

static void
test_conversions(void **state)
{
	(void)state;
	run_table(conversions);
}

static void
test_operators(void **state)
{
	(void)state;
	run_table(operators);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_lexical),
		cmocka_unit_test(test_conversions),
		cmocka_unit_test(test_operators),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
