/*
 * Jobs by number, and in a list for each stage.
 *
 * I1  `under_way` is the number of entries of RUNNING jobs.  It passes
 *     deliver_concurrency by less than one job.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ipc/channel.h"

#include "account.h"
#include "attempt.h"
#include "course.h"
#include "deliver.h"
#include "drain.h"
#include "job.h"
#include "lease.h"
#include "lent.h"
#include "mailroom.h"
#include "outlet.h"
#include "prepare.h"
#include "row.h"
#include "trial.h"
#include "way.h"

#define JOB_KIND	1

static struct {
	struct hmap	table;
	struct job_list	list[JOB_TOLD + 1];
	size_t		count[JOB_TOLD + 1];
	size_t		under_way;
	struct task	turn;
} jobs;

static void	jobs_turn(void *arg);

void
jobs_init(void)
{
	int	i;

	hmap_init(&jobs.table);
	for (i = 0; i <= JOB_TOLD; i++)
		TAILQ_INIT(&jobs.list[i]);
	task_init(&jobs.turn, jobs_turn, NULL);
}

/* ---- Life ---------------------------------------------------------------- */

static void
job_enter(struct job *j, enum job_stage stage)
{
	j->stage = stage;
	TAILQ_INSERT_TAIL(&jobs.list[stage], j, link);
	jobs.count[stage]++;
	if (stage != JOB_RUNNING)
		return;
	jobs.under_way += j->count;
	board_add(COUNTER_deliveries_running, j->count);
}

static void
job_leave(struct job *j)
{
	TAILQ_REMOVE(&jobs.list[j->stage], j, link);
	jobs.count[j->stage]--;
	if (j->stage != JOB_RUNNING)
		return;
	jobs.under_way -= j->count;
	board_add(COUNTER_deliveries_running, -(int64_t)j->count);
}

static struct job *
job_find(uint64_t number)
{
	return (struct job *)hmap_find(&jobs.table, JOB_KIND,
	    (struct str){ (const char *)&number, sizeof number });
}

struct job *
job_new(const struct ipc_DELIVER_JOB *m)
{
	struct job	*j;

	if (jobs.table.count >= JOBS_MAX || job_find(m->job) != NULL ||
	    m->entries == 0 || m->entries > JOB_ENTRIES_MAX)
		return NULL;
	j = xcalloc(1, sizeof *j);
	j->number = m->job;
	j->kind = (enum job_kind)m->kind;
	j->count = m->entries;
	j->entries = m->entries == 1 ? &j->first :
	    xcalloc(m->entries, sizeof *j->entries);
	j->hop = m->hop;
	j->barred = m->barred != 0;
	j->grouping_len = strlen(m->grouping);
	buf_add(&j->bytes, m->grouping, j->grouping_len);
	buf_add_str(&j->policy, m->policy);
	j->wants_file = m->file != 0;
	j->body = m->body;
	j->edits = m->edits;
	j->queue_ms = (int64_t)m->now_ms;
	j->came_ms = loop_now_ms(deliver.loop);
	j->hash.key = (const char *)&j->number;
	j->hash.len = sizeof j->number;
	j->hash.kind = JOB_KIND;
	hmap_insert(&jobs.table, &j->hash);
	job_enter(j, JOB_COLLECTING);
	return j;
}

/* What only an attempt needs. */
static void
job_let_go(struct job *j)
{
	attempt_end(j);
	way_give(&j->way);
	row_give(&j->row);
	trial_give(&j->trial);
	outlet_give(&j->outlet);
	lent_give(&j->segment);
	disk_close(&j->file);
	buf_free(&j->bytes);
	buf_free(&j->policy);
}

static void
job_free(struct job *j)
{
	job_let_go(j);
	lease_leave(&j->lease);
	job_leave(j);
	hmap_remove(&jobs.table, &j->hash);
	buf_free(&j->said);
	if (j->entries != &j->first)
		free(j->entries);
	free(j);
	drain_look();
}

void
jobs_fini(void)
{
	struct job	*j;
	int		 i;

	for (i = 0; i <= JOB_TOLD; i++)
		while ((j = TAILQ_FIRST(&jobs.list[i])) != NULL)
			job_free(j);
	loop_cancel(deliver.loop, &jobs.turn);
	hmap_fini(&jobs.table);
}

struct job *
job_collecting(uint64_t number)
{
	struct job	*j = TAILQ_LAST(&jobs.list[JOB_COLLECTING], job_list);

	return j != NULL && j->number == number ? j : NULL;
}

int64_t
job_now_ms(const struct job *j)
{
	return j->queue_ms + loop_now_ms(deliver.loop) - j->came_ms;
}

struct job *
job_running(uint64_t number)
{
	struct job	*j = job_find(number);

	return j != NULL && j->stage == JOB_RUNNING ? j : NULL;
}

struct str
job_grouping(const struct job *j)
{
	return (struct str){ buf_str(&j->bytes).p, j->grouping_len };
}

/* ---- Turns --------------------------------------------------------------- */

static bool
jobs_room(void)
{
	return jobs.under_way < (size_t)deliver.params->deliver_concurrency;
}

static void
jobs_turn(void *arg)
{
	struct job	*j;

	(void)arg;
	while (!deliver.draining && jobs_room() &&
	    (j = TAILQ_FIRST(&jobs.list[JOB_WAITING])) != NULL) {
		job_leave(j);
		job_enter(j, JOB_RUNNING);
		attempt_begin(j);
	}
}

void
job_again(struct job *j)
{
	uint32_t	i;

	for (i = 0; i < j->count; i++)
		job_say(j, &j->entries[i], JOB_AGAIN, NULL);
	job_told(j);
}

void
job_ready(struct job *j)
{
	job_leave(j);
	job_enter(j, JOB_WAITING);
	if (deliver.draining || j->wrong)
		job_again(j);
	else
		loop_defer(deliver.loop, &jobs.turn);
}

void
jobs_return(void)
{
	struct job	*j;

	while ((j = TAILQ_FIRST(&jobs.list[JOB_WAITING])) != NULL)
		job_again(j);
}

/* ---- Verdicts ------------------------------------------------------------ */

/* Of DONE and AGAIN nothing of the state counts. */
void
job_say(struct job *j, struct job_entry *e, enum job_verdict verdict,
    const struct entry_state *s)
{
	static const struct entry_state	none;
	struct err			err;

	e->verdict = verdict;
	e->said_at = j->said.len;
	if (state_put(&j->said, &e->id, s != NULL ? s : &none, &err) == -1) {
		/* A text is longer than its field: it goes without.  What was
		 * delivered is not sent again for that. */
		buf_truncate(&j->said, e->said_at);
		if (verdict != JOB_DONE)
			e->verdict = JOB_AGAIN;
		(void)state_put(&j->said, &e->id, &none, &err);
	}
	e->said_len = j->said.len - e->said_at;
}

static void
job_tell(const struct job *j, struct channel *c)
{
	const char	*said = buf_str(&j->said).p;
	uint32_t	 i;

	for (i = 0; i < j->count; i++)
		CHANNEL_SEND(c, DELIVER_VERDICT, -1, { .job = j->number,
		    .id = { (const char *)j->entries[i].key, SPOOL_ID_SIZE },
		    .verdict = (uint32_t)j->entries[i].verdict,
		    .state = { said + j->entries[i].said_at,
		    j->entries[i].said_len } });
}

void
job_told(struct job *j)
{
	struct channel	*c = mailroom_channel();

	job_let_go(j);
	job_leave(j);
	job_enter(j, JOB_TOLD);
	if (c != NULL)
		job_tell(j, c);
	lease_leave(&j->lease);
	if (jobs.count[JOB_WAITING] != 0)
		loop_defer(deliver.loop, &jobs.turn);
	drain_look();
}

void
job_prepared(struct job *j)
{
	job_free(j);
	if (jobs.count[JOB_WAITING] != 0)
		loop_defer(deliver.loop, &jobs.turn);
}

int
job_safe(uint64_t number)
{
	struct job	*j = job_find(number);

	if (j == NULL || j->stage != JOB_TOLD)
		return -1;
	job_free(j);
	return 0;
}

/* ---- For the connection and the drain ------------------------------------ */

static void
job_tell_held(const struct job *j, struct channel *c)
{
	uint32_t	i;

	for (i = 0; i < j->count; i++)
		CHANNEL_SEND(c, DELIVER_HELD, -1, { .job = j->number,
		    .id = { (const char *)j->entries[i].key, SPOOL_ID_SIZE },
		    .lease = lease_number(j->lease) });
}

void
jobs_tell_all(struct channel *c)
{
	const struct job	*j;

	TAILQ_FOREACH(j, &jobs.list[JOB_RUNNING], link)
		job_tell_held(j, c);
	TAILQ_FOREACH(j, &jobs.list[JOB_WAITING], link)
		job_tell_held(j, c);
	lease_tell_all(c);
	TAILQ_FOREACH(j, &jobs.list[JOB_TOLD], link)
		job_tell(j, c);
}

void
jobs_ask_again(void)
{
	struct job	*j;

	TAILQ_FOREACH(j, &jobs.list[JOB_RUNNING], link)
		course_ask(j);
}

void
jobs_forget(void)
{
	struct job	*j, *next;
	int		 i;

	for (i = 0; i <= JOB_TOLD; i++)
		TAILQ_FOREACH_SAFE(j, &jobs.list[i], link, next)
			if (i == JOB_COLLECTING || j->kind == JOB_PREPARE)
				job_free(j);
}

size_t
jobs_running(void)
{
	return jobs.count[JOB_RUNNING];
}

size_t
jobs_all(void)
{
	return jobs.table.count;
}

void
jobs_cut(void)
{
	struct job	*j, *next;

	TAILQ_FOREACH_SAFE(j, &jobs.list[JOB_RUNNING], link, next)
		(void)attempt_cut(j);
}
