/*
 * gen_path - where an assignment leads: a root, and steps from it
 *
 * Inside the code generator only.
 */
#ifndef HSL_COMPILE_GEN_PATH_H
#define HSL_COMPILE_GEN_PATH_H

#include "hsl/compile/gen.h"

#define GEN_PATH_STEPS	250

struct gen_path {
	enum path_root	 root;
	struct ins	 at;		/* where the root is */
	struct ins	 steps[GEN_PATH_STEPS];
	uint16_t	 nsteps;
	struct node	*node;
};

/* Evaluates everything of the path but what it leads to; `value`, which is
 * evaluated later, may change variables that are keys here. */
void	 gen_path_open(struct gen *g, struct gen_path *p,
	    struct node *target, const struct node *value);
/* The instruction that walks: its result goes to a register, and `sub` says
 * what is done with what is found. */
void	 gen_path_emit(struct gen *g, struct gen_path *p, enum opcode op,
	    uint16_t result, struct ins sub);
/* Stores a register, and with `kill` drops it. */
void	 gen_path_store(struct gen *g, struct gen_path *p, uint16_t src,
	    bool kill);
/* A copy of what the path leads to, none if nothing.  Its keys stay for a
 * gen_path_store(), after which gen_path_drop() drops them. */
uint16_t gen_path_read(struct gen *g, struct gen_path *p, struct node *n);
void	 gen_path_drop(struct gen *g, struct gen_path *p);

#endif
