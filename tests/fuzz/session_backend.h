/*
 * session_backend - the backend of fuzz_smtp_session, on the same loop
 *
 * It behaves well but for the replies that the program gives it, one for each
 * time that it has something to say.  A reply is the bytes of lines; "!" at
 * its end closes the connection, "~" keeps it and what follows until
 * backend_go_on(), "*" says nothing more.  One that is no reply makes the
 * backend `odd`: what it then says of a message proves nothing.
 */
#ifndef TESTS_SESSION_BACKEND_H
#define TESTS_SESSION_BACKEND_H

#include "base/buf.h"
#include "event/loop.h"
#include "event/stream.h"
#include "smtp/data.h"

#define BACKEND_CONNS		8
#define BACKEND_REPLIES		64
#define BACKEND_MESSAGES	512

struct backend_message {
	struct buf	body;
	int		rcpts;
	int		code;		/* 0: no reply */
};

struct backend;

struct backend_conn {
	struct backend		*backend;
	struct stream		*stream;
	struct smtp_data	 data;
	struct buf		 body;
	struct buf		 kept;		/* to be said later */
	uint64_t		 chunk;
	int			 rcpts;		/* accepted */
	bool			 mail, in_data, in_chunk, last, keeps;
};

struct backend {
	struct loop		*loop;
	struct watch		*watch;
	int			 fd;
	uint16_t		 port;
	const char		*ehlo;		/* "250-X\r\n250-Y\r\n" */
	struct str		 replies[BACKEND_REPLIES];
	size_t			 reply_count;
	size_t			 reply_next;
	struct backend_conn	 conns[BACKEND_CONNS];
	struct backend_message	 messages[BACKEND_MESSAGES];
	size_t			 message_count;
	bool			 odd;
	bool			 moved;		/* since it was cleared */
};

void	backend_open(struct backend *b, struct loop *l);
/* Closes all connections, so that smtpd sees it. */
void	backend_hang_up(struct backend *b);
/* Says what it has kept; false: nothing. */
bool	backend_go_on(struct backend *b);
/* For the next program. */
void	backend_begin(struct backend *b, const char *ehlo);
void	backend_queue(struct backend *b, struct str reply);

#endif
