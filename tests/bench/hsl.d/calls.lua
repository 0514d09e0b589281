local function fib(n)
	if n < 2 then return n end
	return fib(n - 1) + fib(n - 2)
end
-- No tail call, as in the others.
local function ackermann(m, n)
	if m == 0 then return n + 1 end
	if n == 0 then return (ackermann(m - 1, 1)) end
	return (ackermann(m - 1, ackermann(m, n - 1)))
end
print(fib(35))
local s = 0
for i = 1, 120 do s = s + ackermann(2, 60) end
print(s)
