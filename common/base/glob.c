/*
 * Goes back to the last * where it fails, so that it takes at most the product
 * of both lengths.
 */
#include <stdint.h>

#include "glob.h"

static bool
glob_same(char a, char b, bool any_case)
{
	return any_case ? ascii_lower((unsigned char)a) ==
	    ascii_lower((unsigned char)b) : a == b;
}

bool
glob_match(struct str pattern, struct str s, bool any_case)
{
	size_t	p = 0, i = 0, star = SIZE_MAX, from = 0;
	bool	escaped;

	while (i < s.len) {
		if (p < pattern.len && pattern.p[p] == '*') {
			star = p++;
			from = i;
			continue;
		}
		escaped = p + 1 < pattern.len && pattern.p[p] == '\\';
		if (p < pattern.len && glob_same(pattern.p[p + escaped],
		    s.p[i], any_case)) {
			p += 1U + escaped;
			i++;
			continue;
		}
		if (star == SIZE_MAX)
			return false;
		p = star + 1;
		i = ++from;
	}
	while (p < pattern.len && pattern.p[p] == '*')
		p++;
	return p == pattern.len;
}
