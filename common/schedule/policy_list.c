/*
 * Each list has an index of its own, so that one can be filled anew and take
 * the place of what was there.
 */
#include <stdio.h>
#include <stdlib.h>

#include "policy_list.h"
#include "policy_private.h"

struct policy_list *
policy_list_find(const struct policies *p, struct str id)
{
	return (struct policy_list *)row_id_find(&p->ids, POLICY_ROW_LIST,
	    id);
}

bool
policy_word(struct str *rest, struct str *word)
{
	size_t	n = 0;

	if (rest->p == NULL)
		return false;
	*rest = str_trim(*rest);
	while (n < rest->len && rest->p[n] != ' ' && rest->p[n] != '\t')
		n++;
	*word = (struct str){ rest->p, n };
	rest->p += n;
	rest->len -= n;
	return n > 0;
}

bool
policy_list_items(struct policy_list *l, const struct source *src,
    const struct line *line, struct str items)
{
	struct str	item;
	struct err	e;
	bool		ok = true;

	while (policy_word(&items, &item)) {
		if (pattern_add(&l->index, item, 1, &e) == 0)
			continue;
		line_report(src, line, line_offset(line, item),
		    "\"%.*s\" %s", (int)(item.len < 128 ? item.len : 128),
		    item.p, e.text);
		ok = false;
	}
	return ok;
}

bool
policy_list_text(struct pattern_index *x, const char *file, struct str text,
    struct reports *r)
{
	struct str	rest = text, item;
	struct place	at = { file, 0, 1 };
	struct err	e;
	bool		ok = true;

	while (rest.len > 0 && !reports_full(r)) {
		item = str_trim(str_split(rest, '\n', &rest));
		at.line++;
		if (item.len == 0 || item.p[0] == '#' ||
		    pattern_add(x, item, 1, &e) == 0)
			continue;
		report(r, &at, "\"%.*s\" %s", (int)(item.len < 128 ?
		    item.len : 128), item.p, e.text);
		ok = false;
	}
	return ok;
}

/* ---- Changes ----------------------------------------------------------- */

size_t
policies_list_count(const struct policies *p)
{
	return p != NULL ? p->lists.count : 0;
}

void
policies_list_at(const struct policies *p, size_t i,
    struct policy_list_view *v)
{
	const struct policy_list	*l = p->lists.p[i];

	*v = (struct policy_list_view){ l->name.id, l->field, l->file,
	    l->index.count };
}

static int
policy_list_wanted(const struct policies *p, struct str id,
    struct policy_list **l, struct err *e)
{
	*l = p != NULL ? policy_list_find(p, id) : NULL;
	return *l != NULL ? 0 : err_set(e, "there is no list \"%.*s\"",
	    (int)(id.len < 64 ? id.len : 64), id.p);
}

int
policies_list_add(struct policies *p, struct str id, struct str item,
    struct err *e)
{
	struct policy_list	*l;
	struct err		 why;

	if (policy_list_wanted(p, id, &l, e) == -1)
		return -1;
	/* Twice would have to be deleted twice. */
	(void)pattern_remove(&l->index, item, 1);
	if (pattern_add(&l->index, item, 1, &why) == -1)
		return err_set(e, "\"%.*s\" %s", (int)(item.len < 128 ?
		    item.len : 128), item.p, why.text);
	policies_settle(p);
	return 0;
}

int
policies_list_delete(struct policies *p, struct str id, struct str item,
    struct err *e)
{
	struct policy_list	*l;

	if (policy_list_wanted(p, id, &l, e) == -1)
		return -1;
	if (!pattern_remove(&l->index, item, 1))
		return err_set(e, "\"%.*s\" is not in it",
		    (int)(item.len < 128 ? item.len : 128), item.p);
	policies_settle(p);
	return 0;
}

bool
policies_list_has(const struct policies *p, struct str id, struct str value)
{
	const struct policy_list	*l = p != NULL ?
					    policy_list_find(p, id) : NULL;

	return l != NULL && pattern_has(&l->index, value);
}

int
policies_list_file(struct policies *p, struct str id, struct str text,
    conf_report_fn *fn, void *arg)
{
	struct policy_list	*l = policy_list_find(p, id);
	struct reports		 r = REPORTS_INIT(fn, arg);
	struct pattern_index	 fresh;
	struct str		 rest, item;
	bool			 ok;

	if (l == NULL || l->file.len == 0)
		return -1;
	pattern_index_init(&fresh, l->index.type);
	for (rest = l->items; policy_word(&rest, &item);)
		(void)pattern_add(&fresh, item, 1, NULL);
	ok = policy_list_text(&fresh, l->file.p, text, &r);
	reports_fini(&r);
	if (!ok) {
		pattern_index_fini(&fresh);
		return -1;
	}
	pattern_index_fini(&l->index);
	l->index = fresh;
	policies_settle(p);
	return 0;
}

struct list_shown {
	struct buf	*out;
	uint64_t	 left;
	bool		 more;
};

static bool
policy_list_show_one(void *arg, struct str pattern)
{
	struct list_shown	*s = arg;

	if (s->left == 0) {
		s->more = true;
		return false;
	}
	s->left--;
	buf_add_json(s->out, pattern);
	buf_add_byte(s->out, '\n');
	return true;
}

bool
policies_list_show(struct policies *p, struct str id, uint64_t limit,
    struct buf *out)
{
	struct policy_list	*l = policy_list_find(p, id);
	struct list_shown	 s = { out, limit, false };

	if (l != NULL)
		pattern_show(&l->index, policy_list_show_one, &s);
	return s.more;
}
