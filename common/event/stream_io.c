/*
 * Moving bytes, in clear or through OpenSSL.
 *
 * OpenSSL may hold on to a record after "again": what was offered to it then
 * counts as given to the kernel (stream_sent), because nobody can take it
 * back.
 */
#include <errno.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stream_private.h"

char *
stream_scratch(void)
{
	static char	scratch[STREAM_SCRATCH];

	return scratch;
}

/* Again, end or failure; OpenSSL may want to write in order to read. */
static enum io
stream_ssl_result(struct stream *s, int rc)
{
	switch (SSL_get_error(s->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		return IO_AGAIN;
	case SSL_ERROR_WANT_WRITE:
		stream_watch(s, s->reading, true);
		return IO_AGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return IO_EOF;
	default:
		return IO_FAIL;
	}
}

bool
stream_hidden(const struct stream *s)
{
	return s->ssl != NULL && SSL_has_pending(s->ssl) == 1;
}

enum io
stream_recv(struct stream *s, void *p, size_t cap, size_t *n)
{
	ssize_t	got;
	int	rc;

	if (s->ssl != NULL) {
		ERR_clear_error();
		rc = SSL_read_ex(s->ssl, p, cap, n);
		return rc == 1 ? IO_DONE : stream_ssl_result(s, rc);
	}
	do
		got = recv(s->fd, p, cap, 0);
	while (got == -1 && errno == EINTR);
	if (got == -1)
		return errno == EAGAIN || errno == EWOULDBLOCK ? IO_AGAIN :
		    IO_FAIL;
	*n = (size_t)got;
	return got == 0 ? IO_EOF : IO_DONE;
}

/* One record of what is there: small pieces are gathered. */
static enum io
stream_ssl_sendv(struct stream *s, struct iovec *iov, int count, size_t *n)
{
	static char	 record[16 * 1024];
	size_t		 len = 0, part;
	const void	*p = record;
	int		 i, rc;

	if (count == 1 || iov[0].iov_len >= sizeof record) {
		p = iov[0].iov_base;
		len = iov[0].iov_len;
		len = len < sizeof record ? len : sizeof record;
		count = 0;
	}
	for (i = 0; i < count && len < sizeof record; i++) {
		part = iov[i].iov_len;
		if (part > sizeof record - len)
			part = sizeof record - len;
		memcpy(record + len, iov[i].iov_base, part);
		len += part;
	}
	if (s->offered < s->sent + len)
		s->offered = s->sent + len;
	ERR_clear_error();
	rc = SSL_write_ex(s->ssl, p, len, n);
	return rc == 1 ? IO_DONE : stream_ssl_result(s, rc);
}

enum io
stream_sendv(struct stream *s, struct iovec *iov, int count, size_t *n)
{
	struct msghdr	msg = { .msg_iov = iov };
	ssize_t		done;

	if (s->ssl != NULL)
		return stream_ssl_sendv(s, iov, count, n);
	msg.msg_iovlen = (size_t)count;
	do
		done = sendmsg(s->fd, &msg, MSG_NOSIGNAL);
	while (done == -1 && errno == EINTR);
	if (done == -1)
		return errno == EAGAIN || errno == EWOULDBLOCK ? IO_AGAIN :
		    IO_FAIL;
	*n = (size_t)done;
	return IO_DONE;
}

const char *
stream_why(const struct stream *s)
{
	unsigned long	code = s->ssl != NULL ? ERR_peek_last_error() : 0;
	const char	*reason = ERR_reason_error_string(code);

	if (reason != NULL)
		return reason;
	return errno != 0 ? strerror(errno) : "connection closed";
}
