<?php
$hits = 0;
$sum = 0;
for ($i = 0; $i < 1200000; $i += 1) {
	$line = "Nov 12 10:$i mx smtpd[$i]: connect from host$i.example.org[192.0.2.1]";
	if (preg_match('/ smtpd\[[0-9]+\]: connect /', $line)) $hits += 1;
	preg_match('/from ([a-z]+)([0-9]+)\.([a-z.]+)\[([0-9.]+)\]/', $line, $m);
	if (count($m) > 0) $sum += (int)$m[2];
	if (preg_match('/reject|defer|bounce/i', $line)) $hits += 1000;
}
echo "$hits $sum\n";
echo preg_replace('/[0-9]+/', '<$0>', $line), "\n";
