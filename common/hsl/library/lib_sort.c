/*
 * array_sort(): a merge sort, bottom up, that can stop at every comparison.
 * Runs of `width` items are merged from one list into another, then the two
 * change places.  Items are [key, value] pairs kept in two parallel lists.
 */
#include "hsl/library/lib.h"
#include "hsl/run/frame.h"

enum {
	S_RESULT, S_CALLBACK, S_ARRAY, S_OPTIONS,
	S_KEYS, S_VALUES, S_KEYS_TO, S_VALUES_TO, S_STATE, S_SLOTS
};

struct sort {
	uint32_t	 n;
	uint32_t	 width;
	uint32_t	 lo, mid, hi;	/* the two runs */
	uint32_t	 i, j;		/* next of each */
	bool		 by_key;
};

static void
sort_free(void *data)
{
	(void)data;			/* in the execution's heap */
}

static const struct hsl_resource_kind	sort_kind = { "sort", sort_free };

static void
sort_runs(struct sort *s, uint32_t lo)
{
	s->lo = s->i = lo;
	s->mid = s->j = s->n - lo < s->width ? s->n : lo + s->width;
	s->hi = s->n - s->mid < s->width ? s->n : s->mid + s->width;
}

static struct hsl_value *
sort_list(struct frame *f, int slot)
{
	return f->base[slot].u.array->u.list;
}

static void
sort_move(struct frame *f, struct sort *s, uint32_t from)
{
	uint32_t	 to = s->lo + (s->i - s->lo) + (s->j - s->mid);

	sort_list(f, S_KEYS_TO)[to] = sort_list(f, S_KEYS)[from];
	sort_list(f, S_VALUES_TO)[to] = sort_list(f, S_VALUES)[from];
	sort_list(f, S_KEYS)[from] = vnone();
	sort_list(f, S_VALUES)[from] = vnone();
}

static void
sort_swap(struct frame *f, int a, int b)
{
	struct hsl_value	 v = f->base[a];

	f->base[a] = f->base[b];
	f->base[b] = v;
}

/* Moves on to where two items must be compared; false when sorted. */
static bool
sort_advance(struct hsl_exec *x, struct frame *f, struct sort *s)
{
	for (;;) {
		if (s->i < s->mid && s->j < s->hi)
			return true;
		while (s->i < s->mid) {
			sort_move(f, s, s->i);
			s->i++;
		}
		while (s->j < s->hi) {
			sort_move(f, s, s->j);
			s->j++;
		}
		if (s->hi < s->n) {
			sort_runs(s, s->hi);
			continue;
		}
		sort_swap(f, S_KEYS, S_KEYS_TO);
		sort_swap(f, S_VALUES, S_VALUES_TO);
		if (s->width >= s->n || !hsl_charge(x, s->n))
			return false;
		s->width *= 2;
		sort_runs(s, 0);
	}
}

static int
sort_finish(struct hsl_exec *x, struct frame *f, const struct sort *s)
{
	struct hsl_array	*out = varr_new(x, 0);
	struct hsl_value	*keys = sort_list(f, S_KEYS);

	for (uint32_t i = 0; i < s->n; i++)
		varr_set(x, out, varr_key(&keys[i]),
		    vref(sort_list(f, S_VALUES)[i]));
	vset(x, &f->base[S_RESULT], vmake(HSL_ARRAY, out));
	return HSL_OK;
}

static int
sort_step(struct hsl_exec *x, struct frame *f)
{
	struct sort		*s = hsl_resource_data(f->base[S_STATE],
				    &sort_kind);
	struct hsl_value	 args[2], *list;
	int			 slot;

	if (f->state == 1) {
		/* Of equals the left one comes first: the sort is stable. */
		if (vtrue(f->base[S_RESULT])) {
			sort_move(f, s, s->j);
			s->j++;
		} else {
			sort_move(f, s, s->i);
			s->i++;
		}
	}
	f->state = 1;
	if (s->n < 2 || !sort_advance(x, f, s))
		return sort_finish(x, f, s);
	slot = s->by_key ? S_KEYS : S_VALUES;
	list = sort_list(f, slot);
	args[0] = list[s->j];
	args[1] = list[s->i];
	return native_call(x, f->base[S_CALLBACK], args, 2);
}

static bool
sort_fill(struct hsl_exec *x, struct frame *f, struct sort *s)
{
	const struct hsl_array	*a = f->base[S_ARRAY].u.array;
	struct hsl_value	 k, *v;
	uint32_t		 pos = 0;

	for (int i = S_KEYS; i <= S_VALUES_TO; i++)
		f->base[i] = vmake(HSL_ARRAY, varr_new(x, a->count));
	while (varr_next(a, &pos, &k, &v)) {
		varr_add(x, f->base[S_KEYS].u.array, vref(k));
		varr_add(x, f->base[S_VALUES].u.array, vref(*v));
		varr_add(x, f->base[S_KEYS_TO].u.array, vnone());
		varr_add(x, f->base[S_VALUES_TO].u.array, vnone());
	}
	s->n = a->count;
	s->width = 1;
	sort_runs(s, 0);
	return !x->space.heap.over || throw_check(x);
}

enum hsl_rc
fn_array_sort(struct hsl_call *c)
{
	struct hsl_array	*a;
	struct sort		*s;
	struct frame		*f;
	bool			 by_key = hsl_arg_flag(c, 2, "keys", false);

	if (!hsl_arg_function(c, 0) || !lib_array(c, 1, &a) ||
	    !hsl_arg_options(c, 2) || !hsl_charge(c->x, a->count))
		return HSL_THROW;
	if (native_begin(c, sort_step, S_SLOTS) != RC_FRAME)
		return HSL_THROW;
	f = &c->x->frames[c->x->nframes - 1];
	s = vheap_alloc(&c->x->space.heap, sizeof *s);
	memset(s, 0, sizeof *s);
	s->by_key = by_key;
	f->base[S_STATE] = hsl_resource_new(c->x, &sort_kind, s);
	if (!sort_fill(c->x, f, s)) {
		frame_pop(c->x);
		return HSL_THROW;
	}
	return (enum hsl_rc)RC_FRAME;
}
