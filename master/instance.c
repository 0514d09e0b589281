/*
 * All that may happen to an instance leads to one of few steps: take up a
 * configuration, begin a generation, see it run, fail or go, stop.  What each
 * generation does meanwhile is in generation.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/pid_file.h"
#include "compat/notify.h"
#include "conf/log_params.h"
#include "proc/access.h"

#include "admission.h"
#include "change.h"
#include "control.h"
#include "instance.h"
#include "log_file.h"
#include "notice.h"
#include "rehearsal.h"
#include "spool_place.h"

#define LISTS_MS	3000	/* between looks at the files of lists */

struct generation *
instance_running(const struct instance *i)
{
	struct generation	*g;

	TAILQ_FOREACH(g, &i->generations, link)
		if (g->state == GENERATION_RUNNING)
			return g;
	return NULL;
}

/* ---- Log --------------------------------------------------------------- */

static int
instance_open_log(struct instance *i, const struct conf *conf, struct err *e)
{
	const struct params	*p = conf_params(conf);
	char			 path[PATH_MAX];
	int			 fd;

	log_params(p);
	if (strcmp(p->log_target, "syslog") == 0) {
		log_open("master", LOG_TO_SYSLOG, -1);
		i->house.log_fd = -1;
		return 0;
	}
	if (strcmp(p->log_target, "stdout") == 0) {
		log_open("master", LOG_TO_FD, STDOUT_FILENO);
		i->house.log_fd = -1;
		return 0;
	}
	conf_path(conf, p->log_target, path, sizeof path);
	fd = log_file_open(path);
	if (fd == -1)
		return err_errno(e, "%s", path);
	log_open("master", LOG_TO_FD, fd);
	i->house.log_fd = fd;
	return 0;
}

/* Every worker, of every generation, writes to the new file from now on. */
void
instance_rotate(struct instance *i)
{
	struct generation	*g = instance_running(i);
	struct err		 e;

	if (g == NULL)
		return;
	if (instance_open_log(i, g->conf, &e) == -1) {
		LOG(EV_CONFIG_ERROR, NULL, LOG_STR("reason", e.text));
		return;
	}
	TAILQ_FOREACH(g, &i->generations, link)
		generation_log(g);
}

/* ---- Generations ------------------------------------------------------- */

/* The log, the spool's place and the addresses of a configuration. */
static int
instance_take_up(struct instance *i, const struct conf *conf)
{
	const struct conf_service	*at;
	const char			*parameter;
	char				 file[PATH_MAX];
	struct err			 e;

	if (instance_open_log(i, conf, &e) == -1) {
		notice_blame(i, conf, "log_target", e.text);
		return -1;
	}
	if (admission_check(conf, &parameter, &e) == -1) {
		notice_blame(i, conf, parameter, e.text);
		return -1;
	}
	if (spool_place_make(conf, &e) == -1) {
		notice_blame(i, conf, "spool_directory", e.text);
		return -1;
	}
	if (sockets_bind(&i->house.sockets, conf, &at, &e) == -1) {
		conf_path(conf, "master.cf", file, sizeof file);
		notice_report(i, file, at->line, 1, e.text);
		return -1;
	}
	return 0;
}

static int
instance_begin_generation(struct instance *i, struct conf *conf)
{
	struct generation	*g;
	struct err		 e;

	g = generation_new(&i->house, conf, ++i->last_number,
	    instance_running(i), &e);
	if (g == NULL) {
		notice_say(i, i->house.directory, e.text);
		return -1;
	}
	TAILQ_INSERT_TAIL(&i->generations, g, link);
	return 0;
}

/* Takes up what the files say now. */
static int
instance_read(struct instance *i)
{
	struct plans	 plans = PLANS_INIT;
	struct conf	*conf;
	int		 rc = -1;

	if (conf_load(&conf, i->house.directory, notice_report, i) == -1)
		return -1;
	if (change_needs_restart(i, conf) ||
	    change_plan(i, conf, &plans) > 0)
		rc = -1;
	else if (change_is_of_plans(i, conf, &plans)) {
		generation_replan(instance_running(i), &conf, &plans);
		/* The log is opened anew, as at any reload. */
		instance_rotate(i);
		rc = 0;
	} else if (instance_take_up(i, conf) == 0) {
		rc = instance_begin_generation(i, conf);
		conf = NULL;
	}
	plans_fini(&plans);
	conf_free(&conf);
	return rc;
}

/* The lifetime is that of the configuration that runs now; a reload makes
 * the next change earlier, never later. */
static void
instance_await_tickets(struct instance *i, const struct generation *g)
{
	int64_t	ms = conf_params(g->conf)->tls_ticket_lifetime;

	if (!i->tickets.armed ||
	    i->tickets.due_ms > loop_now_ms(i->house.loop) + ms)
		timer_start(&i->tickets, ms);
}

static void
instance_new_tickets(void *arg)
{
	struct instance		*i = arg;
	struct generation	*g;

	tickets_rotate(&i->house.tickets);
	TAILQ_FOREACH(g, &i->generations, link)
		generation_tickets(g);
	if ((g = instance_running(i)) != NULL)
		instance_await_tickets(i, g);
}

/* Where policy.cf has lists with a file, these are looked at. */
static void
instance_await_lists(struct instance *i, const struct generation *g)
{
	if (g->plans.list_count > 0)
		timer_start(&i->lists, LISTS_MS);
	else
		timer_stop(&i->lists);
}

static void
instance_look_at_lists(void *arg)
{
	struct instance		*i = arg;
	struct generation	*g = instance_running(i);

	if (g == NULL)
		return;
	generation_relist(g, notice_report, i);
	instance_await_lists(i, g);
}

/* Begins the reload that was asked for while another was under way: only one
 * generation may drain at a time. */
static void
instance_reload_wanted(struct instance *i)
{
	if (!i->reload_wanted || i->stopping)
		return;
	i->reload_wanted = false;
	instance_reload(i);
}

static void
instance_end(struct instance *i, int status)
{
	i->exit_status = status;
	loop_stop(i->house.loop);
}

static void
instance_check_end(struct instance *i, bool failed)
{
	control_reloaded(i->control, failed, failed ? "failed" : "ok");
	instance_end(i, failed ? 1 : 0);
}

/* Lets users of the control groups in.  The groups were found when the
 * configuration was taken up: this fails only if they have gone since. */
static void
instance_let_in(struct instance *i, const struct conf *conf)
{
	const char	*parameter;
	struct access	 access;
	struct err	 e;

	if (access_load(&access, conf_params(conf), i->house.directory,
	    &parameter, &e) == 0 && control_access(i->control, &access) == -1)
		(void)err_errno(&e, "the control socket");
	else
		return;
	notice_blame(i, conf, parameter, e.text);
}

static void
instance_on_running(void *arg, struct generation *g)
{
	struct instance		*i = arg;
	struct generation	*old;
	int64_t			 soft, hard;

	if (i->house.check) {
		instance_check_end(i, i->faults > 0);
		return;
	}
	soft = conf_params(g->conf)->drain_limit;
	hard = soft + conf_params(g->conf)->drain_transaction_limit;
	TAILQ_FOREACH(old, &i->generations, link)
		if (old != g) {
			generation_adopt(g, old);
			generation_drain(old, soft, hard, false);
			generation_log(old);
		}
	sockets_prune(&i->house.sockets);
	instance_let_in(i, g->conf);
	instance_await_tickets(i, g);
	instance_await_lists(i, g);
	if (g->number == 1 || i->notify != -1) {
		LOG(EV_MASTER_START, NULL,
		    LOG_STR("directory", i->house.directory));
		notice_text(i, "ready\n");
		notice_close(i);
	} else
		LOG(EV_RELOAD, NULL, LOG_NUM("generation", g->number),
		    LOG_STR("kind", "generation"));
	service_notify("READY=1");
	/* A worker of the old generation may have ended one meanwhile. */
	if (sockets_sound(&i->house.sockets))
		control_reloaded(i->control, false, "reloaded");
	else {
		control_reloaded(i->control, true,
		    "reloaded, but a socket no longer listens; it is bound "
		    "anew by one more reload");
		i->reload_wanted = true;
	}
	instance_reload_wanted(i);
}

static void
instance_on_replanned(void *arg, struct generation *g, bool all)
{
	struct instance	*i = arg;

	instance_await_lists(i, g);
	LOG(EV_RELOAD, NULL, LOG_NUM("generation", g->number),
	    LOG_STR("kind", "plans"));
	control_reloaded(i->control, !all, all ?
	    "reloaded: transports and policies; workers go on" :
	    "transports and policies hold, but a worker does not answer");
	instance_reload_wanted(i);
}

static void
instance_remove(struct instance *i, struct generation *g)
{
	TAILQ_REMOVE(&i->generations, g, link);
	generation_free(&g);
}

/* At a stop, what one generation waits for may have been another's. */
static void
instance_next_turns(struct instance *i)
{
	struct generation	*g;

	if (i->stopping)
		TAILQ_FOREACH(g, &i->generations, link)
			generation_next_turn(g);
}

/* The sockets of the refused configuration go with it, and its log. */
static void
instance_go_back(struct instance *i)
{
	const struct generation		*running = instance_running(i);
	const struct conf_service	*at;

	if (sockets_bind(&i->house.sockets, running->conf, &at, NULL) == 0)
		sockets_prune(&i->house.sockets);
	(void)instance_open_log(i, running->conf, NULL);
	notice_refuse(i, "the new configuration does not hold");
}

static void
instance_on_failed(void *arg, struct generation *g)
{
	struct instance	*i = arg;

	instance_remove(i, g);
	if (i->house.check) {
		instance_check_end(i, true);
		return;
	}
	if (i->stopping) {
		instance_next_turns(i);
		if (TAILQ_EMPTY(&i->generations))
			instance_end(i, 0);
		return;
	}
	if (instance_running(i) == NULL) {
		notice_close(i);
		instance_end(i, 1);
		return;
	}
	instance_go_back(i);
	instance_reload_wanted(i);
}

static void
instance_on_gone(void *arg, struct generation *g)
{
	struct instance	*i = arg;

	instance_remove(i, g);
	if (i->stopping && TAILQ_EMPTY(&i->generations))
		instance_end(i, 0);
	else
		instance_reload_wanted(i);
}

/* Without its control socket an instance can be asked by signals alone. */
static void
instance_mend_control(struct instance *i)
{
	struct err	e;

	if (control_mend(i->control, &e) == -1)
		notice_say(i, i->house.directory, e.text);
}

void
instance_reload(struct instance *i)
{
	struct generation	*first = TAILQ_FIRST(&i->generations);

	if (i->stopping) {
		control_reload_begins(i->control);
		notice_refuse(i, "stopping");
		return;
	}
	if (first != TAILQ_LAST(&i->generations, generations) ||
	    first != instance_running(i) || first->replanning) {
		i->reload_wanted = true;
		return;
	}
	control_reload_begins(i->control);
	instance_mend_control(i);
	if (instance_read(i) == -1)
		instance_go_back(i);
}

void
instance_stop(struct instance *i)
{
	struct generation	*g;
	int64_t			 limit = 0;

	if (instance_running(i) != NULL)
		limit = conf_params(instance_running(i)->conf)->shutdown_limit;
	service_notify("STOPPING=1");
	i->stopping = true;
	if (i->reload_wanted)
		instance_reload(i);	/* which says no */
	i->reload_wanted = false;
	TAILQ_FOREACH(g, &i->generations, link)
		generation_drain(g, 0, limit, true);
	if (TAILQ_EMPTY(&i->generations))
		instance_end(i, 0);
}

void
instance_reap(struct instance *i)
{
	struct generation	*g;
	pid_t			 pid;
	int			 status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		TAILQ_FOREACH(g, &i->generations, link)
			if (generation_reaped(g, pid, status))
				break;
	instance_next_turns(i);
	/* Not every worker ends as it should: see sockets_sound(). */
	if (!i->stopping && instance_running(i) != NULL &&
	    !sockets_sound(&i->house.sockets))
		instance_reload(i);
}

/* ---- Start and end ----------------------------------------------------- */

static int
instance_make_run(const struct conf *conf, struct err *e)
{
	struct stat	st;
	char		path[PATH_MAX];

	conf_path(conf, conf_params(conf)->run_directory, path, sizeof path);
	if (mkdir(path, 0755) == -1 && errno != EEXIST)
		return err_errno(e, "%s", path);
	if (stat(path, &st) == -1)
		return err_errno(e, "%s", path);
	return S_ISDIR(st.st_mode) ? 0 : err_set(e, "%s: is not a directory",
	    path);
}

/* The pid file's lock is what makes a second master impossible.  *parameter:
 * which one was wrong, or NULL. */
static int
instance_lock(struct instance *i, const struct conf *conf,
    const char **parameter, struct err *e)
{
	const char	*run = conf_params(conf)->run_directory;
	char		 name[PATH_MAX], path[PATH_MAX];
	struct access	 access;

	*parameter = NULL;
	(void)snprintf(name, sizeof name, "%s/master.pid", run);
	conf_path(conf, name, path, sizeof path);
	i->pid_path = xstrdup(path);
	i->pid_file = pid_file_take(path, e);
	if (i->pid_file == -1)
		return -1;
	(void)snprintf(name, sizeof name, "%s/master.sock", run);
	conf_path(conf, name, path, sizeof path);
	if (access_load(&access, conf_params(conf), i->house.directory,
	    parameter, e) == -1)
		return -1;
	*parameter = NULL;
	i->control = control_open(i, path, &access, e);
	return i->control != NULL ? 0 : -1;
}

void
instance_start(struct instance *i)
{
	const char	*parameter;
	struct conf	*conf;
	struct err	 e;
	int		 rc;

	if (conf_load(&conf, i->house.directory, notice_report, i) == -1) {
		instance_end(i, 1);
		return;
	}
	rc = instance_make_run(conf, &e);
	if (rc == -1)
		notice_blame(i, conf, "run_directory", e.text);
	else if ((rc = instance_lock(i, conf, &parameter, &e)) == -1 &&
	    parameter != NULL)
		notice_blame(i, conf, parameter, e.text);
	else if (rc == -1)
		notice_say(i, conf_dir(conf), e.text);
	conf_free(&conf);
	if (rc == -1 || instance_read(i) == -1)
		instance_end(i, 1);
}

/* Does what instance_start() does, but nothing that others would notice. */
void
instance_check(struct instance *i, int fd)
{
	struct plans		 plans = PLANS_INIT;
	struct generation	*g;
	struct conf		*conf;
	struct err		 e;

	i->house.check = true;
	i->house.log_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	i->control = control_of(i, fd);
	if (conf_load(&conf, i->house.directory, notice_report, i) == -1) {
		instance_check_end(i, true);
		return;
	}
	i->faults = rehearsal(conf, notice_diag, i) +
	    change_plan(i, conf, &plans);
	plans_fini(&plans);
	g = generation_new(&i->house, conf, ++i->last_number, NULL, &e);
	if (g == NULL) {
		notice_say(i, i->house.directory, e.text);
		instance_check_end(i, true);
		return;
	}
	TAILQ_INSERT_TAIL(&i->generations, g, link);
}

struct instance *
instance_new(struct loop *l, const char *dir, const char *programs,
    int notify)
{
	static const struct generation_ops	 ops = { notice_diag,
	    control_cached, control_flushed, instance_on_running,
	    instance_on_failed, instance_on_replanned, instance_on_gone };
	struct instance				*i = xcalloc(1, sizeof *i);

	TAILQ_INIT(&i->generations);
	TAILQ_INIT(&i->house.alive);
	sockets_init(&i->house.sockets);
	slots_init(&i->house.slots);
	i->house.loop = l;
	i->house.directory = dir;
	i->house.programs = programs;
	i->house.log_fd = -1;
	tickets_rotate(&i->house.tickets);
	timer_init(&i->lists, l, instance_look_at_lists, i);
	timer_init(&i->tickets, l, instance_new_tickets, i);
	i->house.ops = &ops;
	i->house.arg = i;
	i->notify = notify;
	i->pid_file = -1;
	return i;
}

void
instance_free(struct instance **ip)
{
	struct instance	*i = *ip;

	while (!TAILQ_EMPTY(&i->generations))
		instance_remove(i, TAILQ_FIRST(&i->generations));
	sockets_fini(&i->house.sockets);
	slots_fini(&i->house.slots);
	/* First: who waits for our end on the control socket asks then who
	 * runs here. */
	if (i->pid_file != -1)
		pid_file_give(i->pid_file, i->pid_path);
	free(i->pid_path);
	control_close(&i->control);
	timer_fini(&i->tickets);
	timer_fini(&i->lists);
	explicit_bzero(&i->house.tickets, sizeof i->house.tickets);
	notice_close(i);
	free(i);
	*ip = NULL;
}
