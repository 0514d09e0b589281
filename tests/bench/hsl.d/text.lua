local line = "From: Alice <Alice@Example.COM>, Bob <bob@example.org>; to=7\r\n"
local total, s = 0, nil
for i = 0, 899999 do
	local out = {}
	for p in line:match("^%s*(.*%S)"):gmatch("[^,]+") do
		local at = p:find("<", 1, true)
		local last = p:find(">", 1, true)
		out[#out + 1] = p:sub(at + 1, last - 1):lower()
	end
	s = table.concat(out, ";"):gsub("example", "test" .. i)
	total = total + #s
end
print(total)
print(s)
