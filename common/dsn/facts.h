/*
 * facts - what a notification says, from the order, the entry and the original
 *
 * Ownership  texts are borrowed from all three, or lie in the storage that
 *            facts_fini() gives back.
 * Failure    none: what is no status, or no name, is left out.
 * Process    pure.
 */
#ifndef DSN_FACTS_H
#define DSN_FACTS_H

#include "original.h"
#include "notification.h"
#include "template.h"

struct facts {
	const struct notification_request *rq;
	enum entry_action	 action;
	char			 status[16];
	struct str		 to;		/* whom it is sent to */
	struct str		 recipient;	/* Final-Recipient */
	bool			 utf8;		/* addresses need it */
	const struct template	*template;
	enum order_ret		 ret;		/* not DEFAULT */
	struct template_values	 values;
	struct buf		 store[TEMPLATE_PLACES];
};

/* -1: there is nobody to tell. */
int	facts_init(struct facts *f, const struct notification_request *rq,
	    struct err *e);
/* The rest, when the original was read. */
void	facts_read(struct facts *f, const struct original *o);
/* {attached} is the section of that name. */
void	facts_attached(struct facts *f, const char *section);
void	facts_fini(struct facts *f);
/* message/delivery-status, or its form with UTF-8. */
void	facts_status(const struct facts *f, struct buf *out);

/* An item of a list "Name: value": the name, or none where it is no field. */
struct str facts_item(struct str item, struct str *value);

#endif
