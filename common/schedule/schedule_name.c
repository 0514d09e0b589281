/*
 * schedule_name - each text once, for as long as somebody uses it
 *
 * What is counted are its uses; the last one takes the text away.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "schedule_private.h"

static struct schedule_name *
sname_at(const struct schedule *s, uint32_t name)
{
	return *(struct schedule_name **)slab_at(&s->names, name);
}

static bool
sname_same(const void *arg, uint32_t i, const void *key)
{
	const struct schedule_name *n = sname_at(arg, i);
	const struct str	   *text = key;

	return n->len == text->len && memcmp(n->text, text->p, n->len) == 0;
}

uint32_t
sname_find(const struct schedule *s, struct str text)
{
	if (text.len == 0)
		return 0;
	return slab_index_find(&s->by_name,
	    (uint32_t)hmap_hash(s->secret, 0, text), sname_same, s, &text);
}

uint32_t
sname_take(struct schedule *s, struct str text)
{
	struct schedule_name *n;
	uint32_t	      name;

	if (text.len == 0)
		return 0;
	name = sname_find(s, text);
	if (name != 0)
		return sname_ref(s, name);
	n = xmalloc(sizeof(*n) + text.len);
	n->refs = 1;
	n->hash = (uint32_t)hmap_hash(s->secret, 0, text);
	n->len = (uint32_t)text.len;
	memcpy(n->text, text.p, text.len);
	s->extra_bytes += sizeof(*n) + text.len;
	name = slab_take(&s->names);
	*(struct schedule_name **)slab_at(&s->names, name) = n;
	slab_index_add(&s->by_name, n->hash, name);
	return name;
}

uint32_t
sname_ref(struct schedule *s, uint32_t name)
{
	if (name != 0)
		sname_at(s, name)->refs++;
	return name;
}

void
sname_drop(struct schedule *s, uint32_t name)
{
	struct schedule_name *n;

	if (name == 0)
		return;
	n = sname_at(s, name);
	if (--n->refs > 0)
		return;
	slab_index_drop(&s->by_name, n->hash, name);
	s->extra_bytes -= sizeof(*n) + n->len;
	free(n);
	slab_give(&s->names, name);
}

struct str
sname_text(const struct schedule *s, uint32_t name)
{
	struct schedule_name *n;

	if (name == 0)
		return STR_NONE;
	n = sname_at(s, name);
	return (struct str){ n->text, n->len };
}
