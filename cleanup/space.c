/*
 * Room on the disk: below the lower mark new mail is refused (452 4.3.1),
 * above the upper one it is taken again.  Bounces pass, and so does what is in
 * the middle of being stored.
 */
#include "base/log.h"

#include "cleanup.h"

#define SPACE_LOOK_MS	1000

/* The larger of the parameter's share and what the largest messages need. */
static uint64_t
space_least(const struct disk_space *s, uint64_t percent)
{
	const struct params	*p = &cleanup.worker->params;
	uint64_t		 share = s->bytes_all / 100 * percent;
	uint64_t		 two = 2 * (uint64_t)p->message_size_limit;

	return share > two ? share : two;
}

static bool
space_short(const struct disk_space *s)
{
	const struct params	*p = &cleanup.worker->params;
	uint64_t		 more = cleanup.full ?
				    (uint64_t)p->spool_hysteresis : 0;

	if (s->bytes_free < space_least(s, (uint64_t)p->spool_min_free +
	    more))
		return true;
	return s->inodes_all > 0 && s->inodes_free < s->inodes_all / 100 *
	    ((uint64_t)p->spool_min_inodes + more);
}

static void
space_look(void *arg)
{
	struct disk_space	s;
	bool			now;

	(void)arg;
	timer_start(&cleanup.look, SPACE_LOOK_MS);
	if (disk_space(cleanup.disk, &s) == -1)
		return;
	now = space_short(&s);
	if (now && !cleanup.full)
		LOG(EV_SPOOL_FULL, NULL,
		    LOG_NUM("bytes_free", (int64_t)s.bytes_free),
		    LOG_NUM("inodes_free", (int64_t)s.inodes_free));
	if (!now && cleanup.full)
		LOG(EV_SPOOL_ROOM, NULL,
		    LOG_NUM("bytes_free", (int64_t)s.bytes_free),
		    LOG_NUM("inodes_free", (int64_t)s.inodes_free));
	cleanup.full = now;
	board_add(COUNTER_spool_bytes_free, (int64_t)s.bytes_free -
	    cleanup.bytes_free);
	cleanup.bytes_free = (int64_t)s.bytes_free;
}

void
space_start(void)
{
	timer_init(&cleanup.look, cleanup.worker->loop, space_look, NULL);
	space_look(NULL);
}
