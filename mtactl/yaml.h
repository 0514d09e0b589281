/*
 * yaml - the part of YAML that files of configuration are written in
 *
 * Maps and lists, in blocks or in brackets; texts that are plain or in quotes,
 * each on one line; comments.  Anchors, tags, texts in blocks, several
 * documents and the rest are refused, each by a clear error.
 *
 * Ownership  nodes are of the arena, and hold as long as that.
 * Failure    NULL with *e, and *line where it is.  What is read is bounded:
 *            YAML_SIZE bytes, YAML_DEPTH levels, YAML_NODES nodes.
 * Process    pure.
 */
#ifndef MTACTL_YAML_H
#define MTACTL_YAML_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"

#define YAML_SIZE	(1u << 20)
#define YAML_DEPTH	32
#define YAML_NODES	100000
#define YAML_KEYS	5000		/* of one map */

enum yaml_kind { YAML_NULL, YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_kind		 kind;
	bool			 quoted;	/* a text */
	int			 line;		/* its key's, in a map */
	struct str		 key;		/* where it is a map's value */
	struct str		 text;
	struct yaml_node	*first, *next;
	size_t			 count;		/* of what is in it */
};

struct yaml_node *yaml_read(struct str in, struct arena *a, int *line,
	    struct err *e);
/* A map's value; NULL: there is none, or it is no map. */
struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);

#endif
