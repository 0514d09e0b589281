/*
 * A key is each value with its length before it.  Suspensions with the same
 * key are a list, whose head is in the map.
 */
#include "policy_suspend.h"

void
suspend_key(struct buf *out, unsigned fields, const struct policy_values *v)
{
	uint32_t	len;
	int		f;

	buf_clear(out);
	for (f = 0; f < POLICY_FIELDS; f++) {
		if ((fields & POLICY_BIT(f)) == 0)
			continue;
		len = (uint32_t)v->of[f].len;
		buf_add(out, &len, sizeof len);
		buf_add_str(out, v->of[f]);
	}
}

void
suspend_init(struct suspend_table *t)
{
	*t = (struct suspend_table){ .mask_count = 0 };
	hmap_init(&t->map);
}

void
suspend_fini(struct suspend_table *t)
{
	hmap_fini(&t->map);
	buf_free(&t->key);
}

static struct suspended *
suspend_at(const struct suspend_table *t, unsigned fields, struct str key)
{
	/* Finding may move buckets, but changes nothing that is seen. */
	struct hmap	*map = (struct hmap *)(uintptr_t)&t->map;

	return (struct suspended *)hmap_find(map, fields, key);
}

void
suspend_add(struct suspend_table *t, struct suspended *s)
{
	unsigned		 fields = s->view.fields;
	struct suspended	*head;

	head = suspend_at(t, fields, (struct str){ s->entry.key,
	    s->entry.len });
	s->entry.kind = fields;
	s->head = head != NULL ? head : s;
	s->same = NULL;
	if (head != NULL) {
		s->same = head->same;
		head->same = s;
	} else {
		hmap_insert(&t->map, &s->entry);
	}
	if (t->uses[fields]++ == 0)
		t->masks[t->mask_count++] = (uint16_t)fields;
}

static void
suspend_unmask(struct suspend_table *t, unsigned fields)
{
	size_t	i;

	if (--t->uses[fields] > 0)
		return;
	for (i = 0; t->masks[i] != fields; i++)
		;
	t->masks[i] = t->masks[--t->mask_count];
}

/* The next of its key takes the place of a head. */
static void
suspend_replace(struct suspend_table *t, struct suspended *s)
{
	struct suspended	*next = s->same, *one;

	hmap_remove(&t->map, &s->entry);
	for (one = next; one != NULL; one = one->same)
		one->head = next;
	if (next != NULL)
		hmap_insert(&t->map, &next->entry);
}

void
suspend_drop(struct suspend_table *t, struct suspended *s)
{
	struct suspended	*before = s->head;

	if (s->head == s) {
		suspend_replace(t, s);
	} else {
		while (before->same != s)
			before = before->same;
		before->same = s->same;
	}
	s->head = NULL;
	s->same = NULL;
	suspend_unmask(t, s->view.fields);
}

const struct policy_suspension *
suspend_find(struct suspend_table *t, const struct policy_values *v,
    int64_t now_ms)
{
	const struct suspended	*s = NULL;
	unsigned		 have = 0;
	size_t			 i;
	int			 f;

	for (f = 0; f < POLICY_FIELDS; f++)
		if (v->of[f].len > 0)
			have |= POLICY_BIT(f);
	for (i = 0; i < t->mask_count && s == NULL; i++) {
		if ((t->masks[i] & ~have) != 0)
			continue;
		suspend_key(&t->key, t->masks[i], v);
		s = suspend_at(t, t->masks[i], buf_str(&t->key));
		while (s != NULL && (!s->view.open ||
		    s->view.expires_ms <= now_ms))
			s = s->same;
	}
	return s != NULL ? &s->view : NULL;
}
