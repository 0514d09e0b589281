/*
 * mtactl status: processes from master, counters from the metrics service.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "counters.h"
#include "options.h"
#include "report.h"
#include "talk.h"

#define COLUMNS	"%-24s %-10s %8s %4s %-12s %8s %8s\n"

struct status {
	json_t	*processes;	/* NULL: print tables */
	json_t	*certificates;
	json_t	*listeners;
	int	 count;
	int	 certificate_count;
};

/* "119s", "12m", "3h", "5d": the largest unit of which there are two. */
static void
status_age(uint64_t ms, char *out, size_t size)
{
	static const struct {
		uint64_t	ms;
		char		name;
	} units[] = {
		{ 172800000, 'd' }, { 7200000, 'h' }, { 120000, 'm' },
	};
	size_t	i;

	for (i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (ms < units[i].ms)
			continue;
		(void)snprintf(out, size, "%" PRIu64 "%c",
		    ms * 2 / units[i].ms, units[i].name);
		return;
	}
	(void)snprintf(out, size, "%" PRIu64 "s", ms / 1000);
}

static void
status_row(const struct ipc_CTL_PROCESS *p)
{
	char	pid[16], generation[16], age[32], restarts[16];

	(void)snprintf(pid, sizeof pid, "%" PRIu32, p->pid);
	(void)snprintf(generation, sizeof generation, "%" PRIu32,
	    p->generation);
	(void)snprintf(restarts, sizeof restarts, "%" PRIu32, p->restarts);
	status_age(p->age_ms, age, sizeof age);
	(void)printf(COLUMNS, p->service, p->program,
	    p->pid != 0 ? pid : "-", generation, p->state,
	    p->pid != 0 ? age : "-", restarts);
}

static void
status_process(void *arg, const struct ipc_CTL_PROCESS *p)
{
	struct status	*s = arg;

	if (s->processes == NULL) {
		if (s->count++ == 0)
			(void)printf(COLUMNS, "SERVICE", "PROGRAM", "PID",
			    "GEN", "STATE", "AGE", "RESTARTS");
		status_row(p);
		return;
	}
	json_array_append_new(s->processes, json_pack(
	    "{s:o,s:o,s:I,s:I,s:o,s:I,s:I}",
	    "service", json_text(p->service),
	    "program", json_text(p->program),
	    "pid", (json_int_t)p->pid,
	    "generation", (json_int_t)p->generation,
	    "state", json_text(p->state),
	    "age_ms", (json_int_t)p->age_ms,
	    "restarts", (json_int_t)p->restarts));
}

/* After the processes, before the state. */
static void
status_certificate(void *arg, const struct ipc_CTL_CERTIFICATE *c)
{
	struct status	*s = arg;
	int64_t		 days = ((int64_t)c->not_after - (int64_t)time(NULL)) /
			    86400;

	if (s->certificates != NULL)
		json_array_append_new(s->certificates, json_pack(
		    "{s:o,s:I,s:I}", "file", json_text(c->file), "not_after",
		    (json_int_t)c->not_after, "days", (json_int_t)days));
	else if ((int64_t)c->not_after <= (int64_t)time(NULL))
		(void)printf("%scertificate %s: EXPIRED\n",
		    s->certificate_count++ == 0 ? "\n" : "", c->file);
	else
		(void)printf("%scertificate %s: good for %" PRId64 " day%s%s\n",
		    s->certificate_count++ == 0 ? "\n" : "", c->file, days,
		    days == 1 ? "" : "s", days < 14 ? ", RENEW IT" : "");
}

static void
status_listener(void *arg, const struct ipc_CTL_LISTENER *l)
{
	struct status	*s = arg;

	if (s->listeners != NULL)
		json_array_append_new(s->listeners, json_text(l->address));
}

/* What senders were told since the start; nothing, if nothing was. */
static void
status_told(json_t *c)
{
	int64_t	failed = counters_sum(c, "notifications_failed");
	int64_t	delayed = counters_sum(c, "notifications_delayed");
	int64_t	relayed = counters_sum(c, "notifications_relayed");
	int64_t	delivered = counters_sum(c, "notifications_delivered");
	int64_t	not_made = counters_sum(c, "notification_failures");

	if (failed + delayed + relayed + delivered + not_made == 0)
		return;
	(void)printf("told      %" PRId64 " failed, %" PRId64 " delayed, %"
	    PRId64 " relayed, %" PRId64 " delivered since the start\n",
	    failed, delayed, relayed, delivered);
	if (not_made > 0)
		(void)printf("          %" PRId64 " times a notification could "
		    "not be made\n", not_made);
}

/* Where there is a queue: how it stands, in some lines. */
static void
status_queue(json_t *c)
{
	int64_t	ready = counters_sum(c, "queue_ready");
	int64_t	deferred = counters_sum(c, "queue_deferred");
	int64_t	held = counters_sum(c, "queue_held");
	int64_t	sending = counters_sum(c, "queue_sending");
	int64_t	bouncing = counters_sum(c, "queue_bouncing");

	if (counters_sum(c, "queue_loaded") == 0)
		return;
	(void)printf("\nqueue     %" PRId64 " entries: %" PRId64 " ready, %"
	    PRId64 " sending, %" PRId64 " deferred, %" PRId64 " held\n",
	    ready + deferred + held + bouncing,
	    ready > sending ? ready - sending : 0,
	    sending, deferred, held);
	if (bouncing > 0)
		(void)printf("          %" PRId64 " whose senders are being "
		    "told\n", bouncing);
	(void)printf("delivery  %" PRId64 " connections, %" PRId64 " of them "
	    "idle\n", counters_sum(c, "queue_connections"),
	    counters_sum(c, "delivery_idle"));
	(void)printf("          %" PRId64 " delivered since the start, %"
	    PRId64 " failed for now, %" PRId64 " for good\n",
	    counters_sum(c, "deliveries_done"),
	    counters_sum(c, "deliveries_temporary"),
	    counters_sum(c, "deliveries_permanent"));
	status_told(c);
}

/* What has happened; a program gets the zeros too. */
static void
status_counters(json_t *counters)
{
	const char	*service, *name;
	json_t		*row, *value;
	bool		 any;

	json_object_foreach(counters, service, row) {
		any = false;
		json_object_foreach(row, name, value) {
			if (json_integer_value(value) == 0)
				continue;
			if (!any)
				(void)printf("\n%s\n", service);
			any = true;
			(void)printf("    %-24s %12" JSON_INTEGER_FORMAT "\n",
			    name, json_integer_value(value));
		}
	}
}

/* A program that watches wants an object then, too. */
static int
status_fail(struct status *s, int rc, const struct err *e)
{
	if (s->processes != NULL && rc == TALK_ABSENT)
		json_print(json_pack("{s:s,s:[],s:[],s:[],s:n}", "state",
		    "not running", "processes", "certificates", "listeners",
		    "counters"));
	json_decref(s->processes);
	json_decref(s->certificates);
	json_decref(s->listeners);
	return talk_fail(rc, e);
}

int
verb_status(const struct ctl *c, int argc, char **argv)
{
	static const struct talk_ops	 ops = { .process = status_process,
	    .certificate = status_certificate, .listener = status_listener };
	struct status			 s = { .count = 0 };
	struct options			 o;
	struct ipc_CTL_DONE		 done;
	struct buf			 path = BUF_INIT;
	struct err			 e;
	json_t				*counters;
	int				 rc;

	if (options_parse(&o, "j", argc, argv) == -1 || o.argc != 0)
		return verb_usage();
	if (o.json) {
		s.processes = json_array();
		s.certificates = json_array();
		s.listeners = json_array();
	}
	rc = talk_once(c, IPC_CTL_STATUS, &ops, &s, &done, &e);
	if (rc != TALK_OK)
		return status_fail(&s, rc, &e);
	talk_path(c, "metrics.sock", &path);
	counters = counters_fetch(buf_cstr(&path));
	if (counters == NULL && counters_barred(buf_cstr(&path)))
		(void)fprintf(stderr, "mtactl: no counters: the row "
		    "metrics.sock of master.cf is private\n");
	buf_free(&path);
	if (o.json) {
		json_print(json_pack("{s:o,s:o,s:o,s:o,s:o}", "state",
		    json_text(done.text), "processes", s.processes,
		    "certificates", s.certificates, "listeners", s.listeners,
		    "counters", counters != NULL ? counters : json_null()));
		return CTL_OK;
	}
	(void)printf("%s\n", done.text);
	if (counters != NULL) {
		status_queue(counters);
		status_counters(counters);
	}
	json_decref(counters);
	return CTL_OK;
}
