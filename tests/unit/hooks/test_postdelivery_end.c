/*
 * How the hook behind an attempt may end, and each option of its functions:
 * one that is good, and what is said of one that is wrong.
 */
#include "judged.h"
#include "rows.h"

/* `call` has the option's value in place of "?". */
struct option {
	const char	*name;
	const char	*call;
	const char	*good, *answer;	/* the value, and what comes of it */
	const char	*wrong, *says;	/* another, and the exception */
};

#define QUEUE(name)	"Queue." name, "Queue([\"" name "\" => ?]);"
#define DSN(name)							\
	"Bounce.dsn." name, "Bounce([\"dsn\" => [\"" name "\" => ?]]);"
#define FIELD(name)							\
	"Bounce.dsn.fields." name,					\
	    "Bounce([\"dsn\" => [\"fields\" => [\"" name "\" => ?]]]);"
/* Of RFC 8463, A.2. */
#define PEM(nl)								\
	"-----BEGIN PRIVATE KEY-----" nl				\
	"MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g" nl \
	"-----END PRIVATE KEY-----" nl
#define SIGN								\
	"\"selector\" => \"s\", \"domain\" => \"d.example\", "		\
	"\"key\" => \"" PEM("\\n") "\""
#define DKIM(name)							\
	"Bounce.dsn.dkim." name,					\
	    "Bounce([\"dsn\" => [\"dkim\" => [" SIGN ", \"" name	\
	    "\" => ?]]]);"
#define KEY								\
	" dsn.dkim_selector=s dsn.dkim_domain=d.example "		\
	"dsn.dkim_key=" PEM("\n")
#define IS		"Bounce: dsn: "
#define IS_DKIM		IS "dkim: "
#define IS_FIELD	IS "fields: "
#define LINE		" is a text of one line"
#define ADDRESS		" is an address, or an array of localpart and domain"
#define FIELDS		" is an array of fields, 'Name: value' of one line, " \
			"of at most 64 KiB"

static const struct option	options[] = {
	{ QUEUE("hold"), "true", "QUEUE hold",
	    "1", "Queue: hold is a boolean" },
	{ QUEUE("priority"), "1", "QUEUE priority=1",
	    "2", "Queue: priority is 0 or 1" },
	{ QUEUE("delay"), "2.5", "QUEUE delay=2500",
	    "-1", "Queue: delay is a number from 0 to 315360000" },
	{ QUEUE("reason"), "\"a\\nb\"", "QUEUE reason=a b",
	    "[]", "Queue: reason is a text" },
	{ QUEUE("increment_retry"), "false", "QUEUE uncounted",
	    "0", "Queue: increment_retry is a boolean" },
	{ QUEUE("reset_retry"), "true", "QUEUE reset",
	    "\"yes\"", "Queue: reset_retry is a boolean" },
	{ QUEUE("transportid"), "\"mx\"", "QUEUE transportid=mx",
	    "\"my\"", "Queue: transportid: there is no transport 'my' in "
	    "transport.cf" },
	{ QUEUE("quotas"), "[\"a\", \"b\"]", "QUEUE quotas=[a|b]",
	    "\"a\"", "Queue: quotas is an array of texts" },
	{ QUEUE("tenantid"), "\"t\"", "QUEUE tenantid=t",
	    "5", "Queue: tenantid is text" },
	{ QUEUE("jobid"), "\"j\"", "QUEUE jobid=j",
	    "[]", "Queue: jobid is text" },
	{ QUEUE("dsn"), "[\"subject\" => \"s\"]", "QUEUE dsn.subject=s",
	    "[\"subject\" => 5]", "Queue: dsn: subject" LINE },
	{ QUEUE("dsn_delayed"), "false", "QUEUE delayed=0",
	    "1", "Queue: dsn_delayed is a boolean" },
	{ "Default.dsn", "Default([\"dsn\" => ?]);",
	    "[\"from_name\" => \"me\"]", "DEFAULT dsn.from_name=me",
	    "true", "Default: dsn is an array" },
	{ "Bounce.dsn", "Bounce([\"dsn\" => ?]);", "[]", "BOUNCE",
	    "[\"sunject\" => \"s\"]", IS "unknown option 'sunject'" },

	{ DSN("transportid"), "\"mx\"", "BOUNCE dsn.transportid=mx",
	    "\"\"", IS "transportid: there is no transport '' in "
	    "transport.cf" },
	{ DSN("recipient"), "\"A@b.example\"",
	    "BOUNCE dsn.recipient=A@b.example", "\"\"",
	    IS "recipient" ADDRESS },
	{ DSN("recipient"), "[\"localpart\" => \"a b\", \"domain\" => "
	    "\"c.example\"]", "BOUNCE dsn.recipient=\"a b\"@c.example",
	    "\"a@b.example\\r\\nBcc: x@y.example\"",
	    IS "recipient" ADDRESS },
	{ DSN("metadata"), "[\"k\" => \"v\"]", "BOUNCE dsn.metadata=[k|v]",
	    "[\"_k\" => \"v\"]", IS "keys of metadata that begin with _ are "
	    "reserved" },
	{ DSN("metadata"), "[]", "BOUNCE", "[\"k\" => 5]",
	    IS "metadata is an array of texts by texts" },
	{ DSN("from"), "[\"localpart\" => \"me\", \"domain\" => "
	    "\"us.example\"]", "BOUNCE dsn.from=me@us.example",
	    "[\"localpart\" => \"a\\n\", \"domain\" => \"b.example\"]",
	    IS "from" ADDRESS },
	{ DSN("from"), "\"me@us.example\"", "BOUNCE dsn.from=me@us.example",
	    "5", IS "from" ADDRESS },
	{ DSN("from_name"), "\"J\xc3\xb6rg\"",
	    "BOUNCE dsn.from_name=J\xc3\xb6rg",
	    "\"a\\r\\nBcc: x@y.example\"", IS "from_name" LINE },
	{ DSN("from_name"), "\"\"", "BOUNCE",
	    "\"\\xff\"", IS "from_name is a text in UTF-8" },
	{ DSN("tenantid"), "\"t\"", "BOUNCE dsn.tenantid=t",
	    "5", IS "tenantid is text" },
	{ DSN("jobid"), "\"j\"", "BOUNCE dsn.jobid=j",
	    "\"\\x00\"", IS "jobid is text without NUL of at most 255 "
	    "bytes" },
	{ DSN("subject"), "\"No\"", "BOUNCE dsn.subject=No",
	    "\"a\\nb\"", IS "subject" LINE },
	{ DSN("subject"), "none", "BOUNCE",
	    "\"a\\x00b\"", IS "subject" LINE },
	{ DSN("subject_prepend"), "\"Re: \"",
	    "BOUNCE dsn.subject_prepend=Re: ",
	    "\"a\\rb\"", IS "subject_prepend" LINE },
	{ DSN("headers"), "[\"X-A: 1\", \"X-B\" => \"2\"]",
	    "BOUNCE dsn.headers=[X-A: 1|X-B: 2]",
	    "[\"X-A: 1\\r\\nBcc: x@y.example\"]", IS "headers" FIELDS },
	{ DSN("headers"), "[]", "BOUNCE",
	    "[\"X A: 1\"]", IS "headers" FIELDS },
	{ DSN("headers"), "[\"X-A:1\"]", "BOUNCE dsn.headers=[X-A:1]",
	    "[\"X-A\\r\\nB\" => \"1\"]", IS "headers" FIELDS },
	{ DSN("headers"), "[\"X-A:\"]", "BOUNCE dsn.headers=[X-A:]",
	    "\"X-A: 1\"", IS "headers" FIELDS },
	{ DSN("headers"), "[\"X-A\" => \"\"]", "BOUNCE dsn.headers=[X-A: ]",
	    "[\"no colon\"]", IS "headers" FIELDS },
	{ DSN("headers"), "[\"X-A\" => str_repeat(\"x\", 3)]",
	    "BOUNCE dsn.headers=[X-A: xxx]",
	    "[\"X-A\" => str_repeat(\"x\", 65536)]", IS "headers" FIELDS },
	{ DSN("readable_mimepart"), "\"A: b\\n\\nc\"",
	    "BOUNCE dsn.readable_mimepart=A: b\n\nc",
	    "\"A: b\\x00\"", IS "readable_mimepart is a MIME part as text "
	    "without NUL" },
	{ DSN("ret"), "\"FULL\"", "BOUNCE dsn.ret=1",
	    "true", IS "ret is FULL, HDRS or false" },
	{ DSN("ret"), "\"HDRS\"", "BOUNCE dsn.ret=2",
	    "\"ALL\"", IS "ret is FULL, HDRS or false" },
	{ DSN("ret"), "false", "BOUNCE dsn.ret=3",
	    "1", IS "ret is FULL, HDRS or false" },
	{ DSN("modified_original"), "true", "BOUNCE dsn.modified_original=1",
	    "\"true\"", IS "modified_original is a boolean" },
	{ DSN("fields"), "[]", "BOUNCE",
	    "\"Status: 5.0.0\"", IS "fields is an array" },
	{ DSN("fields"), "none", "BOUNCE", "[\"statuss\" => [5, 0, 0]]",
	    IS_FIELD "unknown option 'statuss'" },
	{ DSN("additional_fields"), "[\"X-Queue\" => \"q\"]",
	    "BOUNCE dsn.additional_fields=[X-Queue: q]",
	    "[\"X-Queue: q\\n\\nX\"]", IS "additional_fields" FIELDS },
	{ DSN("additional_recipient_fields"), "[\"X-R: r\"]",
	    "BOUNCE dsn.additional_recipient_fields=[X-R: r]",
	    "[5]", IS "additional_recipient_fields" FIELDS },

	{ FIELD("reportingmta"), "\"dns; us.example\"",
	    "BOUNCE dsn.reportingmta=dns; us.example",
	    "\"a\\nb\"", IS_FIELD "reportingmta" LINE },
	{ FIELD("receivedfrommta"), "\"dns; it.example\"",
	    "BOUNCE dsn.receivedfrommta=dns; it.example",
	    "[]", IS_FIELD "receivedfrommta" LINE },
	{ FIELD("remotemta"), "\"mx.example\"",
	    "BOUNCE dsn.remotemta=mx.example",
	    "\"a\\rb\"", IS_FIELD "remotemta" LINE },
	{ FIELD("remotemta"), "\"\"", "BOUNCE",
	    "str_repeat(\"x\", 256)", IS "remotemta: 256 bytes, more than "
	    "255" },
	{ FIELD("status"), "[5, 1, 10]", "BOUNCE dsn.status=5.1.10",
	    "[5, 1]", IS_FIELD "status is an array of three numbers, the "
	    "first one 2, 4 or 5" },
	{ FIELD("status"), "[4, 0, 999]", "BOUNCE dsn.status=4.0.999",
	    "\"5.1.1\"", IS_FIELD "status is an array of three numbers, the "
	    "first one 2, 4 or 5" },
	{ FIELD("status"), "[2, 0, 0]", "BOUNCE dsn.status=2.0.0",
	    "[3, 0, 0]", IS_FIELD "status is an array of three numbers, the "
	    "first one 2, 4 or 5" },
	{ FIELD("diagnosticcode"), "\"550 no\"",
	    "BOUNCE dsn.diagnosticcode=550 no",
	    "\"550\\r\\nX: y\"", IS_FIELD "diagnosticcode" LINE },
	{ FIELD("diagnostictype"), "\"x-error\"",
	    "BOUNCE dsn.diagnostictype=x-error",
	    "\"smtp; x\"", IS_FIELD "diagnostictype is a word of letters, "
	    "digits and -" },
	{ FIELD("finalrecipient"), "\"r@to.example\"",
	    "BOUNCE dsn.finalrecipient=r@to.example",
	    "[\"localpart\" => \"r\"]", IS_FIELD "finalrecipient" ADDRESS },
	{ FIELD("finalrecipient"), "[\"localpart\" => \"r\", \"domain\" => "
	    "\"[192.0.2.1]\"]", "BOUNCE dsn.finalrecipient=r@[192.0.2.1]",
	    "\"r@to.example\\n\"", IS_FIELD "finalrecipient" ADDRESS },

	{ DSN("dkim"), "[" SIGN "]", "BOUNCE" KEY,
	    "[\"selector\" => \"s\", \"domain\" => \"d.example\"]",
	    IS_DKIM "no private key in PEM without a password" },
	{ DSN("dkim"), "none", "BOUNCE", "[\"arc\" => true]",
	    IS_DKIM "unknown option 'arc'" },
	{ DKIM("selector"), "\"s\"", "BOUNCE" KEY,
	    "\"s; t=y\"", IS_DKIM "a selector that is no name of the "
	    "DNS" },
	{ DKIM("domain"), "\"d.example\"", "BOUNCE" KEY,
	    "\"\"", IS_DKIM "a domain that is no name of the DNS" },
	{ DKIM("key"), "\"" PEM("\\n") "\"", "BOUNCE" KEY,
	    "\"key1\"", IS_DKIM "no private key in PEM without a password" },
	{ DKIM("canonicalization_header"), "\"simple\"", "BOUNCE" KEY
	    " dsn.dkim_options=[canonicalization_header|simple]",
	    "\"loose\"", IS_DKIM "canonicalization_header: neither relaxed "
	    "nor simple" },
	{ DKIM("canonicalization_body"), "\"relaxed\"", "BOUNCE" KEY
	    " dsn.dkim_options=[canonicalization_body|relaxed]",
	    "true", IS_DKIM "canonicalization_body" LINE },
	{ DKIM("algorithm"), "\"ed25519-sha256\"", "BOUNCE" KEY
	    " dsn.dkim_options=[algorithm|ed25519-sha256]",
	    "\"rsa-sha1\"", IS_DKIM "algorithm: neither rsa-sha256 nor "
	    "ed25519-sha256" },
	{ DKIM("algorithm"), "none", "BOUNCE" KEY,
	    "\"rsa-sha256\"", IS_DKIM "a key that is not of rsa-sha256" },
	{ DKIM("headers"), "[\"from\", \"To\"]", "BOUNCE" KEY
	    " dsn.dkim_options=[headers|from:To]",
	    "\"from:to\"", IS_DKIM "headers is an array of names of header "
	    "fields" },
	{ DKIM("additional_headers"), "[\"X-A\"]", "BOUNCE" KEY
	    " dsn.dkim_options=[additional_headers|X-A]",
	    "[\"X-A:b=\"]", IS_DKIM "additional_headers is an array of names "
	    "of header fields" },
	{ DKIM("oversign_headers"), "[]", "BOUNCE" KEY
	    " dsn.dkim_options=[oversign_headers|]",
	    "[5]", IS_DKIM "oversign_headers is an array of names of header "
	    "fields" },
	{ DKIM("timestamp"), "1700000000", "BOUNCE" KEY
	    " dsn.dkim_options=[timestamp|1700000000]",
	    "\"now\"", IS_DKIM "timestamp is a number of seconds" },
	{ DKIM("timestamp"), "true", "BOUNCE" KEY
	    " dsn.dkim_options=[timestamp|true]",
	    "-1", IS_DKIM "timestamp is a number of seconds" },
	{ DKIM("timestamp"), "false", "BOUNCE" KEY
	    " dsn.dkim_options=[timestamp|false]",
	    "1000000000000", IS_DKIM "timestamp is a number of seconds" },
	{ DKIM("expiration"), "1700000000", "BOUNCE" KEY
	    " dsn.dkim_options=[expiration|1700000000]",
	    "true", IS_DKIM "expiration is a number of seconds" },
	{ DKIM("expiration_relative"), "86400", "BOUNCE" KEY
	    " dsn.dkim_options=[expiration_relative|86400]",
	    "\"1d\"", IS_DKIM "expiration_relative is a number of seconds" },
	{ DKIM("identity"), "\"@d.example\"", "BOUNCE" KEY
	    " dsn.dkim_options=[identity|@d.example]",
	    "\"a@b.example\"", IS_DKIM "an identity that is not of the "
	    "domain" },
	{ DKIM("identity"), "\"a@b.d.example\"", "BOUNCE" KEY
	    " dsn.dkim_options=[identity|a@b.d.example]",
	    "\"a@d.example\\r\\nX: y\"", IS_DKIM "identity" LINE },
	{ .name = NULL }
};

static void
say_call(struct buf *out, const char *call, const char *value)
{
	const char	*at = strchr(call, '?');

	buf_clear(out);
	buf_add(out, call, (size_t)(at - call));
	buf_add_text(out, value);
	buf_add_text(out, at + 1);
}

static void
option_try(const struct option *o)
{
	struct judged	j;
	struct buf	call = BUF_INIT, script = BUF_INIT, want = BUF_INIT;

	judged_init(&j);
	say_call(&call, o->call, o->good);
	if (strcmp(judged_run(&j, buf_cstr(&call)), o->answer) != 0)
		fail_msg("%s: %s, not %s", buf_cstr(&call),
		    buf_cstr(&j.answer), o->answer);
	rows_mark(o->name, "good");
	assert_int_equal(j.errors, 0);
	say_call(&call, o->call, o->wrong);
	buf_printf(&script, "try { %s } catch ($e) { SetMetaData([\"e\" => "
	    "$e->message()]); }", buf_cstr(&call));
	buf_printf(&want, "DEFAULT metadata=[e|%s]", o->says);
	if (strcmp(judged_run(&j, buf_cstr(&script)), buf_cstr(&want)) != 0)
		fail_msg("%s: %s, not %s", buf_cstr(&call),
		    buf_cstr(&j.answer), buf_cstr(&want));
	/* What nobody catches is a failure, and the default action. */
	assert_string_equal(judged_run(&j, buf_cstr(&call)), "DEFAULT");
	assert_int_equal(j.errors, 1);
	rows_mark(o->name, "wrong");
	judged_fini(&j);
	buf_free(&call);
	buf_free(&script);
	buf_free(&want);
}

static void
test_options(void **state)
{
	const struct option	*o;

	(void)state;
	for (o = options; o->name != NULL; o++)
		option_try(o);
}

/* What another function takes is passed over; several may be said at once. */
static void
test_together(void **state)
{
	struct judged	j;

	(void)state;
	judged_init(&j);
	assert_string_equal(judged_run(&j, "Bounce([\"hold\" => 5, \"delay\" "
	    "=> \"x\", \"reason\" => \"r\"]);"), "BOUNCE reason=r");
	assert_string_equal(judged_run(&j, "Queue([\"hold\" => true, "
	    "\"reason\" => \"r\", \"dsn_delayed\" => true, \"jobid\" => "
	    "\"j\", \"dsn\" => [\"subject\" => \"s\", \"ret\" => false]]);"),
	    "QUEUE hold delayed=1 reason=r jobid=j dsn.subject=s dsn.ret=3");
	judged_fini(&j);
}

/* More than an order may have, of which each part is good. */
static void
test_too_much(void **state)
{
	struct judged	j;

	(void)state;
	judged_init(&j);
	assert_string_equal(judged_run(&j, "$h = [\"X\" => str_repeat(\"x\", "
	    "60000)]; try { Bounce([\"dsn\" => [\"headers\" => $h, "
	    "\"additional_fields\" => $h, \"additional_recipient_fields\" => "
	    "$h, \"readable_mimepart\" => str_repeat(\"x\", 60000)]]); } "
	    "catch ($e) { SetMetaData([\"e\" => $e->message()]); }"),
	    "DEFAULT metadata=[e|Bounce: dsn: more than 196608 bytes]");
	judged_fini(&j);
}

/* ---- Ends ---------------------------------------------------------------- */

struct end {
	const char	*name, *script;
	const char	*answer;
	const char	*delivered;	/* NULL: a runtime error */
};

static void
test_ends(void **state)
{
	static const struct end	ends[] = {
		{ "Queue", "Queue(); Delete();", "QUEUE", NULL },
		{ "Bounce", "Bounce(); Delete();", "BOUNCE", NULL },
		{ "Delete", "Delete(); Queue();", "DELETE", NULL },
		{ "Default", "Default(); Queue();", "DEFAULT", "DEFAULT" },
	};
	struct judged		j;
	const char		*want;
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		judged_init(&j);
		assert_string_equal(judged_run(&j, ends[i].script),
		    ends[i].answer);
		rows_mark(ends[i].name, "ends");
		assert_int_equal(j.errors, 0);
		j.rq.by_default = POSTDELIVERY_DELIVERED;
		want = ends[i].delivered;
		assert_string_equal(judged_run(&j, ends[i].script),
		    want != NULL ? want : "DEFAULT");
		assert_int_equal(j.errors, want == NULL);
		rows_mark(ends[i].name, "delivered");
		judged_fini(&j);
	}
}

/* It has its place. */
static void
test_runtime_error(void **state)
{
	struct judged	j;

	(void)state;
	judged_init(&j);
	j.rq.by_default = POSTDELIVERY_DELIVERED;
	assert_string_equal(judged_run(&j, "try {\n  Bounce();\n} catch ($e) "
	    "{ SetMetaData([\"e\" => $e->message() . \" \" . "
	    "$e->line() . \":\" . $e->column()]); }"),
	    "DEFAULT metadata=[e|Bounce: the message was delivered 2:3]");
	judged_fini(&j);
}

static void
test_without_an_end(void **state)
{
	struct judged	j;

	(void)state;
	judged_init(&j);
	assert_string_equal(judged_run(&j, "$x = 1;"), "DEFAULT");
	assert_int_equal(j.errors, 0);
	rows_mark("implicit-end", "default");
	assert_string_equal(judged_run(&j, "throw \"no\";"), "DEFAULT");
	assert_string_equal(judged_run(&j, "while (true) { }"), "DEFAULT");
	assert_int_equal(j.errors, 2);
	rows_mark("script-error", "default");
	assert_non_null(strstr(judged_compile("Try();"), "predelivery"));
	assert_non_null(strstr(judged_compile("Delete(\"why\");"),
	    "argument"));
	judged_fini(&j);
}

static void
test_given_up(void **state)
{
	struct judged	j;

	(void)state;
	judged_init(&j);
	judged_give_up(&j, "Queue();");
	assert_int_equal(j.answer.len, 0);
	judged_fini(&j);
}

/* ---- Metadata ------------------------------------------------------------ */

static const struct {
	const char	*script, *answer;
} metadata[] = {
	{ "SetMetaData([\"a\" => \"1\", \"b\" => \"2\"]); Queue();",
	    "QUEUE metadata=[_own|o|a|1|b|2]" },
	{ "SetMetaData([\"a\" => \"1\"]); SetMetaData([]); Bounce();",
	    "BOUNCE metadata=[_own|o]" },
	/* What was set before an error stays. */
	{ "SetMetaData([\"a\" => \"1\"]); throw \"no\";",
	    "DEFAULT metadata=[_own|o|a|1]" },
	/* What is wrong changes nothing. */
	{ "try { SetMetaData([\"a\" => 1]); } catch ($e) { }", "DEFAULT" },
	{ "try { SetMetaData([\"_a\" => \"1\"]); } catch ($e) { }",
	    "DEFAULT" },
	{ "try { SetMetaData([\"1\"]); } catch ($e) { }", "DEFAULT" },
	{ "try { SetMetaData(\"a\"); } catch ($e) { }", "DEFAULT" },
	{ "try { SetMetaData([\"a\" => \"\\x00\"]); } catch ($e) { }",
	    "DEFAULT" },
	{ "try { SetMetaData([\"a\" => str_repeat(\"x\", 65536)]); } "
	    "catch ($e) { }", "DEFAULT" },
	{ "try { SetMetaData([str_repeat(\"x\", 65) => \"a\"]); } "
	    "catch ($e) { }", "DEFAULT" },
	{ "Queue([\"reason\" => json_encode(GetMetaData())]);",
	    "QUEUE reason={\"_own\":\"o\",\"k\":\"v\"}" },
	{ "SetMetaData([\"a\" => \"1\"]); Queue([\"reason\" => "
	    "json_encode(GetMetaData())]);",
	    "QUEUE reason={\"_own\":\"o\",\"a\":\"1\"} "
	    "metadata=[_own|o|a|1]" },
};

static void
test_metadata(void **state)
{
	struct judged	j;
	size_t		i;

	(void)state;
	judged_init(&j);
	j.entry.metadata = STR("\4_own\1o\1k\1v");
	for (i = 0; i < sizeof metadata / sizeof metadata[0]; i++)
		assert_string_equal(judged_run(&j, metadata[i].script),
		    metadata[i].answer);
	rows_mark("SetMetaData", "good");
	rows_mark("SetMetaData", "wrong");
	rows_mark("GetMetaData", "set");
	j.entry.metadata = STR_NONE;
	assert_string_equal(judged_run(&j, "Queue([\"reason\" => "
	    "json_encode(GetMetaData())]);"), "QUEUE reason=[]");
	rows_mark("GetMetaData", "unset");
	j.rq.by_default = POSTDELIVERY_DELIVERED;
	assert_string_equal(judged_run(&j, "SetMetaData([\"a\" => \"1\"]);"),
	    "DEFAULT metadata=[a|1]");
	rows_mark("SetMetaData", "delivered");
	judged_fini(&j);
}

static void
test_all_rows(void **state)
{
	(void)state;
	rows_report("8.2.2");
	rows_report("8.2.3");
	rows_report("8.2.4");
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
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_together),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_runtime_error),
		cmocka_unit_test(test_without_an_end),
		cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_metadata),
		cmocka_unit_test(test_all_rows),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
