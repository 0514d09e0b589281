/*
 * transaction - one message on its way in (RFC 5321 3.3)
 *
 * Made by MAIL, destroyed on every path that ends it: the reply to the end
 * of DATA, RSET, EHLO, STARTTLS, QUIT, the connection's end.
 *
 * Ownership  transaction_new() gives, transaction_free() takes and clears;
 *            all strings are in the arena.
 */
#ifndef SMTPD_TRANSACTION_H
#define SMTPD_TRANSACTION_H

#include <stdbool.h>

#include "base/buf.h"
#include "hooks/facts.h"
#include "mime/scan.h"
#include "mime/strip.h"
#include "body/body.h"
#include "smtp/data.h"
#include "smtp/normal.h"

struct eod_run;

struct transaction {
	struct hook_transaction	 facts;
	struct body		*body;
	struct smtp_data	 reader;
	struct smtp_normal	 normal;	/* out NULL: kept as it came */
	struct mime_strip	 fields;	/* out NULL: all are kept */
	struct smtp_scan	 kept;		/* of what it writes */
	struct mime_scan	 mime;
	struct buf		 trace;		/* our Received field */
	struct eod_run		*run;
	struct hook_delivery	 delivery;	/* what the hook did */
	struct buf		 refusals;	/* "to:code ", the first ones */
	uint32_t		 refusal_count;
	uint32_t		 refusals_told;	/* of these, in `refusals` */
	int64_t			 receive_ms;	/* how long its bytes came */
	int64_t			 ended_ms;	/* its last byte came */
	uint32_t		 refused;	/* recipients, see patience.h */
	bool			 failed;	/* the body can't be kept */
	bool			 too_big;
};

struct transaction *transaction_new(const char *id,
		    const struct smtp_command *mail,
		    const struct smtp_mail_options *options);
void		 transaction_free(struct transaction **t);
/* What was found in the bytes that the body holds. */
const struct smtp_scan *transaction_scan(const struct transaction *t);
/* Makes a recipient, for its hook to look at; transaction_add_recipient()
 * makes it one of the message's. */
struct hook_recipient *transaction_recipient(struct transaction *t,
		    const struct smtp_command *rcpt,
		    const struct smtp_rcpt_options *options);
void		 transaction_add_recipient(struct transaction *t,
		    struct hook_recipient *r);
/* Keeps whom a refused RCPT named, for the message's line in the log. */
void		 transaction_add_refusal(struct transaction *t,
		    struct str address, int code);

#endif
