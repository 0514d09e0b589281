<?php
$total = 0;
for ($i = 0; $i < 250000; $i += 1) {
	$took = 0.125 + $i % 1000 / 1000;
	$entry = ["time" => 1700000000.25 + $i * 0.001, "id" => "m$i",
	    "event" => "delivered", "client" => "192.0.2." . ($i % 256),
	    "helo" => "mail$i.example.org", "tls" => true,
	    "protocol" => "TLSv1.3", "cipher" => "TLS_AES_256_GCM_SHA384",
	    "sender" => "bounce+$i@lists.example.org",
	    "recipient" => "user@example.com", "size" => 1000 + $i,
	    "subject" => "Re: \"status\" of order $i", "spf" => "pass",
	    "dkim" => ["pass", "none"], "score" => $i % 100 / 10 - 2.5,
	    "greylisted" => false, "quarantine" => null,
	    "queue" => $took, "delay" => $took * 2 + 0.37,
	    "response" => "250 2.0.0 Ok: queued as A$i"];
	$total += strlen(json_encode($entry));
}
echo $total > 80000000 ? "true" : "false", "\n";
echo json_encode($entry), "\n";
