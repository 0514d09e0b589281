/* state - the command whose reply decided (post-delivery's "state") */
#ifndef SMTP_STATE_H
#define SMTP_STATE_H

#define SMTP_STATES(X)							\
	X(BANNER) X(EHLO) X(HELO) X(STARTTLS) X(MAIL) X(RCPT) X(DATA)	\
	X(BDAT) X(EOD) X(RSET) X(QUIT)

enum smtp_state {
	SMTP_STATE_NONE,
#define SMTP_STATE_ID(name)	SMTP_STATE_##name,
	SMTP_STATES(SMTP_STATE_ID)
#undef SMTP_STATE_ID
	SMTP_STATE_MAX
};

const char	*smtp_state_name(enum smtp_state state);	/* "EOD" */

#endif
