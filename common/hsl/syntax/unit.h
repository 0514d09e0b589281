/*
 * unit - one compilation: its files, names and errors
 *
 * Every file is parsed before any code is generated, so that imported names
 * are known; functions and classes are visible before their text.
 *
 * Ownership  hsl_compile() owns it; nodes and names live in `arena`, what the
 *            program keeps in the program's own.
 * Failure    errors go to the host's call back and are counted.
 */
#ifndef HSL_SYNTAX_UNIT_H
#define HSL_SYNTAX_UNIT_H

#include "base/arena.h"
#include "hsl/syntax/ast.h"

#define UNIT_ERRORS_MAX	50
#define UNIT_FILES_MAX	500
/* How deep brackets, blocks and prefix operators may nest around an operand;
 * the operand and its statement are counted on top. */
#define UNIT_NEST_MAX	200
#define UNIT_DEPTH_MAX	(UNIT_NEST_MAX + 2)
#define UNIT_SOURCE_MAX	(16u << 20)	/* bytes of a file */
#define UNIT_SCRIPT_MAX	(4u << 20)	/* of all files that are parsed */

enum decl_kind {
	DECL_FUNCTION,
	DECL_CLASS,
	DECL_NAMESPACE
};

/* What a function's or class's name stands for. */
struct decl {
	enum decl_kind		 kind;
	struct func		*func;
	struct unit_class	*class;
	struct unit_module	*module;	/* import * as name */
	uint32_t		 piece;		/* where it was declared */
};

struct unit_member {
	struct unit_member	*next;
	struct str		 name;
	unsigned		 flags;		/* enum member_flags */
	struct func		*func;		/* a method, or NULL */
	struct node		*initial;
	uint32_t		 index;
};

struct unit_class {
	struct str		 name;
	struct unit_member	*members;
	struct unit_member	**last;
	struct symtab		 names;		/* of the members */
	struct func		*constructor;
	struct vclass		*vclass;
	struct unit_class	*next;
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
	struct unit_module	*module;
	struct hsl_value	 value;
	struct node		*at;
	struct import		*next;
	bool			 linked;
};

struct unit_module {
	struct unit_module	*next;
	const char		*name;		/* as host->open gave it */
	struct func		*main;
	struct import		*imports;
	struct import		**last_import;
	struct symtab		 included;	/* include_once */
	uint32_t		 number;
	bool			 open;		/* being linked: an import of
						 * it is a cycle */
	bool			 done;
};

struct unit {
	struct arena		 arena;
	struct hsl_program	*program;
	const struct hsl_host	*host;
	hsl_diag_fn		*report;
	void			*report_arg;
	int			 errors;
	bool			 full;		/* no room for constants */
	struct unit_module	*modules;
	struct unit_module	**last_module;
	struct unit_class	*classes;
	struct unit_class	**last_class;
	struct func		*funcs;
	struct func		**last_func;
	uint32_t		 nopened;	/* files read so far */
	size_t			 parsed;	/* bytes so far */
	uint32_t		 depth;		/* imports in imports, while
						 * they are linked */
	uint32_t		 piece;		/* of a session */
	struct symtab		 constants;	/* index + 1 */
	struct symtab		 strings;
	struct symtab		 functions;
	struct symtab		 regexes;
};

/* Counted, and given to the call back unless there were too many. */
void	 unit_error(struct unit *c, const struct node *at, const char *fmt,
	    ...) __attribute__((format(printf, 3, 4)));
/* A node that is nothing but a place. */
struct node *unit_place(struct unit *c, uint16_t file, uint32_t line,
	    uint16_t column);
/* The number of a file's name in the program. */
uint16_t unit_file(struct unit *c, const char *name);
/* Reads a file through the host: its text and its full name. */
int	 unit_open(struct unit *c, const struct node *at, struct str path,
	    struct str *text, const char **name);
struct unit_module *unit_module_new(struct unit *c, const char *name);
struct func *unit_func(struct unit *c, struct func *parent, struct str name);
/* What a function will be in the program, still without code. */
struct proto *unit_proto(struct unit *c);
/* What a function sees a name declared as, or NULL. */
const struct decl *unit_find(const struct func *f, struct str name);

#endif
