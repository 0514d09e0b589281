/*
 * Room on the disk: below the lower mark new mail is refused (452 4.3.1),
 * above the upper one it is taken again.  Bounces pass, and so does what is in
 * the middle of being stored; but not below half of the mark, so that nobody
 * fills the disk who says that what he stores is a bounce, or never ends it.
 * What is left then is qmgr's, which has to write to make room.
 */
#include "base/log.h"

#include "cleanup.h"

#define SPACE_LOOK_MS	1000
#define SPACE_LOOK_BYTES (8U << 20)	/* written */

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

/* In eighths of the mark, so that it does not come and go. */
static bool
space_dry(const struct disk_space *s)
{
	const struct params	*p = &cleanup.worker->params;
	uint64_t		 eighths = cleanup.dry ? 6 : 4;
	uint64_t		 least;

	least = space_least(s, (uint64_t)p->spool_min_free);
	cleanup.bytes_floor = least / 2;
	if (s->bytes_free < least / 8 * eighths)
		return true;
	return s->inodes_all > 0 && s->inodes_free < s->inodes_all / 800 *
	    (uint64_t)p->spool_min_inodes * eighths;
}

static void
space_judge_dry(const struct disk_space *s)
{
	bool	now = space_dry(s);

	if (now && !cleanup.dry) {
		LOG(EV_SPOOL_DRY, NULL,
		    LOG_NUM("bytes_free", (int64_t)s->bytes_free),
		    LOG_NUM("inodes_free", (int64_t)s->inodes_free));
		peer_refuse_open();
	}
	cleanup.dry = now;
}

static void
space_look(void *arg)
{
	struct disk_space	s;
	bool			now;

	(void)arg;
	timer_start(&cleanup.look, SPACE_LOOK_MS);
	cleanup.written = 0;
	if (disk_space(cleanup.disk, &s) == -1)
		return;
	space_judge_dry(&s);
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
	cleanup.bytes_ample = space_least(&s, (uint64_t)
	    cleanup.worker->params.spool_min_free + (uint64_t)
	    cleanup.worker->params.spool_hysteresis) + SPACE_LOOK_BYTES;
}

void
space_took(uint64_t bytes)
{
	cleanup.written += bytes;
	if (cleanup.written >= SPACE_LOOK_BYTES)
		space_look(NULL);
}

bool
space_ample(void)
{
	return (uint64_t)cleanup.bytes_free >= cleanup.bytes_ample;
}

void
space_start(void)
{
	timer_init(&cleanup.look, cleanup.worker->loop, space_look, NULL);
	space_look(NULL);
}
