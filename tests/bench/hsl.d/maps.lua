local counts, order, x = {}, {}, 7
for i = 1, 4000000 do
	x = (x * 1103 + 12345) % 65536
	local key = "k" .. (x % 1000)
	if counts[key] then
		counts[key] = counts[key] + 1
	else
		counts[key] = 1
		order[#order + 1] = key
	end
end
local most, who = 0, nil
for _, k in ipairs(order) do
	if counts[k] > most then most = counts[k]; who = k end
end
print(#order .. " " .. who .. " " .. most)
local byhost, hosts = {}, 0
for i = 1, 2000000 do
	x = (x * 1103 + 12345) % 65536
	local host = "host" .. (x % 50)
	local t = byhost[host]
	if not t then t = {}; byhost[host] = t; hosts = hosts + 1 end
	t.seen = (t.seen or 0) + 1
end
print(hosts .. " " .. byhost.host7.seen)
