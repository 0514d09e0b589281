/*
 * Policies, suspensions, rows of options for deliveries, and groupings.
 */
#include <string.h>

#include "import.h"

static const struct import_key	limits[] = {
	{ "concurrency", "concurrency", IMPORT_NUMBER },
	{ "rate", "rate", IMPORT_RATE },
	{ "connectinterval", "connectinterval", IMPORT_SECONDS },
	{ "stop", "stop", IMPORT_BOOL },
	{ "cluster", "cluster", IMPORT_BOOL },
	{ "tag", "tag", IMPORT_TEXT },
	{ "properties", NULL, IMPORT_PROPERTIES },
	{ NULL, NULL, IMPORT_TEXT },
};
static const struct import_key	shown[] = {
	{ "tag", "tag", IMPORT_TEXT },
	{ "properties", NULL, IMPORT_PROPERTIES },
	{ NULL, NULL, IMPORT_TEXT },
};

/* Is it one of these keys?  What is none is said. */
static bool
policy_known(struct import *im, const struct yaml_node *n,
    const char *const *keys)
{
	for (; *keys != NULL; keys++)
		if (str_eq(n->key, str_of(*keys)))
			return true;
	import_fault(im, n, NULL, "it has no counterpart that is known");
	return false;
}

static void
policy_keys(struct import *im, const struct yaml_node *map,
    const char *const *keys)
{
	const struct yaml_node	*n;

	if (map->kind != YAML_MAP && map->kind != YAML_NULL)
		import_fault(im, map, NULL, "it is no map of keys");
	for (n = map->first; map->kind == YAML_MAP && n != NULL; n = n->next)
		(void)policy_known(im, n, keys);
}

static bool
policy_is_list(struct import *im, const struct yaml_node *n)
{
	if (n->kind == YAML_LIST)
		return true;
	if (n->kind != YAML_NULL)
		import_fault(im, n, NULL, "it is no list");
	return false;
}

/* "kind id" and what follows is a row; taken back where it can't be said. */
static void
policy_row(struct import *im, enum import_part part, const char *kind,
    struct str id)
{
	buf_printf(&im->part[part], "%s %.*s ", kind, (int)id.len, id.p);
}

/* ---- Policies ------------------------------------------------------------ */

/* {google: ["*.google.com"], ...}: a roll-up each. */
static int
policy_rollups(struct import *im, const struct yaml_node *field,
    struct buf *fields)
{
	const struct yaml_node	*n;
	struct import_rollup	*r;
	struct yaml_node	 name = { .kind = YAML_TEXT };
	struct buf		 items = BUF_INIT;

	buf_add_str(fields, field->key);
	for (n = field->first; n != NULL; n = n->next) {
		name.text = n->key;
		name.key = field->key;
		name.line = n->line;
		buf_clear(&items);
		if (import_patterns(im, n, &items) == -1)
			break;
		r = arena_alloc(&im->arena, sizeof *r);
		r->name = n->key;
		r->id = import_id(im, IMPORT_ROLLUP, &name, "rollup");
		r->next = im->rollups;
		im->rollups = r;
		policy_row(im, IMPORT_ROLLUP, "rollup", r->id);
		buf_printf(&im->part[IMPORT_ROLLUP], "%.*s -o { match =%s }\n",
		    (int)field->key.len, field->key.p, buf_cstr(&items));
		buf_printf(fields, "#%.*s", (int)r->id.len, r->id.p);
	}
	buf_free(&items);
	return n == NULL ? 0 : -1;
}

static int
policy_field(struct import *im, const struct yaml_node *n,
    struct buf *fields)
{
	if (n->kind == YAML_TEXT && import_is_word(n->text)) {
		buf_add_str(fields, n->text);
		return 0;
	}
	if (n->kind == YAML_MAP && n->count == 1 &&
	    n->first->kind == YAML_MAP && import_is_word(n->first->key))
		return policy_rollups(im, n->first, fields);
	import_fault(im, n, "fields", "neither a field nor one with "
	    "roll-ups: the policy is left out");
	return -1;
}

static int
policy_fields(struct import *im, const struct yaml_node *list,
    struct buf *fields)
{
	const struct yaml_node	*n;

	if (list == NULL || list->kind == YAML_NULL || list->count == 0) {
		buf_add_byte(fields, '-');
		return 0;
	}
	if (!policy_is_list(im, list))
		return -1;
	for (n = list->first; n != NULL; n = n->next) {
		buf_add_text(fields, n != list->first ? "," : "");
		if (policy_field(im, n, fields) == -1)
			return -1;
	}
	return 0;
}

/* An `if`, or a delivery row: its conditions and its options. */
static void
policy_if(struct import *im, enum import_part part, const char *kind,
    struct str id, const struct yaml_node *n)
{
	static const char *const	keys[] = { "if", "then", NULL };
	const struct yaml_node		*on = yaml_get(n, "if");
	const struct yaml_node		*then = yaml_get(n, "then");
	size_t				 before = im->part[part].len;

	policy_keys(im, n, keys);
	if (on == NULL || on->kind != YAML_MAP || on->count == 0) {
		import_fault(im, n, "if", "a condition is missing");
		return;
	}
	policy_row(im, part, kind, id);
	if (import_conditions(im, on, &im->part[part]) == -1) {
		buf_truncate(&im->part[part], before);
		return;
	}
	if (then != NULL)
		import_options(im, then, part == IMPORT_POLICY ? limits :
		    import_transport_keys, &im->part[part]);
	buf_add_byte(&im->part[part], '\n');
}

static void
policy_one(struct import *im, const struct yaml_node *n)
{
	static const char *const	keys[] = { "id", "fields",
					    "conditions", "default", NULL };
	const struct yaml_node		*all = yaml_get(n, "default");
	const struct yaml_node		*ifs = yaml_get(n, "conditions");
	struct buf			 fields = BUF_INIT;
	struct str			 id;

	im->rollups = NULL;
	policy_keys(im, n, keys);
	if (policy_fields(im, yaml_get(n, "fields"), &fields) == -1) {
		buf_free(&fields);
		return;
	}
	id = import_id(im, IMPORT_POLICY, yaml_get(n, "id"), "policy");
	policy_row(im, IMPORT_POLICY, "policy", id);
	buf_add_str(&im->part[IMPORT_POLICY], buf_str(&fields));
	buf_free(&fields);
	if (all != NULL)
		import_options(im, all, limits, &im->part[IMPORT_POLICY]);
	buf_add_byte(&im->part[IMPORT_POLICY], '\n');
	if (ifs == NULL || !policy_is_list(im, ifs))
		return;
	for (ifs = ifs->first; ifs != NULL; ifs = ifs->next)
		policy_if(im, IMPORT_POLICY, "if", id, ifs);
}

void
import_policies(struct import *im, const struct yaml_node *list)
{
	const struct yaml_node	*n;

	if (!policy_is_list(im, list))
		return;
	for (n = list->first; n != NULL; n = n->next)
		policy_one(im, n);
	im->rollups = NULL;
}

void
import_rate(struct import *im, const struct yaml_node *n)
{
	static const struct import_key	keys[] = {
		{ "algorithm", "rate_algorithm", IMPORT_TEXT },
		{ NULL, NULL, IMPORT_TEXT },
	};

	import_options(im, n, keys, &im->part[IMPORT_SET]);
}

/* ---- Suspensions --------------------------------------------------------- */

/* Its keys are fields, but for those that are shown. */
static void
suspend_one(struct import *im, const struct yaml_node *n)
{
	static const char *const	not[] = { "id", "tag", "properties" };
	struct yaml_node		 on = { .kind = YAML_MAP }, *copy;
	struct yaml_node		 rest = { .kind = YAML_MAP };
	struct yaml_node		*i, **on_end = &on.first;
	struct yaml_node		**rest_end = &rest.first;
	struct buf			*out = &im->part[IMPORT_SUSPEND];
	size_t				 before = out->len, k;

	if (n->kind != YAML_MAP && n->kind != YAML_NULL) {
		import_fault(im, n, "suspends", "it is no map of fields");
		return;
	}
	for (i = n->first; i != NULL; i = i->next) {
		for (k = 0; k < 3 && !str_eq(i->key, str_of(not[k])); k++)
			;
		if (k == 0)
			continue;
		copy = arena_alloc(&im->arena, sizeof *copy);
		*copy = *i;
		copy->next = NULL;
		*(k < 3 ? rest_end : on_end) = copy;
		if (k < 3)
			rest_end = &copy->next;
		else
			on_end = &copy->next;
		on.count += k == 3;
	}
	policy_row(im, IMPORT_SUSPEND, "suspend", import_id(im,
	    IMPORT_SUSPEND, yaml_get(n, "id"), "suspend"));
	if (import_conditions(im, &on, out) == -1) {
		buf_truncate(out, before);
		return;
	}
	import_options(im, &rest, shown, out);
	buf_add_byte(out, '\n');
}

void
import_suspends(struct import *im, const struct yaml_node *list)
{
	const struct yaml_node	*n;

	if (!policy_is_list(im, list))
		return;
	for (n = list->first; n != NULL; n = n->next)
		suspend_one(im, n);
}

/* ---- Deliveries ---------------------------------------------------------- */

void
import_delivery(struct import *im, const struct yaml_node *map)
{
	static const char *const	keys[] = { "conditions", "default",
					    NULL };
	const struct yaml_node		*ifs = yaml_get(map, "conditions");
	const struct yaml_node		*all = yaml_get(map, "default");

	policy_keys(im, map, keys);
	if (ifs != NULL && policy_is_list(im, ifs))
		for (ifs = ifs->first; ifs != NULL; ifs = ifs->next)
			policy_if(im, IMPORT_DELIVERY, "delivery",
			    import_id(im, IMPORT_DELIVERY, yaml_get(ifs, "id"),
			    "delivery"), ifs);
	if (all == NULL)
		return;
	policy_row(im, IMPORT_DELIVERY, "delivery", import_id(im,
	    IMPORT_DELIVERY, NULL, "delivery"));
	buf_add_byte(&im->part[IMPORT_DELIVERY], '-');
	import_options(im, all, import_transport_keys,
	    &im->part[IMPORT_DELIVERY]);
	buf_add_byte(&im->part[IMPORT_DELIVERY], '\n');
}

/* ---- Groupings ----------------------------------------------------------- */

/* A grouping has patterns of one field: of several it is not one row. */
static void
grouping_one(struct import *im, const struct yaml_node *n)
{
	const struct yaml_node	*i, *field = NULL;
	struct buf		 items = BUF_INIT;
	struct str		 id;

	for (i = n->first; n->kind == YAML_MAP && i != NULL; i = i->next) {
		if (str_eq(i->key, STR("id")))
			continue;
		if (field != NULL || !import_is_word(i->key)) {
			import_fault(im, i, NULL, "a grouping is of one "
			    "field: this one is left out");
			return;
		}
		field = i;
	}
	if (field == NULL) {
		import_fault(im, n, "groupings", "it has no field");
		return;
	}
	if (import_patterns(im, field, &items) == 0) {
		id = import_id(im, IMPORT_GROUPING, yaml_get(n, "id"),
		    "grouping");
		policy_row(im, IMPORT_GROUPING, "grouping", id);
		buf_printf(&im->part[IMPORT_GROUPING],
		    "%.*s -o { match =%s }\n", (int)field->key.len,
		    field->key.p, buf_cstr(&items));
	}
	buf_free(&items);
}

void
import_queues(struct import *im, const struct yaml_node *map)
{
	static const struct import_key	keys[] = {
		{ "grouping.default", "grouping_default", IMPORT_TEXT },
		{ "grouping.groupings", NULL, IMPORT_PASSED },
		{ NULL, NULL, IMPORT_TEXT },
	};
	const struct yaml_node		*n = yaml_get(yaml_get(map,
					    "grouping"), "groupings");

	import_options(im, map, keys, &im->part[IMPORT_SET]);
	if (n == NULL || !policy_is_list(im, n))
		return;
	for (n = n->first; n != NULL; n = n->next)
		grouping_one(im, n);
}
