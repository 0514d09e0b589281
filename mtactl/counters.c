/*
 * One HTTP/1.0 request over a Unix socket; the answer ends with the
 * connection.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/net.h"
#include "counters.h"

#define COUNTERS_LIMIT	(4u << 20)
#define COUNTERS_WAIT_S	3

static int
counters_connect(const char *path)
{
	struct timeval	tv = { .tv_sec = COUNTERS_WAIT_S };
	struct netaddr	a;
	int		fd;

	if (netaddr_unix(&a, path, NULL) == -1)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv) == 0 &&
	    connect(fd, &a.u.sa, a.len) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

static int
counters_read(int fd, struct buf *out)
{
	static const char	request[] = "GET /status HTTP/1.0\r\n\r\n";
	ssize_t			n;

	if (fd_write_full(fd, request, sizeof request - 1) == -1)
		return -1;
	do {
		n = read(fd, buf_reserve(out, 16384), 16384);
		if (n > 0)
			buf_added(out, (size_t)n);
		if (out->len > COUNTERS_LIMIT)
			return -1;
	} while (n > 0 || (n == -1 && errno == EINTR));
	return n == 0 ? 0 : -1;
}

static json_t *
counters_parse(struct buf *answer)
{
	const char	*text = buf_cstr(answer), *body;
	json_t		*root;

	if (strncmp(text, "HTTP/1.", 7) != 0 ||
	    strncmp(text + 8, " 200 ", 5) != 0)
		return NULL;
	body = strstr(text, "\r\n\r\n");
	if (body == NULL)
		return NULL;
	root = json_loads(body + 4, 0, NULL);
	if (json_is_object(root))
		return root;
	json_decref(root);
	return NULL;
}

json_t *
counters_fetch(const char *path)
{
	struct buf	 answer = BUF_INIT;
	json_t		*root = NULL;
	int		 fd = counters_connect(path);

	if (fd == -1)
		return NULL;
	if (counters_read(fd, &answer) == 0)
		root = counters_parse(&answer);
	(void)close(fd);
	buf_free(&answer);
	return root;
}

bool
counters_barred(const char *path)
{
	return access(path, R_OK | W_OK) == -1 && errno == EACCES;
}

int64_t
counters_sum(json_t *counters, const char *name)
{
	const char	*service;
	json_t		*row;
	int64_t		 sum = 0;

	json_object_foreach(counters, service, row)
		sum += json_integer_value(json_object_get(row, name));
	return sum;
}
