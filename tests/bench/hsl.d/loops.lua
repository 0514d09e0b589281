local function mix(n)
	local x, s = 1, 0
	for i = 0, n - 1 do
		x = (x * 1103 + 12345) % 65536
		if x % 3 == 0 then s = s + x else s = s - 1 end
	end
	return s
end
local function primes(n)
	local found = 0
	for i = 2, n - 1 do
		local j = 2
		while j * j <= i and i % j ~= 0 do j = j + 1 end
		if j * j > i then found = found + 1 end
	end
	return found
end
print(mix(14000000))
print(primes(200000))
