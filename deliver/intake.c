/*
 * A job's frames come one behind the other: JOB, its file if it has one, and
 * as many entries as it said.  Entries are read when the last one is there,
 * since their texts lie in a buffer that grows until then.
 */
#include <string.h>
#include <unistd.h>

#include "ipc/ipc.h"
#include "spool/disk_real.h"

#include "intake.h"
#include "job.h"
#include "lease.h"
#include "lent.h"
#include "outlet.h"
#include "row.h"
#include "trial.h"
#include "way.h"

/* -1: the job names what is not there. */
static int
intake_route(struct job *j, const struct ipc_DELIVER_JOB *m)
{
	if (m->route != 0 && (j->way = way_take(m->route)) == NULL)
		return -1;
	if (j->way != NULL && m->hop >= j->way->hops.count &&
	    j->way->hops.count != 0)
		return -1;
	if (m->row != 0 && (j->row = row_take(m->row)) == NULL)
		return -1;
	if (m->try != 0 && (j->trial = trial_take(m->try)) == NULL)
		return -1;
	j->wrong = j->trial != NULL && j->trial->wrong;
	return m->barred > 1 ? -1 : 0;
}

/* What is prepared has nothing of an attempt yet. */
static bool
intake_kind(const struct ipc_DELIVER_JOB *m)
{
	if (m->kind == JOB_PREPARE)
		return m->lease == 0 && m->route == 0 && m->row == 0 &&
		    m->try == 0 && m->entries == 1;
	return m->kind == JOB_ATTEMPT || m->kind == JOB_AFTER;
}

int
intake_job(struct rbuf *r)
{
	struct ipc_DELIVER_JOB	 m;
	struct job		*j;

	if (ipc_get_DELIVER_JOB(r, &m) == -1 ||
	    !intake_kind(&m) || m.file > 1 ||
	    m.now_ms > INT64_MAX / 2 || (j = job_new(&m)) == NULL)
		return -1;
	/* A job that has begun goes with the connection. */
	j->outlet = outlet_take(m.transport);
	j->segment = lent_take(m.segment);
	if (j->outlet == NULL || j->segment == NULL ||
	    intake_route(j, &m) == -1)
		return -1;
	/* Without leave to connect it can only say that there is nowhere to
	 * go. */
	if (j->kind == JOB_ATTEMPT && m.lease == 0 &&
	    (j->way == NULL || j->way->hops.count != 0))
		return -1;
	if (m.lease != 0)
		j->lease = lease_join(m.lease, m.uses,
		    j->outlet->transport->id);
	return m.lease != 0 && j->lease == NULL ? -1 : 0;
}

int
intake_file(struct rbuf *r, int fd)
{
	struct ipc_DELIVER_JOB_FILE	 m;
	struct job			*j = NULL;

	if (ipc_get_DELIVER_JOB_FILE(r, &m) == 0)
		j = job_collecting(m.job);
	if (j == NULL || !j->wants_file || j->file != NULL || j->got != 0) {
		(void)close(fd);
		return -1;
	}
	j->file = disk_real_take(fd);
	return 0;
}

/* Its entries' texts stay where they are from now on. */
static int
intake_read(struct job *j)
{
	struct job_entry	*e;
	struct spool_id		 id;
	struct err		 err;
	const char		*bytes = buf_data(&j->bytes);
	uint32_t		 i;

	for (i = 0; i < j->count; i++) {
		e = &j->entries[i];
		spool_id_get(&e->id, e->key);
		if (state_get(&id, &e->state, (struct str){ bytes + e->at,
		    e->len }, &err) == -1 ||
		    !spool_id_same(&id, &e->id) ||
		    spool_entry_get(&e->entry, (struct str){ bytes + e->at +
		    e->len, e->entry_len }, &err) == -1)
			return -1;
		if (carried_get(&e->carried, (struct str){ bytes + e->at +
		    e->len + e->entry_len, e->carried_len }) == -1)
			j->wrong = true;
	}
	return 0;
}

int
intake_entry(struct rbuf *r)
{
	struct ipc_DELIVER_JOB_ENTRY	 m;
	struct job			*j;
	struct job_entry		*e;

	if (ipc_get_DELIVER_JOB_ENTRY(r, &m) == -1 ||
	    (j = job_collecting(m.job)) == NULL ||
	    (j->wants_file && j->file == NULL) ||
	    m.id.len != SPOOL_ID_SIZE || m.state.len + m.entry.len +
	    m.context.len > JOB_BYTES_MAX - j->bytes.len)
		return -1;
	e = &j->entries[j->got++];
	memcpy(e->key, m.id.p, SPOOL_ID_SIZE);
	e->at = j->bytes.len;
	e->len = m.state.len;
	e->entry_len = m.entry.len;
	e->carried_len = m.context.len;
	buf_add_str(&j->bytes, m.state);
	buf_add_str(&j->bytes, m.entry);
	buf_add_str(&j->bytes, m.context);
	if (j->got < j->count)
		return 0;
	if (intake_read(j) == -1)
		return -1;
	job_ready(j);
	return 0;
}
