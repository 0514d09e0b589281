/*
 * import - files of YAML of another mail system as policy.cf and transport.cf
 *
 * import_policy.c, import_delivery.c and import_app.c each know some keys at
 * the top of a file; what no one knows, or cannot be said, is a fault, which
 * is printed with its place.
 *
 * Ownership  import_init() and import_fini(); nodes and texts are its arena's.
 */
#ifndef MTACTL_IMPORT_H
#define MTACTL_IMPORT_H

#include "base/buf.h"
#include "yaml.h"

/* What is written of policy.cf, in this order: what a row names stands before
 * it. */
enum import_part { IMPORT_SET, IMPORT_LIST, IMPORT_GROUPING, IMPORT_ROLLUP,
	IMPORT_POLICY, IMPORT_DELIVERY, IMPORT_SUSPEND, IMPORT_ADDRESS,
	IMPORT_TRANSPORT, IMPORT_PARTS };

/* A roll-up of the policy that is being read. */
struct import_rollup {
	struct str		 name, id;
	struct import_rollup	*next;
};

struct import {
	const char		*file;		/* being read */
	struct arena		 arena;
	struct buf		 part[IMPORT_PARTS];
	unsigned		 used[IMPORT_PARTS + 1];	/* for ids */
	struct yaml_node	 ids;		/* that are taken; key: kind */
	struct import_rollup	*rollups;
	size_t			 faults;
};

void	import_init(struct import *im);
void	import_fini(struct import *im);
/* A whole file, read before. */
void	import_file(struct import *im, const char *file, struct str text);
/* The texts of the two files. */
void	import_policy_text(struct import *im, struct buf *out);
void	import_transport_text(struct import *im, struct buf *out);

/* ---- For those that know keys -------------------------------------------- */

/* "file:line: key: why"; key: below which there may be more, or NULL. */
void	import_fault(struct import *im, const struct yaml_node *at,
	    const char *key, const char *why);
/* An id that no other row of its kind has: the wanted one, if it may be. */
struct str import_id(struct import *im, enum import_part kind,
	    const struct yaml_node *wanted, const char *prefix);

/* " -o name=value", in braces where it needs them; -1: it can't be written. */
int	import_option(struct buf *out, const char *name, struct str value);
/* A word of a row: one that reads back as itself. */
bool	import_is_word(struct str s);

enum import_kind { IMPORT_TEXT, IMPORT_NUMBER, IMPORT_SECONDS, IMPORT_BOOL,
	IMPORT_RATE, IMPORT_RETRY, IMPORT_WORDS, IMPORT_PROPERTIES,
	IMPORT_PROXY, IMPORT_IPV6, IMPORT_PASSED };

struct import_key {
	const char		*path;		/* "tls.mode" */
	const char		*option;	/* of ours */
	enum import_kind	 kind;
};

/* All keys of a map, and of maps in it, by a table that ends in NULL. */
void	import_options(struct import *im, const struct yaml_node *map,
	    const struct import_key *keys, struct buf *out);
/* An option's value, from a node; -1 with *e. */
int	import_value(const struct yaml_node *n, enum import_kind kind,
	    struct buf *out, struct err *e);

/* " field=pattern", or "{ ... }" of several; -1: it was said why not. */
int	import_conditions(struct import *im, const struct yaml_node *map,
	    struct buf *out);
/* "a b", the patterns of a text or of a list of texts. */
int	import_patterns(struct import *im, const struct yaml_node *n,
	    struct buf *out);

/* What each file has at its top. */
void	import_policies(struct import *im, const struct yaml_node *n);
void	import_rate(struct import *im, const struct yaml_node *n);
void	import_suspends(struct import *im, const struct yaml_node *n);
void	import_delivery(struct import *im, const struct yaml_node *n);
void	import_addresses(struct import *im, const struct yaml_node *n);
void	import_groups(struct import *im, const struct yaml_node *n);
void	import_queues(struct import *im, const struct yaml_node *n);

/* The keys of a transport, or of a delivery row, that both have. */
extern const struct import_key import_transport_keys[];

#endif
