<?php
$counts = [];
$x = 7;
for ($i = 0; $i < 4000000; $i += 1) {
	$x = ($x * 1103 + 12345) % 65536;
	$key = "k" . ($x % 1000);
	if (isset($counts[$key])) $counts[$key] += 1; else $counts[$key] = 1;
}
$most = 0;
foreach ($counts as $k => $n) if ($n > $most) { $most = $n; $who = $k; }
echo count($counts) . " $who $most\n";
$byhost = [];
for ($i = 0; $i < 2000000; $i += 1) {
	$x = ($x * 1103 + 12345) % 65536;
	$host = "host" . ($x % 50);
	$byhost[$host]["seen"] = ($byhost[$host]["seen"] ?? 0) + 1;
}
echo count($byhost) . " " . $byhost["host7"]["seen"], "\n";
