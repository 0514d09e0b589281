/*
 * log - one event, one line
 *
 * A line is `time level program event=NAME key=value ...`, or one JSON
 * object.  Names of events and of their fields stand in events.def; lint
 * holds every LOG() against it.  Values from outside are quoted and cut at
 * LOG_VALUE_MAX, what scripts echo at LOG_WHOLE_MAX; a field without a value
 * is left out.
 * Lines are collected and written by log_flush(), which the event loop calls
 * at the end of each turn; each write() holds whole lines, so that processes
 * can share a file.
 *
 *	LOG(EV_DISCONNECT, &ctx, LOG_STR("client", ip), LOG_NUM("ms", n));
 *
 * Ownership  the log borrows everything.
 * Failure    a log that can't be written loses lines, never mail.  They are
 *            counted, and event=log-lost says so when it works again.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"
#include "str.h"

#define LOG_VALUE_MAX	512
#define LOG_WHOLE_MAX	65536

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };
enum log_target { LOG_TO_FD, LOG_TO_SYSLOG };

enum log_event {
#define EVENT(name, text, level, fields, help)	EV_##name,
#include "base/events.def"
#undef EVENT
	EV_MAX
};

/* Ids that follow a session through its lines; NULL where there are none. */
struct logctx {
	const char	*conn;		/* connection id */
	const char	*txn;		/* transaction id */
};

struct logfield {
	const char	*key;		/* NULL ends the list */
	struct str	 text;
	int64_t		 number;
	int		 is_number;
	bool		 whole;		/* cut at LOG_WHOLE_MAX */
};

#define LOG_STR(k, s)		{ .key = (k), .text = str_of(s) }
#define LOG_BYTES(k, s)		{ .key = (k), .text = (s) }
#define LOG_WHOLE(k, s)		{ .key = (k), .text = (s), .whole = true }
#define LOG_NUM(k, n)		{ .key = (k), .number = (n), .is_number = 1 }
/* Left out if it is 0. */
#define LOG_NUM_IF(k, n)						\
	{ .key = (k), .number = (n), .is_number = (n) != 0 }
#define LOG(event, ctx, ...)						\
	log_write((event), (ctx), (const struct logfield[]){		\
	    __VA_ARGS__, { .key = NULL } })

/* Until log_open() lines go to standard error. `program` is borrowed. */
void	log_open(const char *program, enum log_target target, int fd);
void	log_set_format(enum log_format format);
void	log_set_level(enum log_level level);
/* Replaces the descriptor after rotation; takes fd, closes the old one. */
void	log_replace_fd(int fd);
void	log_write(enum log_event event, const struct logctx *ctx,
	    const struct logfield *fields);
/* Lines of this event are written: for what is in a hot path. */
bool	log_wants(enum log_event event);
void	log_flush(void);
/* A value as it stands in a line of text: quoted where it needs to be. */
void	log_quote(struct buf *b, struct str s);
/* Who counts lines that are lost; fn must not log. */
void	log_on_lost(void (*fn)(uint64_t lines));

#endif
