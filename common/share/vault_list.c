/*
 * Looking through a vault, and clearing of it: rare, and for an administrator.
 */
#include "vault_private.h"

struct vault_walk {
	struct vault	*vault;
	enum vault_space space;
	struct str	 prefix;
	void		(*fn)(void *arg, const struct vault_seen *v);
	void		*arg;
	size_t		 count;
};

static bool
walk_means(const struct vault_walk *w, const struct item *i)
{
	const struct str	key = { i->key, i->entry.len };

	return i->entry.kind == (uint32_t)w->space &&
	    str_prefix(key, w->prefix) &&
	    (!i->lease.held || i->lease.ends_ms > w->vault->now_ms);
}

static void
walk_show(void *arg, struct hmap_entry *e)
{
	struct vault_walk	*w = arg;
	struct item		*i = (struct item *)e;
	struct vault_seen	 v = { .key = { i->key, i->entry.len },
				    .bytes = i->len };

	if (!walk_means(w, i))
		return;
	if (i->lease.held)
		v.left_ms = i->lease.ends_ms - w->vault->now_ms;
	if (w->space == VAULT_RATE) {
		v.interval_ms = i->window.interval_ms;
		v.hits = window_count(&i->window, w->vault->now_ms,
		    i->window.interval_ms);
		if (v.hits == 0)
			return;
	}
	w->count++;
	w->fn(w->arg, &v);
}

size_t
vault_list(struct vault *s, enum vault_space space, struct str prefix,
    void (*fn)(void *arg, const struct vault_seen *v), void *arg)
{
	struct vault_walk	w = { s, space, prefix, fn, arg, 0 };

	hmap_walk(&s->items, s->items.size, walk_show, &w);
	return w.count;
}

static void
walk_clear(void *arg, struct hmap_entry *e)
{
	struct vault_walk	*w = arg;

	if (!walk_means(w, (struct item *)e))
		return;
	w->count++;
	vault_item_free(w->vault, (struct item *)e);
}

size_t
vault_clear(struct vault *s, enum vault_space space, struct str prefix)
{
	struct vault_walk	w = { s, space, prefix, NULL, NULL, 0 };

	hmap_walk(&s->items, s->items.size, walk_clear, &w);
	return w.count;
}
