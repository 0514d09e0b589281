/*
 * Names of what is said of a traced attempt, as mtactl shows them.
 */
#include "queue_trace.h"

const char *
queue_traced_name(unsigned what)
{
	static const char *const	names[] = {
#define QUEUE_TRACED_NAME(id, name)	name,
		QUEUE_TRACED(QUEUE_TRACED_NAME)
#undef QUEUE_TRACED_NAME
	};

	return what < QUEUE_TRACED_MAX ? names[what] : "?";
}
