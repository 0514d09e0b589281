local function fill(n)
	local a, x = {}, 42
	for i = 0, n - 1 do
		x = (x * 1103 + 12345) % 65536
		a[#a + 1] = x
	end
	return a
end
local sum = 0
for round = 0, 49 do
	local a = fill(100000)
	for i, v in ipairs(a) do sum = sum + v * ((i - 1) % 7) end
	for i = 2, 100000 do a[i] = a[i] + a[i - 1] % 10 end
	local b = {}
	for i = #a, 1, -1 do b[#b + 1] = a[i] end
	sum = sum + b[501]
end
print(sum)
local a = fill(100000)
table.sort(a, function(x, y) return x < y end)
print(table.concat(a, ",", 1, 10))
