/*
 * master - supervises; see master(8)
 *
 * It parses nothing from the network and compiles no hook: the workers of a
 * new generation do that, and master listens to what they report.
 */
#include <event2/event.h>
#include <fcntl.h>
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "compat/title.h"

#include "instance.h"

/* Its end would be that of all workers; memory often comes back sooner. */
#define MEMORY_MS	10000

struct options {
	char	directory[PATH_MAX];	/* of the configuration */
	char	programs[PATH_MAX];	/* where the workers lie */
	int	notify;
	int	check;
};

static void
master_usage(FILE *to)
{
	(void)fprintf(to, "usage: master [-c DIR] [-n FD | -t FD]\n"
	    "  -c DIR  configuration directory (default /etc/halyard)\n"
	    "  -t FD   only try whether it would start; tell this descriptor\n"
	    "  -n FD   run in the background; say \"ready\" or why not to "
	    "this descriptor\n"
	    "mtactl(8) starts it with \"mtactl start\" or \"mtactl run\".\n");
}

static void
master_options(int argc, char **argv, struct options *o)
{
	static const struct option	 longs[] = {
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	const char			*dir = "/etc/halyard", *bad;
	int				 c;

	o->notify = -1;
	o->check = -1;
	while ((c = getopt_long(argc, argv, "c:n:t:h", longs, NULL)) != -1) {
		bad = NULL;
		if (c == 'c')
			dir = optarg;
		else if (c == 'n')
			o->notify = (int)strtonum(optarg, 3, 1024, &bad);
		else if (c == 't')
			o->check = (int)strtonum(optarg, 3, 1024, &bad);
		if (c == 'h') {
			master_usage(stdout);
			exit(0);
		}
		if (c == '?' || bad != NULL) {
			master_usage(stderr);
			exit(2);
		}
	}
	if (realpath(dir, o->directory) == NULL) {
		(void)fprintf(stderr, "master: %s: no such directory\n", dir);
		exit(1);
	}
}

/* The workers lie beside master. */
static void
master_find_programs(const char *argv0, struct options *o)
{
	char	self[PATH_MAX];

	if (realpath(argv0, self) == NULL) {
		(void)fprintf(stderr, "master: start me with a full path\n");
		exit(1);
	}
	(void)strlcpy(o->programs, dirname(self), sizeof o->programs);
}

static void
master_background(int notify)
{
	int	null;

	if (setsid() == -1 && getsid(0) != getpid())
		fatal("setsid");
	(void)fd_cloexec(notify, true);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null == -1 || dup2(null, STDIN_FILENO) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1 ||
	    dup2(null, STDERR_FILENO) == -1)
		fatal("/dev/null");
	if (null > STDERR_FILENO)
		(void)close(null);
}

/* As many descriptors as the system lets us have: workers inherit it. */
static void
master_raise_limits(void)
{
	struct rlimit	r;

	if (getrlimit(RLIMIT_NOFILE, &r) == -1)
		return;
	r.rlim_cur = r.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &r);
}

static void
master_on_hup(void *arg)
{
	instance_reload(arg);
}

static void
master_on_usr1(void *arg)
{
	instance_rotate(arg);
}

static void
master_on_term(void *arg)
{
	instance_stop(arg);
}

static void
master_on_child(void *arg)
{
	instance_reap(arg);
}

int
main(int argc, char **argv)
{
	static struct options	 o;
	struct instance		*i;
	struct loop		*l;
	struct watch		*watches[5];
	struct err		 e;
	int			 k, status;

	master_options(argc, argv, &o);
	master_find_programs(argv[0], &o);
	if (o.notify != -1)
		master_background(o.notify);
	title_init(argc, argv);
	title_set(o.check == -1 ? "halyard master: %s" :
	    "halyard check: %s", o.directory);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)umask(022);
	mem_patience(MEMORY_MS);
	event_set_mem_functions(xmalloc, xrealloc, free);
	master_raise_limits();
	l = loop_new(&e);
	if (l == NULL)
		fatal("%s", e.text);
	log_open("master", LOG_TO_FD, o.check == -1 ? STDERR_FILENO :
	    open("/dev/null", O_WRONLY | O_CLOEXEC));
	i = instance_new(l, o.directory, o.programs, o.notify);
	watches[0] = watch_signal(l, SIGHUP, master_on_hup, i);
	watches[1] = watch_signal(l, SIGTERM, master_on_term, i);
	watches[2] = watch_signal(l, SIGINT, master_on_term, i);
	watches[3] = watch_signal(l, SIGCHLD, master_on_child, i);
	watches[4] = watch_signal(l, SIGUSR1, master_on_usr1, i);
	if (o.check != -1)
		instance_check(i, o.check);
	else
		instance_start(i);
	if (i->exit_status == 0 && loop_run(l) == -1)
		i->exit_status = FATAL_EXIT;
	status = i->exit_status;
	LOG(EV_MASTER_STOP, NULL, LOG_NUM("status", status));
	/* mtactl takes who has the title for one that runs. */
	title_set("halyard master, ending: %s", o.directory);
	instance_free(&i);
	for (k = 0; k < 5; k++)
		watch_free(&watches[k]);
	log_flush();
	loop_free(&l);
	return status;
}
