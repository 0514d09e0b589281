/*
 * The resolver against local data, and against a small server on the same
 * loop whose answers stand in one table.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dns/dns.h"
#include "event/loop.h"

/* ---- The server -------------------------------------------------------- */

struct zone_row {
	const char	*name;		/* "\5alpha\3lab" */
	int		 type;
	int		 rcode;		/* -1: no answer ever comes */
	struct str	 rdata;		/* none: NODATA */
	int		 rdata_type;	/* 0: as asked */
};

static const struct zone_row	zone[] = {
	{ "\5alpha\3lab", DNS_A, 0, STR("\xc0\0\2\1"), 0 },
	{ "\5alpha\3lab", DNS_AAAA, 0,
	    STR("\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1"), 0 },
	{ "\2v4\3lab", DNS_A, 0, STR("\xc0\0\2\2"), 0 },
	{ "\5inner\4test", DNS_A, 0, STR("\xc0\0\2\4"), 0 },
	{ "\5alias\3lab", DNS_A, 0, STR("\2v4\3lab\0"), DNS_CNAME },
	{ "\5alias\3lab", DNS_AAAA, 0, STR("\2v4\3lab\0"), DNS_CNAME },
	{ "\4mail\3lab", DNS_MX, 0, STR("\0\12\5alpha\3lab\0"), 0 },
	{ "\4text\3lab", DNS_TXT, 0, STR("\3abc\2de"), 0 },
	{ "\4fail\3lab", 0, 2, STR_NONE, 0 },
	{ "\4hush\3lab", 0, -1, STR_NONE, 0 },
	{ "\4gone\3lab", 0, 3, STR_NONE, 0 },
	{ "\5half1\3lab", DNS_A, 2, STR_NONE, 0 },
	{ "\5half1\3lab", DNS_AAAA, 0,
	    STR("\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\2"), 0 },
};

struct fixture {
	struct loop	*loop;
	struct dns	*dns;
	struct watch	*watch;
	struct timer	 limit;
	int		 fd;
	char		 servers[64];
	int		 answers;
	int		 asked;		/* of the server */
	enum dns_status	 status;
	size_t		 count;
	char		 text[2 * DNS_NAME_TEXT];
	bool		 inside;	/* a call to dns is under way */
};

static const struct zone_row *
zone_find(const char *name, int type)
{
	size_t	i;

	for (i = 0; i < sizeof zone / sizeof zone[0]; i++)
		if (strcasecmp(zone[i].name, name) == 0 &&
		    (zone[i].type == 0 || zone[i].type == type))
			return &zone[i];
	return NULL;
}

/* Builds the answer over the question: only one record is ever given. */
static size_t
server_answer(unsigned char *p, size_t question_end, int type)
{
	const struct zone_row	*row = zone_find((char *)p + 12, type);
	size_t			 n = question_end;
	int			 rtype;

	if (row != NULL && row->rcode == -1)
		return 0;
	p[2] = 0x84;
	p[3] = (unsigned char)(0x80 | (row != NULL ? row->rcode : 0));
	memset(p + 6, 0, 6);
	if (row == NULL || row->rdata.p == NULL)
		return n;
	rtype = row->rdata_type != 0 ? row->rdata_type : type;
	p[7] = 1;
	memcpy(p + n, "\xc0\x0c\0\0\0\1\0\0\0\74\0", 11);
	p[n + 3] = (unsigned char)rtype;
	p[n + 11] = (unsigned char)row->rdata.len;
	memcpy(p + n + 12, row->rdata.p, row->rdata.len);
	return n + 12 + row->rdata.len;
}

static void
server_readable(void *arg)
{
	struct fixture		*f = arg;
	struct netaddr		 from = { .len = sizeof from.u };
	unsigned char		 p[1024];
	ssize_t			 n;
	size_t			 end;

	n = recvfrom(f->fd, p, 512, 0, &from.u.sa, &from.len);
	if (n < 17)
		return;
	f->asked++;
	end = 12 + strlen((char *)p + 12) + 1;
	n = (ssize_t)server_answer(p, end + 4, p[end + 1]);
	if (n != 0)
		(void)sendto(f->fd, p, (size_t)n, 0, &from.u.sa, from.len);
}

/* ---- Fixture ----------------------------------------------------------- */

static void
too_long(void *arg)
{
	(void)arg;
	fail_msg("no answer");
}

static int
setup(void **state)
{
	struct fixture	*f = calloc(1, sizeof *f);
	struct netaddr	 a;
	struct err	 e;

	assert_int_equal(netaddr_parse_ip(&a, STR("127.0.0.1"), 0), 0);
	f->fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(bind(f->fd, &a.u.sa, a.len), 0);
	assert_int_equal(netaddr_local(&a, f->fd), 0);
	(void)snprintf(f->servers, sizeof f->servers, " 127.0.0.1@%u ",
	    netaddr_port(&a));
	f->loop = loop_new(&e);
	f->watch = watch_readable(f->loop, f->fd, server_readable, f);
	timer_init(&f->limit, f->loop, too_long, f);
	timer_start(&f->limit, 60000);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture	*f = *state;

	dns_free(&f->dns);
	timer_fini(&f->limit);
	watch_free(&f->watch);
	loop_free(&f->loop);
	(void)close(f->fd);
	free(f);
	return 0;
}

static void
start(struct fixture *f, const char *local)
{
	char		path[] = "/tmp/test_dns.XXXXXX";
	struct err	e = { "" };
	int		fd = mkstemp(path);

	assert_int_equal(write(fd, local, strlen(local)),
	    (ssize_t)strlen(local));
	(void)close(fd);
	f->dns = dns_new(f->loop, &(struct dns_config){
	    .servers = f->servers, .local_data = path }, &e);
	(void)unlink(path);
	if (f->dns == NULL)
		fail_msg("%s", e.text);
}

static void
on_answer(void *arg, const struct dns_answer *a)
{
	struct fixture	*f = arg;
	char		 host[DNS_NAME_TEXT];
	struct buf	 b = BUF_INIT;
	uint16_t	 preference;

	assert_false(f->inside);
	f->answers++;
	f->status = a->status;
	f->count = a->count;
	f->text[0] = '\0';
	if (a->count != 0 && a->records[0].type == DNS_MX) {
		assert_int_equal(dns_read_mx(a->records, &preference, host),
		    0);
		(void)snprintf(f->text, sizeof f->text, "%u %s", preference,
		    host);
	} else if (a->count != 0 && a->records[0].type == DNS_TXT) {
		assert_int_equal(dns_read_txt(a->records, &b), 0);
		(void)strlcpy(f->text, buf_cstr(&b), sizeof f->text);
		buf_free(&b);
	} else if (a->count != 0 && a->records[0].type == DNS_PTR) {
		assert_int_equal(dns_read_name(a->records, host), 0);
		(void)strlcpy(f->text, host, sizeof f->text);
	}
	loop_stop(f->loop);
}

static void
on_hosts(void *arg, const struct dns_hosts *h)
{
	struct fixture	*f = arg;
	char		 ip[NETADDR_TEXT];
	size_t		 i;

	assert_false(f->inside);
	f->answers++;
	f->status = h->status;
	f->count = h->count;
	f->text[0] = '\0';
	for (i = 0; i < h->count; i++) {
		(void)strlcat(f->text, netaddr_text(&h->list[i], ip,
		    sizeof ip), sizeof f->text);
		(void)strlcat(f->text, " ", sizeof f->text);
	}
	loop_stop(f->loop);
}

static void
ask(struct fixture *f, const char *name, enum dns_type type)
{
	f->answers = 0;
	f->inside = true;
	(void)dns_query(f->dns, str_of(name), type, on_answer, f);
	f->inside = false;
	assert_int_equal(loop_run(f->loop), 0);
	assert_int_equal(f->answers, 1);
}

static void
ask_host(struct fixture *f, const char *name)
{
	f->answers = 0;
	f->inside = true;
	(void)dns_addresses(f->dns, str_of(name), 25, on_hosts, f);
	f->inside = false;
	assert_int_equal(loop_run(f->loop), 0);
	assert_int_equal(f->answers, 1);
}

/* ---- Tests ------------------------------------------------------------- */

static void
test_server(void **state)
{
	struct fixture	*f = *state;

	start(f, "");
	ask(f, "mail.lab", DNS_MX);
	assert_int_equal(f->status, DNS_OK);
	assert_string_equal(f->text, "10 alpha.lab");
	ask(f, "text.lab", DNS_TXT);
	assert_string_equal(f->text, "abcde");
	ask(f, "text.lab", DNS_MX);
	assert_int_equal(f->status, DNS_NODATA);
	ask(f, "gone.lab", DNS_MX);
	assert_int_equal(f->status, DNS_NXDOMAIN);
	ask(f, "fail.lab", DNS_MX);
	assert_int_equal(f->status, DNS_TEMPORARY);
	/* Twice: the second comes from the cache, inside the asking. */
	ask(f, "mail.lab", DNS_MX);
	assert_string_equal(f->text, "10 alpha.lab");
}

static void
test_hosts(void **state)
{
	struct fixture	*f = *state;

	start(f, "");
	ask_host(f, "alpha.lab");
	assert_string_equal(f->text, "192.0.2.1:25 [2001:db8::1]:25 ");
	ask_host(f, "alias.lab");
	assert_string_equal(f->text, "192.0.2.2:25 ");
	ask_host(f, "inner.test");
	assert_string_equal(f->text, "192.0.2.4:25 ");
	ask_host(f, "half1.lab");
	assert_string_equal(f->text, "[2001:db8::2]:25 ");
	ask_host(f, "gone.lab");
	assert_int_equal(f->status, DNS_NXDOMAIN);
	ask_host(f, "text.lab");
	assert_int_equal(f->status, DNS_NODATA);
	ask_host(f, "fail.lab");
	assert_int_equal(f->status, DNS_TEMPORARY);
	ask_host(f, "192.0.2.9");
	assert_string_equal(f->text, "192.0.2.9:25 ");
	ask_host(f, "[2001:db8::9]");
	assert_string_equal(f->text, "[2001:db8::9]:25 ");
	ask_host(f, "localhost");
	assert_non_null(strstr(f->text, "127.0.0.1:25"));
}

static void
test_local_data(void **state)
{
	struct fixture	*f = *state;

	start(f, "# local\n; local\n\n"
	    "mx1.example. 60 IN A 192.0.2.11 ; one\n"
	    "mx1.example IN A 192.0.2.12\n"
	    "mx1.example AAAA 2001:db8::b\r\n"
	    "a.test A 192.0.2.13\n"
	    "b.invalid A 192.0.2.14\n"
	    "alpha.lab A 192.0.2.15\n"
	    "example MX 5 mx1.example\n"
	    "t.example TXT \"a;b\"\n"
	    "1.2.0.192.in-addr.arpa PTR mx1.example\n"
	    "1.0.0.10.in-addr.arpa PTR mx1.example\n");
	ask_host(f, "mx1.example");
	assert_int_equal(f->count, 3);
	ask_host(f, "a.test");
	assert_string_equal(f->text, "192.0.2.13:25 ");
	ask_host(f, "b.invalid");
	assert_string_equal(f->text, "192.0.2.14:25 ");
	ask_host(f, "alpha.lab");
	assert_string_equal(f->text, "192.0.2.15:25 ");
	ask(f, "example", DNS_MX);
	assert_string_equal(f->text, "5 mx1.example");
	ask(f, "t.example", DNS_TXT);
	assert_string_equal(f->text, "a;b");
	ask(f, "1.2.0.192.in-addr.arpa", DNS_PTR);
	assert_string_equal(f->text, "mx1.example");
	ask(f, "1.0.0.10.in-addr.arpa", DNS_PTR);
	assert_string_equal(f->text, "mx1.example");
	/* The rest of the world is still asked. */
	ask_host(f, "v4.lab");
	assert_string_equal(f->text, "192.0.2.2:25 ");
}

/* From name to name, in the file and out of it, and round in a circle. */
static void
test_local_cname(void **state)
{
	struct fixture	*f = *state;

	start(f, "mx1.example A 192.0.2.11\n"
	    "one.example CNAME mx1.example\n"
	    "two.example CNAME one.example\n"
	    "out.example CNAME v4.lab\n"
	    "away.example CNAME gone.lab\n"
	    "none.example CNAME text.lab\n"
	    "a.circle CNAME b.circle\n"
	    "b.circle CNAME a.circle\n");
	ask_host(f, "one.example");
	assert_string_equal(f->text, "192.0.2.11:25 ");
	ask_host(f, "two.example");
	assert_string_equal(f->text, "192.0.2.11:25 ");
	ask_host(f, "out.example");
	assert_string_equal(f->text, "192.0.2.2:25 ");
	ask(f, "away.example", DNS_MX);
	assert_int_equal(f->status, DNS_NXDOMAIN);
	ask(f, "none.example", DNS_MX);
	assert_int_equal(f->status, DNS_NODATA);
	ask(f, "none.example", DNS_TXT);
	assert_string_equal(f->text, "abcde");
	ask_host(f, "a.circle");
	assert_int_equal(f->count, 0);
	ask(f, "one.example", DNS_CNAME);
	assert_int_equal(f->count, 1);
}

static void
test_bad_names(void **state)
{
	static const char *const	names[] = {
		"", " ", "a b", "a..b", "\xc3\xa4.lab",
	};
	struct fixture			*f = *state;
	char				 label[65];
	size_t				 i;

	start(f, "");
	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		ask(f, names[i], DNS_A);
		assert_int_equal(f->status, DNS_BAD_NAME);
	}
	memset(label, 'a', 64);
	label[64] = '\0';
	ask(f, label, DNS_A);
	assert_int_equal(f->status, DNS_BAD_NAME);
	ask_host(f, "a b");
	assert_int_equal(f->status, DNS_BAD_NAME);
}

static void
test_cancel(void **state)
{
	struct fixture		*f = *state;
	struct dns_query	*q;
	struct dns_lookup	*lk;

	start(f, "");
	ask(f, "mail.lab", DNS_MX);
	/* Answered from the cache, not asked yet, and never answered. */
	q = dns_query(f->dns, STR("mail.lab"), DNS_MX, on_answer, f);
	dns_cancel(&q);
	assert_null(q);
	q = dns_query(f->dns, STR("text.lab"), DNS_TXT, on_answer, f);
	dns_cancel(&q);
	q = dns_query(f->dns, STR("hush.lab"), DNS_A, on_answer, f);
	dns_cancel(&q);
	lk = dns_addresses(f->dns, STR("hush.lab"), 25, on_hosts, f);
	dns_addresses_cancel(&lk);
	assert_null(lk);
	lk = dns_addresses(f->dns, STR("192.0.2.1"), 25, on_hosts, f);
	dns_addresses_cancel(&lk);
	ask(f, "gone.lab", DNS_MX);
	/* Open questions go with the resolver. */
	(void)dns_query(f->dns, STR("hush.lab"), DNS_MX, on_answer, f);
	(void)dns_addresses(f->dns, STR("hush.lab"), 25, on_hosts, f);
}

/* What was learned is asked for again; what was configured stays. */
static void
test_flush(void **state)
{
	struct fixture	*f = *state;
	struct err	 e;
	int		 i;

	start(f, "own.lab. 300 IN TXT \"mine\"\n");
	for (i = 1; i <= 3; i++) {
		ask(f, "mail.lab", DNS_MX);
		assert_string_equal(f->text, "10 alpha.lab");
		ask(f, "mail.lab", DNS_MX);
		assert_int_equal(f->asked, i);
		ask(f, "own.lab", DNS_TXT);
		assert_string_equal(f->text, "mine");
		ask_host(f, "localhost");
		assert_non_null(strstr(f->text, "127.0.0.1:25"));
		assert_int_equal(dns_flush(f->dns, &e), 0);
	}
	/* One that is open is answered by what it was asked of. */
	f->answers = 0;
	(void)dns_query(f->dns, STR("text.lab"), DNS_TXT, on_answer, f);
	assert_int_equal(dns_flush(f->dns, &e), 0);
	assert_int_equal(loop_run(f->loop), 0);
	assert_string_equal(f->text, "abcde");
	assert_int_equal(f->answers, 1);
	/* Others never are, and go with the resolver. */
	(void)dns_query(f->dns, STR("hush.lab"), DNS_MX, on_answer, f);
	assert_int_equal(dns_flush(f->dns, &e), 0);
	ask_host(f, "inner.test");
	assert_string_equal(f->text, "192.0.2.4:25 ");
}

static void
test_new_fails(void **state)
{
	struct fixture	*f = *state;
	struct err	 e;
	char		 path[] = "/tmp/test_dns.XXXXXX";
	int		 fd = mkstemp(path);

	assert_null(dns_new(f->loop, &(struct dns_config){
	    .servers = "not-an-address" }, &e));
	assert_non_null(strstr(e.text, "not-an-address"));
	assert_null(dns_new(f->loop, &(struct dns_config){
	    .local_data = "/nonexistent/file" }, &e));
	assert_non_null(strstr(e.text, "/nonexistent/file"));
	assert_int_equal(write(fd, "a A 192.0.2.1\nb A 999\n", 22), 22);
	(void)close(fd);
	assert_null(dns_new(f->loop, &(struct dns_config){
	    .local_data = path }, &e));
	assert_non_null(strstr(e.text, ":2: "));
	assert_null(dns_new(f->loop, &(struct dns_config){
	    .trust_anchor = path }, &e));
	assert_non_null(strstr(e.text, path));
	(void)unlink(path);
}

/* What asks nothing costs nothing; the first question makes it ready. */
static void
test_late(void **state)
{
	struct fixture	*f = *state;

	f->dns = dns_new_late(f->loop);
	dns_free(&f->dns);
	f->dns = dns_new_late(f->loop);
	assert_non_null(dns_query(f->dns, STR("localhost"), DNS_A, on_answer,
	    f));
	assert_int_equal(f->answers, 0);
	assert_int_equal(loop_run(f->loop), 0);
	assert_int_equal(f->answers, 1);
	assert_int_equal(f->status, DNS_OK);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(test_server, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hosts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_local_cname, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_local_data, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_bad_names, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_cancel, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flush, setup, teardown),
		cmocka_unit_test_setup_teardown(test_late, setup, teardown),
		cmocka_unit_test_setup_teardown(test_new_fails, setup,
		    teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
