/*
 * Rows become what they say one after the other: an id is known from its row
 * on.  Values are expanded, then read twice where a group has them: for the
 * group itself, so that its faults are told at its line, and for each
 * transport in it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "conf/parse.h"

#include "transport_private.h"

#define COLUMNS		4
#define VALUE_MAX	2047
#define ROWS_MAX	20000	/* a bound of memory */

enum { COL_KIND, COL_ID, COL_MODE, COL_TARGET };

static const char *const	column_names[COLUMNS] = { "kind", "id", "mode",
	"target" };

/* One row on its way. */
struct planning {
	struct transports	*t;
	const struct source	*src;
	const struct params	*params;
	const struct line	*line;
	struct str		 col[COLUMNS];
	struct str		 rest;
	struct plan		*plan;
	struct str		 group;		/* its -o group */
	size_t			 group_at;
};

static void
plan_report(const struct planning *p, int col, const char *text)
{
	line_report(p->src, p->line, line_offset(p->line, p->col[col]),
	    "%s: \"%.*s\" %s", column_names[col],
	    (int)(p->col[col].len < 128 ? p->col[col].len : 128),
	    p->col[col].p, text);
}

static bool
plan_is_default(const struct planning *p, int col)
{
	return str_eq(p->col[col], STR("-"));
}

/* ---- Options ----------------------------------------------------------- */

/* The value, with what "$name" stands for. */
static int
plan_expand(const struct planning *p, struct str value, struct buf *out)
{
	struct piece	piece;
	size_t		at = 0;
	char		name[128];

	while (piece_next(value, &at, &piece)) {
		if (!piece.is_name) {
			buf_add_str(out, piece.text);
			continue;
		}
		(void)strlcpy(name, "", sizeof name);
		if (piece.text.len < sizeof name) {
			memcpy(name, piece.text.p, piece.text.len);
			name[piece.text.len] = '\0';
		}
		if (params_get(p->params, name, out) == -1)
			return -1;
	}
	return out->len <= VALUE_MAX ? 0 : -1;
}

static void
plan_unknown(const struct planning *p, struct str name)
{
	const char	*near = transport_option_suggest(name);

	line_report(p->src, p->line, line_offset(p->line, name),
	    "unknown option \"%.*s\"%s%s%s",
	    (int)(name.len < 128 ? name.len : 128), name.p,
	    near != NULL ? ", did you mean \"" : "",
	    near != NULL ? near : "", near != NULL ? "\"?" : "");
}

static void
plan_group(struct planning *p, struct str name, struct str value)
{
	size_t	at = line_offset(p->line, name);

	if (p->plan->row != TRANSPORT_ROW_TRANSPORT)
		line_report(p->src, p->line, at, "only a transport is in a "
		    "group");
	else if (p->group.p != NULL)
		line_report(p->src, p->line, at, "group is set twice");
	else if (plan_find(p->t, TRANSPORT_ROW_GROUP, value) == NULL)
		line_report(p->src, p->line, at, "there is no group "
		    "\"%.*s\" before this line",
		    (int)(value.len < 64 ? value.len : 64), value.p);
	else
		p->group = value;
}

static bool
plan_sets(const struct plan *plan, enum transport_option o)
{
	return plan->set != NULL && plan->set[o].text.p != NULL;
}

/* Whether it holds for this kind of row, and is said once. */
static bool
plan_option_fits(const struct planning *p, enum transport_option o,
    size_t at)
{
	static const struct {
		int		 row;
		const char	*name;
	} kinds[] = { { TRANSPORT_ROW_GROUP, "a group" },
	    { TRANSPORT_ROW_TRANSPORT, "a transport" },
	    { TRANSPORT_ROW_ADDRESS, "an address" } };
	size_t	i;

	for (i = 0; i < 3; i++)
		if (kinds[i].row == p->plan->row &&
		    !transport_option_for(o, p->plan->row)) {
			line_report(p->src, p->line, at, "%s is no option of "
			    "%s", transport_option_name(o), kinds[i].name);
			return false;
		}
	if (!plan_sets(p->plan, o))
		return true;
	line_report(p->src, p->line, at, "%s is set twice",
	    transport_option_name(o));
	return false;
}

static void
plan_set(struct planning *p, enum transport_option o, struct str text,
    size_t at)
{
	struct plan	*plan = p->plan;

	if (plan->set == NULL)
		plan->set = arena_alloc(&p->t->arena,
		    TRANSPORT_OPTIONS * sizeof *plan->set);
	plan->set[o].text = str_of(arena_strdup(&p->t->arena, text));
	plan->set[o].at = line_place(p->src, p->line, at);
}

static void
plan_option(struct planning *p, struct str arg)
{
	struct transport_options	 scratch;
	struct str			 name, value;
	struct buf			 text = BUF_INIT;
	enum transport_option		 o;
	struct err			 e;
	size_t				 at;

	if (!line_pair(p->src, p->line, arg, &name, &value))
		return;
	at = line_offset(p->line, value);
	if (str_eq(name, STR("group"))) {
		plan_group(p, name, value);
		return;
	}
	o = transport_option_find(name);
	if (o == TRANSPORT_OPTIONS)
		plan_unknown(p, name);
	else if (plan_option_fits(p, o, line_offset(p->line, name)) &&
	    line_value_ok(p->src, p->line, value)) {
		if (plan_expand(p, value, &text) == -1)
			line_report(p->src, p->line, at, "%s is longer than "
			    "%d bytes", transport_option_name(o), VALUE_MAX);
		else if (transport_option_set(&scratch, o,
		    str_trim(buf_str(&text)), &e) == -1)
			line_report(p->src, p->line, at, "%s", e.text);
		else
			plan_set(p, o, str_trim(buf_str(&text)), at);
	}
	buf_free(&text);
}

/* ---- Targets ----------------------------------------------------------- */

/* A host as it may be connected to: letters, digits, an address. */
static bool
target_host_ok(struct str host)
{
	struct netaddr	a;
	size_t		i;

	if (host.len > 2 && host.p[0] == '[')
		return host.p[host.len - 1] == ']' &&
		    netaddr_parse_ip(&a, host, 0) == 0;
	for (i = 0; i < host.len; i++)
		if (!ascii_isalnum((unsigned char)host.p[i]) &&
		    host.p[i] != '.' && host.p[i] != '-' && host.p[i] != '_')
			return false;
	return host.len > 0 && host.len <= 253 && host.p[0] != '-';
}

/* "host", "host:port", "[v6]", "[v6]:port". */
static int
target_host(struct planning *p, struct transport *tr)
{
	struct str	host = tr->target, port;
	uint64_t	n = 0;
	size_t		i = host.len;

	while (i > 0 && host.p[i - 1] != ':' && host.p[i - 1] != ']')
		i--;
	if (i > 0 && host.p[i - 1] == ':') {
		port = (struct str){ host.p + i, host.len - i };
		host.len = i - 1;
		if (str_uint(port, 65535, &n) == -1 || n == 0) {
			plan_report(p, COL_TARGET, "has no port from 1 to "
			    "65535");
			return -1;
		}
	}
	if (!target_host_ok(host)) {
		plan_report(p, COL_TARGET, "is not host:port, [address]:port "
		    "or unix:name");
		return -1;
	}
	tr->host = host;
	tr->port = (uint16_t)n;
	return 0;
}

static int
target_socket(struct planning *p, struct transport *tr, struct str path)
{
	struct str	rest = path, part;
	struct netaddr	a;
	bool		up = false;

	do {
		part = str_split(rest, '/', &rest);
		up = up || str_eq(part, STR(".."));
	} while (rest.p != NULL);
	tr->socket = path;
	if (path.len > 0 && !up && (path.p[0] != '/' || netaddr_unix(&a,
	    arena_strdup(&p->t->arena, path), NULL) == 0) &&
	    path.len < sizeof a.u.un.sun_path)
		return 0;
	plan_report(p, COL_TARGET, "is not the path of a socket");
	return -1;
}

static int
plan_target(struct planning *p, struct transport *tr)
{
	static const struct str	unix_ = { "unix:", 5 };

	tr->target = arena_str(&p->t->arena, p->col[COL_TARGET]);
	if (tr->mode == TRANSPORT_MX && plan_is_default(p, COL_TARGET))
		return 0;
	if (tr->mode == TRANSPORT_MX) {
		tr->host = tr->target;
		if (target_host_ok(tr->host) && tr->host.p[0] != '[')
			return 0;
		plan_report(p, COL_TARGET, "is not a domain");
		return -1;
	}
	if (str_prefix(tr->target, unix_))
		return target_socket(p, tr, (struct str){
		    tr->target.p + unix_.len, tr->target.len - unix_.len });
	return target_host(p, tr);
}

/* ---- Rows -------------------------------------------------------------- */

/* Of the row, else of its group; NULL: the default holds. */
static const struct plan *
plan_setter(const struct plan *plan, const struct plan *group,
    enum transport_option o)
{
	if (plan_sets(plan, o))
		return plan;
	return group != NULL && plan_sets(group, o) ? group : NULL;
}

static void
plan_settle(struct transport *tr, const struct plan *plan,
    const struct plan *group)
{
	const struct plan	*by;
	enum transport_option	 o;
	struct err		 e;

	for (o = 0; o < TRANSPORT_OPTIONS; o++) {
		by = plan_setter(plan, group, o);
		tr->text[o] = by != NULL ? by->set[o].text : STR_NONE;
		/* Each was read before; a default holds by the tests. */
		(void)transport_option_set(&tr->options, o, by != NULL ?
		    by->set[o].text : transport_default(tr, o), &e);
	}
}

/* Ids that options name must be there. */
static void
plan_references(const struct planning *p, const struct transport *tr,
    const struct plan *group)
{
	struct str		 rest = tr->options.source, id;
	const struct plan	*by;

	by = plan_setter(p->plan, group, TRANSPORT_source);
	while (by != NULL && transport_list_next(&rest, &id))
		if (plan_find(p->t, TRANSPORT_ROW_ADDRESS, id) == NULL)
			report(p->src->reports, &by->set[TRANSPORT_source].at,
			    "there is no address \"%.*s\" before line %d",
			    (int)id.len, id.p, tr->line);
	id = tr->options.dsn_transport;
	by = plan_setter(p->plan, group, TRANSPORT_dsn_transport);
	if (by != NULL && id.len > 0 && plan_find(p->t,
	    TRANSPORT_ROW_TRANSPORT, id) == NULL)
		report(p->src->reports, &by->set[TRANSPORT_dsn_transport].at,
		    "there is no transport \"%.*s\" before line %d",
		    (int)id.len, id.p, tr->line);
}

/* Who logs in has one secret. */
static void
plan_secrets(const struct planning *p, const struct transport *tr,
    const struct plan *group)
{
	const struct transport_options	*o = &tr->options;
	int				 n = (o->saslpassword_file.len > 0) +
					    (o->sasltoken_file.len > 0);
	enum transport_option		 at = TRANSPORT_saslusername;
	const struct plan		*by;

	if (n == (o->saslusername.len > 0))
		return;
	if (n != 0)
		at = o->sasltoken_file.len > 0 ? TRANSPORT_sasltoken_file :
		    TRANSPORT_saslpassword_file;
	by = plan_setter(p->plan, group, at);
	report(p->src->reports, by != NULL ? &by->set[at].at : &p->plan->at,
	    "saslusername goes with one of saslpassword_file and "
	    "sasltoken_file");
}

static void
plan_transport(struct planning *p)
{
	struct transports	*t = p->t;
	struct transport	*tr = arena_alloc(&t->arena, sizeof *tr);
	const struct plan	*group = NULL;
	int			 mode;

	for (mode = TRANSPORT_MX; mode <= TRANSPORT_LMTP; mode++)
		if (str_eq(p->col[COL_MODE], str_of(transport_mode_name(
		    (enum transport_mode)mode))))
			break;
	if (mode > TRANSPORT_LMTP) {
		plan_report(p, COL_MODE, "is not mx, host or lmtp");
		return;
	}
	tr->id = p->plan->id;
	tr->line = p->plan->at.line;
	tr->mode = (enum transport_mode)mode;
	if (plan_target(p, tr) == -1)
		return;
	if (p->group.p != NULL)
		group = plan_find(t, TRANSPORT_ROW_GROUP, p->group);
	if (group != NULL)
		tr->group = group->id;
	plan_settle(tr, p->plan, group);
	plan_references(p, tr, group);
	plan_secrets(p, tr, group);
	p->plan->transport = tr;
	if (t->count == t->cap) {
		t->cap = t->cap == 0 ? 16 : t->cap * 2;
		t->list = xreallocarray(t->list, t->cap, sizeof(void *));
	}
	t->list[t->count++] = tr;
}

static void
plan_address(struct planning *p)
{
	struct transports		*t = p->t;
	struct transport_address	*a = arena_alloc(&t->arena, sizeof *a);

	a->id = p->plan->id;
	a->line = p->plan->at.line;
	if (plan_sets(p->plan, TRANSPORT_helo))
		a->helo = p->plan->set[TRANSPORT_helo].text;
	if (netaddr_parse_ip(&a->address, p->col[COL_TARGET], 0) == -1) {
		plan_report(p, COL_TARGET, "is not an address");
		return;
	}
	p->plan->address = a;
	if (t->address_count == t->address_cap) {
		t->address_cap = t->address_cap == 0 ? 16 :
		    t->address_cap * 2;
		t->addresses = xreallocarray(t->addresses, t->address_cap,
		    sizeof(void *));
	}
	t->addresses[t->address_count++] = a;
}

static int
plan_kind(const struct planning *p)
{
	static const char *const	kinds[] = { "group", "transport",
	    "address" };
	int				i;

	for (i = 0; i < 3; i++)
		if (str_eq(p->col[COL_KIND], str_of(kinds[i])))
			return 1 << i;
	plan_report(p, COL_KIND, "is not group, transport or address");
	return 0;
}

/* Columns that this kind of row does not use stay empty. */
static bool
plan_unused_ok(const struct planning *p, int row)
{
	int	col;

	for (col = COL_MODE; col <= COL_TARGET; col++) {
		if (row == TRANSPORT_ROW_TRANSPORT || plan_is_default(p, col))
			continue;
		if (row == TRANSPORT_ROW_ADDRESS && col == COL_TARGET)
			continue;
		plan_report(p, col, "has no meaning here; write \"-\"");
		return false;
	}
	return true;
}

/* The row, if its id is one and is new; it is known from now on. */
static struct plan *
plan_new(struct planning *p, int row)
{
	struct plan		*plan;
	const struct plan	*other;

	if (!transport_id_ok(p->col[COL_ID])) {
		plan_report(p, COL_ID, "is not 1 to 32 letters, digits or "
		    "\"._-\"");
		return NULL;
	}
	if (p->t->plans.count == ROWS_MAX) {
		line_report(p->src, p->line, 0, "more than %d rows",
		    ROWS_MAX);
		return NULL;
	}
	other = plan_find(p->t, row, p->col[COL_ID]);
	if (other != NULL) {
		line_report(p->src, p->line, line_offset(p->line,
		    p->col[COL_ID]), "%.*s \"%.*s\" is already in line %d",
		    (int)p->col[COL_KIND].len, p->col[COL_KIND].p,
		    (int)other->id.len, other->id.p, other->at.line);
		return NULL;
	}
	plan = arena_alloc(&p->t->arena, sizeof *plan);
	plan->id = arena_str(&p->t->arena, p->col[COL_ID]);
	plan->row = row;
	plan->at = line_place(p->src, p->line, 0);
	plan->entry.key = plan->id.p;
	plan->entry.len = (uint32_t)plan->id.len;
	plan->entry.kind = (uint32_t)row;
	hmap_insert(&p->t->plans, &plan->entry);
	return plan;
}

static void
plan_row(struct planning *p)
{
	struct str	arg;
	int		row = plan_kind(p);

	if (row == 0 || !plan_unused_ok(p, row) ||
	    (p->plan = plan_new(p, row)) == NULL)
		return;
	while (line_option(p->src, p->line, &p->rest, &arg))
		plan_option(p, arg);
	if (row == TRANSPORT_ROW_TRANSPORT)
		plan_transport(p);
	else if (row == TRANSPORT_ROW_ADDRESS)
		plan_address(p);
}

static bool
plan_columns(struct planning *p)
{
	int	i;

	p->rest = buf_str(&p->line->text);
	for (i = 0; i < COLUMNS; i++) {
		p->col[i] = line_word(&p->rest);
		if (p->col[i].len > 0)
			continue;
		line_report(p->src, p->line, 0, "column %d (%s) is missing: "
		    "a row has %d columns", i + 1, column_names[i], COLUMNS);
		return false;
	}
	return true;
}

int
transports_compile(struct transports **out, const char *file,
    struct str text, const struct params *params, conf_report_fn *fn,
    void *arg)
{
	struct transports	*t = xcalloc(1, sizeof *t);
	struct reports		 r = REPORTS_INIT(fn, arg);
	struct source		 src = { file, text, &r };
	struct line		 l = LINE_INIT;
	struct lines		 reader;
	struct planning		 p;
	bool			 failed;

	hmap_init(&t->plans);
	lines_init(&reader, text);
	while (!reports_full(&r) && lines_next(&reader, &l)) {
		p = (struct planning){ .t = t, .src = &src, .line = &l,
		    .params = params };
		if (line_sane(&src, &l) && plan_columns(&p))
			plan_row(&p);
	}
	line_free(&l);
	failed = r.count > 0;
	reports_fini(&r);
	if (failed) {
		transports_free(&t);
		return -1;
	}
	*out = t;
	return 0;
}
