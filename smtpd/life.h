/*
 * life - what a session does when something happens to it, by its mode
 *
 * The table of life.c is the whole of it: every event of the connection, of
 * the clock and of the worker's drain meets the session's mode there and
 * nowhere else.  ARCHITECTURE.md shows the same table; lint compares them.
 */
#ifndef SMTPD_LIFE_H
#define SMTPD_LIFE_H

#include <stdbool.h>

#include "event/loop.h"

struct session;
struct stream_ops;

enum session_mode {
	MODE_COMMAND,		/* a line is a command */
	MODE_AUTH,		/* a line is a response to AUTH */
	MODE_DISCARD,		/* the rest of a line that is too long */
	MODE_DATA,		/* bytes of a message */
	MODE_CHUNK,		/* bytes of a BDAT chunk */
	MODE_SKIP,		/* bytes of a chunk that was refused */
	MODE_SLOW,		/* a reply is held back (patience.h) */
	MODE_NAMING,		/* the client's name is asked for */
	MODE_HOOK,		/* the hook of a command runs */
	MODE_MESSAGE,		/* the end-of-DATA hook runs */
	MODE_ENDING,		/* and a backend was given the end */
	MODE_STARTTLS,		/* the 220 to STARTTLS has not left yet */
	MODE_HANDSHAKE,		/* TLS starts */
	MODE_CLOSING,		/* closes after the client did */
	MODE_PARTING,		/* closes when its last reply has left */
	MODE_GONE,		/* no connection; the disconnect hook runs */
	MODE_MAX
};

enum life_event {
	LIFE_TAKEN,		/* of the bytes that came some were used */
	LIFE_LAST,		/* and nothing will follow what is unread */
	LIFE_FIN,		/* the client sends no more */
	LIFE_BROKEN,		/* the connection is gone */
	LIFE_LEFT,		/* all that was written has left */
	LIFE_SECURED,		/* the handshake of TLS is done */
	LIFE_TIMER,		/* see life_restart() */
	LIFE_SOFT,		/* drain: between transactions (drain.h) */
	LIFE_HARD,		/* drain: all that may be cut off */
	LIFE_MAX
};

struct life {
	enum session_mode	 mode;
	enum session_mode	 after;		/* MODE_SLOW: the next one */
	struct timer		 timer;
};

/* The stream's call backs; their argument is the session. */
extern const struct stream_ops	life_stream_ops;

void	life_init(struct session *s);
void	life_fini(struct session *s);
/* s may be gone afterwards. */
void	life_happens(struct session *s, enum life_event what);
/* Stops reading where the new mode waits, and goes on where the old one
 * did. */
void	life_enter(struct session *s, enum session_mode mode);
/* The same, but where a reply is held back only after it. */
void	life_enter_after(struct session *s, enum session_mode mode);
/* Out of MODE_SLOW, if that is the mode. */
void	life_go_on(struct session *s);
/*
 * The one timer runs to the earliest of the limits that apply: silence, one
 * message, the whole session.
 */
void	life_restart(struct session *s);

/* Its last reply was written. */
bool	life_is_closing(const struct session *s);
bool	life_is_gone(const struct session *s);
/* Somebody is there to read a reply. */
bool	life_is_heard(const struct session *s);
/* So much was written and not read that the client must read first. */
bool	life_is_backed_up(const struct session *s);
/* Nothing more comes, and all that came was looked at. */
bool	life_is_alone(const struct session *s);
const char *life_mode_name(const struct session *s);

#endif
