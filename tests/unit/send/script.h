/*
 * script - an SMTP server for tests of the client, on the same loop
 *
 * It behaves well but for its rules: the nth time a verb is met on the nth
 * connection, the rule's reply is given instead.  Verbs are those of SMTP,
 * and BANNER, BODY (the first bytes of a message arrive), EOD, CHUNK (BDAT
 * read, its bytes not), LAST (all of the last chunk is there).  After LHLO an
 * end has as many replies as recipients; a rule's reply holds all of them.
 * A reply that ends in "!close", "!reset" or "!hang" does that.  Commands are
 * noted in log, separated by ";", a new connection as its number.
 */
#ifndef TESTS_SCRIPT_H
#define TESTS_SCRIPT_H

#include "base/buf.h"
#include "event/loop.h"
#include "event/stream.h"
#include "smtp/data.h"

#define SCRIPT_CONNS	2048

struct rule {
	const char	*verb;		/* NULL ends the list */
	const char	*reply;
	int		 nth;		/* 0: each time */
	int		 conn;		/* 0: each; 1 is the first */
};

struct script;

struct script_conn {
	struct script		*script;
	struct stream		*stream;
	int			 number;
	char			 counts[1024];	/* "MAIL " a time it came */
	struct smtp_data	 data;
	uint64_t		 chunk;
	int			 mails;
	int			 rcpts;		/* accepted */
	bool			 lmtp, mail, in_data, in_chunk, last, hung;
	struct buf		 message;
};

struct script {
	struct loop		*loop;
	struct watch		*watch;
	int			 fd;
	uint16_t		 port;
	const char		*ehlo;	/* lines, separated by commas */
	const struct rule	*rules;
	/* Or made up as it goes: a reply for that verb, NULL for the usual. */
	const char		*(*chaos)(const struct script_conn *c,
				    const char *verb);
	/* A message is there; taken: its reply is 250, or never comes. */
	void			(*on_message)(struct script *s, bool taken);
	void			*arg;
	struct tls_context	*tls;
	int			 connections;
	int			 messages;	/* ended and answered 250 */
	struct buf		 log;
	struct buf		 body;	/* of the last message */
	struct script_conn	 conns[SCRIPT_CONNS];
};

/* At an address, or at the path of a socket, which stays when it is closed. */
void	script_open(struct script *s, struct loop *l, const char *where);
void	script_close(struct script *s);
/* The address of a listener that takes no connection. */
uint16_t script_dead_port(void);
const char *script_log(struct script *s);

#endif
