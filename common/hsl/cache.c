/*
 * A space is a list of entries, the one used last first; the last goes when
 * there are too many, in the space or in bytes.  Keys are frozen arguments.
 *
 * The native is a frame that may call three functions, one after the other:
 * the one cached, update_function, ttl_function.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "hsl/cache.h"
#include "hsl/frozen.h"
#include "hsl/lib.h"

#define CACHE_KEY_MAX	65536
#define CACHE_VALUE_MAX	(1024 * 1024)
#define CACHE_BYTES_MAX	(16 * 1024 * 1024)
#define CACHE_SIZE	32
#define CACHE_SIZE_MAX	10000
#define CACHE_TTL	60
#define CACHE_SPACES_MAX 500

struct cache_entry {
	struct cache_entry	*next;
	struct cache_entry	*prev;
	struct hsl_frozen	*value;
	size_t			 bytes;
	int64_t			 expires_ms;
	uint32_t		 hash;
	size_t			 key_len;
	char			 key[];
};

struct cache_space {
	struct cache_space	*next;
	struct cache_entry	*first;
	struct cache_entry	*last;
	size_t			 count;
	char			 name[];
};

struct cache {
	struct cache_space	*spaces;	/* the one made last first */
	size_t			 bytes;
};

/* ---- The store --------------------------------------------------------- */

static void
cache_unlink(struct cache_space *s, struct cache_entry *e)
{
	if (e->prev != NULL)
		e->prev->next = e->next;
	else
		s->first = e->next;
	if (e->next != NULL)
		e->next->prev = e->prev;
	else
		s->last = e->prev;
	s->count--;
}

static void
cache_link(struct cache_space *s, struct cache_entry *e)
{
	e->prev = NULL;
	e->next = s->first;
	if (s->first != NULL)
		s->first->prev = e;
	else
		s->last = e;
	s->first = e;
	s->count++;
}

static void
cache_drop(struct cache *c, struct cache_space *s, struct cache_entry *e)
{
	cache_unlink(s, e);
	c->bytes -= e->bytes;
	hsl_frozen_free(&e->value);
	free(e);
}

/* Drops all spaces after the first `keep`. */
static void
cache_drop_spaces(struct cache *c, size_t keep)
{
	struct cache_space	**at = &c->spaces, *s;

	while (keep-- > 0 && *at != NULL)
		at = &(*at)->next;
	while ((s = *at) != NULL) {
		*at = s->next;
		while (s->first != NULL)
			cache_drop(c, s, s->first);
		free(s);
	}
}

void
cache_free(struct cache **c)
{
	if (*c != NULL)
		cache_drop_spaces(*c, 0);
	free(*c);
	*c = NULL;
}

static struct cache_space *
cache_space(struct cache *c, const char *name)
{
	struct cache_space	*s;

	for (s = c->spaces; s != NULL; s = s->next)
		if (strcmp(s->name, name) == 0)
			return s;
	cache_drop_spaces(c, CACHE_SPACES_MAX - 1);
	s = xcalloc(1, sizeof *s + strlen(name) + 1);
	memcpy(s->name, name, strlen(name) + 1);
	s->next = c->spaces;
	c->spaces = s;
	return s;
}

static struct cache_entry *
cache_find(struct cache_space *s, struct str key)
{
	uint32_t		 hash = vstr_hash_bytes(key.p, key.len);
	struct cache_entry	*e;

	for (e = s->first; e != NULL; e = e->next)
		if (e->hash == hash && e->key_len == key.len &&
		    memcmp(e->key, key.p, key.len) == 0)
			return e;
	return NULL;
}

static void
cache_store(struct cache *c, struct cache_space *s, struct str key,
    struct hsl_value v, int64_t expires_ms)
{
	struct cache_entry	*e = cache_find(s, key);
	struct hsl_frozen	*f;

	if (e != NULL)
		cache_drop(c, s, e);
	if (hsl_freeze(v, CACHE_VALUE_MAX, &f, NULL) == -1)
		return;
	e = xmalloc(sizeof *e + key.len);
	e->value = f;
	e->bytes = sizeof *e + key.len + hsl_frozen_size(f);
	e->expires_ms = expires_ms;
	e->hash = vstr_hash_bytes(key.p, key.len);
	e->key_len = key.len;
	memcpy(e->key, key.p, key.len);
	cache_link(s, e);
	c->bytes += e->bytes;
}

static void
cache_trim(struct cache *c, struct cache_space *s, size_t size)
{
	struct cache_space	*t;

	while (s->count > size)
		cache_drop(c, s, s->last);
	for (t = c->spaces; t != NULL && c->bytes > CACHE_BYTES_MAX;
	    t = t->next)
		while (t->last != NULL && c->bytes > CACHE_BYTES_MAX)
			cache_drop(c, t, t->last);
}

/* ---- The native -------------------------------------------------------- */

enum { S_RESULT, S_OPTIONS, S_ARGS, S_FUNCTION, S_NAME, S_KEY, S_OLD,
	S_VALUE, S_SLOTS };
enum { AT_BEGIN, AT_CALLED, AT_UPDATED, AT_TTL };

static struct hsl_value
cache_option(struct frame *f, const char *name)
{
	return hsl_array_get(f->base[S_OPTIONS], name);
}

static double
cache_number(struct frame *f, const char *name, double otherwise)
{
	return hsl_value_number(cache_option(f, name), otherwise);
}

static struct cache_space *
cache_of(struct hsl_exec *x, struct frame *f)
{
	struct buf		 b = BUF_INIT;
	struct cache_space	*s;

	if (x->program->cache == NULL)
		x->program->cache = xcalloc(1, sizeof(struct cache));
	buf_add_str(&b, hsl_value_str(cache_option(f, "namespace")));
	buf_add_byte(&b, '\n');
	buf_add_str(&b, hsl_value_str(f->base[S_NAME]));
	/* What is kept for one message only is seen by this execution only. */
	if (vtrue(cache_option(f, "per_message")))
		buf_printf(&b, "\n%" PRIu64, x->serial);
	s = cache_space(x->program->cache, buf_cstr(&b));
	buf_free(&b);
	return s;
}

/* The arguments that count, frozen, as a string in S_KEY; none: too large. */
static void
cache_key(struct hsl_exec *x, struct frame *f)
{
	struct hsl_value	 filter = cache_option(f, "argv_filter");
	struct hsl_value	 args = f->base[S_ARGS], k, n;
	struct hsl_frozen	*frozen;
	size_t			 pos = 0;

	if (filter.type == HSL_ARRAY) {
		args = hsl_array(x);
		while (hsl_array_next(filter, &pos, &k, &n))
			hsl_array_push(x, args, vref(hsl_array_at(
			    f->base[S_ARGS], (int64_t)hsl_value_number(n,
			    0) - 1)));
	} else
		vref(args);
	if (hsl_freeze(args, CACHE_KEY_MAX, &frozen, NULL) == 0) {
		vset(x, &f->base[S_KEY], vstr_value(vstr_new(x,
		    hsl_frozen_bytes(frozen))));
		hsl_frozen_free(&frozen);
	}
	vunref(x, args);
}

/* True with the value in S_RESULT; an expired one goes to S_OLD. */
static bool
cache_lookup(struct hsl_exec *x, struct frame *f)
{
	struct cache_space	*s = cache_of(x, f);
	struct cache_entry	*e;

	cache_key(x, f);
	if (f->base[S_KEY].type != HSL_STRING)
		return false;
	e = cache_find(s, hsl_value_str(f->base[S_KEY]));
	if (e == NULL)
		return false;
	if (e->expires_ms > clock_mono_ms() &&
	    !vtrue(cache_option(f, "force"))) {
		vset(x, &f->base[S_RESULT], hsl_thaw(x, e->value));
		if (vnullish(cache_option(f, "lru")) ||
		    vtrue(cache_option(f, "lru"))) {
			cache_unlink(s, e);
			cache_link(s, e);
		}
		return true;
	}
	vset(x, &f->base[S_OLD], hsl_thaw(x, e->value));
	return false;
}

static int
cache_call(struct hsl_exec *x, struct frame *f)
{
	struct hsl_value	 args[254], k;
	size_t			 pos = 0;
	uint32_t		 n = 0;

	while (n < 254 && hsl_array_next(f->base[S_ARGS], &pos, &k, &args[n]))
		n++;
	f->state = AT_CALLED;
	return nf_call(x, f->base[S_FUNCTION], args, n);
}

static int
cache_finish(struct hsl_exec *x, struct frame *f, double ttl)
{
	struct cache_space	*s = cache_of(x, f);
	double			 size = cache_number(f, "size", CACHE_SIZE);

	size = size < 0 ? 0 : size > CACHE_SIZE_MAX ? CACHE_SIZE_MAX : size;
	if (ttl > 0 && f->base[S_KEY].type == HSL_STRING) {
		cache_store(x->program->cache, s,
		    hsl_value_str(f->base[S_KEY]), f->base[S_VALUE],
		    clock_mono_ms() + (ttl < 1e9 ? (int64_t)(ttl * 1000) :
		    (int64_t)1e12));
		cache_trim(x->program->cache, s, (size_t)size);
	}
	vset(x, &f->base[S_RESULT], vref(f->base[S_VALUE]));
	return HSL_OK;
}

static int
cache_ttl(struct hsl_exec *x, struct frame *f)
{
	struct hsl_value	 override = cache_option(f, "ttl_override");
	struct hsl_value	*ttl = NULL;

	if (override.type == HSL_ARRAY)
		ttl = varr_find(override.u.array, varr_key(&f->base[S_VALUE]));
	if (ttl != NULL)
		return cache_finish(x, f, hsl_value_number(*ttl, CACHE_TTL));
	if (cache_option(f, "ttl_function").type == HSL_FUNCTION) {
		f->state = AT_TTL;
		return nf_call(x, cache_option(f, "ttl_function"),
		    &f->base[S_VALUE], 1);
	}
	return cache_finish(x, f, cache_number(f, "ttl", CACHE_TTL));
}

static int
cache_step(struct hsl_exec *x, struct frame *f)
{
	struct hsl_value	 both[2];

	switch (f->state) {
	case AT_BEGIN:
		return cache_lookup(x, f) ? HSL_OK : cache_call(x, f);
	case AT_CALLED:
	case AT_UPDATED:
		vset(x, &f->base[S_VALUE], f->base[S_RESULT]);
		f->base[S_RESULT] = vnone();
		if (f->state == AT_UPDATED ||
		    cache_option(f, "update_function").type != HSL_FUNCTION)
			return cache_ttl(x, f);
		f->state = AT_UPDATED;
		both[0] = f->base[S_OLD];
		both[1] = f->base[S_VALUE];
		return nf_call(x, cache_option(f, "update_function"), both,
		    2);
	default:
		return cache_finish(x, f, hsl_value_number(f->base[S_RESULT],
		    cache_number(f, "ttl", CACHE_TTL)));
	}
}

static enum hsl_rc
cache_native(struct hsl_call *c)
{
	return (enum hsl_rc)nf_begin(c, cache_step, S_SLOTS);
}

const struct hsl_function	cache_row = {
	"cache", 4, 4, cache_native, "[options] call", "a cached call"
};
