<?php
function mix($n) {
	$x = 1;
	$s = 0;
	for ($i = 0; $i < $n; $i += 1) {
		$x = ($x * 1103 + 12345) % 65536;
		if ($x % 3 == 0) $s += $x; else $s -= 1;
	}
	return $s;
}
function primes($n) {
	$found = 0;
	for ($i = 2; $i < $n; $i += 1) {
		$j = 2;
		while ($j * $j <= $i and $i % $j != 0) $j += 1;
		if ($j * $j > $i) $found += 1;
	}
	return $found;
}
echo mix(14000000), "\n";
echo primes(200000), "\n";
