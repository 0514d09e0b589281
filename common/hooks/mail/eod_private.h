/*
 * The inside of an end-of-DATA run, shared by eod.c (its life), mail.c and
 * mail_header.c (the object scripts hold), backend.c and envelope.c (what a
 * script says of a backend and of sender and recipients), delivery.c (the
 * in-line delivery) and queue.c (what is noted and stored).
 */
#ifndef HOOKS_EOD_PRIVATE_H
#define HOOKS_EOD_PRIVATE_H

#include "send/send.h"

#include "hooks/eod.h"
#include "hooks/run/hook_private.h"
#include "message.h"
#include "queue_note.h"
#include "store/store.h"

/* For the script, when a send() ended by the deadline. */
#define EOD_LAST_MS	2000

struct eod_hook {
	struct hook		 hook;
	struct eod_config	 config;
	struct send_engine	*engine;
};

struct delivery {
	struct arena		 arena;		/* of what the request names */
	struct send		*send;		/* NULL: none under way */
	struct send_rcpt	*rcpts;
	struct message_source	 source;
	int64_t			 started_ms;
	struct str		 host;
	uint16_t		 port;
};

struct queueing {
	struct queue_notes	 notes;
	const struct hook_recipient *next;	/* likely the next one's */
	struct store		*store;		/* NULL: none under way */
	int64_t			 began_ms;
};

struct eod_run {
	struct hook_run		 run;		/* first: hsl_data() */
	struct eod_hook		*hook;
	struct eod_request	 rq;
	struct timer		 deadline;
	struct message		*message;	/* NULL: eod_message() */
	struct delivery		 delivery;
	struct queueing		 queue;
	int64_t			 deadline_ms;
	int64_t			 ends_ms;	/* that, or behind a send() */
	bool			 end_given;	/* and no reply yet */
	bool			 spent;		/* no second send() */
	bool			 taken;		/* a backend said 2xx */
};

extern const struct hsl_class	mail_class;

/* The message as the script has it; made when first asked for. */
struct message	*eod_message(struct eod_run *r);

/* Methods of the mail object on its header: mail_header.c. */
hsl_native	mail_get_header, mail_get_headers, mail_get_header_names,
		mail_add_header, mail_set_header, mail_del_header,
		mail_snapshot, mail_restore, mail_reset;

/* $arguments["mail"]->send(): reads what the script says. */
enum hsl_rc	backend_read(struct eod_run *r, struct hsl_call *c,
		    struct hsl_value v, struct send_backend *server,
		    struct arena *a);
/* By the id of a transport. */
enum hsl_rc	backend_from_transport(struct hsl_call *c,
		    const struct eod_config *config,
		    const struct transports *all, struct str id,
		    struct send_backend *server);
enum hsl_rc	envelope_read(struct eod_run *r, struct hsl_call *c,
		    struct send_request *rq);
/* The transaction's recipient with that address, or NULL; *next is where to
 * look first, and moves on. */
const struct hook_recipient *envelope_recipient(
		    const struct hook_transaction *t,
		    const struct hook_recipient **next,
		    const struct smtp_path *path);
enum hsl_rc	delivery_start(struct eod_run *r, struct hsl_call *c);
void		delivery_end(struct eod_run *r);

/* $arguments["mail"]->queue() notes an entry. */
hsl_native	mail_queue;
/* The hook accepted: false, the verdict is there already; true, it comes with
 * hook_run_report(). */
bool		queue_begin(struct eod_run *r);
void		queue_end(struct eod_run *r);

/* Goes on after a wait. */
void		eod_go_on(void *run);

#endif
