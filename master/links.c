/*
 * All workers that live, of every generation, are in one list of the house.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "compat/sandbox.h"
#include "conf/programs.h"

#include "generation.h"
#include "links.h"

#define LINKS_AGAIN_MS	200

/* As confine_jail() of proc/confine.h decides it. */
static uid_t
links_uid(const struct process *p)
{
	const struct program_row	*row;
	struct program_user		 u;

	row = program_find(p->service->command);
	if (geteuid() != 0 || !p->service->unpriv || sandbox_foreign() ||
	    program_user(row->user, p->generation->house->directory, &u,
	    NULL) == -1)
		return geteuid();
	return u.uid;
}

static void
links_tell(struct process *single, const struct process *of)
{
	struct ipc_WORKER_LIST	m = { .pid = (uint32_t)of->pid,
	    .uid = (uint32_t)of->uid, .slot = of->slot->id,
	    .generation = of->generation->number };

	(void)strlcpy(m.program, of->service->command, sizeof m.program);
	CHANNEL_PUT(single->channel, WORKER_LIST, -1, &m);
}

static void
links_give(struct process *to, const struct process *other, int fd)
{
	struct ipc_LINK	m;

	(void)strlcpy(m.program, other->service->command, sizeof m.program);
	CHANNEL_PUT(to->channel, LINK, fd, &m);
}

static bool
links_in_spool(const struct process *p)
{
	return program_find(p->service->command)->spool;
}

static bool
links_wanted(const struct process *p, const struct process *other)
{
	return other != p && !p->generation->house->check &&
	    links_in_spool(p) && links_in_spool(other) &&
	    strcmp(p->service->command, other->service->command) != 0;
}

static int
links_make(struct process *a, struct process *b)
{
	int	sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1) {
		LOG(EV_SYSTEM_ERROR, NULL, LOG_STR("call", "socketpair"),
		    LOG_STR("reason", strerror(errno)));
		return -1;
	}
	links_give(a, b, sv[0]);
	links_give(b, a, sv[1]);
	(void)close(sv[0]);
	(void)close(sv[1]);
	return 0;
}

/* One that failed, and any other of p anew, as if p had started again: mail
 * stands still without, and neither end can ask for it. */
static void
links_again(void *arg)
{
	struct process	*p = arg, *other;

	TAILQ_FOREACH(other, &p->generation->house->alive, alive)
		if (links_wanted(p, other) && links_make(p, other) == -1) {
			timer_start(&p->relink, LINKS_AGAIN_MS);
			return;
		}
}

void
links_started(struct process *p)
{
	struct house	*h = p->generation->house;
	struct process	*other;

	p->uid = links_uid(p);
	timer_init(&p->relink, h->loop, links_again, p);
	TAILQ_FOREACH(other, &h->alive, alive) {
		if (other->service->single)
			links_tell(other, p);
		if (p->service->single)
			links_tell(p, other);
		if (links_wanted(p, other) && links_make(p, other) == -1)
			timer_start(&p->relink, LINKS_AGAIN_MS);
	}
	TAILQ_INSERT_TAIL(&h->alive, p, alive);
}

void
links_gone(struct process *p, pid_t pid, int status)
{
	struct ipc_WORKER_GONE	 m = { .pid = (uint32_t)pid };
	unsigned char		 culprit[BOARD_CULPRIT];
	struct house		*h = p->generation->house;
	struct process		*other;

	TAILQ_REMOVE(&h->alive, p, alive);
	timer_fini(&p->relink);
	if (WIFSIGNALED(status))
		m.signal = (uint32_t)WTERMSIG(status);
	else
		m.status = (uint32_t)WEXITSTATUS(status);
	/* One that was told to go died by nobody's fault. */
	if (m.signal != 0 && m.signal != SIGTERM && p->slot != NULL &&
	    p->slot->board != NULL && board_culprit(p->slot->board, culprit))
		m.culprit = (struct str){ (char *)culprit, sizeof culprit };
	TAILQ_FOREACH(other, &h->alive, alive)
		if (other->service->single)
			CHANNEL_PUT(other->channel, WORKER_GONE, -1, &m);
}
