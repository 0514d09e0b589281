/*
 * link - what import brings in: the names of modules, and data
 */
#ifndef HSL_COMPILE_LINK_H
#define HSL_COMPILE_LINK_H

#include "hsl/syntax/unit.h"

/* Binds what modules import to what is declared there. */
void	link_modules(struct unit *c);
/* import $data from "file.csv": becomes a constant; see import_data.c. */
void	import_data(struct unit *c, struct import *im);

#endif
