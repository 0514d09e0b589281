/*
 * Words of a line that has columns and -o arguments, as master.cf has them,
 * and "name = value".
 */
#include "parse.h"

size_t
line_offset(const struct line *l, struct str part)
{
	return (size_t)(part.p - buf_str(&l->text).p);
}

struct str
line_word(struct str *rest)
{
	struct str	s = str_trim(*rest);
	size_t		n = 0;
	int		depth = 0;

	for (; n < s.len; n++) {
		if (s.p[0] == '{') {
			depth += s.p[n] == '{';
			depth -= s.p[n] == '}';
			if (depth == 0) {
				n++;
				break;
			}
		} else if (s.p[n] == ' ' || s.p[n] == '\t') {
			break;
		}
	}
	*rest = (struct str){ s.p + n, s.len - n };
	return (struct str){ s.p, n };
}

/* What an argument in braces holds; reported if its end is missing. */
static bool
line_unbraced(const struct source *src, const struct line *l, struct str *arg)
{
	const char	*from = arg->p;

	if (arg->p[0] != '{')
		return true;
	if (arg->len < 2 || arg->p[arg->len - 1] != '}') {
		line_report(src, l, line_offset(l, *arg),
		    "\"{\" without \"}\"");
		return false;
	}
	*arg = str_trim((struct str){ from + 1, arg->len - 2 });
	if (arg->len == 0)
		arg->p = from;
	return true;
}

bool
line_option(const struct source *src, const struct line *l, struct str *rest,
    struct str *arg)
{
	struct str	word = line_word(rest);

	if (word.len == 0)
		return false;
	*arg = STR_NONE;
	if (str_eq(word, STR("-o")))
		*arg = line_word(rest);
	if (arg->len > 0)
		return line_unbraced(src, l, arg);
	line_report(src, l, line_offset(l, word),
	    "only \"-o name=value\" may follow the last column");
	return false;
}

bool
line_pair(const struct source *src, const struct line *l, struct str part,
    struct str *name, struct str *value)
{
	*name = str_split(part, '=', value);
	if (value->p == NULL) {
		line_report(src, l, line_offset(l, part),
		    "\"name = value\" expected");
		return false;
	}
	*name = str_trim(*name);
	*value = str_trim(*value);
	return true;
}
