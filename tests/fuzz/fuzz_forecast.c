/*
 * A log, from whoever wrote to it, is simulated under policies: it comes to
 * an end, and nothing is counted twice.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/forecast.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct params	 params;
static struct transports *transports;
static struct policies	*policies;

static void
fuzz_fault(void *arg, const char *file, int line, int column,
    const char *text)
{
	(void)arg;
	(void)file;
	(void)line;
	(void)column;
	(void)text;
	abort();
}

static void
fuzz_plans(void)
{
	struct policy_source	src = { .file = "policy.cf", .text = STR(
				    "grouping g remotemx -o { match = *.g }\n"
				    "policy m remotemx,localip "
				    "-o concurrency=2 -o connectinterval=1s\n"
				    "policy t tenantid,grouping -o rate=3/1s\n"
				    "suspend s recipientdomain=no.example -o "
				    "{ window = 0 2 * * * +2h }\n") };

	params_init(&params);
	if (transports_compile(&transports, "transport.cf", STR(
	    "address one - 192.0.2.1\naddress two - 2001:db8::1\n"
	    "transport mx mx - -o source=one,two\n"
	    "transport t lmtp unix:x -o recipients=5\n"), &params,
	    fuzz_fault, NULL) == -1 || policies_compile(&policies, &src,
	    fuzz_fault, NULL) == -1)
		abort();
}

static void
fuzz_run(struct forecast *f)
{
	struct forecast_options		 o = { .policies = policies,
					    .in_flight = 7, .seed = 1,
					    .active_limit = 3,
					    .active_window = 2 };
	const struct forecast_report	*p;
	struct err			 e;

	if (forecast_run(f, &o, &e) == -1)
		return;
	p = forecast_report(f);
	if (p->over > p->recipients || p->stuck > p->recipients ||
	    p->recipients > p->attempts)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str	 rest = { (const char *)data, size }, line;
	struct log_line	 l = LOG_LINE_INIT;
	struct forecast	*f;

	if (policies == NULL)
		fuzz_plans();
	f = forecast_new(transports);
	while (rest.len > 0) {
		line = str_split(rest, '\n', &rest);
		if (log_line_parse(&l, line) == 0)
			forecast_line(f, &l);
	}
	fuzz_run(f);
	forecast_free(&f);
	log_line_fini(&l);
	return 0;
}
