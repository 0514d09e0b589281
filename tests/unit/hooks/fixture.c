/*
 * The hook is one of CONNECT, which every worker has.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "fixture.h"

static void
fixture_report(void *arg, const struct hsl_diag *d)
{
	(void)arg;
	fail_msg("%s:%d:%d: %s", d->file, d->line, d->column, d->text);
}

void
fixture_init(struct fixture *f)
{
	*f = (struct fixture){ .mute = -1 };
	f->loop = loop_new(NULL);
}

void
fixture_dns(struct fixture *f)
{
	struct netaddr	a, at;
	char		server[64];

	f->mute = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(netaddr_parse_ip(&a, STR("127.0.0.1"), 0), 0);
	assert_int_equal(bind(f->mute, &a.u.sa, a.len), 0);
	assert_int_equal(netaddr_local(&at, f->mute), 0);
	(void)snprintf(server, sizeof server, "127.0.0.1@%u",
	    (unsigned)netaddr_port(&at));
	f->dns = dns_new(f->loop, &(struct dns_config){ .servers = server },
	    NULL);
	assert_non_null(f->dns);
}

void
fixture_share(struct fixture *f)
{
	f->share = share_local(f->loop, 4 << 20);
}

void
fixture_fini(struct fixture *f)
{
	hook_free(&f->hook);
	dns_free(&f->dns);
	share_free(&f->share);
	loop_free(&f->loop);
	for (int i = 0; i < RUNS; i++)
		hsl_frozen_free(&f->runs[i].context);
	if (f->mute != -1)
		(void)close(f->mute);
}

void
fixture_script(struct fixture *f, const char *script,
    const struct hsl_limits *limits)
{
	struct hook_config	c = { .limits = *limits };

	hook_free(&f->hook);
	c.offers = hooks_host(HOOK_CONNECT);
	c.host = (struct library_host){ .loop = f->loop, .dns = f->dns,
	    .share = f->share, .quotas = f->quotas,
	    .queue = f->queue, .origin = f->origin };
	f->hook = hook_new(HOOK_CONNECT, &c, "t", str_of(script),
	    fixture_report, NULL);
	assert_non_null(f->hook);
}

void
fixture_script_ms(struct fixture *f, const char *script, uint32_t time_ms)
{
	struct hsl_limits	l = hsl_limits_default;

	l.time_ms = time_ms;
	fixture_script(f, script, &l);
}

static void
fixture_done(void *arg, const struct verdict *v)
{
	struct run	*r = arg;

	r->run = NULL;
	r->done = true;
	r->action = v->action;
	if (v->line_count > 0)
		(void)snprintf(r->reason, sizeof r->reason, "%.*s",
		    (int)v->lines[0].len, v->lines[0].p);
	if (--r->f->left == 0)
		loop_stop(r->f->loop);
}

void
fixture_start(struct fixture *f, int i)
{
	static struct hook_connection	 conn = { .serverid = "test" };
	static struct logctx		 log;
	struct run			*r = &f->runs[i];
	struct hook_request		 rq = { .conn = &conn, .log = &log,
	    .context = &r->context, .done = fixture_done, .arg = r };

	hsl_frozen_free(&r->context);
	*r = (struct run){ .f = f, .action = VERDICT_NONE };
	f->left++;
	r->run = hook_start(f->hook, &rq);
}

void
fixture_wait(struct fixture *f)
{
	assert_int_equal(loop_run(f->loop), 0);
}

void
fixture_cancel(struct fixture *f, int i)
{
	if (f->runs[i].run == NULL)
		return;
	hook_cancel(&f->runs[i].run);
	f->left--;
	loop_stop(f->loop);
}

enum verdict_action
fixture_run(struct fixture *f, const char *script)
{
	fixture_script_ms(f, script, 0);
	fixture_start(f, 0);
	fixture_wait(f);
	return f->runs[0].action;
}
