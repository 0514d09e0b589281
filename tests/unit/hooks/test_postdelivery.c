/*
 * What the hook behind an attempt is told: each variable of the document where
 * it is there and where it is absent, and the states of an attempt's result.
 */
#include <openssl/x509.h>

#include "hsl/frozen.h"
#include "judged.h"
#include "rows.h"

/* What has happened. */
enum world {
	DELIVERED,		/* over TLS; all that can be there is */
	PUT_OFF,		/* by a reply; TLS was not offered */
	NO_HOST,		/* null MX */
	NO_TLSA,		/* the records were not to be had */
	BY_HAND			/* deleted; no attempt was made */
};

#define ATTEMPT		"arguments.attempt."
#define CONN		ATTEMPT "connection."
#define TLS		CONN "tls."
#define POLICY		"arguments.policy.policies.0."

struct look {
	enum world	 world;
	const char	*name;
	const char	*want;		/* as JSON; NULL: absent */
	const char	*by;		/* what shows it; NULL: json_encode */
};

static const char	policy[] = "{\"tags\":[\"backoff\",\"ms\"],"
    "\"policies\":[{\"fields\":[\"remotemx\",\"localip\"],"
    "\"grouping\":{\"remotemx\":\"#google\"},"
    "\"dynamic\":[{\"id\":\"D1\",\"tag\":\"backoff\"}],"
    "\"tags\":[\"ms\"],\"concurrency\":5,\"rate\":[10,1.5],"
    "\"stop\":true,\"properties\":{\"p\":\"foo\"}}]}";

static const struct look	looks[] = {
	/* 8.2.1 */
	{ DELIVERED, "arguments", "true", "is_array($arguments)" },
	{ DELIVERED, "message", "true", "is_array($message)" },
	{ DELIVERED, "context", "42", NULL },
	{ PUT_OFF, "context", NULL, NULL },
	{ BY_HAND, "context", NULL, NULL },
	/* 8.2.1.1 */
	{ PUT_OFF, "arguments.retry", "3", NULL },
	{ PUT_OFF, "arguments.expired", "false", NULL },
	{ NO_HOST, "arguments.expired", "true", NULL },
	{ DELIVERED, "arguments.action", NULL, NULL },
	{ PUT_OFF, "arguments.action", "\"QUEUE\"", NULL },
	{ NO_HOST, "arguments.action", "\"BOUNCE\"", NULL },
	{ BY_HAND, "arguments.action", "\"DELETE\"", NULL },
	{ DELIVERED, "arguments.grouping", "\"&exampledomains\"", NULL },
	{ PUT_OFF, "arguments.grouping", NULL, NULL },
	{ DELIVERED, "arguments.policy", "true",
	    "is_array($arguments[\"policy\"])" },
	{ PUT_OFF, "arguments.policy", NULL, NULL },	/* no JSON */
	{ NO_TLSA, "arguments.policy", NULL, NULL },	/* no array */
	{ BY_HAND, "arguments.policy", NULL, NULL },
	{ PUT_OFF, "arguments.attempt", "true",
	    "is_array($arguments[\"attempt\"])" },
	{ BY_HAND, "arguments.attempt", NULL, NULL },
	{ PUT_OFF, "arguments.dsn", "true",
	    "is_array($arguments[\"dsn\"])" },
	{ DELIVERED, "arguments.dsn", NULL, NULL },
	{ DELIVERED, "arguments.queue", NULL, NULL },
	{ DELIVERED, "arguments.queue.plugin", NULL, NULL },
	{ DELIVERED, "arguments.queue.plugin.return", NULL, NULL },
	/* 8.2.1.1.1 */
	{ DELIVERED, "arguments.policy.tags", "[\"backoff\",\"ms\"]", NULL },
	{ BY_HAND, "arguments.policy.tags", NULL, NULL },
	{ DELIVERED, "arguments.policy.policies", "1",
	    "count($arguments[\"policy\"][\"policies\"])" },
	{ BY_HAND, "arguments.policy.policies", NULL, NULL },
	{ DELIVERED, POLICY "fields", "[\"remotemx\",\"localip\"]", NULL },
	{ DELIVERED, POLICY "grouping", "{\"remotemx\":\"#google\"}", NULL },
	{ DELIVERED, POLICY "dynamic",
	    "[{\"id\":\"D1\",\"tag\":\"backoff\"}]", NULL },
	{ DELIVERED, POLICY "tags", "[\"ms\"]", NULL },
	{ DELIVERED, POLICY "concurrency", "5", NULL },
	{ DELIVERED, POLICY "rate", "[10,1.5]", NULL },
	{ DELIVERED, POLICY "stop", "true", NULL },
	{ DELIVERED, POLICY "properties", "{\"p\":\"foo\"}", NULL },
	{ NO_HOST, POLICY "fields", NULL, NULL },
	{ NO_HOST, POLICY "grouping", NULL, NULL },
	{ NO_HOST, POLICY "dynamic", NULL, NULL },
	{ NO_HOST, POLICY "tags", NULL, NULL },
	{ NO_HOST, POLICY "concurrency", NULL, NULL },
	{ NO_HOST, POLICY "rate", NULL, NULL },
	{ NO_HOST, POLICY "stop", NULL, NULL },
	{ NO_HOST, POLICY "properties", NULL, NULL },
	/* 8.2.1.1.2 */
	{ DELIVERED, ATTEMPT "result", "4",
	    "count($arguments[\"attempt\"][\"result\"])" },
	{ NO_HOST, ATTEMPT "result", NULL, NULL },
	{ DELIVERED, ATTEMPT "result.code", "250", NULL },
	{ NO_HOST, ATTEMPT "result.code", NULL, NULL },
	{ DELIVERED, ATTEMPT "result.enhanced", "[2,0,0]", NULL },
	{ PUT_OFF, ATTEMPT "result.enhanced", NULL, NULL },
	{ DELIVERED, ATTEMPT "result.reason", "[\"Ok\",\"queued as 1\"]",
	    NULL },
	{ NO_HOST, ATTEMPT "result.reason", NULL, NULL },
	{ DELIVERED, ATTEMPT "result.state", "\"EOD\"", NULL },
	{ NO_HOST, ATTEMPT "result.state", NULL, NULL },
	{ NO_HOST, ATTEMPT "error", "4",
	    "count($arguments[\"attempt\"][\"error\"])" },
	{ DELIVERED, ATTEMPT "error", NULL, NULL },
	{ NO_HOST, ATTEMPT "error.temporary", "false", NULL },
	{ NO_TLSA, ATTEMPT "error.temporary", "true", NULL },
	{ DELIVERED, ATTEMPT "error.temporary", NULL, NULL },
	{ NO_HOST, ATTEMPT "error.message", "\"no mail\"", NULL },
	{ DELIVERED, ATTEMPT "error.message", NULL, NULL },
	{ NO_HOST, ATTEMPT "error.type", "\"dns\"", NULL },
	{ DELIVERED, ATTEMPT "error.type", NULL, NULL },
	{ NO_HOST, ATTEMPT "error.dns", "\"nullmx\"", NULL },
	{ NO_TLSA, ATTEMPT "error.dns", NULL, NULL },
	{ DELIVERED, ATTEMPT "duration", "1.012", NULL },
	{ BY_HAND, ATTEMPT "duration", NULL, NULL },
	{ DELIVERED, ATTEMPT "plugin", NULL, NULL },
	{ DELIVERED, ATTEMPT "plugin.return", NULL, NULL },
	/* 8.2.1.1.2.3 */
	{ DELIVERED, ATTEMPT "connection", "true",
	    "is_array($arguments[\"attempt\"][\"connection\"])" },
	{ NO_HOST, ATTEMPT "connection", NULL, NULL },
	{ DELIVERED, CONN "id", "\"ID\"", NULL },
	{ NO_HOST, CONN "id", NULL, NULL },
	{ DELIVERED, CONN "transactions", "2", NULL },
	{ NO_HOST, CONN "transactions", NULL, NULL },
	{ DELIVERED, CONN "localip", "\"192.0.2.1\"", NULL },
	{ NO_HOST, CONN "localip", NULL, NULL },
	{ DELIVERED, CONN "localipid", "\"bulkip1\"", NULL },
	{ PUT_OFF, CONN "localipid", NULL, NULL },
	{ DELIVERED, CONN "remoteip", "\"192.0.2.9\"", NULL },
	{ NO_HOST, CONN "remoteip", NULL, NULL },
	{ DELIVERED, CONN "remotemx", "\"mx.example\"", NULL },
	{ NO_HOST, CONN "remotemx", NULL, NULL },
	{ DELIVERED, CONN "tls", "true",
	    "is_array($arguments[\"attempt\"][\"connection\"][\"tls\"])" },
	{ NO_HOST, CONN "tls", NULL, NULL },
	{ DELIVERED, TLS "started", "true", NULL },
	{ PUT_OFF, TLS "started", "false", NULL },
	{ NO_HOST, TLS "started", NULL, NULL },
	{ DELIVERED, TLS "protocol", "\"TLSv1.3\"", NULL },
	{ PUT_OFF, TLS "protocol", NULL, NULL },
	{ DELIVERED, TLS "cipher", "\"TLS_AES_256_GCM_SHA384\"", NULL },
	{ PUT_OFF, TLS "cipher", NULL, NULL },
	{ DELIVERED, TLS "keysize", "256", NULL },
	{ PUT_OFF, TLS "keysize", NULL, NULL },
	{ DELIVERED, TLS "peercert", "2", "count($arguments[\"attempt\"]"
	    "[\"connection\"][\"tls\"][\"peercert\"])" },
	{ PUT_OFF, TLS "peercert", NULL, NULL },
	{ DELIVERED, TLS "peercert.x509", "X509Resource", "string($arguments"
	    "[\"attempt\"][\"connection\"][\"tls\"][\"peercert\"]"
	    "[\"x509\"])" },
	{ NO_TLSA, TLS "peercert.x509", NULL, NULL },
	{ NO_TLSA, TLS "peercert.error", "18", NULL },
	{ PUT_OFF, TLS "peercert.error", NULL, NULL },
	{ PUT_OFF, TLS "tlsrpt", "\"starttls-not-supported\"", NULL },
	{ DELIVERED, TLS "tlsrpt", NULL, NULL },
	{ DELIVERED, TLS "tlsa", "true", "is_array($arguments[\"attempt\"]"
	    "[\"connection\"][\"tls\"][\"tlsa\"])" },
	{ PUT_OFF, TLS "tlsa", NULL, NULL },
	{ NO_TLSA, TLS "tlsa.error", "{\"temporary\":true}", NULL },
	{ DELIVERED, TLS "tlsa.error", NULL, NULL },
	{ DELIVERED, TLS "tlsa.records", "1", "count($arguments[\"attempt\"]"
	    "[\"connection\"][\"tls\"][\"tlsa\"][\"records\"])" },
	{ NO_TLSA, TLS "tlsa.records", NULL, NULL },
	{ DELIVERED, TLS "tlsa.records.0.usage", "3", NULL },
	{ NO_TLSA, TLS "tlsa.records.0.usage", NULL, NULL },
	{ DELIVERED, TLS "tlsa.records.0.selector", "1", NULL },
	{ NO_TLSA, TLS "tlsa.records.0.selector", NULL, NULL },
	{ DELIVERED, TLS "tlsa.records.0.mtype", "1", NULL },
	{ NO_TLSA, TLS "tlsa.records.0.mtype", NULL, NULL },
	{ DELIVERED, TLS "tlsa.records.0.data", "\"00ff10\"", NULL },
	{ NO_TLSA, TLS "tlsa.records.0.data", NULL, NULL },
	/* 8.2.1.1.3 */
	{ PUT_OFF, "arguments.dsn.action", "\"delayed\"", NULL },
	{ NO_HOST, "arguments.dsn.action", "\"failed\"", NULL },
	{ BY_HAND, "arguments.dsn.action", NULL, NULL },
	{ NO_HOST, "arguments.dsn.id", "{\"transaction\":"
	    "\"018c190a-93f0-47d7-bd00-0123456789ab\",\"queue\":1}", NULL },
	{ BY_HAND, "arguments.dsn.id", NULL, NULL },
	{ NO_HOST, "arguments.dsn.status", "[5,1,10]", NULL },
	{ PUT_OFF, "arguments.dsn.status", NULL, NULL },
	{ BY_HAND, "arguments.dsn.status", "[5,0,0]", NULL },
	{ PUT_OFF, "arguments.dsn.diagnostictype", "\"smtp\"", NULL },
	{ BY_HAND, "arguments.dsn.diagnostictype", NULL, NULL },
	{ PUT_OFF, "arguments.dsn.diagnosticcode", "\"450 Later\"", NULL },
	{ BY_HAND, "arguments.dsn.diagnosticcode", NULL, NULL },
	/* 8.2.1.2 */
	{ PUT_OFF, "message.id", "2", "count($message[\"id\"])" },
	{ PUT_OFF, "message.id.transaction",
	    "\"00000000-0000-0000-0000-000000000000\"", NULL },
	{ PUT_OFF, "message.id.queue", "7", NULL },
	{ PUT_OFF, "message.ts", "1575558785.5", NULL },
	{ PUT_OFF, "message.serverid", "\"inbound\"", NULL },
	{ PUT_OFF, "message.sender", "\"s@from.example\"", NULL },
	{ BY_HAND, "message.sender", "\"\"", NULL },
	{ PUT_OFF, "message.senderaddress", "true",
	    "is_array($message[\"senderaddress\"])" },
	{ PUT_OFF, "message.senderaddress.localpart", "\"S\"", NULL },
	{ PUT_OFF, "message.senderaddress.domain", "\"From.example\"", NULL },
	{ PUT_OFF, "message.recipient", "\"r@to.example\"", NULL },
	{ PUT_OFF, "message.recipientaddress", "true",
	    "is_array($message[\"recipientaddress\"])" },
	{ PUT_OFF, "message.recipientaddress.localpart", "\"R\"", NULL },
	{ PUT_OFF, "message.recipientaddress.domain", "\"To.example\"",
	    NULL },
	{ PUT_OFF, "message.transportid", "\"mx\"", NULL },
	{ PUT_OFF, "message.tenantid", "\"customidentifier1\"", NULL },
	{ PUT_OFF, "message.jobid", "\"jobidentifier1\"", NULL },
	{ PUT_OFF, "message.priority", "1", NULL },
	{ PUT_OFF, "message.size", "412311", NULL },
	{ PUT_OFF, "message.file", "2", "count($message[\"file\"])" },
	{ PUT_OFF, "message.file.original", "as received",
	    "File($message[\"file\"][\"original\"])->read()" },
	{ PUT_OFF, "message.file.modified", "as sent",
	    "File($message[\"file\"][\"modified\"])->read()" },
	{ PUT_OFF, "message.dsn", "4", "count($message[\"dsn\"])" },
	{ PUT_OFF, "message.dsn.envid", "\"abcdef@example.com\"", NULL },
	{ BY_HAND, "message.dsn.envid", NULL, NULL },
	{ PUT_OFF, "message.dsn.ret", "\"HDRS\"", NULL },
	{ BY_HAND, "message.dsn.ret", NULL, NULL },
	{ PUT_OFF, "message.dsn.notify", "[\"SUCCESS\",\"FAILURE\"]", NULL },
	{ BY_HAND, "message.dsn.notify", NULL, NULL },
	{ PUT_OFF, "message.dsn.orcpt", "\"rfc822;recipient@example.org\"",
	    NULL },
	{ BY_HAND, "message.dsn.orcpt", NULL, NULL },
	{ .name = NULL }
};

/* ---- What has happened --------------------------------------------------- */

static const struct tls_tlsa	tlsa = { 3, 1, 1, STR("\x00\xff\x10") };

static void
world_connected(struct judged *j, const char *localipid)
{
	struct attempt_connection	*c;

	attempt_connection_unref(j->connection);
	c = attempt_connection_new(STR("mx.example"), STR("us.example"),
	    str_of(localipid));
	(void)strlcpy(c->id, "ID", sizeof c->id);
	(void)strlcpy(c->localip, "192.0.2.1", sizeof c->localip);
	(void)strlcpy(c->remoteip, "192.0.2.9", sizeof c->remoteip);
	c->tls.tried = true;
	j->connection = c;
	j->attempt.connection = c;
	j->attempt.transactions = 2;
	j->attempt.duration_ms = 1012;
}

static void
world_delivered(struct judged *j)
{
	struct attempt_tls	*t;

	world_connected(j, "bulkip1");
	j->rq.by_default = POSTDELIVERY_DELIVERED;
	smtp_reply_fini(&j->reply);
	smtp_reply_init(&j->reply);
	j->reply.code = 250;
	j->reply.enhanced[0] = 2;
	smtp_reply_add_line(&j->reply, STR("Ok"));
	smtp_reply_add_line(&j->reply, STR("queued as 1"));
	j->attempt.state = SMTP_STATE_EOD;
	t = &j->connection->tls;
	t->started = true;
	t->protocol = "TLSv1.3";
	t->cipher = "TLS_AES_256_GCM_SHA384";
	t->keysize = 256;
	t->peer.cert = X509_new();
	t->tlsa.asked = true;
	t->tlsa.records = &tlsa;
	t->tlsa.count = 1;
	j->rq.grouping = STR("&exampledomains");
	j->rq.policy = str_of(policy);
	j->rq.has_context = true;
}

static void
world_put_off(struct judged *j)
{
	world_connected(j, "");
	j->connection->tls.tlsrpt = "starttls-not-supported";
	j->rq.retry = 3;
	j->rq.policy = STR("{\"tags\":");
	j->order = (struct dsn_order){ .action = ENTRY_ACTION_DELAYED,
	    .status = STR("4.x"), .diagnostictype = STR("smtp"),
	    .diagnosticcode = STR("450 Later") };
	j->rq.dsn = &j->order;
	j->entry.ts_us = 1575558785500000;
	j->entry.tenantid = STR("customidentifier1");
	j->entry.jobid = STR("jobidentifier1");
	j->entry.priority = 1;
	j->entry.size = 412311;
	j->entry.dsn_envid = STR("abcdef@example.com");
	j->entry.dsn_ret = ENTRY_RET_HDRS;
	j->entry.dsn_notify = ENTRY_NOTIFY_SUCCESS | ENTRY_NOTIFY_FAILURE;
	j->entry.dsn_orcpt = STR("rfc822;recipient@example.org");
}

static void
world_no_host(struct judged *j)
{
	j->attempt = (struct attempt){ .error = ATTEMPT_ERROR_DNS,
	    .dns = ATTEMPT_DNS_NULLMX, .message = "no mail",
	    .connection = &attempt_no_connection };
	j->rq.by_default = POSTDELIVERY_BOUNCES;
	j->rq.expired = true;
	j->rq.policy = STR("{\"tags\":[],\"policies\":[{}]}");
	j->order = (struct dsn_order){ .action = ENTRY_ACTION_FAILED,
	    .id = STR("018c190a-93f0-47d7-bd00-0123456789ab"),
	    .status = STR("5.1.10") };
	j->rq.dsn = &j->order;
}

static void
world_no_tlsa(struct judged *j)
{
	world_connected(j, "");
	j->attempt.reply = NULL;
	j->attempt.error = ATTEMPT_ERROR_DANE;
	j->connection->tls.tlsa.asked = true;
	j->connection->tls.tlsa.failed = true;
	j->connection->tls.tlsa.temporary = true;
	j->connection->tls.peer.error = 18;
	j->rq.policy = STR("5");
}

static void
world_by_hand(struct judged *j)
{
	j->rq.by_default = POSTDELIVERY_DELETES;
	j->rq.attempt = NULL;
	j->entry.sender = STR("");
	j->order = (struct dsn_order){ .status = STR("5.0.0") };
	j->rq.dsn = &j->order;
}

static const struct {
	void	(*make)(struct judged *j);
} worlds[] = {
	[DELIVERED] = { world_delivered },
	[PUT_OFF] = { world_put_off },
	[NO_HOST] = { world_no_host },
	[NO_TLSA] = { world_no_tlsa },
	[BY_HAND] = { world_by_hand },
};

/* ---- Looks --------------------------------------------------------------- */

/* "message.id.queue" as the script has it. */
static void
look_path(struct buf *out, const char *name)
{
	struct str	rest, part;
	uint64_t	n;

	part = str_split(str_of(name), '.', &rest);
	buf_printf(out, "$%.*s", (int)part.len, part.p);
	while (rest.p != NULL) {
		part = str_split(rest, '.', &rest);
		if (str_uint(part, 99, &n) == 0)
			buf_printf(out, "[%u]", (unsigned)n);
		else
			buf_printf(out, "[\"%.*s\"]", (int)part.len, part.p);
	}
}

static void
look_script(struct buf *out, const struct look *l)
{
	struct buf	path = BUF_INIT;

	look_path(&path, l->name);
	buf_printf(out, "$v = \"absent\"; if (isset(%s)) $v = ",
	    buf_cstr(&path));
	if (l->by != NULL)
		buf_printf(out, "is_string(%s) ? %s : json_encode(%s)", l->by,
		    l->by, l->by);
	else
		buf_printf(out, "json_encode(%s)", buf_cstr(&path));
	buf_add_text(out, "; SetMetaData([\"v\" => $v]);");
	buf_free(&path);
}

static void
look_at(const struct look *l)
{
	struct judged		 j;
	struct buf		 script = BUF_INIT, want = BUF_INIT;
	struct hsl_frozen	*context;
	struct err		 e;

	judged_init(&j);
	assert_int_equal(hsl_freeze(hsl_number(42), 100, &context, &e), 0);
	j.rq.context = hsl_frozen_bytes(context);
	worlds[l->world].make(&j);
	look_script(&script, l);
	buf_printf(&want, "DEFAULT metadata=[v|%s]", l->want != NULL ?
	    l->want : "absent");
	if (strcmp(judged_run(&j, buf_cstr(&script)), buf_cstr(&want)) != 0)
		fail_msg("%s: %s, not %s", l->name, buf_cstr(&j.answer),
		    buf_cstr(&want));
	rows_mark(l->name, l->want != NULL ? "there" : "absent");
	hsl_frozen_free(&context);
	judged_fini(&j);
	buf_free(&script);
	buf_free(&want);
}

/* Of what is absent because all around it is, no line stands above. */
static void
look_nowhere(const char *name)
{
	if (strncmp(name, ATTEMPT, strlen(ATTEMPT)) == 0 ||
	    strncmp(name, "arguments.policy.",
	    strlen("arguments.policy.")) == 0)
		look_at(&(struct look){ BY_HAND, name, NULL, NULL });
}

static void
test_variables(void **state)
{
	static const char *const	sections[] = { "8.2.1.1.1",
	    "8.2.1.1.1.1", "8.2.1.1.2", "8.2.1.1.2.1", "8.2.1.1.2.2",
	    "8.2.1.1.2.3", "8.2.1.1.2.3.1", "8.2.1.1.2.3.1.1",
	    "8.2.1.1.2.3.1.2", "8.2.1.1.2.3.1.2.1", "8.2.1.1.2.4" };
	const struct look		*l;
	size_t				 i;

	(void)state;
	for (l = looks; l->name != NULL; l++)
		look_at(l);
	for (i = 0; i < sizeof sections / sizeof sections[0]; i++)
		rows_each(sections[i], look_nowhere);
}

static void
test_read_only(void **state)
{
	static const char *const	names[] = { "arguments", "message",
	    "context" };
	char				script[64];
	size_t				i;

	(void)state;
	for (i = 0; i < 3; i++) {
		(void)snprintf(script, sizeof script, "$%s = 1;", names[i]);
		assert_non_null(strstr(judged_compile(script), "read"));
		(void)snprintf(script, sizeof script, "$%s[\"a\"] = 1;",
		    names[i]);
		assert_non_null(strstr(judged_compile(script), "read"));
		rows_mark(names[i], "readonly");
	}
}

/* Reading it is what reading any variable is that nobody set. */
static void
test_context(void **state)
{
	struct judged	j;

	(void)state;
	judged_init(&j);
	assert_string_equal(judged_run(&j, "SetMetaData([\"a\" => \"b\"]);"
	    "$c = $context; Queue();"), "DEFAULT metadata=[a|b]");
	assert_int_equal(j.errors, 1);
	j.rq.has_context = true;		/* and was not set */
	assert_string_equal(judged_run(&j, "if ($context == none) Queue();"),
	    "QUEUE");
	j.rq.context = STR("[\xff");		/* no frozen value */
	assert_string_equal(judged_run(&j, "if ($context == none) Queue();"),
	    "QUEUE");
	assert_int_equal(j.errors, 1);
	judged_fini(&j);
}

/* ---- 8.2.5.1 ------------------------------------------------------------- */

static void
state_is_told(const char *name)
{
	struct judged	j;
	char		want[64];
	int		i;

	for (i = 1; i < SMTP_STATE_MAX; i++)
		if (strcmp(smtp_state_name((enum smtp_state)i), name) == 0)
			break;
	if (i == SMTP_STATE_MAX) {
		rows_mark(name, "absent");	/* nobody sends it */
		return;
	}
	judged_init(&j);
	j.attempt.state = (enum smtp_state)i;
	(void)snprintf(want, sizeof want, "DEFAULT metadata=[v|%s]", name);
	assert_string_equal(judged_run(&j, "SetMetaData([\"v\" => "
	    "$arguments[\"attempt\"][\"result\"][\"state\"]]);"), want);
	rows_mark(name, "there");
	judged_fini(&j);
}

static void
test_states(void **state)
{
	(void)state;
	rows_each("8.2.5.1", state_is_told);
}

static void
test_all_rows(void **state)
{
	(void)state;
	rows_report("8.2.1");
	rows_report("8.2.5.1");
}

static int
setup(void **state)
{
	(void)state;
	rows_read();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_read_only),
		cmocka_unit_test(test_context),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_all_rows),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
