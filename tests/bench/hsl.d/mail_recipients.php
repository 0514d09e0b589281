<?php
function transaction($n, $serial) {
	$recipients = [];
	for ($i = 0; $i < $n; $i += 1)
		$recipients[] = ["orig" => "User.$i@Example$serial.ORG",
		    "address" => ["localpart" => "user.$i",
			"domain" => "example" . ($i % 7) . ".org"],
		    "transportid" => $i % 3 == 0 ? "local" : "mx",
		    "dsn" => $i % 5];
	return $recipients;
}
$total = 0;
for ($m = 0; $m < 12000; $m += 1) {
	$recipients = transaction(25, $m % 100);
	$mx = array_filter($recipients, function ($r) {
		return $r["transportid"] == "mx" and $r["dsn"] != 4;
	});
	$domains = array_unique(array_map(function ($r) {
		return $r["address"]["domain"];
	}, $mx));
	$grouped = [];
	foreach ($recipients as $i => $r) {
		$r["address"]["localpart"] = strtolower($r["orig"]);
		$grouped[$r["address"]["domain"]][] = $r;
		if ($r["dsn"] == 3) unset($recipients[$i]);
	}
	foreach ($grouped as $domain => $list)
		$total += count($list) * strlen($domain);
	$total += count($domains) + count($recipients);
}
echo $total, "\n";
