/*
 * The table itself: every default and bound is sane, every value survives
 * being written and read again, as frames to workers need it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "conf/params.h"

#define N(a)	(sizeof(a) / sizeof((a)[0]))

static void
test_defaults(void **state)
{
	struct params	p;

	(void)state;
	params_init(&p);
	assert_int_equal(p.smtpd_idle_timeout, 300000);
	assert_int_equal(p.message_size_limit, 50 << 20);
	assert_int_equal(p.log_format, 0);
	assert_int_equal(p.log_level, 2);
	assert_string_equal(p.hook_eod, "");
	assert_true(p.myhostname[0] != '\0');
	assert_non_null(strstr(p.smtpd_greeting, p.myhostname));
	params_fini(&p);
}

static void
test_round_trip(void **state)
{
	struct params	a, b, c;
	struct buf	one = BUF_INIT, two = BUF_INIT;
	struct err	e;
	size_t		i;

	(void)state;
	params_init(&a);
	params_init(&b);
	for (i = 0; i < param_count; i++) {
		const char	*name = param_rows[i].name;

		buf_clear(&one);
		buf_clear(&two);
		assert_int_equal(params_get(&a, name, &one), 0);
		assert_int_equal(params_set(&b, name, buf_cstr(&one), &e), 0);
		assert_int_equal(params_get(&b, name, &two), 0);
		assert_string_equal(buf_cstr(&one), buf_cstr(&two));
	}
	assert_int_equal(params_get(&a, "no_such_thing", &one), -1);
	assert_int_equal(params_set(&b, "smtpd_greeting", "hello", &e), 0);
	params_copy(&c, &b);
	params_fini(&b);
	assert_string_equal(c.smtpd_greeting, "hello");
	params_fini(&c);
	params_fini(&a);
	buf_free(&one);
	buf_free(&two);
}

static const struct {
	const char	*name, *value, *error;	/* error NULL: accepted */
} sets[] = {
	{ "message_size_limit", "1k", NULL },
	{ "message_size_limit", "1023",
	    "message_size_limit must be from 1k to 2G" },
	{ "message_size_limit", "3G",
	    "message_size_limit must be from 1k to 2G" },
	{ "smtpd_idle_timeout", "0",
	    "smtpd_idle_timeout must be from 1s to 1d" },
	{ "smtpd_idle_timeout", "1 s",
	    "\"1 s\" is not a time: digits and one of ms s m h d w" },
	{ "smtpd_recipient_limit", "0",
	    "smtpd_recipient_limit must be from 1 to 1000000" },
	{ "log_level", "warn", NULL },
	{ "log_level", "loud",
	    "\"loud\" is not one of error|warn|info|debug" },
	{ "server_id", "0123456789012345678901234567890123456789012345678901"
	    "2345678901234", "server_id is longer than 64 bytes" },
	{ "mesage_size_limit", "1",
	    "unknown parameter \"mesage_size_limit\", did you mean "
	    "\"message_size_limit\"?" },
	{ "zzz", "1", "unknown parameter \"zzz\"" },
};

static void
test_set(void **state)
{
	struct params	p;
	struct err	e;
	size_t		i;
	int		rc;

	(void)state;
	params_init(&p);
	for (i = 0; i < N(sets); i++) {
		rc = params_set(&p, sets[i].name, sets[i].value, &e);
		assert_int_equal(rc, sets[i].error == NULL ? 0 : -1);
		if (rc == -1)
			assert_string_equal(e.text, sets[i].error);
	}
	params_fini(&p);
}

static void
test_suggest(void **state)
{
	(void)state;
	assert_string_equal(param_suggest("hook_eof"), "hook_eod");
	assert_string_equal(param_suggest("smtpd_banner_tls_cert_file"),
	    "smtpd_tls_cert_file");
	assert_null(param_suggest(""));
	assert_null(param_suggest("q"));
	assert_null(param_suggest("virtual_alias_maps"));
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_suggest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
