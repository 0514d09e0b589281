/*
 * ext - the extensions of SMTP, as bits, and what an EHLO reply offers
 *
 * Ownership  values.
 * Failure    none: a line that is not understood offers nothing.
 * Process    pure.
 */
#ifndef SMTP_EXT_H
#define SMTP_EXT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct smtp_reply;

#define SMTP_EXTS(X)							\
	X(PIPELINING, "PIPELINING") X(SIZE, "SIZE")			\
	X(8BITMIME, "8BITMIME") X(SMTPUTF8, "SMTPUTF8")			\
	X(CHUNKING, "CHUNKING") X(BINARYMIME, "BINARYMIME")		\
	X(DSN, "DSN") X(ENHANCED, "ENHANCEDSTATUSCODES")		\
	X(STARTTLS, "STARTTLS") X(AUTH, "AUTH")				\
	X(REQUIRETLS, "REQUIRETLS") X(XCLIENT, "XCLIENT")		\
	X(DELIVERBY, "DELIVERBY")

enum smtp_ext_index {
#define SMTP_EXT_INDEX(id, text)	SMTP_EXT_INDEX_##id,
	SMTP_EXTS(SMTP_EXT_INDEX)
#undef SMTP_EXT_INDEX
	SMTP_EXT_COUNT
};

enum smtp_ext {
#define SMTP_EXT_BIT(id, text)	SMTP_EXT_##id = 1 << SMTP_EXT_INDEX_##id,
	SMTP_EXTS(SMTP_EXT_BIT)
#undef SMTP_EXT_BIT
	SMTP_EXT_NONE = 0
};

/* Attributes of XCLIENT, and SASL mechanisms a client speaks, best first. */
#define SMTP_XCLIENTS(X)						\
	X(NAME) X(ADDR) X(PORT) X(PROTO) X(HELO) X(LOGIN) X(DESTADDR)	\
	X(DESTPORT) X(REVERSE_NAME)
#define SMTP_MECHANISMS(X)						\
	X(CRAM_MD5, "CRAM-MD5") X(PLAIN, "PLAIN") X(LOGIN, "LOGIN")	\
	X(OAUTHBEARER, "OAUTHBEARER") X(XOAUTH2, "XOAUTH2")

enum smtp_xclient {
#define SMTP_XCLIENT_ID(name)	SMTP_XCLIENT_##name,
	SMTP_XCLIENTS(SMTP_XCLIENT_ID)
#undef SMTP_XCLIENT_ID
	SMTP_XCLIENT_COUNT
};

enum smtp_mechanism {
#define SMTP_MECHANISM_ID(id, text)	SMTP_MECHANISM_##id,
	SMTP_MECHANISMS(SMTP_MECHANISM_ID)
#undef SMTP_MECHANISM_ID
	SMTP_MECHANISM_COUNT
};

const char	*smtp_xclient_name(enum smtp_xclient attribute);
/* The value of an attribute as xtext; an empty one is not known, an IPv6
 * address has a prefix. */
void		 smtp_xclient_add(struct buf *out, enum smtp_xclient attribute,
		    struct str value);
const char	*smtp_mechanism_name(enum smtp_mechanism mechanism);

struct smtp_caps {
	unsigned	exts;		/* bits of enum smtp_ext */
	unsigned	xclient;	/* 1 << enum smtp_xclient */
	unsigned	mechanisms;	/* 1 << enum smtp_mechanism */
	uint64_t	size_max;	/* SIZE n; 0: no limit is known */
};

/* From the lines of a 250 reply to EHLO; the first is the greeting. */
void	smtp_caps_read(struct smtp_caps *caps, const struct smtp_reply *r);

#endif
