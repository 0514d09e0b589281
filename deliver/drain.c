/*
 * Limits are timers; that everything has ended is looked at by a task, since
 * the last job ends in the middle of something.
 */
#include "base/log.h"
#include "ipc/channel.h"

#include "deliver.h"
#include "drain.h"
#include "job.h"
#include "mailroom.h"

static struct {
	struct timer	soft;
	struct timer	hard;
	struct task	look;
	bool		hard_passed;
} drain;

static void
drain_log(const char *limit)
{
	LOG(EV_DELIVER_DRAIN, NULL, LOG_STR("limit", limit),
	    LOG_NUM("running", (int64_t)jobs_running()),
	    LOG_NUM("jobs", (int64_t)jobs_all()));
}

static void
drain_end(void *arg)
{
	struct channel	*c = mailroom_channel();

	(void)arg;
	if (!deliver.draining || jobs_running() != 0 ||
	    (jobs_all() != 0 && !drain.hard_passed))
		return;
	if (c != NULL)
		channel_flush(c);
	worker_exit(deliver.worker);
}

void
drain_look(void)
{
	if (deliver.draining)
		loop_defer(deliver.loop, &drain.look);
}

static void
drain_soft(void *arg)
{
	(void)arg;
	drain_log("soft");
	jobs_cut();
	drain_look();
}

static void
drain_hard(void *arg)
{
	(void)arg;
	drain.hard_passed = true;
	drain_log("hard");
	jobs_cut();
	drain_look();
}

void
drain_init(void)
{
	timer_init(&drain.soft, deliver.loop, drain_soft, NULL);
	timer_init(&drain.hard, deliver.loop, drain_hard, NULL);
	task_init(&drain.look, drain_end, NULL);
}

static void
drain_limit(struct timer *t, int64_t ms)
{
	if (!t->armed || t->due_ms > loop_now_ms(deliver.loop) + ms)
		timer_start(t, ms);
}

void
drain_begin(int64_t soft_ms, int64_t hard_ms)
{
	deliver.draining = true;
	drain_log("none");
	mailroom_drain();
	jobs_return();
	drain_limit(&drain.soft, soft_ms);
	drain_limit(&drain.hard, hard_ms);
	drain_look();
}
