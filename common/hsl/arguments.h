/*
 * arguments - what natives are written with: arguments, results, steps
 *
 * Ownership  text is borrowed from the call's arguments.
 * Failure    a reader of arguments throws and returns false; the native
 *            returns HSL_THROW at once.
 */
#ifndef HSL_ARGUMENTS_H
#define HSL_ARGUMENTS_H

#include "hsl/host.h"

/* A string, and nothing else. */
bool	hsl_arg_string(struct hsl_call *c, int i, struct str *s);
/* Text as given; none is "", numbers and booleans as they print. */
bool	hsl_arg_text(struct hsl_call *c, int i, struct str *s);
/* A number, a boolean, or a string that spells a number. */
bool	hsl_arg_number(struct hsl_call *c, int i, double *n);
bool	hsl_arg_function(struct hsl_call *c, int i);
/* Whether argument i, if there is one, is an array or none. */
bool	hsl_arg_options(struct hsl_call *c, int i);
/* An option of the array in argument i; none if there is none. */
struct hsl_value hsl_arg_option(struct hsl_call *c, int i, const char *name);
bool	hsl_arg_flag(struct hsl_call *c, int i, const char *name,
	    bool otherwise);
/* Throws that argument i is not a `wanted`. */
bool	hsl_arg_wrong(struct hsl_call *c, int i, const char *wanted);
/* Result: a string from what a buf holds, which is freed. */
enum hsl_rc hsl_return_buf(struct hsl_call *c, struct buf *b);

/*
 * A native in steps.  It returns what hsl_steps_begin() gives; then step() is
 * called at once, and again whenever what it asked for is there: it returns
 * hsl_steps_call() for a call of a function, or HSL_SUSPEND for a wait; the
 * result is then in slots[0].  It ends with HSL_OK and its result in
 * slots[0], or with HSL_THROW.  An exception in what was called, or brought
 * by hsl_resume_throw(), ends it without another word.
 *
 * slots[1] and on are the arguments, then none; slots own what they hold:
 * hsl_slot_set() takes a value.  state begins as 0 and is the native's own.
 */
struct hsl_steps {
	struct hsl_exec			*x;
	struct hsl_value		*slots;
	int				 state;		/* 0 to 255 */
	uint32_t			 count;		/* likewise, from 0 */
	const struct hsl_function	*row;
};

typedef enum hsl_rc	hsl_step(struct hsl_steps *s);

enum hsl_rc	 hsl_steps_begin(struct hsl_call *c, hsl_step *step,
		    int nslots);
/* The arguments are borrowed. */
enum hsl_rc	 hsl_steps_call(struct hsl_steps *s, struct hsl_value fn,
		    const struct hsl_value *args, int argc);
void		 hsl_slot_set(struct hsl_steps *s, int slot,
		    struct hsl_value v);
enum hsl_rc	 hsl_steps_throw(struct hsl_steps *s, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));

#endif
