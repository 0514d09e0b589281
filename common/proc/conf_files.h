/*
 * conf_files - files of the configuration beside main.cf, as master sends them
 *
 * They come in pieces; what a worker sees is whole, and stays as it is until
 * the next START or RENEW.
 *
 * Ownership  the caller's storage, conf_files_init() to conf_files_fini().
 * Failure    conf_files_take(): -1, it does not decode.
 */
#ifndef PROC_CONF_FILES_H
#define PROC_CONF_FILES_H

#include <sys/queue.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/wire.h"

struct conf_file {
	STAILQ_ENTRY(conf_file)	 link;
	char			 name[64];
	struct buf		 coming;
	struct buf		 text;
	bool			 whole;		/* coming is, and is news */
};

STAILQ_HEAD(conf_files, conf_file);

void		conf_files_init(struct conf_files *f);
void		conf_files_fini(struct conf_files *f);
/* A CONF_FILE frame. */
int		conf_files_take(struct conf_files *f, struct rbuf *r);
/* What came whole counts from now on. */
void		conf_files_settle(struct conf_files *f);
/* "transport.cf"; an empty text if it did not come. */
struct str	conf_files_text(const struct conf_files *f, const char *name);
/* The file of one of policy.cf's lists, appended to out, for who compiles
 * policy.cf; arg is the files.  -1: it did not come. */
int		conf_files_list(void *arg, struct str list, const char *path,
		    struct buf *out, struct err *e);

#endif
