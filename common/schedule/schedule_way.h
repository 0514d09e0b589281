/*
 * schedule_way - candidates as words, the choice among them, and their hosts
 *
 * Included by schedule_parts.h alone.
 */
#ifndef SCHEDULE_SCHEDULE_WAY_H
#define SCHEDULE_SCHEDULE_WAY_H

/* The words of a candidate in a route; its limiters follow them. */
enum {
	WAY_NAME,
	WAY_RANK,		/* preference above, order below */
	WAY_COUNT,		/* of its limiters */
	WAY_HOST,		/* an index; 0: none */
	WAY_WEIGHT,		/* and WAY_CLOSED */
	WAY_HEAD
};
#define WAY_CLOSED	0x10000u
#define WAY_PREFERENCE(c)	((c)[WAY_RANK] >> 16)

/* A name that candidates have, and that may be barred. */
struct host {
	int64_t			until_ms;	/* 0: it is not barred */
	uint32_t		name;
	uint32_t		refs;		/* candidates, a bar, `next` */
	uint32_t		waits, woken;	/* classes; those to be woken */
	uint32_t		next;		/* of those that wake some */
	struct slab_link	link;		/* among bars, by their end */
	bool			wakes;
};

uint32_t	route_take(struct schedule *s, const uint32_t *word,
		    uint32_t len);
void		route_drop(struct schedule *s, uint32_t route);
const struct route *route_at(const struct schedule *s, uint32_t route);
uint32_t	route_candidates(const struct route *r);
/* How many go together; 0: as the transport says. */
uint32_t	route_recipients(const struct route *r);
const uint32_t	*route_candidate(const struct route *r, uint32_t n);
const uint32_t	*way_next(const uint32_t *c);
/* Whoever waits for room at one of its limiters gets what there is (I1 in
 * schedule_limiter.c). */
void		route_pass(struct schedule *s, uint32_t route);
uint32_t	route_of(struct schedule *s,
		    const struct schedule_entry_in *in);

/* Hosts; 0 is the empty one, which is never barred. */
uint32_t	host_take(struct schedule *s, struct str name);
void		host_ref(struct schedule *s, uint32_t host);
void		host_drop(struct schedule *s, uint32_t host);
bool		host_is_barred(const struct schedule *s, uint32_t host);
/* The class is woken when the host is barred, or is not any more. */
void		host_wait(struct schedule *s, uint32_t host, uint32_t class);
/* Bars that are over. */
void		host_clock(struct schedule *s);
/* Some of those that wait; false: there are more. */
bool		host_wake(struct schedule *s);

/* Candidates that may be tried, in the order in which they are. */
struct choice {
	const uint32_t	*way[SCHEDULE_CANDIDATES];
	uint8_t		 n[SCHEDULE_CANDIDATES];	/* places */
	uint32_t	 count;
	uint32_t	 preference;
	bool		 barred;	/* all are: as if none was */
};

void		choose_list(const struct schedule *s, const struct route *r,
		    struct choice *c);
/* By chance one of those with this one's order takes its place. */
void		choose_draw(struct schedule *s, struct choice *c, uint32_t at);
/* A parked class tries again when another choice may have become the best. */
void		choose_watch(struct schedule *s, const struct route *r,
		    const struct choice *c, uint32_t class);

#endif
