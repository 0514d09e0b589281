/*
 * The native behind `cache`.  It may call three functions, one after the
 * other: the one whose result is kept, update_function and ttl_function; it
 * points into the store at none of these times.  A key is the frozen
 * arguments; a space is named by namespace and function.
 */
#include "base/clock.h"
#include "hsl/frozen.h"
#include "hsl/library/cache.h"
#include "hsl/library/lib.h"
#include "hsl/values/store.h"

#define CACHE_VALUE_MAX	(1024 * 1024)
#define CACHE_SIZE	32
#define CACHE_TTL	60
#define CACHE_TTL_MAX_MS 1000000000000
#define CACHE_MESSAGE	(1024 * 1024)	/* bytes kept for one message */

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

/* With per_message the store is one that only executions for this message
 * see. */
static struct hsl_cache *
cache_store(struct hsl_exec *x, struct frame *f)
{
	struct hsl_cache	**c = &x->program->cache;

	if (vtrue(cache_option(f, "per_message"))) {
		c = x->lent != NULL ? x->lent : &x->message;
		if (*c == NULL)
			*c = hsl_cache_new(CACHE_MESSAGE);
	} else if (x->program->shared != NULL)
		return x->program->shared;
	else if (*c == NULL)
		*c = hsl_cache_new(HSL_CACHE_BYTES);
	return *c;
}

static struct store_space *
cache_space(struct hsl_cache *c, struct frame *f)
{
	struct buf		 b = BUF_INIT;
	double			 size = cache_number(f, "size", CACHE_SIZE);
	struct store_space	*s;

	buf_add_str(&b, hsl_value_str(cache_option(f, "namespace")));
	buf_add_byte(&b, '\0');
	buf_add_str(&b, hsl_value_str(f->base[S_NAME]));
	s = store_space(c, buf_str(&b), (size_t)hsl_whole(size, 0,
	    STORE_SIZE_MAX));
	buf_free(&b);
	return s;
}

/* Freezes the arguments that the key is made of into the string S_KEY, or none
 * if they are too large. */
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
			    f->base[S_ARGS], vnum_int64(hsl_value_number(n,
			    0)) - 1)));
	} else
		vref(args);
	if (hsl_freeze(args, STORE_KEY_MAX, &frozen, NULL) == 0) {
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
	struct hsl_value	 lru = cache_option(f, "lru");
	struct store_space	*s = cache_space(cache_store(x, f), f);
	struct store_entry	*e;

	cache_key(x, f);
	if (f->base[S_KEY].type != HSL_STRING)
		return false;
	x->space.budget -= f->base[S_KEY].u.string->len / 16;
	e = store_find(s, hsl_value_str(f->base[S_KEY]));
	if (e == NULL)
		return false;
	x->space.budget -= (int64_t)(hsl_frozen_size(e->value) / 64);
	if (e->expires_ms > clock_mono_ms() &&
	    !vtrue(cache_option(f, "force"))) {
		vset(x, &f->base[S_RESULT], hsl_thaw(x, e->value));
		if (vnullish(lru) || vtrue(lru))
			store_use(s, e);
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
	return native_call(x, f->base[S_FUNCTION], args, n);
}

static int
cache_finish(struct hsl_exec *x, struct frame *f, double ttl)
{
	struct hsl_cache	*c = cache_store(x, f);
	struct store_entry	 e = { .value = NULL };

	if (ttl > 0 && f->base[S_KEY].type == HSL_STRING &&
	    hsl_freeze(f->base[S_VALUE], CACHE_VALUE_MAX, &e.value,
	    NULL) == 0) {
		e.expires_ms = clock_mono_ms() + hsl_whole(ttl * 1000, 0,
		    CACHE_TTL_MAX_MS);
		store_put(c, cache_space(c, f),
		    hsl_value_str(f->base[S_KEY]), e);
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
		return native_call(x, cache_option(f, "ttl_function"),
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
		return native_call(x, cache_option(f, "update_function"), both,
		    2);
	default:
		return cache_finish(x, f, hsl_value_number(f->base[S_RESULT],
		    cache_number(f, "ttl", CACHE_TTL)));
	}
}

static enum hsl_rc
cache_native(struct hsl_call *c)
{
	return (enum hsl_rc)native_begin(c, cache_step, S_SLOTS);
}

const struct hsl_function	cache_row = {
	"cache", 4, 4, cache_native, "[options] call", "a cached call"
};
