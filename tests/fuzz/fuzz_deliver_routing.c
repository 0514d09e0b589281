/*
 * DNS answers on the way to a route: packets of any bytes, for whatever is
 * asked.  The first byte says by which transport, its low half, and for which
 * domain; each answer is a byte, its status, two bytes, its length, and a
 * packet.  Where none are left there is no answer.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>

#include "base/log.h"
#include "deliver/deliver.h"
#include "deliver/numbered.h"
#include "deliver/outlet.h"
#include "deliver/own.h"
#include "deliver/routing.h"
#include "dns/dns.h"
#include "dns/packet.h"
#include "ipc/ipc.h"

#define QUERIES_MAX	4096

struct deliver	deliver;

void	dns_queries_free(struct dns *d);
int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In place of the resolver. */
struct dns_query {
	enum dns_type	 type;
	dns_answer_fn	*fn;
	void		*arg;
};

static struct worker	 worker;
static struct dns_query	*queries[QUERIES_MAX];
static size_t		 query_count, query_next;

struct dns_query *
dns_query(struct dns *d, struct str name, enum dns_type type,
    dns_answer_fn *fn, void *arg)
{
	struct dns_query	*q = calloc(1, sizeof *q);

	(void)d;
	if (q == NULL || name.len > 255 || query_count == QUERIES_MAX)
		abort();
	*q = (struct dns_query){ type, fn, arg };
	queries[query_count++] = q;
	return q;
}

void
dns_cancel(struct dns_query **q)
{
	if (*q != NULL)
		(*q)->fn = NULL;
	*q = NULL;
}

void
dns_queries_free(struct dns *d)
{
	(void)d;
}

static const char *const	transports[] = {
	"transport t mx -\n",
	"transport t mx - -o families=ipv4\n",
	"transport t mx a.lab -o families=ipv4,ipv6\n",
	"transport t host a.lab\n",
	("address x - 192.0.2.1\naddress y - 192.0.2.2\n"
	    "transport t mx - -o source=x,y,x -o source_order=strict\n"),
	"transport t host 192.0.2.9:2600\n",
	"transport t lmtp unix:/run/lmtp\n",
	"transport t mx - -o families=ipv6\n",
};
#define TRANSPORTS	(sizeof transports / sizeof transports[0])

static const char *const	domains[] = { "d.lab", "[192.0.2.1]",
	"[IPv6:2001:db8::1]", "[::1]", "[x]", "[0.0.0.0]", "[" };
#define DOMAINS		(sizeof domains / sizeof domains[0])

static void
begin(void)
{
	static bool	begun;

	if (!begun) {
		log_open("fuzz", LOG_TO_FD, open("/dev/null", O_WRONLY));
		params_init(&worker.params);
		(void)params_set(&worker.params, "myhostname", "us.lab",
		    NULL);
		worker.loop = deliver.loop = loop_new(NULL);
		if (deliver.loop == NULL)
			abort();
		deliver.worker = &worker;
		deliver.params = &worker.params;
		own_load(STR("0.0.0.0:25\n"));
		begun = true;
	}
	query_count = query_next = 0;
	numbered_init();
	routing_init();
}

static void
stop(void *arg)
{
	(void)arg;
	loop_stop(deliver.loop);
}

static void
turn(void)
{
	struct task	t;

	task_init(&t, stop, NULL);
	loop_defer(deliver.loop, &t);
	(void)loop_run(deliver.loop);
	loop_cancel(deliver.loop, &t);
}

/* All records of that type, whosever they are. */
static void
answer(struct dns_query *q, int status, struct dns_packet packet)
{
	static struct dns_record	list[DNS_RECORD_MAX];
	char				owner[DNS_NAME_TEXT];
	struct dns_walk			w;
	struct dns_answer		a = { .status = (enum dns_status)
					    status, .secure = status == 0,
					    .why = "why", .name = "",
					    .records = list };

	if (status == DNS_OK && dns_walk_init(&w, packet) == 0)
		while (a.count < DNS_RECORD_MAX && dns_walk_next(&w,
		    &list[a.count], owner) == 1)
			if (list[a.count].type == q->type)
				a.ttl_s = list[a.count++].ttl;
	if (status == DNS_OK && a.count == 0)
		a.status = DNS_NODATA;
	if (q->fn != NULL)
		q->fn(q->arg, &a);
}

static void
answer_all(const uint8_t *data, size_t size)
{
	struct dns_packet	packet;
	size_t			n;
	int			status;

	for (; query_next < query_count; query_next++) {
		packet = (struct dns_packet){ data, 0 };
		status = DNS_TEMPORARY;
		if (size >= 3) {
			status = data[0] % (DNS_BAD_NAME + 1);
			n = (size_t)data[1] << 8 | data[2];
			packet.p = data + 3;
			packet.len = n < size - 3 ? n : size - 3;
			data += 3 + packet.len;
			size -= 3 + packet.len;
		}
		answer(queries[query_next], status, packet);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ipc_DELIVER_ASK	m = { .number = 1, .transport = 1 };
	size_t			i;

	if (size == 0)
		return 0;
	begin();
	(void)strlcpy(m.domain, domains[data[0] / 16 % DOMAINS],
	    sizeof m.domain);
	worker.params.resolve_address_literals = data[0] < 16 * DOMAINS;
	if (outlet_add(1, str_of(transports[data[0] % 16 % TRANSPORTS])) ==
	    -1 ||
	    routing_ask(&m) == -1)
		abort();
	turn();
	answer_all(data + 1, size - 1);
	if (routing_open() != 0)
		abort();
	for (i = 0; i < query_count; i++)
		free(queries[i]);
	routing_fini();
	numbered_fini();
	return 0;
}
