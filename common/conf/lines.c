/*
 * Reading goes one physical line ahead: whether a logical line is complete is
 * seen only from the line after it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lines.h"

void
lines_init(struct lines *r, struct str text)
{
	r->rest = text;
	r->next = 1;
}

static bool
lines_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Nothing but blanks, or a comment. */
static bool
lines_skippable(struct str s)
{
	s = str_trim(s);
	return s.len == 0 || s.p[0] == '#';
}

static void
line_add(struct line *l, struct str s, int number)
{
	if (l->count == l->cap) {
		l->cap = l->cap == 0 ? 4 : l->cap * 2;
		l->marks = xreallocarray(l->marks, l->cap, sizeof *l->marks);
	}
	l->marks[l->count++] = (struct line_mark){ l->text.len, number, 1 };
	buf_add_str(&l->text, s);
}

bool
lines_next(struct lines *r, struct line *l)
{
	struct str	head, rest;

	buf_clear(&l->text);
	l->count = 0;
	while (r->rest.len > 0) {
		head = str_split(r->rest, '\n', &rest);
		if (!lines_skippable(head)) {
			if (l->count > 0 && !lines_blank(head.p[0]))
				break;
			line_add(l, head, r->next);
		}
		r->rest = rest;
		r->next++;
	}
	return l->count > 0;
}

void
line_where(const struct line *l, size_t offset, int *line, int *column)
{
	size_t	i = l->count - 1;

	while (i > 0 && l->marks[i].offset > offset)
		i--;
	*line = l->marks[i].line;
	*column = l->marks[i].column + (int)(offset - l->marks[i].offset);
}

void
line_free(struct line *l)
{
	buf_free(&l->text);
	free(l->marks);
	*l = (struct line)LINE_INIT;
}
