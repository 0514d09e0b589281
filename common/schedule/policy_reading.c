/*
 * Options are read by the tables; conditions become predicates.
 */
#include <stdio.h>
#include <string.h>

#include "policy_ask.h"
#include "policy_reading.h"

/* Kinds in the order of POLICY_ROW_... */
const struct row_form	policy_form = {
	.columns = 3,
	.names = { "kind", "id", "on" },
	.kinds = { "set", "list", "grouping", "rollup", "policy", "if",
	    "delivery", "suspend" },
	.kind_list = "set, list, grouping, rollup, policy, if, delivery or "
	    "suspend",
	.rows = 20000,
};

void
reading_say(struct reading *g, struct str at, const char *fmt, ...)
{
	char	text[ERR_TEXT_MAX];
	va_list	ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	line_report(g->row->src, g->row->line, line_offset(g->row->line, at),
	    "%s", text);
	g->failed = true;
}

/* ---- Options ----------------------------------------------------------- */

static void
reading_property(struct reading *g, struct str name, struct str value)
{
	struct policy_options	scratch;
	struct err		e;
	size_t			i;

	if (!policy_property_ok(name)) {
		reading_say(g, name, "the name of a property is 1 to %d "
		    "letters, digits or \"._-\"", POLICY_PROPERTY_NAME);
		return;
	}
	for (i = 0; i < g->property_count; i++)
		if (str_eq(g->property[i].name, name)) {
			reading_say(g, name, "property.%.*s is set twice",
			    (int)name.len, name.p);
			return;
		}
	if (g->property_count == POLICY_PROPERTIES)
		reading_say(g, name, "more than %d properties",
		    POLICY_PROPERTIES);
	else if (policy_option_set(&scratch, POLICY_property, value, &e) ==
	    -1)
		reading_say(g, value, "%s", e.text);
	else
		g->property[g->property_count++] =
		    (struct policy_property){ name, value };
}

static const char *
kind_phrase(int kind, char out[32])
{
	const char	*name = "";
	int		 i;

	for (i = 0; policy_form.kinds[i] != NULL; i++)
		if (kind == 1 << i)
			name = policy_form.kinds[i];
	(void)snprintf(out, 32, "%s %s row", kind == POLICY_ROW_IF ? "an" :
	    "a", name);
	return out;
}

static void
reading_option(struct reading *g, struct str name, struct str value)
{
	enum policy_option	o = policy_option_find(name);
	char			phrase[32];
	struct err		e;

	if (o == POLICY_OPTIONS || o == POLICY_property) {
		row_text_unknown(g->row, name, o == POLICY_property ?
		    "property.NAME" : policy_option_suggest(name, g->kind));
		g->failed = true;
	} else if (!policy_option_for(o, g->kind)) {
		reading_say(g, name, "%s is no option of %s",
		    policy_option_name(o), kind_phrase(g->kind, phrase));
	} else if ((g->given >> o & 1) != 0) {
		reading_say(g, name, "%s is set twice",
		    policy_option_name(o));
	} else if (policy_option_set(&g->set, o, value, &e) == -1) {
		reading_say(g, value, "%s", e.text);
	} else {
		g->given |= 1u << o;
		g->value[o] = value;
	}
}

static void
reading_transport_option(struct reading *g, struct str name,
    struct str value)
{
	struct policy_delivery	*d = g->delivery;
	enum transport_option	 o = transport_option_find(name);
	struct err		 e;

	value = arena_str(&g->p->arena, value);
	if (o == TRANSPORT_OPTIONS) {
		row_text_unknown(g->row, name, transport_option_suggest(name,
		    TRANSPORT_ROW_DELIVERY));
		g->failed = true;
	} else if (!transport_option_for(o, TRANSPORT_ROW_DELIVERY)) {
		reading_say(g, name, "%s is no option of a delivery row",
		    transport_option_name(o));
	} else if (d->set[o]) {
		reading_say(g, name, "%s is set twice",
		    transport_option_name(o));
	} else if (transport_option_set(&d->options, o, value, &e) == -1) {
		reading_say(g, name, "%s", e.text);
	} else {
		d->set[o] = true;
		d->text[o] = value;
	}
}

void
reading_options(struct reading *g)
{
	static const struct str	property = { "property.", 9 };
	struct str		word, name, value;

	while (line_option(g->row->src, g->row->line, &g->row->rest, &word)) {
		if (!line_pair(g->row->src, g->row->line, word, &name,
		    &value)) {
			g->failed = true;
			continue;
		}
		if (value.p != NULL && value.len == 0)
			value.p = name.p;	/* to be reported at */
		if (g->delivery != NULL)
			reading_transport_option(g, name, value);
		else if (str_prefix(name, property) &&
		    policy_option_for(POLICY_property, g->kind))
			reading_property(g, (struct str){ name.p +
			    property.len, name.len - property.len }, value);
		else
			reading_option(g, name, value);
	}
}

/* What stays of a row's properties. */
const struct policy_property *
reading_properties(struct reading *g)
{
	struct policy_property	*kept;
	struct arena		*a = &g->p->arena;
	size_t			 i;

	if (g->property_count == 0)
		return NULL;
	kept = arena_alloc(a, g->property_count * sizeof *kept);
	for (i = 0; i < g->property_count; i++) {
		kept[i].name = arena_str(a, g->property[i].name);
		kept[i].value = arena_str(a, g->property[i].value);
	}
	return kept;
}

void
reading_limits(struct reading *g, struct policy_limits *l)
{
	const struct policy_options	*o = &g->set;

	*l = (struct policy_limits){
		.limits = { (uint32_t)o->concurrency, o->rate,
		    (enum schedule_algorithm)o->rate_algorithm,
		    (uint32_t)o->connectinterval },
		.given = g->given, .stop = o->stop, .cluster = o->cluster,
		.tag = arena_str(&g->p->arena, o->tag),
		.properties = reading_properties(g),
		.property_count = g->property_count,
	};
	line_where(g->row->line, 0, &l->line, &(int){ 0 });
}

/* ---- Columns ----------------------------------------------------------- */

bool
reading_no_column(struct reading *g, int col)
{
	if (row_text_is_default(g->row, col))
		return true;
	row_text_report(g->row, col, "has no meaning here; write \"-\"");
	return false;
}

enum policy_field
reading_field(struct reading *g, struct str name)
{
	enum policy_field	f;
	struct err		e;

	if (policy_ask_field(name, &f, &e) == -1)
		reading_say(g, name, "on: %s", e.text);
	return f;
}

/* The column without its braces. */
struct str
reading_on(struct reading *g)
{
	struct str	on = g->row->col[COL_ON];

	if (on.p[0] != '{')
		return on;
	if (on.len >= 2 && on.p[on.len - 1] == '}')
		return str_trim((struct str){ on.p + 1, on.len - 2 });
	reading_say(g, on, "\"{\" without \"}\"");
	return STR_NONE;
}

/* "field#rollup#rollup". */
void
reading_policy_field(struct reading *g, struct policy *po, struct str word)
{
	const struct policy_set	*roll[64], *set, **kept;
	struct str		 rest, id, name = str_split(word, '#', &rest);
	enum policy_field	 f = reading_field(g, name);
	size_t			 n = 0;

	if (f == POLICY_FIELDS)
		return;
	if ((po->fields & POLICY_BIT(f)) != 0)
		reading_say(g, word, "on: %s is said twice",
		    policy_field_name(f));
	po->fields |= POLICY_BIT(f);
	while (rest.p != NULL) {
		id = str_split(rest, '#', &rest);
		set = (const struct policy_set *)row_id_find(&g->p->ids,
		    POLICY_ROW_ROLLUP, id);
		if (set == NULL || n == 63)
			reading_say(g, id.len > 0 ? id : word, "there is no "
			    "rollup \"%.*s\" before this line", shown_len(id),
			    id.p);
		else if (set->field != f)
			reading_say(g, id, "rollup \"%.*s\" is of %s",
			    shown_len(id), id.p,
			    policy_field_name(set->field));
		else
			roll[n++] = set;
	}
	if (n == 0)
		return;
	kept = arena_alloc(&g->p->arena, (n + 1) * sizeof *kept);
	memcpy(kept, roll, n * sizeof *kept);
	po->rollups[f] = kept;
}

static void
reading_condition(struct reading *g, const struct policy *of,
    struct str word, struct rule *rule, struct rule_condition *said)
{
	struct str		pattern, name = str_split(word, '=', &pattern);
	struct policy_scope	scope = { g->p, &g->p->rules, of };
	enum policy_field	f;
	struct err		e;

	if (pattern.p == NULL) {
		reading_say(g, word, "on: \"field=pattern\" expected");
		return;
	}
	f = reading_field(g, name);
	if (f == POLICY_FIELDS)
		return;
	if (of != NULL && (of->fields & POLICY_BIT(f)) == 0)
		reading_say(g, name, "on: policy \"%.*s\" has no field %s",
		    (int)of->id.len, of->id.p, policy_field_name(f));
	else if ((rule->fields & POLICY_BIT(f)) != 0)
		reading_say(g, name, "on: %s is said twice: alternatives "
		    "are a list's", policy_field_name(f));
	else if (policy_condition(&scope, f, pattern, &said[f], &e) == -1)
		reading_say(g, pattern.len > 0 ? pattern : name,
		    "on: \"%.*s\": %s", shown_len(pattern), pattern.p, e.text);
	if (said[f].exact.len > 0)
		said[f].exact = arena_str(&g->p->arena, said[f].exact);
	rule->fields |= POLICY_BIT(f);
}

void
reading_conditions(struct reading *g, const struct policy *of,
    struct rule *rule, struct rule_condition *said)
{
	struct str	rest, word;

	if (row_text_is_default(g->row, COL_ON))
		return;
	rest = reading_on(g);
	while (policy_word(&rest, &word))
		reading_condition(g, of, word, rule, said);
	if (!g->failed && rule->fields == 0)
		reading_say(g, g->row->col[COL_ON], "on: no condition; "
		    "\"-\" is for all");
}
