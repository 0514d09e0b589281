-- Lua's own patterns: they have no alternatives, so three are tried.
local hits, sum, line = 0, 0, nil
for i = 0, 1199999 do
	line = "Nov 12 10:" .. i .. " mx smtpd[" .. i .. "]: connect from host" ..
	    i .. ".example.org[192.0.2.1]"
	if line:find(" smtpd%[[0-9]+%]: connect ") then hits = hits + 1 end
	local _, n = line:match("from ([a-z]+)([0-9]+)%.([a-z.]+)%[([0-9.]+)%]")
	if n then sum = sum + tonumber(n) end
	local low = line:lower()
	if low:find("reject", 1, true) or low:find("defer", 1, true) or
	    low:find("bounce", 1, true) then
		hits = hits + 1000
	end
end
print(hits .. " " .. sum)
print((line:gsub("[0-9]+", "<%0>")))
