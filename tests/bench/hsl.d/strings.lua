-- A string that grows is a table of pieces here: the idiom of the language.
local function build(n)
	local total = 0
	for round = 0, 19 do
		local t = {}
		for i = 0, n - 1 do
			t[i + 1] = "line " .. i .. ": " .. round .. "-" .. i ..
			    "\n"
		end
		total = total + #table.concat(t)
	end
	return total
end
local function scan(s)
	local vowels = 0
	for i = 1, #s do
		local c = s:byte(i)
		if c == 97 or c == 101 or c == 111 then vowels = vowels + 1 end
	end
	return vowels
end
print(build(130000))
print(scan(string.rep("the quick brown fox jumps over the lazy dog ", 90000)))
