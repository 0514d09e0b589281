/*
 * Looking things up in a compiled program: the place of an instruction, a
 * member of a class, a row of a table of natives.
 */
#include "hsl/values/array.h"
#include "hsl/values/class.h"

const struct vmember *
vclass_member(const struct vclass *c, struct hsl_string *name)
{
	struct hsl_value	 key = vmake(HSL_STRING, name), *v;

	/* Code names them by these very strings. */
	for (uint32_t i = 0; i < c->nmembers && i < 8; i++)
		if (c->members[i].name == name)
			return &c->members[i];
	v = varr_find_value(c->table, &key);

	return v == NULL ? NULL : &c->members[(uint32_t)v->u.number];
}

const struct mark *
proto_mark(const struct proto *p, uint32_t pc)
{
	uint32_t	 lo = 0, hi = p->nmarks, mid;

	while (lo + 1 < hi) {
		mid = (lo + hi) / 2;
		if (p->marks[mid].pc <= pc)
			lo = mid;
		else
			hi = mid;
	}
	return p->nmarks > 0 ? &p->marks[lo] : NULL;
}

const struct hsl_function *
table_find(const struct hsl_function *table, struct str name)
{
	for (; table != NULL && table->name != NULL; table++)
		if (str_eq(str_of(table->name), name))
			return table;
	return NULL;
}
