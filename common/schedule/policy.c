/*
 * Rows become what they say one after the other: what a row names must stand
 * before it.  What conditions bring is settled after the last row.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "policy_list.h"
#include "policy_reading.h"

enum { RULES_BASE = 1 };

void
policy_array_add(struct policy_array *a, void *p)
{
	if (a->count == a->cap) {
		a->cap = a->cap == 0 ? 16 : a->cap * 2;
		a->p = xreallocarray(a->p, a->cap, sizeof *a->p);
	}
	a->p[a->count++] = p;
}

/* ---- Rows -------------------------------------------------------------- */

static void
row_set(struct reading *g)
{
	struct policies	*p = g->p;
	enum policy_option o;

	if (!reading_no_column(g, COL_ID) || !reading_no_column(g, COL_ON))
		return;
	reading_options(g);
	for (o = 0; o < POLICY_OPTIONS; o++)
		if ((g->given & g->all_given) >> o & 1)
			reading_say(g, g->value[o], "%s is set twice",
			    policy_option_name(o));
	g->all_given |= g->given;
	if ((g->given >> POLICY_grouping_default & 1) != 0)
		p->grouping_default =
		    (enum policy_grouping_default)g->set.grouping_default;
	if ((g->given >> POLICY_rate_algorithm & 1) != 0)
		p->algorithm =
		    (enum schedule_algorithm)g->set.rate_algorithm;
}

static void
row_list_file(struct reading *g, struct policy_list *l)
{
	struct buf	text = BUF_INIT;
	struct err	e;

	if (++g->files > POLICY_LIST_FILES)
		reading_say(g, g->value[POLICY_file], "more than %d lists "
		    "have a file", POLICY_LIST_FILES);
	else if (g->src->read == NULL)
		return;
	else if (g->src->read(g->src->arg, l->name.id, l->file.p,
	    &text, &e) == -1)
		reading_say(g, g->value[POLICY_file], "%s", e.text);
	else if (text.len > POLICY_LIST_MAX)
		reading_say(g, g->value[POLICY_file], "%s: larger than 64 MiB",
		    l->file.p);
	else
		(void)policy_list_text(&l->index, l->file.p, buf_str(&text),
		    g->row->src->reports);
	buf_free(&text);
}

static void
row_list(struct reading *g)
{
	struct policies		*p = g->p;
	enum policy_field	 f = reading_field(g, g->row->col[COL_ON]);
	struct policy_list	*l;

	if (f == POLICY_FIELDS)
		return;
	l = (struct policy_list *)row_text_name(g->row, g->kind, &p->ids,
	    &p->arena, sizeof *l);
	if (l == NULL)
		return;
	l->field = f;
	l->pred = rules_pred_new(&p->rules, f);
	pattern_index_init(&l->index, policy_field_type(f));
	policy_array_add(&p->lists, l);
	reading_options(g);
	if (g->failed)
		return;
	if ((g->given >> POLICY_items & 1) != 0) {
		l->items = arena_str(&p->arena, g->set.items);
		(void)policy_list_items(l, g->row->src, g->row->line,
		    g->value[POLICY_items]);
	}
	if ((g->given >> POLICY_file & 1) == 0)
		return;
	l->file = arena_str(&p->arena, g->set.file);
	row_list_file(g, l);
}

/* A pattern of a grouping or roll-up: its own, or a list's. */
static void
row_match(struct reading *g, struct policy_set *s, struct str word)
{
	struct policy_scope	scope = { g->p, &g->p->rules, NULL };
	struct rule_condition	c;
	struct err		e;
	int			rc = 0;

	if (word.p[0] == '@') {
		rc = policy_condition(&scope, s->field, word, &c, &e);
		if (rc == 0)
			rules_imply(&g->p->rules, s->field, c.pred, s->pred);
	} else if (word.p[0] == '#' || word.p[0] == '&') {
		rc = err_set(&e, "is not a pattern or a list");
	} else {
		rc = pattern_add(&g->p->rules.index[s->field], word, s->pred,
		    &e);
	}
	if (rc == -1)
		reading_say(g, word, "\"%.*s\" %s", shown_len(word), word.p,
		    e.text);
}

static bool
grouping_field_ok(struct reading *g, enum policy_field f)
{
	if (g->kind != POLICY_ROW_GROUPING || f == POLICY_FIELD_REMOTEMX ||
	    f == POLICY_FIELD_REMOTEIP || f == POLICY_FIELD_RECIPIENTDOMAIN)
		return true;
	row_text_report(g->row, COL_ON, "is not remotemx, remoteip or "
	    "recipientdomain");
	return false;
}

static void
row_sets(struct reading *g)
{
	struct policies		*p = g->p;
	enum policy_field	 f = reading_field(g, g->row->col[COL_ON]);
	struct policy_set	*s;
	struct str		 rest, word;
	char			 mark[64];

	if (f == POLICY_FIELDS || !grouping_field_ok(g, f))
		return;
	s = (struct policy_set *)row_text_name(g->row, g->kind, &p->ids,
	    &p->arena, sizeof *s);
	if (s == NULL)
		return;
	s->field = f;
	s->pred = rules_pred_new(&p->rules, f);
	(void)snprintf(mark, sizeof mark, "%c%.*s",
	    g->kind == POLICY_ROW_GROUPING ? '&' : '#', (int)s->name.id.len,
	    s->name.id.p);
	s->mark = arena_str(&p->arena, str_of(mark));
	reading_options(g);
	if (g->failed)
		return;
	if ((g->given >> POLICY_match & 1) == 0)
		reading_say(g, g->row->col[COL_KIND], "match is missing");
	rest = g->value[POLICY_match];
	while (rest.p != NULL && policy_word(&rest, &word))
		row_match(g, s, word);
	if (g->kind == POLICY_ROW_GROUPING)
		policy_array_add(&p->groupings, s);
}

static void
row_policy(struct reading *g)
{
	struct policies		*p = g->p;
	struct policy_row	*r;
	struct str		 rest, word;

	r = (struct policy_row *)row_text_name(g->row, g->kind, &p->ids,
	    &p->arena, sizeof *r);
	if (r == NULL)
		return;
	r->policy.id = r->name.id;
	r->policy.place = (uint32_t)p->policies.count;
	rest = reading_on(g);
	if (row_text_is_default(g->row, COL_ON))
		rest = STR_NONE;
	while (rest.p != NULL) {
		word = str_trim(str_split(rest, ',', &rest));
		reading_policy_field(g, &r->policy, word.len > 0 ? word :
		    g->row->col[COL_ON]);
	}
	reading_options(g);
	reading_limits(g, &r->policy.limits);
	policy_array_add(&p->policies, &r->policy);
}

static void
row_if(struct reading *g)
{
	struct policies			*p = g->p;
	const struct policy_row		*r = (const struct policy_row *)
	    row_id_find(&p->ids, POLICY_ROW_POLICY, g->row->col[COL_ID]);
	struct policy_if		*i;

	if (r == NULL) {
		row_text_report(g->row, COL_ID, "is no policy before this "
		    "line");
		return;
	}
	i = arena_alloc(&p->arena, sizeof *i);
	i->rule = (struct rule){ .kind = RULE_IF, .what = i,
	    .order = (uint32_t)p->ifs.count, .policy = &r->policy };
	if (row_text_is_default(g->row, COL_ON))
		row_text_report(g->row, COL_ON, "is no condition: the "
		    "policy's own options are for the rest");
	reading_conditions(g, &r->policy, &i->rule, i->said);
	reading_options(g);
	reading_limits(g, &i->limits);
	policy_array_add(&p->ifs, i);
}

static void
row_delivery(struct reading *g)
{
	struct policies			*p = g->p;
	struct policy_delivery_row	*d;

	d = (struct policy_delivery_row *)row_text_name(g->row, g->kind,
	    &p->ids, &p->arena, sizeof *d);
	if (d == NULL)
		return;
	d->delivery.id = d->name.id;
	d->delivery.line = d->name.at.line;
	d->rule = (struct rule){ .kind = RULE_DELIVERY, .what = &d->delivery,
	    .order = (uint32_t)p->deliveries.count };
	reading_conditions(g, NULL, &d->rule, d->rule.on);
	g->delivery = &d->delivery;
	reading_options(g);
	policy_array_add(&p->deliveries, d);
}

/* By hash, if all that it is about is exact. */
static void
suspend_index(struct policies *p, struct policy_suspension_row *s)
{
	struct policy_values	v = { .of = { STR_NONE } };
	char			room[POLICY_FIELDS][PATTERN_VALUE + 1];
	struct buf		key = BUF_INIT;
	int			f;

	for (f = 0; f < POLICY_FIELDS; f++) {
		if ((s->rule.fields & POLICY_BIT(f)) == 0)
			continue;
		if (s->rule.on[f].exact.len == 0)
			return;
		v.of[f] = pattern_value(policy_field_type(
		    (enum policy_field)f), s->rule.on[f].exact, room[f]);
	}
	suspend_key(&key, s->rule.fields, &v);
	s->s.entry.key = arena_str(&p->arena, buf_str(&key)).p;
	s->s.entry.len = (uint32_t)key.len;
	suspend_add(&p->exact, &s->s);
	buf_free(&key);
}

static void
suspend_written(struct reading *g, struct policy_suspension *v)
{
	struct str	rest = reading_on(g), word, pattern, name;

	if (row_text_is_default(g->row, COL_ON))
		return;
	while (policy_word(&rest, &word)) {
		name = str_split(word, '=', &pattern);
		v->on[policy_field_find(name)] = arena_str(&g->p->arena,
		    pattern);
	}
}

static void
suspend_window(struct reading *g, struct policy_suspension_row *s)
{
	struct err	e;

	if ((g->given >> POLICY_window & 1) == 0)
		return;
	s->when = arena_alloc(&g->p->arena, sizeof *s->when);
	s->s.view.window = arena_str(&g->p->arena, g->set.window);
	s->s.view.open = false;
	if (policy_window_parse(s->when, g->set.window, &e) == -1)
		reading_say(g, g->value[POLICY_window], "%s", e.text);
}

static void
row_suspend(struct reading *g)
{
	struct policies			*p = g->p;
	struct policy_suspension_row	*s;

	s = (struct policy_suspension_row *)row_text_name(g->row, g->kind,
	    &p->ids, &p->arena, sizeof *s);
	if (s == NULL)
		return;
	s->rule = (struct rule){ .kind = RULE_SUSPEND, .what = &s->s.view,
	    .order = (uint32_t)p->suspensions.count };
	reading_conditions(g, NULL, &s->rule, s->rule.on);
	reading_options(g);
	if (g->failed)
		return;
	s->s.view = (struct policy_suspension){ .id = s->name.id,
	    .fields = s->rule.fields, .line = s->name.at.line,
	    .tag = arena_str(&p->arena, g->set.tag), .open = true,
	    .properties = reading_properties(g),
	    .property_count = g->property_count, .expires_ms = INT64_MAX };
	suspend_written(g, &s->s.view);
	suspend_window(g, s);
	suspend_index(p, s);
	policy_array_add(&p->suspensions, s);
}

static void
reading_row(void *arg, struct row_text *row)
{
	static void (*const	rows[])(struct reading *) = { row_set,
	    row_list, row_sets, row_sets, row_policy, row_if, row_delivery,
	    row_suspend };
	struct reading		*g = arg;
	int			 i;

	*g = (struct reading){ .p = g->p, .src = g->src, .row = row,
	    .files = g->files, .all_given = g->all_given,
	    .rows = g->rows + 1, .kind = row_text_kind(row) };
	policy_options_init(&g->set);
	if (g->rows == policy_form.rows + 1)
		line_report(row->src, row->line, 0, "more than %zu rows",
		    policy_form.rows);
	if (g->rows > policy_form.rows || g->kind == 0)
		return;
	for (i = 0; g->kind != 1 << i; i++)
		;
	rows[i](g);
}

/* ---- All of it --------------------------------------------------------- */

/* What bounds all candidates at once, none of which could ever be had. */
static void
policies_check_count(const struct policies *p, const char *file,
    struct reports *r)
{
	const struct policy_limits	*l;
	struct place			 at = { file, 1, 1 };
	size_t				 i, n = 0;

	for (i = 0; i < p->policies.count; i++) {
		l = &((const struct policy *)p->policies.p[i])->limits;
		at.line = l->line;
		if (policy_limits_bind(&l->limits) &&
		    ++n == SCHEDULE_LIMITERS)
			report(r, &at, "more than %d policies that limit by "
			    "default", SCHEDULE_LIMITERS - 1);
		if (l->stop)
			return;
	}
}

static void
policies_algorithm(struct policies *p)
{
	struct policy_limits	*l;
	size_t			 i;

	for (i = 0; i < p->policies.count + p->ifs.count; i++) {
		if (i < p->policies.count)
			l = &((struct policy *)p->policies.p[i])->limits;
		else
			l = &((struct policy_if *)p->ifs.p[i -
			    p->policies.count])->limits;
		if ((l->given >> POLICY_rate_algorithm & 1) == 0)
			l->limits.algorithm = p->algorithm;
	}
}

int
policies_compile(struct policies **out, const struct policy_source *src,
    conf_report_fn *fn, void *arg)
{
	struct policies		*p = xcalloc(1, sizeof *p);
	struct reports		 r = REPORTS_INIT(fn, arg);
	struct reading		 g = { .p = p, .src = src };
	bool			 failed;

	hmap_init(&p->ids);
	rules_init(&p->rules, RULES_BASE);
	suspend_init(&p->exact);
	if (row_text_each(&policy_form, src->file, src->text, &r, reading_row,
	    &g) == 0) {
		policies_check_count(p, src->file, &r);
		policies_algorithm(p);
		policies_settle(p);
	}
	failed = r.count > 0;
	reports_fini(&r);
	if (failed) {
		policies_free(&p);
		return -1;
	}
	*out = p;
	return 0;
}
