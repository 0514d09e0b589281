/*
 * dsn_options - what a script asks for of a notification, while it is read
 *
 * The option dsn of Queue(), Bounce() and Default() is an array; a table has
 * what may be in it, and how each is read into an order.
 *
 * Ownership  texts of the order are in the run's arena.
 * Failure    an exception that names the option.
 */
#ifndef HOOKS_DSN_OPTIONS_H
#define HOOKS_DSN_OPTIONS_H

#include "dsn/order.h"
#include "hooks/mail/queue_private.h"
#include "mime/dkim.h"

struct queued_run;

struct dsn_call {
	struct queue_call	 q;	/* name: "Bounce: dsn: fields" */
	struct queued_run	*r;
	struct dsn_order	*order;
	struct buf		*dkim;	/* pairs, and what they are */
	struct dkim_options	 signature;
};

struct dsn_row;
typedef enum hsl_rc	dsn_read(struct dsn_call *d,
			    const struct dsn_row *row, struct hsl_value v);

/* An option; most are read to this offset of the order. */
struct dsn_row {
	const char	*name;		/* NULL ends a table */
	dsn_read	*read;
	size_t		 offset;
};

#define DSN_ROW(name, read, field)					\
	{ name, read, offsetof(struct dsn_order, field) }

enum hsl_rc	 dsn_options(struct queue_call *q, struct queued_run *r,
		    struct hsl_value v, struct dsn_order *order);
/* An array of options by a table; `name` is said in exceptions. */
enum hsl_rc	 dsn_table(struct dsn_call *d, const char *name,
		    const struct dsn_row *rows, struct hsl_value v);
/* A text of one line. */
dsn_read	 dsn_line;
/* Keeps a text where the row says. */
enum hsl_rc	 dsn_keep(struct dsn_call *d, const struct dsn_row *row,
		    struct str s);
/* Neither CR, LF nor NUL. */
bool		 dsn_is_line(struct str s);

/* Its option dkim: dkim_options.c. */
dsn_read	 dsn_dkim;

#endif
