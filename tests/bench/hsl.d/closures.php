<?php
function counter() {
	$n = 0;
	return function ($by) use (&$n) { $n += $by; return $n; };
}
$list = range(0, 999);
$sum = 0;
for ($i = 0; $i < 1800; $i += 1) {
	$a = array_map(function ($x) use (&$i) { return $x * 2 + $i; }, $list);
	$a = array_filter($a, function ($x) { return $x % 3 == 0; });
	$sum += array_reduce($a, function ($c, $x) { return $c + $x; }, 0);
}
echo $sum, "\n";
$f = counter();
$g = counter();
for ($i = 0; $i < 8000000; $i += 1) $f($g(1) % 5);
echo $f(0) . " " . $g(0), "\n";
