/*
 * Arrays as a plain list of pairs would have them: keys of all kinds set,
 * found, removed and walked, around the size where an index is made.
 */
#include <stdlib.h>

#include "hsl/run/exec.h"
#include "run.h"

#define KEYS	24

static struct {
	struct hsl_value	 key;
	double			 value;
} model[KEYS];
static int	nmodel;

static int
model_find(struct hsl_value key)
{
	for (int i = 0; i < nmodel; i++)
		if (key.type == model[i].key.type &&
		    (key.type == HSL_NUMBER ?
		    key.u.number == model[i].key.u.number :
		    vstr_same(key.u.string, model[i].key.u.string)))
			return i;
	return -1;
}

/* Text or an integer, a few of each, negative ones and texts of integers. */
static struct hsl_value
random_key(struct hsl_exec *x)
{
	char	 text[32];
	int	 n = rand() % (KEYS / 2);

	if (rand() % 2)
		return hsl_number(n % 3 ? n : -n - 1);
	(void)snprintf(text, sizeof text, "key %d", n);
	return hsl_string(x, str_of(text));
}

static void
check_same(struct hsl_value array)
{
	struct hsl_value	 k, v;
	size_t			 pos = 0;
	int			 n = 0;

	assert_int_equal(hsl_array_count(array), nmodel);
	for (; hsl_array_next(array, &pos, &k, &v); n++) {
		assert_int_equal(model_find(k), n);
		assert_true(v.u.number == model[n].value);
		assert_true(varr_find_value(array.u.array, &k)->u.number ==
		    v.u.number);
	}
	assert_int_equal(n, nmodel);
	/* What marks a removed entry is no key. */
	assert_int_equal(hsl_array_at(array, INT64_MIN).type, HSL_NONE);
}

static void
change(struct hsl_exec *x, struct hsl_value array, double value)
{
	struct hsl_value	 key = random_key(x);
	int			 at = model_find(key);

	if (rand() % 3) {
		*varr_put_value(x, array.u.array, &key) = hsl_number(value);
		if (at == -1) {
			at = nmodel++;
			model[at].key = hsl_value_ref(key);
		}
		model[at].value = value;
	} else {
		assert_int_equal(varr_remove(x, array.u.array,
		    varr_key(&key)), at != -1);
		if (at != -1) {
			hsl_value_unref(x, model[at].key);
			memmove(&model[at], &model[at + 1],
			    (size_t)(--nmodel - at) * sizeof model[0]);
		}
	}
	hsl_value_unref(x, key);
}

static void
test_model(void **state)
{
	struct hsl_exec		*x = exec_new_bare(64u << 20);
	struct hsl_value	 array;

	(void)state;
	srand(7);
	for (int round = 0; round < 300; round++) {
		array = round % 2 ? hsl_array(x) : vmake(HSL_ARRAY,
		    varr_new_names(x, (uint32_t)(round % 20)));
		for (int i = 0; i < 100; i++) {
			change(x, array, i);
			check_same(array);
		}
		while (nmodel > 0)
			hsl_value_unref(x, model[--nmodel].key);
		hsl_value_unref(x, array);
	}
	exec_free_bare(x);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
