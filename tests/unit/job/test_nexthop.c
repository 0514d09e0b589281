/* Next hops on the wire: what goes in comes out, and nothing else does. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "job/nexthop.h"

static struct nexthop
hop(const char *mx, const char *ip)
{
	struct nexthop	h = { .preference = 10, .order = 1, .weight = 2,
			    .mx = str_of(mx), .secure = true,
			    .source_id = STR("ip1"),
			    .helo = STR("out.example") };

	assert_int_equal(netaddr_parse_ip(&h.address, str_of(ip), 25), 0);
	assert_int_equal(netaddr_parse_ip(&h.source, str_of(ip), 0), 0);
	return h;
}

static void
same(const struct nexthop *a, const struct nexthop *b)
{
	assert_int_equal(a->preference, b->preference);
	assert_int_equal(a->order, b->order);
	assert_int_equal(a->weight, b->weight);
	assert_true(str_eq(a->mx, b->mx));
	assert_true(a->address.len == b->address.len &&
	    netaddr_eq(&a->address, &b->address));
	assert_int_equal(netaddr_port(&a->address),
	    netaddr_port(&b->address));
	assert_int_equal(a->source.len, b->source.len);
	assert_int_equal(a->secure, b->secure);
	assert_true(str_eq(a->source_id, b->source_id));
	assert_true(str_eq(a->helo, b->helo));
}

static void
test_round(void **state)
{
	struct nexthop	list[3] = { hop("mx1.example", "192.0.2.1"),
			    hop("mx2.example", "2001:db8::1"),
			    { .weight = 1 } };
	struct nexthops	in = { .ttl_s = 300, .secure = true, .hop = list,
			    .count = 3 }, out;
	struct buf	b = BUF_INIT;
	struct err	e;
	size_t		i;

	(void)state;
	assert_int_equal(netaddr_unix(&list[2].address, "/run/lmtp", &e), 0);
	assert_int_equal(nexthops_put(&b, &in), 0);
	assert_int_equal(nexthops_get(&out, buf_str(&b)), 0);
	assert_int_equal(out.ttl_s, 300);
	assert_true(out.secure);
	assert_int_equal(out.count, 3);
	for (i = 0; i < 3; i++)
		same(&out.hop[i], &list[i]);
	nexthops_free(&out);
	/* Cut anywhere it is nothing. */
	for (i = 0; i < b.len; i++)
		assert_int_equal(nexthops_get(&out, (struct str){
		    buf_data(&b), i }), -1);
	buf_free(&b);
}

static void
test_fault(void **state)
{
	struct nexthops	in = { .error = 2, .dns = 3, .temporary = true,
			    .why = STR("no such name") }, out;
	struct buf	b = BUF_INIT;

	(void)state;
	assert_int_equal(nexthops_put(&b, &in), 0);
	assert_int_equal(nexthops_get(&out, buf_str(&b)), 0);
	assert_int_equal(out.error, 2);
	assert_int_equal(out.dns, 3);
	assert_true(out.temporary);
	assert_true(str_eq(out.why, in.why));
	nexthops_free(&out);
	/* Numbers that no attempt knows. */
	in.error = NEXTHOPS_ERRORS;
	buf_clear(&b);
	assert_int_equal(nexthops_put(&b, &in), 0);
	assert_int_equal(nexthops_get(&out, buf_str(&b)), -1);
	in.error = 2;
	in.dns = NEXTHOPS_DNS_ERRORS;
	buf_clear(&b);
	assert_int_equal(nexthops_put(&b, &in), 0);
	assert_int_equal(nexthops_get(&out, buf_str(&b)), -1);
	/* Neither hops nor a reason, or both. */
	in.error = 0;
	buf_clear(&b);
	assert_int_equal(nexthops_put(&b, &in), 0);
	assert_int_equal(nexthops_get(&out, buf_str(&b)), -1);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = { cmocka_unit_test(test_round),
	    cmocka_unit_test(test_fault) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
