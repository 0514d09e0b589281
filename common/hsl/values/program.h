/*
 * program - what the compiler makes and executions share
 *
 * Instructions are 64 bits: an opcode, a small operand x, a register a, and
 * either two more operands b, c or one number d.  Some are followed by words
 * of data (a jump target, a path's steps).  See opcodes.def.
 *
 * Ownership  everything lives in the program's arena or its constants' heap.
 * Process    immutable once compiled; any number of executions run it.
 */
#ifndef HSL_VALUES_PROGRAM_H
#define HSL_VALUES_PROGRAM_H

#include "base/arena.h"
#include "hsl/values/object.h"

struct ins {
	uint8_t		op;
	uint8_t		x;
	uint16_t	a;
	union {
		struct {
			uint16_t	b;
			uint16_t	c;
		};
		int32_t	d;
	};
};

enum opcode {
#define OP(name, form, text)	OP_##name,
#include "hsl/values/opcodes.def"
#undef OP
	OP_COUNT
};

#define REG_NONE	0xffff		/* no destination, no such operand */

/* Flags in the operand x of instructions that read registers. */
#define KILL_B		1
#define KILL_C		2
#define QUIET		4		/* no exception if it is not set */
#define INTO		4		/* ADD: none += b is b */
#define ITEM		4		/* INDEX: of an array only */

/* What a path starts at, and its steps; see run/path.c. */
enum path_root { ROOT_REG, ROOT_CELL, ROOT_OUTER, ROOT_GLOBAL, ROOT_STATIC };
enum path_step { STEP_KEY, STEP_KEYK, STEP_PUSH, STEP_PROP, STEP_SLICE };

/* Which file and place an instruction comes from; sorted by pc. */
struct mark {
	uint32_t	 pc;
	uint32_t	 line;
	uint16_t	 column;
	uint16_t	 file;
};

/* An exception between the two addresses goes on at `handler`. */
struct handler {
	uint32_t	 start;
	uint32_t	 end;
	uint32_t	 handler;
	uint16_t	 reg;
};

enum capture_from {
	CAPTURE_LOCAL,		/* a cell in a register of the maker */
	CAPTURE_OUTER		/* a cell the maker captured itself */
};

struct capture {
	uint16_t	 from;
	uint16_t	 index;
};

struct proto {
	struct str		 name;		/* empty: anonymous */
	struct ins		*code;
	uint32_t		 ncode;
	uint16_t		 nregs;		/* variables first */
	uint16_t		 nvars;
	uint16_t		 nparams;	/* $rest too, not $this */
	uint16_t		 nrequired;
	uint16_t		 plain_argc;	/* a call with so many needs
						 * nothing but a frame */
	bool			 variadic;
	bool			 method;	/* register 0 is $this */
	bool			 generator;
	uint16_t		 ncaptures;
	uint16_t		 module;
	struct capture		*captures;
	struct hsl_value	*defaults;	/* of the optional parameters */
	struct str		*var_names;	/* nvars, for messages */
	struct mark		*marks;
	uint32_t		 nmarks;
	struct handler		*handlers;	/* innermost first */
	uint32_t		 nhandlers;
	const struct vclass	*class;		/* whose members it sees */
	uint32_t		 number;	/* in program.protos */
};

struct vmodule {
	const char		*file;
	struct proto		*main;
	uint16_t		 nglobals;
};

struct hsl_program {
	int			 refs;
	struct arena		 arena;
	struct hsl_exec		*constants;	/* their heap; it never runs */
	const struct hsl_barriers *barriers;
	struct hsl_value	*k;
	uint32_t		 nk;
	struct proto		**protos;
	uint32_t		 nprotos;
	uint32_t		 room_protos;	/* how many `protos` can hold */
	const struct hsl_function **natives;
	uint32_t		 nnatives;
	struct vclass		**classes;
	uint32_t		 nclasses;
	const struct hsl_class	**host_classes;
	uint32_t		 nhost_classes;
	struct vmodule		*modules;
	uint32_t		 nmodules;
	struct hsl_value	*statics;	/* first values */
	uint32_t		 nstatics;
	const char		**files;
	uint32_t		 nfiles;
	/* Host variables are the first globals of module 0. */
	uint32_t		 nhost_vars;
	/* What `cache` keeps: the host's store if it has one, else the
	 * program's own, the only part of it that changes. */
	struct hsl_cache	*shared;
	struct hsl_cache	*cache;
};

/* v, and all that is in it, is a constant of a program from now on. */
void			 vimmortal(struct hsl_exec *x, struct hsl_value v);
const struct mark	*proto_mark(const struct proto *p, uint32_t pc);
/* The row of this name, or NULL; `table` may be NULL. */
const struct hsl_function *table_find(const struct hsl_function *table,
			    struct str name);

#endif
