/*
 * Terms are parsed once, when they are added, into what is compared.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/glob.h"
#include "base/log_address.h"
#include "base/mem.h"
#include "queue_filter.h"
#include "spool/fields.h"

enum term_kind { TERM_ID, TERM_TEXT, TERM_NAME, TERM_NUMBER, TERM_SPAN,
	TERM_TIME, TERM_STATE, TERM_PAIR };

static const struct {
	const char	*name;
	enum term_kind	 kind;
	bool		 early;
} term_fields[] = {
#define QUEUE_FIELD(name, kind, early, groups, help)			\
	{ #name, TERM_##kind, early },
#include "queue_field.def"
#undef QUEUE_FIELD
};

/* Bits of states, by what queue_row_state() says. */
enum { TERM_HOLD = 1, TERM_DEFER = 2, TERM_READY = 4, TERM_ACTIVE = 8,
	TERM_SENDING = 16, TERM_BOUNCING = 32 };

/* Our names, and those of another system that operators know. */
static const struct {
	const char	*name;
	unsigned int	 states;
} term_states[] = {
	{ "hold", TERM_HOLD }, { "defer", TERM_DEFER },
	{ "ready", TERM_READY }, { "active", TERM_ACTIVE },
	{ "sending", TERM_SENDING }, { "bouncing", TERM_BOUNCING },
	{ "unknown", 0 }, { "update", 0 },
};

struct term {
	enum queue_field field;
	char		*text;		/* as given */
	struct str	 value;		/* of a pair: behind the = */
	struct str	 key;		/* of a pair */
	struct spool_id	 id;
	int64_t		 low, high;	/* both are meant */
	unsigned int	 states;
};

struct queue_filter {
	struct term	*term;
	size_t		 count;
	unsigned int	 fields;	/* bits: those that have a term */
};

struct queue_filter *
queue_filter_new(void)
{
	return xcalloc(1, sizeof(struct queue_filter));
}

void
queue_filter_free(struct queue_filter **f)
{
	size_t	i;

	if (*f == NULL)
		return;
	for (i = 0; i < (*f)->count; i++)
		free((*f)->term[i].text);
	free((*f)->term);
	free(*f);
	*f = NULL;
}

/* ---- Parsing ------------------------------------------------------------- */

/* "90", "5m", "2h", "3d": seconds. */
static int
term_span(struct str s, int64_t *value)
{
	static const struct { char unit; int64_t seconds; } units[] = {
		{ 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 },
		{ 'w', 604800 },
	};
	int64_t		by = 1;
	uint64_t	n;
	size_t		i;

	for (i = 0; i < sizeof units / sizeof *units && s.len > 0; i++)
		if (s.p[s.len - 1] == units[i].unit) {
			by = units[i].seconds;
			s.len--;
			break;
		}
	if (str_uint(s, 1ULL << 40, &n) == -1)
		return -1;
	*value = (int64_t)n * by;
	return 0;
}

/* Two digits at s, at most max. */
static int
term_digits(struct str *s, size_t n, int max, int *value)
{
	uint64_t	v;

	if (s->len < n || str_uint((struct str){ s->p, n }, (uint64_t)max,
	    &v) == -1)
		return -1;
	*value = (int)v;
	*s = (struct str){ s->p + n, s->len - n };
	return 0;
}

static int
term_skip(struct str *s, const char *any)
{
	if (s->len == 0 || strchr(any, s->p[0]) == NULL || s->p[0] == '\0')
		return -1;
	*s = (struct str){ s->p + 1, s->len - 1 };
	return 0;
}

/* Days since 1970 of a date of the Gregorian calendar. */
static int64_t
term_days(int year, int month, int day)
{
	int64_t	y = month <= 2 ? year - 1 : year, era = y / 400;
	int64_t	of_era = y - era * 400;
	int64_t	of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 +
		    day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	    of_year - 719468;
}

/* 2026-11-29, 2026-11-29T10:00, 2026-11-29T10:00:00Z; UTC. */
static int
term_date(struct str s, int64_t *value)
{
	int	year, month, day, hour = 0, minute = 0, second = 0;

	if (term_digits(&s, 4, 9999, &year) == -1 ||
	    term_skip(&s, "-") == -1 ||
	    term_digits(&s, 2, 12, &month) == -1 ||
	    term_skip(&s, "-") == -1 ||
	    term_digits(&s, 2, 31, &day) == -1 || month == 0 || day == 0)
		return -1;
	if (s.len > 0 && (term_skip(&s, "Tt ") == -1 ||
	    term_digits(&s, 2, 23, &hour) == -1 ||
	    term_skip(&s, ":") == -1 ||
	    term_digits(&s, 2, 59, &minute) == -1))
		return -1;
	if (term_skip(&s, ":") == 0 &&
	    term_digits(&s, 2, 60, &second) == -1)
		return -1;
	(void)term_skip(&s, "Zz");
	*value = term_days(year, month, day) * 86400 + hour * 3600 +
	    minute * 60 + second;
	return s.len == 0 ? 0 : -1;
}

static int
term_value(enum term_kind kind, struct str s, int64_t *value)
{
	uint64_t	n;

	if (kind == TERM_SPAN)
		return term_span(s, value);
	if (str_uint(s, INT64_MAX, &n) == 0) {
		*value = (int64_t)n;
		return 0;
	}
	return kind == TERM_TIME ? term_date(s, value) : -1;
}

static int
term_range(enum term_kind kind, struct str s, struct term *t)
{
	struct str	high;
	size_t		i;

	for (i = 0; i + 1 < s.len; i++) {
		if (s.p[i] != '.' || s.p[i + 1] != '.')
			continue;
		high = (struct str){ s.p + i + 2, s.len - i - 2 };
		s.len = i;
		return term_value(kind, s, &t->low) == 0 &&
		    term_value(kind, high, &t->high) == 0 ? 0 : -1;
	}
	if (term_value(kind, s, &t->low) == -1)
		return -1;
	t->high = t->low;
	return 0;
}

static int
term_compare(enum term_kind kind, struct str s, struct term *t)
{
	char	op = s.len > 0 ? s.p[0] : '\0';
	bool	less = op == '<', more = op == '>', with = false;
	int64_t	n;

	if (!less && !more) {
		if (op == '=')
			(void)term_skip(&s, "=");
		return term_range(kind, s, t);
	}
	(void)term_skip(&s, "<>");
	with = term_skip(&s, "=") == 0;
	if (term_value(kind, s, &n) == -1)
		return -1;
	t->low = more ? (with || n == INT64_MAX ? n : n + 1) : INT64_MIN;
	t->high = less ? (with ? n : n - 1) : INT64_MAX;
	return 0;
}

static int
term_state(struct str s, struct term *t)
{
	size_t	i;

	/* The other system's is all that is due. */
	if (str_eq(s, STR("ACTIVE"))) {
		t->states = TERM_READY | TERM_ACTIVE | TERM_SENDING;
		return 0;
	}
	for (i = 0; i < sizeof term_states / sizeof *term_states; i++)
		if (str_caseeq(s, str_of(term_states[i].name))) {
			t->states = term_states[i].states;
			return 0;
		}
	return -1;
}

/* What a number of the kind looks like, behind what all of them do. */
static const char	*const term_numbers[] = {
	[TERM_NUMBER] = "",
	[TERM_SPAN] = ", where N is as 90, 5m, 2h or 3d",
	[TERM_TIME] = ", where N is as 2026-11-29T10:00:00Z or unix time",
};

static int
term_parse(struct term *t, struct err *e)
{
	const char	*name = term_fields[t->field].name;
	struct str	 s = str_of(t->text);

	t->value = s;
	switch (term_fields[t->field].kind) {
	case TERM_ID:
		return spool_id_parse(&t->id, s) == 0 ? 0 : err_set(e,
		    "--%s %s: not a UUID or UUID:N", name, t->text);
	case TERM_STATE:
		return term_state(s, t) == 0 ? 0 : err_set(e,
		    "--%s %s: not hold, defer, ready, active, sending or "
		    "bouncing", name, t->text);
	case TERM_PAIR:
		t->key = str_split(s, '=', &t->value);
		return t->key.len < s.len ? 0 : err_set(e,
		    "--%s %s: not KEY=VALUE", name, t->text);
	case TERM_NUMBER:
	case TERM_SPAN:
	case TERM_TIME:
		return term_compare(term_fields[t->field].kind, s, t) == 0 ?
		    0 : err_set(e, "--%s %s: not N, >N, >=N, <N, <=N or "
		    "N..N%s", name, t->text,
		    term_numbers[term_fields[t->field].kind]);
	default:
		return 0;
	}
}

int
queue_filter_add(struct queue_filter *f, struct str name, struct str value,
    struct err *e)
{
	struct term	t = { .field = QUEUE_FIELDS };
	size_t		i;

	for (i = 0; i < QUEUE_FIELDS; i++)
		if (str_eq(name, str_of(term_fields[i].name)))
			t.field = (enum queue_field)i;
	if (t.field == QUEUE_FIELDS)
		return err_set(e, "\"%.*s\" is no field that a filter knows",
		    (int)(name.len < 64 ? name.len : 64), name.p);
	if (f->count == QUEUE_FILTER_MAX || value.len > QUEUE_VALUE_MAX ||
	    (value.len > 0 && memchr(value.p, '\0', value.len) != NULL))
		return err_set(e, "--%s: too many terms, or too long",
		    term_fields[t.field].name);
	t.text = xstrndup(value.len > 0 ? value.p : "", value.len);
	if (term_parse(&t, e) == -1) {
		free(t.text);
		return -1;
	}
	f->term = xreallocarray(f->term, f->count + 1, sizeof *f->term);
	f->term[f->count++] = t;
	f->fields |= 1U << t.field;
	return 0;
}

/* ---- What it says -------------------------------------------------------- */

bool
queue_filter_any(const struct queue_filter *f)
{
	return f->count > 0;
}

size_t
queue_filter_ids(const struct queue_filter *f)
{
	size_t	i;

	for (i = 0; i < f->count; i++)
		if (f->term[i].field != QUEUE_id || f->term[i].id.queue == 0)
			return 0;
	return f->count;
}

void
queue_filter_id(const struct queue_filter *f, size_t i, struct spool_id *id)
{
	*id = f->term[i].id;
}

bool
queue_filter_term(const struct queue_filter *f, size_t i, struct str *name,
    struct str *value)
{
	if (i >= f->count)
		return false;
	*name = str_of(term_fields[f->term[i].field].name);
	*value = str_of(f->term[i].text);
	return true;
}

void
queue_filter_text(const struct queue_filter *f, struct buf *out)
{
	enum queue_field	field;
	size_t			i, start;

	for (i = 0; i < f->count && out->len < 400; i++) {
		field = f->term[i].field;
		buf_printf(out, "%s--%s ", i > 0 ? " " : "",
		    term_fields[field].name);
		start = out->len;
		buf_add_text(out, f->term[i].text);
		if (field == QUEUE_sender || field == QUEUE_recipient)
			log_address_hide(out, start);
	}
	if (i < f->count)
		buf_add_text(out, " ...");
}

/* ---- Comparing ----------------------------------------------------------- */

static bool
term_holds_state(const struct term *t, const struct queue_row *r)
{
	const char	*state = queue_row_state(r);
	size_t		 i;

	for (i = 0; i < sizeof term_states / sizeof *term_states; i++)
		if (strcmp(state, term_states[i].name) == 0)
			return (t->states & term_states[i].states) != 0;
	return false;
}

static bool
term_holds_pair(const struct term *t, struct str pairs)
{
	struct str	key, value;

	while (fields_list_next(&pairs, &key) == 0 &&
	    fields_list_next(&pairs, &value) == 0)
		if (str_eq(key, t->key) && glob_match(t->value, value, false))
			return true;
	return false;
}

static bool
term_holds(const struct term *t, const struct queue_row *r)
{
	int64_t	n;

	switch (term_fields[t->field].kind) {
	case TERM_ID:
		return t->id.queue != 0 ? spool_id_same(&t->id, &r->id) :
		    memcmp(t->id.txn, r->id.txn, SPOOL_TXN_SIZE) == 0;
	case TERM_STATE:
		return term_holds_state(t, r);
	case TERM_PAIR:
		return term_holds_pair(t, r->accepted.metadata);
	case TERM_TEXT:
	case TERM_NAME:
		return glob_match(t->value, queue_row_text(r, t->field),
		    term_fields[t->field].kind == TERM_NAME);
	default:
		n = queue_row_number(r, t->field);
		return n >= t->low && n <= t->high;
	}
}

/* Of the fields in `fields` that have a term each must have one that holds. */
static bool
filter_holds(const struct queue_filter *f, const struct queue_row *r,
    bool early)
{
	unsigned int	held = 0, wanted = 0;
	size_t		i;

	for (i = 0; i < f->count; i++) {
		const struct term	*t = &f->term[i];

		if (early && !term_fields[t->field].early)
			continue;
		wanted |= 1U << t->field;
		if ((held & 1U << t->field) == 0 && term_holds(t, r))
			held |= 1U << t->field;
	}
	return held == wanted;
}

bool
queue_filter_early(const struct queue_filter *f, const struct queue_row *r)
{
	return filter_holds(f, r, true);
}

bool
queue_filter_match(const struct queue_filter *f, const struct queue_row *r)
{
	return filter_holds(f, r, false);
}
