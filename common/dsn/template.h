/*
 * template - the texts that people read in notifications, by language
 *
 * A template is UTF-8: comments by "#", and sections by "[name]" on a line of
 * its own.  Those named after actions begin with a Subject line; all others are
 * text.  {name} is replaced (template.def), {{ is a brace.  A line is wrapped
 * when it was filled in, and keeps its indentation.
 *
 * Ownership  templates_new() gives, templates_free() takes and clears.
 * Failure    -1 with *f: where, and why.
 * Process    pure; templates_load() reads a directory.
 */
#ifndef DSN_TEMPLATE_H
#define DSN_TEMPLATE_H

#include <limits.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "spool/entry.h"

#define TEMPLATE_SIZE_MAX	65536
#define TEMPLATE_LANGUAGE_MAX	35	/* RFC 5646 4.4.1 */
#define TEMPLATES_MAX		64

enum template_place {
#define PLACE(name, help) TEMPLATE_##name,
#include "template.def"
#undef PLACE
	TEMPLATE_PLACES
};

/* What stands in a text for each place. */
struct template_values {
	struct str	of[TEMPLATE_PLACES];
};

struct template_fault {
	char		file[PATH_MAX];
	int		line, column;	/* from 1; 0: of the whole file */
	struct err	err;
};

struct template;
struct templates;

struct templates *templates_new(void);		/* English is there */
void		 templates_free(struct templates **t);
/* In place of one of that language, where there is one. */
int		 templates_add(struct templates *t, struct str language,
		    struct str text, struct template_fault *f);
/* All LANGUAGE.txt of that directory; one that is not there has none. */
int		 templates_load(struct templates *t, const char *directory,
		    struct template_fault *f);
/* Of the first language in `wanted`, a list of tags joined by commas, that
 * there is, or of its first part; else `otherwise`; else English. */
const struct template *templates_choose(const struct templates *t,
		    struct str wanted, struct str otherwise);
bool		 templates_have(const struct templates *t,
		    struct str language);
struct str	 template_language(const struct template *t);

/* The section of that action, filled in. */
void		 template_subject(const struct template *t,
		    enum entry_action action, const struct template_values *v,
		    struct buf *out);
void		 template_body(const struct template *t,
		    enum entry_action action, const struct template_values *v,
		    struct buf *out);
/* The text of another section, or of the one that matches a status, on one
 * line; nothing where there is none. */
void		 template_section(const struct template *t, struct str name,
		    struct buf *out);
void		 template_explain(const struct template *t,
		    struct str status, struct buf *out);

#endif
