/*
 * Dynamic policies and suspensions as another process wrote them: what reads
 * is written again, and is the same; and what lies over policy.cf bears it,
 * whatever its values are.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "schedule/policy_wire.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char	fuzz_policy_cf[] =
    "list big remotemx -o { items = *.example.com }\n"
    "rollup r remotemx -o { match = *.example.com }\n"
    "policy one remotemx#r -o concurrency=5\n"
    "policy two tenantid,jobid -o rate=5\n"
    "policy all -\n";

static struct policy_live *
fuzz_live(void)
{
	static struct policies	*p;
	static struct policy_live *live;
	struct policy_source	 src = { .file = "policy.cf",
				    .text = STR(fuzz_policy_cf) };

	if (live != NULL)
		return live;
	if (policies_compile(&p, &src, NULL, NULL) == -1)
		abort();
	return live = policy_live_new(p);
}

static void
fuzz_same(struct buf *out, int rc, struct str in)
{
	if (rc == -1 || !str_eq(buf_str(out), in))
		abort();
	buf_free(out);
}

static void
fuzz_dynamic(struct str in)
{
	struct policy_dynamic_in	 d;
	struct policy_live		*live = fuzz_live();
	struct buf			 out = BUF_INIT;
	struct str			 id;

	if (policy_dynamic_get(&d, in) == -1)
		return;
	fuzz_same(&out, policy_dynamic_put(&out, &d), in);
	if (policy_live_add(live, &d, 1000, &id, NULL) == 1 &&
	    (policy_live_find(live, id) == NULL ||
	    !policy_live_delete(live, id)))
		abort();
	policy_wire_free(&d.limits.properties);
}

static void
fuzz_suspension(struct str in)
{
	struct policy_suspend_in	 s;
	struct policy_live		*live = fuzz_live();
	struct buf			 out = BUF_INIT;
	struct str			 id;

	if (policy_suspend_get(&s, in) == -1)
		return;
	fuzz_same(&out, policy_suspend_put(&out, &s), in);
	if (policy_live_suspend(live, &s, 1000, &id, NULL) == 1 &&
	    !policy_live_resume(live, id))
		abort();
	policy_wire_free(&s.properties);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str	in;

	if (size == 0)
		return 0;
	in = (struct str){ (const char *)data + 1, size - 1 };
	if (data[0] % 2 == 0)
		fuzz_dynamic(in);
	else
		fuzz_suspension(in);
	return 0;
}
