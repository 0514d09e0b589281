<?php
$line = "From: Alice <Alice@Example.COM>, Bob <bob@example.org>; to=7\r\n";
$total = 0;
for ($i = 0; $i < 900000; $i += 1) {
	$parts = explode(",", trim($line));
	$out = [];
	foreach ($parts as $p) {
		$at = strpos($p, "<");
		$end = strpos($p, ">");
		$out[] = strtolower(substr($p, $at + 1, $end - $at - 1));
	}
	$s = implode(";", $out);
	$s = str_replace("example", "test$i", $s);
	$total += strlen($s);
}
echo $total, "\n";
echo $s, "\n";
