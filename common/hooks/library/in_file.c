/*
 * in_file(): finds a line of a file and returns its words.  Lines are taken
 * apart one after the other; a needle that is a function is called for each,
 * in a step of its own.  s->count is how far the file has been read.
 */
#include "file.h"
#include "library.h"

enum { S_RESULT, S_NEEDLE, S_PATH, S_OPTIONS, S_BYTES, S_NAMES, S_WORDS,
	S_SLOTS };
enum { AT_BEGIN, AT_ASKED };

static struct hsl_value
option(const struct hsl_steps *s, const char *name)
{
	return hsl_array_get(s->slots[S_OPTIONS], name);
}

static bool
is_csv(const struct hsl_steps *s)
{
	return str_eq(hsl_value_str(option(s, "type")), STR("text/csv"));
}

/* ---- Lines, and their words -------------------------------------------- */

/* The next record; one of CSV goes on while a quote is open. */
static struct str
line_next(struct hsl_steps *s)
{
	struct str	all = hsl_value_str(s->slots[S_BYTES]), rest, line;
	const char	*start;
	size_t		 quotes = 0, i;

	rest = (struct str){ all.p + s->count, all.len - s->count };
	start = rest.p;
	do {
		line = file_line(&rest);
		for (i = 0; i < line.len; i++)
			quotes += line.p[i] == '"';
	} while (is_csv(s) && quotes % 2 == 1 && rest.p != NULL);
	s->count = rest.p != NULL ? (uint32_t)(rest.p - all.p) :
	    (uint32_t)all.len;
	return (struct str){ start, (size_t)(line.p + line.len - start) };
}

/* Between single delimiters, or between blanks, as many as there are. */
static struct hsl_value
words_plain(struct hsl_steps *s, struct str line)
{
	struct str		by = hsl_value_str(option(s, "delimiter"));
	bool			blanks = by.len == 0;
	struct hsl_value	words = hsl_array(s->x);
	struct str		word;
	size_t			i = 0;

	for (;; i++) {
		word = (struct str){ line.p + i, 0 };
		while (i < line.len && line.p[i] != (blanks ? ' ' :
		    by.p[0]) && !(blanks && line.p[i] == '\t'))
			i++;
		word.len = (size_t)(line.p + i - word.p);
		if (!blanks || word.len > 0)
			hsl_array_push(s->x, words, hsl_string(s->x, word));
		if (i >= line.len)
			return words;
	}
}

static struct hsl_value
words_csv(struct hsl_steps *s, struct str line)
{
	struct hsl_value	rows, words = hsl_none(), options;

	options = hsl_array(s->x);
	hsl_array_set(s->x, options, "header", hsl_boolean(false));
	hsl_array_set(s->x, options, "delimiter",
	    hsl_value_ref(option(s, "delimiter")));
	if (hsl_csv_decode(s->x, line, options, &rows))
		words = hsl_value_ref(hsl_array_at(rows, 0));
	hsl_value_unref(s->x, rows);
	hsl_value_unref(s->x, options);
	return words.type == HSL_ARRAY ? words : hsl_array(s->x);
}

/* With the names of the first line as keys; takes the words. */
static struct hsl_value
words_named(struct hsl_steps *s, struct hsl_value words)
{
	struct hsl_value	named, key, name;
	size_t			pos = 0;
	int64_t			i = 0;

	if (s->slots[S_NAMES].type != HSL_ARRAY)
		return words;
	named = hsl_array(s->x);
	while (hsl_array_next(s->slots[S_NAMES], &pos, &key, &name))
		hsl_array_set_key(s->x, named, hsl_value_ref(name),
		    hsl_value_ref(hsl_array_at(words, i++)));
	hsl_value_unref(s->x, words);
	return named;
}

/* Puts the words of the next line that is not empty into S_WORDS; false at
 * the end of the file, or when a limit was reached. */
static bool
words_next(struct hsl_steps *s)
{
	struct hsl_value	words;
	struct str		line;

	while (s->count < hsl_value_str(s->slots[S_BYTES]).len) {
		line = line_next(s);
		if (!hsl_charge(s->x, 1 + line.len / 8))
			return false;
		if (line.len == 0)
			continue;
		words = is_csv(s) ? words_csv(s, line) : words_plain(s, line);
		if (s->slots[S_NAMES].type != HSL_ARRAY &&
		    hsl_value_true(option(s, "assoc"))) {
			hsl_slot_set(s, S_NAMES, words);
			continue;
		}
		hsl_slot_set(s, S_WORDS, words_named(s, words));
		return true;
	}
	return false;
}

/* ---- Looking ----------------------------------------------------------- */

static bool
words_match(const struct hsl_steps *s)
{
	struct hsl_value	index = option(s, "index"), word;
	int64_t			i = hsl_whole(hsl_value_number(index, 0), 0,
				    INT32_MAX);

	/* A number counts columns, also where these have names. */
	if (index.type != HSL_STRING && s->slots[S_NAMES].type == HSL_ARRAY)
		index = hsl_array_at(s->slots[S_NAMES], i);
	word = index.type == HSL_STRING ? hsl_array_get(s->slots[S_WORDS],
	    hsl_value_str(index).p) : hsl_array_at(s->slots[S_WORDS], i);
	return word.type == HSL_STRING && str_eq(hsl_value_str(word),
	    hsl_value_str(s->slots[S_NEEDLE]));
}

static enum hsl_rc
in_file_end(struct hsl_steps *s, struct hsl_value v)
{
	hsl_slot_set(s, S_RESULT, v);
	return HSL_OK;
}

static enum hsl_rc
in_file_step(struct hsl_steps *s)
{
	bool	found;

	if (s->state == AT_BEGIN && s->slots[S_BYTES].type == HSL_NONE)
		return in_file_end(s, hsl_none());
	found = s->state == AT_ASKED && hsl_value_true(s->slots[S_RESULT]);
	while (!found && words_next(s)) {
		if (s->slots[S_NEEDLE].type == HSL_FUNCTION) {
			s->state = AT_ASKED;
			return hsl_steps_call(s, s->slots[S_NEEDLE],
			    &s->slots[S_WORDS], 1);
		}
		found = words_match(s);
	}
	if (!hsl_charge(s->x, 0))
		return HSL_THROW;
	return in_file_end(s, found ? hsl_value_ref(s->slots[S_WORDS]) :
	    hsl_array(s->x));
}

/* Begins the search, with the bytes of the file as one more argument. */
static enum hsl_rc
in_file_begin(struct hsl_call *c, struct hsl_value bytes)
{
	struct hsl_value	argv[S_BYTES];
	struct hsl_call		with = *c;
	int			i;

	for (i = 0; i < S_BYTES - 1; i++)
		argv[i] = i < c->argc ? c->argv[i] : hsl_none();
	argv[S_BYTES - 1] = bytes;
	with.argv = argv;
	with.argc = S_BYTES;
	return hsl_steps_begin(&with, in_file_step, S_SLOTS);
}

enum hsl_rc
library_in_file(struct hsl_call *c)
{
	struct hsl_value	bytes;
	struct str		needle;
	enum hsl_rc		rc = HSL_THROW;

	if (c->argv[0].type != HSL_FUNCTION && !hsl_arg_string(c, 0, &needle))
		return HSL_THROW;
	if (c->argc > 2 && c->argv[2].type != HSL_ARRAY &&
	    c->argv[2].type != HSL_NONE)
		return hsl_throw(c, "in_file(): options is an array, not %s",
		    hsl_type_phrase(c->argv[2]));
	if (file_whole(c, 1, &bytes))
		rc = in_file_begin(c, bytes);
	hsl_value_unref(c->x, bytes);
	return rc;
}
