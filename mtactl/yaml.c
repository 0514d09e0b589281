/*
 * Read in one pass, by descent.  A block's things begin in one column, which
 * is that of the first one; what stands in a column further left ends it.
 *
 * Between two things the position is on the first byte of the next one, that
 * is, blanks, comments and ends of lines were passed over, or at the end.
 */
#include <string.h>

#include "base/buf.h"
#include "yaml.h"

struct yaml {
	struct str	 in;
	size_t		 at, bol;	/* bol: where the line begins */
	int		 line;
	int		 depth;
	size_t		 nodes;
	struct arena	*arena;
	struct err	*e;
};

static struct yaml_node	*yaml_block(struct yaml *y);
static struct yaml_node	*yaml_flow(struct yaml *y);

/* ---- Bytes --------------------------------------------------------------- */

static int
yaml_byte(const struct yaml *y, size_t more)
{
	return y->at + more < y->in.len ?
	    (unsigned char)y->in.p[y->at + more] : -1;
}

static bool
yaml_is_end(int c)
{
	return c == -1 || c == '\n' || c == '\r';
}

/* A blank, or the end of the line. */
static bool
yaml_is_gap(int c)
{
	return yaml_is_end(c) || c == ' ' || c == '\t';
}

static size_t
yaml_column(const struct yaml *y)
{
	return y->at - y->bol;
}

static void
yaml_blanks(struct yaml *y)
{
	while (yaml_byte(y, 0) == ' ' || yaml_byte(y, 0) == '\t')
		y->at++;
}

/* To the next thing, over comments and ends of lines. */
static void
yaml_skip(struct yaml *y)
{
	for (;;) {
		yaml_blanks(y);
		if (yaml_byte(y, 0) == '#')
			while (!yaml_is_end(yaml_byte(y, 0)))
				y->at++;
		if (yaml_byte(y, 0) == -1 || !yaml_is_end(yaml_byte(y, 0)))
			return;
		if (yaml_byte(y, 0) == '\n') {
			y->line++;
			y->bol = y->at + 1;
		}
		y->at++;
	}
}

static struct yaml_node *
yaml_new(struct yaml *y, enum yaml_kind kind)
{
	struct yaml_node	*n;

	if (y->nodes++ == YAML_NODES) {
		(void)err_set(y->e, "there is more than this reads");
		return NULL;
	}
	n = arena_alloc(y->arena, sizeof *n);
	n->kind = kind;
	n->line = y->line;
	return n;
}

static struct yaml_node *
yaml_wrong(struct yaml *y, const char *why)
{
	(void)err_set(y->e, "%s", why);
	return NULL;
}

/* ---- Texts --------------------------------------------------------------- */

/* What begins with it is more of YAML than this reads; NULL: nothing. */
static const char *
yaml_refused(int c, int next)
{
	switch (c) {
	case '&':
		return "anchors (&) are not read; a text that begins so goes "
		    "in quotes";
	case '*':
		return "aliases (*) are not read; a text that begins so goes "
		    "in quotes";
	case '!':
		return "tags (!) are not read";
	case '|':
	case '>':
		return "texts in blocks (| and >) are not read";
	case '%':
	case '@':
	case '`':
		return "a text that begins so goes in quotes";
	case '?':
		return yaml_is_gap(next) ? "keys with ? are not read" : NULL;
	default:
		return NULL;
	}
}

static int
yaml_hex(struct yaml *y, size_t digits, unsigned *code)
{
	size_t	i;
	int	c;

	*code = 0;
	for (i = 0; i < digits; i++) {
		c = ascii_lower(yaml_byte(y, 0));
		if (c >= '0' && c <= '9')
			*code = *code * 16 + (unsigned)(c - '0');
		else if (c >= 'a' && c <= 'f')
			*code = *code * 16 + (unsigned)(c - 'a') + 10;
		else
			return -1;
		y->at++;
	}
	return *code == 0 || (*code >= 0xd800 && *code < 0xe000) ? -1 : 0;
}

static void
yaml_utf8(struct buf *b, unsigned code)
{
	if (code < 0x80) {
		buf_add_byte(b, (char)code);
		return;
	}
	if (code < 0x800)
		buf_add_byte(b, (char)(0xc0 | code >> 6));
	else {
		buf_add_byte(b, (char)(0xe0 | code >> 12));
		buf_add_byte(b, (char)(0x80 | (code >> 6 & 0x3f)));
	}
	buf_add_byte(b, (char)(0x80 | (code & 0x3f)));
}

/* What follows a backslash. */
static int
yaml_escape(struct yaml *y, struct buf *b)
{
	static const char	from[] = "\\\"/ntr ", to[] = "\\\"/\n\t\r ";
	int			c = yaml_byte(y, 0);
	const char		*p = c > 0 ? strchr(from, c) : NULL;
	unsigned		code;

	y->at++;
	if (p != NULL) {
		buf_add_byte(b, to[p - from]);
		return 0;
	}
	if ((c != 'x' && c != 'u') ||
	    yaml_hex(y, c == 'x' ? 2 : 4, &code) == -1)
		return err_set(y->e, "this escape (\\) is not read");
	yaml_utf8(b, code);
	return 0;
}

static int
yaml_quoted(struct yaml *y, struct str *text)
{
	struct buf	b = BUF_INIT;
	int		quote = yaml_byte(y, 0), c, rc = -1;

	y->at++;
	for (;;) {
		c = yaml_byte(y, 0);
		if (yaml_is_end(c)) {
			(void)err_set(y->e, "a quote (%c) is not closed on "
			    "its line", quote);
			break;
		}
		y->at++;
		if (c == quote && (c == '"' || yaml_byte(y, 0) != '\'')) {
			rc = 0;
			break;
		}
		if (c == '\\' && quote == '"') {
			if (yaml_escape(y, &b) == -1)
				break;
			continue;
		}
		y->at += c == quote;
		buf_add_byte(&b, (char)c);
	}
	*text = arena_str(y->arena, buf_str(&b));
	buf_free(&b);
	return rc;
}

/* Where a plain text ends, from the position on. */
static size_t
yaml_plain_end(const struct yaml *y, bool flow)
{
	size_t	n = 0;
	int	c;

	for (;; n++) {
		c = yaml_byte(y, n);
		if (yaml_is_end(c))
			break;
		if (flow && strchr(",[]{}", c) != NULL)
			break;
		if (c == ':' && (yaml_is_gap(yaml_byte(y, n + 1)) || (flow &&
		    strchr(",[]{}", yaml_byte(y, n + 1)) != NULL)))
			break;
		if (c == '#' && n > 0 && yaml_is_gap(yaml_byte(y, n - 1)))
			break;
	}
	return n;
}

/* A text in quotes, or a plain one. */
static int
yaml_text(struct yaml *y, bool flow, struct str *text, bool *quoted)
{
	int		c = yaml_byte(y, 0);
	const char	*why = yaml_refused(c, yaml_byte(y, 1));
	size_t		n;

	*quoted = c == '"' || c == '\'';
	if (*quoted)
		return yaml_quoted(y, text);
	if (why != NULL)
		return err_set(y->e, "%s", why);
	n = yaml_plain_end(y, flow);
	*text = arena_str(y->arena, str_trim((struct str){ y->in.p + y->at,
	    n }));
	y->at += n;
	return 0;
}

static struct yaml_node *
yaml_scalar(struct yaml *y, bool flow)
{
	struct yaml_node	*n = yaml_new(y, YAML_TEXT);

	if (n == NULL || yaml_text(y, flow, &n->text, &n->quoted) == -1)
		return NULL;
	if (!n->quoted && (n->text.len == 0 || str_eq(n->text, STR("~")) ||
	    str_caseeq(n->text, STR("null"))))
		n->kind = YAML_NULL;
	return n;
}

/* ---- Lists and maps ------------------------------------------------------ */

static int
yaml_add(struct yaml *y, struct yaml_node *to, struct yaml_node **last,
    struct yaml_node *n)
{
	if (n == NULL)
		return -1;
	if (to->kind == YAML_MAP && to->count == YAML_KEYS)
		return err_set(y->e, "a map has more than %d keys",
		    YAML_KEYS);
	if (*last == NULL)
		to->first = n;
	else
		(*last)->next = n;
	*last = n;
	to->count++;
	return 0;
}

/* The key and its colon. */
static int
yaml_key(struct yaml *y, struct yaml_node *map, bool flow, struct str *key)
{
	const struct yaml_node	*n;
	bool			 quoted;

	if (yaml_text(y, flow, key, &quoted) == -1)
		return -1;
	yaml_blanks(y);
	if (yaml_byte(y, 0) != ':' || (key->len == 0 && !quoted))
		return err_set(y->e, "a key and a colon (\"key: value\") are "
		    "missing");
	y->at++;
	for (n = map->first; n != NULL; n = n->next)
		if (str_eq(n->key, *key))
			return err_set(y->e, "the key \"%.*s\" stands here "
			    "twice", (int)(key->len < 64 ? key->len : 64),
			    key->p);
	return 0;
}

static struct yaml_node *
yaml_flow_pair(struct yaml *y, struct yaml_node *map)
{
	struct yaml_node	*n;
	struct str		 key;
	int			 line = y->line;

	if (yaml_key(y, map, true, &key) == -1)
		return NULL;
	yaml_skip(y);
	if (yaml_byte(y, 0) == ',' || yaml_byte(y, 0) == '}')
		n = yaml_new(y, YAML_NULL);
	else
		n = yaml_flow(y);
	if (n != NULL) {
		n->key = key;
		n->line = line;
	}
	return n;
}

/* From its bracket to the other one. */
static struct yaml_node *
yaml_brackets(struct yaml *y)
{
	bool			 is_map = yaml_byte(y, 0) == '{';
	struct yaml_node	*n = yaml_new(y, is_map ? YAML_MAP :
				    YAML_LIST), *last = NULL;
	int			 end = is_map ? '}' : ']';

	if (n == NULL)
		return NULL;
	for (y->at++;;) {
		yaml_skip(y);
		if (yaml_byte(y, 0) == end)
			break;
		if (yaml_add(y, n, &last, is_map ? yaml_flow_pair(y, n) :
		    yaml_flow(y)) == -1)
			return NULL;
		yaml_skip(y);
		if (yaml_byte(y, 0) == ',')
			y->at++;
		else if (yaml_byte(y, 0) != end)
			return yaml_wrong(y, is_map ? "\",\" or \"}\" is "
			    "missing" : "\",\" or \"]\" is missing");
	}
	y->at++;
	return n;
}

static struct yaml_node *
yaml_flow(struct yaml *y)
{
	struct yaml_node	*n;
	int			 c = yaml_byte(y, 0);

	if (c != '{' && c != '[')
		return c == ',' || c == '}' || c == ']' || c == -1 ?
		    yaml_wrong(y, "a value is missing") :
		    yaml_scalar(y, true);
	if (y->depth++ == YAML_DEPTH)
		return yaml_wrong(y, "this is too deep");
	n = yaml_brackets(y);
	y->depth--;
	return n;
}

/* ---- Blocks -------------------------------------------------------------- */

static bool
yaml_is_item(const struct yaml *y)
{
	return yaml_byte(y, 0) == '-' && yaml_is_gap(yaml_byte(y, 1));
}

/* Is it "key:"?  The position stays. */
static bool
yaml_is_pair(const struct yaml *y)
{
	struct yaml	look = *y;
	int		quote = yaml_byte(y, 0);

	if (quote != '"' && quote != '\'') {
		look.at += yaml_plain_end(&look, false);
		return yaml_byte(&look, 0) == ':';
	}
	for (look.at++; !yaml_is_end(yaml_byte(&look, 0)); look.at++) {
		if (yaml_byte(&look, 0) == '\\' && quote == '"')
			look.at++;
		else if (yaml_byte(&look, 0) == quote)
			break;
	}
	look.at++;
	yaml_blanks(&look);
	return yaml_byte(&look, 0) == ':' && yaml_is_gap(yaml_byte(&look, 1));
}

/* Nothing but a comment may follow on its line. */
static int
yaml_line_end(struct yaml *y)
{
	int	line = y->line;

	yaml_skip(y);
	if (yaml_byte(y, 0) == -1 || y->line != line)
		return 0;
	return err_set(y->e, yaml_byte(y, 0) == ':' ? "\": \" in a text: it "
	    "goes in quotes" : "something follows that does not belong here");
}

/*
 * What stands behind "- " or "key:": on its line, or in the lines below, in a
 * column of at least `column`.  list: a list may begin one column before.
 */
static struct yaml_node *
yaml_value(struct yaml *y, size_t column, bool list)
{
	struct yaml_node	*n;
	int			 line = y->line, c;

	yaml_skip(y);
	c = yaml_byte(y, 0);
	if (c == -1 || (y->line != line && yaml_column(y) < column &&
	    !(list && yaml_column(y) + 1 == column && yaml_is_item(y))))
		return yaml_new(y, YAML_NULL);
	if (y->line != line || (!list && (yaml_is_item(y) ||
	    (c != '{' && c != '[' && yaml_is_pair(y)))))
		return yaml_block(y);
	n = c == '{' || c == '[' ? yaml_flow(y) : yaml_scalar(y, false);
	return n == NULL || yaml_line_end(y) == -1 ? NULL : n;
}

static struct yaml_node *
yaml_pair(struct yaml *y, struct yaml_node *map, size_t column)
{
	struct yaml_node	*n;
	struct str		 key;
	int			 line = y->line;

	if (yaml_key(y, map, false, &key) == -1)
		return NULL;
	n = yaml_value(y, column + 1, true);
	if (n != NULL) {
		n->key = key;
		n->line = line;
	}
	return n;
}

/* All that begins in this column. */
static struct yaml_node *
yaml_items(struct yaml *y)
{
	size_t			 column = yaml_column(y);
	bool			 is_list = yaml_is_item(y);
	struct yaml_node	*n = yaml_new(y, is_list ? YAML_LIST :
				    YAML_MAP), *last = NULL, *item;

	if (n == NULL)
		return NULL;
	do {
		if (is_list) {
			y->at++;
			item = yaml_value(y, column + 1, false);
		} else
			item = yaml_pair(y, n, column);
		if (yaml_add(y, n, &last, item) == -1)
			return NULL;
	} while (yaml_byte(y, 0) != -1 && yaml_column(y) == column &&
	    yaml_is_item(y) == is_list);
	if (yaml_byte(y, 0) != -1 && yaml_column(y) > column)
		return yaml_wrong(y, "this is indented further than what it "
		    "belongs to");
	return n;
}

static struct yaml_node *
yaml_block(struct yaml *y)
{
	struct yaml_node	*n;
	int			 c = yaml_byte(y, 0);

	if (y->bol < y->in.len && memchr(y->in.p + y->bol, '\t',
	    yaml_column(y)) != NULL)
		return yaml_wrong(y, "a line is indented by a tab");
	if (!yaml_is_item(y) && (c == '{' || c == '[' || !yaml_is_pair(y))) {
		n = c == '{' || c == '[' ? yaml_flow(y) :
		    yaml_scalar(y, false);
		return n == NULL || yaml_line_end(y) == -1 ? NULL : n;
	}
	if (y->depth++ == YAML_DEPTH)
		return yaml_wrong(y, "this is too deep");
	n = yaml_items(y);
	y->depth--;
	return n;
}

/* ---- The whole ----------------------------------------------------------- */

static struct yaml_node *
yaml_whole(struct yaml *y)
{
	struct yaml_node	*n;

	if (y->in.len > YAML_SIZE)
		return yaml_wrong(y, "it is larger than this reads");
	if (!utf8_valid(y->in) || memchr(y->in.p, '\0', y->in.len) != NULL)
		return yaml_wrong(y, "it is not text in UTF-8");
	yaml_skip(y);
	if (yaml_column(y) == 0 && yaml_byte(y, 0) == '-' && yaml_byte(y,
	    1) == '-' && yaml_byte(y, 2) == '-' && yaml_is_gap(yaml_byte(y,
	    3))) {
		y->at += 3;
		yaml_skip(y);
	}
	if (yaml_byte(y, 0) == -1)
		return yaml_new(y, YAML_NULL);
	n = yaml_block(y);
	if (n != NULL && yaml_byte(y, 0) != -1)
		return yaml_wrong(y, "this does not belong to what is before "
		    "it; one document alone is read");
	return n;
}

struct yaml_node *
yaml_read(struct str in, struct arena *a, int *line, struct err *e)
{
	struct yaml		 y = { .in = in, .line = 1, .arena = a,
				    .e = e };
	struct yaml_node	*n;

	if (y.in.p == NULL)
		y.in = STR("");
	n = yaml_whole(&y);
	*line = y.line;
	return n;
}

struct yaml_node *
yaml_get(const struct yaml_node *map, const char *key)
{
	struct yaml_node	*n;

	if (map == NULL || map->kind != YAML_MAP)
		return NULL;
	for (n = map->first; n != NULL; n = n->next)
		if (str_eq(n->key, str_of(key)))
			return n;
	return NULL;
}
