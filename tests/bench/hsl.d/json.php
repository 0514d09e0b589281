<?php
$rows = [];
for ($i = 0; $i < 2000; $i += 1)
	$rows[] = ["id" => $i, "name" => "user$i", "ok" => $i % 2 == 0,
	    "tags" => ["a", "b\n", "c$i"], "score" => $i / 4];
$total = 0;
for ($i = 0; $i < 220; $i += 1) {
	$s = json_encode($rows);
	$total += strlen($s);
	$back = json_decode($s, true);
	$total += $back[1999]["id"];
}
echo $total, "\n";
