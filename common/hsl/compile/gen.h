/*
 * gen - trees to instructions
 *
 * Inside the code generator only.  Registers of variables come first; above
 * them temporaries are used as a stack: whoever allocates restores `top`.
 * I1  An instruction that reads a register finds it set: CHECK stands before
 *     the first use of a variable that may not be.
 * I2  A temporary is used up once: moved, or dropped by the reader (KILL_*).
 */
#ifndef HSL_COMPILE_GEN_H
#define HSL_COMPILE_GEN_H

#include "hsl/syntax/unit.h"

#define REG_ANY		0xfffe		/* any register will do */

struct gen_loop {
	struct gen_loop	*prev;
	int32_t		 breaks;	/* jumps to be patched, -1 none */
	int32_t		 continues;
	bool		 is_switch;
};

struct gen {
	struct unit	*c;
	struct func	*f;
	struct ins	*code;
	uint32_t	 ncode;
	uint32_t	 code_cap;
	struct mark	*marks;
	uint32_t	 nmarks;
	uint32_t	 marks_cap;
	struct handler	*handlers;
	uint32_t	 nhandlers;
	uint32_t	 top;		/* first free temporary */
	uint32_t	 max;
	struct gen_loop	*loop;
	struct gen_barrier *barrier;	/* the innermost, or NULL */
	bool		*known;		/* variables known to be set */
	uint16_t	*log;		/* these, in the order in which
					 * they became known */
	uint32_t	 nlog;
	bool		 failed;
};

/* gen.c */
void		 gen_func(struct unit *c, struct func *f);
uint32_t	 gen_emit(struct gen *g, const struct node *at,
		    enum opcode op, struct ins operands);
int32_t		 gen_jump(struct gen *g, const struct node *at,
		    enum opcode op, struct ins operands, int32_t list);
int32_t		 gen_join(struct gen *g, int32_t a, int32_t b);
void		 gen_patch(struct gen *g, int32_t list);
void		 gen_patch_to(struct gen *g, int32_t list, uint32_t target);
void		 gen_loop_to(struct gen *g, const struct node *at,
		    uint32_t target);
uint16_t	 gen_temp(struct gen *g, const struct node *at);
bool		 gen_is_temp(const struct gen *g, uint16_t reg);
void		 gen_word(struct gen *g, struct ins word);
void		 gen_know(struct gen *g, const struct var *v);
void		 gen_forget(struct gen *g, uint32_t nlog);
uint32_t	 gen_k(struct gen *g, const struct node *at,
		    struct hsl_value v);
uint32_t	 gen_k_text(struct gen *g, const struct node *at,
		    struct str text);
void		 gen_error(struct gen *g, const struct node *at,
		    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* gen_expr.c: the value ends in `want`; REG_ANY: in the register returned */
uint16_t	 gen_value(struct gen *g, struct node *n, uint16_t want);
uint16_t	 gen_quiet(struct gen *g, struct node *n, uint16_t want);
void		 gen_drop(struct gen *g, struct node *n);
uint16_t	 gen_dest(struct gen *g, const struct node *at, uint16_t want);
uint16_t	 gen_copy(struct gen *g, const struct node *at, uint16_t reg);
/* Whether n may change variables that live in registers of this function. */
bool		 gen_changes(const struct gen *g, const struct node *n);
/* A left operand, where nothing on the right can change it. */
uint16_t	 gen_left(struct gen *g, struct node *n,
		    const struct node *right);
uint16_t	 gen_array(struct gen *g, struct node *n, uint16_t want);
enum opcode	 gen_binary_op(enum token_kind op);

/* gen_logic.c */
int32_t		 gen_cond(struct gen *g, struct node *n, bool sense,
		    int32_t list);
uint16_t	 gen_logic(struct gen *g, struct node *n, uint16_t want);

/* gen_var.c */
struct var	*gen_var_root(struct var *v);
enum path_root	 gen_var_place(struct gen *g, struct var *v, struct ins *at);
/* The register of a variable that lives in one, or REG_NONE. */
uint16_t	 gen_var_reg(struct gen *g, struct var *v);
uint16_t	 gen_var_get(struct gen *g, struct node *n, uint16_t want,
		    bool quiet);
void		 gen_var_set(struct gen *g, struct node *n, uint16_t src,
		    bool take);

/* ns::$name of an imported namespace, or NULL. */
struct var	*gen_space_var(struct gen *g, const struct node *n);
/* An error unless the variable of this N_VAR may be assigned to. */
void		 gen_writable(struct gen *g, const struct node *n);

/* gen_assign.c */
uint16_t	 gen_assign(struct gen *g, struct node *n, uint16_t want,
		    bool drop);
uint16_t	 gen_incdec(struct gen *g, struct node *n, uint16_t want,
		    bool drop);
uint16_t	 gen_unset(struct gen *g, struct node *n, uint16_t want);
uint16_t	 gen_isset(struct gen *g, struct node *n, uint16_t want);
uint16_t	 gen_destruct(struct gen *g, struct node *n, uint16_t want);
/* Stores a register, which stays as it is, into any target. */
void		 gen_store(struct gen *g, struct node *target, uint16_t src);

/* gen_postfix.c, gen_call.c */
uint16_t	 gen_postfix(struct gen *g, struct node *n, uint16_t want,
		    bool quiet, bool drop);
uint16_t	 gen_call(struct gen *g, struct node *n, uint16_t object,
		    uint16_t want, bool drop);
uint16_t	 gen_cache(struct gen *g, struct node *n, uint16_t want);
uint16_t	 gen_function_value(struct gen *g, struct node *n,
		    uint16_t want);
/* gen_stmt.c */
void		 gen_statements(struct gen *g, struct node *list);

/* gen_name.c */
struct target {
	enum { TARGET_NONE, TARGET_FUNC, TARGET_NATIVE, TARGET_CLASS,
	    TARGET_HOST_CLASS }	 kind;
	struct func		*func;
	const struct hsl_function *native;
	struct unit_class	*class;
	const struct hsl_class	*host_class;
};

struct target	 gen_resolve(struct gen *g, struct node *n);
/* The member Class::name, or NULL. */
struct unit_member *gen_static(struct gen *g, struct node *n,
		    struct unit_class **class);
uint16_t	 gen_native_number(struct gen *g,
		    const struct hsl_function *row);
#endif
