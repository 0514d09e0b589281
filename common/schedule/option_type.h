/*
 * option_type - the types of the options of transport.cf and policy.cf
 *
 * A file's options are a .def table whose rows are
 *
 *	OPTION(type, name, def, near, min, max, kinds, help)
 *
 * The type says what field of a struct the option is, and who reads it: so
 * an option means the same in both files.
 *
 * Ownership  text of options is borrowed from whoever set it.
 * Failure    0, or -1 with *e.
 * Process    pure.
 */
#ifndef SCHEDULE_OPTION_TYPE_H
#define SCHEDULE_OPTION_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/* A wait before an attempt. */
struct transport_step {
	int64_t	wait_ms;
	bool	notify;
};

#define TRANSPORT_STEPS	64

struct transport_retry {
	struct transport_step	step[TRANSPORT_STEPS];
	int			count;		/* at least 1 */
};

/* So many thousandths in so much time; 0: no limit. */
struct transport_rate {
	uint64_t	thousandths;
	int64_t		per_ms;
};

#define OPTION_FIELD_RETRY(name)	struct transport_retry name;
#define OPTION_FIELD_PERCENT(name)	int64_t name;
#define OPTION_FIELD_INT(name)		int64_t name;
#define OPTION_FIELD_TIME(name)		int64_t name;	/* milliseconds */
#define OPTION_FIELD_LIMIT(name)	int64_t name;	/* 0: none */
#define OPTION_FIELD_BOOL(name)		bool name;
#define OPTION_FIELD_ENUM(name)		int name;	/* place of the word */
#define OPTION_FIELD_VERSIONS(name)	unsigned name;	/* TLS to go without */
#define OPTION_FIELD_RATE(name)		struct transport_rate name;
#define OPTION_FIELD_WORDS(name)	struct str name;
#define OPTION_FIELD_NAMES(name)	struct str name;
#define OPTION_FIELD_IDS(name)		struct str name;
#define OPTION_FIELD_ID(name)		struct str name;
#define OPTION_FIELD_HOSTPORT(name)	struct str name;	/* or none */
#define OPTION_FIELD_TEXT(name)		struct str name;
#define OPTION_FIELD_PATH(name)		struct str name;
#define OPTION_FIELD_PATTERNS(name)	struct str name;
#define OPTION_FIELD_WINDOW(name)	struct str name;

struct option_row;
typedef int	option_reader(const struct option_row *row, struct str value,
		    void *field, struct err *e);

struct option_row {
	const char	*name;
	const char	*def;
	const char	*near;		/* "": as def */
	const char	*min;		/* an ENUM's words */
	const char	*max;
	int		 kinds;		/* of rows that may set it */
	size_t		 offset;	/* of its field */
	option_reader	*read;
};

option_reader	option_read_RETRY, option_read_PERCENT, option_read_INT,
		option_read_TIME, option_read_LIMIT, option_read_BOOL,
		option_read_ENUM, option_read_VERSIONS, option_read_RATE,
		option_read_WORDS, option_read_NAMES, option_read_IDS,
		option_read_ID, option_read_TEXT, option_read_HOSTPORT;
/* What more than a row of a table is needed for: kept as it is. */
option_reader	option_read_PATH, option_read_PATTERNS, option_read_WINDOW;

/* The place of that name, or count. */
size_t		 option_find(const struct option_row *rows, size_t count,
		    struct str name);
/* The nearest name of those that such a row may set, or NULL. */
const char	*option_suggest(const struct option_row *rows, size_t count,
		    struct str name, int kinds);
int		 option_set(const struct option_row *row, void *to,
		    struct str value, struct err *e);

/* "host", "host:port", "[v6]", "[v6]:port"; without a port that is 0.  -1: the
 * port is none.  Whether the host is one is option_host_ok()'s to say. */
int		 option_host_split(struct str text, struct str *host,
		    uint16_t *port);
/* As it may be connected to: letters, digits, an address. */
bool		 option_host_ok(struct str host);
/* 1-32 letters, digits or "._-". */
bool		 option_id_ok(struct str id);
/* The next of a list that commas or blanks divide; false: none is left. */
bool		 option_list_next(struct str *rest, struct str *item);

#endif
