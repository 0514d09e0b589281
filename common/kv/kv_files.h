/*
 * kv_files - the files of a store, in a folder of its own
 *
 * Failure    0, or -1 with *e.
 */
#ifndef KV_KV_FILES_H
#define KV_KV_FILES_H

#include <stdbool.h>

#include "base/err.h"

/* The folder is there, or is made. */
int	kv_files_dir(const char *dir, struct err *e);
/* Is there a file whose name begins so? */
bool	kv_files_has(const char *dir, const char *prefix);
/* What a process before left to the kernel is on the disk: what it wrote, and
 * removed.  0, or an errno with *e. */
int	kv_files_sync(const char *dir, struct err *e);
/* All files in it go; it need not be there. */
int	kv_files_remove(const char *dir, struct err *e);

#endif
