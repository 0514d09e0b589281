/*
 * log_files - where the log is: its file, and what was rotated beside it
 *
 * Rotated ones are FILE.1, FILE-20261122 and the like, each perhaps with .gz,
 * as logrotate(8) and newsyslog(8) name them; the oldest comes first, FILE
 * itself last.
 *
 * Ownership  log_files_fini() gives back what log_files_find() made.
 */
#ifndef MTACTL_LOG_FILES_H
#define MTACTL_LOG_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "verb.h"

struct log_files {
	char	**path;
	size_t	  count;
};

/* log_target's file; -1 with *e: it is none. */
int	log_files_target(const struct ctl *c, char *path, size_t size,
	    struct err *e);
/* Files that were last written to before since (seconds; 0: none) are left
 * out, but not FILE. */
void	log_files_find(struct log_files *f, const char *file, int64_t since);
void	log_files_fini(struct log_files *f);

#endif
