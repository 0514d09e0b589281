/*
 * Rows become what they say one after the other: an id is known from its row
 * on.  Values are expanded, then read twice where a group has them: for the
 * group itself, so that its faults are told at its line, and for each
 * transport in it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "transport_private.h"

#define VALUE_MAX	2047

enum { COL_KIND, COL_ID, COL_MODE, COL_TARGET };

/* Kinds in the order of TRANSPORT_ROW_... */
static const struct row_form	transport_form = {
	.columns = 4,
	.names = { "kind", "id", "mode", "target" },
	.kinds = { "group", "transport", "address" },
	.kind_list = "group, transport or address",
	.rows = 20000,
};

/* One row on its way. */
struct planning {
	struct transports	*t;
	const struct params	*params;
	struct row_text		*row;
	const struct source	*src;		/* the row's */
	const struct line	*line;
	struct plan		*plan;
	struct str		 group;		/* its -o group */
};

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
plan_group(struct planning *p, struct str name, struct str value)
{
	size_t	at = line_offset(p->line, name);

	if (p->plan->name.kind != TRANSPORT_ROW_TRANSPORT)
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
		if (kinds[i].row == p->plan->name.kind &&
		    !transport_option_for(o, p->plan->name.kind)) {
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
		row_text_unknown(p->row, name, transport_option_suggest(name,
		    p->plan->name.kind));
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

static int
target_host(struct planning *p, struct transport *tr)
{
	struct str	host;

	if (option_host_split(tr->target, &host, &tr->port) == -1) {
		row_text_report(p->row, COL_TARGET, "has no port from 1 to "
		    "65535");
		return -1;
	}
	if (!option_host_ok(host)) {
		row_text_report(p->row, COL_TARGET, "is not host:port, "
		    "[address]:port or unix:name");
		return -1;
	}
	tr->host = host;
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
	row_text_report(p->row, COL_TARGET, "is not the path of a socket");
	return -1;
}

static int
plan_target(struct planning *p, struct transport *tr)
{
	static const struct str	unix_ = { "unix:", 5 };

	tr->target = arena_str(&p->t->arena, p->row->col[COL_TARGET]);
	if (tr->mode == TRANSPORT_MX && row_text_is_default(p->row, COL_TARGET))
		return 0;
	if (tr->mode == TRANSPORT_MX) {
		tr->host = tr->target;
		if (option_host_ok(tr->host) && tr->host.p[0] != '[')
			return 0;
		row_text_report(p->row, COL_TARGET, "is not a domain");
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
	while (by != NULL && option_list_next(&rest, &id))
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
	report(p->src->reports, by != NULL ? &by->set[at].at :
	    &p->plan->name.at, "saslusername goes with one of "
	    "saslpassword_file and sasltoken_file");
}

/* It goes through one proxy, or none. */
static void
plan_proxies(const struct planning *p, const struct transport *tr,
    const struct plan *group)
{
	const struct transport_options	*o = &tr->options;
	const struct plan		*by;

	if (o->proxyprotocol.len == 0 || o->socks5.len == 0)
		return;
	by = plan_setter(p->plan, group, TRANSPORT_socks5);
	report(p->src->reports, &by->set[TRANSPORT_socks5].at,
	    "proxyprotocol and socks5 exclude each other");
}

static void
plan_transport(struct planning *p)
{
	struct transports	*t = p->t;
	struct transport	*tr = arena_alloc(&t->arena, sizeof *tr);
	const struct plan	*group = NULL;
	int			 mode;

	for (mode = TRANSPORT_MX; mode <= TRANSPORT_LMTP; mode++)
		if (str_eq(p->row->col[COL_MODE], str_of(transport_mode_name(
		    (enum transport_mode)mode))))
			break;
	if (mode > TRANSPORT_LMTP) {
		row_text_report(p->row, COL_MODE, "is not mx, host or lmtp");
		return;
	}
	tr->id = p->plan->name.id;
	tr->line = p->plan->name.at.line;
	tr->mode = (enum transport_mode)mode;
	if (plan_target(p, tr) == -1)
		return;
	if (p->group.p != NULL)
		group = plan_find(t, TRANSPORT_ROW_GROUP, p->group);
	if (group != NULL)
		tr->group = group->name.id;
	plan_settle(tr, p->plan, group);
	plan_references(p, tr, group);
	plan_secrets(p, tr, group);
	plan_proxies(p, tr, group);
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

	a->id = p->plan->name.id;
	a->line = p->plan->name.at.line;
	if (plan_sets(p->plan, TRANSPORT_helo))
		a->helo = p->plan->set[TRANSPORT_helo].text;
	if (netaddr_parse_ip(&a->address, p->row->col[COL_TARGET], 0) == -1) {
		row_text_report(p->row, COL_TARGET, "is not an address");
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

/* Columns that this kind of row does not use stay empty. */
static bool
plan_unused_ok(const struct planning *p, int row)
{
	int	col;

	for (col = COL_MODE; col <= COL_TARGET; col++) {
		if (row == TRANSPORT_ROW_TRANSPORT ||
		    row_text_is_default(p->row, col))
			continue;
		if (row == TRANSPORT_ROW_ADDRESS && col == COL_TARGET)
			continue;
		row_text_report(p->row, col, "has no meaning here; write "
		    "\"-\"");
		return false;
	}
	return true;
}

static void
plan_row(void *arg, struct row_text *row)
{
	struct planning	*p = arg;
	struct str	 word;
	int		 kind = row_text_kind(row);

	*p = (struct planning){ .t = p->t, .params = p->params, .row = row,
	    .src = row->src, .line = row->line };
	if (kind == 0 || !plan_unused_ok(p, kind))
		return;
	p->plan = (struct plan *)row_text_name(row, kind, &p->t->plans,
	    &p->t->arena, sizeof *p->plan);
	if (p->plan == NULL)
		return;
	while (line_option(p->src, p->line, &row->rest, &word))
		plan_option(p, word);
	if (kind == TRANSPORT_ROW_TRANSPORT)
		plan_transport(p);
	else if (kind == TRANSPORT_ROW_ADDRESS)
		plan_address(p);
}

int
transports_compile(struct transports **out, const char *file,
    struct str text, const struct params *params, conf_report_fn *fn,
    void *arg)
{
	struct transports	*t = xcalloc(1, sizeof *t);
	struct reports		 r = REPORTS_INIT(fn, arg);
	struct planning		 p = { .t = t, .params = params };
	bool			 failed;

	t->references = 1;
	hmap_init(&t->plans);
	failed = row_text_each(&transport_form, file, text, &r, plan_row,
	    &p) > 0;
	reports_fini(&r);
	if (failed) {
		transports_free(&t);
		return -1;
	}
	*out = t;
	return 0;
}
