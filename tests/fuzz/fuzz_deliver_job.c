/*
 * Frames of qmgr's, as a worker of deliver takes them: transports, routes,
 * rows, segments, jobs and their entries, SAFE, traces.  A byte says which
 * frame, two how long it is; the worker drains, so that each job that is whole
 * goes back at once.  Seeds are made by seeds_of_ipc.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <fcntl.h>

#include "base/log.h"
#include "base/wire.h"
#include "deliver/course.h"
#include "deliver/deliver.h"
#include "deliver/drain.h"
#include "deliver/intake.h"
#include "deliver/job.h"
#include "deliver/lease.h"
#include "deliver/lent.h"
#include "deliver/outlet.h"
#include "deliver/row.h"
#include "deliver/way.h"
#include "deliver/trial.h"
#include "deliver/trace.h"
#include "ipc/ipc.h"

struct deliver	deliver;

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct worker	worker;

static void
begin(void)
{
	static bool	begun;

	if (!begun) {
		log_open("fuzz", LOG_TO_FD, open("/dev/null", O_WRONLY));
		params_init(&worker.params);
		(void)params_set(&worker.params, "myhostname", "us.example",
		    NULL);
		worker.params.deliver_concurrency = 1;
		worker.loop = deliver.loop = loop_new(NULL);
		if (deliver.loop == NULL)
			abort();
		deliver.worker = &worker;
		deliver.params = &worker.params;
		drain_init();
		begun = true;
	}
	deliver.draining = true;
	numbered_init();
	lents_init();
	leases_init();
	jobs_init();
}

static int
frame_other(int type, struct rbuf *r)
{
	struct ipc_DELIVER_TRANSPORT	transport;
	struct ipc_DELIVER_ROUTE	route;
	struct ipc_DELIVER_ROW		row;
	struct ipc_DELIVER_TRY		try;
	struct ipc_DELIVER_NEXT_ANSWER	next;
	struct ipc_DELIVER_SEGMENT	segment;
	struct ipc_DELIVER_SAFE		safe;
	struct ipc_DELIVER_EVICT	evict;

	if (type == IPC_DELIVER_TRANSPORT)
		return ipc_get_DELIVER_TRANSPORT(r, &transport) == -1 ? -1 :
		    outlet_add(transport.number, transport.text);
	if (type == IPC_DELIVER_ROUTE)
		return ipc_get_DELIVER_ROUTE(r, &route) == -1 ? -1 :
		    way_add(route.number, route.hops);
	if (type == IPC_DELIVER_ROW)
		return ipc_get_DELIVER_ROW(r, &row) == -1 ? -1 :
		    row_add(row.number, row.text);
	if (type == IPC_DELIVER_TRY)
		return ipc_get_DELIVER_TRY(r, &try) == -1 ? -1 :
		    trial_add(try.number, try.text);
	if (type == IPC_DELIVER_NEXT_ANSWER)
		return ipc_get_DELIVER_NEXT_ANSWER(r, &next) == -1 ? -1 :
		    course_answer(&next);
	if (type == IPC_DELIVER_SEGMENT)
		return ipc_get_DELIVER_SEGMENT(r, &segment) == -1 ? -1 :
		    lent_add(segment.segment, open("/dev/null", O_RDONLY));
	if (type == IPC_DELIVER_SAFE)
		return ipc_get_DELIVER_SAFE(r, &safe) == -1 ? -1 :
		    job_safe(safe.job);
	if (type != IPC_DELIVER_EVICT ||
	    ipc_get_DELIVER_EVICT(r, &evict) == -1)
		return -1;
	lease_evict(evict.lease, evict.uses);
	return 0;
}

/* Whoever uses it keeps it until he is done. */
static int
frame_end(int type, struct rbuf *r)
{
	struct ipc_DELIVER_DROP		drop;
	struct ipc_DELIVER_CLOSE	close_;

	if (type == IPC_DELIVER_DROP)
		return ipc_get_DELIVER_DROP(r, &drop) == -1 ? -1 :
		    numbered_drop(drop.number);
	return ipc_get_DELIVER_CLOSE(r, &close_) == -1 ? -1 :
	    lent_close(close_.segment);
}

static int
frame_take(int type, struct rbuf *r)
{
	switch (type) {
	case IPC_DELIVER_DROP:
	case IPC_DELIVER_CLOSE:
		return frame_end(type, r);
	case IPC_DELIVER_JOB:
		return intake_job(r);
	case IPC_DELIVER_JOB_FILE:
		return intake_file(r, open("/dev/null", O_RDONLY));
	case IPC_DELIVER_JOB_ENTRY:
		return intake_entry(r);
	case IPC_DELIVER_TRACE_TERM:
		return trace_term(r);
	case IPC_DELIVER_TRACE:
		return trace_set(r);
	case IPC_DELIVER_TRACE_END:
		return trace_unset(r);
	default:
		return frame_other(type, r);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rbuf	r;
	size_t		n;

	begin();
	while (size >= 3) {
		n = (size_t)data[1] << 8 | data[2];
		if (n > size - 3)
			n = size - 3;
		r = (struct rbuf){ (const unsigned char *)data + 3, n };
		if (frame_take(data[0], &r) == -1)
			break;
		data += 3 + n;
		size -= 3 + n;
	}
	jobs_fini();
	traces_clear();
	leases_fini();
	numbered_fini();
	lents_fini();
	return 0;
}
