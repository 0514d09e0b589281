/*
 * parse - from the text of the two files to settings and rows
 *
 * Everything wrong is reported where it stands; parsing goes on after it.
 *
 * Ownership  a row owns its service's strings and its settings; rows_fini()
 *            ends them.
 * Failure    none; whoever calls looks at reports.count.
 */
#ifndef CONF_PARSE_H
#define CONF_PARSE_H

#include <stddef.h>

#include "conf/conf.h"
#include "lines.h"
#include "report.h"
#include "setting.h"

struct source {
	const char	*file;
	struct str	 text;
	struct reports	*reports;
};

/* One service, with what its -o arguments set. */
struct row {
	struct conf_service	 service;
	struct settings		 settings;
	struct place		 at;		/* of the service's name */
	const char		*key;		/* what must be unique */
};

struct rows {
	struct row	*row;
	size_t		 count;
	size_t		 cap;
};

void	main_cf_parse(const struct source *src, struct settings *s);
/* `base` is main.cf: each row starts as a copy of it. */
void	master_cf_parse(const struct source *src, const struct settings *base,
	    struct rows *rows);
void	rows_fini(struct rows *rows);

/* Shared by the two. */
void	line_report(const struct source *src, const struct line *l,
	    size_t offset, const char *fmt, ...)
	    __attribute__((format(printf, 4, 5)));
struct place	line_place(const struct source *src, const struct line *l,
		    size_t offset);
/* False, and reported, if the line is not text that a parser should see. */
bool	line_sane(const struct source *src, const struct line *l);
/* Where `part`, which lies in the line, begins. */
size_t	line_offset(const struct line *l, struct str part);
/* The next word; one that starts with "{" goes to its "}". */
struct str	line_word(struct str *rest);
/* The next "-o name=value": its argument, without braces.  False: there is no
 * more, or what there is was reported. */
bool	line_option(const struct source *src, const struct line *l,
	    struct str *rest, struct str *arg);
/* "name = value", each trimmed; false: reported. */
bool	line_pair(const struct source *src, const struct line *l,
	    struct str part, struct str *name, struct str *value);
/* Is every $name in the value, which lies in l, a parameter?  Reported if
 * not. */
bool	line_value_ok(const struct source *src, const struct line *l,
	    struct str value);
/* "name = value"; part lies in l. The row that was set, or param_count. */
size_t	line_assign(const struct source *src, const struct line *l,
	    struct str part, struct settings *s);
/* Column 1: "host:port", "[v6]:port" or "port" of an inet service. */
int	inet_parse(struct str name, char *host, size_t size, int *port,
	    struct err *e);

#endif
