/*
 * master.cf: one service a logical line,
 *
 *     service type private unpriv chroot wakeup maxproc command -o name=value
 *
 * with "-" for a column's default.  An argument with blanks is written
 * -o { name = value }.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/net.h"
#include "parse.h"
#include "value.h"

#define COLUMNS		8
#define WAKEUP_MAX	86400
#define UNIX_NAME_MAX	64

enum { COL_NAME, COL_TYPE, COL_PRIVATE, COL_UNPRIV, COL_CHROOT, COL_WAKEUP,
	COL_MAXPROC, COL_COMMAND };

static const char *const	column_names[COLUMNS] = {
	"service", "type", "private", "unpriv", "chroot", "wakeup",
	"maxproc", "command"
};

const struct program_row	program_rows[] = {
#define PROGRAM(id, name, most, processes, socket, help)		\
	{ name, most, processes },
#include "conf/programs.def"
#undef PROGRAM
};
const size_t	program_count = sizeof program_rows / sizeof program_rows[0];

/* One line on its way to a row. */
struct master_line {
	const struct source	*src;
	const struct line	*line;
	struct str		 col[COLUMNS];
	struct str		 rest;		/* arguments */
	struct row		*row;
};

static size_t
master_offset(const struct master_line *m, struct str part)
{
	return (size_t)(part.p - buf_str(&m->line->text).p);
}

/* The next word; a word that starts with "{" goes to its "}". */
static struct str
master_word(struct str *rest)
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

static bool
master_default(const struct master_line *m, int col)
{
	return str_eq(m->col[col], STR("-"));
}

static void
master_complain(const struct master_line *m, int col, const char *expected)
{
	line_report(m->src, m->line, master_offset(m, m->col[col]),
	    "%s: \"%.*s\" is not %s", column_names[col], (int)m->col[col].len,
	    m->col[col].p, expected);
}

static bool
master_flag(const struct master_line *m, int col, bool def)
{
	if (master_default(m, col))
		return def;
	if (str_eq(m->col[col], STR("y")))
		return true;
	if (!str_eq(m->col[col], STR("n")))
		master_complain(m, col, "y, n or -");
	return false;
}

/* "-" is `def`. */
static int
master_number(const struct master_line *m, int col, int max, int def)
{
	uint64_t	n;

	if (master_default(m, col))
		return def;
	if (str_uint(m->col[col], (uint64_t)max, &n) == -1) {
		master_complain(m, col, "a number that can be used here");
		return def;
	}
	return (int)n;
}

static const struct program_row *
master_program(const struct master_line *m)
{
	const struct program_row	*near = NULL;
	struct str			 name = m->col[COL_COMMAND];
	unsigned int			 best = 4, d;
	size_t				 i;

	for (i = 0; i < program_count; i++) {
		d = value_distance(name, str_of(program_rows[i].name));
		if (d == 0)
			return &program_rows[i];
		if (d < best) {
			best = d;
			near = &program_rows[i];
		}
	}
	if (near != NULL)
		line_report(m->src, m->line, master_offset(m, name),
		    "unknown command \"%.*s\", did you mean \"%s\"?",
		    (int)name.len, name.p, near->name);
	else
		line_report(m->src, m->line, master_offset(m, name),
		    "unknown command \"%.*s\"", (int)name.len, name.p);
	return NULL;
}

static int
master_processors(int most)
{
	long	n = sysconf(_SC_NPROCESSORS_ONLN);

	if (n < 1)
		n = 1;
	return n < most ? (int)n : most;
}

static void
master_command(struct master_line *m)
{
	struct conf_service		*s = &m->row->service;
	const struct program_row	*p = master_program(m);
	int				 def;

	s->command = xstrndup(m->col[COL_COMMAND].p, m->col[COL_COMMAND].len);
	s->maxproc = 1;
	if (p == NULL)
		return;
	def = p->processes != 0 ? p->processes : master_processors(p->most);
	s->maxproc = master_number(m, COL_MAXPROC, INT_MAX, def);
	if (s->maxproc >= 1 && s->maxproc <= p->most)
		return;
	line_report(m->src, m->line, master_offset(m, m->col[COL_MAXPROC]),
	    p->most == 1 ? "maxproc of %s must be %d" :
	    "maxproc of %s must be from 1 to %d", p->name, p->most);
	s->maxproc = 1;
}

/* Letters, digits and . _ - in parts divided by "/", none of them "..". */
static bool
master_unix_ok(struct str name)
{
	struct str	rest = name, part;
	size_t		i;

	if (name.len > UNIX_NAME_MAX)
		return false;
	do {
		part = str_split(rest, '/', &rest);
		if (part.len == 0 || part.p[0] == '.')
			return false;
		for (i = 0; i < part.len; i++)
			if (!ascii_isalnum((unsigned char)part.p[i]) &&
			    strchr("._-", part.p[i]) == NULL)
				return false;
	} while (rest.p != NULL);
	return true;
}

static void
master_unix(struct master_line *m)
{
	struct conf_service	*s = &m->row->service;

	s->type = CONF_UNIX;
	s->host = xstrdup("");
	s->private = master_flag(m, COL_PRIVATE, true);
	if (!master_unix_ok(m->col[COL_NAME]))
		line_report(m->src, m->line, 0, "the name of a unix service "
		    "is letters, digits, \"._-\" and \"/\", at most %d bytes",
		    UNIX_NAME_MAX);
	else if (str_eq(m->col[COL_NAME], STR("master.sock")))
		line_report(m->src, m->line, 0,
		    "master.sock is the control socket's name");
	m->row->key = xasprintf("unix %s", s->name);
}

static void
master_inet(struct master_line *m)
{
	struct conf_service	*s = &m->row->service;
	char			 host[NETADDR_TEXT];
	struct err		 e;

	s->type = CONF_INET;
	if (inet_parse(m->col[COL_NAME], host, sizeof host, &s->port,
	    &e) == -1)
		line_report(m->src, m->line, 0, "%s", e.text);
	s->host = xstrdup(host);
	s->private = master_flag(m, COL_PRIVATE, false);
	if (s->private)
		line_report(m->src, m->line,
		    master_offset(m, m->col[COL_PRIVATE]),
		    "an inet service is not private");
	m->row->key = s->port == 0 ? xasprintf("inet %s", s->name) :
	    xasprintf("inet %s %d", s->host, s->port);
}

/* -o name=value, again and again. */
static void
master_arguments(struct master_line *m)
{
	struct str	word, arg;
	size_t		row;

	while ((word = master_word(&m->rest)).len > 0) {
		arg = STR_NONE;
		if (str_eq(word, STR("-o")))
			arg = master_word(&m->rest);
		if (arg.len == 0) {
			line_report(m->src, m->line, master_offset(m, word),
			    "only \"-o name=value\" may follow the command");
			return;
		}
		if (arg.p[0] == '{') {
			if (arg.len < 2 || arg.p[arg.len - 1] != '}') {
				line_report(m->src, m->line,
				    master_offset(m, arg),
				    "\"{\" without \"}\"");
				return;
			}
			arg = str_trim((struct str){ arg.p + 1, arg.len - 2 });
			if (arg.len == 0)
				arg.p = word.p;
		}
		row = line_assign(m->src, m->line, arg, &m->row->settings);
		if (row < param_count && param_rows[row].restart)
			line_report(m->src, m->line, master_offset(m, arg),
			    "%s is one for all services: it belongs in "
			    "main.cf", param_rows[row].name);
	}
}

static void
master_duplicate(const struct master_line *m, const struct rows *rows)
{
	size_t	i;

	for (i = 0; i + 1 < rows->count; i++) {
		if (strcmp(rows->row[i].key, m->row->key) != 0)
			continue;
		line_report(m->src, m->line, 0, "service %s is already in "
		    "line %d", m->row->service.name, rows->row[i].at.line);
		return;
	}
}

static bool
master_columns(struct master_line *m)
{
	int	i;

	m->rest = buf_str(&m->line->text);
	for (i = 0; i < COLUMNS; i++) {
		m->col[i] = master_word(&m->rest);
		if (m->col[i].len > 0)
			continue;
		line_report(m->src, m->line, 0, "column %d (%s) is missing: "
		    "a service has %d columns", i + 1, column_names[i],
		    COLUMNS);
		return false;
	}
	return true;
}

static struct row *
rows_add(struct rows *rows)
{
	if (rows->count == rows->cap) {
		rows->cap = rows->cap == 0 ? 8 : rows->cap * 2;
		rows->row = xreallocarray(rows->row, rows->cap,
		    sizeof *rows->row);
	}
	memset(&rows->row[rows->count], 0, sizeof *rows->row);
	return &rows->row[rows->count++];
}

static void
master_row(struct master_line *m, const struct settings *base,
    struct rows *rows)
{
	struct conf_service	*s;
	bool			 is_inet;

	is_inet = str_eq(m->col[COL_TYPE], STR("inet"));
	if (!is_inet && !str_eq(m->col[COL_TYPE], STR("unix"))) {
		master_complain(m, COL_TYPE, "inet or unix");
		return;
	}
	m->row = rows_add(rows);
	m->row->at = line_place(m->src, m->line, 0);
	settings_copy(&m->row->settings, base);
	s = &m->row->service;
	s->name = xstrndup(m->col[COL_NAME].p, m->col[COL_NAME].len);
	s->line = m->row->at.line;
	if (is_inet)
		master_inet(m);
	else
		master_unix(m);
	s->unpriv = master_flag(m, COL_UNPRIV, true);
	s->chroot = master_flag(m, COL_CHROOT, true);
	s->wakeup_s = master_number(m, COL_WAKEUP, WAKEUP_MAX, 0);
	master_command(m);
	master_arguments(m);
	master_duplicate(m, rows);
}

void
master_cf_parse(const struct source *src, const struct settings *base,
    struct rows *rows)
{
	struct line		l = LINE_INIT;
	struct lines		reader;
	struct master_line	m;

	lines_init(&reader, src->text);
	while (!reports_full(src->reports) && lines_next(&reader, &l)) {
		m = (struct master_line){ .src = src, .line = &l };
		if (line_sane(src, &l) && master_columns(&m))
			master_row(&m, base, rows);
	}
	line_free(&l);
}

static void
row_fini(struct row *r)
{
	free((char *)(uintptr_t)r->service.name);
	free((char *)(uintptr_t)r->service.host);
	free((char *)(uintptr_t)r->service.command);
	free((char *)(uintptr_t)r->key);
	params_fini(&r->service.params);
	settings_fini(&r->settings);
}

void
rows_fini(struct rows *rows)
{
	size_t	i;

	for (i = 0; i < rows->count; i++)
		row_fini(&rows->row[i]);
	free(rows->row);
	memset(rows, 0, sizeof *rows);
}
