/* state - the command whose reply decided (post-delivery's "state") */
#ifndef SMTP_STATE_H
#define SMTP_STATE_H

#define SMTP_STATES(X)							\
	X(BANNER, "BANNER") X(EHLO, "EHLO") X(HELO, "HELO")		\
	X(LHLO, "LHLO") X(STARTTLS, "STARTTLS") X(XCLIENT, "XCLIENT")	\
	X(AUTH_CRAM_MD5, "AUTH-CRAM-MD5") X(AUTH_PLAIN, "AUTH-PLAIN")	\
	X(AUTH_LOGIN, "AUTH-LOGIN")					\
	X(AUTH_LOGIN_USER, "AUTH-LOGIN-USER") X(AUTH, "AUTH")		\
	X(MAIL, "MAIL") X(RCPT, "RCPT") X(DATA, "DATA") X(BDAT, "BDAT")	\
	X(EOD, "EOD") X(RSET, "RSET") X(QUIT, "QUIT")

enum smtp_state {
	SMTP_STATE_NONE,
#define SMTP_STATE_ID(id, text)	SMTP_STATE_##id,
	SMTP_STATES(SMTP_STATE_ID)
#undef SMTP_STATE_ID
	SMTP_STATE_MAX
};

const char	*smtp_state_name(enum smtp_state state);	/* "EOD" */

#endif
