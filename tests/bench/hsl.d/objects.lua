local Point = {}
Point.__index = Point
function Point.new(x, y)
	return setmetatable({ x = x, y = y }, Point)
end
function Point:add(o)
	return Point.new(self.x + o.x, self.y + o.y)
end
function Point:norm()
	return self.x * self.x + self.y * self.y
end
local Counter = {}
Counter.__index = Counter
function Counter.new()
	return setmetatable({ n = 0 }, Counter)
end
function Counter:tick(by)
	self.n = self.n + by
	return self
end
function Counter:value()
	return self.n
end
local p, step, c = Point.new(0, 0), Point.new(1, 2), Counter.new()
for i = 0, 3499999 do
	p = p:add(step)
	if p:norm() > 1000000 then p = Point.new(0, 0) end
	c:tick(1):tick(i % 3)
end
print(p.x .. " " .. p.y .. " " .. c:value())
