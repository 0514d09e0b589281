<?php
function fib($n) {
	if ($n < 2) return $n;
	return fib($n - 1) + fib($n - 2);
}
function ackermann($m, $n) {
	if ($m == 0) return $n + 1;
	if ($n == 0) return ackermann($m - 1, 1);
	return ackermann($m - 1, ackermann($m, $n - 1));
}
echo fib(35), "\n";
$s = 0;
for ($i = 0; $i < 120; $i += 1) $s += ackermann(2, 60);
echo $s, "\n";
