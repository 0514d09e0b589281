/*
 * Extensions by their names, and the lines of an EHLO reply that name them.
 */
#include <stdbool.h>
#include <stddef.h>

#include "base/net.h"
#include "base/xtext.h"

#include "ext.h"
#include "reply.h"

static const struct str	ext_names[] = {
#define EXT_NAME(id, text)	STR(text),
	SMTP_EXTS(EXT_NAME)
#undef EXT_NAME
};

const char *
smtp_xclient_name(enum smtp_xclient attribute)
{
	static const char *const	names[] = {
#define NAME(id)	#id,
		SMTP_XCLIENTS(NAME)
#undef NAME
	};

	return names[attribute];
}

void
smtp_xclient_add(struct buf *out, enum smtp_xclient attribute,
    struct str value)
{
	bool		address = attribute == SMTP_XCLIENT_ADDR ||
			    attribute == SMTP_XCLIENT_DESTADDR;
	struct netaddr	ip;

	if (value.len == 0) {
		buf_add_text(out, "[UNAVAILABLE]");
		return;
	}
	if (address && netaddr_parse_ip(&ip, value, 0) == 0 &&
	    ip.u.sa.sa_family == AF_INET6)
		buf_add_text(out, "IPV6:");
	xtext_encode(out, value);
}

const char *
smtp_mechanism_name(enum smtp_mechanism mechanism)
{
	static const char *const	names[] = {
#define NAME(id, text)	text,
		SMTP_MECHANISMS(NAME)
#undef NAME
	};

	return names[mechanism];
}

static void
ext_read_words(struct smtp_caps *caps, enum smtp_ext_index ext,
    struct str words)
{
	struct str	word;
	unsigned	i;

	while ((words = str_trim(words)).len > 0) {
		word = str_split(words, ' ', &words);
		for (i = 0; ext == SMTP_EXT_INDEX_AUTH &&
		    i < SMTP_MECHANISM_COUNT; i++)
			if (str_caseeq(word, str_of(smtp_mechanism_name(i))))
				caps->mechanisms |= 1u << i;
		for (i = 0; ext == SMTP_EXT_INDEX_XCLIENT &&
		    i < SMTP_XCLIENT_COUNT; i++)
			if (str_caseeq(word, str_of(smtp_xclient_name(i))))
				caps->xclient |= 1u << i;
	}
}

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
	/* A limit that is too large to be counted is no limit. */
	if (i == SMTP_EXT_INDEX_SIZE &&
	    str_uint(str_trim(arg), UINT64_MAX, &caps->size_max) == -1)
		caps->size_max = 0;
	ext_read_words(caps, (enum smtp_ext_index)i, arg);
}

void
smtp_caps_read(struct smtp_caps *caps, const struct smtp_reply *r)
{
	size_t	i;

	*caps = (struct smtp_caps){ .exts = 0 };
	for (i = 1; i < smtp_reply_lines(r); i++)
		ext_read_line(caps, smtp_reply_line(r, i));
}
