/*
 * message - an entry's message as scripts may read it
 *
 * Ownership  borrows the job and the entry until message_end().
 * Failure    of a read: -1 with *e, to the script.
 */
#ifndef DELIVER_MESSAGE_H
#define DELIVER_MESSAGE_H

#include "hooks/file_source.h"
#include "spool/content.h"

struct job;
struct job_entry;

struct message {
	struct file_source	 original;	/* as it was received */
	struct file_source	 modified;	/* as it is sent */
	struct job		*job;
	const struct job_entry	*entry;
	struct content		 content;	/* of the one that is read */
};

void	message_begin(struct message *m, struct job *j,
	    const struct job_entry *e);
void	message_end(struct message *m);

#endif
