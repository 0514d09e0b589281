/*
 * Parts that are the same whatever is read: faults, ids, words and options.
 */
#include <stdio.h>
#include <string.h>

#include "import.h"
#include "terminal.h"

/* What stands at the top of a file; fn NULL: passed over, or no concern of
 * these two files. */
static const struct {
	const char	*key;
	void		(*fn)(struct import *im, const struct yaml_node *n);
	const char	*why;
} tops[] = {
	{ "version", NULL, NULL },
	{ "policies", import_policies, NULL },
	{ "rate", import_rate, NULL },
	{ "suspends", import_suspends, NULL },
	{ "delivery", import_delivery, NULL },
	{ "addresses", import_addresses, NULL },
	{ "transportgroups", import_groups, NULL },
	{ "queues", import_queues, NULL },
	{ "servers", NULL, "listeners and hooks are of master.cf and main.cf" },
	{ "scripting", NULL, "hooks are files that main.cf names" },
	{ "resolver", NULL, "the resolver is set in main.cf" },
	{ "plugins", NULL, "there are no plugins" },
	{ "lists", NULL, "write a list row of policy.cf for each" },
};

#define TOPS	(sizeof tops / sizeof tops[0])

void
import_init(struct import *im)
{
	*im = (struct import){ .file = "" };
}

void
import_fini(struct import *im)
{
	size_t	i;

	for (i = 0; i < IMPORT_PARTS; i++)
		buf_free(&im->part[i]);
	arena_free(&im->arena);
}

void
import_fault(struct import *im, const struct yaml_node *at, const char *key,
    const char *why)
{
	struct buf	b = BUF_INIT;

	terminal_add(&b, str_of(im->file));
	buf_printf(&b, ":%d: ", at->line);
	if (key == NULL && at->key.len > 0)
		terminal_add(&b, at->key);
	else
		terminal_add(&b, str_of(key != NULL ? key : "-"));
	buf_add_text(&b, ": ");
	terminal_add(&b, str_of(why));
	(void)fprintf(stderr, "%s\n", buf_cstr(&b));
	buf_free(&b);
	im->faults++;
}

static void
import_top(struct import *im, const struct yaml_node *n)
{
	size_t	i;

	for (i = 0; i < TOPS; i++) {
		if (!str_eq(n->key, str_of(tops[i].key)))
			continue;
		if (tops[i].fn != NULL)
			tops[i].fn(im, n);
		else if (tops[i].why != NULL)
			import_fault(im, n, NULL, tops[i].why);
		return;
	}
	import_fault(im, n, NULL, "no such key is known");
}

void
import_file(struct import *im, const char *file, struct str text)
{
	struct yaml_node	*root, *n, at = { .line = 1 };
	struct err		 e;

	im->file = file;
	root = yaml_read(text, &im->arena, &at.line, &e);
	if (root == NULL) {
		import_fault(im, &at, "-", e.text);
		return;
	}
	if (root->kind != YAML_MAP)
		import_fault(im, root, "-", "it is no map of keys");
	else
		for (n = root->first; n != NULL; n = n->next)
			import_top(im, n);
}

/* ---- Words --------------------------------------------------------------- */

static bool
import_balanced(struct str s)
{
	int	depth = 0;
	size_t	i;

	for (i = 0; i < s.len; i++) {
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
		depth += (s.p[i] == '{') - (s.p[i] == '}');
		if (depth < 0)
			return false;
	}
	return depth == 0;
}

bool
import_is_word(struct str s)
{
	return s.len > 0 && memchr(s.p, ' ', s.len) == NULL &&
	    s.p[0] != '{' && import_balanced(s);
}

int
import_option(struct buf *out, const char *name, struct str value)
{
	struct str	trimmed = str_trim(value);

	if (!import_balanced(value) || trimmed.len != value.len)
		return -1;
	if (import_is_word(value))
		buf_printf(out, " -o %s=%.*s", name, (int)value.len, value.p);
	else
		buf_printf(out, " -o { %s = %.*s }", name, (int)value.len,
		    value.p);
	return 0;
}

/* ---- Ids ----------------------------------------------------------------- */

static bool
import_id_fits(struct str s)
{
	size_t	i;

	for (i = 0; i < s.len; i++)
		if (!ascii_isalnum((unsigned char)s.p[i]) &&
		    strchr("._-", s.p[i]) == NULL)
			return false;
	return s.len > 0 && s.len <= 32;
}

/* True: nobody had it. */
static bool
import_id_take(struct import *im, enum import_part kind, struct str id)
{
	struct yaml_node	*n;

	for (n = im->ids.first; n != NULL; n = n->next)
		if (n->line == (int)kind && str_eq(n->text, id))
			return false;
	n = arena_alloc(&im->arena, sizeof *n);
	n->line = (int)kind;
	n->text = id;
	n->next = im->ids.first;
	im->ids.first = n;
	return true;
}

struct str
import_id(struct import *im, enum import_part kind,
    const struct yaml_node *wanted, const char *prefix)
{
	char	text[33];

	if (wanted != NULL && wanted->kind == YAML_TEXT &&
	    import_id_fits(wanted->text) &&
	    import_id_take(im, kind, wanted->text))
		return wanted->text;
	if (wanted != NULL)
		import_fault(im, wanted, NULL, "no id that can be used, or "
		    "one that is taken: another is written");
	do
		(void)snprintf(text, sizeof text, "%s%u", prefix,
		    ++im->used[kind]);
	while (!import_id_take(im, kind, arena_str(&im->arena,
	    str_of(text))));
	return arena_str(&im->arena, str_of(text));
}

/* ---- The files ----------------------------------------------------------- */

void
import_policy_text(struct import *im, struct buf *out)
{
	int	i;

	buf_add_text(out, "# policy.cf, by mtactl config import-halon.\n");
	if (im->part[IMPORT_SET].len > 0) {
		buf_add_text(out, "set - -");
		buf_add_str(out, buf_str(&im->part[IMPORT_SET]));
		buf_add_byte(out, '\n');
	}
	for (i = IMPORT_LIST; i <= IMPORT_SUSPEND; i++)
		buf_add_str(out, buf_str(&im->part[i]));
}

void
import_transport_text(struct import *im, struct buf *out)
{
	buf_add_text(out, "# transport.cf, by mtactl config import-halon.\n");
	buf_add_str(out, buf_str(&im->part[IMPORT_ADDRESS]));
	buf_add_str(out, buf_str(&im->part[IMPORT_TRANSPORT]));
}
