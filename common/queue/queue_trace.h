/*
 * queue_trace - what is said of an attempt that is traced
 *
 * An attempt begins with BEGIN and ends with END; in between there is any
 * number of the others, and none is of more than QUEUE_TRACE_TEXT bytes.
 *
 * Process    pure.
 */
#ifndef QUEUE_QUEUE_TRACE_H
#define QUEUE_QUEUE_TRACE_H

#define QUEUE_TRACED(X)							\
	X(BEGIN, "begin")	/* whose it is */			\
	X(NOTE, "note")		/* what happened */			\
	X(SENT, "sent")		/* a command */				\
	X(RECEIVED, "received")	/* a line of a reply */			\
	X(VERDICT, "verdict")	/* what becomes of a recipient */	\
	X(END, "end")

enum queue_traced {
#define QUEUE_TRACED_ID(id, name)	QUEUE_TRACED_##id,
	QUEUE_TRACED(QUEUE_TRACED_ID)
#undef QUEUE_TRACED_ID
	QUEUE_TRACED_MAX
};

#define QUEUE_TRACE_TEXT	1000	/* bytes of a line; the rest is cut */
#define QUEUE_TRACE_TERMS	64	/* of a filter */
#define QUEUE_TRACE_ATTEMPTS	10000
#define QUEUE_TRACE_SECONDS	86400

/* "begin"; "?" for what is none. */
const char	*queue_traced_name(unsigned what);

#endif
