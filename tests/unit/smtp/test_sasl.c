/*
 * The client's side of AUTH: what is chosen, said and answered.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/buf.h"
#include "smtp/sasl.h"

#define BIT(name)	(1u << SMTP_MECHANISM_##name)
#define ALL		(BIT(CRAM_MD5) | BIT(PLAIN) | BIT(LOGIN) |	\
			BIT(OAUTHBEARER) | BIT(XOAUTH2))

struct talk {
	const char	*name;
	unsigned	 offered;
	bool		 plain_ok;
	const char	*password, *token;
	const char	*command;	/* NULL: none is fit to use */
	const char	*challenge;	/* or NULL */
	const char	*answer;	/* NULL: it can't be answered */
};

/* The examples of RFC 2195 and RFC 7628 are among them. */
static const struct talk	talks[] = {
	{ "the password is not shown", ALL, true, "tanstaaftanstaaf", NULL,
	    "AUTH CRAM-MD5",
	    "PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+",
	    "dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw" },
	{ "plain", BIT(PLAIN) | BIT(LOGIN), true, "pw", NULL,
	    "AUTH PLAIN AHRpbQBwdw==", NULL, NULL },
	{ "not in clear", BIT(PLAIN) | BIT(LOGIN), false, "pw", NULL, NULL,
	    NULL, NULL },
	{ "login", BIT(LOGIN), true, "pw", NULL, "AUTH LOGIN", "eA==",
	    "dGlt" },
	{ "a token, oauthbearer", ALL, true, NULL, "abc",
	    "AUTH OAUTHBEARER bixhPXRpbSwBYXV0aD1CZWFyZXIgYWJjAQE=",
	    "eyJzdGF0dXMiOiI0MDEifQ==", "AQ==" },
	{ "a token, xoauth2", BIT(XOAUTH2) | BIT(PLAIN), true, NULL, "abc",
	    "AUTH XOAUTH2 dXNlcj10aW0BYXV0aD1CZWFyZXIgYWJjAQE=",
	    "eyJzdGF0dXMiOiI0MDEifQ==", "" },
	{ "a token is no password", BIT(PLAIN) | BIT(CRAM_MD5), true, NULL,
	    "abc", NULL, NULL, NULL },
	{ "a password is no token", BIT(XOAUTH2), true, "pw", NULL, NULL,
	    NULL, NULL },
	{ "a token is not shown in clear", ALL, false, NULL, "abc", NULL,
	    NULL, NULL },
};

static void
talk_try(const struct talk *t)
{
	struct smtp_caps	caps = { .mechanisms = t->offered };
	struct sasl		s = { .username = STR("tim"),
				    .password = str_of(t->password),
				    .token = str_of(t->token) };
	struct buf		line = BUF_INIT;
	int			rc = sasl_choose(&s, &caps, t->plain_ok);

	assert_int_equal(rc, t->command == NULL ? -1 : 0);
	if (rc == -1)
		return;
	sasl_command(&s, &line);
	assert_string_equal(buf_cstr(&line), t->command);
	assert_int_not_equal(sasl_state(&s), SMTP_STATE_NONE);
	buf_clear(&line);
	if (t->challenge != NULL) {
		rc = sasl_answer(&s, str_of(t->challenge), &line);
		assert_int_equal(rc, t->answer == NULL ? -1 : 0);
		assert_string_equal(buf_cstr(&line), t->answer);
	}
	buf_free(&line);
}

static void
test_talks(void **state)
{
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof talks / sizeof talks[0]; i++) {
		print_message("%s\n", talks[i].name);
		talk_try(&talks[i]);
	}
}

/* No name ends early, or begins another field. */
static void
test_name(void **state)
{
	struct smtp_caps	caps = { .mechanisms = BIT(OAUTHBEARER) };
	struct sasl		s = { .username = STR("a,b=c"),
				    .token = STR("t") };
	struct buf		line = BUF_INIT;

	(void)state;
	assert_int_equal(sasl_choose(&s, &caps, true), 0);
	sasl_command(&s, &line);
	/* n,a=a=2Cb=3Dc, */
	assert_string_equal(buf_cstr(&line), "AUTH OAUTHBEARER "
	    "bixhPWE9MkNiPTNEYywBYXV0aD1CZWFyZXIgdAEB");
	buf_free(&line);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_talks),
		cmocka_unit_test(test_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
