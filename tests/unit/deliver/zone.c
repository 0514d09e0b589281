/*
 * The whole text is read for each question; answers may be long, since nobody
 * on the loopback cuts them.
 */
#include <sys/socket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/net.h"
#include "base/wire.h"
#include "dns/packet.h"
#include "event/loop.h"

#include "zone.h"

static struct {
	struct watch	*watch;
	int		 fd, asked;
	char		 servers[32];
	const char	*records;
} zone;

struct answering {
	struct buf	out;
	char		name[DNS_NAME_TEXT];	/* asked for */
	int		type;
	int		count, rcode;
	bool		there, silent;
};

static void
put_name(struct buf *out, struct str name)
{
	struct str	label;

	while (name.len > 0 && !str_eq(name, STR("."))) {
		label = str_split(name, '.', &name);
		buf_add_byte(out, (int)label.len);
		buf_add_str(out, label);
	}
	buf_add_byte(out, '\0');
}

static void
put_data(struct buf *out, int type, struct str data)
{
	struct netaddr	a;
	unsigned char	ip[16];
	struct str	rest;

	if (type == DNS_A || type == DNS_AAAA) {
		assert_int_equal(netaddr_parse_ip(&a, data, 0), 0);
		buf_add(out, ip, netaddr_bytes(&a, ip));
		return;
	}
	if (type == DNS_MX) {
		wire_put_uint(out, (uint64_t)atoi(data.p), 2);
		(void)str_split(data, ' ', &rest);
		data = rest;
	}
	put_name(out, data);
}

static int
type_of(struct str word)
{
	static const struct {
		struct str	name;
		int		type;
	} types[] = { { STR("A"), DNS_A }, { STR("AAAA"), DNS_AAAA },
	    { STR("MX"), DNS_MX }, { STR("CNAME"), DNS_CNAME } };
	size_t	i;

	for (i = 0; i < sizeof types / sizeof types[0]; i++)
		if (str_eq(word, types[i].name))
			return types[i].type;
	return 0;
}

static void
put_record(struct answering *a, struct str owner, int ttl, int type,
    struct str data)
{
	struct buf	rdata = BUF_INIT;

	put_name(&a->out, owner);
	wire_put_uint(&a->out, (uint64_t)type, 2);
	wire_put_uint(&a->out, 1, 2);
	wire_put_uint(&a->out, (uint64_t)ttl, 4);
	put_data(&rdata, type, data);
	wire_put_uint(&a->out, rdata.len, 2);
	buf_add_str(&a->out, buf_str(&rdata));
	buf_free(&rdata);
	a->count++;
}

static void
answer_line(struct answering *a, struct str line)
{
	struct str	rest, name = str_split(line, ' ', &rest);
	struct str	ttl = str_split(rest, ' ', &rest);
	struct str	word = str_split(rest, ' ', &rest);
	int		type = type_of(word);

	if (!str_caseeq(name, str_of(a->name)))
		return;
	a->there = true;
	a->silent = a->silent || str_eq(word, STR("SILENT"));
	if (str_eq(word, STR("SERVFAIL")))
		a->rcode = 2;
	if (type == 0 || (type != a->type && type != DNS_CNAME))
		return;
	put_record(a, name, atoi(ttl.p), type, rest);
	/* What is behind it is in the same answer. */
	if (type == DNS_CNAME)
		(void)snprintf(a->name, sizeof a->name, "%.*s",
		    (int)rest.len, rest.p);
}

static void
zone_readable(void *arg)
{
	struct netaddr		 from = { .len = sizeof from.u };
	struct answering	 a = { .there = false };
	struct str		 rest = str_of(zone.records);
	unsigned char		 p[1024];
	ssize_t			 n;
	size_t			 at = 12;
	char			*head;

	(void)arg;
	n = recvfrom(zone.fd, p, sizeof p, 0, &from.u.sa, &from.len);
	if (n < 17 || dns_name_read((struct dns_packet){ p, (size_t)n }, &at,
	    a.name) == -1)
		return;
	a.type = p[at] << 8 | p[at + 1];
	zone.asked++;
	buf_add(&a.out, p, at + 4);
	while (rest.len > 0)
		answer_line(&a, str_split(rest, '\n', &rest));
	head = (char *)(uintptr_t)buf_data(&a.out);
	head[2] = (char)0x84;
	head[3] = (char)(0x80 | (a.there ? a.rcode : 3));
	memset(head + 6, 0, 6);
	head[6] = (char)(a.count >> 8);
	head[7] = (char)a.count;
	if (!a.silent)
		(void)sendto(zone.fd, head, a.out.len, 0, &from.u.sa,
		    from.len);
	buf_free(&a.out);
}

const char *
zone_start(struct loop *l)
{
	struct netaddr	a;
	socklen_t	len = sizeof a.u;

	zone.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(netaddr_parse_ip(&a, STR("127.0.0.1"), 0), 0);
	assert_int_equal(bind(zone.fd, &a.u.sa, a.len), 0);
	assert_int_equal(getsockname(zone.fd, &a.u.sa, &len), 0);
	(void)snprintf(zone.servers, sizeof zone.servers, "127.0.0.1@%u",
	    netaddr_port(&a));
	zone.watch = watch_readable(l, zone.fd, zone_readable, NULL);
	zone.records = "";
	zone.asked = 0;
	return zone.servers;
}

void
zone_stop(void)
{
	watch_free(&zone.watch);
	(void)close(zone.fd);
}

void
zone_set(const char *records)
{
	zone.records = records;
}

int
zone_asked(void)
{
	return zone.asked;
}
