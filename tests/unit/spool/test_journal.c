/*
 * What a journal of another version has: formats of its files, and types of
 * its records.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kv/kv_model.h"
#include "spool/book.h"
#include "spool/disk_fake.h"
#include "spool/formats.h"
#include "spool/journal.h"
#include "spool/journal_file.h"
#include "spool/segment.h"

static int
no_record(void *arg, const struct journal_record *r)
{
	(void)arg;
	(void)r;
	return 0;
}

/* A book whose journal has a record of that type. */
static int
open_with(struct disk *d, int type, struct err *e)
{
	struct journal_options	 jo = { .file_size = 8192 };
	struct journal_calls	 calls = { .record = no_record };
	struct book_options	 bo = { .disk = d,
				    .index_ops = &kv_model_ops,
				    .journal_size = 8192 };
	struct kv_model		*index = kv_model_new();
	struct journal		*j;
	struct book		*b;
	int			 rc;

	assert_int_equal(journal_open(&j, d, &jo, &calls, e), 0);
	(void)journal_add(j, type, STR("what is it"));
	assert_int_equal(journal_sync(j, e), 0);
	journal_close(&j);
	bo.index_arg = index;
	if ((rc = book_open(&b, &bo, e)) == 0)
		book_close(&b);
	kv_model_free(&index);
	return rc;
}

/* What a newer version has noted is not passed over, if it matters. */
static void
test_types(void **state)
{
	struct disk	*d = disk_fake_new(1);
	struct err	 e;

	(void)state;
	assert_int_equal(open_with(d, JOURNAL_OPTIONAL, &e), 0);
	assert_int_equal(open_with(d, JOURNAL_TYPES, &e), -1);
	assert_non_null(strstr(e.text, "a record of type 6"));
	disk_free(&d);
}

/* The format of before is read; one behind this one is not. */
static void
test_formats(void **state)
{
	static const char	 known[] = "12";
	struct journal_file	 f = { 1, 0 };
	unsigned char		 block[JOURNAL_HEAD];
	char			 name[DISK_NAME_MAX], digit;
	struct disk		*d = disk_fake_new(1);
	struct disk_file	*file;
	struct err		 e;

	(void)state;
	assert_int_equal(disk_make_dir(d, JOURNAL_DIR), 0);
	assert_int_equal(disk_make_dir(d, SEGMENT_DIR), 0);
	journal_file_name(name, f.id);
	journal_file_put(block, &f);
	assert_int_equal(block[7], '2');
	assert_int_equal(disk_open(d, name, DISK_CREATE, &file), 0);
	for (digit = '0'; digit <= '9'; digit++) {
		block[7] = (unsigned char)digit;
		assert_int_equal(disk_write_bytes(file, block, sizeof block,
		    0), 0);
		assert_int_equal(formats_check(d, &e), strchr(known, digit) !=
		    NULL ? 0 : -1);
	}
	disk_close(&file);
	disk_free(&d);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
