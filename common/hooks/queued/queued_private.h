/*
 * queued_private - a run of the hook before an attempt, for its natives
 *
 * predelivery.c has its life, queued_values.c what it is told, queued_end.c
 * how it ends, try.c and try_lists.c what Try() reads.
 */
#ifndef HOOKS_QUEUED_PRIVATE_H
#define HOOKS_QUEUED_PRIVATE_H

#include "hooks/predelivery.h"
#include "hooks/run/hook_private.h"
#include "job/job.h"

struct predelivery_run {
	struct hook_run			 run;	/* first: hsl_data() */
	struct predelivery_request	 rq;
	struct predelivery_answer	 answer;
	struct arena			 arena;	/* of texts of the answer */
	struct hsl_frozen		*context;
	/* What SetMetaData() said, which outlives an error. */
	bool				 has_metadata;
	struct str			 metadata;
};

/* $message. */
struct hsl_value queued_message(struct hsl_exec *x,
		    const struct predelivery_request *rq);
/* Fields' pairs as an array. */
struct hsl_value queued_pairs(struct hsl_exec *x, struct str pairs);

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
