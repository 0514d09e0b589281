/*
 * million_renew: a new generation of a million virtual queues
 *
 * No call takes long: neither schedule_renew(), nor any of the caller's
 * slices, nor the pickups of those queues that have their routes already.
 * Time is that of the process, so that a busy machine does not count; the
 * bound is for a million (SCHEDULE_MILLION; a tenth of it otherwise).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "bench.h"
#include "schedule/schedule_renew.h"

#define T0	INT64_C(1000000)

enum { SLICE = 1000, PICKUPS = 50, LIMITED = 3, STALL_MS = 50 };

struct load {
	const char	*name;
	size_t		 candidates;
	uint32_t	 shared;	/* concurrency of what all have */
	uint32_t	 own;		/* and of each one's */
};

static const struct load loads[] = {
	{ "free", 1, 0, 0 },
	{ "all wait for one", 1, 1, 0 },
	{ "two ways, all wait for one", 2, 1, 0 },
	{ "each waits for its own", 1, 0, 1 },
};

struct way {
	struct schedule_candidate  c[2];
	struct schedule_limiter_in l[LIMITED];
	char			   text[32];
};

/* What the queue of that number has. */
static void
million_way(struct way *w, const struct load *l, uint64_t number)
{
	snprintf(w->text, sizeof(w->text), "domain%u", (unsigned)number);
	w->l[0] = (struct schedule_limiter_in){ STR("all"),
		{ .concurrency = l->shared } };
	w->l[1] = (struct schedule_limiter_in){ STR("group"),
		{ .concurrency = 100000 } };
	w->l[2] = (struct schedule_limiter_in){ str_of(w->text),
		{ .concurrency = l->own } };
	for (size_t n = 0; n < 2; n++)
		w->c[n] = (struct schedule_candidate){
			.name = n == 0 ? STR("next") : STR("other"),
			.host = n == 0 ? STR("h") : STR("i"),
			.preference = 10, .limiters = w->l,
			.limiter_count = LIMITED };
}

static struct schedule *
million_new(const struct load *l, uint32_t count)
{
	struct schedule *s = bench_new(2 * count + 1, 2 * count + 1);

	for (uint32_t n = 0; n < 2 * count; n++) {
		struct way		 w;
		struct schedule_entry_in e;

		million_way(&w, l, n % count);
		e = bench_entry(w.text, "x", n % count + 1);
		e.candidates = w.c;
		e.candidate_count = l->candidates;
		assert_int_not_equal(schedule_add(s, &e, T0), 0);
	}
	return s;
}

/* The longest step, by the clock of the process. */
struct watch {
	clock_t	began;
	double	longest_ms;
};

static void
watch_end(struct watch *w)
{
	double ms = (double)(clock() - w->began) * 1e3 / CLOCKS_PER_SEC;

	if (ms > w->longest_ms)
		w->longest_ms = ms;
	w->began = clock();
}

static uint32_t
million_slice(struct schedule *s, const struct load *l, struct watch *watch)
{
	struct schedule_stale st;
	struct way	      w;
	uint32_t	      count = 0;

	while (count < SLICE && schedule_stale(s, &st)) {
		million_way(&w, l, schedule_user(s, st.ref) - 1);
		schedule_reroute(s, st.queue, w.c, l->candidates);
		count++;
	}
	watch_end(watch);
	return count;
}

/* Some that have their routes go at once, and are over. */
static uint32_t
million_pickups(struct schedule *s, int64_t now, struct watch *watch)
{
	struct schedule_pickup p;
	uint32_t	       count = 0;

	while (count < PICKUPS && bench_next(s, now, true, &p) != 0)
		count++;
	watch_end(watch);
	return count;
}

static void
million_renew(const struct load *l, uint32_t many)
{
	struct schedule	      *s = million_new(l, many);
	struct schedule_pickup first[2];
	struct watch	       watch = { 0, 0 };
	double		       renew_ms;
	uint32_t	       slices = 0, gone = 0, all = 0, count;
	clock_t		       began;

	/* Whatever waits does so now. */
	if (l->shared == 1 || l->own == 1)
		for (uint32_t n = 0; n < many &&
		    bench_next(s, T0, false, &first[n > 0]) != 0; n++)
			;
	began = watch.began = clock();
	schedule_renew(s);
	watch_end(&watch);
	renew_ms = watch.longest_ms;
	assert_int_equal(bench_next(s, T0, false, NULL), 0);
	if (l->shared == 1)
		schedule_connection_closed(s, first[0].conn, T0);
	watch_end(&watch);
	while ((count = million_slice(s, l, &watch)) > 0) {
		all += count;
		gone += million_pickups(s, T0 + ++slices, &watch);
	}
	print_message("%-27s renew %.3f ms, longest step %.1f ms, %.0f ns "
	    "for each of %u, %u went meanwhile\n", l->name, renew_ms,
	    watch.longest_ms, (double)(clock() - began) * 1e9 /
	    CLOCKS_PER_SEC / all, (unsigned)all, (unsigned)gone);
	assert_int_equal(all, many);
	/* What else runs here must not decide; asked for by hand it does. */
	if (getenv("SCHEDULE_MILLION") != NULL)
		assert_true(watch.longest_ms < STALL_MS);
	if (l->own == 0)
		assert_true(gone >= slices / 2 * PICKUPS);
	schedule_free(&s);
}

static void
test_renew(void **state)
{
	const char *text = getenv("SCHEDULE_MILLION");
	uint32_t    many = text == NULL ? 100000 :
	    (uint32_t)strtoul(text, NULL, 10);

	(void)state;
	for (size_t n = 0; n < sizeof(loads) / sizeof(*loads); n++)
		million_renew(&loads[n], many);
}

/* A bar on which the choice of all depends, begun and lifted. */
static void
test_bar(void **state)
{
	const struct load  l = { "bar", 2, 1, 0 };
	const char	  *text = getenv("SCHEDULE_MILLION");
	uint32_t	   many = text == NULL ? 100000 :
	    (uint32_t)strtoul(text, NULL, 10);
	struct schedule	  *s = million_new(&l, many);
	struct watch	   watch = { 0, 0 };
	struct schedule_pickup p;
	int64_t		   wake, now = T0;
	unsigned	   asked = 0;

	(void)state;
	while (bench_next(s, T0, false, NULL) != 0)
		;
	watch.began = clock();
	schedule_bar(s, STR("h"), T0 + 1000000);
	watch_end(&watch);
	do {
		assert_false(schedule_next(s, now, &p, &wake));
		watch_end(&watch);
		asked++;
	} while (wake <= now);
	print_message("a bar: longest step %.1f ms of %u\n",
	    watch.longest_ms, asked);
	if (text != NULL)
		assert_true(watch.longest_ms < STALL_MS);
	assert_true(asked >= many / 1024);
	schedule_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_renew),
		cmocka_unit_test(test_bar),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
