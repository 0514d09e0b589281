/*
 * Open addressing.  Nothing is removed; slots double when half are in use.
 */
#include "hsl/syntax/symtab.h"
#include "hsl/values/vstr.h"

static struct symbol *
symtab_slot(struct symbol *slots, uint32_t cap, struct str name)
{
	uint32_t	 i = vstr_hash_bytes(name.p, name.len) & (cap - 1);

	while (slots[i].value != NULL && !str_eq(slots[i].name, name))
		i = (i + 1) & (cap - 1);
	return &slots[i];
}

void *
symtab_get(const struct symtab *t, struct str name)
{
	return t->cap == 0 ? NULL :
	    symtab_slot(t->slots, t->cap, name)->value;
}

void
symtab_put(struct symtab *t, struct arena *a, struct str name, void *value)
{
	struct symbol	*slots, *s;
	uint32_t	 cap;

	if (2 * (t->count + 1) > t->cap) {
		cap = t->cap ? t->cap * 2 : 8;
		slots = arena_alloc(a, cap * sizeof *slots);
		for (uint32_t i = 0; i < t->cap; i++)
			if (t->slots[i].value != NULL)
				*symtab_slot(slots, cap, t->slots[i].name) =
				    t->slots[i];
		t->slots = slots;
		t->cap = cap;
	}
	s = symtab_slot(t->slots, t->cap, name);
	t->count += s->value == NULL;
	*s = (struct symbol){ name, value };
}
