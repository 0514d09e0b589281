/*
 * A name is a row of the table, with the fields that it looks at, or is the
 * name of the one field.
 */
#include <string.h>

#include "base/glob.h"
#include "log_filter.h"

enum { TERM_GLOB, TERM_ID, TERM_LEVEL, TERM_SERVICE, TERM_ADDRESS,
	TERM_DOMAIN };

static const struct {
	const char	*name;
	unsigned int	 kind;
	const char	*fields[3];
} filter_names[] = {
	{ "id", TERM_ID, { NULL } },
	{ "event", TERM_GLOB, { NULL } },
	{ "level", TERM_LEVEL, { NULL } },
	{ "service", TERM_SERVICE, { "service", "server" } },
	{ "sender", TERM_ADDRESS, { "from", "sender" } },
	{ "recipient", TERM_ADDRESS, { "to", "recipient" } },
	{ "senderdomain", TERM_DOMAIN, { "from", "sender" } },
	{ "recipientdomain", TERM_DOMAIN, { "to", "recipient" } },
};

#define NAMES	(sizeof filter_names / sizeof *filter_names)

/* The most important first. */
static const char	*const filter_levels[] = { "error", "warn", "info",
			    "debug" };

#define LEVELS	(sizeof filter_levels / sizeof *filter_levels)

static size_t
filter_level(struct str name)
{
	size_t	i = 0;

	while (i < LEVELS && !str_eq(name, str_of(filter_levels[i])))
		i++;
	return i;
}

int
log_filter_add(struct log_filter *f, struct str name, struct str value,
    struct err *e)
{
	size_t	i = 0;

	while (i < NAMES && !str_eq(name, str_of(filter_names[i].name)))
		i++;
	if (i == NAMES && !log_field_known(name))
		return err_set(e, "--%.*s: lines can't be found by that",
		    (int)name.len, name.p);
	if (i < NAMES && filter_names[i].kind == TERM_LEVEL &&
	    filter_level(value) == LEVELS)
		return err_set(e, "--level %.*s: not one of error, warn, "
		    "info, debug", (int)value.len, value.p);
	if (f->count == LOG_FILTER_TERMS)
		return err_set(e, "more than %d filters", LOG_FILTER_TERMS);
	f->term[f->count++] = (struct log_term){ (unsigned int)i, name,
	    value };
	return 0;
}

/* ---- Ids ----------------------------------------------------------------- */

enum { OF_WHOLE = 1, OF_OWN = 2, OF_OTHER = 4 };

/* What stands behind an id: ":N", or nothing of the kind. */
static unsigned int
filter_behind(struct str s, uint32_t queue)
{
	uint64_t	n;
	size_t		len = 1;

	if (s.len < 2 || s.p[0] != ':' || !ascii_isdigit((unsigned char)s.p[1]))
		return OF_WHOLE;
	while (len < s.len && ascii_isdigit((unsigned char)s.p[len]))
		len++;
	if (queue == 0)
		return OF_OWN;
	return str_uint((struct str){ s.p + 1, len - 1 }, UINT32_MAX, &n) == 0
	    && n == queue ? OF_OWN : OF_OTHER;
}

bool
log_line_is_of(const struct log_line *l, struct str uuid, uint32_t queue)
{
	unsigned int	of = 0;
	struct str	rest;
	const char	*at;
	size_t		i;

	for (i = 0; i < l->count && uuid.len > 0; i++)
		for (rest = l->value[i].text; (at = memmem(rest.p, rest.len,
		    uuid.p, uuid.len)) != NULL;) {
			at += uuid.len;
			rest.len -= (size_t)(at - rest.p);
			rest.p = at;
			of |= filter_behind(rest, queue);
		}
	return (of & OF_OWN) != 0 || of == OF_WHOLE;
}

static bool
filter_id(const struct log_line *l, struct str id)
{
	struct str	queue, uuid = str_split(id, ':', &queue);
	uint64_t	n = 0;

	if (queue.len > 0 && str_uint(queue, UINT32_MAX, &n) == -1)
		return false;
	return log_line_is_of(l, uuid, (uint32_t)n);
}

/* ---- Other terms --------------------------------------------------------- */

static bool
filter_address(struct str address, struct str pattern, unsigned int kind)
{
	size_t	i;

	if (kind == TERM_ADDRESS)
		return glob_match(pattern, address, true);
	for (i = address.len; i > 0; i--)
		if (address.p[i - 1] == '@')
			return glob_match(pattern, (struct str){
			    address.p + i, address.len - i }, true);
	return false;
}

/* One address, or several as "address:code". */
static bool
filter_addresses(struct str list, struct str pattern, unsigned int kind)
{
	struct str	one;
	size_t		i;

	if (list.len == 0)
		return filter_address(list, pattern, kind);
	while (list.len > 0) {
		one = str_split(list, ' ', &list);
		if (filter_address(one, pattern, kind))
			return true;
		for (i = one.len; i > 0 &&
		    ascii_isdigit((unsigned char)one.p[i - 1]);)
			i--;
		if (i > 1 && one.p[i - 1] == ':' && filter_address(
		    (struct str){ one.p, i - 1 }, pattern, kind))
			return true;
	}
	return false;
}

static bool
filter_fields(const struct log_line *l, const struct log_term *t)
{
	unsigned int		 kind = filter_names[t->row].kind;
	const char *const	*field = filter_names[t->row].fields;
	struct str		 text;

	for (; *field != NULL; field++) {
		text = log_line_get(l, str_of(*field));
		if (text.p == NULL)
			continue;
		if (kind == TERM_SERVICE ? glob_match(t->value, text, true) :
		    filter_addresses(text, t->value, kind))
			return true;
	}
	return kind == TERM_SERVICE && glob_match(t->value, l->program, true);
}

static bool
filter_holds(const struct log_line *l, const struct log_term *t)
{
	struct str	text;

	if (t->row == NAMES) {
		text = log_line_get(l, t->name);
		return text.p != NULL && glob_match(t->value, text, true);
	}
	switch (filter_names[t->row].kind) {
	case TERM_ID:
		return filter_id(l, t->value);
	case TERM_GLOB:
		return glob_match(t->value, l->event, false);
	case TERM_LEVEL:
		return filter_level(l->level) <= filter_level(t->value);
	default:
		return filter_fields(l, t);
	}
}

bool
log_filter_match(const struct log_filter *f, const struct log_line *l)
{
	size_t	i, k;
	bool	holds;

	for (i = 0; i < f->count; i++) {
		holds = false;
		for (k = 0; k < f->count && !holds; k++)
			holds = str_eq(f->term[k].name, f->term[i].name) &&
			    filter_holds(l, &f->term[k]);
		if (!holds)
			return false;
	}
	return true;
}

static bool
filter_is_literal(struct str s)
{
	return s.len > 0 && memchr(s.p, '*', s.len) == NULL &&
	    memchr(s.p, '\\', s.len) == NULL;
}

struct str
log_filter_needle(const struct log_filter *f)
{
	const struct log_term	*t;
	struct str		 rest;
	size_t			 i, k, same;

	for (i = 0; i < f->count; i++) {
		t = &f->term[i];
		for (k = same = 0; k < f->count; k++)
			same += f->term[k].row == t->row;
		if (same > 1 || !filter_is_literal(t->value))
			continue;
		if (str_eq(t->name, STR("event")))
			return t->value;
		if (str_eq(t->name, STR("id")))
			return str_split(t->value, ':', &rest);
	}
	return STR_NONE;
}
