/*
 * row_text - rows of transport.cf and policy.cf, before they mean something
 *
 * A row is a kind, an id, and columns that depend on the file; then options.
 * Everything wrong is reported where it stands, and reading goes on after it.
 *
 * Ownership  what a row's text points at holds until the next row.
 * Failure    false or NULL: it was reported.
 * Process    pure.
 */
#ifndef SCHEDULE_ROW_TEXT_H
#define SCHEDULE_ROW_TEXT_H

#include "base/arena.h"
#include "base/hmap.h"
#include "conf/parse.h"

#include "option_type.h"

enum { ROW_TEXT_COLUMNS = 4 };

/* What the rows of a file look like. */
struct row_form {
	int			 columns;
	const char		*names[ROW_TEXT_COLUMNS];
	const char		*kinds[10];	/* to a NULL */
	const char		*kind_list;	/* the same in words */
	size_t			 rows;		/* a bound of memory */
};

struct row_text {
	const struct row_form	*form;
	const struct source	*src;
	const struct line	*line;
	struct str		 col[ROW_TEXT_COLUMNS];
	struct str		 rest;		/* options */
};

/* A row that has a name, at the start of what is made of it. */
struct row_id {
	struct hmap_entry	 entry;		/* kind: of the row */
	struct str		 id;
	int			 kind;		/* a bit */
	struct place		 at;
};

/* Each row of the text that has all columns.  How many reports there were. */
size_t	row_text_each(const struct row_form *form, const char *file,
	    struct str text, struct reports *r,
	    void (*fn)(void *arg, struct row_text *row), void *arg);
/* `column: "what" text`, at the column. */
void	row_text_report(const struct row_text *row, int col,
	    const char *text);
bool	row_text_is_default(const struct row_text *row, int col);
/* The bit of its kind, 1 << its place; 0: reported. */
int	row_text_kind(const struct row_text *row);
/* A zeroed struct of that size, known in ids from now on; its id is well
 * formed and new for its kind. */
struct row_id *row_text_name(const struct row_text *row, int kind,
	    struct hmap *ids, struct arena *a, size_t size);
struct row_id *row_id_find(const struct hmap *ids, int kind, struct str id);
void	row_text_unknown(const struct row_text *row, struct str name,
	    const char *near);

#endif
