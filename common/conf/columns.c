/*
 * What each column of master.cf may hold.
 */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/net.h"
#include "master_line.h"
#include "programs.h"
#include "value.h"

#define WAKEUP_MAX	86400
#define UNIX_NAME_MAX	64

const char *const	column_names[COLUMNS] = {
	"service", "type", "private", "unpriv", "chroot", "wakeup",
	"maxproc", "command"
};

size_t
master_offset(const struct master_line *m, struct str part)
{
	return (size_t)(part.p - buf_str(&m->line->text).p);
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

/* Reads a column that holds a number, where "-" stands for `def`. */
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
	s->single = p->single;
	if (p->quiet && s->type == CONF_INET)
		line_report(m->src, m->line, master_offset(m,
		    m->col[COL_TYPE]), "nobody connects to %s: its type is "
		    "unix, and its name any", p->name);
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

void
master_columns_check(struct master_line *m)
{
	struct conf_service	*s = &m->row->service;

	if (str_eq(m->col[COL_TYPE], STR("inet"))) {
		master_inet(m);
	} else if (str_eq(m->col[COL_TYPE], STR("unix"))) {
		master_unix(m);
	} else {
		master_complain(m, COL_TYPE, "inet or unix");
		s->host = xstrdup("");
		m->row->key = xasprintf("? %s", s->name);
	}
	s->unpriv = master_flag(m, COL_UNPRIV, true);
	s->chroot = master_flag(m, COL_CHROOT, true);
	s->wakeup_s = master_number(m, COL_WAKEUP, WAKEUP_MAX, 0);
	master_command(m);
}
