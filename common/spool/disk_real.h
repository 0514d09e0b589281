/*
 * disk_real - a directory of this machine, behind disk.h
 *
 * Ownership  the descriptor of the directory is taken.
 */
#ifndef SPOOL_DISK_REAL_H
#define SPOOL_DISK_REAL_H

#include "disk.h"

struct disk	*disk_real_new(int dir_fd);
/* The descriptor of an open file, to be handed to another process; the file
 * keeps it. */
int		 disk_real_fd(const struct disk_file *f);
/* A file that another process handed over, to read from; takes fd. */
struct disk_file *disk_real_take(int fd);

#endif
