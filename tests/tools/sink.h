/*
 * sink - its parts: what it knows, and what it does with a message that it
 * keeps.  Included by sink.c alone.
 */
#ifndef TESTS_TOOLS_SINK_H
#define TESTS_TOOLS_SINK_H

#include <sys/mman.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fatal.h"
#include "base/mem.h"
#include "event/loop.h"
#include "event/stream.h"
#include "smtp/data.h"
#include "smtp/command.h"

/* What others may look at while it runs: 64-bit numbers in a file. */
struct sink_count {
	uint64_t	messages, recipients;
	uint64_t	slow;		/* messages of those that were slow */
};

struct sink {
	struct loop	*loop;
	int		 fd;
	struct watch	*watch;
	unsigned	 exts;
	bool		 print;
	bool		 keep;		/* messages are wanted whole */
	const char	*dump;
	FILE		*log;
	const char	*replies[SMTP_VERB_MAX + 1];	/* the last: EOD */
	unsigned long	 connections, messages, recipients;
	unsigned long long bytes;
	struct sink_count *count;	/* --count; never NULL */
	int64_t		 slow_ms;	/* --slow */
};

#define SINK_EOD	SMTP_VERB_MAX

enum sink_mode { SINK_COMMAND, SINK_DATA, SINK_CHUNK, SINK_SLOW };

struct client {
	struct sink		*sink;
	struct stream		*stream;
	enum sink_mode		 mode;
	struct smtp_data	 data;
	uint64_t		 chunk;
	bool			 last;
	bool			 mail;
	bool			 quit;
	bool			 slow;		/* a recipient is */
	struct timer		 timer;
	size_t			 rcpts;
	uint64_t		 size;
	struct buf		 envelope;	/* "from<TAB>to,to" */
	struct buf		 message;
	struct arena		 arena;
};

static void
sink_log(struct sink *s, struct client *c, unsigned long number)
{
	unsigned char	hash[EVP_MAX_MD_SIZE];
	unsigned	i, len = 0;

	if (EVP_Digest(c->message.len != 0 ? buf_data(&c->message) : "",
	    c->message.len, hash, &len, EVP_sha256(), NULL) != 1)
		fatal("sha256");
	fprintf(s->log, "%lu\t%s\t%zu\t", number, buf_cstr(&c->envelope),
	    c->message.len);
	for (i = 0; i < len; i++)
		fprintf(s->log, "%02x", hash[i]);
	fputc('\n', s->log);
	fflush(s->log);
}

static void
sink_dump(struct sink *s, struct client *c, unsigned long number)
{
	char	*path = xasprintf("%s/%06lu.eml", s->dump, number);
	FILE	*f = fopen(path, "we");

	if (f == NULL)
		fatal("%s can't be written", path);
	if (c->message.len != 0)
		(void)fwrite(buf_data(&c->message), 1, c->message.len, f);
	if (fclose(f) != 0)
		fatal("%s can't be written", path);
	free(path);
}

static void
sink_print(struct client *c, unsigned long number)
{
	printf("---- message %lu: %s\n", number, buf_cstr(&c->envelope));
	if (c->message.len != 0)
		(void)fwrite(buf_data(&c->message), 1, c->message.len,
		    stdout);
	printf("---- end of message %lu\n", number);
	fflush(stdout);
}

/* NULL: it can't be had. */
static struct sink_count *
sink_count_open(const char *path)
{
	int	 fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	void	*p;

	if (fd == -1 || ftruncate(fd, sizeof(struct sink_count)) == -1) {
		perror(path);
		return NULL;
	}
	p = mmap(NULL, sizeof(struct sink_count), PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);
	(void)close(fd);
	return p == MAP_FAILED ? NULL : p;
}

#endif
