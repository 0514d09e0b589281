/*
 * fold - constant expressions, evaluated by the compiler
 */
#ifndef HSL_COMPILE_FOLD_H
#define HSL_COMPILE_FOLD_H

#include "hsl/syntax/unit.h"

/* False, with none, if n is no constant, or there is no room for it. */
bool		 fold_value(struct unit *c, struct node *n,
		    struct hsl_value *v);
void		 fold_must(struct unit *c, struct node *n,
		    struct hsl_value *v);

#endif
