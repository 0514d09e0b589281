<?php
$list = [];
for ($i = 0; $i < 10000; $i += 1)
	$list["d" . ($i * 7919 % 10000) . ".example" . ($i % 10) . ".org"] = $i;
function lookup($list, $domain) {
	for (;;) {
		if (isset($list[$domain])) return $list[$domain];
		$dot = strpos($domain, ".");
		if ($dot === false) return null;
		$domain = substr($domain, $dot + 1);
	}
}
$hits = 0;
$sum = 0;
for ($i = 0; $i < 600000; $i += 1) {
	$domain = "a$i.mail.d" . ($i % 20000) . ".example" . ($i % 13) . ".org";
	$n = lookup($list, $domain);
	if ($n !== null) {
		$hits += 1;
		$sum += $n;
	}
}
echo "$hits $sum\n";
