local function counter()
	local n = 0
	return function(by) n = n + by; return n end
end
local function map(f, t)
	local out = {}
	for i, v in ipairs(t) do out[i] = f(v) end
	return out
end
local function filter(f, t)
	local out = {}
	for _, v in ipairs(t) do if f(v) then out[#out + 1] = v end end
	return out
end
local function reduce(f, t, c)
	for _, v in ipairs(t) do c = f(c, v) end
	return c
end
local list, sum = {}, 0
for i = 0, 999 do list[#list + 1] = i end
for i = 0, 1799 do
	local a = map(function(x) return x * 2 + i end, list)
	a = filter(function(x) return x % 3 == 0 end, a)
	sum = sum + reduce(function(c, x) return c + x end, a, 0)
end
print(sum)
local f, g = counter(), counter()
for i = 1, 8000000 do f(g(1) % 5) end
print(f(0) .. " " .. g(0))
