/*
 * Runs of a hook that wait: resumed, cancelled in every turn of the loop, and
 * late; and where files are found.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "dns/dns.h"
#include "event/loop.h"
#include "hooks/hooks.h"
#include "hooks/origin.h"

struct fixture {
	struct loop		*loop;
	struct dns		*dns;
	struct hook		*hook;
	struct hook_run		*run;
	struct timer		 timer;
	struct hsl_frozen	*context;
	int			 mute;		/* a server without answers */
	enum verdict_action	 action;
	bool			 done;
};

static void
fixture_report(void *arg, const struct hsl_diag *d)
{
	(void)arg;
	fail_msg("%s:%d: %s", d->file, d->line, d->text);
}

static void
fixture_init(struct fixture *f, const char *script, uint32_t time_ms)
{
	struct netaddr		a, at;
	struct hook_config	c = { .limits = hsl_limits_default };
	char			server[64];

	*f = (struct fixture){ .action = VERDICT_NONE };
	f->mute = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(netaddr_parse_ip(&a, STR("127.0.0.1"), 0), 0);
	assert_int_equal(bind(f->mute, &a.u.sa, a.len), 0);
	assert_int_equal(netaddr_local(&at, f->mute), 0);
	(void)snprintf(server, sizeof server, "127.0.0.1@%u",
	    (unsigned)netaddr_port(&at));
	f->loop = loop_new(NULL);
	f->dns = dns_new(f->loop, &(struct dns_config){ .servers = server },
	    NULL);
	assert_non_null(f->dns);
	c.offers = hooks_host(HOOK_CONNECT);
	c.host = (struct library_host){ .loop = f->loop, .dns = f->dns };
	c.limits.time_ms = time_ms;
	f->hook = hook_new(HOOK_CONNECT, &c, "test", str_of(script),
	    fixture_report, NULL);
	assert_non_null(f->hook);
}

static void
fixture_fini(struct fixture *f)
{
	timer_fini(&f->timer);
	hook_free(&f->hook);
	dns_free(&f->dns);
	loop_free(&f->loop);
	hsl_frozen_free(&f->context);
	(void)close(f->mute);
}

static void
fixture_done(void *arg, const struct verdict *v)
{
	struct fixture	*f = arg;

	f->run = NULL;
	f->done = true;
	f->action = v->action;
	loop_stop(f->loop);
}

static void
fixture_cancel(void *arg)
{
	struct fixture	*f = arg;

	hook_cancel(&f->run);
	loop_stop(f->loop);
}

/* cancel_ms -1: not at all, -2: before the loop's first turn. */
static void
fixture_run(struct fixture *f, int64_t cancel_ms)
{
	static struct hook_connection	conn = { .serverid = "test" };
	static struct logctx		log;
	struct hook_request		rq = { .conn = &conn, .log = &log,
	    .context = &f->context, .done = fixture_done, .arg = f };

	timer_init(&f->timer, f->loop, fixture_cancel, f);
	f->run = hook_start(f->hook, &rq);
	if (cancel_ms == -2) {
		hook_cancel(&f->run);
		return;
	}
	if (cancel_ms >= 0)
		timer_start(&f->timer, cancel_ms);
	assert_int_equal(loop_run(f->loop), 0);
}

static void
test_waits_end(void **state)
{
	static const char *const	scripts[] = {
		"if (sleep(0.01) < 0.01) Reject();",
		"sleep(0); sleep(0); foreach (array_map(sleep, [0, 0.001]) as "
		"$s) if ($s < 0) Reject();",
		"if (dns_query(\"x.example\", [\"timeout\" => 0.01]) != "
		"[\"error\" => \"TRY_AGAIN\", \"dnssec\" => false]) Reject();",
		"if (dns_query(\"a b\")[\"error\"] != \"NXDOMAIN\") Reject();",
		"function f() { sleep(0.001); throw 1; } "
		"try { f(); Reject(); } catch ($e) { sleep(0); }",
		"$f = File::String(\"a\"); sleep(0); if ($f->read() != \"a\") "
		"Reject();",
	};
	struct fixture			f;
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
		fixture_init(&f, scripts[i], 0);
		fixture_run(&f, -1);
		assert_true(f.done);
		assert_int_equal(f.action, VERDICT_ACCEPT);
		fixture_fini(&f);
	}
}

static void
test_waits_cancelled(void **state)
{
	static const char *const	scripts[] = {
		"$f = File::String(\"a\"); sleep(100);",
		"dns_query(\"x.example\", [\"timeout\" => 100]);",
		"dns_query(\"a b\"); sleep(100);",
		"while (true) sleep(0);",
		"while (true) dns_query(\"a b\");",
	};
	struct fixture			f;
	size_t				i;
	int				ms;

	(void)state;
	for (i = 0; i < sizeof scripts / sizeof scripts[0]; i++)
		for (ms = -2; ms < 12; ms += ms == -2 ? 2 : 3) {
			fixture_init(&f, scripts[i], 0);
			fixture_run(&f, ms);
			assert_false(f.done);
			assert_null(f.run);
			fixture_fini(&f);
		}
}

/* A limit of time ends a wait, and no script can catch it. */
static void
test_waits_late(void **state)
{
	static const char *const	scripts[] = {
		"try { sleep(100); } catch ($e) { } Accept();",
		"try { dns_query(\"x.example\", [\"timeout\" => 100]); } "
		"catch ($e) { } Accept();",
	};
	struct fixture			f;
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
		fixture_init(&f, scripts[i], 30);
		fixture_run(&f, -1);
		assert_true(f.done);
		assert_int_equal(f.action, VERDICT_DEFER);
		fixture_fini(&f);
	}
}

/* ---- Files ------------------------------------------------------------- */

static void
make_file(const char *dir, const char *name)
{
	char	path[256];
	FILE	*f;

	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs("text", f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void
make_link(const char *dir, const char *to, const char *name)
{
	char	path[256];

	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	assert_int_equal(symlink(to, path), 0);
}

static void
test_origin(void **state)
{
	static const struct {
		const char	*path;
		bool		 found;
	} rows[] = {
		{ "in", true }, { "./in", true }, { "file://in", true },
		{ "file:in", true }, { "/in", true }, { "x/../in", true },
		{ "link", true }, { "sub/in", true },
		{ "../out", false }, { "./../out", false },
		{ "file://../out", false }, { "away", false },
		{ "up/out", false }, { "sub", false }, { "", false },
		{ ".", false }, { "loop", false }, { "absent", false },
		{ "/../out", false }, { "extras://in", false },
		{ "../root-too/in", false },
	};
	char		dir[] = "/tmp/test_library.XXXXXX", root[64], text[256];
	struct origin	o = { .root = root, .confined = true };
	uint64_t	size;
	size_t		i;
	int		fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(root, sizeof root, "%s/root", dir);
	(void)snprintf(text, sizeof text, "mkdir %s %s/sub %s-too", root,
	    root, root);
	assert_int_equal(system(text), 0);
	make_file(dir, "out");
	make_file(dir, "root/in");
	make_file(dir, "root/sub/in");
	make_file(dir, "root-too/in");
	make_link(root, "in", "link");
	make_link(root, "../out", "away");
	make_link(root, "..", "up");
	make_link(root, "loop", "loop");
	assert_int_equal(origin_open_root(&o, NULL), 0);
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size = 0;
		fd = origin_open_file(&o, rows[i].path, &size, NULL);
		if ((fd != -1) != rows[i].found)
			fail_msg("%s", rows[i].path);
		assert_true(fd == -1 || size == 4);
		if (fd != -1)
			(void)close(fd);
	}
	origin_close_root(&o);
	(void)snprintf(text, sizeof text, "rm -r %s", dir);
	assert_int_equal(system(text), 0);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_waits_end),
		cmocka_unit_test(test_waits_cancelled),
		cmocka_unit_test(test_waits_late),
		cmocka_unit_test(test_origin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
