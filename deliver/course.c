/*
 * What is skipped costs nothing, so there are more candidates than addresses
 * that may be tried; but not all of a long route, since each job makes them.
 */
#include <string.h>

#include "base/net.h"
#include "ipc/channel.h"
#include "schedule/policy_field.h"
#include "send/grant.h"
#include "send/request.h"

#include "course.h"
#include "deliver.h"
#include "job.h"
#include "lease.h"
#include "mailroom.h"
#include "outlet.h"
#include "row.h"
#include "shape.h"
#include "trial.h"
#include "way.h"

enum { COURSE_SPARE = 11 };	/* candidates beyond address_limit */

struct course {
	uint32_t	*hop;		/* of each candidate */
	size_t		 count;
	size_t		 at;		/* the candidate that has leave */
	size_t		 wanted;	/* the one that is asked for */
	bool		 waits;		/* for qmgr's answer */
	bool		 passed;	/* wanted has no leave */
	bool		 changed;	/* its options are other ones */
	/* Of the candidates that had leave; the request borrows of each. */
	struct row	**row;
	size_t		 row_count;
};

/* ---- The order ----------------------------------------------------------- */

struct planning {
	const struct nexthops	*n;
	const struct nexthop	*first;
	size_t			 from, to;	/* hops of one preference */
	uint32_t		*order;
	size_t			 count, room;
};

static bool
plan_has(const struct planning *p, const struct netaddr *a)
{
	size_t	i;

	for (i = 0; i < p->count; i++)
		if (netaddr_eq(&p->n->hop[p->order[i]].address, a))
			return true;
	return false;
}

/* Of the hops to that address the one from the first one's source, else as
 * good as any. */
static size_t
plan_source(const struct planning *p, size_t of)
{
	const struct nexthop	*h = &p->n->hop[of];
	size_t			 i;

	for (i = p->from; i < p->to; i++)
		if (netaddr_eq(&p->n->hop[i].address, &h->address) &&
		    p->n->hop[i].source.len == p->first->source.len &&
		    (p->first->source.len == 0 ||
		    netaddr_eq(&p->n->hop[i].source, &p->first->source)))
			return i;
	return of;
}

/* Round about from one of them: who fails together does not go on
 * together. */
static void
plan_preference(struct planning *p, size_t begin)
{
	size_t	i, k, n = p->to - p->from;

	for (i = 0; i < n && p->count < p->room; i++) {
		k = p->from + (begin - p->from + i) % n;
		if (!plan_has(p, &p->n->hop[k].address))
			p->order[p->count++] = (uint32_t)plan_source(p, k);
	}
}

size_t
course_plan(const struct nexthops *n, uint32_t first, uint32_t *order,
    size_t room)
{
	struct planning	p = { .n = n, .first = &n->hop[first],
			    .order = order, .room = room };
	uint16_t	preference = p.first->preference;

	if (room > 0)
		order[p.count++] = first;
	for (p.from = 0; p.from < n->count; p.from = p.to) {
		for (p.to = p.from + 1; p.to < n->count &&
		    n->hop[p.to].preference == n->hop[p.from].preference;
		    p.to++)
			;
		if (n->hop[p.from].preference >= preference)
			plan_preference(&p, first >= p.from && first < p.to ?
			    first : p.from);
	}
	return p.count;
}

/* ---- Candidates ---------------------------------------------------------- */

static void
course_candidate(struct job *j, const struct nexthop *h,
    struct send_candidate *c)
{
	char	text[NETADDR_TEXT];

	*c = (struct send_candidate){ .host = h->mx, .address = h->address,
	    .port = netaddr_port(&h->address), .source = h->source,
	    .source_id = h->source_id, .helo = h->helo };
	if (c->host.len == 0)
		c->host = str_of(arena_strdup(&j->arena,
		    str_of(netaddr_ip(&h->address, text, sizeof text))));
}

struct str
course_own(const struct job *j, enum wish_id id, struct str entrys)
{
	return j->trial != NULL && j->trial->wish.of[id].p != NULL ?
	    j->trial->wish.of[id] : entrys;
}

const struct nexthop *
course_hop(const struct job *j)
{
	return j->course == NULL ? NULL :
	    &j->way->hops.hop[j->course->hop[j->course->at]];
}

/* What its lease's place is counted by. */
static void
course_note(const struct job *j)
{
	const struct spool_entry	*e = &j->entries[0].entry;
	const struct nexthop		*h = course_hop(j);
	struct policy_values		 v = { .of = { STR_NONE } };
	char				 local[NETADDR_TEXT],
					 remote[NETADDR_TEXT];

	v.of[POLICY_FIELD_TRANSPORTID] = j->outlet->transport->id;
	if (h->source.len > 0)
		v.of[POLICY_FIELD_LOCALIP] = str_of(netaddr_ip(&h->source,
		    local, sizeof local));
	v.of[POLICY_FIELD_REMOTEIP] = str_of(netaddr_ip(&h->address, remote,
	    sizeof remote));
	v.of[POLICY_FIELD_REMOTEMX] = h->mx;
	v.of[POLICY_FIELD_RECIPIENTDOMAIN] = spool_entry_domain(e);
	v.of[POLICY_FIELD_TENANTID] = course_own(j, WISH_tenantid,
	    e->tenantid);
	v.of[POLICY_FIELD_JOBID] = course_own(j, WISH_jobid, e->jobid);
	v.of[POLICY_FIELD_GROUPING] = job_grouping(j);
	lease_note(j->lease, &v);
}

void
course_begin(struct job *j, struct send_request *rq)
{
	const struct nexthops	*n = &j->way->hops;
	size_t			 i, room = (size_t)j->options->address_limit +
				    COURSE_SPARE;
	struct send_candidate	*list;
	struct course		*c;

	if (room > n->count)
		room = n->count;
	c = j->course = arena_alloc(&j->arena, sizeof *c);
	c->hop = arena_alloc(&j->arena, room * sizeof *c->hop);
	c->count = course_plan(n, j->hop, c->hop, room);
	c->row = arena_alloc(&j->arena, room * sizeof(void *));
	list = arena_alloc(&j->arena, c->count * sizeof *list);
	for (i = 0; i < c->count; i++) {
		course_candidate(j, &n->hop[c->hop[i]], &list[i]);
		list[i].asks = i > 0;
	}
	rq->secure = n->secure;
	rq->candidates = list;
	rq->candidate_count = c->count;
	course_note(j);
}

/* ---- Leave --------------------------------------------------------------- */

enum course_leave
course_leave(struct job *j, const struct grant *g)
{
	struct course	*c = j->course;

	if (c == NULL || g->candidate == c->at)
		return COURSE_GO;
	if (c->wanted == g->candidate)
		return c->passed ? COURSE_PASS : COURSE_WAIT;
	c->wanted = g->candidate;
	c->waits = true;
	c->passed = false;
	course_ask(j);
	return COURSE_WAIT;
}

bool
course_changed(struct job *j)
{
	struct course	*c = j->course;
	bool		 changed = c != NULL && c->changed;

	if (changed)
		c->changed = false;
	return changed;
}

void
course_ask(const struct job *j)
{
	struct channel	*to = mailroom_channel();

	if (j->course != NULL && j->course->waits && to != NULL)
		CHANNEL_SEND(to, DELIVER_NEXT, -1, { .job = j->number,
		    .hop = j->course->hop[j->course->wanted] });
}

/* Options by which the attempt can't be made are as no leave. */
static bool
course_take_row(struct job *j, struct row *row)
{
	struct course		*c = j->course;
	const struct row	*before = c->row_count > 0 ?
				    c->row[c->row_count - 1] : j->row;
	struct err		 e;

	c->row[c->row_count++] = row;
	if (row == before)
		return true;
	c->changed = true;
	return shape_take(j, row, &e) == 0;
}

void
course_end(struct job *j)
{
	struct course	*c = j->course;

	j->course = NULL;
	while (c != NULL && c->row_count > 0)
		row_give(&c->row[--c->row_count]);
}

/* The job may have ended meanwhile, or want another hop by now. */
int
course_answer(const struct ipc_DELIVER_NEXT_ANSWER *m)
{
	struct job	*j = job_running(m->job);
	struct course	*c = j != NULL ? j->course : NULL;
	struct row	*row = NULL;

	if (m->ok > 1 || (m->ok && m->row != 0 &&
	    (row = row_take(m->row)) == NULL))
		return -1;
	if (c == NULL || !c->waits || c->hop[c->wanted] != m->hop) {
		row_give(&row);
		return 0;
	}
	c->waits = false;
	c->passed = !m->ok || !course_take_row(j, row);
	if (!c->passed) {
		c->at = c->wanted;
		buf_clear(&j->policy);
		buf_add_str(&j->policy, m->policy);
		course_note(j);
	}
	lease_resume(j->lease);
	return 0;
}

/* ---- Nobody is there ----------------------------------------------------- */

void
course_tried(const struct job *j, const struct attempt *a)
{
	struct channel			*to = mailroom_channel();
	const struct attempt_connection	*c = a->connection;
	struct ipc_DELIVER_DEAD		 m;
	struct netaddr			 address;

	if (to == NULL || j->course == NULL || !a->unreachable ||
	    j->options->dead_host == 0 || netaddr_parse_ip(&address,
	    str_of(c->remoteip), c->remoteport) == -1)
		return;
	m.job = j->number;
	m.ms = (uint64_t)j->options->dead_host;
	(void)netaddr_text(&address, m.address, sizeof m.address);
	CHANNEL_PUT(to, DELIVER_DEAD, -1, &m);
}
