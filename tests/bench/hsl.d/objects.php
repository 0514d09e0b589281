<?php
class Point {
	public $x = 0;
	public $y = 0;
	function __construct($x, $y) {
		$this->x = $x;
		$this->y = $y;
	}
	function add($o) {
		return new Point($this->x + $o->x, $this->y + $o->y);
	}
	function norm() {
		return $this->x * $this->x + $this->y * $this->y;
	}
}
class Counter {
	private $n = 0;
	function tick($by) {
		$this->n += $by;
		return $this;
	}
	function value() {
		return $this->n;
	}
}
$p = new Point(0, 0);
$step = new Point(1, 2);
$c = new Counter();
for ($i = 0; $i < 3500000; $i += 1) {
	$p = $p->add($step);
	if ($p->norm() > 1000000) $p = new Point(0, 0);
	$c->tick(1)->tick($i % 3);
}
echo $p->x . " " . $p->y . " " . $c->value(), "\n";
