/*
 * A number need not be a user that the system knows; a name must be.
 */
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

#include "user_list.h"

static int
user_find(struct str word, uid_t *uid, struct err *e)
{
	const struct passwd	*pw;
	uint64_t		 n;
	char			*name;

	/* The greatest number says "no user" to the system's calls. */
	if (str_uint(word, UINT32_MAX - 1, &n) == 0) {
		*uid = (uid_t)n;
		return 0;
	}
	name = xstrndup(word.p, word.len);
	pw = getpwnam(name);
	free(name);
	if (pw == NULL)
		return err_set(e, "there is no user %.*s", (int)word.len,
		    word.p);
	*uid = pw->pw_uid;
	return 0;
}

int
user_list_load(struct user_list *l, const char *text, struct err *e)
{
	struct str	rest = str_of(text), word;
	uid_t		uid = 0;

	user_list_fini(l);
	while ((rest = str_trim(rest)).len > 0) {
		for (word = rest, word.len = 0; word.len < rest.len &&
		    rest.p[word.len] != ' ' && rest.p[word.len] != '\t';)
			word.len++;
		rest.p += word.len;
		rest.len -= word.len;
		if (str_eq(word, STR("static:anyone"))) {
			l->anyone = true;
			continue;
		}
		if (user_find(word, &uid, e) == -1)
			return -1;
		l->uid = xreallocarray(l->uid, l->count + 1, sizeof *l->uid);
		l->uid[l->count++] = uid;
	}
	return 0;
}

void
user_list_fini(struct user_list *l)
{
	free(l->uid);
	*l = (struct user_list){ .anyone = false };
}

bool
user_list_has(const struct user_list *l, uid_t uid)
{
	size_t	i;

	for (i = 0; i < l->count && !l->anyone; i++)
		if (l->uid[i] == uid)
			return true;
	return l->anyone;
}
