/*
 * The vault beside a plain model of it, what it costs as it grows, and what
 * it does when it is full.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "share/vault.h"

#define PLENTY	((size_t)1 << 30)

static struct str
key_of(char buf[32], unsigned n)
{
	(void)snprintf(buf, 32, "key-%u", n);
	return str_of(buf);
}

/* ---- Beside a model ---------------------------------------------------- */

#define KEYS	50

struct model {
	bool		set;
	bool		number;
	double		n;
	char		text[16];
	uint64_t	version;
};

static uint32_t	seed;

static unsigned
roll(unsigned n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

static void
model_check(struct vault *s, struct str key, const struct model *m)
{
	struct vault_value	v;
	char			number[VAULT_NUMBER_BYTES];
	struct str		want;

	vault_fetch(s, VAULT_MEMORY, key, &v);
	assert_int_equal(v.version, m->set ? m->version : 0);
	if (!m->set)
		return;
	vault_number(m->n, number);
	want = m->number ? (struct str){ number, sizeof number } :
	    str_of(m->text);
	assert_true(str_eq(v.bytes, want));
}

static void
model_put(struct vault *s, struct str key, struct model *m)
{
	struct vault_value	v;
	uint64_t		version = m->version, *expect = NULL;
	char			text[16];
	bool			fits = true;

	(void)snprintf(text, sizeof text, "%u", roll(100000));
	if (roll(2) == 0) {
		version = roll(2) == 0 ? m->version : roll(2);
		fits = version == (m->set ? m->version : 0);
		expect = &version;
	}
	assert_int_equal(vault_put(s, VAULT_MEMORY, key, str_of(text),
	    expect, VAULT_FOREVER), fits ? VAULT_OK : VAULT_NO);
	if (!fits)
		return;
	vault_fetch(s, VAULT_MEMORY, key, &v);
	assert_true(v.version > m->version);
	m->set = true;
	m->number = false;
	m->version = v.version;
	memcpy(m->text, text, sizeof text);
}

static void
model_add(struct vault *s, struct str key, struct model *m)
{
	struct vault_value	v;
	double			n = (double)roll(5) - 2, sum, have;
	bool			drop = roll(2) == 0;

	if (m->set && !m->number) {
		assert_int_equal(vault_add(s, key, n, drop, &sum), VAULT_NO);
		return;
	}
	have = m->set ? m->n : 0;
	assert_int_equal(vault_add(s, key, n, drop, &sum), VAULT_OK);
	assert_true(sum >= have + n && sum <= have + n);
	vault_fetch(s, VAULT_MEMORY, key, &v);
	m->set = !drop || have + n < 0 || have + n > 0;
	m->number = true;
	m->n = sum;
	if (m->set)
		m->version = v.version;
}

static void
model_delete(struct vault *s, struct str key, struct model *m)
{
	uint64_t	version = roll(2) == 0 ? m->version : 1;
	bool		any = roll(2) == 0;
	bool		fits = m->set && (any || version == m->version);

	assert_int_equal(vault_delete(s, VAULT_MEMORY, key, any ? NULL :
	    &version), fits ? VAULT_OK : VAULT_NO);
	if (fits)
		m->set = false;
}

static void
test_model(void **state)
{
	struct model	 model[KEYS];
	struct vault	*s;
	char		 buf[32];
	unsigned	 i, k;
	size_t		 count;

	(void)state;
	for (seed = 1; seed < 20; seed++) {
		uint32_t	was = seed;

		s = vault_new(PLENTY, 1000);
		memset(model, 0, sizeof model);
		for (i = 0; i < 5000; i++) {
			k = roll(KEYS);
			switch (roll(4)) {
			case 0:
			case 1:
				model_put(s, key_of(buf, k), &model[k]);
				break;
			case 2:
				model_add(s, key_of(buf, k), &model[k]);
				break;
			default:
				model_delete(s, key_of(buf, k), &model[k]);
				break;
			}
			model_check(s, key_of(buf, k), &model[k]);
		}
		for (count = 0, k = 0; k < KEYS; k++) {
			model_check(s, key_of(buf, k), &model[k]);
			count += model[k].set;
		}
		assert_int_equal(vault_count(s), count);
		for (k = 0; k < KEYS; k++)
			(void)vault_delete(s, VAULT_MEMORY, key_of(buf, k),
			    NULL);
		assert_int_equal(vault_bytes(s), 0);
		vault_free(&s);
		assert_null(s);
		seed = was;
	}
}

static void
test_spaces(void **state)
{
	struct vault		*s = vault_new(PLENTY, 0);
	struct vault_rate	 r = { .count = 1, .interval_ms = 10 };
	struct vault_value	 v;

	(void)state;
	assert_int_equal(vault_put(s, VAULT_MEMORY, STR("k"), STR("m"),
	    NULL, VAULT_FOREVER), VAULT_OK);
	assert_int_equal(vault_put(s, VAULT_BARRIER, STR("k"), STR("b"),
	    NULL, VAULT_FOREVER), VAULT_OK);
	assert_int_equal(vault_rate(s, STR("k"), &r), VAULT_OK);
	vault_fetch(s, VAULT_BARRIER, STR("k"), &v);
	assert_true(str_eq(v.bytes, STR("b")));
	assert_int_equal(vault_delete(s, VAULT_BARRIER, STR("k"), NULL),
	    VAULT_OK);
	vault_fetch(s, VAULT_MEMORY, STR("k"), &v);
	assert_true(str_eq(v.bytes, STR("m")));
	assert_int_equal(vault_count(s), 2);
	vault_free(&s);
}

/* ---- Size -------------------------------------------------------------- */

/* Microseconds of 10000 new keys. */
static int64_t
time_keys(struct vault *s, unsigned from)
{
	int64_t		start = clock_mono_us();
	char		buf[32];
	double		sum;
	unsigned	i;

	for (i = from; i < from + 10000; i++)
		assert_int_equal(vault_add(s, key_of(buf, i), 1, false, &sum),
		    VAULT_OK);
	return clock_mono_us() - start;
}

/* The best of several: what else runs here is not the vault's. */
static void
test_cost_is_flat(void **state)
{
	struct vault	*s = vault_new(PLENTY, 0);
	int64_t		 first = INT64_MAX, last = INT64_MAX, us, start, most;
	char		 buf[32];
	double		 sum;
	unsigned	 i;

	(void)state;
	for (i = 0; i < 10; i++) {
		us = time_keys(s, i * 10000);
		if (i < 4 && us < first)
			first = us;
	}
	for (i = 10; i < 60; i++) {
		us = time_keys(s, i * 10000);
		if (us < last)
			last = us;
	}
	assert_int_equal(vault_count(s), 600000);
	print_message("10000 new keys: %lld us at first, %lld us beyond "
	    "100000\n", (long long)first, (long long)last);
	assert_true(last < first * 10 + 10000);
	/* No single use pays for the growth. */
	for (most = 0, i = 600000; i < 700000; i++) {
		/* Of this process alone: others may be at work. */
		start = (int64_t)clock();
		(void)vault_add(s, key_of(buf, i), 1, false, &sum);
		us = ((int64_t)clock() - start) * 1000000 / CLOCKS_PER_SEC;
		most += us > 20000;
	}
	assert_true(most < 3);
	vault_free(&s);
}

static void
test_full(void **state)
{
	static char	 big[1000];
	struct vault	*s = vault_new(100000, 0);
	struct vault_value v;
	char		 buf[32];
	double		 sum;
	unsigned	 n = 0, more;
	enum vault_rc	 rc;

	(void)state;
	while ((rc = vault_put(s, VAULT_MEMORY, key_of(buf, n),
	    (struct str){ big, sizeof big }, NULL, VAULT_FOREVER)) == VAULT_OK)
		n++;
	assert_int_equal(rc, VAULT_FULL);
	assert_true(n > 50 && n < 100 && vault_bytes(s) <= 100000);
	assert_int_equal(vault_count(s), n);
	for (more = 1000; vault_put(s, VAULT_MEMORY, key_of(buf, more),
	    STR("x"), NULL, VAULT_FOREVER) == VAULT_OK; more++)
		n++;
	/* What is there can be made smaller and taken away. */
	assert_int_equal(vault_put(s, VAULT_MEMORY, key_of(buf, 0),
	    STR("less"), NULL, VAULT_FOREVER), VAULT_OK);
	assert_int_equal(vault_add(s, STR("n"), 1, false, &sum), VAULT_OK);
	assert_int_equal(vault_put(s, VAULT_MEMORY, STR("n"),
	    (struct str){ big, sizeof big }, NULL, VAULT_FOREVER), VAULT_FULL);
	vault_fetch(s, VAULT_MEMORY, STR("n"), &v);
	assert_int_equal(v.bytes.len, VAULT_NUMBER_BYTES);
	assert_int_equal(vault_delete(s, VAULT_MEMORY, key_of(buf, 1), NULL),
	    VAULT_OK);
	assert_int_equal(vault_put(s, VAULT_MEMORY, STR("n"),
	    (struct str){ big, sizeof big }, NULL, VAULT_FOREVER), VAULT_OK);
	vault_set_limit(s, 10);
	assert_int_equal(vault_add(s, STR("other"), 1, false, &sum),
	    VAULT_FULL);
	assert_int_equal(vault_count(s), n);
	vault_free(&s);
}

/* ---- Rates ------------------------------------------------------------- */

static enum vault_rc
hit(struct vault *s, const char *key, uint64_t count, int64_t interval_ms,
    int64_t now_ms, uint64_t *n)
{
	struct vault_rate	 r = { .count = count,
	    .interval_ms = interval_ms, .now_ms = now_ms };
	enum vault_rc		 rc = vault_rate(s, str_of(key), &r);

	if (n != NULL)
		*n = r.n;
	return rc;
}

static void
test_rate(void **state)
{
	struct vault	*s = vault_new(PLENTY, 0);
	uint64_t	 n;

	(void)state;
	assert_int_equal(hit(s, "r", 0, 1000, 0, &n), VAULT_NO);
	assert_int_equal(n, 0);
	assert_int_equal(hit(s, "r", 2, 1000, 0, &n), VAULT_OK);
	assert_int_equal(hit(s, "r", 2, 1000, 600, &n), VAULT_OK);
	assert_int_equal(n, 2);
	/* What is refused is not counted: it ends no sooner by asking. */
	assert_int_equal(hit(s, "r", 2, 1000, 999, &n), VAULT_NO);
	assert_int_equal(hit(s, "r", 2, 1000, 1000, &n), VAULT_OK);
	assert_int_equal(hit(s, "r", 2, 1000, 1001, &n), VAULT_NO);
	assert_int_equal(hit(s, "r", 0, 500, 1001, &n), VAULT_NO);
	assert_int_equal(n, 2);
	assert_int_equal(hit(s, "r", 2, 300, 1001, &n), VAULT_OK);
	assert_int_equal(hit(s, "r", 2, 1000, 5000, &n), VAULT_OK);
	assert_int_equal(n, 1);
	vault_free(&s);
}

/* In no interval more than count, beside a list of all that happened. */
static void
test_rate_random(void **state)
{
	static int64_t	 at[20000];
	struct vault	*s = vault_new(PLENTY, 0);
	int64_t		 now = 0, interval = 700;
	unsigned	 i, n = 0, in, k, count = 150;
	enum vault_rc	 rc;

	(void)state;
	seed = 7;
	for (i = 0; i < 20000; i++) {
		now += roll(10) == 0 ? roll(40) : 0;
		rc = hit(s, "r", count, interval, now, NULL);
		for (in = 0, k = n; k > 0 && at[k - 1] > now - interval; k--)
			in++;
		assert_int_equal(rc, in < count ? VAULT_OK : VAULT_NO);
		if (rc == VAULT_OK)
			at[n++] = now;
	}
	assert_true(n > 1000);
	vault_free(&s);
}

/* A long interval: at most a thousandth late, and small however many. */
static void
test_rate_large(void **state)
{
	struct vault	*s = vault_new(PLENTY, 0);
	int64_t		 day = 86400000, now;
	uint64_t	 n;
	int		 i;

	(void)state;
	for (i = 0; i < 1000000; i++)
		assert_int_equal(hit(s, "r", 2000000, day, i * 100, NULL),
		    VAULT_OK);
	assert_true(vault_bytes(s) < 70000);
	now = 999999LL * 100;
	(void)hit(s, "r", 0, day, now, &n);
	assert_in_range(n, 864000, 864000 + 2 * 864);
	(void)hit(s, "r", 0, day, now + day + day / 500, &n);
	assert_int_equal(n, 0);
	vault_free(&s);
}

static void
test_rates_are_forgotten(void **state)
{
	struct vault	*s = vault_new(PLENTY, 0);
	char		 buf[32];
	unsigned	 i;
	uint64_t	 n;

	(void)state;
	for (i = 0; i < 100000; i++)
		assert_int_equal(hit(s, key_of(buf, i).p, 5, 100, i, &n),
		    VAULT_OK);
	/* New ones pay for old ones. */
	assert_true(vault_count(s) < 50000);
	for (i = 0; i < 200; i++)
		vault_sweep(s, 200000, 2048);
	assert_int_equal(vault_count(s), 0);
	assert_int_equal(vault_bytes(s), 0);
	vault_free(&s);
}

static void
test_rates_make_room(void **state)
{
	struct vault	*s = vault_new(50000, 0);
	char		 buf[32];
	unsigned	 i = 0;

	(void)state;
	while (hit(s, key_of(buf, i).p, 5, 100, 0, NULL) == VAULT_OK)
		i++;
	assert_true(i > 50);
	assert_int_equal(hit(s, "new", 5, 100, 50, NULL), VAULT_FULL);
	assert_int_equal(hit(s, "new", 5, 100, 150, NULL), VAULT_OK);
	assert_true(vault_bytes(s) < 50000);
	vault_free(&s);
}

/* ---- Time to live ------------------------------------------------------ */

#define DAY	(86400LL * 1000)

static bool
there(struct vault *s, const char *key)
{
	struct vault_value	v;

	vault_fetch(s, VAULT_MEMORY, str_of(key), &v);
	return v.version != 0;
}

static enum vault_rc
put(struct vault *s, const char *key, size_t len, int64_t ttl)
{
	static const char	bytes[4096];

	return vault_put(s, VAULT_MEMORY, str_of(key),
	    (struct str){ bytes, len }, NULL, ttl);
}

static void
test_ttl(void **state)
{
	struct vault	*s = vault_new(PLENTY, 0);
	double		 sum;

	(void)state;
	vault_tick(s, 1000);
	assert_int_equal(put(s, "k", 1, 500), VAULT_OK);
	assert_int_equal(put(s, "kept", 1, VAULT_FOREVER), VAULT_OK);
	assert_int_equal(vault_add(s, STR("n"), 1, false, &sum), VAULT_OK);
	vault_tick(s, 1499);
	assert_true(there(s, "k"));
	vault_tick(s, 1500);
	assert_false(there(s, "k"));
	assert_int_equal(vault_count(s), 2);
	/* An update leaves the time to live, a store sets it. */
	assert_int_equal(put(s, "k", 1, 500), VAULT_OK);
	assert_int_equal(put(s, "k", 2, VAULT_TTL_KEEP), VAULT_OK);
	vault_tick(s, 1999);
	assert_true(there(s, "k"));
	assert_int_equal(put(s, "k", 1, VAULT_FOREVER), VAULT_OK);
	vault_tick(s, 1000 * DAY);
	assert_true(there(s, "k") && there(s, "kept") && there(s, "n"));
	assert_int_equal(put(s, "k", 1, 10), VAULT_OK);
	vault_tick(s, 1000 * DAY + 10);
	assert_int_equal(vault_delete(s, VAULT_MEMORY, STR("k"), NULL),
	    VAULT_NO);
	vault_free(&s);
}

/* What is over goes first, then what was not used for longest. */
static void
test_eviction(void **state)
{
	struct vault	*s = vault_new(10000, 0);

	(void)state;
	assert_int_equal(put(s, "ever", 2000, VAULT_FOREVER), VAULT_OK);
	assert_int_equal(put(s, "a", 2000, 10 * DAY), VAULT_OK);
	assert_int_equal(put(s, "b", 2000, 20 * DAY), VAULT_OK);
	assert_int_equal(put(s, "c", 2000, DAY), VAULT_OK);
	assert_true(there(s, "a"));
	vault_tick(s, DAY);
	assert_int_equal(put(s, "d", 2000, DAY), VAULT_OK);
	assert_false(there(s, "c"));
	assert_true(there(s, "b") && there(s, "a") && there(s, "d"));
	assert_int_equal(put(s, "e", 2000, DAY), VAULT_OK);
	assert_false(there(s, "b"));
	/* One that grows does not go for itself. */
	assert_int_equal(put(s, "a", 3900, VAULT_TTL_KEEP), VAULT_OK);
	assert_true(there(s, "a") && there(s, "e") && !there(s, "d"));
	/* Without a time to live it stays, whatever comes. */
	assert_int_equal(put(s, "f", 4000, VAULT_FOREVER), VAULT_OK);
	assert_true(there(s, "ever") && there(s, "f"));
	/* What can't fit does not drive others out. */
	assert_int_equal(put(s, "g", 3000, VAULT_FOREVER), VAULT_OK);
	assert_int_equal(put(s, "h", 4000, DAY), VAULT_FULL);
	assert_true(there(s, "ever") && there(s, "f") && there(s, "g"));
	vault_free(&s);
}

/*
 * A year of a greylist: each day a thousand senders that never come again and
 * a hundred that come every day, in memory for five days of it.
 */
static void
test_greylist_for_a_year(void **state)
{
	struct vault	*s = vault_new((size_t)5000 * 200, 0);
	char		 key[32];
	int64_t		 now = 0;
	int		 day, i, lost = 0;

	(void)state;
	assert_int_equal(put(s, "ever", 10, VAULT_FOREVER), VAULT_OK);
	for (day = 0; day < 365; day++)
		for (i = 0; i < 1100; i++) {
			now += DAY / 1100;
			vault_tick(s, now);
			if (i % 11 == 0)
				(void)snprintf(key, sizeof key, "good%d", i);
			else
				(void)snprintf(key, sizeof key, "once%d-%d",
				    day, i);
			if (i % 11 == 0 && !there(s, key))
				lost++;
			assert_int_equal(put(s, key, 8, 36 * DAY), VAULT_OK);
			assert_true(vault_bytes(s) <= (size_t)5000 * 200);
		}
	assert_int_equal(lost, 100);	/* each when it came first */
	assert_true(there(s, "ever"));
	vault_tick(s, now + 40 * DAY);
	vault_sweep(s, now + 40 * DAY, 1 << 20);
	assert_int_equal(vault_count(s), 1);
	vault_free(&s);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_spaces),
		cmocka_unit_test(test_cost_is_flat),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_rate_random),
		cmocka_unit_test(test_rate_large),
		cmocka_unit_test(test_rates_are_forgotten),
		cmocka_unit_test(test_ttl),
		cmocka_unit_test(test_eviction),
		cmocka_unit_test(test_greylist_for_a_year),
		cmocka_unit_test(test_rates_make_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
