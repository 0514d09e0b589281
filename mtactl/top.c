/*
 * mtactl top: what goes on, again and again.
 *
 * On a terminal the other screen is used, without a cursor and without echo.
 * A signal that ends mtactl may come at any moment, also while qmgr is waited
 * for: its handler makes the terminal what it was, by calls that a handler may
 * make, and lets the signal do what it does.
 */
#include <sys/ioctl.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "conf/value.h"
#include "options.h"
#include "top_print.h"
#include "top_sample.h"

#define TOP_INTERVAL_MS	2000
#define TOP_MIN_MS	100
#define TOP_MAX_MS	3600000

#define SCREEN_ENTER	"\033[?1049h\033[?25l"
#define SCREEN_LEAVE	"\033[?25h\033[?1049l"

struct top {
	int64_t	interval_ms;
	bool	once, json, screen;
};

static struct termios	screen_before;

/* ---- The terminal -------------------------------------------------------- */

static void
screen_leave(void)
{
	(void)!write(STDOUT_FILENO, SCREEN_LEAVE, sizeof SCREEN_LEAVE - 1);
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &screen_before);
}

/* The handler is gone by now (SA_RESETHAND), and the signal is let through when
 * this returns. */
static void
screen_on_end(int sig)
{
	screen_leave();
	(void)raise(sig);
}

static void
screen_on_size(int sig)
{
	(void)sig;
}

static void
screen_signals(void)
{
	static const int	ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction	end = { .sa_handler = screen_on_end,
				    .sa_flags = (int)SA_RESETHAND };
	/* Ends the wait: the screen is drawn anew. */
	struct sigaction	size = { .sa_handler = screen_on_size };
	size_t			i;

	(void)sigfillset(&end.sa_mask);
	for (i = 0; i < sizeof ends / sizeof ends[0]; i++)
		(void)sigaction(ends[i], &end, NULL);
	(void)sigaction(SIGWINCH, &size, NULL);
}

static int
screen_enter(struct err *e)
{
	struct termios	t;

	if (tcgetattr(STDIN_FILENO, &screen_before) == -1)
		return err_errno(e, "tcgetattr");
	screen_signals();
	t = screen_before;
	t.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 0;
	/* Stopped it would leave the terminal as it has made it. */
	t.c_cc[VSUSP] = _POSIX_VDISABLE;
	if (tcsetattr(STDIN_FILENO, TCSANOW, &t) == -1)
		return err_errno(e, "tcsetattr");
	(void)!write(STDOUT_FILENO, SCREEN_ENTER, sizeof SCREEN_ENTER - 1);
	return 0;
}

static size_t
screen_lines(void)
{
	struct winsize	w;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == -1 || w.ws_row == 0)
		return TOP_LINES;
	return w.ws_row;
}

/* In place: each line is cleared behind its end, and what is below. */
static void
screen_draw(struct buf *out, struct buf *text)
{
	struct str	rest = buf_str(text), line;

	buf_add_text(out, "\033[H");
	while (rest.len > 0) {
		line = str_split(rest, '\n', &rest);
		buf_add_str(out, line);
		buf_add_text(out, "\033[K\n");
	}
	buf_add_text(out, "\033[J");
}

/* ---- Samples ------------------------------------------------------------- */

static int
top_show(const struct top *t, json_t *sample, struct err *e)
{
	struct buf	text = BUF_INIT, out = BUF_INIT;
	char		*line;
	int		 rc;

	if (t->json) {
		line = json_dumps(sample, JSON_COMPACT | JSON_PRESERVE_ORDER |
		    JSON_REAL_PRECISION(6));
		buf_add_text(&out, line != NULL ? line : "{}");
		buf_add_byte(&out, '\n');
		free(line);
	} else {
		top_print(&text, sample, t->screen ? screen_lines() :
		    TOP_LINES);
		if (t->screen)
			screen_draw(&out, &text);
		else
			buf_printf(&out, "%s%s", buf_cstr(&text),
			    t->once ? "" : "\n");
	}
	rc = fd_write_full(STDOUT_FILENO, buf_data(&out), out.len);
	buf_free(&text);
	buf_free(&out);
	return rc == 0 ? 0 : err_errno(e, "standard output");
}

/* False: q was pressed, or nobody can press it any more. */
static bool
top_wait(const struct top *t)
{
	int64_t		end = clock_mono_ms() + t->interval_ms, left;
	struct pollfd	p = { .fd = STDIN_FILENO, .events = POLLIN };
	char		key;
	int		rc;

	while ((left = end - clock_mono_ms()) > 0) {
		rc = poll(&p, t->screen ? 1 : 0, (int)left);
		if (rc == -1)
			return true;	/* a signal: the size has changed */
		if (rc == 0)
			continue;
		if (read(STDIN_FILENO, &key, 1) != 1)
			return false;
		if (key == 'q' || key == 'Q')
			return false;
	}
	return true;
}

/* The first sample is what the second is held against; a screen is not left
 * empty meanwhile. */
static int
top_loop(const struct top *t, struct top_sampler *s, struct err *e)
{
	json_t	*sample;
	int	 rc = 0;
	bool	 first = true;

	do {
		if ((sample = top_sample_next(s, e)) == NULL)
			return TALK_ABSENT;
		if (!first || t->screen)
			rc = top_show(t, sample, e);
		json_decref(sample);
		if (rc == -1 || (t->once && !first))
			return rc;
		first = false;
	} while (top_wait(t));
	return TALK_OK;
}

static int
top_options(struct top *t, int argc, char **argv)
{
	struct options	o;
	struct err	e;

	if (options_parse(&o, "jio", argc, argv) == -1 || o.argc != 0)
		return -1;
	*t = (struct top){ .interval_ms = TOP_INTERVAL_MS, .once = o.once,
	    .json = o.json };
	t->screen = !o.json && !o.once && isatty(STDIN_FILENO) &&
	    isatty(STDOUT_FILENO);
	if (o.interval == NULL)
		return 0;
	if (value_time(str_of(o.interval), &t->interval_ms, &e) == 0 &&
	    t->interval_ms >= TOP_MIN_MS && t->interval_ms <= TOP_MAX_MS)
		return 0;
	(void)fprintf(stderr, "mtactl: --interval %s: not a time from 100ms "
	    "to 1h\n", o.interval);
	return -1;
}

int
verb_top(const struct ctl *c, int argc, char **argv)
{
	struct top_sampler	s = { .c = c };
	struct ipc_caller	master;
	struct top		t;
	struct err		e;
	int			rc;

	if (top_options(&t, argc, argv) == -1)
		return verb_usage();
	/* Before the terminal is changed. */
	if ((rc = talk_connect(c, &master, &e)) != TALK_OK)
		return talk_fail(rc, &e);
	ipc_caller_close(&master);
	if (t.screen && screen_enter(&e) == -1)
		return verb_fail(&e);
	rc = top_loop(&t, &s, &e);
	if (t.screen)
		screen_leave();
	top_sample_fini(&s);
	return rc == TALK_OK ? CTL_OK : talk_fail(rc, &e);
}
