/*
 * link - what import brings in: the names of modules, and data
 */
#ifndef HSL_LINK_H
#define HSL_LINK_H

#include "hsl/comp.h"

/* import $data from "file.csv": becomes a constant. */
void	link_data(struct comp *c, struct import *im);

#endif
