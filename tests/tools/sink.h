/*
 * sink - what it knows.  Included by sink.c and its parts alone.
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
#include "base/clock.h"
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

/* Who is refused, and when, in seconds since the start. */
struct sink_refusal {
	struct str	prefix;		/* of the recipient's domain */
	uint64_t	from, to;	/* 0: for ever */
	const char	*text;
};
#define SINK_REFUSALS	8

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
	struct sink_refusal refusal[SINK_REFUSALS];
	size_t		 refusals;
	int64_t		 start;		/* monotonic, ms */
	unsigned char	*ledger;	/* --ledger: how often each came */
	uint64_t	 ledger_size;
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
	uint64_t		*numbers;	/* of its recipients */
	size_t			 numbers_cap;
	struct buf		 message;
	struct arena		 arena;
};

#endif
