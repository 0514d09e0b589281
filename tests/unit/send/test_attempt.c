/* The record of an attempt: each field of attempt.def, as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "send/attempt.h"

/* ---- As text ----------------------------------------------------------- */

static struct buf	out;

static void
put(const char *name)
{
	if (name != NULL)
		buf_printf(&out, "%s=", name);
}

static void
text_open(void *arg, const char *name)
{
	(void)arg;
	put(name);
	buf_add_text(&out, "{");
}

static void
text_close(void *arg)
{
	(void)arg;
	buf_add_text(&out, "} ");
}

static void
text_text(void *arg, const char *name, struct str value)
{
	(void)arg;
	put(name);
	buf_printf(&out, "%.*s ", (int)value.len, value.p);
}

static void
text_number(void *arg, const char *name, double value)
{
	(void)arg;
	put(name);
	buf_printf(&out, "%g ", value);
}

static void
text_truth(void *arg, const char *name, bool value)
{
	(void)arg;
	put(name);
	buf_add_text(&out, value ? "yes " : "no ");
}

static void
text_enhanced(void *arg, const char *name, const int value[3])
{
	(void)arg;
	put(name);
	buf_printf(&out, "%d.%d.%d ", value[0], value[1], value[2]);
}

static void
text_lines(void *arg, const char *name, const struct smtp_reply *r)
{
	struct str	line;
	size_t		i;

	(void)arg;
	put(name);
	for (i = 0; i < smtp_reply_lines(r); i++) {
		line = smtp_reply_line(r, i);
		buf_printf(&out, "%.*s/", (int)line.len, line.p);
	}
	buf_add_byte(&out, ' ');
}

static void
text_cert(void *arg, const char *name, struct x509_st *cert)
{
	(void)arg;
	put(name);
	buf_printf(&out, "cert%d ", *(const char *)cert);
}

static const char *
show(const struct attempt *a, unsigned who)
{
	static const struct attempt_sink	sink = { text_open, text_close,
	    text_text, text_number, text_truth, text_enhanced, text_lines,
	    text_cert };

	buf_clear(&out);
	attempt_walk(a, who, &sink, NULL);
	return buf_cstr(&out);
}

/* ---- The tests --------------------------------------------------------- */

static void
test_verdict(void **state)
{
	struct attempt			 a = { .state = SMTP_STATE_EOD,
	    .transactions = 3, .duration_ms = 1012 };
	struct attempt_connection	*c;
	struct smtp_reply		 r;

	(void)state;
	smtp_reply_init(&r);
	r.code = 250;
	smtp_reply_add_line(&r, STR("Ok"));
	smtp_reply_add_line(&r, STR("queued"));
	c = attempt_connection_new(STR("mx.lab"), STR("us.lab"), STR("bulk1"));
	(void)strlcpy(c->id, "ID", sizeof c->id);
	(void)strlcpy(c->localip, "1.2.3.4", sizeof c->localip);
	(void)strlcpy(c->remoteip, "4.3.2.1", sizeof c->remoteip);
	c->greeting.code = 220;
	smtp_reply_add_line(&c->greeting, STR("mx.lab hello"));
	a.reply = &r;
	a.connection = c;
	assert_string_equal(show(&a, ATTEMPT_INLINE),
	    "result={code=250 reason=Ok/queued/ state=EOD } "
	    "connection={id=ID transactions=3 localip=1.2.3.4 "
	    "remoteip=4.3.2.1 remotemx=mx.lab } ");
	r.enhanced[0] = 2;
	assert_string_equal(show(&a, ATTEMPT_QUEUED),
	    "result={code=250 enhanced=2.0.0 reason=Ok/queued/ state=EOD } "
	    "connection={id=ID transactions=3 localip=1.2.3.4 "
	    "localipid=bulk1 helo=us.lab remoteip=4.3.2.1 remotemx=mx.lab "
	    "remotegreet=mx.lab hello/ } duration=1.012 ");
	attempt_connection_unref(c);
	smtp_reply_fini(&r);
}

static void
test_error(void **state)
{
	struct attempt		a = { .error = ATTEMPT_ERROR_DNS,
	    .dns = ATTEMPT_DNS_NULLMX, .message = "no", .code = 554,
	    .enhanced = { 5, 1, 10 }, .connection = &attempt_no_connection };
	struct smtp_reply	r;

	(void)state;
	assert_string_equal(show(&a, ATTEMPT_QUEUED), "error={temporary=no "
	    "message=no type=dns dns=nullmx } duration=0 ");
	smtp_reply_init(&r);
	r.code = 421;
	smtp_reply_add_line(&r, STR("Busy"));
	a.refusal = &r;
	a.error = ATTEMPT_ERROR_SMTP;
	a.dns = ATTEMPT_DNS_NONE;
	a.state = SMTP_STATE_BANNER;
	assert_string_equal(show(&a, ATTEMPT_INLINE), "error={temporary=no "
	    "code=554 enhanced=5.1.10 message=no type=smtp state=BANNER "
	    "reply={code=421 reason=Busy/ state=BANNER } } ");
	assert_string_equal(show(&a, ATTEMPT_QUEUED), "result={code=421 "
	    "reason=Busy/ state=BANNER } duration=0 ");
	smtp_reply_fini(&r);
}

/* RFC 3463: 4.1 is a host that does not answer, 4.2 one that stops to. */
static void
test_network_code(void **state)
{
	struct attempt_connection	c = { .id = "ID" };
	struct attempt			a = { .error = ATTEMPT_ERROR_NETWORK,
					    .temporary = true,
					    .connection = &c };

	(void)state;
	attempt_put_code(&a);
	assert_int_equal(a.enhanced[2], 1);
	c.greeting.code = 220;
	attempt_put_code(&a);
	assert_true(a.enhanced[0] == 4 && a.enhanced[1] == 4 &&
	    a.enhanced[2] == 2);
}

static void
test_tls(void **state)
{
	static char				 certs[] = { 0, 1, 2 };
	struct x509_st				*chain[2];
	static const struct tls_tlsa	 tlsa[] = {
		{ 3, 1, 1, STR("\x01\xfe") }, { 2, 0, 1, STR("\xaa") } };
	struct attempt_connection		 c = { .id = "ID" };
	struct attempt				 a = { .message = "",
	    .connection = &c, .error = ATTEMPT_ERROR_TLS };
	struct attempt_tls			*t = &c.tls;
	const char				*tls;

	(void)state;
	t->tried = true;
	t->tlsrpt = "starttls-not-supported";
	tls = strstr(show(&a, ATTEMPT_QUEUED), "tls={");
	assert_string_equal(tls, "tls={started=no "
	    "tlsrpt=starttls-not-supported } } duration=0 ");
	assert_null(strstr(show(&a, ATTEMPT_INLINE), "tls={"));
	t->started = true;
	t->protocol = "TLSv1.3";
	t->cipher = "C";
	t->keysize = 256;
	t->tlsrpt = NULL;
	t->peer = (struct tls_peer){ (struct x509_st *)&certs[0], chain, 2,
	    18 };
	chain[0] = (struct x509_st *)&certs[1];
	chain[1] = (struct x509_st *)&certs[2];
	t->tlsa.asked = true;
	t->tlsa.count = 2;
	t->tlsa.records = tlsa;
	tls = strstr(show(&a, ATTEMPT_QUEUED), "tls={");
	assert_string_equal(tls, "tls={started=yes protocol=TLSv1.3 cipher=C "
	    "keysize=256 peercert={x509=cert0 chain={cert1 cert2 } error=18 } "
	    "tlsa={records={{usage=3 selector=1 mtype=1 data=01fe } "
	    "{usage=2 selector=0 mtype=1 data=aa } } } } } duration=0 ");
	t->tlsa.failed = t->tlsa.temporary = true;
	assert_non_null(strstr(show(&a, ATTEMPT_QUEUED),
	    "tlsa={error={temporary=yes } } "));
	assert_non_null(strstr(show(&a, ATTEMPT_INLINE), "tls={started=yes "
	    "protocol=TLSv1.3 cipher=C keysize=256 } "));
	/* No connection was made, because of what DNS says of TLS. */
	c = (struct attempt_connection){ .tls = { .tried = true,
	    .tlsrpt = "dnssec-invalid", .tlsa = { .asked = true,
	    .failed = true, .temporary = true } } };
	assert_non_null(strstr(show(&a, ATTEMPT_QUEUED), "tls={started=no "
	    "tlsrpt=dnssec-invalid tlsa={error={temporary=yes } } } } "));
	assert_null(strstr(show(&a, ATTEMPT_INLINE), "connection={"));
}

static int
teardown(void **state)
{
	(void)state;
	buf_free(&out);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_verdict), cmocka_unit_test(test_error),
		cmocka_unit_test(test_network_code),
		cmocka_unit_test(test_tls),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
