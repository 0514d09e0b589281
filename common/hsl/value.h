/*
 * value - what a script computes with, as natives and hosts see it
 *
 * Values are 16 bytes.  Strings, arrays, objects, functions and resources are
 * reference counted in the heap of one execution; strings and arrays are
 * copied on write.
 *
 * Ownership  a function that "takes" a value owns it afterwards; one that
 *            returns "borrowed" gives no reference.  hsl_value_ref() adds
 *            one, hsl_value_unref() drops one.  All die with the heap.
 * Failure    a heap that reaches its limit makes constructors return none
 *            and the execution end with an error at its next step; callers
 *            need not check.
 */
#ifndef HSL_VALUE_H
#define HSL_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct hsl_exec;
struct hsl_string;
struct hsl_array;
struct hsl_object;
struct hsl_closure;
struct hsl_resource;
struct hsl_class;

enum hsl_type {
	HSL_UNDEF,		/* a variable not set; natives never see it */
	HSL_NONE,
	HSL_BOOLEAN,
	HSL_NUMBER,
	HSL_STRING,
	HSL_ARRAY,
	HSL_FUNCTION,
	HSL_OBJECT,
	HSL_RESOURCE
};

struct hsl_value {
	uint64_t	type;		/* enum hsl_type; see object.h */
	union {
		bool			 boolean;
		double			 number;
		struct hsl_string	*string;
		struct hsl_array	*array;
		struct hsl_closure	*function;
		struct hsl_object	*object;
		struct hsl_resource	*resource;
		void			*counted;
	} u;
};

struct hsl_value hsl_none(void);
struct hsl_value hsl_boolean(bool b);
struct hsl_value hsl_number(double n);
struct hsl_value hsl_string(struct hsl_exec *x, struct str s);
struct hsl_value hsl_text(struct hsl_exec *x, const char *text);
/* A string of n bytes, to be filled at *bytes before the script goes on;
 * over the heap's limit none, and *bytes is NULL. */
struct hsl_value hsl_string_new(struct hsl_exec *x, size_t n, char **bytes);

struct hsl_value hsl_value_ref(struct hsl_value v);
void		 hsl_value_unref(struct hsl_exec *x, struct hsl_value v);

/* Borrowed views; the wrong type gives an empty one. */
struct str	 hsl_value_str(struct hsl_value v);
double		 hsl_value_number(struct hsl_value v, double otherwise);
bool		 hsl_value_true(struct hsl_value v);	/* truthiness */
/*
 * A number as a size, an index or a count: without its fraction, and the
 * nearer bound if it lies outside; NaN counts as 0.  Nothing else turns a
 * script's number into an integer of C, where any of these ends the process.
 */
int64_t		 hsl_whole(double n, int64_t low, int64_t high);
const char	*hsl_type_name(struct hsl_value v);
const char	*hsl_type_phrase(struct hsl_value v);	/* "an array" */
/* Appends what string() and echo show. */
void		 hsl_value_print(struct hsl_value v, struct buf *out);

struct hsl_value hsl_array(struct hsl_exec *x);
/* These take v; the array must be the caller's own and not yet shared. */
void		 hsl_array_push(struct hsl_exec *x, struct hsl_value array,
		    struct hsl_value v);
void		 hsl_array_set(struct hsl_exec *x, struct hsl_value array,
		    const char *key, struct hsl_value v);
void		 hsl_array_set_key(struct hsl_exec *x, struct hsl_value array,
		    struct hsl_value key, struct hsl_value v);
/* Borrowed; none when absent or when `array` is not one. */
struct hsl_value hsl_array_get(struct hsl_value array, const char *key);
struct hsl_value hsl_array_at(struct hsl_value array, int64_t key);
size_t		 hsl_array_count(struct hsl_value array);
/* Walks in order: start with *pos = 0; false at the end; both borrowed. */
bool		 hsl_array_next(struct hsl_value array, size_t *pos,
		    struct hsl_value *key, struct hsl_value *v);

/* An object of a host class; `data` goes to the class's free(). */
struct hsl_value hsl_object_new(struct hsl_exec *x,
		    const struct hsl_class *class, void *data);
/* The data of an object of exactly this class, or NULL. */
void		*hsl_object_data(struct hsl_value v,
		    const struct hsl_class *class);

/* An opaque handle, which takes `data`; and its data, or NULL. */
struct hsl_resource_kind {
	const char	*name;		/* as shown: "X509Resource" */
	void		(*free)(void *data);
};

struct hsl_value hsl_resource_new(struct hsl_exec *x,
		    const struct hsl_resource_kind *kind, void *data);
void		*hsl_resource_data(struct hsl_value v,
		    const struct hsl_resource_kind *kind);

/*
 * Data that outlives an execution ($context of a connection, later of a
 * queue entry).  Functions, objects and resources can't be kept: -1 with *e.
 */
struct hsl_frozen;

int		 hsl_freeze(struct hsl_value v, size_t limit_bytes,
		    struct hsl_frozen **out, struct err *e);
struct hsl_value hsl_thaw(struct hsl_exec *x, const struct hsl_frozen *f);
/* From bytes of hsl_frozen_bytes() that another process brought: 0, or -1
 * with none and *e. */
int		 hsl_thaw_bytes(struct hsl_exec *x, struct str bytes,
		    struct hsl_value *out, struct err *e);
void		 hsl_frozen_free(struct hsl_frozen **f);

#endif
