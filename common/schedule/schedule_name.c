/*
 * schedule_name - each text once, for as long as somebody uses it
 *
 * What is counted are its uses; the last one takes the text away.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "schedule_private.h"

static const char *
sname_chars(const struct schedule_name *n)
{
	const char *p = n->text;

	if (n->len > SCHEDULE_NAME_SHORT)
		memcpy(&p, n->text, sizeof(p));
	return p;
}

static bool
sname_same(const void *arg, uint32_t i, const void *key)
{
	const struct schedule	   *s = arg;
	const struct schedule_name *n = PART(s, schedule_name, i);
	const struct str	   *text = key;

	return n->len == text->len &&
	    memcmp(sname_chars(n), text->p, n->len) == 0;
}

uint32_t
sname_find(const struct schedule *s, struct str text)
{
	if (text.len == 0)
		return 0;
	return slab_index_find(&s->by_name,
	    (uint32_t)hmap_hash(s->secret, 0, text), sname_same, s, &text);
}

static void
sname_set(struct schedule *s, struct schedule_name *n, struct str text)
{
	char *p = n->text;

	n->len = (uint32_t)text.len;
	if (text.len > SCHEDULE_NAME_SHORT) {
		p = xmalloc(text.len);
		memcpy(n->text, &p, sizeof(p));
		s->extra_bytes += text.len;
	}
	memcpy(p, text.p, text.len);
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
	name = slab_take(&s->names);
	n = PART(s, schedule_name, name);
	n->refs = 1;
	n->hash = (uint32_t)hmap_hash(s->secret, 0, text);
	sname_set(s, n, text);
	slab_index_add(&s->by_name, n->hash, name);
	return name;
}

uint32_t
sname_ref(struct schedule *s, uint32_t name)
{
	if (name != 0)
		PART(s, schedule_name, name)->refs++;
	return name;
}

void
sname_free(struct schedule *s, uint32_t name)
{
	const struct schedule_name *n;

	if (name == 0)
		return;
	n = PART(s, schedule_name, name);
	if (n->len <= SCHEDULE_NAME_SHORT)
		return;
	s->extra_bytes -= n->len;
	free((char *)(uintptr_t)sname_chars(n));
}

void
sname_drop(struct schedule *s, uint32_t name)
{
	struct schedule_name *n;

	if (name == 0)
		return;
	n = PART(s, schedule_name, name);
	if (--n->refs > 0)
		return;
	slab_index_drop(&s->by_name, n->hash, name);
	sname_free(s, name);
	slab_give(&s->names, name);
}

struct str
sname_text(const struct schedule *s, uint32_t name)
{
	const struct schedule_name *n;

	if (name == 0)
		return STR_NONE;
	n = PART(s, schedule_name, name);
	return (struct str){ sname_chars(n), n->len };
}
