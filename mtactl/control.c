/*
 * mtactl stop, mtactl reload: one question to master each.
 */
#include <stdio.h>

#include "report.h"
#include "talk.h"

static const struct talk_ops	control_ops = { .line = report_print,
	.warning = report_warning };

int
verb_stop(const struct ctl *c, int argc, char **argv)
{
	struct ipc_caller	cl;
	struct ipc_CTL_DONE	done;
	struct err		e;
	int			rc;

	(void)argv;
	if (argc != 1)
		return verb_usage();
	rc = talk_connect(c, &cl, &e);
	if (rc != TALK_OK)
		return talk_fail(rc, &e);
	rc = talk_ask(&cl, IPC_CTL_STOP, &control_ops, NULL, &done, &e);
	if (rc == TALK_OK && !done.failed)
		talk_wait_end(&cl);
	ipc_caller_close(&cl);
	if (rc != TALK_OK)
		return talk_fail(rc, &e);
	if (done.failed) {
		(void)fprintf(stderr, "%s\n", done.text);
		return CTL_FAILED;
	}
	(void)printf("stopped\n");
	return CTL_OK;
}

int
verb_reload(const struct ctl *c, int argc, char **argv)
{
	struct ipc_CTL_DONE	done;
	struct err		e;
	int			rc;

	(void)argv;
	if (argc != 1)
		return verb_usage();
	rc = talk_once(c, IPC_CTL_RELOAD, &control_ops, NULL, &done, &e);
	if (rc != TALK_OK)
		return talk_fail(rc, &e);
	(void)fprintf(done.failed ? stderr : stdout, "%s\n", done.text);
	return done.failed ? CTL_FAILED : CTL_OK;
}
