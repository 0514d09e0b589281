/* The names of the states. */
#include "state.h"

const char *
smtp_state_name(enum smtp_state state)
{
	static const char *const	names[] = {
		[SMTP_STATE_NONE] = "",
#define STATE_NAME(id, text)	[SMTP_STATE_##id] = text,
		SMTP_STATES(STATE_NAME)
#undef STATE_NAME
	};

	return names[state];
}
