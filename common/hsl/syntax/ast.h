/*
 * ast - what the parser makes of a script
 *
 * Chains of operators are lists, not nests, so that the depth of the tree is
 * the depth of brackets, which the parser limits.
 *
 * Ownership  the compilation's arena.
 */
#ifndef HSL_SYNTAX_AST_H
#define HSL_SYNTAX_AST_H

#include "hsl/syntax/lex.h"
#include "hsl/syntax/symtab.h"
#include "hsl/values/program.h"

enum node_kind {
	N_ERROR,
	N_NUMBER, N_STRING, N_INTERP, N_REGEX, N_TRUE, N_FALSE, N_NONE,
	N_VAR,			/* var */
	N_ARRAY,		/* list of N_ITEM, N_SPREAD */
	N_ITEM,			/* [a =>] b */
	N_SPREAD,		/* ...a */
	N_CHAIN,		/* a, then list of N_TERM, left to right */
	N_TERM,			/* op a */
	N_AND, N_OR, N_CONCAT,	/* list */
	N_UNARY,		/* op a */
	N_POW,			/* a ** b */
	N_INCDEC,		/* a; op T_INC or T_DEC; postfix */
	N_TERNARY,		/* a ? b : c, b NULL for ?: */
	N_COALESCE,		/* a ?? b */
	N_ASSIGN,		/* a op b */
	N_DESTRUCT,		/* a (N_ARRAY) = b */
	N_INDEX,		/* a[b] */
	N_APPEND,		/* a[] */
	N_SLICE,		/* a[b:c:d] */
	N_PROP,			/* a->text */
	N_CALL,			/* a(list) */
	N_NAME,			/* text: a function or class as a value */
	N_BUILTIN,		/* text */
	N_SCOPE,		/* text::name, postfix if "$name" */
	N_FUNCTION,		/* func */
	N_MATCH,		/* a; list of N_ARM */
	N_ARM,			/* list of values (none: default) => b */
	N_ISSET, N_UNSET,	/* a */
	N_THROW,		/* a */
	N_CACHE,		/* a: options, b: call */
	/* Statements */
	N_BLOCK,		/* list */
	N_EXPR, N_ECHO, N_RETURN,	/* a */
	N_IF,			/* a b c */
	N_WHILE,		/* a b; a NULL for forever */
	N_FOR,			/* a b c d */
	N_FOREACH,		/* a as b => c, body d */
	N_SWITCH,		/* a; list of N_CASE */
	N_CASE,			/* a (NULL: default); list */
	N_BREAK, N_CONTINUE,
	N_TRY,			/* a catch (b) c */
	N_BARRIER,		/* barrier a => b (or NULL), body c */
	N_YIELD,		/* a => b */
	N_IMPORT		/* import */
};

struct node {
	uint8_t			 kind;
	uint8_t			 impure;	/* assigns variables inside */
	bool			 postfix;
	bool			 calls;		/* may run other code */
	uint16_t		 op;		/* enum token_kind */
	uint16_t		 column;
	uint16_t		 file;
	uint32_t		 line;
	struct node		*next;		/* in the list it stands in */
	struct node		*a, *b, *c, *d;
	struct node		*list;
	struct str		 text;
	union {
		struct str	 name;
		double		 number;
		struct var	*var;
		struct func	*func;
		struct import	*import;
	} u;
};

enum var_kind {
	VAR_LOCAL,		/* a register of its function */
	VAR_CAPTURE,		/* a cell of the closure; alias is the outer */
	VAR_ALIAS		/* global or imported: alias is the variable */
};

struct var {
	struct str		 name;
	struct func		*func;
	struct var		*alias;
	uint16_t		 index;		/* register or capture */
	uint8_t			 kind;
	bool			 captured;	/* lives in a cell */
	bool			 read_only;
	bool			 unset;		/* somewhere unset */
	bool			 imported;
	/* For warnings, see compile/advise.h. */
	bool			 assigned;
	bool			 asked;		/* by isset */
	bool			 told;
};

struct func {
	struct str		 name;
	struct func		*parent;
	struct unit_module	*module;
	struct unit_class	*class;
	struct symtab		 vars;
	struct var		**var_list;
	uint32_t		 nvars;
	struct symtab		 names;		/* enum decl_kind, see unit.h */
	struct var		**captures;
	uint32_t		 ncaptures;
	struct node		*params;	/* N_ITEM: a [= b] */
	uint16_t		 nparams;
	uint16_t		 nrequired;
	bool			 variadic;
	bool			 method;
	bool			 is_main;
	bool			 generator;
	struct node		*body;		/* a list */
	struct proto		*proto;
	struct func		*next;		/* of all of the program */
	uint32_t		 line;
	uint16_t		 column;
	uint16_t		 file;
};

#endif
