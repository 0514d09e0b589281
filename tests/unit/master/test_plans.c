/*
 * plans: what master hands on of transport.cf and policy.cf, and to whom; it
 * compiles to the same where it comes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "event/loop.h"
#include "master/plans.h"
#include "proc/conf_files.h"
#include "schedule/policy_list.h"
#include "schedule/transport.h"

static const char *const	names[] = { "main.cf", "master.cf",
	"transport.cf", "policy.cf", "nets" };
static char			dir[64];

static void
put(const char *name, const char *text)
{
	char	path[128];
	FILE	*f;

	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void
collect(void *arg, const char *file, int line, int column, const char *text)
{
	buf_printf(arg, "%s:%d:%d: %s\n", strrchr(file, '/') != NULL ?
	    strrchr(file, '/') + 1 : file, line, column, text);
}

static int
on_frame(void *arg, int type, struct rbuf *r, int fd)
{
	(void)fd;
	return type == IPC_CONF_FILE ? conf_files_take(arg, r) : -1;
}

static void
on_end(void *arg)
{
	(void)arg;
	fail();
}

/* What a worker has then. */
static void
tell(const struct plans *p, bool schedules, struct conf_files *f)
{
	static const struct channel_ops	ops = { .on_frame = on_frame,
	    .on_end = on_end };
	struct loop			*loop = loop_new(NULL);
	struct channel			*here, *there;
	int				 sv[2];

	conf_files_init(f);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	here = channel_new(loop, sv[0], IPC_MASTER, IPC_QMGR, &ops, f);
	there = channel_new(loop, sv[1], IPC_QMGR, IPC_MASTER, &ops, f);
	plans_tell(p, here, schedules);
	channel_flush(here);
	channel_receive(there);
	conf_files_settle(f);
	channel_free(&here);
	channel_free(&there);
	loop_free(&loop);
}

static struct conf *
load(void)
{
	struct conf	*c = NULL;
	struct buf	 said = BUF_INIT;

	(void)conf_load(&c, dir, collect, &said);
	assert_string_equal(buf_cstr(&said), "");
	buf_free(&said);
	return c;
}

static void
test_told(void **state)
{
	struct plans		 p = PLANS_INIT;
	struct conf_files	 f;
	struct policy_source	 src = { "policy.cf", STR_NONE,
				    conf_files_list, &f };
	struct policies		*policies = NULL;
	struct buf		 said = BUF_INIT;
	struct conf		*c;

	(void)state;
	put("transport.cf", "group g - - -o max_age=1d\n"
	    "transport h host b:25 -o group=g\n");
	put("policy.cf", "list l remoteip -o file=nets\n");
	put("nets", "192.0.2.0/24\n");
	c = load();
	assert_int_equal(plans_load(&p, c, collect, &said), 0);
	tell(&p, true, &f);
	src.text = conf_files_text(&f, "policy.cf");
	assert_int_equal(policies_compile(&policies, &src, collect, &said),
	    0);
	assert_true(policies_list_has(policies, STR("l"), STR("192.0.2.9")));
	policies_free(&policies);
	conf_files_fini(&f);
	/* Others are given transports alone. */
	tell(&p, false, &f);
	assert_int_equal(conf_files_text(&f, "policy.cf").len, 0);
	assert_true(str_eq(conf_files_text(&f, "transport.cf"),
	    STR("transport h host b:25 -o { max_age = 1d }\n")));
	src.text = buf_str(&p.policy_cf);
	assert_int_equal(policies_compile(&policies, &src, collect, &said),
	    -1);
	assert_string_equal(buf_cstr(&said), "policy.cf:1:25: nets: master "
	    "did not send it\n");
	conf_files_fini(&f);
	plans_fini(&p);
	conf_free(&c);
	buf_free(&said);
}

/* Faults of both files in one go; and what was right before is forgotten. */
static void
test_faults(void **state)
{
	struct plans	 p = PLANS_INIT;
	struct buf	 said = BUF_INIT;
	struct conf	*c;

	(void)state;
	put("transport.cf", "transport h smtp b:25\n");
	put("policy.cf", "list l remoteip -o file=nowhere\npolicy p x\n");
	c = load();
	assert_int_equal(plans_load(&p, c, collect, &said), 3);
	assert_non_null(strstr(buf_cstr(&said), "transport.cf:1:13: "));
	assert_non_null(strstr(buf_cstr(&said), "policy.cf:1:25: "));
	assert_non_null(strstr(buf_cstr(&said), "/nowhere: No such file"));
	assert_non_null(strstr(buf_cstr(&said), "policy.cf:2:10: "));
	plans_fini(&p);
	conf_free(&c);
	buf_free(&said);
}

/* A row that is about a transport that is not there is no fault. */
static void
test_names(void **state)
{
	struct plans	 p = PLANS_INIT;
	struct buf	 said = BUF_INIT;
	struct conf	*c;

	(void)state;
	put("transport.cf", "transport h host b:25\n");
	put("policy.cf", "policy p transportid -o concurrency=9\n"
	    "if p transportid=h -o concurrency=1\n"
	    "if p transportid=x -o concurrency=1\n"
	    "if p transportid=/y/ -o concurrency=1\n"
	    "delivery d { transportid=z remotemx=a.example } -o tls=require\n"
	    "delivery e { transportid=h remotemx=z } -o tls=require\n"
	    "suspend s transportid=z\n");
	c = load();
	assert_int_equal(plans_load(&p, c, collect, &said), 0);
	assert_int_equal(said.len, 0);
	plans_warn(c, collect, &said);
	assert_string_equal(buf_cstr(&said),
	    "policy.cf:3:1: transport.cf has no transport \"x\": this row "
	    "never applies\n"
	    "policy.cf:5:1: transport.cf has no transport \"z\": this row "
	    "never applies\n"
	    "policy.cf:7:1: transport.cf has no transport \"z\": this row "
	    "never applies\n");
	plans_fini(&p);
	conf_free(&c);
	buf_free(&said);
}

/* A list's file is read again if it is another one; with a fault, or without
 * the file, what was before stays, and that is told once. */
static void
test_relisted(void **state)
{
	static const struct {
		const char	*text;		/* NULL: no file */
		int		 rc;
		const char	*said, *has;
	} cases[] = {
		{ "192.0.2.0/24\n", 0, "", "192.0.2.0/24\n" },
		{ "198.51.100.7\n", 1, "", "198.51.100.7\n" },
		{ "1\n2/x\n", -1, "nets:1:1: ", "198.51.100.7\n" },
		{ NULL, -1, "No such file", "198.51.100.7\n" },
		{ "198.51.100.8\n", 1, "", "198.51.100.8\n" },
	};
	struct plans	 p = PLANS_INIT;
	struct buf	 said = BUF_INIT;
	struct conf	*c;
	char		 path[128];
	size_t		 i;

	(void)state;
	put("transport.cf", "");
	put("policy.cf", "list l remoteip -o file=nets\n"
	    "list other jobid -o items=a\n");
	put("nets", "192.0.2.0/24\n");
	c = load();
	assert_int_equal(plans_load(&p, c, collect, &said), 0);
	assert_int_equal(plans_relist(&p, 0, collect, &said), 0);
	(void)snprintf(path, sizeof path, "%s/nets", dir);
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(unlink(path), 0);
		if (cases[i].text != NULL)
			put("nets", cases[i].text);
		/* In one tick of a clock the same inode may come again. */
		p.lists[0].identity.mtime_ns++;
		assert_int_equal(plans_relist(&p, 0, collect, &said),
		    cases[i].rc);
		assert_non_null(strstr(buf_cstr(&said), cases[i].said));
		if (cases[i].said[0] == '\0')
			assert_int_equal(said.len, 0);
		buf_clear(&said);
		assert_int_equal(plans_relist(&p, 0, collect, &said), 0);
		assert_int_equal(said.len, 0);
		assert_string_equal(buf_cstr(&p.lists[0].text),
		    cases[i].has);
		if (cases[i].text == NULL)
			put("nets", "");
	}
	plans_fini(&p);
	conf_free(&c);
	buf_free(&said);
}

/* More than a channel takes is refused, before a worker is lost to it. */
static void
test_large(void **state)
{
	struct plans	 p = PLANS_INIT;
	struct buf	 said = BUF_INIT, text = BUF_INIT;
	struct conf	*c;
	int		 i;

	(void)state;
	for (i = 0; i < 17 * 1024; i++)
		buf_printf(&text, "#%01022d\n", 0);
	put("nets", buf_cstr(&text));
	put("transport.cf", "");
	put("policy.cf", "list a jobid -o file=nets\n"
	    "list b jobid -o file=nets\n");
	c = load();
	assert_int_equal(plans_load(&p, c, collect, &said), 1);
	assert_non_null(strstr(buf_cstr(&said), "policy.cf:2:22: "));
	assert_non_null(strstr(buf_cstr(&said), "larger than 32 MiB"));
	plans_fini(&p);
	conf_free(&c);
	buf_free(&said);
	buf_free(&text);
}

static int
setup(void **state)
{
	(void)state;
	(void)strcpy(dir, "/tmp/halyard-plans.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	put("main.cf", "");
	put("master.cf", "127.0.0.1:2525 inet - - n - 1 smtpd\n");
	return 0;
}

static int
teardown(void **state)
{
	char	path[128];
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		(void)unlink(path);
	}
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_told),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_relisted),
		cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
