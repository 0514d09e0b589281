/*
 * The wait of a run, and the functions that need little more.
 */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "event/loop.h"
#include "mime/field.h"
#include "mime/word.h"

#include "library.h"

#define SLEEP_MAX_S	86400
#define CHARGE		100	/* a wait or a line: as much as a small loop */

/* ---- Waiting ----------------------------------------------------------- */

struct library *
library_of(const struct hsl_exec *x)
{
	return hsl_data(x);
}

void
library_wait(struct library *l, void (*cancel)(void *wait), void *wait)
{
	library_end(l);
	l->cancel = cancel;
	l->wait = wait;
}

void
library_resume(struct library *l, struct hsl_exec *x, struct hsl_value v)
{
	l->cancel = NULL;
	l->wait = NULL;
	hsl_resume(x, v);
	l->go_on(l->arg);
}

void
library_resume_throw(struct library *l, struct hsl_exec *x, const char *fmt,
    ...)
{
	char	 text[512];
	va_list	 ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	l->cancel = NULL;
	l->wait = NULL;
	hsl_resume_throw(x, "%s", text);
	l->go_on(l->arg);
}

void
library_end(struct library *l)
{
	void	(*cancel)(void *wait) = l->cancel;
	void	*wait = l->wait;

	l->cancel = NULL;
	l->wait = NULL;
	if (cancel != NULL)
		cancel(wait);
}

int64_t
library_time_ms(const struct hsl_exec *x, int64_t ms)
{
	const struct library	*l = library_of(x);
	int64_t			 left = hsl_time_left_ms(x);
	int64_t			 now = loop_now_ms(l->host.loop);
	int64_t			 until = l->until_ms - now;

	/* Timers count from the loop's clock, which stands during a turn. */
	if (left > 0 && left < INT64_MAX / 2)
		left += clock_mono_ms() - now;
	if (left > until)
		left = until > 0 ? until : 0;
	return ms < left ? ms : left;
}

/* ---- gethostname -------------------------------------------------------- */

enum hsl_rc
library_gethostname(struct hsl_call *c)
{
	const char	*name = library_of(c->x)->host.hostname;
	char		 machine[256];

	if (name == NULL) {
		if (gethostname(machine, sizeof machine) == -1)
			return hsl_throw(c, "gethostname(): %s",
			    strerror(errno));
		machine[sizeof machine - 1] = '\0';
		name = machine;
	}
	*c->ret = hsl_text(c->x, name);
	return HSL_OK;
}

/* ---- sleep ------------------------------------------------------------- */

struct nap {
	struct library	*library;
	struct hsl_exec	*x;
	struct timer	 timer;
	int64_t		 start_us;
	int64_t		 us;
};

static void
nap_free(void *arg)
{
	struct nap	*n = arg;

	timer_fini(&n->timer);
	free(n);
}

/* The loop's clock is read once a turn: a timer may be early. */
static void
nap_over(void *arg)
{
	struct nap	*n = arg;
	struct library	*l = n->library;
	struct hsl_exec	*x = n->x;
	int64_t		 slept = clock_mono_us() - n->start_us, left;

	left = library_time_ms(x, (n->us - slept + 999) / 1000);
	if (left > 0) {
		timer_start(&n->timer, left);
		return;
	}
	nap_free(n);
	library_resume(l, x, hsl_number((double)slept / 1e6));
}

enum hsl_rc
library_sleep(struct hsl_call *c)
{
	double		 seconds = hsl_value_number(c->argv[0], NAN);
	struct nap	*n;

	if (c->argv[0].type != HSL_NUMBER || !(seconds >= 0) ||
	    seconds > SLEEP_MAX_S)
		return hsl_throw(c, "sleep(): seconds is a number from 0 to "
		    "%d", SLEEP_MAX_S);
	if (!hsl_charge(c->x, CHARGE))
		return HSL_THROW;
	n = xcalloc(1, sizeof *n);
	n->library = library_of(c->x);
	n->x = c->x;
	n->start_us = clock_mono_us();
	n->us = (int64_t)ceil(seconds * 1e6);
	timer_init(&n->timer, n->library->host.loop, nap_over, n);
	timer_start(&n->timer, library_time_ms(c->x, (n->us + 999) / 1000));
	library_wait(n->library, nap_free, n);
	return HSL_SUSPEND;
}

/* ---- syslog ------------------------------------------------------------ */

/* By name, or as a number that may hold a facility too. */
static const char *
syslog_priority(struct hsl_value v)
{
	static const char *const	names[] = { "emerg", "alert", "crit",
	    "err", "warning", "notice", "info", "debug" };
	double				n = hsl_value_number(v, -1);
	size_t				i;

	if (v.type == HSL_NUMBER)
		return n >= 0 && n < 1024 ? names[(int)n & 7] : NULL;
	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (str_caseeq(hsl_value_str(v), str_of(names[i])))
			return names[i];
	return NULL;
}

enum hsl_rc
library_syslog(struct hsl_call *c)
{
	const char	*priority = syslog_priority(c->argv[0]);
	struct str	 text;

	if (priority == NULL)
		return hsl_throw(c, "syslog(): priority is emerg, alert, crit, "
		    "err, warning, notice, info, debug or its number");
	if (!hsl_arg_string(c, 1, &text) || !hsl_charge(c->x, CHARGE))
		return HSL_THROW;
	LOG(EV_HOOK_SYSLOG, library_of(c->x)->log,
	    LOG_STR("priority", priority), LOG_BYTES("text", text));
	return HSL_OK;
}

/* ---- mimeword_encode, mimeword_decode ---------------------------------- */

enum hsl_rc
library_mimeword_encode(struct hsl_call *c)
{
	struct buf	folded = BUF_INIT, flat = BUF_INIT;
	struct str	text;
	struct err	e;
	int		rc;

	if (!hsl_arg_string(c, 0, &text) ||
	    !hsl_charge(c->x, 1 + text.len / 8))
		return HSL_THROW;
	rc = word_encode(STR(""), text, WORD_Q, &folded, &e);
	if (rc == 0) {
		field_unfold(buf_str(&folded), &flat);
		*c->ret = hsl_string(c->x, str_trim(buf_str(&flat)));
	}
	buf_free(&folded);
	buf_free(&flat);
	return rc == 0 ? HSL_OK : hsl_throw(c, "mimeword_encode(): %s",
	    e.text);
}

enum hsl_rc
library_mimeword_decode(struct hsl_call *c)
{
	struct buf	out = BUF_INIT;
	struct str	text;

	if (!hsl_arg_string(c, 0, &text) ||
	    !hsl_charge(c->x, 1 + text.len / 8))
		return HSL_THROW;
	word_decode(text, &out);
	*c->ret = hsl_string(c->x, buf_str(&out));
	buf_free(&out);
	return HSL_OK;
}
