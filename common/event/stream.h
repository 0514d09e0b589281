/*
 * stream - bytes both ways over a connected socket, in clear or in TLS
 *
 * Reading: on_read() gets all that is there and returns how many bytes it
 * used; what is left is kept and shown again with what comes next (or when
 * stream_more() asks).  A paused stream goes on reading up to its limit, so
 * that the peer's leaving is noticed.
 *
 * Writing: stream_write() collects; everything leaves in one system call at
 * the end of the call back, or of the turn.  A source is asked for bytes once
 * what was collected before it has left: bodies go out without a copy.
 *
 * Ownership  stream_new() takes fd; stream_free() closes it.  It may be
 *            called from any of the call backs; no call back comes after it.
 * Failure    on_close() once: STREAM_EOF, STREAM_RESET, STREAM_TLS ...
 *            Nothing is read after it; free the stream when it suits.
 * Process    single-threaded.  TCP_NODELAY is set.
 */
#ifndef EVENT_STREAM_H
#define EVENT_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/err.h"
#include "base/str.h"

struct loop;
struct stream;
struct tls_context;

enum stream_close {
	STREAM_EOF,		/* FIN or close_notify: no more comes */
	STREAM_RESET,		/* the connection is gone */
	STREAM_CONNECT,		/* it never came about (stream_connect) */
	STREAM_TLS		/* the handshake or a record is wrong */
};

struct stream_ops {
	/* Returns the number of bytes used, at most data.len. */
	size_t	(*on_read)(void *arg, struct str data);
	/* `why` is "connection reset by peer", "certificate ...". */
	void	(*on_close)(void *arg, enum stream_close how,
		    const char *why);
	/* Called once a stream_connect() has connected; may be NULL. */
	void	(*on_connect)(void *arg);
	/* Called once the handshake is done; may be NULL. */
	void	(*on_tls)(void *arg);
	/* Called once all that was written is with the kernel; may be NULL. */
	void	(*on_drain)(void *arg);
};

/* What a stream pulls from once its own buffer is empty. */
struct source {
	/* Fills at most max pieces that stay valid until advance(); 0: the
	 * end, or nothing now (then call stream_kick() later). -1: give up,
	 * the stream closes with STREAM_RESET. */
	int	(*peek)(void *arg, struct iovec *iov, int max);
	void	(*advance)(void *arg, size_t n);
	void	*arg;
};

struct stream	*stream_new(struct loop *l, int fd,
		    const struct stream_ops *ops, void *arg);
struct sockaddr;
struct stream_from {
	const struct sockaddr	*address;
	bool			 nonlocal;	/* it need not be ours */
};
/* Starts to connect, from an address unless NULL; NULL with *e if even that
 * fails at once.  on_connect() or on_close(STREAM_CONNECT) follows. */
struct stream	*stream_connect(struct loop *l, const struct sockaddr *to,
		    const struct stream_from *from,
		    const struct stream_ops *ops, void *arg, struct err *e);
void		 stream_free(struct stream **s);
int		 stream_fd(const struct stream *s);

void		 stream_write(struct stream *s, const void *p, size_t n);
void		 stream_printf(struct stream *s, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));
/* src is the caller's storage until it is spent or stream_source(s, NULL). */
void		 stream_source(struct stream *s, const struct source *src);
void		 stream_kick(struct stream *s);		/* ask it again */
/* Sends now what can be sent, instead of at the end of the turn. */
void		 stream_flush(struct stream *s);
/* Bytes given to the kernel (in TLS: to the record layer) so far. */
uint64_t	 stream_sent(const struct stream *s);
/* Closes for writing once all is sent: FIN, or close_notify and FIN. */
void		 stream_shutdown(struct stream *s);

void		 stream_pause(struct stream *s);	/* no on_read() */
void		 stream_resume(struct stream *s);
/* Shows on_read() what is kept, if any, at the end of this turn. */
void		 stream_more(struct stream *s);
/* In on_close(): errno, or OpenSSL's code after STREAM_TLS; 0: none. */
unsigned long	 stream_error(const struct stream *s);
/* on_close() was called: no more is read. */
bool		 stream_eof(const struct stream *s);
struct str	 stream_unread(const struct stream *s);
/* What was written and has not left yet. */
size_t		 stream_unsent(const struct stream *s);
/* How much may be kept unread (default 64 KiB); reading stops there. */
void		 stream_read_limit(struct stream *s, size_t bytes);
/*
 * Is the peer still there, asked of the kernel just now?  False after RST or
 * FIN/close_notify.  What it sent before is then in stream_unread().
 */
bool		 stream_peer_present(struct stream *s);

/* ---- TLS --------------------------------------------------------------- */

/* Starts the handshake; bytes already read in clear are a caller's error:
 * check stream_unread() first.  The client's side is in tls_client.h. */
int		 stream_tls_accept(struct stream *s, struct tls_context *ctx,
		    struct err *e);
const char	*stream_tls_protocol(const struct stream *s);	/* "TLSv1.3" */
const char	*stream_tls_cipher(const struct stream *s);
int		 stream_tls_keysize(const struct stream *s);
long		 stream_tls_verify_result(const struct stream *s);
bool		 stream_tls_resumed(const struct stream *s);
/* The name that the client asked for; NULL: none. */
const char	*stream_tls_sni(const struct stream *s);
/* The peer's certificate, counted (X509_free()), or NULL; and the others that
 * it sent, borrowed: the n'th, or NULL. */
struct x509_st	*stream_tls_peer_cert(const struct stream *s);
struct x509_st	*stream_tls_peer_chain(const struct stream *s, int n);

#endif
