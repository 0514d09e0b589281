/*
 * queued_private - a run of a hook of the queue's entries, for its natives
 *
 * What the hooks before and behind an attempt share is struct queued_run.
 * predelivery.c and postdelivery.c have their lives, queued_values.c and
 * postdelivery_values.c what they are told, queued_end.c how they end,
 * end_options.c, dsn_options.c and dkim_options.c what the functions take
 * that end both, try.c and try_lists.c what Try() takes.
 */
#ifndef HOOKS_QUEUED_PRIVATE_H
#define HOOKS_QUEUED_PRIVATE_H

#include "hooks/postdelivery.h"
#include "hooks/predelivery.h"
#include "hooks/run/hook_private.h"
#include "job/job.h"

/* GOES_ON is Try() of the one hook and Default() of the other. */
enum queued_action { QUEUED_GOES_ON, QUEUED_QUEUE, QUEUED_BOUNCE,
	QUEUED_DELETE };

_Static_assert((int)QUEUED_GOES_ON == (int)PREDELIVERY_TRY &&
    (int)QUEUED_QUEUE == (int)PREDELIVERY_QUEUE &&
    (int)QUEUED_BOUNCE == (int)PREDELIVERY_BOUNCE &&
    (int)QUEUED_DELETE == (int)PREDELIVERY_DELETE &&
    (int)QUEUED_GOES_ON == (int)POSTDELIVERY_DEFAULT &&
    (int)QUEUED_QUEUE == (int)POSTDELIVERY_QUEUE &&
    (int)QUEUED_BOUNCE == (int)POSTDELIVERY_BOUNCE &&
    (int)QUEUED_DELETE == (int)POSTDELIVERY_DELETE, "actions");

/* What both answers have. */
struct queued_answer {
	enum queued_action	 action;
	bool			 hold, has_delay, counted, reset;
	bool			 has_delayed, delayed;
	int64_t			 delay_ms;
	struct str		 reason;
	struct entry_state	 change;
	struct dsn_order	 dsn;
};

/* Initializers of either answer, but for its action. */
#define QUEUED_ANSWER(a)						\
	.hold = (a)->hold, .has_delay = (a)->has_delay,			\
	.delay_ms = (a)->delay_ms, .counted = (a)->counted,		\
	.reset = (a)->reset, .has_delayed = (a)->has_delayed,		\
	.delayed = (a)->delayed, .reason = (a)->reason,			\
	.change = (a)->change, .dsn = (a)->dsn

struct queued_run {
	struct hook_run			 run;	/* first: hsl_data() */
	const struct spool_id		*id;
	const struct spool_entry	*entry;
	const struct file_source	*original, *modified;
	bool				 delivered; /* only Default() is left */
	struct queued_answer		 answer;
	struct arena			 arena;	/* of texts of the answer */
	/* What SetMetaData() said, which outlives an error. */
	bool				 has_metadata;
	struct str			 metadata;
};

struct predelivery_run {
	struct queued_run		 q;	/* first */
	struct predelivery_request	 rq;
	struct wish			 wish;	/* of Try() */
	struct hsl_frozen		*context;
	struct str			 context_bytes;
};

/* $message. */
struct hsl_value queued_message(struct hsl_exec *x,
		    const struct queued_run *r);
/* Fields' pairs as an array. */
struct hsl_value queued_pairs(struct hsl_exec *x, struct str pairs);

/* The answer is what a call said, and the script ends. */
enum hsl_rc	 queued_exit(struct queued_run *r,
		    const struct queued_answer *a);
/* False: it failed.  Without one of its functions it goes on. */
bool		 queued_ended(struct queued_run *r);
/* What SetMetaData() said, into the answer. */
void		 queued_change_metadata(struct queued_run *r);
/* What a run holds, freed. */
void		 queued_fini(struct queued_run *r);

/* ---- Options of Queue(), Bounce(), Delete() and Default() --------------- */

struct queue_call;

/* A call that ends the run, while its options are read. */
struct ending_call {
	struct queue_call	*q;
	struct queued_run	*r;
	struct queued_answer	 answer;
};

/* A reason alone. */
enum hsl_rc	 ending_reason(struct ending_call *e, struct hsl_value v);
enum hsl_rc	 ending_read(struct ending_call *e, struct hsl_value options);
/* The id of a transport that there is, in the run's arena. */
enum hsl_rc	 queued_transport(struct queue_call *q, struct queued_run *r,
		    struct hsl_value v, struct str *id);

/* ---- Options of Try() ---------------------------------------------------- */

/* A call of Try() while its options are read. */
struct try_call {
	struct hsl_call			*c;
	struct wish			*wish;
	struct arena			*arena;
	const struct transports		*transports;	/* or NULL */
	const char			*name;		/* of the option */
};

/* The options of Try(), into a wish. */
enum hsl_rc	 try_options(struct try_call *t, struct hsl_value options);
/* Throws that the option is not what is wanted. */
enum hsl_rc	 try_wrong(struct try_call *t, const char *wanted);
/* Sets a thing of the wish; throws if it can't be. */
enum hsl_rc	 try_set(struct try_call *t, enum wish_id id,
		    struct str value);
/* The text of a buf in the arena; the buf is freed. */
struct str	 try_keep(struct try_call *t, struct buf *b);

typedef enum hsl_rc	try_read(struct try_call *t, struct hsl_value v);

/* Those that are lists: try_lists.c. */
try_read	 try_sourceip, try_mx_include, try_mx_exclude,
		 try_ip_include, try_ip_exclude, try_xclient, try_timeout,
		 try_proxyprotocol, try_names, try_dsn, try_sender,
		 try_recipient;

#endif
