/*
 * Files of YAML of another mail system, from whoever wants them imported: what
 * is written of them is text that policy.cf and transport.cf are read from, or
 * are refused with a place.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf/params.h"
#include "mtactl/import.h"
#include "schedule/policy.h"
#include "schedule/transport.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
look_report(void *arg, const char *file, int line, int column,
    const char *text)
{
	(void)arg;
	if (file == NULL || text[0] == '\0' || line < 1 || column < 1)
		abort();
}

static void
read_again(struct str policy, struct str transport)
{
	struct policy_source	 src = { "policy.cf", policy, NULL, NULL };
	struct policies		*p = NULL;
	struct transports	*t = NULL;
	struct params		 params;

	params_init(&params);
	if (!utf8_valid(policy) || !utf8_valid(transport))
		abort();
	(void)policies_compile(&p, &src, look_report, NULL);
	(void)transports_compile(&t, "transport.cf", transport, &params,
	    look_report, NULL);
	policies_free(&p);
	transports_free(&t);
	params_fini(&params);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE	*nowhere;
	struct import	 im;
	struct buf	 policy = BUF_INIT, transport = BUF_INIT;

	/* What cannot be said is printed, and nobody reads it. */
	if (nowhere == NULL && (nowhere = fopen("/dev/null", "w")) == NULL)
		abort();
	stderr = nowhere;
	import_init(&im);
	import_file(&im, "f", (struct str){ (const char *)data, size });
	import_policy_text(&im, &policy);
	import_transport_text(&im, &transport);
	read_again(buf_str(&policy), buf_str(&transport));
	buf_free(&policy);
	buf_free(&transport);
	import_fini(&im);
	return 0;
}
