/*
 * comp - one compilation: its files, names and errors
 *
 * Every file is parsed before any code is generated, so that imported names
 * are known; functions and classes are visible before their text.
 *
 * Ownership  hsl_compile() owns it; nodes and names live in `arena`, what the
 *            program keeps in the program's own.
 * Failure    errors go to the host's call back and are counted.
 */
#ifndef HSL_COMP_H
#define HSL_COMP_H

#include "base/arena.h"
#include "hsl/ast.h"

#define COMP_ERRORS_MAX	50
#define COMP_FILES_MAX	500
/* Brackets, blocks, operators around an operand, which itself and whose
 * statement count, too. */
#define COMP_NEST_MAX	200
#define COMP_DEPTH_MAX	(COMP_NEST_MAX + 2)
#define COMP_SOURCE_MAX	(16u << 20)	/* bytes of a file */
#define COMP_SCRIPT_MAX	(4u << 20)	/* of all files that are parsed */

enum decl_kind {
	DECL_FUNCTION,
	DECL_CLASS,
	DECL_NAMESPACE
};

/* What a function's or class's name stands for. */
struct decl {
	enum decl_kind		 kind;
	struct func		*func;
	struct comp_class	*class;
	struct comp_module	*module;	/* import * as name */
	uint32_t		 piece;		/* where it was declared */
};

struct comp_member {
	struct comp_member	*next;
	struct str		 name;
	unsigned		 flags;		/* enum member_flags */
	struct func		*func;		/* a method, or NULL */
	struct node		*initial;
	uint32_t		 index;
};

struct comp_class {
	struct str		 name;
	struct comp_member	*members;
	struct comp_member	**last;
	struct symtab		 names;		/* of the members */
	struct func		*constructor;
	struct vclass		*vclass;
	struct comp_class	*next;
	struct node		*at;
};

struct import_item {
	struct import_item	*next;
	struct node		*at;
	struct str		 name;
	struct str		 as;
	struct var		*var;		/* NULL: a function or class */
};

struct import {
	struct str		 path;
	struct node		*options;
	struct import_item	*items;
	struct var		*data;		/* import $data from */
	struct str		 space;		/* import * as space */
	struct comp_module	*module;
	struct hsl_value	 value;
	struct node		*at;
	struct import		*next;
	bool			 linked;
};

struct comp_module {
	struct comp_module	*next;
	const char		*name;		/* as host->open gave it */
	struct func		*main;
	struct import		*imports;
	struct import		**last_import;
	struct symtab		 included;	/* include_once */
	uint32_t		 number;
	bool			 open;		/* being linked: cycles */
	bool			 done;
};

struct comp {
	struct arena		 arena;
	struct hsl_program	*program;
	const struct hsl_host	*host;
	hsl_diag_fn		*report;
	void			*report_arg;
	int			 errors;
	bool			 full;		/* no room for constants */
	struct comp_module	*modules;
	struct comp_module	**last_module;
	struct comp_class	*classes;
	struct comp_class	**last_class;
	struct func		*funcs;
	struct func		**last_func;
	uint32_t		 nopened;	/* files read so far */
	size_t			 parsed;	/* bytes so far */
	uint32_t		 depth;		/* of imports being linked */
	uint32_t		 piece;		/* of a session */
	struct symtab		 constants;	/* index + 1 */
	struct symtab		 strings;
	struct symtab		 functions;
	struct symtab		 regexes;
};

/* For tests: the room for constants, and the block in it that is refused. */
struct comp_limits {
	size_t		 constants_bytes;
	uint32_t	 constants_fail;
};
extern struct comp_limits	comp_limits;

/* A main module, not parsed yet; and what follows parsing, to the code. */
void	 comp_begin(struct comp *c, const struct hsl_host *host,
	    const char *file);
void	 comp_finish(struct comp *c);
struct proto *comp_proto(struct comp *c);
void	 comp_error(struct comp *c, const struct node *at, const char *fmt,
	    ...) __attribute__((format(printf, 3, 4)));
struct node *comp_place(struct comp *c, uint16_t file, uint32_t line,
	    uint16_t column);
uint16_t comp_file(struct comp *c, const char *name);
/* Reads a file through the host: its text and its full name. */
int	 comp_open(struct comp *c, const struct node *at, struct str path,
	    struct str *text, const char **name);
struct comp_module *comp_module_new(struct comp *c, const char *name);
/* Binds what modules import; see link.c. */
void	 comp_link(struct comp *c);
struct func *comp_func(struct comp *c, struct func *parent, struct str name);

void	*symtab_get(const struct symtab *t, struct str name);
void	 symtab_put(struct symtab *t, struct arena *a, struct str name,
	    void *value);
/* What a function sees a name declared as, or NULL. */
const struct decl *decl_find(const struct func *f, struct str name);

#endif
