/*
 * DANE (RFC 7672): what DNS says of a host against what is sent to it.
 * DNS is a text (said_dns.h).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/pem.h>

#include "event/tls.h"
#include "event/tls_server.h"
#include "support/certificate.h"

#include "said_dns.h"
#include "sending.h"

#define OK		"250 2.0.0 EOD: Ok: queued"

/* ---- dns.h ------------------------------------------------------------- */

const char *
dns_status_text(enum dns_status status)
{
	return status == DNS_TEMPORARY ? "no answer" : "no such record";
}

struct dns *
dns_new(struct loop *l, const struct dns_config *c, struct err *e)
{
	(void)c;
	(void)e;
	return said_new(l);
}

void
dns_free(struct dns **d)
{
	said_free(d);
}

struct dns_query *
dns_query(struct dns *d, struct str name, enum dns_type type,
    dns_answer_fn *fn, void *arg)
{
	return said_query(d, name, type, fn, arg);
}

void
dns_cancel(struct dns_query **q)
{
	said_cancel(q);
}

struct dns_lookup *
dns_addresses(struct dns *d, struct str host, uint16_t port,
    dns_hosts_fn *fn, void *arg)
{
	(void)port;
	return said_addresses(d, host, fn, arg);
}

void
dns_addresses_cancel(struct dns_lookup **lk)
{
	said_addresses_cancel(lk);
}

/* ---- Cases ------------------------------------------------------------- */

/* The server has the last certificate of the file: its own, or its issuer's,
 * which records are made of. */
static void
use_certificate(struct sending *f, const char *name)
{
	char		cert[] = "/tmp/test_cert.XXXXXX";
	char		key[] = "/tmp/test_key.XXXXXX";
	struct err	e;
	FILE		*pem;
	X509		*next;

	if (name == NULL)
		certificate_make(cert, key);
	else
		certificate_make_signed(cert, key, name);
	tls_context_free(&f->script.tls);
	f->script.tls = tls_server(cert, key, &e);
	pem = fopen(cert, "r");
	assert_non_null(pem);
	while ((next = PEM_read_X509(pem, NULL, NULL, NULL)) != NULL) {
		X509_free(said.cert);
		said.cert = next;
	}
	(void)fclose(pem);
	(void)unlink(cert);
	(void)unlink(key);
	assert_non_null(f->script.tls);
	assert_non_null(said.cert);
	f->script.ehlo = "PIPELINING,STARTTLS,REQUIRETLS";
}

/* What became of it: TLS by TLSA records, TLS that nobody verified, in clear,
 * or nothing, by which error. */
enum outcome { BY_TLSA, BY_ANY, IN_CLEAR, DANE_ERR, DNS_ERR, TLS_ERR,
	NEEDS_CA };

struct dane_case {
	enum send_tls	 mode;
	const char	*dns;
	enum outcome	 want;
	const char	*tlsrpt;	/* or NULL */
};

#define SECURE	"MX d.lab secure mx.lab; A mx.lab secure; "
#define GOOD	"3.1.1.good"
#define BAD	"3.1.1.bad"

static void
check_outcome(const struct sending *f, const char *got,
    const struct dane_case *c)
{
	static const char *const	errors[] = {
		[DANE_ERR] = "dane temporary", [DNS_ERR] = "dns/",
		[TLS_ERR] = "tls temporary",
		[NEEDS_CA] = "config temporary",
	};
	const struct attempt_tls	*t = &f->connection->tls;
	const char			*rpt = t->tlsrpt != NULL ? t->tlsrpt :
					    "none";

	if (c->want <= IN_CLEAR) {
		if (strcmp(got, OK) != 0 ||
		    t->started != (c->want != IN_CLEAR) ||
		    (t->started && (t->peer.error == 0) !=
		    (c->want == BY_TLSA)))
			fail_msg("mode %d, %s: %s, tls %d, error %ld",
			    (int)c->mode, c->dns, got, t->started,
			    t->peer.error);
	} else if (strncmp(got, errors[c->want], strlen(errors[c->want])) != 0)
		fail_msg("mode %d, %s: %s", (int)c->mode, c->dns, got);
	if (strcmp(rpt, c->tlsrpt != NULL ? c->tlsrpt : "none") != 0)
		fail_msg("mode %d, %s: tlsrpt %s", (int)c->mode, c->dns, rpt);
}

static void
run_case(struct sending *f, const struct dane_case *c)
{
	static int	number;
	static char	helo[32];

	(void)snprintf(helo, sizeof helo, "h%d", ++number);
	f->req.backend.helo = str_of(helo);	/* a connection of its own */
	f->req.backend.tls = c->mode;
	said.text = c->dns;
	buf_clear(&said.asked);
	check_outcome(f, sending_run(f), c);
}

static void
run_cases(struct sending *f, const struct dane_case *c, size_t n)
{
	said.port = f->script.port;
	f->req.tried = NULL;
	f->req.backend.host = STR("d.lab");
	f->req.lookup_mx = true;
	use_certificate(f, NULL);
	for (; n > 0; n--)
		run_case(f, c++);
}

#define RUN(f, cases)	run_cases(f, cases, sizeof cases / sizeof cases[0])
#define DANE		SEND_TLS_DANE
#define ALONE		SEND_TLS_DANE_REQUIRE
#define ELSE_VERIFY	SEND_TLS_DANE_FALLBACK_REQUIRE_VERIFY

/* Of each answer, whether DNSSEC vouches for it, and what is done if not. */
static void
test_states(void **state)
{
	static const struct dane_case	cases[] = {
		{ DANE, SECURE "TLSA mx.lab secure " GOOD, BY_TLSA, NULL },
		{ DANE, SECURE "TLSA mx.lab secure " BAD, DANE_ERR,
		    "validation-failure" },
		{ DANE, SECURE, BY_ANY, NULL },
		{ DANE, SECURE "TLSA mx.lab insecure " BAD, BY_ANY, NULL },
		{ DANE, SECURE "TLSA mx.lab bogus", DANE_ERR,
		    "dnssec-invalid" },
		{ DANE, SECURE "TLSA mx.lab servfail", DANE_ERR,
		    "dnssec-invalid" },
		{ DANE, "MX d.lab secure mx.lab; A mx.lab insecure; "
		    "TLSA mx.lab secure " BAD, BY_ANY, NULL },
		{ DANE, "MX d.lab secure mx.lab; A mx.lab bogus", DNS_ERR,
		    NULL },
		{ DANE, "MX d.lab insecure mx.lab; A mx.lab secure; "
		    "TLSA mx.lab secure " BAD, BY_ANY, NULL },
		{ DANE, "MX d.lab bogus", DNS_ERR, NULL },
		/* Without MX the domain is its own host. */
		{ DANE, "A d.lab secure; TLSA d.lab secure " GOOD, BY_TLSA,
		    NULL },
		{ DANE, "A d.lab secure; TLSA d.lab secure " BAD, DANE_ERR,
		    "validation-failure" },
		{ DANE, "A d.lab insecure; TLSA d.lab secure " BAD, BY_ANY,
		    NULL },
		{ DANE, "MX d.lab insecure; A d.lab secure; "
		    "TLSA d.lab secure " BAD, BY_ANY, NULL },
		/* The next exchanger may be tried. */
		{ DANE, "MX d.lab secure mx.lab,my.lab; A mx.lab secure; "
		    "A my.lab secure; TLSA mx.lab bogus; TLSA my.lab secure "
		    GOOD, BY_TLSA, NULL },
		{ ALONE, SECURE "TLSA mx.lab secure " GOOD, BY_TLSA, NULL },
		{ ALONE, SECURE, DANE_ERR, "dane-required" },
		{ ALONE, "MX d.lab insecure mx.lab; A mx.lab secure; "
		    "TLSA mx.lab secure " GOOD, DANE_ERR, "dane-required" },
		{ ALONE, SECURE "TLSA mx.lab secure 1.1.1.good", DANE_ERR,
		    "tlsa-invalid" },
		{ ALONE, SECURE "TLSA mx.lab bogus", DANE_ERR,
		    "dnssec-invalid" },
		{ ELSE_VERIFY, SECURE "TLSA mx.lab secure " GOOD, BY_TLSA,
		    NULL },
		{ ELSE_VERIFY, SECURE "TLSA mx.lab secure " BAD, DANE_ERR,
		    "validation-failure" },
		/* There are no authorities here, so that this is how what
		 * wants some is seen. */
		{ ELSE_VERIFY, SECURE, NEEDS_CA, NULL },
		{ ELSE_VERIFY, SECURE "TLSA mx.lab secure 1.1.1.good",
		    NEEDS_CA, "tlsa-invalid" },
		{ ELSE_VERIFY, SECURE "TLSA mx.lab bogus", DANE_ERR,
		    "dnssec-invalid" },
	};

	RUN(*state, cases);
}

/* Usage, selector, matching type, alone and together. */
static void
test_records(void **state)
{
	static const struct dane_case	cases[] = {
#define T(rr)	SECURE "TLSA mx.lab secure " rr
#define USABLE(rr)							\
		{ DANE, T(rr ".good"), BY_TLSA, NULL },			\
		{ DANE, T(rr ".bad"), DANE_ERR, "validation-failure" }
#define UNUSABLE(rr)							\
		{ DANE, T(rr), BY_ANY, "tlsa-invalid" }
		USABLE("3.0.0"), USABLE("3.0.1"), USABLE("3.0.2"),
		USABLE("3.1.1"), USABLE("3.1.2"),
		{ DANE, T("3.1.0.good"), BY_TLSA, NULL },
		UNUSABLE("3.1.0.bad"),		/* no point of the curve */
		UNUSABLE("0.0.1.good"), UNUSABLE("1.0.1.good"),
		UNUSABLE("4.0.1.good"), UNUSABLE("3.2.1.good"),
		UNUSABLE("3.0.3.good"), UNUSABLE("3.0.1.short"),
		UNUSABLE("3.0.2.short"), UNUSABLE("3.0.0.short"),
		UNUSABLE("3.1.0.short"),
		/* A key's successor stands beside it (RFC 7671 8.1). */
		{ DANE, T(BAD "," GOOD), BY_TLSA, NULL },
		{ DANE, T("3.0.1.bad," GOOD), BY_TLSA, NULL },
		{ DANE, T("1.1.1.good," GOOD), BY_TLSA, NULL },
		{ DANE, T("1.1.1.good," BAD), DANE_ERR,
		    "validation-failure" },
		/* The stronger digest counts (RFC 7671 9). */
		{ DANE, T("3.1.1.good,3.1.2.bad"), DANE_ERR,
		    "validation-failure" },
		{ DANE, T("3.1.1.bad,3.1.2.good"), BY_TLSA, NULL },
	};

	RUN(*state, cases);
}

/* Where the host's name is an alias (RFC 7672 2.2.2). */
static void
test_aliases(void **state)
{
#define ALIAS	"MX d.lab secure mx.lab; A mx.lab secure >real.lab; "
#define LOOSE	"MX d.lab secure mx.lab; A mx.lab insecure >real.lab; "
	static const struct dane_case	cases[] = {
		{ DANE, ALIAS "TLSA real.lab secure " GOOD "; "
		    "TLSA mx.lab secure " BAD, BY_TLSA, NULL },
		{ DANE, ALIAS "TLSA real.lab secure " BAD "; "
		    "TLSA mx.lab secure " GOOD, DANE_ERR,
		    "validation-failure" },
		{ DANE, ALIAS "TLSA mx.lab secure " GOOD, BY_TLSA, NULL },
		{ DANE, ALIAS "TLSA mx.lab secure " BAD, DANE_ERR,
		    "validation-failure" },
		{ DANE, ALIAS "TLSA real.lab bogus; TLSA mx.lab secure " GOOD,
		    DANE_ERR, "dnssec-invalid" },
		{ DANE, ALIAS, BY_ANY, NULL },
		/* It leads out of what is signed: the name alone counts. */
		{ DANE, LOOSE "CNAME mx.lab secure; TLSA mx.lab secure " GOOD,
		    BY_TLSA, NULL },
		{ DANE, LOOSE "CNAME mx.lab secure; TLSA mx.lab secure " BAD,
		    DANE_ERR, "validation-failure" },
		{ DANE, LOOSE "CNAME mx.lab insecure; TLSA mx.lab secure "
		    BAD, BY_ANY, NULL },
		{ DANE, LOOSE "CNAME mx.lab bogus", DANE_ERR,
		    "dnssec-invalid" },
	};

	RUN(*state, cases);
}

/* Which names a certificate may have that a record of usage 2 vouches for. */
static void
test_names(void **state)
{
#define TA	"2.0.1.good"
#define BY_MX	"MX d.lab secure >e.lab mx.lab; A mx.lab secure >real.lab; "
	static const struct {
		const char		*name;
		struct dane_case	 c;
	} cases[] = {
		{ "real.lab", { DANE, BY_MX "TLSA real.lab secure " TA,
		    BY_TLSA, NULL } },
		{ "mx.lab", { DANE, BY_MX "TLSA real.lab secure " TA,
		    BY_TLSA, NULL } },
		{ "d.lab", { DANE, BY_MX "TLSA real.lab secure " TA, BY_TLSA,
		    NULL } },
		{ "e.lab", { DANE, BY_MX "TLSA real.lab secure " TA, BY_TLSA,
		    NULL } },
		{ "other.lab", { DANE, BY_MX "TLSA real.lab secure " TA,
		    DANE_ERR, "certificate-host-mismatch" } },
		{ "other.lab", { DANE, BY_MX "TLSA real.lab secure "
		    "3.0.1.good", DANE_ERR, "validation-failure" } },
		{ "real.lab", { DANE, BY_MX "TLSA mx.lab secure " TA,
		    DANE_ERR, "certificate-host-mismatch" } },
	};
	struct sending	*f = *state;
	size_t		 i;

	run_cases(f, &cases[0].c, 0);
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		use_certificate(f, cases[i].name);
		run_case(f, &cases[i].c);
	}
}

static void
test_not_asked(void **state)
{
	static const struct dane_case	names = { DANE,
	    "MX d.lab insecure mx.lab; A mx.lab secure", BY_ANY, NULL };
	static const struct dane_case	address = { DANE,
	    "MX d.lab secure mx.lab; A mx.lab insecure", BY_ANY, NULL };
	static const struct dane_case	other = { SEND_TLS_OPTIONAL,
	    SECURE "TLSA mx.lab secure " BAD, BY_ANY, NULL };

	run_cases(*state, &names, 1);
	assert_null(strstr(buf_cstr(&said.asked), "TLSA"));
	run_case(*state, &address);
	assert_null(strstr(buf_cstr(&said.asked), "TLSA"));
	run_case(*state, &other);
	assert_null(strstr(buf_cstr(&said.asked), "TLSA"));
}

/* Without TLS: in clear only where DANE asks for nothing. */
static void
test_clear(void **state)
{
	static const struct dane_case	cases[] = {
		{ DANE, SECURE, IN_CLEAR, "starttls-not-supported" },
		{ DANE, SECURE "TLSA mx.lab secure " GOOD, TLS_ERR,
		    "starttls-not-supported" },
		{ DANE, SECURE "TLSA mx.lab secure 1.1.1.good", TLS_ERR,
		    "starttls-not-supported" },
		{ ALONE, SECURE "TLSA mx.lab secure " GOOD, TLS_ERR,
		    "starttls-not-supported" },
	};
	struct sending			*f = *state;
	size_t				 i;

	run_cases(f, cases, 0);
	f->script.ehlo = "PIPELINING";
	for (i = 0; i < 4; i++)
		run_case(f, &cases[i]);
}

/* A handshake that fails: what is optional is tried again in clear. */
static void
test_broken(void **state)
{
	static const struct dane_case	cases[] = {
		{ DANE, SECURE, IN_CLEAR, "validation-failure" },
		{ DANE, SECURE "TLSA mx.lab secure " GOOD, TLS_ERR,
		    "validation-failure" },
		{ DANE, SECURE "TLSA mx.lab secure 1.1.1.good", TLS_ERR,
		    "validation-failure" },
	};
	static const struct rule	rules[] = { { "STARTTLS",
	    "220 go\r\n!close", 0, 0 }, { .verb = NULL } };
	struct sending			*f = *state;
	size_t				 i;

	run_cases(f, cases, 0);
	f->script.rules = rules;
	for (i = 0; i < 3; i++)
		run_case(f, &cases[i]);
}

/* A connection is for what DNS said when it was made. */
static void
test_pool(void **state)
{
	struct sending			*f = *state;
	static const struct dane_case	none = { DANE, SECURE, BY_ANY, NULL };

	run_cases(f, &none, 1);
	assert_int_equal(f->transactions, 1);
	assert_string_equal(sending_run(f), OK);
	assert_int_equal(f->transactions, 2);
	said.text = SECURE "TLSA mx.lab secure " GOOD "," BAD;
	assert_string_equal(sending_run(f), OK);
	assert_int_equal(f->transactions, 1);
	said.text = SECURE "TLSA mx.lab secure " BAD "," GOOD;
	assert_string_equal(sending_run(f), OK);	/* in another order */
	assert_int_equal(f->transactions, 2);
	said.text = SECURE "TLSA mx.lab secure " GOOD;
	assert_string_equal(sending_run(f), OK);
	assert_int_equal(f->transactions, 1);
	said.text = SECURE "TLSA mx.lab secure " BAD;
	(void)sending_run(f);
	assert_non_null(strstr(buf_cstr(&f->result), "dane temporary"));
}

/* What is told of the records. */
static void
test_facts(void **state)
{
	struct sending			*f = *state;
	const struct attempt_tls	*t;
	static const struct dane_case	c = { DANE, SECURE
	    "TLSA mx.lab secure 3.1.1.good,1.0.2.bad", BY_TLSA, NULL };

	run_cases(f, &c, 1);
	t = &f->connection->tls;
	assert_true(t->tlsa.asked && !t->tlsa.failed);
	assert_int_equal(t->tlsa.count, 2);
	assert_int_equal(t->tlsa.records[0].usage, 1);
	assert_int_equal(t->tlsa.records[0].data.len, 64);
	assert_int_equal(t->tlsa.records[1].mtype, 1);
	said.text = SECURE "TLSA mx.lab bogus";
	assert_string_equal(sending_run(f), "dane temporary : DANE: mx.lab: "
	    "TLSA records: no answer");
	assert_int_equal(f->enhanced[0] * 100 + f->enhanced[1] * 10 +
	    f->enhanced[2], 475);
	t = &f->connection->tls;
	assert_true(t->tlsa.failed && t->tlsa.temporary);
	assert_true(str_eq(f->connection->remotemx, STR("mx.lab")));
}

/* Hosts that someone else looked up. */
static void
test_candidates(void **state)
{
	struct sending		*f = *state;
	struct send_candidate	 c = { .host = STR("mx.lab") };
	static const char	 dns[] = "A mx.lab secure; "
				    "TLSA mx.lab secure " BAD;
	static const struct dane_case	bad = { DANE, dns, DANE_ERR,
	    "validation-failure" };
	static const struct dane_case	any = { DANE, dns, BY_ANY, NULL };
	static const struct dane_case	loose = { DANE, "A mx.lab insecure; "
	    "TLSA mx.lab secure " BAD, BY_ANY, NULL };

	run_cases(f, &bad, 0);
	assert_int_equal(netaddr_parse_ip(&c.address, STR("127.0.0.1"), 0),
	    0);
	f->req.backend.port = f->script.port;
	f->req.lookup_mx = false;
	f->req.candidates = &c;
	f->req.candidate_count = 1;
	f->req.secure = true;
	run_case(f, &bad);
	run_case(f, &loose);
	f->req.secure = false;
	run_case(f, &any);
	/* An address has no records. */
	f->req.secure = true;
	c.host = STR("127.0.0.1");
	run_case(f, &any);
	/* REQUIRETLS to names that anybody may have made up; to the domain's
	 * own it goes, and meets its certificate. */
	f->req.secure = false;
	f->req.requiretls = true;
	c.host = STR("mx.lab");
	(void)sending_run(f);
	assert_non_null(strstr(buf_cstr(&f->result), "does not vouch"));
	c.host = STR("D.lab");
	(void)sending_run(f);
	assert_non_null(strstr(buf_cstr(&f->result), "config temporary"));
}

/* ---- RFC 8689 ---------------------------------------------------------- */

static void
test_requiretls(void **state)
{
	struct sending			*f = *state;
	static const struct dane_case	good = { SEND_TLS_OPTIONAL, SECURE
	    "TLSA mx.lab secure " GOOD, BY_TLSA, NULL };

	f->req.requiretls = true;
	run_cases(f, &good, 1);
	assert_non_null(strstr(script_log(&f->script), " REQUIRETLS;"));
	said.text = "MX d.lab insecure mx.lab; A mx.lab secure";
	assert_string_equal(sending_run(f), "smtp permanent : REQUIRETLS: "
	    "DNSSEC does not vouch for the mail exchangers of d.lab");
	assert_int_equal(f->enhanced[1] * 100 + f->enhanced[2], 730);
	/* Offered in clear is not offered. */
	f->script.ehlo = "PIPELINING,REQUIRETLS";
	f->req.backend.helo = STR("again");
	said.text = good.dns;
	(void)sending_run(f);
	assert_non_null(strstr(buf_cstr(&f->result), "smtp permanent EHLO: "
	    "REQUIRETLS: 127.0.0.1: TLS is not offered"));
	assert_int_equal(f->enhanced[1] * 100 + f->enhanced[2], 730);
	f->script.ehlo = "PIPELINING,STARTTLS";
	f->req.backend.helo = STR("third");
	assert_string_equal(sending_run(f), "smtp permanent : "
	    "REQUIRETLS: backend does not offer REQUIRETLS");
}

/* Of several hosts one may offer it, or may have been down. */
static void
test_requiretls_hosts(void **state)
{
#define TWO	"MX d.lab secure mx.lab,my.lab; A my.lab secure; "	\
		"TLSA my.lab secure " GOOD "; "
	static const struct rule	without[] = { { "EHLO",
	    "250-x\r\n250 STARTTLS\r\n", 0, 1 }, { .verb = NULL } };
	struct sending			*f = *state;
	static const struct dane_case	both = { SEND_TLS_OPTIONAL, TWO
	    "A mx.lab secure; TLSA mx.lab secure " GOOD, BY_TLSA, NULL };
	static const struct dane_case	down = { SEND_TLS_OPTIONAL, TWO
	    "A mx.lab bogus", BY_TLSA, NULL };

	f->req.requiretls = true;
	f->script.rules = without;
	run_cases(f, &both, 1);
	assert_int_equal(f->script.connections, 2);
	f->script.ehlo = "PIPELINING,STARTTLS";
	f->req.backend.helo = STR("other");
	said.text = down.dns;
	assert_string_equal(sending_run(f), "smtp temporary : "
	    "backend does not offer REQUIRETLS");
	assert_int_equal(f->enhanced[0], 4);
}

/* "TLS-Required: No" */
static void
test_not_required(void **state)
{
	static const struct dane_case	cases[] = {
		{ DANE, SECURE "TLSA mx.lab secure " BAD, BY_ANY, NULL },
		{ ELSE_VERIFY, SECURE, BY_ANY, NULL },
		{ ALONE, SECURE "TLSA mx.lab secure " BAD, DANE_ERR,
		    "validation-failure" },
	};
	struct sending			*f = *state;

	f->req.tls_not_required = true;
	RUN(f, cases);
	f->req.requiretls = true;	/* which goes before it */
	run_case(f, &(const struct dane_case){ DANE, SECURE
	    "TLSA mx.lab secure " BAD, DANE_ERR, "validation-failure" });
}

static int
teardown(void **state)
{
	X509_free(said.cert);
	said.cert = NULL;
	buf_free(&said.asked);
	return sending_teardown(state);
}

#define TEST(fn)	cmocka_unit_test_setup_teardown(fn, sending_setup, \
			    teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		TEST(test_states), TEST(test_records), TEST(test_aliases),
		TEST(test_names),
		TEST(test_not_asked), TEST(test_clear), TEST(test_broken),
		TEST(test_pool), TEST(test_facts), TEST(test_candidates),
		TEST(test_requiretls), TEST(test_requiretls_hosts),
		TEST(test_not_required),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
