/*
 * fixture - a hook with a loop, for tests of what its scripts wait for
 *
 * fixture_init() begins; fixture_dns() and fixture_share() add what a script
 * may ask.  Any number of scripts follow each other.
 */
#ifndef TESTS_HOOKS_FIXTURE_H
#define TESTS_HOOKS_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns/dns.h"
#include "event/loop.h"
#include "hooks/hooks.h"
#include "share/share.h"

#define RUNS	20

struct run {
	struct fixture		*f;
	struct hook_run		*run;		/* NULL: not running */
	struct hsl_frozen	*context;
	enum verdict_action	 action;
	char			 reason[256];	/* the reply's first line */
	bool			 done;
};

struct fixture {
	struct loop	*loop;
	struct share	*share;
	struct share	*quotas;		/* borrowed; NULL: none */
	struct dns	*dns;
	const struct queue_host *queue;		/* borrowed; NULL: none */
	const struct origin *origin;		/* likewise */
	int		 mute;			/* a server without answers */
	struct hook	*hook;
	struct run	 runs[RUNS];
	int		 left;			/* runs that go on */
};

void	fixture_init(struct fixture *f);
void	fixture_dns(struct fixture *f);
void	fixture_share(struct fixture *f);
void	fixture_fini(struct fixture *f);
void	fixture_script(struct fixture *f, const char *script,
	    const struct hsl_limits *limits);
/* The same with no limit but one of time; 0: none. */
void	fixture_script_ms(struct fixture *f, const char *script,
	    uint32_t time_ms);
void	fixture_start(struct fixture *f, int i);
/* Until all that were started have ended. */
void	fixture_wait(struct fixture *f);
/* Gives a run up, if it has not ended. */
void	fixture_cancel(struct fixture *f, int i);
/* The verdict of one run, to its end. */
enum verdict_action fixture_run(struct fixture *f, const char *script);

#endif
