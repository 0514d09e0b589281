#include "state.h"

const char *
smtp_state_name(enum smtp_state state)
{
	static const char *const	names[] = {
		[SMTP_STATE_NONE] = "",
#define STATE_NAME(name)	[SMTP_STATE_##name] = #name,
		SMTP_STATES(STATE_NAME)
#undef STATE_NAME
	};

	return names[state];
}
