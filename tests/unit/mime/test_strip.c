/* Fields taken out of a message that passes by, for every cut of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mime/strip.h"

#define LONG	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static void
out(void *arg, struct str piece)
{
	buf_add_str(arg, piece);
}

static void
test_strip(void **state)
{
	/* noted: with its line's end; NULL: none, or several. */
	static const struct {
		const char	*text, *want, *noted;
	} rows[] = {
		{ "", "", NULL },
		{ "\r\nSender: x\r\n", "\r\nSender: x\r\n", NULL },
		{ "Sender: x\r\n\r\nb", "\r\nb", NULL },
		{ "a: b\r\nSENDER : x\r\n y\r\n\tz\r\nc: d\r\n\r\nb",
		    "a: b\r\nc: d\r\n\r\nb", NULL },
		{ "Senders: x\r\nXSender: y\r\n",
		    "Senders: x\r\nXSender: y\r\n", NULL },
		{ "From: a\r\n b\r\nSender: x", "From: a\r\n b\r\n",
		    " a\r\n b\r\n" },
		{ "from:a\r\nFrom: b\r\n\r\n", "from:a\r\nFrom: b\r\n\r\n",
		    NULL },
		{ "From: a", "From: a", " a" },
		{ "Sender", "Sender", NULL },
		{ "no field\r\nSender: x\r\n\r\n", "no field\r\n\r\n", NULL },
		{ " Sender: x\r\n\r\n", " Sender: x\r\n\r\n", NULL },
		{ "a: b\r\n\rSender: x\r\nSender: y\r\n\r\n",
		    "a: b\r\n\rSender: x\r\n\r\n", NULL },
		/* A bare LF is no end of a line; such a message is refused
		 * elsewhere. */
		{ "a: b\nSender: x\r\n\r\n", "a: b\nSender: x\r\n\r\n",
		    NULL },
		{ LONG LONG LONG LONG LONG "Sender: x\r\nSender: y\r\n",
		    LONG LONG LONG LONG LONG "Sender: x\r\n", NULL },
	};
	struct buf	got = BUF_INIT;
	size_t		i, cut, len;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		for (len = strlen(rows[i].text), cut = 0; cut <= len; cut++) {
			struct mime_strip	s = { .drop = STR("Sender"),
			    .note = STR("From"), .out = out, .arg = &got };
			size_t			k;

			buf_clear(&got);
			/* Behind the cut byte by byte. */
			mime_strip_add(&s, (struct str){ rows[i].text, cut });
			for (k = cut; k < len; k++)
				mime_strip_add(&s,
				    (struct str){ rows[i].text + k, 1 });
			mime_strip_end(&s);
			assert_string_equal(buf_cstr(&got), rows[i].want);
			if (rows[i].noted == NULL)
				assert_null(mime_strip_noted(&s).p);
			else
				assert_true(str_eq(mime_strip_noted(&s),
				    str_of(rows[i].noted)));
			mime_strip_fini(&s);
		}
	buf_free(&got);
}

static void
test_a_long_value(void **state)
{
	struct buf		got = BUF_INIT;
	struct mime_strip	s = { .drop = STR("Sender"),
				    .note = STR("From"), .out = out,
				    .arg = &got };
	size_t			i;

	(void)state;
	mime_strip_add(&s, STR("From: "));
	for (i = 0; i < MIME_STRIP_NOTE; i++)
		mime_strip_add(&s, STR("x"));
	mime_strip_end(&s);
	assert_int_equal(got.len, MIME_STRIP_NOTE + 6);
	assert_null(mime_strip_noted(&s).p);
	mime_strip_fini(&s);
	buf_free(&got);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_strip),
		cmocka_unit_test(test_a_long_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
