/*
 * An event loop of its own, with the functions of every hook on it; a script
 * runs in slices as it would in a worker.
 */
#include <stdint.h>
#include <stdio.h>

#include "dns/dns.h"
#include "share/share.h"

#include "shell.h"
#include "verb.h"

#define SHELL_SHARED	(64u << 20)

void
shell_echo(void *arg, struct str text)
{
	(void)arg;
	(void)fwrite(text.p, 1, text.len, stdout);
	(void)putchar('\n');
}

static int
shell_error(const struct hsl_exec *x)
{
	const struct hsl_failure	*f = hsl_error(x);

	(void)fflush(stdout);
	(void)fprintf(stderr, "%s:%d:%d: %s\n", f->file, f->line, f->column,
	    f->text);
	return CTL_FAILED;
}

static void
shell_slice(void *arg)
{
	struct shell	*s = arg;
	enum hsl_run	 how = hsl_run(s->exec);

	if (how == HSL_RUN_YIELD)
		timer_start(&s->again, 0);
	else if (how != HSL_RUN_WAIT) {
		s->rc = how == HSL_RUN_ERROR ? shell_error(s->exec) : CTL_OK;
		loop_stop(s->loop);
	}
}

int
shell_open(struct shell *s, const struct origin *place, struct err *e)
{
	*s = (struct shell){ .rc = CTL_FAILED };
	s->loop = loop_new(e);
	if (s->loop == NULL)
		return -1;
	/* Shared values that can't be made, it goes without. */
	s->library = (struct library){ .host = { .loop = s->loop,
	    .dns = dns_new_late(s->loop), .origin = place,
	    .share = share_local(s->loop, SHELL_SHARED) },
	    .log = &s->log, .until_ms = INT64_MAX, .go_on = shell_slice,
	    .arg = s };
	timer_init(&s->again, s->loop, shell_slice, s);
	return 0;
}

int
shell_run(struct shell *s, struct hsl_exec *x)
{
	s->exec = x;
	s->rc = CTL_FAILED;
	timer_start(&s->again, 0);
	(void)loop_run(s->loop);
	library_end(&s->library);
	return s->rc;
}

void
shell_close(struct shell *s)
{
	timer_fini(&s->again);
	share_free(&s->library.host.share);
	dns_free(&s->library.host.dns);
	loop_free(&s->loop);
}
