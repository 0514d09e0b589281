/* conf_files: what a worker sees is whole, and changes when it settles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ipc/ipc.h"
#include "proc/conf_files.h"

static int
take(struct conf_files *f, const char *name, bool first, bool last,
    const char *bytes)
{
	struct ipc_CONF_FILE	m = { .first = first, .last = last,
	    .bytes = str_of(bytes) };
	struct buf		b = BUF_INIT;
	struct rbuf		r;
	int			rc;

	(void)strlcpy(m.name, name, sizeof m.name);
	assert_int_equal(ipc_put_CONF_FILE(&b, &m), 0);
	r = (struct rbuf){ (const unsigned char *)buf_data(&b), b.len };
	rc = conf_files_take(f, &r);
	buf_free(&b);
	return rc;
}

static void
assert_text(const struct conf_files *f, const char *name, const char *want)
{
	assert_true(str_eq(conf_files_text(f, name), str_of(want)));
}

static void
test_snapshot(void **state)
{
	struct conf_files	f;

	(void)state;
	conf_files_init(&f);
	assert_text(&f, "a", "");
	assert_int_equal(take(&f, "a", true, false, "one "), 0);
	assert_int_equal(take(&f, "b", true, true, "b"), 0);
	assert_int_equal(take(&f, "a", false, true, "two"), 0);
	assert_text(&f, "a", "");
	conf_files_settle(&f);
	assert_text(&f, "a", "one two");
	assert_text(&f, "b", "b");
	/* Not whole: what was there stays. */
	assert_int_equal(take(&f, "a", true, false, "thr"), 0);
	conf_files_settle(&f);
	assert_text(&f, "a", "one two");
	/* Begun again, and empty. */
	assert_int_equal(take(&f, "a", true, true, ""), 0);
	conf_files_settle(&f);
	assert_text(&f, "a", "");
	conf_files_fini(&f);
}

static void
test_wrong(void **state)
{
	struct conf_files	f;
	struct rbuf		r = { (const unsigned char *)"x", 1 };
	char			name[24];
	int			i;

	(void)state;
	conf_files_init(&f);
	assert_int_equal(conf_files_take(&f, &r), -1);
	assert_int_equal(take(&f, "a", true, true, "x"), 0);
	assert_int_equal(take(&f, "a", false, true, "more"), -1);
	for (i = 0; i < 127; i++) {
		(void)snprintf(name, sizeof name, "file-%d", i);
		assert_int_equal(take(&f, name, true, true, "x"), 0);
	}
	assert_int_equal(take(&f, "one too many", true, true, "x"), -1);
	conf_files_fini(&f);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = { cmocka_unit_test(test_snapshot),
	    cmocka_unit_test(test_wrong) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
