/* What the log tells of addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/log_address.h"

static void
test_modes(void **state)
{
	/* The hashes are those of sha256sum. */
	static const struct {
		struct str	 address;
		const char	*domain, *hash;
	} rows[] = {
		{ STR(""), "", "" },
		{ STR("a@example.org"), "@example.org", "e16bfe08be114c7b" },
		{ STR("A@Example.ORG"), "@Example.ORG", "e16bfe08be114c7b" },
		{ STR("\"a@b\"@example.org"), "@example.org", NULL },
		{ STR("a@[192.0.2.1]"), "@[192.0.2.1]", NULL },
		{ STR("a@b\xc3\xbc.example"), "@b\xc3\xbc.example", NULL },
		{ STR("root"), "?", NULL },
		{ STR("a@"), "?", NULL },
		{ STR("<a@b> X"), "?", NULL },
		{ STR("x@y secret"), "?", NULL },
	};
	struct buf	b = BUF_INIT;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		log_set_addresses(LOG_ADDRESSES_FULL);
		buf_clear(&b);
		buf_add_text(&b, "x");
		buf_add_str(&b, rows[i].address);
		log_address_hide(&b, 1);
		buf_consume(&b, 1);
		assert_true(str_eq(buf_str(&b), rows[i].address));

		log_set_addresses(LOG_ADDRESSES_DOMAIN);
		buf_clear(&b);
		log_address(&b, rows[i].address);
		assert_string_equal(buf_cstr(&b), rows[i].domain);

		log_set_addresses(LOG_ADDRESSES_HASH);
		buf_clear(&b);
		buf_add_text(&b, "x");
		buf_add_str(&b, rows[i].address);
		log_address_hide(&b, 1);
		if (rows[i].hash != NULL)
			assert_string_equal(buf_cstr(&b) + 1, rows[i].hash);
		else
			assert_int_equal(b.len, 17);
	}
	log_set_addresses(LOG_ADDRESSES_FULL);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_modes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
