/*
 * A number with a unit is read and written by one table of units for each
 * type. value_distance() finds the name that was meant by one that is not
 * known.
 */
#include <string.h>

#include "value.h"

struct unit {
	const char	*name;
	uint64_t	 factor;
};

/* Smallest first: the writer takes the largest that divides. */
static const struct unit	time_units[] = {
	{ "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 },
	{ "d", 86400000 }, { "w", 604800000 }, { NULL, 0 }
};
static const struct unit	size_units[] = {
	{ "", 1 }, { "k", 1ull << 10 }, { "M", 1ull << 20 },
	{ "G", 1ull << 30 }, { "T", 1ull << 40 }, { NULL, 0 }
};

/* Digits, then a unit (in any case), then nothing. */
static int
value_scaled(struct str s, const struct unit *units, const char *bare,
    uint64_t *value)
{
	struct str	number = s, name;
	uint64_t	n;

	number.len = 0;
	while (number.len < s.len &&
	    ascii_isdigit((unsigned char)s.p[number.len]))
		number.len++;
	if (str_uint(number, INT64_MAX, &n) == -1)
		return -1;
	name = (struct str){ s.p + number.len, s.len - number.len };
	if (name.len == 0)
		name = str_of(bare);
	while (units->name != NULL && !str_caseeq(name, str_of(units->name)))
		units++;
	if (units->name == NULL || n > INT64_MAX / units->factor)
		return -1;
	*value = n * units->factor;
	return 0;
}

int
value_time(struct str s, int64_t *ms, struct err *e)
{
	uint64_t	n;

	if (value_scaled(s, time_units, "s", &n) == -1)
		return err_set(e, "\"%.*s\" is not a time: digits and one of "
		    "ms s m h d w", (int)s.len, s.p);
	*ms = (int64_t)n;
	return 0;
}

int
value_size(struct str s, uint64_t *bytes, struct err *e)
{
	if (value_scaled(s, size_units, "", bytes) == -1)
		return err_set(e, "\"%.*s\" is not a size: digits and "
		    "nothing or one of k M G T", (int)s.len, s.p);
	return 0;
}

int
value_int(struct str s, int64_t *n, struct err *e)
{
	uint64_t	u;

	if (str_uint(s, INT64_MAX, &u) == -1)
		return err_set(e, "\"%.*s\" is not a number", (int)s.len, s.p);
	*n = (int64_t)u;
	return 0;
}

int
value_bool(struct str s, bool *b, struct err *e)
{
	if (str_caseeq(s, STR("yes")))
		*b = true;
	else if (str_caseeq(s, STR("no")))
		*b = false;
	else
		return err_set(e, "\"%.*s\" is neither yes nor no",
		    (int)s.len, s.p);
	return 0;
}

struct str
value_word(const char *words, int place)
{
	struct str	rest = str_of(words), word = STR_NONE;

	while (place-- >= 0) {
		if (rest.p == NULL)
			return STR_NONE;
		word = str_split(rest, '|', &rest);
	}
	return word;
}

int
value_enum(struct str s, const char *words, int *place, struct err *e)
{
	struct str	word;
	int		i;

	for (i = 0; (word = value_word(words, i)).p != NULL; i++) {
		if (str_eq(word, s)) {
			*place = i;
			return 0;
		}
	}
	return err_set(e, "\"%.*s\" is not one of %s", (int)s.len, s.p, words);
}

/* The largest unit that leaves no remainder; 0 is written in `least`. */
static void
value_put_scaled(struct buf *out, uint64_t n, const struct unit *units,
    size_t least)
{
	const struct unit	*best = n == 0 ? &units[least] : units;

	for (; n != 0 && units->name != NULL; units++)
		if (n % units->factor == 0)
			best = units;
	buf_add_uint(out, n / best->factor);
	buf_add_text(out, best->name);
}

void
value_put_time(struct buf *out, int64_t ms)
{
	value_put_scaled(out, (uint64_t)ms, time_units, 1);
}

void
value_put_size(struct buf *out, uint64_t bytes)
{
	value_put_scaled(out, bytes, size_units, 0);
}

#define DISTANCE_MAX	64u

static unsigned int
value_least(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int	least = a < b ? a : b;

	return least < c ? least : c;
}

/*
 * The usual table of costs, three rows of it: row i holds the cost of making
 * each prefix of b out of the first i bytes of a.
 */
unsigned int
value_distance(struct str a, struct str b)
{
	unsigned int	 rows[3][DISTANCE_MAX + 1];
	unsigned int	*two = rows[0], *one = rows[1], *now = rows[2], *spare;
	size_t		 i, j;

	if (a.len > DISTANCE_MAX || b.len > DISTANCE_MAX)
		return DISTANCE_MAX;
	for (j = 0; j <= b.len; j++)
		two[j] = one[j] = (unsigned int)j;
	for (i = 1; i <= a.len; i++) {
		now[0] = (unsigned int)i;
		for (j = 1; j <= b.len; j++) {
			now[j] = value_least(one[j] + 1, now[j - 1] + 1,
			    one[j - 1] + (a.p[i - 1] != b.p[j - 1]));
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] &&
			    a.p[i - 2] == b.p[j - 1] && two[j - 2] < now[j])
				now[j] = two[j - 2] + 1;
		}
		spare = two;
		two = one;
		one = now;
		now = spare;
	}
	return one[b.len];
}
