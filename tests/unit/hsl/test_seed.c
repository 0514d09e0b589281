/*
 * The vendor's example of in-line delivery, byte for byte, against a host
 * as an end-of-data hook has: send() waits, Accept() and the like end.
 */
#include "run.h"

static const char	seed[] =
"$r = $arguments[\"mail\"]->send(\n"
"$transaction[\"senderaddress\"],\n"
"array_map(function ($r) { return $r[\"address\"]; }, $transaction[\"recipients"
	    "\"]),\n"
"[\"host\" => \"mail.example.com\", \"tls\" => \"optional\"]);\n"
"\n"
"if (isset($r[\"result\"])) {\n"
"$result = $r[\"result\"];\n"
"$codes = [];\n"
"if ($result[\"state\"] == \"EOD\")\n"
"$codes = [\"reply_codes\" => [\"code\" => $result[\"code\"], \"enhanced\" =>"
	    " $result[\"enhanced\"]]];\n"
"if ($result[\"code\"] >= 200 and $result[\"code\"] <= 299)\n"
"Accept($result[\"reason\"], $codes);\n"
"if ($result[\"code\"] >= 500 and $result[\"code\"] <= 599)\n"
"Reject($result[\"reason\"], $codes);\n"
"Defer($result[\"reason\"], $codes);\n"
"} else {\n"
"$error = $r[\"error\"];\n"
"if (!$error[\"temporary\"])\n"
"Reject($error[\"message\"]);\n"
"Defer($error[\"message\"]);\n"
"}\n";

struct seed_host {
	struct buf	 log;
	int		 mails;
};

static enum hsl_rc
seed_send(struct hsl_call *c)
{
	struct seed_host	*h = hsl_data(c->x);

	assert_ptr_equal(hsl_object_data(c->self, NULL), NULL);
	for (int i = 0; i < c->argc; i++) {
		buf_add_text(&h->log, i ? " " : "send ");
		hsl_value_print(c->argv[i], &h->log);
	}
	buf_add_byte(&h->log, '\n');
	return HSL_SUSPEND;
}

static enum hsl_rc
seed_answer(struct hsl_call *c)
{
	struct seed_host		*h = hsl_data(c->x);
	const struct hsl_function	*row = c->host;

	buf_add_text(&h->log, row->name);
	for (int i = 0; i < c->argc; i++) {
		buf_add_byte(&h->log, ' ');
		hsl_value_print(c->argv[i], &h->log);
	}
	buf_add_byte(&h->log, '\n');
	return HSL_EXIT;
}

static void
seed_mail_free(void *data)
{
	struct seed_host	*h = data;

	h->mails--;
}

static const struct hsl_function	mail_methods[] = {
	{ "send", 3, 3, seed_send, "(sender, recipients, server)", "send" },
	{ .name = NULL }
};
static const struct hsl_class	mail_class = {
	.name = "EODMailMessage",
	.methods = mail_methods,
	.free = seed_mail_free
};
static const struct hsl_class	*const seed_classes[] = { &mail_class, NULL };
static const struct hsl_function	seed_functions[] = {
	{ "Accept", 0, 2, seed_answer, "([reason, options])", "accept" },
	{ "Reject", 0, 2, seed_answer, "([reason, options])", "reject" },
	{ "Defer", 0, 2, seed_answer, "([reason, options])", "defer" },
	{ .name = NULL }
};
static const struct hsl_variable	seed_variables[] = {
	{ "arguments", true },
	{ "transaction", true },
	{ "connection", true },
	{ "context", false },
	{ .name = NULL }
};
static const struct hsl_host	host = {
	.functions = seed_functions,
	.classes = seed_classes,
	.variables = seed_variables
};

static struct hsl_value
seed_recipients(struct hsl_exec *x)
{
	static const char *const	 names[] = { "b@example.com",
		"c@example.com" };
	struct hsl_value		 list = hsl_array(x), one;

	for (int i = 0; i < 2; i++) {
		one = hsl_array(x);
		hsl_array_set(x, one, "address", hsl_text(x, names[i]));
		hsl_array_push(x, list, one);
	}
	return list;
}

/* Runs the script until it waits for send(). */
static struct hsl_exec *
seed_start(struct seed_host *h)
{
	struct buf		 diags = BUF_INIT;
	struct hsl_program	*p;
	struct hsl_exec		*x;
	struct hsl_value	 arguments, transaction;

	p = hsl_compile(&host, "eod", str_of(seed), run_diag, &diags);
	assert_string_equal(buf_cstr(&diags), "");
	buf_free(&diags);
	assert_non_null(p);
	x = hsl_exec_new(p, NULL, h);
	hsl_program_unref(&p);
	arguments = hsl_array(x);
	hsl_array_set(x, arguments, "mail",
	    hsl_object_new(x, &mail_class, h));
	h->mails++;
	hsl_set_variable(x, "arguments", arguments);
	transaction = hsl_array(x);
	hsl_array_set(x, transaction, "senderaddress",
	    hsl_text(x, "a@example.com"));
	hsl_array_set(x, transaction, "recipients", seed_recipients(x));
	hsl_set_variable(x, "transaction", transaction);
	assert_int_equal(hsl_run(x), HSL_RUN_WAIT);
	assert_int_equal(hsl_run(x), HSL_RUN_WAIT);
	return x;
}

static struct hsl_value
seed_result(struct hsl_exec *x, const char *state, int code)
{
	struct hsl_value	 r = hsl_array(x), result = hsl_array(x);
	struct hsl_value	 enhanced = hsl_array(x);

	hsl_array_push(x, enhanced, hsl_number(2));
	hsl_array_set(x, result, "state", hsl_text(x, state));
	hsl_array_set(x, result, "code", hsl_number(code));
	hsl_array_set(x, result, "enhanced", enhanced);
	hsl_array_set(x, result, "reason", hsl_text(x, "said so"));
	hsl_array_set(x, r, "result", result);
	return r;
}

static struct hsl_value
seed_error(struct hsl_exec *x, bool temporary)
{
	struct hsl_value	 r = hsl_array(x), error = hsl_array(x);

	hsl_array_set(x, error, "temporary", hsl_boolean(temporary));
	hsl_array_set(x, error, "message", hsl_text(x, "no route"));
	hsl_array_set(x, r, "error", error);
	return r;
}

#define SENT "send a@example.com [0=>\"b@example.com\",1=>\"c@example.com\"]" \
	" [\"host\"=>\"mail.example.com\",\"tls\"=>\"optional\"]\n"

static void
seed_end(struct seed_host *h, struct hsl_exec *x, const char *want)
{
	assert_int_equal(hsl_run(x), HSL_RUN_DONE);
	assert_true(hsl_exited(x));
	hsl_exec_free(&x);
	assert_string_equal(buf_cstr(&h->log), want);
	assert_int_equal(h->mails, 0);
	buf_free(&h->log);
}

static void
test_accept(void **state)
{
	struct seed_host	 h = { .log = BUF_INIT };
	struct hsl_exec		*x = seed_start(&h);

	(void)state;
	hsl_resume(x, seed_result(x, "EOD", 250));
	seed_end(&h, x, SENT "Accept said so [\"reply_codes\"=>"
	    "[\"code\"=>250,\"enhanced\"=>[0=>2]]]\n");
}

static void
test_reject(void **state)
{
	struct seed_host	 h = { .log = BUF_INIT };
	struct hsl_exec		*x = seed_start(&h);

	(void)state;
	hsl_resume(x, seed_result(x, "RCPT", 550));
	seed_end(&h, x, SENT "Reject said so []\n");
}

static void
test_defer(void **state)
{
	struct seed_host	 h = { .log = BUF_INIT };
	struct hsl_exec		*x = seed_start(&h);

	(void)state;
	hsl_resume(x, seed_result(x, "RCPT", 450));
	seed_end(&h, x, SENT "Defer said so []\n");
}

static void
test_error(void **state)
{
	struct seed_host	 h = { .log = BUF_INIT };
	struct hsl_exec		*x = seed_start(&h);

	(void)state;
	hsl_resume(x, seed_error(x, true));
	seed_end(&h, x, SENT "Defer no route\n");
	x = seed_start(&h);
	hsl_resume(x, seed_error(x, false));
	seed_end(&h, x, SENT "Reject no route\n");
}

static void
test_throw(void **state)
{
	struct seed_host	 h = { .log = BUF_INIT };
	struct hsl_exec		*x = seed_start(&h);

	(void)state;
	hsl_resume_throw(x, "lost %s", "it");
	assert_int_equal(hsl_run(x), HSL_RUN_ERROR);
	assert_string_equal(hsl_error(x)->text, "lost it");
	assert_string_equal(hsl_error(x)->file, "eod");
	assert_int_equal(hsl_error(x)->line, 1);
	hsl_exec_free(&x);
	buf_free(&h.log);
}

/* Given up while it waits: everything is freed. */
static void
test_abandon(void **state)
{
	struct seed_host	 h = { .log = BUF_INIT };
	struct hsl_exec		*x = seed_start(&h);

	(void)state;
	hsl_exec_free(&x);
	assert_int_equal(h.mails, 0);
	buf_free(&h.log);
}

static void
test_read_only(void **state)
{
	struct buf		 diags = BUF_INIT;
	struct hsl_program	*p;

	(void)state;
	p = hsl_compile(&host, "t", str_of("$arguments[\"x\"] = 1;"),
	    run_diag, &diags);
	assert_null(p);
	assert_string_equal(buf_cstr(&diags),
	    "t:1:1: $arguments is read-only\n");
	buf_clear(&diags);
	p = hsl_compile(&host, "t", str_of("$context = 1; $context[] = 2;"
	    "function f() { global $transaction; $transaction = 1; }"),
	    run_diag, &diags);
	assert_null(p);
	assert_string_equal(buf_cstr(&diags),
	    "t:1:66: $transaction is read-only\n");
	buf_free(&diags);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_accept),
		cmocka_unit_test(test_reject),
		cmocka_unit_test(test_defer),
		cmocka_unit_test(test_error),
		cmocka_unit_test(test_throw),
		cmocka_unit_test(test_abandon),
		cmocka_unit_test(test_read_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
