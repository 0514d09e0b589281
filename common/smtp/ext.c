#include <stddef.h>

#include "ext.h"
#include "reply.h"

static const struct str	ext_names[] = {
#define EXT_NAME(id, text)	STR(text),
	SMTP_EXTS(EXT_NAME)
#undef EXT_NAME
};

static void
ext_read_line(struct smtp_caps *caps, struct str line)
{
	struct str	arg, word = str_split(str_trim(line), ' ', &arg);
	size_t		i;

	for (i = 0; i < SMTP_EXT_COUNT; i++)
		if (str_caseeq(word, ext_names[i]))
			break;
	if (i == SMTP_EXT_COUNT)
		return;
	caps->exts |= 1u << i;
	/* A limit past what we can count is none. */
	if (i == SMTP_EXT_INDEX_SIZE &&
	    str_uint(str_trim(arg), UINT64_MAX, &caps->size_max) == -1)
		caps->size_max = 0;
}

void
smtp_caps_read(struct smtp_caps *caps, const struct smtp_reply *r)
{
	size_t	i;

	*caps = (struct smtp_caps){ .exts = 0 };
	for (i = 1; i < smtp_reply_lines(r); i++)
		ext_read_line(caps, smtp_reply_line(r, i));
}
