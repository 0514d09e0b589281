<?php
$total = 0;
for ($m = 0; $m < 2500; $m += 1) {
	$lines = [];
	for ($i = 0; $i < 1000; $i += 1)
		$lines[] = "X-Line-$i: value " . ($i * $m) . " of $m";
	$text = implode("\r\n", $lines);
	$total += strlen($text);
	$text = "";
	foreach ($lines as $i => $line) {
		if ($i % 10 == 0) $text .= "--part$m\r\n";
		$text .= $line . "\r\n";
	}
	$text = "Date: now\r\n" . $text . ".\r\n";
	$total += strlen($text);
}
echo $total, "\n";
