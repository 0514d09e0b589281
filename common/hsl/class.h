/*
 * class - the classes of scripts as programs hold them
 */
#ifndef HSL_CLASS_H
#define HSL_CLASS_H

#include "hsl/program.h"

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

const struct vmember	*vclass_member(const struct vclass *c,
			    struct hsl_string *name);

#endif
