/*
 * model_private - the model's parts: what it knows, and who judges
 */
#ifndef TESTS_UNIT_SCHEDULE_MODEL_PRIVATE_H
#define TESTS_UNIT_SCHEDULE_MODEL_PRIVATE_H

#include "model_route.h"
#include "schedule/schedule_conn.h"
#include "schedule/schedule_rate.h"
#include "schedule/schedule_renew.h"
#include "schedule/schedule_view.h"

enum { LIMITERS = MROUTE_LIMITERS, KINDS = MROUTE_PLAIN, ENTRIES = 96,
	CONNS = 256, LOG = 4096, NAMES = 3 };
enum { IN_NONE, IN_WAITING, IN_SENDING };

struct m_entry {
	int		state, kind, domain, tenant, priority, group;
	schedule_ref	ref;
	int		conn;
};

struct m_conn {
	schedule_conn	conn;		/* 0: none */
	bool		idle, started, busy;
	int		kind, candidate;
	unsigned	holds;
};

struct m_limiter {
	struct schedule_limits	l;
	int64_t			tat, connect;
	int64_t			log[LOG];	/* when tokens were taken */
	int			logged;
	int			before;		/* by former limits */
};

struct m_queue {
	int		route;
	unsigned	generation;
};

struct model {
	struct schedule		*s;
	const uint8_t		*byte;
	size_t			 count;
	unsigned		 number;
	int64_t			 now;
	struct m_entry		 e[ENTRIES];
	struct m_conn		 c[CONNS];
	struct m_limiter	 l[LIMITERS];
	struct m_queue		 q[KINDS][NAMES][NAMES][2];
	unsigned		 generation;
	int64_t			 until[1 + MROUTE_HOSTS];	/* barred */
	char			 name[LIMITERS][16];
};

void		 model_fault(const struct model *m, const char *what);
struct m_queue	*model_queue(struct model *m, const struct m_entry *e);
/* It is there as long as one of its entries is. */
bool		 model_is_there(const struct model *m,
		    const struct m_entry *e);
bool		 model_is_stale(struct model *m, const struct m_entry *e);
void		 model_connect(const struct model *m, struct m_limiter *l);
struct m_entry	*model_entry(struct model *m, schedule_ref ref);
int		 model_conn(struct model *m, schedule_conn conn);
void		 model_forget(struct m_limiter *l);
bool		 model_same(const struct schedule_limits *a,
		    const struct schedule_limits *b);
/* All that may go goes, what is to be evicted is closed.  The answer is when
 * to ask again. */
int64_t		 model_settle(struct model *m);

#endif
