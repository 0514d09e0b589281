/*
 * bounce - tells senders what became of their mail; see bounce(8)
 *
 * The worker's setting up.  Nothing is kept here: what a worker had in hand
 * when it ends is asked of another one by qmgr, under the same identity, so
 * that a drain is an end at once.
 */
#include <openssl/crypto.h>

#include <limits.h>

#include "ipc/ipc.h"

#include "bounce.h"
#include "mailroom.h"

/* ---- With all rights ----------------------------------------------------- */

static int
bounce_load_templates(struct worker *w)
{
	static struct template_fault	 f;
	char				 path[PATH_MAX];

	bounce.templates = templates_new();
	if (templates_load(bounce.templates, worker_path(w,
	    w->params.bounce_template_directory, path, sizeof path), &f) ==
	    -1) {
		worker_refuse(w, f.file, f.line, f.column, f.err.text);
		return -1;
	}
	if (templates_have(bounce.templates,
	    str_of(w->params.bounce_language)))
		return 0;
	worker_refuse_value(w, "bounce_language",
	    "there is no template of that language");
	return -1;
}

static int
bounce_prepare(struct worker *w)
{
	bounce.worker = w;
	bounce.loop = w->loop;
	bounce.params = &w->params;
	w->state = &bounce;
	/* It reads files of the system, which are out of reach later. */
	(void)OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
	return bounce_load_templates(w);
}

/* ---- In the sandbox ------------------------------------------------------ */

static int
bounce_start(struct worker *w)
{
	char	path[PATH_MAX];

	if (w->check)
		return 0;
	/* None is so large that it would need a file, see job.c. */
	bounce.bodies = (struct body_store){ .message_limit = SIZE_MAX,
	    .total_limit = SIZE_MAX, .directory = -1 };
	bounce.store = store_client_new(w->loop, IPC_BOUNCE, worker_socket(w,
	    CLEANUP_SOCKET, path, sizeof path));
	store_client_limit(bounce.store, w->params.spool_timeout);
	mailroom_open(worker_socket(w, QMGR_SOCKET, path, sizeof path));
	return 0;
}

static void
bounce_drain(struct worker *w, int64_t soft_ms, int64_t hard_ms)
{
	(void)soft_ms;
	(void)hard_ms;
	mailroom_close();
	worker_exit(w);
}

int
main(int argc, char **argv)
{
	static const struct daemon	daemon = {
		.program = "bounce",
		.prepare = bounce_prepare,
		.start = bounce_start,
		.drain = bounce_drain,
	};

	return daemon_main(&daemon, argc, argv);
}
