/*
 * shape - what holds for an attempt: the transport's options with a delivery
 * row's over them, and the backend that they make
 *
 * Ownership  the job's arena.
 * Failure    -1 with *e: this version can't do what they ask for.
 */
#ifndef DELIVER_SHAPE_H
#define DELIVER_SHAPE_H

#include "base/err.h"
#include "spool/entry.h"

struct job;
struct row;
struct transport;
struct wish;

/* The job's options, by its row: for each attempt, also for one that is not
 * made. */
void	shape_options(struct job *j);
/* Sets options and backend of the job; row may be NULL, and lives as long. */
int	shape_take(struct job *j, const struct row *row, struct err *e);
/* The transport with what a script asks for over it. */
const struct transport *shape_wished(struct job *j, const struct wish *wish);
/* Whose exchangers are meant: of the recipient that it goes to. */
struct str	shape_domain(const struct spool_entry *entry,
	    const struct wish *wish);
/* Before: the file of the transport's secret is read. */
int	shape_secret(struct job *j, struct err *e);

#endif
