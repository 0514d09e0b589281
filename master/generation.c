/*
 * State of a generation against what happens:
 *
 *             all ready       worker ends        drain          patience
 * PROBING     start the rest  FAILED             FAILED         FAILED
 * STARTING    RUNNING         FAILED             FAILED         FAILED
 * RUNNING     -               restart it         DRAINING       -
 * DRAINING    -               gone, if the last  again, sooner  -
 * FAILED      -               -                  -              -
 *
 * A single service (programs.def) that runs already has no process in a new
 * generation until that is RUNNING and adopts the old one's, before the old
 * one drains; one that is FAILED leaves it where it is.
 *
 * Programs drain in turns: each when those have gone that may need it to their
 * end, and until then it is restarted.  After a reload all but the single ones
 * drain at once, and the turns are of the old generation alone; at a stop each
 * program has its turn, over all generations.
 *
 * Reports to the instance are made from a task, so that it may free the
 * generation in them.
 */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/programs.h"

#include "generation.h"
#include "links.h"

void
diag_place(struct diag *d, const struct conf *conf,
    const struct conf_service *svc, const char *parameter)
{
	struct conf_place	at;

	if (!conf_place(conf, svc, parameter, &at))
		return;
	d->file = at.file;
	d->line = at.line;
	d->column = at.column;
}

#define PATIENCE_MS	60000	/* to compile hooks, load keys, ... */
#define LIVED_MS	1000	/* a worker older than this restarts at once */
#define BACKOFF_MS	100

static bool
generation_empty(const struct generation *g)
{
	const struct process	*p;

	TAILQ_FOREACH(p, &g->processes, link)
		if (p->state != PROCESS_NONE)
			return false;
	return true;
}

static void
generation_tell(void *arg)
{
	struct generation		*g = arg;
	const struct generation_ops	*ops = g->house->ops;

	if (g->state == GENERATION_RUNNING && g->replanning) {
		g->replanning = false;
		timer_stop(&g->patience);
		ops->on_replanned(g->house->arg, g, !g->deaf);
	} else if (g->state == GENERATION_RUNNING)
		ops->on_running(g->house->arg, g);
	else if (g->state == GENERATION_FAILED)
		ops->on_failed(g->house->arg, g);
	else if (g->state == GENERATION_DRAINING && generation_empty(g))
		ops->on_gone(g->house->arg, g);
}

static void
generation_enter(struct generation *g, enum generation_state state)
{
	g->state = state;
	if (state == GENERATION_RUNNING || state == GENERATION_FAILED) {
		timer_stop(&g->patience);
		loop_defer(g->house->loop, &g->news);
	}
}

void
generation_fail(struct generation *g)
{
	if (g->state == GENERATION_PROBING || g->state == GENERATION_STARTING)
		generation_enter(g, GENERATION_FAILED);
}

static void
generation_diag(struct generation *g, const char *file, const char *text)
{
	const struct diag	d = { .file = file, .text = text };

	g->house->ops->on_diag(g->house->arg, &d);
}

static void
generation_impatient(void *arg)
{
	struct generation	*g = arg;

	if (g->replanning) {
		g->deaf = true;
		loop_defer(g->house->loop, &g->news);
		return;
	}
	generation_diag(g, conf_dir(g->conf),
	    "workers took too long to start");
	generation_fail(g);
}

static void
generation_start(struct generation *g, bool probes)
{
	struct process	*p;

	TAILQ_FOREACH(p, &g->processes, link) {
		if (p->probe != probes)
			continue;
		if (process_start(p) == -1) {
			generation_diag(g, p->service->name,
			    "the system gives no process");
			generation_fail(g);
			return;
		}
	}
}

void
generation_ready(struct generation *g)
{
	struct process	*p;

	TAILQ_FOREACH(p, &g->processes, link)
		if (p->state != PROCESS_READY &&
		    (p->probe || g->state == GENERATION_STARTING))
			return;
	if (g->state == GENERATION_PROBING && g->house->check)
		generation_enter(g, GENERATION_RUNNING);
	else if (g->state == GENERATION_PROBING) {
		generation_enter(g, GENERATION_STARTING);
		generation_start(g, false);
		generation_ready(g);
	} else if (g->state == GENERATION_STARTING)
		generation_enter(g, GENERATION_RUNNING);
}

static void
process_restart(void *arg)
{
	struct process	*p = arg;

	p->restarts++;
	slots_count_restart(&p->generation->house->slots, p->service->name);
	if (process_start(p) == -1)
		timer_start(&p->restart, p->backoff_ms);
}

/* The process of a single service, by its program: its row may have another
 * name now. */
static struct process *
generation_single(const struct generation *g, const struct conf_service *svc)
{
	struct process	*p;

	TAILQ_FOREACH(p, &g->processes, link)
		if (p->service->single &&
		    strcmp(p->service->command, svc->command) == 0)
			return p;
	return NULL;
}

static int
generation_add(struct generation *g, const struct conf_service *svc,
    bool probe, struct err *e)
{
	struct process	*p = xcalloc(1, sizeof *p);

	process_init(p, g, svc);
	p->probe = probe;
	p->backoff_ms = BACKOFF_MS;
	timer_init(&p->restart, g->house->loop, process_restart, p);
	TAILQ_INSERT_TAIL(&g->processes, p, link);
	if (slots_totals(&g->house->slots, svc->name, e) == NULL)
		return -1;
	p->slot = slots_take(&g->house->slots, svc->name, g->number, e);
	if (p->slot == NULL)
		return -1;
	p->slot->sessions = strcmp(svc->command, "smtpd") == 0;
	return 0;
}

/* The metrics service comes last, so that it is told of all pages. */
static int
generation_populate(struct generation *g, const struct generation *before,
    bool metrics, struct err *e)
{
	const struct conf_service	*svc;
	size_t				 i;
	int				 k;

	for (i = 0; i < conf_service_count(g->conf); i++) {
		svc = conf_service(g->conf, i);
		if ((strcmp(svc->command, "metrics") == 0) != metrics)
			continue;
		if (before != NULL && generation_single(before, svc) != NULL)
			continue;
		for (k = 0; k < svc->maxproc; k++)
			if (generation_add(g, svc, k == 0, e) == -1)
				return -1;
	}
	return 0;
}

struct generation *
generation_new(struct house *h, struct conf *conf, uint32_t number,
    const struct generation *before, struct err *e)
{
	struct generation	*g = xcalloc(1, sizeof *g);

	g->house = h;
	g->conf = conf;
	g->number = number;
	g->state = GENERATION_PROBING;
	TAILQ_INIT(&g->processes);
	fingerprint_take(&g->fingerprint, conf, h->programs);
	(void)plans_load(&g->plans, conf, NULL, NULL);
	certificates_init(&g->certificates);
	told_init(&g->told);
	timer_init(&g->patience, h->loop, generation_impatient, g);
	task_init(&g->news, generation_tell, g);
	if (generation_populate(g, before, false, e) == -1 ||
	    generation_populate(g, before, true, e) == -1) {
		generation_free(&g);
		return NULL;
	}
	timer_start(&g->patience, PATIENCE_MS);
	generation_start(g, true);
	if (TAILQ_EMPTY(&g->processes))
		generation_ready(g);
	return g;
}

void
generation_adopt(struct generation *g, struct generation *before)
{
	const struct conf_service	*svc;
	struct process			*p;
	size_t				 i;

	for (i = 0; i < conf_service_count(g->conf); i++) {
		svc = conf_service(g->conf, i);
		p = generation_single(before, svc);
		if (p == NULL || p->state == PROCESS_DRAINING)
			continue;
		TAILQ_REMOVE(&before->processes, p, link);
		TAILQ_INSERT_TAIL(&g->processes, p, link);
		p->generation = g;
		p->service = svc;
		slots_rename(&g->house->slots, p->slot, svc->name, g->number);
		process_renew(p);
	}
}

bool
generation_differs(const struct generation *g, const struct conf *conf)
{
	struct fingerprint	f = FINGERPRINT_INIT;
	bool			differs;

	fingerprint_take(&f, conf, g->house->programs);
	differs = !fingerprint_equal(&f, &g->fingerprint);
	fingerprint_fini(&f);
	return differs;
}

/* The row that stands where this one stands in g's: they are the same. */
static const struct conf_service *
generation_row(const struct generation *g, const struct conf_service *svc,
    const struct conf *conf)
{
	size_t	i = 0;

	while (conf_service(g->conf, i) != svc)
		i++;
	return conf_service(conf, i);
}

void
generation_replan(struct generation *g, struct conf **conf,
    struct plans *plans)
{
	struct process	*p;

	plans_fini(&g->plans);
	g->plans = *plans;
	*plans = (struct plans)PLANS_INIT;
	TAILQ_FOREACH(p, &g->processes, link) {
		p->service = generation_row(g, p->service, *conf);
		process_replan(p);
	}
	conf_free(&g->conf);
	g->conf = *conf;
	*conf = NULL;
	g->relisted = false;
	g->replanning = true;
	g->deaf = false;
	timer_start(&g->patience, PATIENCE_MS);
	generation_replanned(g);
}

void
generation_replanned(struct generation *g)
{
	const struct process	*p;

	if (!g->replanning)
		return;
	TAILQ_FOREACH(p, &g->processes, link)
		if (p->state != PROCESS_NONE && p->renewals > 0)
			return;
	loop_defer(g->house->loop, &g->news);
}

void
generation_relist(struct generation *g, conf_report_fn *report, void *arg)
{
	struct process	*p;
	size_t		 i;

	for (i = 0; i < g->plans.list_count; i++) {
		if (plans_relist(&g->plans, i, report, arg) != 1)
			continue;
		g->relisted = true;
		TAILQ_FOREACH(p, &g->processes, link)
			process_relist(p, i);
	}
}

void
generation_free(struct generation **gp)
{
	struct generation	*g = *gp;
	struct process		*p;

	while ((p = TAILQ_FIRST(&g->processes)) != NULL) {
		TAILQ_REMOVE(&g->processes, p, link);
		if (p->pid > 0) {
			links_gone(p, p->pid, SIGKILL);
			if (kill(p->pid, SIGKILL) == 0)
				(void)waitpid(p->pid, NULL, 0);
		}
		channel_free(&p->channel);
		timer_fini(&p->restart);
		timer_fini(&p->deaf);
		if (p->slot != NULL)
			slots_give(&g->house->slots, p->slot);
		free(p);
	}
	fingerprint_fini(&g->fingerprint);
	plans_fini(&g->plans);
	certificates_fini(&g->certificates);
	told_fini(&g->told);
	timer_fini(&g->patience);
	loop_cancel(g->house->loop, &g->news);
	conf_free(&g->conf);
	free(g);
	*gp = NULL;
}

static int
process_turn(const struct process *p)
{
	return p->generation->stopping || p->service->single ?
	    program_find(p->service->command)->turn : 0;
}

/* The lowest turn of all programs that still have a worker to wait for. */
static int
generation_turn(const struct generation *g)
{
	const struct process	*p;
	int			 turn = INT_MAX;

	TAILQ_FOREACH(p, &g->house->alive, alive)
		if ((g->stopping || p->generation == g) &&
		    process_turn(p) < turn)
			turn = process_turn(p);
	return turn;
}

void
generation_next_turn(struct generation *g)
{
	struct process	*p;
	int		 turn = generation_turn(g);

	if (g->state != GENERATION_DRAINING)
		return;
	TAILQ_FOREACH(p, &g->processes, link)
		if (p->state != PROCESS_DRAINING && process_turn(p) <= turn)
			process_drain(p, 0, g->hard_ms);
	if (generation_empty(g))
		loop_defer(g->house->loop, &g->news);
}

void
generation_drain(struct generation *g, int64_t soft_ms, int64_t hard_ms,
    bool stopping)
{
	struct process	*p;
	int		 turn;

	if (g->state != GENERATION_RUNNING &&
	    g->state != GENERATION_DRAINING) {
		generation_fail(g);
		return;
	}
	g->state = GENERATION_DRAINING;
	g->replanning = false;
	timer_stop(&g->patience);
	g->hard_ms = hard_ms;
	g->stopping = stopping;
	turn = generation_turn(g);
	TAILQ_FOREACH(p, &g->processes, link)
		if (process_turn(p) <= turn || p->state == PROCESS_DRAINING)
			process_drain(p, soft_ms, hard_ms);
	if (generation_empty(g))
		loop_defer(g->house->loop, &g->news);
}

static void
process_log_end(const struct process *p, pid_t pid, int status)
{
	bool	expected = p->state == PROCESS_DRAINING &&
		    WIFEXITED(status) && WEXITSTATUS(status) == 0;

	if (expected)
		LOG(EV_WORKER_EXIT, NULL,
		    LOG_STR("service", p->service->name),
		    LOG_NUM("worker", pid));
	else if (WIFSIGNALED(status))
		LOG(EV_WORKER_DEATH, NULL,
		    LOG_STR("service", p->service->name),
		    LOG_NUM("worker", pid),
		    LOG_NUM("signal", WTERMSIG(status)));
	else
		LOG(EV_WORKER_DEATH, NULL,
		    LOG_STR("service", p->service->name),
		    LOG_NUM("worker", pid),
		    LOG_NUM("status", WEXITSTATUS(status)));
}

/* For whoever waits for the start or the reload. */
static void
process_explain_end(const struct process *p, int status)
{
	char	text[128];

	if (WIFSIGNALED(status))
		(void)snprintf(text, sizeof text,
		    "worker ended by signal %d before it was ready",
		    WTERMSIG(status));
	else
		(void)snprintf(text, sizeof text,
		    "worker ended with status %d before it was ready",
		    WEXITSTATUS(status));
	generation_diag(p->generation, p->service->name, text);
}

/* One that lived restarts at once; one that dies young waits ever longer. */
static void
process_schedule(struct process *p)
{
	int64_t	lived = loop_now_ms(p->generation->house->loop) -
		    p->started_ms;
	int64_t	most = conf_params(p->generation->conf)->restart_delay_max;

	if (lived > LIVED_MS) {
		p->backoff_ms = BACKOFF_MS;
		timer_start(&p->restart, 0);
		return;
	}
	timer_start(&p->restart, p->backoff_ms);
	p->backoff_ms = p->backoff_ms * 2 < most ? p->backoff_ms * 2 : most;
}

bool
generation_reaped(struct generation *g, pid_t pid, int status)
{
	struct process	*p;
	bool		 drained;

	TAILQ_FOREACH(p, &g->processes, link)
		if (p->pid == pid)
			break;
	if (p == NULL)
		return false;
	p->pid = 0;
	links_gone(p, pid, status);
	timer_stop(&p->deaf);
	channel_receive(p->channel);
	process_log_end(p, pid, status);
	drained = p->state == PROCESS_DRAINING;
	p->state = PROCESS_NONE;
	channel_free(&p->channel);
	slots_clear(&g->house->slots, p->slot);
	generation_replanned(g);
	if (g->state == GENERATION_RUNNING ||
	    (g->state == GENERATION_DRAINING && !drained &&
	    process_turn(p) > generation_turn(g)))
		process_schedule(p);
	else if (g->state == GENERATION_DRAINING)
		generation_next_turn(g);
	else if (g->state == GENERATION_PROBING ||
	    g->state == GENERATION_STARTING) {
		if (!p->refused)
			process_explain_end(p, status);
		generation_fail(g);
	}
	return true;
}

void
generation_log(struct generation *g)
{
	struct process	*p;

	TAILQ_FOREACH(p, &g->processes, link)
		if (p->state != PROCESS_NONE && g->house->log_fd != -1)
			CHANNEL_SEND(p->channel, LOG_FILE, g->house->log_fd,
			    { .unused = 0 });
}

void
generation_tickets(struct generation *g)
{
	struct process	*p;

	TAILQ_FOREACH(p, &g->processes, link)
		if (p->state != PROCESS_NONE)
			process_tell_tickets(p);
}
