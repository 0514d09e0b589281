/*
 * Whether a file has changed is seen by its number, size and time: who
 * replaces a token writes another file and renames it.
 */
#include <sys/queue.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "compat/beneath.h"

#include "secret.h"

#define LOOK_AGAIN_MS	1000
#define NAME_SIZE	256

struct secret {
	STAILQ_ENTRY(secret)	 link;
	char			*name;
	struct stat		 seen;
	int64_t			 looked_ms;
	struct str		 value;		/* none: it can't be read */
};

struct secrets {
	STAILQ_HEAD(, secret)	 list;
	int			 directory;
};

static struct str
secret_copy(struct str value)
{
	return (struct str){ xstrndup(value.p, value.len), value.len };
}

void
secret_free(struct str *secret)
{
	if (secret->p == NULL)
		return;
	explicit_bzero((char *)(uintptr_t)secret->p, secret->len);
	free((char *)(uintptr_t)secret->p);
	*secret = STR_NONE;
}

struct secrets *
secrets_new(int directory)
{
	struct secrets	*s = xcalloc(1, sizeof *s);

	STAILQ_INIT(&s->list);
	s->directory = directory;
	return s;
}

void
secrets_free(struct secrets **sp)
{
	struct secrets	*s = *sp;
	struct secret	*one;

	if (s == NULL)
		return;
	*sp = NULL;
	while ((one = STAILQ_FIRST(&s->list)) != NULL) {
		STAILQ_REMOVE_HEAD(&s->list, link);
		secret_free(&one->value);
		free(one->name);
		free(one);
	}
	if (s->directory != -1)
		(void)close(s->directory);
	free(s);
}

static struct secret *
secret_find(struct secrets *s, struct str name)
{
	struct secret	*one;

	STAILQ_FOREACH(one, &s->list, link)
		if (str_eq(str_of(one->name), name))
			return one;
	one = xcalloc(1, sizeof *one);
	one->name = xstrndup(name.p, name.len);
	one->looked_ms = INT64_MIN;
	STAILQ_INSERT_TAIL(&s->list, one, link);
	return one;
}

/* The first line: neither empty nor with a control. */
static int
secret_line(char *text, size_t len, struct str *line)
{
	size_t	n;

	for (n = 0; n < len && text[n] != '\n' && text[n] != '\r'; n++)
		if ((unsigned char)text[n] < ' ')
			return -1;
	*line = (struct str){ text, n };
	return n > 0 ? 0 : -1;
}

static int
secret_read(struct secret *one, int fd, struct err *e)
{
	char		text[SECRET_MAX + 1];
	struct str	line;
	ssize_t		n;
	int		rc = 0;

	do
		n = read(fd, text, sizeof text);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return err_errno(e, "secret %s", one->name);
	if (n > SECRET_MAX || secret_line(text, (size_t)n, &line) == -1)
		rc = err_set(e, "secret %s: not a line of text", one->name);
	else
		one->value = secret_copy(line);
	explicit_bzero(text, sizeof text);
	return rc;
}

static bool
secret_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
	    a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int
secret_look(struct secrets *s, struct secret *one, struct err *e)
{
	struct stat	st;
	int		fd, rc = 0;

	if (s->directory == -1)
		return err_set(e, "secret %s: there is no secret_directory",
		    one->name);
	fd = open_beneath(s->directory, one->name, O_RDONLY | O_NONBLOCK);
	if (fd == -1 || fstat(fd, &st) == -1)
		rc = err_errno(e, "secret %s", one->name);
	else if (!S_ISREG(st.st_mode))
		rc = err_set(e, "secret %s is not a file", one->name);
	else if (one->value.p == NULL || !secret_same(&st, &one->seen)) {
		secret_free(&one->value);
		rc = secret_read(one, fd, e);
		one->seen = st;
	}
	if (fd != -1)
		(void)close(fd);
	return rc;
}

int
secrets_get(struct secrets *s, struct str name, int64_t now_ms,
    struct str *secret, struct err *e)
{
	struct secret	*one;

	if (name.len == 0 || name.len >= NAME_SIZE)
		return err_set(e, "a secret without a name");
	one = secret_find(s, name);
	if (one->value.p == NULL || one->looked_ms + LOOK_AGAIN_MS <= now_ms) {
		if (secret_look(s, one, e) == -1) {
			secret_free(&one->value);
			return -1;
		}
		one->looked_ms = now_ms;
	}
	*secret = secret_copy(one->value);
	return 0;
}
