/*
 * class - the classes that a script declares, as its program holds them
 *
 * A host's classes are struct hsl_class (host.h).
 */
#ifndef HSL_VALUES_CLASS_H
#define HSL_VALUES_CLASS_H

#include "hsl/values/program.h"

enum member_flags {
	MEMBER_PRIVATE = 1,
	MEMBER_READONLY = 2,
	MEMBER_STATIC = 4
};

struct vmember {
	struct hsl_string	*name;
	unsigned		 flags;
	struct proto		*proto;		/* a method, or NULL */
	uint32_t		 index;		/* of a static variable */
	struct hsl_value	 initial;
};

struct vclass {
	struct str		 name;
	struct vmember		*members;
	uint32_t		 nmembers;
	struct hsl_array	*table;		/* name to number of member */
	struct hsl_value	 template;	/* the properties at first */
	struct proto		*constructor;	/* or NULL */
	uint32_t		 number;
	bool			 guarded;	/* has private, readonly */
};

/* An object with the first properties of this class; NULL: a host's, whose
 * class is still to be set. */
struct hsl_value	 vobject(struct hsl_exec *x, const struct vclass *c);
const struct vmember	*vclass_member(const struct vclass *c,
			    struct hsl_string *name);

#endif
