/*
 * sending - what tests of send.h share: a loop, an engine, the scripted
 * server, a message, and results as text
 *
 *	"250 2.0.0 EOD: Ok: queued"		a verdict
 *	"network temporary EOD: ..."		an error
 */
#ifndef TESTS_SENDING_H
#define TESTS_SENDING_H

#include "dns/dns.h"
#include "send/send.h"

#include "script.h"

struct sending {
	struct loop		*loop;
	struct dns		*dns;
	struct send_engine	*engine;
	struct send_limits	 limits;
	struct script		 script;
	struct timer		 limit;
	struct timer		 pause;
	struct send_request	 req;
	struct send_rcpt	 rcpts[100];
	/* The message, and how far it was sent. */
	struct str		 message;
	size_t			 offset;
	size_t			 piece;		/* shown at a time */
	int			 rewinds;
	/* What came of it. */
	struct buf		 result;	/* one line a send */
	struct buf		 each;		/* "250@EOD network ", of the
						 * last one's recipients */
	int			 done;
	int			 wanted;
	int			 ends;
	int			 present_asked;
	bool			 absent;
	int			 tried;		/* addresses that failed */
	int			 code;
	int			 enhanced[3];
	bool			 dsn_dropped;
	size_t			 transactions;
	const struct attempt_connection *connection;
	struct send		*send;
};

int		 sending_setup(void **state);
int		 sending_teardown(void **state);
/* Sets message and its facts, and n recipients r1@x ... */
void		 sending_message(struct sending *f, struct str m, size_t n);
/* A new engine, which knows these DNS records. */
void		 sending_names(struct sending *f, const char *records);
void		 sending_start(struct sending *f);
/* Starts one and runs until it is done; its result. */
const char	*sending_run(struct sending *f);
/* Runs until that many more are done. */
void		 sending_wait(struct sending *f, int more);
/* Lets the loop run, so that what follows a result happens. */
void		 sending_settle(struct sending *f, int ms);

#endif
