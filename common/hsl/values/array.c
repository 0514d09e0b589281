/*
 * A hash keeps entries and index in one block: cap entries, then 2 * cap
 * positions, probed linearly.  A small one (cap <= ARRAY_SCAN) has no index:
 * to look at each of its entries takes no longer.  A removed entry leaves the
 * index at once, and those behind it move up, so that probing is as short as
 * if it had never been there.  Its place among the entries is given back if
 * it was the last; otherwise it is skipped, until there are more such places
 * than items: then the entries move together.
 *
 * I1  packed: count == used, keys are 0..count-1, no value is HSL_UNDEF.
 * I2  hash: used <= cap; the index, if any, has at least one 0 and names
 *     every entry that is not removed, and nothing else.
 * I3  hash: used <= 2 * count + ARRAY_HOLES.
 * I4  keys that are integers lie within +-ARRAY_KEY_MAX.
 */
#include <stdlib.h>

#include "hsl/values/array.h"
#include "hsl/values/space.h"
#include "hsl/values/vstr.h"

#define ARRAY_CAP_MIN	4
#define ARRAY_CAP_MAX	(1u << 27)
#define ARRAY_HOLES	8
#define ARRAY_SCAN	8	/* entries that need no index */
#define ARRAY_KEY_MAX	9007199254740991

static size_t
varr_hash_bytes(uint32_t cap)
{
	return cap * (sizeof(struct ventry) +
	    (cap > ARRAY_SCAN ? 2 * sizeof(uint32_t) : 0));
}

size_t
varr_bytes(const struct hsl_array *a)
{
	return a->packed ? a->cap * sizeof(struct hsl_value) :
	    varr_hash_bytes(a->cap);
}

struct hsl_array *
varr_new(struct hsl_exec *x, uint32_t cap)
{
	struct hsl_array	*a = vheap_alloc(&space_of(x)->heap, sizeof *a);

	a->refs = 1;
	a->type = HSL_ARRAY;
	a->packed = true;
	a->next_stale = false;
	a->count = a->used = a->cap = 0;
	a->dead = NULL;
	a->next = 0;
	a->index = NULL;
	a->u.list = NULL;
	if (cap > 0) {
		a->u.list = vheap_alloc(&space_of(x)->heap,
		    cap * sizeof *a->u.list);
		if (a->u.list != NULL)
			a->cap = cap;
	}
	return a;
}

void
varr_release(struct hsl_exec *x, struct hsl_array *a)
{
	vheap_free(&space_of(x)->heap, a->u.list, varr_bytes(a));
	vheap_free(&space_of(x)->heap, a, sizeof *a);
}

/* ---- Keys -------------------------------------------------------------- */

static bool
varr_box_same(const struct hsl_string *s, const struct hsl_value *v)
{
	struct hsl_value	 w;

	memcpy(&w, s->data, sizeof w);
	if (vnullish(w))
		return vnullish(*v);
	return w.type == v->type && w.u.counted == v->u.counted;
}

static bool
varr_entry_is(const struct ventry *e, const struct vkey *k)
{
	if (e->n != k->n || (e->s == NULL) != k->is_int)
		return false;
	if (k->is_int || e->s == k->s)
		return true;
	if (k->box != NULL)
		return e->s->len == VSTR_BOX && varr_box_same(e->s, k->box);
	return e->s->len == k->text.len &&
	    memcmp(e->s->data, k->text.p, k->text.len) == 0;
}

struct hsl_value
varr_entry_key(const struct ventry *e)
{
	struct hsl_value	 v;

	if (e->s == NULL)
		return vnumber((double)e->n);
	if (e->s->len != VSTR_BOX)
		return vmake(HSL_STRING, e->s);
	memcpy(&v, e->s->data, sizeof v);
	return v;
}

/* The string that an entry keeps as its key, which is no integer; NULL over
 * the heap's limit. */
static struct hsl_string *
varr_key_keep(struct hsl_exec *x, const struct vkey *k)
{
	struct hsl_string	*s;
	struct hsl_value	 v;

	if (k->s != NULL)
		return vref(vmake(HSL_STRING, k->s)).u.string;
	if (k->box == NULL) {
		s = vstr_new(x, k->text);
		if (s != NULL)
			s->hash = (uint32_t)k->n;
		return s;
	}
	if ((s = vstr_alloc(x, sizeof v)) == NULL)
		return NULL;
	v = vref(*k->box);
	if (v.type == HSL_UNDEF)
		v.type = HSL_NONE;
	memcpy(s->data, &v, sizeof v);
	s->len = VSTR_BOX;
	s->hash = (uint32_t)k->n;
	return s;
}

/* ---- The index --------------------------------------------------------- */

static inline uint32_t
varr_slot_int(const struct hsl_array *a, int64_t n)
{
	uint64_t	 h = (uint64_t)n * varr_key_factor;

	/* One product alone would spread the high bits of n too little. */
	h = (h ^ h >> 29) * 0x9fb21c651e98df25u;
	return (uint32_t)(h >> 32) & (2 * a->cap - 1);
}

/* The hash of a string is keyed and mixed already. */
static inline uint32_t
varr_slot(const struct hsl_array *a, int64_t n, bool is_int)
{
	return is_int ? varr_slot_int(a, n) :
	    (uint32_t)n & (2 * a->cap - 1);
}

static inline uint32_t
varr_slot_entry(const struct hsl_array *a, const struct ventry *e)
{
	return varr_slot(a, e->n, e->s == NULL);
}

static void
varr_index_add(struct hsl_array *a, uint32_t position)
{
	uint32_t	 mask = 2 * a->cap - 1;
	uint32_t	 i;

	if (a->index == NULL)
		return;
	i = varr_slot_entry(a, &a->u.entries[position]);
	while (a->index[i] != 0)
		i = (i + 1) & mask;
	a->index[i] = position + 1;
}

/* Takes an entry out of the index.  Entries behind it that had to give way to
 * it move back, so that probing still finds them. */
static void
varr_index_remove(struct hsl_array *a, uint32_t position)
{
	uint32_t	 mask = 2 * a->cap - 1, p, home, i, j;

	if (a->index == NULL)
		return;
	i = varr_slot_entry(a, &a->u.entries[position]);
	while (a->index[i] != position + 1)
		i = (i + 1) & mask;
	for (j = (i + 1) & mask; (p = a->index[j]) != 0; j = (j + 1) & mask) {
		home = varr_slot_entry(a, &a->u.entries[p - 1]);
		if (((j - home) & mask) < ((j - i) & mask))
			continue;
		a->index[i] = p;
		i = j;
	}
	a->index[i] = 0;
}

static void
varr_index_build(struct hsl_array *a)
{
	if (a->index == NULL)
		return;
	memset(a->index, 0, 2 * a->cap * sizeof *a->index);
	for (uint32_t i = 0; i < a->used; i++)
		varr_index_add(a, i);
}

/* Looks at one entry after the other.  A removed entry may still look
 * like k, so that a match must hold a value, too. */
static struct ventry *
varr_scan(const struct hsl_array *a, const struct vkey *k)
{
	struct ventry	*e, *end = a->u.entries + a->used;

	for (e = a->u.entries; e < end; e++)
		if (varr_entry_is(e, k) && e->v.type != HSL_UNDEF)
			return e;
	return NULL;
}

static struct ventry *
varr_lookup(const struct hsl_array *a, const struct vkey *k)
{
	uint32_t	 mask = 2 * a->cap - 1, i, p;
	struct ventry	*e;

	if (a->count == 0)
		return NULL;
	if (a->index == NULL)
		return varr_scan(a, k);
	for (i = varr_slot(a, k->n, k->is_int); (p = a->index[i]) != 0;
	    i = (i + 1) & mask) {
		e = &a->u.entries[p - 1];
		if (varr_entry_is(e, k))
			return e;
	}
	return NULL;
}

struct hsl_value *
varr_find(const struct hsl_array *a, struct vkey k)
{
	struct ventry	*e;

	if (a->packed)
		return k.is_int && k.n >= 0 && k.n < a->count ?
		    &a->u.list[k.n] : NULL;
	e = varr_lookup(a, &k);
	return e == NULL ? NULL : &e->v;
}

struct hsl_value *
varr_find_name(const struct hsl_array *a, struct hsl_string *s)
{
	int64_t		 hash = vstr_hash(s);
	struct ventry	*e, *end;
	uint32_t	 mask, i, p;

	if (a->packed)
		return NULL;
	if (a->used <= ARRAY_SCAN) {
		end = a->u.entries + a->used;
		for (e = a->u.entries; e < end; e++)
			if (e->s == s || (e->n == hash && e->s != NULL &&
			    vstr_same(e->s, s)))
				return &e->v;
		return NULL;
	}
	mask = 2 * a->cap - 1;
	for (i = varr_slot(a, hash, false); (p = a->index[i]) != 0;
	    i = (i + 1) & mask) {
		e = &a->u.entries[p - 1];
		if (e->s == s || (e->n == hash && e->s != NULL &&
		    vstr_same(e->s, s)))
			return &e->v;
	}
	return NULL;
}

struct hsl_value *
varr_find_int(const struct hsl_array *a, int64_t n)
{
	uint32_t	 mask, i, p;
	struct ventry	*e;

	if (a->packed)
		return n >= 0 && n < a->count ? &a->u.list[n] : NULL;
	if (a->count == 0)
		return NULL;
	if (a->index == NULL) {
		for (i = 0; i < a->used; i++) {
			e = &a->u.entries[i];
			if (e->n == n && e->s == NULL &&
			    e->v.type != HSL_UNDEF)
				return &e->v;
		}
		return NULL;
	}
	mask = 2 * a->cap - 1;
	for (i = varr_slot_int(a, n); (p = a->index[i]) != 0;
	    i = (i + 1) & mask) {
		e = &a->u.entries[p - 1];
		if (e->n == n && e->s == NULL)
			return &e->v;
	}
	return NULL;
}

struct hsl_value *
varr_find_value(const struct hsl_array *a, const struct hsl_value *k)
{
	if (k->type == HSL_STRING && k->u.string->data[0] > '9')
		return varr_find_name(a, k->u.string);
	if (k->type == HSL_NUMBER)
		return varr_find_int(a, vnum_key(k->u.number));
	return varr_find(a, varr_key(k));
}

/* A new block of entries for cap items, filled from the old one. */
static bool
varr_rebuild(struct hsl_exec *x, struct hsl_array *a, uint32_t cap)
{
	size_t		 old = varr_bytes(a), bytes;
	void		*mem = a->u.list;
	struct ventry	*e;
	uint32_t	 i, n = 0;

	bytes = varr_hash_bytes(cap);
	if (cap > ARRAY_CAP_MAX ||
	    (e = vheap_alloc(&space_of(x)->heap, bytes)) == NULL) {
		space_of(x)->heap.over = true;
		return false;
	}
	for (i = 0; i < a->used; i++) {
		if (a->packed)
			e[n++] = (struct ventry){ a->u.list[i], i, NULL };
		else if (a->u.entries[i].v.type != HSL_UNDEF)
			e[n++] = a->u.entries[i];
	}
	if (a->packed)
		a->next = a->count;
	vheap_free(&space_of(x)->heap, mem, old);
	a->packed = false;
	a->u.entries = e;
	a->index = cap > ARRAY_SCAN ? (uint32_t *)(void *)(e + cap) : NULL;
	a->cap = cap;
	a->used = n;
	varr_index_build(a);
	space_of(x)->budget -= n / 8;
	return true;
}

static uint32_t
varr_hash_cap(uint32_t count)
{
	uint32_t	 cap = ARRAY_CAP_MIN;

	while (cap < count)
		cap *= 2;
	return cap;
}

static bool
varr_list_grow(struct hsl_exec *x, struct hsl_array *a)
{
	uint32_t		 cap = a->cap < ARRAY_CAP_MIN ? ARRAY_CAP_MIN :
				    a->cap * 2;
	struct hsl_value	*list = NULL;

	if (cap <= ARRAY_CAP_MAX)
		list = vheap_resize(&space_of(x)->heap, a->u.list,
		    a->cap * sizeof *list, cap * sizeof *list);
	if (list == NULL) {
		space_of(x)->heap.over = true;
		return false;
	}
	a->u.list = list;
	a->cap = cap;
	return true;
}

struct hsl_value *
varr_push(struct hsl_exec *x, struct hsl_array *a, struct hsl_value v)
{
	struct hsl_value	*slot;

	if (a->packed) {
		if (a->used == a->cap && !varr_list_grow(x, a)) {
			vunref(x, v);
			return NULL;
		}
		a->count++;
		slot = &a->u.list[a->used++];
		*slot = v;
		return slot;
	}
	if (a->next_stale) {
		a->next = 0;
		for (uint32_t i = 0; i < a->used; i++)
			if (a->u.entries[i].v.type != HSL_UNDEF &&
			    a->u.entries[i].s == NULL &&
			    a->u.entries[i].n >= a->next)
				a->next = a->u.entries[i].n + 1;
		space_of(x)->budget -= a->used / 8;
		a->next_stale = false;
	}
	if ((slot = varr_put(x, a, varr_key_int(a->next))) == NULL) {
		vunref(x, v);
		return NULL;
	}
	*slot = v;
	return slot;
}

static struct hsl_value *
varr_insert(struct hsl_exec *x, struct hsl_array *a, const struct vkey *k)
{
	struct ventry		*e;
	struct hsl_string	*s = NULL;

	if (k->is_int && (k->n > ARRAY_KEY_MAX || k->n < -ARRAY_KEY_MAX)) {
		space_of(x)->throw(x, "a number as key lies within 2^53 - 1, "
		    "this one does not");
		return NULL;
	}
	/* Grows, unless it is enough to drop the entries that were removed. */
	if (a->used == a->cap && !varr_rebuild(x, a,
	    varr_hash_cap(a->count + a->count / 2 + 1)))
		return NULL;
	if (!k->is_int && (s = varr_key_keep(x, k)) == NULL)
		return NULL;
	e = &a->u.entries[a->used];
	e->v = vnone();
	e->n = k->n;
	e->s = s;
	varr_index_add(a, a->used++);
	a->count++;
	if (k->is_int && k->n >= a->next)
		a->next = k->n + 1;
	return &e->v;
}

struct hsl_value *
varr_put(struct hsl_exec *x, struct hsl_array *a, struct vkey k)
{
	struct ventry	*e;

	if (a->packed) {
		if (k.is_int && k.n >= 0 && k.n < a->count)
			return &a->u.list[k.n];
		if (k.is_int && k.n == a->count)
			return varr_push(x, a, vnone());
		if (!varr_rebuild(x, a, varr_hash_cap(a->count + 1)))
			return NULL;
	} else if ((e = varr_lookup(a, &k)) != NULL)
		return &e->v;
	return varr_insert(x, a, &k);
}

struct hsl_value *
varr_put_value(struct hsl_exec *x, struct hsl_array *a,
    const struct hsl_value *key)
{
	struct hsl_value	*slot;
	struct vkey		 k;

	if ((slot = varr_find_value(a, key)) != NULL)
		return slot;
	if (key->type == HSL_STRING && key->u.string->data[0] > '9') {
		if (a->packed && !varr_rebuild(x, a,
		    varr_hash_cap(a->count + 1)))
			return NULL;
		k = (struct vkey){ .n = vstr_hash(key->u.string),
		    .s = key->u.string };
		return varr_insert(x, a, &k);
	}
	k = varr_key(key);
	/* It was not found above, so it is added without another search. */
	if (k.is_int || a->packed)
		return varr_put(x, a, k);
	return varr_insert(x, a, &k);
}

struct hsl_array *
varr_new_names(struct hsl_exec *x, uint32_t cap)
{
	struct hsl_array	*a = varr_new(x, 0);

	(void)varr_rebuild(x, a, varr_hash_cap(cap));
	return a;
}

/* Drops the entries that were removed; the block stays where it is. */
static void
varr_compact(struct hsl_exec *x, struct hsl_array *a)
{
	uint32_t	 n = 0;

	space_of(x)->budget -= a->used / 8;
	for (uint32_t i = 0; i < a->used; i++)
		if (a->u.entries[i].v.type != HSL_UNDEF)
			a->u.entries[n++] = a->u.entries[i];
	a->used = n;
	varr_index_build(a);
}

static void
varr_remove_entry(struct hsl_exec *x, struct hsl_array *a, struct ventry *e)
{
	uint32_t	 position = (uint32_t)(e - a->u.entries);

	if (e->s == NULL && e->n == a->next - 1)
		a->next_stale = true;
	varr_index_remove(a, position);
	e->v.type = HSL_UNDEF;
	e->s = NULL;
	e->n = INT64_MIN;
	a->count--;
	while (a->used > 0 &&
	    a->u.entries[a->used - 1].v.type == HSL_UNDEF)
		a->used--;
	if (a->used > 2 * a->count + ARRAY_HOLES)
		varr_compact(x, a);
}

bool
varr_remove(struct hsl_exec *x, struct hsl_array *a, struct vkey k)
{
	struct hsl_value	 old;
	struct hsl_string	*s;
	struct ventry		*e;

	if (a->packed) {
		if (!k.is_int || k.n < 0 || k.n >= a->count)
			return false;
		if (k.n == a->count - 1) {
			a->used = --a->count;
			vunref(x, a->u.list[k.n]);
			return true;
		}
		if (!varr_rebuild(x, a, varr_hash_cap(a->count)))
			return false;
	}
	if ((e = varr_lookup(a, &k)) == NULL)
		return false;
	old = e->v;
	s = e->s;
	varr_remove_entry(x, a, e);
	if (s != NULL)
		vunref(x, vmake(HSL_STRING, s));
	vunref(x, old);
	return true;
}

bool
varr_next(const struct hsl_array *a, uint32_t *pos, struct hsl_value *k,
    struct hsl_value **v)
{
	struct ventry	*e;

	if (a->packed) {
		if (*pos >= a->used)
			return false;
		*k = vnumber(*pos);
		*v = &a->u.list[(*pos)++];
		return true;
	}
	while (*pos < a->used) {
		e = &a->u.entries[(*pos)++];
		if (e->v.type == HSL_UNDEF)
			continue;
		*k = varr_entry_key(e);
		*v = &e->v;
		return true;
	}
	return false;
}
