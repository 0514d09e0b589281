<?php
function fill($n) {
	$a = [];
	$x = 42;
	for ($i = 0; $i < $n; $i += 1) {
		$x = ($x * 1103 + 12345) % 65536;
		$a[] = $x;
	}
	return $a;
}
$sum = 0;
for ($round = 0; $round < 50; $round += 1) {
	$a = fill(100000);
	foreach ($a as $i => $v) $sum += $v * ($i % 7);
	for ($i = 1; $i < 100000; $i += 1) $a[$i] = $a[$i] + $a[$i - 1] % 10;
	$a = array_reverse($a);
	$sum += $a[500];
}
echo $sum, "\n";
$a = fill(100000);
uasort($a, function ($x, $y) { return $x <=> $y; });
echo implode(",", array_slice($a, 0, 10)), "\n";
