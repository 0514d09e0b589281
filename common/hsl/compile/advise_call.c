/*
 * Warnings about arguments: literals that make a native throw.  A native takes
 * what its signature says.  The core library takes also what it converts:
 * numbers and booleans as strings, strings that spell a number as numbers.
 * none may stand for an argument that is left out.
 */
#include <string.h>

#include "hsl/compile/advise.h"
#include "hsl/values/vstr.h"

/* The type of the i-th parameter in "(a: string [, b: number]): array". */
static struct str
signature_type(const char *signature, int i)
{
	const char	*p = strchr(signature, '('), *end;
	struct str	 type = STR_NONE;

	for (; p != NULL && *p != ')' && i >= 0; i--) {
		p += 1 + strspn(p + 1, " [,");
		if (strncmp(p, "...", 3) == 0)
			i = 0;
		p += strcspn(p, ":,[])");
		if (*p != ':') {
			type = STR_NONE;
		} else {
			end = p + 1 + strspn(p + 1, " ");
			p = end + strcspn(end, ",[])");
			type = (struct str){ end, (size_t)(p - end) };
		}
		/* Closing brackets of what may be left out. */
		p += strspn(p, "]");
	}
	return i < 0 ? str_trim(type) : STR_NONE;
}

/* Whether one of "this or that" is the word. */
static bool
type_has(struct str type, struct str word)
{
	struct str	 one;

	while (type.len > 0) {
		one = type;
		for (size_t i = 0; i + 4 <= type.len; i++)
			if (memcmp(type.p + i, " or ", 4) == 0) {
				one.len = i;
				break;
			}
		if (str_eq(one, word))
			return true;
		one.len += one.len < type.len ? 4 : 0;
		type.p += one.len;
		type.len -= one.len;
	}
	return false;
}

/* The type of a literal; NULL for all else, whose type shows when it runs. */
static const char *
literal_phrase(const struct node *n)
{
	switch (n->kind) {
	case N_NUMBER:
		return "a number";
	case N_STRING: case N_INTERP: case N_CONCAT:
		return "a string";
	case N_TRUE: case N_FALSE:
		return "a boolean";
	case N_ARRAY:
		return "an array";
	case N_FUNCTION:
		return "a function";
	case N_REGEX:
		return "a regular expression";
	default:
		return NULL;
	}
}

static bool
literal_is_number(const struct node *n, bool strict)
{
	double	 number;

	if (strict)
		return n->kind == N_NUMBER;
	return n->kind == N_NUMBER || n->kind == N_TRUE ||
	    n->kind == N_FALSE || n->kind == N_INTERP ||
	    n->kind == N_CONCAT ||
	    (n->kind == N_STRING && vnum_parse(n->text, &number));
}

static bool
literal_is_text(const struct node *n, bool strict)
{
	if (strict)
		return n->kind == N_STRING || n->kind == N_INTERP ||
		    n->kind == N_CONCAT;
	return n->kind != N_ARRAY && n->kind != N_FUNCTION &&
	    n->kind != N_REGEX;
}

static bool
literal_fits(const struct node *n, struct str type, bool strict)
{
	return (type_has(type, STR("string")) && literal_is_text(n, strict)) ||
	    (type_has(type, STR("number")) && literal_is_number(n, strict)) ||
	    (type_has(type, STR("array")) && n->kind == N_ARRAY) ||
	    (type_has(type, STR("function")) && n->kind == N_FUNCTION) ||
	    (type_has(type, STR("Regex")) && n->kind == N_REGEX) ||
	    type_has(type, STR("boolean")) || type_has(type, STR("any"));
}

/* A function of a table that the name stands for, or NULL. */
static const struct hsl_function *
advise_native(const struct advisor *a, const struct node *callee,
    bool *strict)
{
	const struct hsl_host		*host = a->c->host;
	const struct hsl_function	*row;

	if (callee->kind != N_BUILTIN && (callee->kind != N_NAME ||
	    unit_find(a->f, callee->text) != NULL))
		return NULL;
	row = table_find(host->functions, callee->text);
	*strict = row != NULL;
	return row != NULL ? row : table_find(hsl_core_functions,
	    callee->text);
}

void
advise_call(struct advisor *a, const struct node *call)
{
	const struct hsl_function	*row;
	const struct node		*n;
	const char			*what;
	struct str			 type;
	bool				 strict;
	int				 i = 0;

	row = advise_native(a, call->a, &strict);
	if (row == NULL)
		return;
	for (n = call->list; n != NULL && n->kind != N_SPREAD; n = n->next) {
		what = literal_phrase(n);
		type = signature_type(row->signature, i++);
		if (what == NULL || type.len == 0 || literal_fits(n, type,
		    strict))
			continue;
		advice_warn(a->c, n, "%s(): argument %d is %s, not %s %.*s",
		    row->name, i, what, strchr("aeiou", type.p[0]) != NULL ?
		    "an" : "a", (int)type.len, type.p);
	}
}
