<?php
function build($n) {
	$total = 0;
	for ($round = 0; $round < 20; $round += 1) {
		$s = "";
		for ($i = 0; $i < $n; $i += 1) {
			$s .= "line ";
			$s .= $i;
			$s .= ": $round-$i\n";
		}
		$total += strlen($s);
	}
	return $total;
}
function scan($s) {
	$vowels = 0;
	$n = strlen($s);
	for ($i = 0; $i < $n; $i += 1) {
		$c = $s[$i];
		if ($c == "a" or $c == "e" or $c == "o") $vowels += 1;
	}
	return $vowels;
}
echo build(130000), "\n";
echo scan(str_repeat("the quick brown fox jumps over the lazy dog ", 90000)), "\n";
