/*
 * array - ordered maps, with lists as a packed special case
 *
 * A packed array holds values whose keys are 0 to count-1.  Any other key
 * makes it a hash: entries in order of insertion plus an index of positions,
 * probed linearly.  A removed entry stays as HSL_UNDEF, which walking skips,
 * until there are more of them than items.
 *
 * Ownership  slots returned are borrowed and hold until the array changes.
 *            Functions that change one need it unshared: varr_own() first.
 * Failure    over the heap's limit, or after an exception for an integer key
 *            beyond 2^53, a change is dropped and NULL returned.
 */
#ifndef HSL_VALUES_ARRAY_H
#define HSL_VALUES_ARRAY_H

#include "hsl/values/object.h"

struct ventry {
	struct hsl_value	 v;		/* HSL_UNDEF: removed */
	int64_t			 n;		/* integer key, or the hash */
	struct hsl_string	*s;		/* NULL: an integer key */
};

struct hsl_array {
	uint32_t		 refs;
	uint8_t			 type;
	bool			 packed;
	bool			 next_stale;	/* `next` must be found anew:
						 * the highest key went */
	struct vcell		*dead;
	uint32_t		 count;		/* items */
	uint32_t		 used;		/* slots, removed ones too */
	uint32_t		 cap;
	int64_t			 next;		/* hash: next key appended */
	union {
		struct hsl_value *list;
		struct ventry	*entries;
	} u;
	uint32_t		*index;		/* 2 * cap; position + 1 or 0;
						 * NULL: there is none */
};

/* A key in the form arrays compare. */
struct vkey {
	bool			 is_int;
	int64_t			 n;		/* integer key, or the hash */
	struct str		 text;
	struct hsl_string	*s;		/* NULL: made when needed */
	const struct hsl_value	*box;		/* a key of another type */
};

/* How integer keys are hashed: varr_seed() chooses it before the first array
 * is made. */
extern uint64_t	 varr_key_factor;
void		 varr_seed(void);
struct hsl_array *varr_new(struct hsl_exec *x, uint32_t cap);
/* An array that will have about `cap` keys that are names. */
struct hsl_array *varr_new_names(struct hsl_exec *x, uint32_t cap);
struct vkey	 varr_key(const struct hsl_value *k);
struct vkey	 varr_key_text(struct str text);
struct vkey	 varr_key_int(int64_t n);

struct hsl_value *varr_find(const struct hsl_array *a, struct vkey k);
/* For callers that know the kind of key: a string that spells no integer, and
 * an integer. */
struct hsl_value *varr_find_name(const struct hsl_array *a,
		    struct hsl_string *s);
struct hsl_value *varr_find_int(const struct hsl_array *a, int64_t n);
struct hsl_value *varr_find_value(const struct hsl_array *a,
		    const struct hsl_value *k);
/* The slot of k, made (as none) if there was none. */
struct hsl_value *varr_put(struct hsl_exec *x, struct hsl_array *a,
		    struct vkey k) __attribute__((warn_unused_result));
struct hsl_value *varr_put_value(struct hsl_exec *x, struct hsl_array *a,
		    const struct hsl_value *k)
		    __attribute__((warn_unused_result));
/* Takes v, which is dropped if there is no room. */
struct hsl_value *varr_push(struct hsl_exec *x, struct hsl_array *a,
		    struct hsl_value v) __attribute__((warn_unused_result));
bool		 varr_remove(struct hsl_exec *x, struct hsl_array *a,
		    struct vkey k);
/* v becomes an array (if it is none) that nothing else holds; or NULL. */
struct hsl_array *varr_own(struct hsl_exec *x, struct hsl_value *v)
		    __attribute__((warn_unused_result));
struct hsl_array *varr_clone(struct hsl_exec *x, const struct hsl_array *a)
		    __attribute__((warn_unused_result));
/* The size of the block that u and index lie in. */
size_t		 varr_bytes(const struct hsl_array *a);
void		 varr_release(struct hsl_exec *x, struct hsl_array *a);

/* Walks from *pos; the key is borrowed as the value is. */
bool		 varr_next(const struct hsl_array *a, uint32_t *pos,
		    struct hsl_value *k, struct hsl_value **v);
struct hsl_value varr_entry_key(const struct ventry *e);

/*
 * varr_push() and varr_put() where nothing depends on it at once: over the
 * heap's limit the execution ends at its next check anyway.  Both take v.
 */
static inline void
varr_add(struct hsl_exec *x, struct hsl_array *a, struct hsl_value v)
{
	if (varr_push(x, a, v) == NULL)
		return;
}

void		 varr_set(struct hsl_exec *x, struct hsl_array *a,
		    struct vkey k, struct hsl_value v);

static inline bool
varr_is_list(const struct hsl_array *a)
{
	return a->packed;
}

#endif
