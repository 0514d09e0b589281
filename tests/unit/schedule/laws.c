/*
 * laws - policy.cf in short, for the tests of it
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "laws.h"

static const char	*file_name, *file_text;

void
laws_file(const char *name, const char *text)
{
	file_name = name;
	file_text = text;
}

static int
laws_read(void *arg, struct str list, const char *path, struct buf *out,
    struct err *e)
{
	(void)arg;
	(void)list;
	if (file_name == NULL || strcmp(path, file_name) != 0)
		return err_set(e, "%s: there is no such file", path);
	buf_add_text(out, file_text);
	return 0;
}

static void
laws_collect(void *arg, const char *file, int line, int column,
    const char *text)
{
	if (strcmp(file, "policy.cf") != 0)
		buf_printf(arg, "%s:", file);
	buf_printf(arg, "%d:%d: %s\n", line, column, text);
}

struct policies *
laws_compile(const char *text, struct buf *said)
{
	struct policy_source	 src = { "policy.cf", str_of(text), laws_read,
				    NULL };
	struct policies		*p = NULL;
	int			 rc;

	rc = policies_compile(&p, &src, laws_collect, said);
	assert_int_equal(rc, p != NULL ? 0 : -1);
	assert_true((said->len > 0) == (rc == -1));
	return p;
}

struct policies *
laws_good(const char *text)
{
	struct buf	 said = BUF_INIT;
	struct policies	*p = laws_compile(text, &said);

	assert_string_equal(buf_cstr(&said), "");
	buf_free(&said);
	return p;
}

struct policy_values
laws_values(const char *words, char *room, size_t size)
{
	struct policy_values	 v = { .of = { STR_NONE } };
	struct str		 rest, word, value;
	enum policy_field	 f;

	assert_true(strlen(words) < size);
	memcpy(room, words, strlen(words) + 1);
	rest = str_of(room);
	while (rest.p != NULL && rest.len > 0) {
		word = str_split(rest, ' ', &rest);
		f = policy_field_find(str_split(word, '=', &value));
		assert_int_not_equal(f, POLICY_FIELDS);
		v.of[f] = value;
	}
	return v;
}

static void
laws_limits(struct buf *out, const struct policy_applied *a)
{
	struct str	tag;
	size_t		i;

	if (a->limits.concurrency != 0)
		buf_printf(out, " c%u", (unsigned)a->limits.concurrency);
	if (a->limits.rate.thousandths != 0)
		buf_printf(out, " r%llu/%lldms", (unsigned long long)
		    a->limits.rate.thousandths / 1000,
		    (long long)a->limits.rate.per_ms);
	if (a->limits.algorithm != SCHEDULE_SPREAD)
		buf_printf(out, " a%d", (int)a->limits.algorithm);
	if (a->limits.connectinterval_ms != 0)
		buf_printf(out, " i%u",
		    (unsigned)a->limits.connectinterval_ms);
	for (i = 0; (tag = policy_applied_tag(a, i)).len > 0; i++)
		buf_printf(out, " t=%.*s", (int)tag.len, tag.p);
	if (a->stop)
		buf_add_text(out, " stop");
}

void
laws_shown(struct policy_matcher *m, const char *words, int64_t now_ms,
    struct buf *out)
{
	char			room[1024];
	struct policy_values	v = laws_values(words, room, sizeof room);
	struct policy_match	match;
	size_t			i;

	buf_clear(out);
	policy_match(m, &v, now_ms, &match);
	for (i = 0; i < match.count; i++) {
		buf_add_text(out, i > 0 ? "; " : "");
		buf_add_str(out, match.applied[i].name);
		laws_limits(out, &match.applied[i]);
	}
	if (match.delivery != NULL)
		buf_printf(out, " | %.*s", (int)match.delivery->id.len,
		    match.delivery->id.p);
	if (match.suspension != NULL)
		buf_printf(out, " ! %.*s", (int)match.suspension->id.len,
		    match.suspension->id.p);
}

void
laws_assert(struct policy_matcher *m, const char *words, int64_t now_ms,
    const char *want)
{
	struct buf	out = BUF_INIT;

	laws_shown(m, words, now_ms, &out);
	if (strcmp(buf_cstr(&out), want) != 0)
		fail_msg("%s:\n  got  %s\n  want %s", words, buf_cstr(&out),
		    want);
	buf_free(&out);
}
