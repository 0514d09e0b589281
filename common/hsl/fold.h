/*
 * fold - constant expressions, evaluated by the compiler
 */
#ifndef HSL_FOLD_H
#define HSL_FOLD_H

#include "hsl/comp.h"

/* regex.c: a literal; reports what is wrong with it */
bool		 regex_literal(struct comp *c, struct node *n,
		    struct hsl_value *v);
/* False, with none, if n is no constant, or there is no room for it. */
bool		 fold_value(struct comp *c, struct node *n,
		    struct hsl_value *v);
void		 fold_immortal(struct hsl_exec *x, struct hsl_value v);
void		 fold_must(struct comp *c, struct node *n,
		    struct hsl_value *v);

#endif
