/*
 * Strings grow by half when appended to, so that building one byte by byte
 * is linear.  The hash is keyed once per process: keys come from mail, and
 * colliding ones must not be predictable.
 */
#include <stdlib.h>

#include "hsl/values/space.h"
#include "hsl/values/vstr.h"

#define VSTR_MAX	0x7fffff00u

struct hsl_string *
vstr_alloc(struct hsl_exec *x, size_t len)
{
	struct hsl_string	*s;
	size_t			 cap;

	if (len > VSTR_MAX) {
		space_of(x)->heap.over = true;
		return NULL;
	}
	cap = (sizeof *s + len + 1 + VHEAP_UNIT - 1) / VHEAP_UNIT *
	    VHEAP_UNIT - sizeof *s - 1;
	if ((s = vheap_alloc(&space_of(x)->heap, sizeof *s + cap + 1)) == NULL)
		return NULL;
	s->refs = 1;
	s->hash = 0;
	s->len = (uint32_t)len;
	s->cap = (uint32_t)cap;
	s->data[len] = '\0';
	return s;
}

struct hsl_string *
vstr_new(struct hsl_exec *x, struct str text)
{
	struct hsl_string	*s = vstr_alloc(x, text.len);

	if (s != NULL && text.len > 0)
		memcpy(s->data, text.p, text.len);
	return s;
}

void
vstr_free_box(struct hsl_exec *x, struct hsl_string *s)
{
	struct hsl_value	 v;

	memcpy(&v, s->data, sizeof v);
	vunref(x, v);
	vheap_free(&space_of(x)->heap, s, sizeof *s + s->cap + 1);
}

struct hsl_value
vstr_value(struct hsl_string *s)
{
	return s == NULL ? vnone() : vmake(HSL_STRING, s);
}

/* A struct hsl_string of one byte and NUL: a flexible array member can't be
 * initialised. */
struct vstr_one {
	uint32_t	 refs, hash, len, cap;
	char		 data[4];
};

#define ONE(c)	{ VREF_IMMORTAL, 0, 1, 1, { (char)(c), 0, 0, 0 } },
#define ONE4(c)	ONE(c) ONE((c) + 1) ONE((c) + 2) ONE((c) + 3)
#define ONE16(c) ONE4(c) ONE4((c) + 4) ONE4((c) + 8) ONE4((c) + 12)
#define ONE64(c) ONE16(c) ONE16((c) + 16) ONE16((c) + 32) ONE16((c) + 48)

/* Not const: their hashes are filled in when first needed. */
static struct vstr_one	vstr_ones[256] = {
	ONE64(0) ONE64(64) ONE64(128) ONE64(192)
};

static struct vstr_one	vstr_none = { VREF_IMMORTAL, 0, 0, 1, { 0 } };

struct hsl_value
vstr_byte(unsigned char c)
{
	return vmake(HSL_STRING, &vstr_ones[c]);
}

struct hsl_value
vstr_empty(void)
{
	return vmake(HSL_STRING, &vstr_none);
}

struct hsl_value
vstr_take(struct hsl_exec *x, struct buf *b)
{
	struct hsl_value	 v = vstr_value(vstr_new(x, buf_str(b)));

	buf_clear(b);
	return v;
}

static uint64_t
vstr_mix(uint64_t h, uint64_t w)
{
	h = (h ^ w) * 0x9fb21c651e98df25u;
	return h ^ (h >> 32);
}

/* Up to eight bytes as a word; which ones overlap follows from len. */
static inline uint64_t
vstr_tail(const char *p, size_t len)
{
	uint32_t	 first, last;

	if (len < 4)
		return (uint64_t)(unsigned char)p[0] << 16 |
		    (uint64_t)(unsigned char)p[len / 2] << 8 |
		    (unsigned char)p[len - 1];
	memcpy(&first, p, 4);
	memcpy(&last, p + len - 4, 4);
	return (uint64_t)first << 32 | last;
}

uint32_t
vstr_hash_bytes(const char *p, size_t len)
{
	static uint64_t	 key;
	uint64_t	 h, w;
	const char	*end = p + len;

	if (key == 0)
		key = ((uint64_t)arc4random() << 32 | arc4random()) | 1;
	h = key ^ len;
	if (len > 8) {
		for (; end - p > 8; p += 8) {
			memcpy(&w, p, 8);
			h = vstr_mix(h, w);
		}
		memcpy(&w, end - 8, 8);
		h = vstr_mix(h, w);
	} else if (len > 0)
		h = vstr_mix(h, vstr_tail(p, len));
	h = vstr_mix(h, key);
	return (uint32_t)h != 0 ? (uint32_t)h : 1;
}

static struct hsl_string *
vstr_grow(struct hsl_exec *x, struct hsl_string *s, size_t len)
{
	size_t	 size = sizeof *s + s->cap + 1;
	size_t	 want = sizeof *s + len + len / 2 + 1;

	want = (want + VHEAP_UNIT - 1) / VHEAP_UNIT * VHEAP_UNIT;
	if (len > VSTR_MAX / 2)
		want = sizeof *s + len + 1;
	if ((s = vheap_resize(&space_of(x)->heap, s, size, want)) == NULL)
		return NULL;
	s->cap = (uint32_t)(want - sizeof *s - 1);
	return s;
}

bool
vstr_append(struct hsl_exec *x, struct hsl_value *slot, struct str add)
{
	struct hsl_value	 old = *slot;
	struct hsl_string	*s = old.u.string, *n = s;
	size_t			 len = (size_t)s->len + add.len;
	bool			 copied = false;

	if (len > VSTR_MAX) {
		space_of(x)->heap.over = true;
		return false;
	}
	if (s->refs == 1 && len > s->cap && add.p != s->data)
		n = vstr_grow(x, s, len);
	else if (s->refs != 1 || len > s->cap) {
		copied = true;
		if ((n = vstr_alloc(x, len)) != NULL)
			memcpy(n->data, s->data, s->len);
		space_of(x)->budget -= s->len / 64;
	}
	if (n == NULL)
		return false;
	space_of(x)->budget -= (int64_t)(add.len / 64);
	if (add.len > 0)
		memcpy(n->data + (len - add.len), add.p, add.len);
	n->len = (uint32_t)len;
	n->hash = 0;
	n->data[len] = '\0';
	slot->u.string = n;
	if (copied)
		vunref(x, old);
	return true;
}
