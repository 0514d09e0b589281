/*
 * schedule_flow - names, entries, windows, connections and workers, for each
 * other
 *
 * Included by schedule_parts.h alone.
 */
#ifndef SCHEDULE_SCHEDULE_FLOW_H
#define SCHEDULE_SCHEDULE_FLOW_H

/* Names; 0 is the empty one. */
uint32_t	sname_find(const struct schedule *s, struct str text);
uint32_t	sname_take(struct schedule *s, struct str text);
uint32_t	sname_ref(struct schedule *s, uint32_t name);
void		sname_drop(struct schedule *s, uint32_t name);
/* The memory of a long one. */
void		sname_free(struct schedule *s, uint32_t name);
struct str	sname_text(const struct schedule *s, uint32_t name);

/* Why a limiter has no room, and when it has; INT64_MAX: that is unknown. */
enum schedule_wait limiter_why(struct schedule *s, uint32_t limiter,
		    int64_t *room_ms);

/* Time goes on, never back. */
void		schedule_clock(struct schedule *s, int64_t now_ms);

/* Entries. */
void		sentry_link(struct schedule *s, uint32_t ref, bool first);
void		sentry_unlink(struct schedule *s, uint32_t ref);
void		sentry_send(struct schedule *s, uint32_t ref,
		    uint16_t worker, unsigned candidate);
void		sentry_free(struct schedule *s, uint32_t ref);
/* Deadlines that have passed. */
void		sentry_alarms(struct schedule *s, int64_t now_ms);

/* Sub-queues, their windows, and what is to be done. */
uint32_t	window_find(const struct schedule *s,
		    const struct schedule_subqueue *q);
uint32_t	window_take(struct schedule *s,
		    const struct schedule_subqueue *q);
void		window_release(struct schedule *s, uint32_t subqueue);
void		window_enter(struct schedule *s, uint32_t subqueue,
		    uint32_t ref);
void		window_leave(struct schedule *s, uint32_t subqueue,
		    uint32_t ref);
uint32_t	window_room(const struct schedule *s, uint32_t subqueue,
		    int priority);
uint32_t	transport_take(struct schedule *s, uint32_t name);
void		action_add(struct schedule *s, const struct action *a);
void		action_forget(struct schedule *s);

/* Workers. */
uint32_t	worker_room(const struct schedule *s, uint16_t slot);
/* Who has the best claim to it; SCHEDULE_NOBODY: none has room. */
uint16_t	worker_choose(const struct schedule *s, uint32_t pool_hash);

/* Connections. */
struct conn_key {
	uint64_t	digest;
	uint32_t	transport, candidate;	/* names */
};

uint32_t	conn_hash(const struct conn_key *k);
uint32_t	conn_pool(const struct schedule *s, const struct conn_key *k);
uint32_t	conn_new(struct schedule *s, const struct conn_key *k,
		    const uint32_t *candidate, uint16_t worker,
		    bool connects);
/* An idle one that may go now with that candidate's limiters; 0: none. */
uint32_t	conn_idle_for(struct schedule *s, uint32_t pool,
		    const uint32_t *candidate);
void		conn_use(struct schedule *s, uint32_t conn,
		    const uint32_t *candidate);
/* The oldest idle one of the limiter is asked to go. */
void		conn_evict(struct schedule *s, uint32_t limiter);

#endif
