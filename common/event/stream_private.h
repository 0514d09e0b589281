/*
 * The inside of a stream, shared by stream.c (buffers, events), stream_io.c
 * (what moves bytes) and stream_tls.c (the handshake).
 */
#ifndef EVENT_STREAM_PRIVATE_H
#define EVENT_STREAM_PRIVATE_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <openssl/ssl.h>

#include "base/buf.h"

#include "loop.h"
#include "stream.h"

#define STREAM_SCRATCH	(64 * 1024)
#define STREAM_IOV	16

enum stream_phase { STREAM_CONNECTING, STREAM_HANDSHAKE, STREAM_OPEN };

struct stream {
	struct loop			*loop;
	const struct stream_ops		*ops;
	void				*arg;
	struct event			 readable;
	struct event			 writable;
	struct task			 turn;
	struct buf			 in;
	struct buf			 out;
	const struct source		*src;
	SSL				*ssl;
	uint64_t			 sent;	/* the kernel took these */
	uint64_t			 offered; /* TLS may have taken these */
	unsigned long			 error;	/* see stream_error() */
	size_t				 read_limit;
	int				 fd;
	int				 depth;	/* call backs under way */
	enum stream_phase		 phase;
	bool				 paused;
	bool				 more;	/* show what is kept */
	bool				 eof;	/* nothing more to read */
	bool				 broken; /* nothing can be written */
	bool				 dead;	/* stream_free() was called */
	bool				 shut_wanted;
	bool				 shut_done;
	bool				 undrained;
	bool				 reading;	/* event is set */
	bool				 writing;	/* event is set */
};

/* What one system call (or one record) did. */
enum io { IO_DONE, IO_AGAIN, IO_EOF, IO_FAIL };

enum io	stream_recv(struct stream *s, void *p, size_t cap, size_t *n);
enum io	stream_sendv(struct stream *s, struct iovec *iov, int count,
	    size_t *n);
/* Bytes that OpenSSL holds, perhaps less than a record: no event tells. */
bool	stream_hidden(const struct stream *s);
const char *stream_why(const struct stream *s);
char	*stream_scratch(void);		/* STREAM_SCRATCH bytes */

void	stream_watch(struct stream *s, bool readable, bool writable);
/* Reports the end of the stream; s may be gone afterwards. */
void	stream_ended(struct stream *s, enum stream_close how,
	    const char *why);
void	stream_handshake(struct stream *s);
void	stream_enter(struct stream *s);
void	stream_leave(struct stream *s);	/* frees s if that was asked for */

#endif
