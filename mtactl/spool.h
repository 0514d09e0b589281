/*
 * spool - the folder that the verbs of mtactl spool work on
 */
#ifndef MTACTL_SPOOL_H
#define MTACTL_SPOOL_H

#include "spool/disk.h"

struct ctl;

/* The folder that is named, or that of the configuration; NULL after a line
 * on standard error. */
struct disk	*spool_open(const struct ctl *c, const char *dir);

#endif
