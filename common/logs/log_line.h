/*
 * log_line - one line of the log, read
 *
 * Lines of both formats (halyard-log(5)), and what another program puts
 * before ours: "Nov 22 05:10:18 host halyard[1]: event=...".  What a line
 * holds came from strangers: values are any bytes, and whoever shows them
 * quotes them.
 *
 * Ownership  log_line_parse() borrows the line for as long as the log_line
 *            is used; log_line_fini() gives back what it made.
 * Failure    -1: it is no line of ours.
 * Process    pure.
 */
#ifndef LOGS_LOG_LINE_H
#define LOGS_LOG_LINE_H

#include "base/buf.h"
#include "base/str.h"

/* More than the longest line: its fields are few, and cut at LOG_VALUE_MAX;
 * one may have LOG_WHOLE_MAX bytes, each of them written as six. */
#define LOG_LINE_MAX	(512 * 1024)
#define LOG_LINE_FIELDS	64

struct log_value {
	struct str	name, text;
	bool		number;		/* in JSON it stands without quotes */
};

struct log_line {
	/* Of a line from the system's log `time` is all that stands before
	 * the event, and the three after it are none. */
	struct str	 time, level, program;
	uint64_t	 pid;
	struct str	 event;
	struct log_value value[LOG_LINE_FIELDS];	/* conn and txn, too */
	size_t		 count;
	struct buf	 text;		/* unquoted values */
};

#define LOG_LINE_INIT	{ .text = BUF_INIT }

int		 log_line_parse(struct log_line *l, struct str line);
void		 log_line_fini(struct log_line *l);
/* STR_NONE where it has no such field. */
struct str	 log_line_get(const struct log_line *l, struct str name);
/* As a line of text again, and as an object of JSON. */
void		 log_line_text(const struct log_line *l, struct buf *out);
void		 log_line_json(const struct log_line *l, struct buf *out);

/* What events.def says of an event; NULL: it has none of that name. */
const char	*log_event_help(struct str event);
/* Whether an event may have that field, or all of them do. */
bool		 log_field_known(struct str name);

#endif
