<?php
function results($text) {
	$text = preg_replace('/\r?\n[ \t]+/', " ", $text);
	$parts = explode(";", $text);
	$found = ["host" => trim($parts[0])];
	foreach (array_slice($parts, 1) as $part) {
		preg_match('/^\s*([a-z0-9-]+)\s*=\s*([a-z]+)(?:\s+\(([^)]*)\))?/i',
		    $part, $m);
		if (count($m) == 0) continue;
		$method = ["result" => strtolower($m[2]), "why" => $m[3] ?? ""];
		preg_match_all('/\b((?:smtp|header)\.[a-z]+)=([^\s;]+)/', $part,
		    $all);
		foreach ($all[1] ?? [] as $n => $name)
			$method[$name] = $all[2][$n];
		$found[strtolower($m[1])] = $method;
	}
	return $found;
}
$score = 0;
for ($i = 0; $i < 120000; $i += 1) {
	$r = results("mx$i.example.com;\r\n\tspf=pass (sender is $i) " .
	    "smtp.mailfrom=bounce$i@example.org;\r\n\tdkim=pass header.d=" .
	    "example.org header.s=s$i header.b=abcdef;\r\n\tdmarc=Fail " .
	    "(p=none dis=none) header.from=example.net");
	if ($r["spf"]["result"] == "pass") $score += 1;
	if (preg_match('/(^|\.)example\.org$/i', $r["dkim"]["header.d"])) $score += 2;
	if ($r["dmarc"]["result"] != "pass")
		$score += strlen($r["dmarc"]["why"] . $r["dkim"]["header.s"]);
}
echo $score, "\n";
