/*
 * mtactl bounce preview: a notification by the code that makes them, of an
 * order that is made up.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "conf/conf.h"
#include "conf/file.h"
#include "dsn/notification.h"
#include "options.h"
#include "report.h"
#include "smtp/normal.h"
#include "verb.h"

#define PREVIEW_FILE_MAX	(16U << 20)
#define PREVIEW_ID		"018c190a-0000-7000-8000-000000000000"

static const char	preview_example[] = "From: sender@example.com\r\n"
	"To: recipient@example.net\r\nSubject: An example\r\n"
	"Message-ID: <example@example.com>\r\n\r\nHello!\r\n";

/* What is made up for each action. */
static const struct preview_case {
	enum entry_action	 action;
	const char		*name, *status, *answer, *command;
} preview_cases[] = {
	{ ENTRY_ACTION_FAILED, "failed", "5.1.1",
	    "550 5.1.1 <recipient@example.net>: no such mailbox", "RCPT" },
	{ ENTRY_ACTION_DELAYED, "delayed", "4.2.2",
	    "452 4.2.2 the mailbox is full", "RCPT" },
	{ ENTRY_ACTION_DELIVERED, "delivered", "2.0.0", "250 2.0.0 stored",
	    "EOD" },
	{ ENTRY_ACTION_RELAYED, "relayed", "2.0.0", "250 2.0.0 queued",
	    "EOD" },
};

struct preview {
	struct buf	message;	/* the original */
	bool		shown;
};

static int
preview_next(void *arg, struct str *piece, struct err *e)
{
	struct preview	*p = arg;

	(void)e;
	if (p->shown)
		return 1;
	*piece = buf_str(&p->message);
	p->shown = true;
	return 0;
}

static void
preview_keep(void *arg, struct str piece)
{
	buf_add_str(arg, piece);
}

/* As it would have come by SMTP. */
static int
preview_read(struct preview *p, const char *path, struct err *e)
{
	struct smtp_normal	n = { .lines = true, .out = preview_keep,
				    .arg = &p->message };
	struct buf		b = BUF_INIT;

	if (path == NULL) {
		buf_add_text(&p->message, preview_example);
		return 0;
	}
	if (file_read_most(path, PREVIEW_FILE_MAX, &b, e) == -1)
		return -1;
	smtp_normal_add(&n, buf_str(&b));
	smtp_normal_end(&n);
	buf_free(&b);
	return 0;
}

/* ---- What is ordered ----------------------------------------------------- */

static const struct preview_case *
preview_case(const char *name)
{
	size_t	i;

	if (name == NULL)
		return &preview_cases[0];
	for (i = 0; i < sizeof preview_cases / sizeof preview_cases[0]; i++)
		if (strcmp(preview_cases[i].name, name) == 0)
			return &preview_cases[i];
	return NULL;
}

static struct str
preview_or(const char *given, const char *otherwise)
{
	return str_of(given != NULL ? given : otherwise);
}

static void
preview_order(const struct preview_case *c, const struct options *o,
    int64_t now_us, struct spool_entry *entry, struct dsn_order *order)
{
	memset(entry, 0, sizeof *entry);
	memset(order, 0, sizeof *order);
	entry->queue = 1;
	entry->sender = preview_or(o->from, "sender@example.com");
	entry->recipient = preview_or(o->to, "recipient@example.net");
	entry->ts_us = (uint64_t)now_us - 3600 * UINT64_C(1000000);
	entry->helo = STR("client.example.com");
	entry->client_address = STR("192.0.2.1");
	order->action = c->action;
	order->id = STR(PREVIEW_ID);
	order->status = preview_or(o->status, c->status);
	order->diagnostictype = STR("smtp");
	order->diagnosticcode = preview_or(o->diagnostic, c->answer);
	order->remotemta = STR("mx.example.net");
	order->remoteip = STR("192.0.2.2");
	order->reply_to = str_of(c->command);
	order->attempt_us = (uint64_t)now_us;
	order->ret = o->full ? ORDER_RET_FULL : ORDER_RET_HDRS;
	if (c->action == ENTRY_ACTION_DELAYED)
		order->until_us = (uint64_t)now_us +
		    4 * 86400 * UINT64_C(1000000);
}

/* ---- The verb ------------------------------------------------------------ */

/* As of a message that says so: fr-CA is fr where there is no other. */
static bool
preview_has_language(const struct templates *t, const char *tag)
{
	struct str	rest;

	return tag == NULL || templates_have(t, str_of(tag)) ||
	    templates_have(t, str_split(str_of(tag), '-', &rest));
}

/* 0: they hold. */
static int
preview_wrong(const struct options *o, const struct preview_case *c)
{
	int	at = 0;

	if (c == NULL)
		(void)fprintf(stderr, "mtactl: --action %s: not failed, "
		    "delayed, relayed or delivered\n", o->action);
	else if (o->status != NULL && (sscanf(o->status,
	    "%*1[245].%*3[0-9].%*3[0-9]%n", &at) == EOF || at == 0 ||
	    o->status[at] != '\0'))
		(void)fprintf(stderr, "mtactl: --status %s: not N.N.N that "
		    "begins with 2, 4 or 5\n", o->status);
	else
		return 0;
	return -1;
}

static int
preview_templates(struct templates *t, const struct conf *conf)
{
	static struct template_fault	 f;
	char				 path[CONF_PATH_SIZE];

	if (templates_load(t, conf_path(conf,
	    conf_params(conf)->bounce_template_directory, path, sizeof path),
	    &f) == 0)
		return 0;
	(void)fprintf(stderr, "%s:%d:%d: %s\n", f.file, f.line, f.column,
	    f.err.text);
	return -1;
}

static int
preview_make(const struct preview_case *c, const struct options *o,
    const struct conf *conf, const struct templates *t)
{
	const struct params		*params = conf_params(conf);
	struct preview			 p = { .message = BUF_INIT };
	struct spool_entry		 entry;
	struct dsn_order		 order;
	struct notification		 n;
	struct notification_request	 rq = { .id = STR(PREVIEW_ID ":1"),
	    .entry = &entry, .order = &order, .templates = t,
	    .language = preview_or(o->language, params->bounce_language),
	    .language_fixed = o->language != NULL,
	    .hostname = str_of(params->myhostname),
	    .size_limit = params->bounce_size_limit,
	    .now_us = clock_wall_us(), .next = preview_next, .arg = &p };
	struct err			 e;
	int				 rc = -1;

	preview_order(c, o, rq.now_us, &entry, &order);
	if (preview_read(&p, o->argc > 0 ? o->argv[0] : NULL, &e) == 0 &&
	    notification_make(&n, &rq, &e) == 0) {
		(void)fwrite(buf_data(&n.message), 1, n.message.len, stdout);
		if (n.trouble.text[0] != '\0')
			(void)fprintf(stderr, "mtactl: left out: %s\n",
			    n.trouble.text);
		notification_fini(&n);
		rc = 0;
	}
	buf_free(&p.message);
	return rc == 0 ? CTL_OK : verb_fail(&e);
}

int
verb_bounce_preview(const struct ctl *c, int argc, char **argv)
{
	const struct preview_case	*what;
	struct conf			*conf = NULL;
	struct templates		*t;
	struct options			 o;
	struct err			 e;
	int				 rc = CTL_FAILED;

	if (options_parse(&o, "ALFTxDf", argc, argv) == -1 || o.argc > 1 ||
	    preview_wrong(&o, what = preview_case(o.action)) == -1)
		return verb_usage();
	if (conf_load(&conf, c->dir, report_print, NULL) == -1)
		return CTL_FAILED;
	t = templates_new();
	if (preview_templates(t, conf) == 0) {
		if (!preview_has_language(t, o.language)) {
			(void)err_set(&e, "there is no template of the "
			    "language %s", o.language);
			rc = verb_fail(&e);
		} else {
			rc = preview_make(what, &o, conf, t);
		}
	}
	templates_free(&t);
	conf_free(&conf);
	return rc;
}
