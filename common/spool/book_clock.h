/*
 * book_clock - the queue clock in the journal, and what time that was
 *
 * Included by book_private.h alone.
 */
#ifndef SPOOL_BOOK_CLOCK_H
#define SPOOL_BOOK_CLOCK_H

void	book_clock_note(struct book *b);
void	book_clock_noted(struct book *b, struct str payload);
/* Where there is no checkpoint: the last note that the journal has. */
int	book_clock_find(struct book *b, struct err *e);
void	book_clock_start(struct book *b);
/* When what has this stamp was accepted. */
int64_t	book_clock_accepted(const struct book *b, uint64_t ts_us);

#endif
