/*
 * Values that are quoted are unquoted into one buffer, which is given its size
 * before: a value gets no longer by that, so that it never moves.
 *
 * Of JSON only what log.c writes is understood: an object of strings, numbers
 * and words.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "log_line.h"

static const struct {
	const char	*name, *fields, *help;
} line_events[] = {
#define EVENT(name, text, level, fields, help)	{ text, fields, help },
#include "base/events.def"
#undef EVENT
};

static const char	*const line_fields[] = {
	"conn", "txn",
#define EVENT(name, text, level, fields, help)
#define FIELD(name, help)	#name,
#include "base/events.def"
#undef EVENT
#undef FIELD
};

const char *
log_event_help(struct str event)
{
	size_t	i;

	for (i = 0; i < sizeof line_events / sizeof *line_events; i++)
		if (str_eq(event, str_of(line_events[i].name)))
			return line_events[i].help;
	return NULL;
}

bool
log_field_known(struct str name)
{
	size_t	i;

	for (i = 0; i < sizeof line_fields / sizeof *line_fields; i++)
		if (str_eq(name, str_of(line_fields[i])))
			return true;
	return false;
}

void
log_line_fini(struct log_line *l)
{
	buf_free(&l->text);
}

struct str
log_line_get(const struct log_line *l, struct str name)
{
	size_t	i;

	for (i = 0; i < l->count; i++)
		if (str_eq(l->value[i].name, name))
			return l->value[i].text;
	return STR_NONE;
}

/* ---- Strings of JSON ----------------------------------------------------- */

static void
line_skip(struct str *s, size_t n)
{
	s->p += n;
	s->len -= n;
}

static int
line_hex(struct str *s, unsigned int *c)
{
	unsigned int	 v = 0;
	int		 i, d;

	if (s->len < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		d = ascii_lower((unsigned char)s->p[i]);
		if (!ascii_isdigit(d) && (d < 'a' || d > 'f'))
			return -1;
		v = v << 4 | (unsigned int)(ascii_isdigit(d) ? d - '0' :
		    d - 'a' + 10);
	}
	*c = v;
	line_skip(s, 4);
	return 0;
}

static void
line_utf8(struct buf *b, unsigned int c)
{
	if (c < 0x80) {
		buf_add_byte(b, (char)c);
		return;
	}
	if (c < 0x800)
		buf_add_byte(b, (char)(0xc0 | c >> 6));
	else {
		if (c < 0x10000)
			buf_add_byte(b, (char)(0xe0 | c >> 12));
		else {
			buf_add_byte(b, (char)(0xf0 | c >> 18));
			buf_add_byte(b, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		buf_add_byte(b, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_add_byte(b, (char)(0x80 | (c & 0x3f)));
}

/* Behind "\u"; half of a pair alone becomes U+FFFD. */
static int
line_unicode(struct str *s, struct buf *out)
{
	unsigned int	c, low;
	struct str	next;

	if (line_hex(s, &c) == -1)
		return -1;
	if (c >= 0xd800 && c < 0xdc00 && s->len >= 6 && s->p[0] == '\\' &&
	    s->p[1] == 'u') {
		next = (struct str){ s->p + 2, s->len - 2 };
		if (line_hex(&next, &low) == 0 && low >= 0xdc00 &&
		    low < 0xe000) {
			*s = next;
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		}
	}
	line_utf8(out, c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
	return 0;
}

static int
line_escape(struct str *s, struct buf *out)
{
	static const char	from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char		*at;

	if (s->len < 2)
		return -1;
	if (s->p[1] == 'u') {
		line_skip(s, 2);
		return line_unicode(s, out);
	}
	at = s->p[1] == '\0' ? NULL : strchr(from, s->p[1]);
	if (at == NULL)
		return -1;
	buf_add_byte(out, to[at - from]);
	line_skip(s, 2);
	return 0;
}

/* *s begins with a quote; behind it stands what follows the string. */
static int
line_string(struct log_line *l, struct str *s, struct str *value)
{
	size_t	from = l->text.len, n;

	line_skip(s, 1);
	for (;;) {
		for (n = 0; n < s->len && s->p[n] != '"' && s->p[n] != '\\';)
			n++;
		buf_add(&l->text, s->p, n);
		line_skip(s, n);
		if (s->len == 0)
			return -1;
		if (s->p[0] == '"')
			break;
		if (line_escape(s, &l->text) == -1)
			return -1;
	}
	line_skip(s, 1);
	*value = (struct str){ buf_data(&l->text) + from,
	    l->text.len - from };
	return 0;
}

/* ---- Fields -------------------------------------------------------------- */

static bool
line_is_number(struct str s)
{
	size_t	i = s.len > 1 && s.p[0] == '-';

	if (s.len - i == 0 || s.len - i > 15 ||
	    (s.p[i] == '0' && s.len > 1))
		return false;
	for (; i < s.len; i++)
		if (!ascii_isdigit((unsigned char)s.p[i]))
			return false;
	return true;
}

static bool
line_is_name(struct str s)
{
	size_t	i;

	for (i = 0; i < s.len; i++)
		if (!ascii_isalnum((unsigned char)s.p[i]) && s.p[i] != '_' &&
		    s.p[i] != '-')
			return false;
	return s.len > 0 && s.len <= 64;
}

/* What is not a field of the event's own has a place of its own. */
static int
line_add(struct log_line *l, const struct log_value *v)
{
	const struct {
		struct str	 name, *to;
	} own[] = {
		{ STR("time"), &l->time }, { STR("level"), &l->level },
		{ STR("program"), &l->program }, { STR("event"), &l->event },
	};
	size_t	i;

	for (i = 0; i < sizeof own / sizeof *own; i++)
		if (own[i].to->p == NULL && str_eq(v->name, own[i].name)) {
			*own[i].to = v->text;
			return 0;
		}
	if (str_eq(v->name, STR("pid")))
		return str_uint(v->text, UINT32_MAX, &l->pid);
	if (l->count == LOG_LINE_FIELDS)
		return -1;
	l->value[l->count++] = *v;
	return 0;
}

/* ---- Text ---------------------------------------------------------------- */

/* "time level program[pid]: ", or something else. */
static void
line_head(struct log_line *l, struct str head)
{
	struct str	rest, time, level, program, pid;

	time = str_split(head, ' ', &rest);
	level = str_split(rest, ' ', &rest);
	program = str_split(rest, '[', &pid);
	if (str_trim(level).len > 0 && program.len > 0 && pid.len > 2 &&
	    pid.p[pid.len - 2] == ']' && pid.p[pid.len - 1] == ':' &&
	    str_uint((struct str){ pid.p, pid.len - 2 }, UINT32_MAX,
	    &l->pid) == 0 && memchr(program.p, ' ', program.len) == NULL) {
		l->time = time;
		l->level = level;
		l->program = program;
	} else if (head.len > 0)
		l->time = str_trim(head);
}

static int
line_text_field(struct log_line *l, struct str *s)
{
	struct log_value	v;
	const char		*end = memchr(s->p, '=', s->len);

	if (end == NULL)
		return -1;
	v.name = (struct str){ s->p, (size_t)(end - s->p) };
	line_skip(s, v.name.len + 1);
	if (!line_is_name(v.name))
		return -1;
	if (s->len > 0 && s->p[0] == '"') {
		v.number = false;
		if (line_string(l, s, &v.text) == -1 ||
		    (s->len > 0 && s->p[0] != ' '))
			return -1;
		if (s->len > 0)
			line_skip(s, 1);
	} else {
		v.text = str_split(*s, ' ', s);
		v.number = line_is_number(v.text);
	}
	return line_add(l, &v);
}

static int
line_text(struct log_line *l, struct str line)
{
	static const char	 mark[] = ": event=";
	const char		*at = memmem(line.p, line.len, mark,
				    sizeof mark - 1);
	size_t			 head = 0;

	if (at != NULL)
		head = (size_t)(at - line.p) + 2;
	if (!str_prefix((struct str){ line.p + head, line.len - head },
	    STR("event=")))
		return -1;
	line_head(l, (struct str){ line.p, head > 0 ? head - 1 : 0 });
	line_skip(&line, head);
	while (line.len > 0)
		if (line_text_field(l, &line) == -1)
			return -1;
	return 0;
}

/* ---- JSON ---------------------------------------------------------------- */

static bool
line_is_word(struct str s)
{
	size_t	i;

	for (i = 0; i < s.len; i++)
		if (!ascii_isalnum((unsigned char)s.p[i]) &&
		    strchr("+-.", s.p[i]) == NULL)
			return false;
	return s.len > 0 && s.len <= 32 && memchr(s.p, '\0', s.len) == NULL;
}

/* `"name":value` and what ends it, which is not taken. */
static int
line_json_field(struct log_line *l, struct str *s)
{
	struct log_value	v;
	size_t			n;

	if (s->len == 0 || s->p[0] != '"' ||
	    line_string(l, s, &v.name) == -1 || !line_is_name(v.name) ||
	    s->len < 2 || s->p[0] != ':')
		return -1;
	line_skip(s, 1);
	if (s->p[0] == '"') {
		v.number = false;
		if (line_string(l, s, &v.text) == -1)
			return -1;
	} else {
		for (n = 0; n < s->len && s->p[n] != ',' && s->p[n] != '}';)
			n++;
		v.text = (struct str){ s->p, n };
		v.number = line_is_number(v.text);
		line_skip(s, n);
		if (!line_is_word(v.text))
			return -1;
	}
	return s->len == 0 ? -1 : line_add(l, &v);
}

static int
line_json(struct log_line *l, struct str line)
{
	do {
		line_skip(&line, 1);
		if (line_json_field(l, &line) == -1)
			return -1;
	} while (line.p[0] == ',');
	return line.p[0] == '}' && line.len == 1 && l->event.p != NULL ? 0 :
	    -1;
}

int
log_line_parse(struct log_line *l, struct str line)
{
	struct buf	 text = l->text;
	const char	*json;

	*l = (struct log_line){ .text = text };
	buf_clear(&l->text);
	if (line.len == 0 || line.len > LOG_LINE_MAX)
		return -1;
	(void)buf_reserve(&l->text, line.len);
	if (line.p[0] == '{')
		return line_json(l, line);
	if (line_text(l, line) == 0)
		return 0;
	json = memmem(line.p, line.len, ": {\"", 4);
	if (json == NULL || l->event.p != NULL)
		return -1;
	return line_json(l, (struct str){ json + 2, line.len -
	    (size_t)(json + 2 - line.p) });
}

/* ---- Written again ------------------------------------------------------- */

static void
line_word(struct buf *out, const char *name, struct str text)
{
	buf_add_text(out, name);
	log_quote(out, text);
}

void
log_line_text(const struct log_line *l, struct buf *out)
{
	size_t	i;

	if (l->program.p != NULL) {
		line_word(out, "", l->time);
		line_word(out, " ", l->level);
		line_word(out, " ", l->program);
		buf_printf(out, "[%llu]: ", (unsigned long long)l->pid);
	} else if (l->time.len > 0) {
		line_word(out, "", l->time);
		buf_add_byte(out, ' ');
	}
	line_word(out, "event=", l->event);
	for (i = 0; i < l->count; i++) {
		line_word(out, " ", l->value[i].name);
		line_word(out, "=", l->value[i].text);
	}
}

static void
line_pair(struct buf *out, struct str name, struct str text, bool number)
{
	buf_add_byte(out, ',');
	buf_add_json(out, name);
	buf_add_byte(out, ':');
	if (number)
		buf_add_str(out, text);
	else
		buf_add_json(out, text);
}

void
log_line_json(const struct log_line *l, struct buf *out)
{
	char	pid[24];
	size_t	i;

	buf_add_text(out, "{\"event\":");
	buf_add_json(out, l->event);
	if (l->time.p != NULL)
		line_pair(out, STR("time"), l->time, false);
	if (l->level.p != NULL)
		line_pair(out, STR("level"), l->level, false);
	if (l->program.p != NULL) {
		line_pair(out, STR("program"), l->program, false);
		(void)snprintf(pid, sizeof pid, "%llu",
		    (unsigned long long)l->pid);
		line_pair(out, STR("pid"), str_of(pid), true);
	}
	for (i = 0; i < l->count; i++)
		line_pair(out, l->value[i].name, l->value[i].text,
		    l->value[i].number);
	buf_add_byte(out, '}');
}
