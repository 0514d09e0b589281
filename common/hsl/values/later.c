/*
 * Names that only a later version of the language has, and what is said to
 * an author who uses one of them.
 */
#include <stddef.h>

#include "hsl/values/later.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static const struct {
	const char	*name;
	const char	*text;
} later_names[] = {
#define CLASS(name)	{ name, name " is a class of a later version" },
#define FUNCTION(name)	{ name, name "() is a function of a later version" },
#define METHOD(name)
#include "hsl/values/later.def"
#undef METHOD
#undef FUNCTION
#undef CLASS
};

static const char *const	later_methods[] = {
#define CLASS(name)
#define FUNCTION(name)
#define METHOD(name)	name,
#include "hsl/values/later.def"
#undef METHOD
#undef FUNCTION
#undef CLASS
};

const char *
later_name(struct str name)
{
	for (size_t i = 0; i < COUNT(later_names); i++)
		if (str_eq(str_of(later_names[i].name), name))
			return later_names[i].text;
	return NULL;
}

bool
later_method(struct str name)
{
	for (size_t i = 0; i < COUNT(later_methods); i++)
		if (str_eq(str_of(later_methods[i]), name))
			return true;
	return false;
}
