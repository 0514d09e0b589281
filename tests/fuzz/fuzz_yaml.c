/*
 * A file of YAML, from whoever wants it imported.  What is understood is
 * written again, in brackets and quotes, and read again it is the same.
 */
#include <stdint.h>
#include <stdlib.h>

#include "mtactl/yaml.h"
#include "base/buf.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
write_text(struct buf *out, struct str s)
{
	size_t	i;

	if (!utf8_valid(s))
		abort();
	buf_add_byte(out, '"');
	for (i = 0; i < s.len; i++) {
		if (s.p[i] == '\0')
			abort();
		if (s.p[i] == '\n')
			buf_add_text(out, "\\n");
		else if (s.p[i] == '\r')
			buf_add_text(out, "\\u000d");
		else {
			if (s.p[i] == '"' || s.p[i] == '\\')
				buf_add_byte(out, '\\');
			buf_add_byte(out, s.p[i]);
		}
	}
	buf_add_byte(out, '"');
}

static void
write_node(struct buf *out, const struct yaml_node *n, int depth)
{
	const struct yaml_node	*i;
	size_t			 count = 0;

	if (depth > YAML_DEPTH)
		abort();
	if (n->kind == YAML_NULL)
		buf_add_byte(out, '~');
	if (n->kind == YAML_TEXT)
		write_text(out, n->text);
	if (n->kind == YAML_NULL || n->kind == YAML_TEXT)
		return;
	buf_add_byte(out, n->kind == YAML_MAP ? '{' : '[');
	for (i = n->first; i != NULL; i = i->next) {
		if (n->kind == YAML_MAP) {
			write_text(out, i->key);
			buf_add_text(out, ": ");
		}
		write_node(out, i, depth + 1);
		buf_add_byte(out, ',');
		count++;
	}
	buf_add_byte(out, n->kind == YAML_MAP ? '}' : ']');
	if (count != n->count)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena		 a = ARENA_INIT;
	struct buf		 once = BUF_INIT, twice = BUF_INIT;
	struct yaml_node	*n;
	struct err		 e;
	int			 line;

	n = yaml_read((struct str){ (const char *)data, size }, &a, &line, &e);
	if (n != NULL) {
		write_node(&once, n, 0);
		n = once.len <= YAML_SIZE ? yaml_read(buf_str(&once), &a,
		    &line, &e) : NULL;
		if (n != NULL)
			write_node(&twice, n, 0);
		if (once.len <= YAML_SIZE && !str_eq(buf_str(&once),
		    buf_str(&twice)))
			abort();
	}
	buf_free(&once);
	buf_free(&twice);
	arena_free(&a);
	return 0;
}
