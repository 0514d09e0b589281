/*
 * Nearness is the number of letters to insert, delete, change or swap with
 * the next, whatever their case: one in a short name, two in a long one.
 */
#include <stddef.h>

#include "hsl/syntax/hint.h"

#define HINT_LEN	40		/* longer names have no neighbours */
#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static const struct {
	const char	*word;
	const char	*text;
} hint_words[] = {
#define HINT(word, text)	{ word, text },
#include "hsl/syntax/hints.def"
#undef HINT
};

/* Keywords are in small letters. */
static const char *const	hint_keywords[] = {
#define KEYWORD(name, text)	text,
#define RESERVED(text)
#define SIGN(name, text)
#include "hsl/syntax/tokens.def"
#undef SIGN
#undef RESERVED
#undef KEYWORD
};

const char *
hint_word(struct str word)
{
	for (size_t i = 0; i < COUNT(hint_words); i++)
		if (str_caseeq(str_of(hint_words[i].word), word))
			return hint_words[i].text;
	return NULL;
}

void
hint_init(struct hint *h, struct str name)
{
	h->name = name;
	h->near = STR_NONE;
	for (size_t i = 0; i < COUNT(hint_keywords); i++)
		if (str_caseeq(str_of(hint_keywords[i]), name))
			h->near = str_of(hint_keywords[i]);
	h->distance = name.len < 6 ? 2 : 3;
	if (h->near.len > 0 || name.len < 3 || name.len > HINT_LEN)
		h->distance = 0;
}

static unsigned
hint_least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static bool
hint_same(struct str a, size_t i, struct str b, size_t j)
{
	return ascii_lower((unsigned char)a.p[i - 1]) ==
	    ascii_lower((unsigned char)b.p[j - 1]);
}

/* row[i % 3][j]: from the first i letters of a to the first j of b. */
static unsigned
hint_distance(struct str a, struct str b)
{
	unsigned	 row[3][HINT_LEN + 1], *now, *last, *before;

	for (size_t j = 0; j <= b.len; j++)
		row[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a.len; i++) {
		now = row[i % 3];
		last = row[(i + 2) % 3];
		before = row[(i + 1) % 3];
		now[0] = (unsigned)i;
		for (size_t j = 1; j <= b.len; j++) {
			now[j] = hint_least(hint_least(last[j], now[j - 1]) +
			    1, last[j - 1] + !hint_same(a, i, b, j));
			if (i > 1 && j > 1 && hint_same(a, i, b, j - 1) &&
			    hint_same(a, i - 1, b, j))
				now[j] = hint_least(now[j],
				    before[j - 2] + 1);
		}
	}
	return row[a.len % 3][b.len];
}

void
hint_try(struct hint *h, struct str candidate)
{
	unsigned	 d;

	if (h->distance == 0 || candidate.len < 3 ||
	    candidate.len > HINT_LEN)
		return;
	d = hint_distance(h->name, candidate);
	if (d >= h->distance)
		return;
	h->distance = d;
	h->near = candidate;
}
