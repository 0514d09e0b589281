/*
 * origin - where include and import of a script look, and its files lie
 *
 * "./x" and "../x" lie beside the file that asks, "x", "file:x" and
 * "file://x" beneath the root; each as it is, then with ".hsl".  "extras://x"
 * lies in the root's folder extras, and may be a folder with a main.hsl.  No
 * path, and no link, leads out of a root that confines: it is opened once,
 * and all else through that descriptor, so that it is there after a chroot.
 *
 * Ownership  borrows the root, an absolute path without links;
 *            origin_open_root() gives a descriptor, origin_close_root()
 *            takes it.
 * Failure    -1 with *e.
 */
#ifndef HOOKS_ORIGIN_H
#define HOOKS_ORIGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "hsl/host.h"

struct origin {
	const char	*root;
	bool		 confined;
	int		 dir;		/* of a root that confines, or -1 */
};

int	origin_open_root(struct origin *o, struct err *e);
void	origin_close_root(struct origin *o);

/* A regular file of at most 1 MiB. */
int	origin_read(const char *path, struct buf *text, struct err *e);
/* Opens a file as include finds it, but for ".hsl": "./x" lies in the root.
 * The descriptor of a regular file, and its size. */
int	origin_open_file(const struct origin *o, const char *path,
	    uint64_t *size, struct err *e);
/* As struct hsl_host wants it; arg is a struct origin. */
hsl_open_fn	origin_open;

#endif
