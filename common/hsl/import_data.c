/*
 * import $data from "file.ext": read when the program is compiled.
 */
#include "hsl/link.h"

void
link_data(struct comp *c, struct import *im)
{
	comp_error(c, im->at, "imports of data are not available in this "
	    "version");
}
