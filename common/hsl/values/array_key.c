/*
 * Keys in the form that arrays compare.  Text that spells an integer as it
 * would be printed is that integer.
 */
#include <stdlib.h>

#include "hsl/values/array.h"
#include "hsl/values/vstr.h"

/* Integer keys come from mail, too: with a factor that nobody can guess no
 * sender can choose keys that collide. */
uint64_t	varr_key_factor;

void
varr_seed(void)
{
	if (varr_key_factor == 0)
		varr_key_factor = ((uint64_t)arc4random() << 32 |
		    arc4random()) | 1;
}

/* Whether text is an integer as it would be printed. */
static bool
varr_key_integer(struct str s, int64_t *n)
{
	size_t	 i = s.len > 0 && s.p[0] == '-';
	size_t	 first = i;

	if (s.len == first || s.len > first + 15)
		return false;
	if (s.p[i] == '0' && s.len != 1)
		return false;
	for (*n = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		*n = *n * 10 + (s.p[i] - '0');
	}
	if (first == 1)
		*n = -*n;
	return true;
}

struct vkey
varr_key_int(int64_t n)
{
	return (struct vkey){ .is_int = true, .n = n };
}

struct vkey
varr_key_text(struct str text)
{
	struct vkey	 k = { .text = text };

	if (varr_key_integer(text, &k.n))
		k.is_int = true;
	else
		k.n = vstr_hash_bytes(text.p, text.len);
	return k;
}

struct vkey
varr_key(const struct hsl_value *v)
{
	struct vkey	 k = { .is_int = false };

	if (v->type == HSL_NUMBER || v->type == HSL_BOOLEAN) {
		k.is_int = true;
		k.n = v->type == HSL_NUMBER ? vnum_key(v->u.number) :
		    v->u.boolean;
	} else if (v->type == HSL_STRING) {
		k.s = v->u.string;
		k.text = vstr_str(k.s);
		if ((k.s->data[0] <= '9') &&
		    varr_key_integer(k.text, &k.n))
			k.is_int = true;
		else
			k.n = vstr_hash(k.s);
	} else {
		k.box = v;
		if (vnullish(*v))
			k.n = 1;
		else
			k.n = (uint32_t)(((uintptr_t)v->u.counted >> 4) *
			    varr_key_factor >> 32) | 4;
	}
	return k;
}
