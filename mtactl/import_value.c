/*
 * Values of options and of conditions, from nodes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/value.h"
#include "import.h"

/* ---- Options ------------------------------------------------------------- */

static int
option_number(struct str s, double *out)
{
	char	text[32], *end;
	size_t	i;

	if (s.len == 0 || s.len >= sizeof text)
		return -1;
	for (i = 0; i < s.len; i++)
		if (!ascii_isdigit((unsigned char)s.p[i]) && s.p[i] != '.')
			return -1;
	memcpy(text, s.p, s.len);
	text[s.len] = '\0';
	*out = strtod(text, &end);
	return *end == '\0' && *out <= 1e9 ? 0 : -1;
}

/* "30" and "0.5" are seconds; times with a unit stay as they are. */
static int
option_seconds(struct str s, struct buf *out, struct err *e)
{
	int64_t	ms;
	double	n;

	if (option_number(s, &n) == -1) {
		if (value_time(s, &ms, e) == -1)
			return -1;
		buf_add_str(out, s);
		return 0;
	}
	ms = (int64_t)(n * 1000 + 0.5);
	if (ms % 1000 == 0)
		buf_printf(out, "%llds", (long long)ms / 1000);
	else
		buf_printf(out, "%lldms", (long long)ms);
	return 0;
}

/* "10", "10/60" or [10, 60]. */
static int
option_rate(const struct yaml_node *n, struct buf *out, struct err *e)
{
	struct str	count = n->text, seconds = STR("1");

	if (n->kind == YAML_LIST && n->count == 2) {
		count = n->first->text;
		seconds = n->first->next->text;
	} else if (n->kind == YAML_TEXT && memchr(n->text.p, '/',
	    n->text.len) != NULL)
		count = str_split(n->text, '/', &seconds);
	if (count.len == 0 || seconds.len == 0)
		return err_set(e, "a rate is N or N/SECONDS");
	buf_add_str(out, count);
	buf_add_byte(out, '/');
	return option_seconds(seconds, out, e);
}

static bool
option_is(const struct yaml_node *n, const char *word)
{
	return n != NULL && str_caseeq(n->text, str_of(word));
}

static int
option_bool(const struct yaml_node *n, bool *yes, struct err *e)
{
	*yes = option_is(n, "true") || option_is(n, "yes") ||
	    option_is(n, "on");
	return *yes || option_is(n, "false") || option_is(n, "no") ||
	    option_is(n, "off") ? 0 : err_set(e, "neither true nor false");
}

/* [{interval: 60, notify: true}, 900] */
static int
option_retry(const struct yaml_node *n, struct buf *out, struct err *e)
{
	const struct yaml_node	*i, *time, *key;
	bool			 notify;

	if (n->kind != YAML_LIST || n->count == 0)
		return err_set(e, "no list of intervals");
	for (i = n->first; i != NULL; i = i->next) {
		time = i->kind == YAML_MAP ? yaml_get(i, "interval") : i;
		notify = false;
		for (key = i->first; key != NULL; key = key->next)
			if (!str_eq(key->key, STR("interval")) &&
			    !str_eq(key->key, STR("notify")))
				return err_set(e, "an interval has more than "
				    "interval and notify");
		if (yaml_get(i, "notify") != NULL && option_bool(yaml_get(i,
		    "notify"), &notify, e) == -1)
			return -1;
		buf_add_text(out, i != n->first ? "," : "");
		if (time == NULL || option_seconds(time->text, out, e) == -1)
			return err_set(e, "an interval is no number of "
			    "seconds");
		buf_add_text(out, notify ? "+notify" : "");
	}
	return 0;
}

static int
option_words(const struct yaml_node *n, struct buf *out, struct err *e)
{
	const struct yaml_node	*i = n->kind == YAML_LIST ? n->first : n;

	for (; i != NULL; i = n->kind == YAML_LIST ? i->next : NULL) {
		if (i->kind != YAML_TEXT)
			return err_set(e, "no list of words");
		buf_add_text(out, out->len > 0 ? "," : "");
		buf_add_str(out, i->text);
	}
	return 0;
}

/* {server: HOST, port: N} */
static int
option_proxy(const struct yaml_node *n, struct buf *out, struct err *e)
{
	const struct yaml_node	*server = yaml_get(n, "server");
	const struct yaml_node	*port = yaml_get(n, "port");
	bool			 v6;

	if (server == NULL || port == NULL || n->count != 2 ||
	    server->kind != YAML_TEXT || port->kind != YAML_TEXT)
		return err_set(e, "not a server and a port");
	v6 = memchr(server->text.p, ':', server->text.len) != NULL;
	buf_printf(out, "%s%.*s%s:%.*s", v6 ? "[" : "",
	    (int)server->text.len, server->text.p, v6 ? "]" : "",
	    (int)port->text.len, port->text.p);
	return 0;
}

static int
option_text(const struct yaml_node *n, enum import_kind kind, struct buf *out,
    struct err *e)
{
	uint64_t	number;
	bool		yes;

	if (n->kind != YAML_TEXT)
		return err_set(e, "it has no value of the kind that is "
		    "expected");
	if (kind == IMPORT_SECONDS)
		return option_seconds(n->text, out, e);
	if (kind == IMPORT_NUMBER && str_uint(n->text, 1000000, &number) == -1)
		return err_set(e, "not a number up to 1000000");
	if (kind != IMPORT_BOOL && kind != IMPORT_IPV6) {
		buf_add_str(out, n->text);
		return 0;
	}
	if (option_bool(n, &yes, e) == -1)
		return -1;
	if (kind == IMPORT_BOOL)
		buf_add_text(out, yes ? "yes" : "no");
	else
		buf_add_text(out, yes ? "ipv6,ipv4" : "ipv4");
	return 0;
}

int
import_value(const struct yaml_node *n, enum import_kind kind,
    struct buf *out, struct err *e)
{
	switch (kind) {
	case IMPORT_RATE:
		return option_rate(n, out, e);
	case IMPORT_RETRY:
		return option_retry(n, out, e);
	case IMPORT_WORDS:
		return option_words(n, out, e);
	case IMPORT_PROXY:
		return option_proxy(n, out, e);
	default:
		return option_text(n, kind, out, e);
	}
}

/* ---- Tables of keys ------------------------------------------------------ */

static void
options_properties(struct import *im, const struct yaml_node *map,
    struct buf *out)
{
	const struct yaml_node	*n;
	char			 name[80];

	if (map->kind != YAML_MAP)
		import_fault(im, map, NULL, "it is no map of texts");
	for (n = map->first; n != NULL && map->kind == YAML_MAP; n = n->next) {
		if (n->kind != YAML_TEXT || n->key.len > 64 ||
		    !import_is_word(n->key)) {
			import_fault(im, n, NULL, "a property is a name and "
			    "a text");
			continue;
		}
		(void)snprintf(name, sizeof name, "property.%.*s",
		    (int)n->key.len, n->key.p);
		if (import_option(out, name, n->text) == -1)
			import_fault(im, n, NULL, "such a text can't be "
			    "written");
	}
}

static void
options_one(struct import *im, const struct yaml_node *n, const char *path,
    const struct import_key *k, struct buf *out)
{
	struct buf	value = BUF_INIT;
	struct err	e;

	if (k->kind == IMPORT_PROPERTIES)
		options_properties(im, n, out);
	else if (k->kind == IMPORT_PASSED || n->kind == YAML_NULL)
		;		/* who calls has it, or it says nothing */
	else if (import_value(n, k->kind, &value, &e) == -1)
		import_fault(im, n, path, e.text);
	else if (import_option(out, k->option, buf_str(&value)) == -1)
		import_fault(im, n, path, "such a text can't be written");
	buf_free(&value);
}

static void
options_map(struct import *im, const struct yaml_node *map,
    const struct import_key *keys, const char *above, struct buf *out)
{
	const struct import_key	*k;
	const struct yaml_node	*n;
	struct buf		 path = BUF_INIT;

	for (n = map->first; n != NULL; n = n->next) {
		buf_clear(&path);
		buf_printf(&path, "%s%s%.*s", above, above[0] != '\0' ? "." :
		    "", (int)n->key.len, n->key.p);
		for (k = keys; k->path != NULL; k++)
			if (strcmp(k->path, buf_cstr(&path)) == 0)
				break;
		if (k->path != NULL)
			options_one(im, n, buf_cstr(&path), k, out);
		else if (n->kind == YAML_MAP)
			options_map(im, n, keys, buf_cstr(&path), out);
		else
			import_fault(im, n, buf_cstr(&path), "it has no "
			    "counterpart that is known");
	}
	buf_free(&path);
}

void
import_options(struct import *im, const struct yaml_node *map,
    const struct import_key *keys, struct buf *out)
{
	if (map->kind == YAML_MAP)
		options_map(im, map, keys, "", out);
	else if (map->kind != YAML_NULL)
		import_fault(im, map, NULL, "it is no map of keys");
}

/* ---- Conditions ---------------------------------------------------------- */

/* "#google" as this policy's roll-up is called. */
static struct str
condition_name(const struct import *im, struct str pattern)
{
	const struct import_rollup	*r;

	if (pattern.len > 1 && pattern.p[0] == '#')
		for (r = im->rollups; r != NULL; r = r->next)
			if (str_eq(r->name, (struct str){ pattern.p + 1,
			    pattern.len - 1 }))
				return r->id;
	return STR_NONE;
}

/* A list that is named: of what is in it these files say nothing. */
static void
condition_list(struct import *im, const struct yaml_node *n,
    struct str pattern, struct str field)
{
	struct buf	row = BUF_INIT;

	buf_printf(&row, "list %.*s %.*s\n", (int)pattern.len - 1,
	    pattern.p + 1, (int)field.len, field.p);
	if (im->part[IMPORT_LIST].len == 0 ||
	    memmem(buf_data(&im->part[IMPORT_LIST]),
	    im->part[IMPORT_LIST].len, buf_data(&row), row.len) == NULL) {
		buf_add_str(&im->part[IMPORT_LIST], buf_str(&row));
		import_fault(im, n, NULL, "what is in this list is not in "
		    "these files: its row is empty");
	}
	buf_free(&row);
}

static int
condition_text(struct import *im, const struct yaml_node *n,
    struct str pattern, struct str field, struct buf *out)
{
	struct str	id = condition_name(im, pattern);

	if (!import_is_word(pattern)) {
		import_fault(im, n, NULL, "such a pattern can't be written");
		return -1;
	}
	buf_printf(out, "%.*s=", (int)field.len, field.p);
	if (id.len > 0) {
		buf_add_byte(out, '#');
		pattern = id;
	} else if (pattern.len > 1 && pattern.p[0] == '@')
		condition_list(im, n, pattern, field);
	buf_add_str(out, pattern);
	return 0;
}

int
import_patterns(struct import *im, const struct yaml_node *n,
    struct buf *out)
{
	const struct yaml_node	*i = n->kind == YAML_LIST ? n->first : n;
	struct yaml_node	 at = *n;

	for (; i != NULL; i = n->kind == YAML_LIST ? i->next : NULL) {
		if (i->kind != YAML_TEXT || !import_is_word(i->text)) {
			at.line = i->line;
			import_fault(im, &at, NULL, "such a pattern can't be "
			    "written");
			return -1;
		}
		buf_add_byte(out, ' ');
		buf_add_str(out, i->text);
	}
	return 0;
}

/* Alternatives are a list of their own. */
static int
condition_one(struct import *im, const struct yaml_node *n, struct buf *out)
{
	struct buf	items = BUF_INIT;
	struct str	id;

	if (n->kind == YAML_TEXT)
		return condition_text(im, n, n->text, n->key, out);
	if (n->kind == YAML_LIST && n->count == 1 &&
	    n->first->kind == YAML_TEXT)
		return condition_text(im, n, n->first->text, n->key, out);
	if (n->kind != YAML_LIST || n->count == 0) {
		import_fault(im, n, NULL, "no pattern, and no list of them");
		return -1;
	}
	if (import_patterns(im, n, &items) == -1) {
		buf_free(&items);
		return -1;
	}
	id = import_id(im, IMPORT_LIST, NULL, "list");
	buf_printf(&im->part[IMPORT_LIST], "list %.*s %.*s -o { items =%s }\n",
	    (int)id.len, id.p, (int)n->key.len, n->key.p, buf_cstr(&items));
	buf_printf(out, "%.*s=@%.*s", (int)n->key.len, n->key.p, (int)id.len,
	    id.p);
	buf_free(&items);
	return 0;
}

int
import_conditions(struct import *im, const struct yaml_node *map,
    struct buf *out)
{
	const struct yaml_node	*n;

	buf_add_text(out, map->count > 1 ? "{ " : map->count == 0 ? "-" : "");
	for (n = map->first; n != NULL; n = n->next) {
		if (condition_one(im, n, out) == -1)
			return -1;
		buf_add_text(out, map->count > 1 ? " " : "");
	}
	buf_add_text(out, map->count > 1 ? "}" : "");
	return 0;
}
