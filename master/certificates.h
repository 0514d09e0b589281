/*
 * certificates - until when those are good that a generation's workers use
 *
 * Every worker tells of what it has loaded; each file stands here once.
 *
 * Ownership  certificates_init() to start, certificates_fini() to end.
 */
#ifndef MASTER_CERTIFICATES_H
#define MASTER_CERTIFICATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#define CERTIFICATES_MAX	2000
#define CERTIFICATE_SOON_S	(14 * 86400)	/* to be warned of */

struct certificate {
	STAILQ_ENTRY(certificate)	 link;
	char				*file;
	int64_t				 not_after;	/* unix time */
};

struct certificates {
	STAILQ_HEAD(, certificate)	list;
	size_t				count;
};

void	certificates_init(struct certificates *c);
void	certificates_fini(struct certificates *c);
/* False: it is known already, or there are too many. */
bool	certificates_add(struct certificates *c, const char *file,
	    int64_t not_after);
/* What an operator should hear of it now, or false. */
bool	certificate_warning(int64_t not_after, int64_t now, char *text,
	    size_t size);

#endif
