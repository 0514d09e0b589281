/*
 * course - over which hops of its route a job goes
 *
 * The first is the one that qmgr chose; then come the other addresses of that
 * preference, each once and from the same source where its family allows, then
 * worse preferences.  Each but the first needs qmgr's leave (NEXT), since it
 * has limits of its own:
 *
 *	AT --a candidate asks, NEXT--> WANTED --ok--> AT it
 *	   <----------- passed over -----------not ok
 *
 * Ownership  the job's arena.
 * Failure    course_answer(): -1, no honest qmgr says so.
 */
#ifndef DELIVER_COURSE_H
#define DELIVER_COURSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "job/nexthop.h"
#include "outbound/wish.h"

struct attempt;
struct grant;
struct ipc_DELIVER_NEXT_ANSWER;
struct job;
struct send_request;

enum course_leave { COURSE_GO, COURSE_WAIT, COURSE_PASS };

/* The candidates of a job with a way that has hops. */
void	course_begin(struct job *j, struct send_request *rq);
void	course_end(struct job *j);
/* The hop that it is at; NULL: none. */
const struct nexthop *course_hop(const struct job *j);
/* Of the attempt, where a script says so, else the entry's. */
struct str course_own(const struct job *j, enum wish_id id,
	    struct str entrys);
/* May it go on with what is asked for?  WAIT: lease_resume() will come. */
enum course_leave course_leave(struct job *j, const struct grant *g);
/* Have options changed with the leave that it got? */
bool	course_changed(struct job *j);
/* Asks qmgr if an answer is wanted. */
void	course_ask(const struct job *j);
int	course_answer(const struct ipc_DELIVER_NEXT_ANSWER *m);
/* An address has failed: qmgr is told if nobody is there. */
void	course_tried(const struct job *j, const struct attempt *a);
/* The places of hops in the order in which they are tried. */
size_t	course_plan(const struct nexthops *n, uint32_t first,
	    uint32_t *order, size_t room);

#endif
