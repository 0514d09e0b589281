/*
 * heap - what is left of a crowd goes back to the system
 *
 * free() alone keeps pages that lie between two blocks in use; after a burst
 * of sessions that is most of a worker.  Where the C library gives pages back
 * by itself this does nothing.
 */
#ifndef COMPAT_HEAP_H
#define COMPAT_HEAP_H

/* From now on tables that grow have pages of their own, which go back when
 * the next larger one takes their place: no holes stay in the heap. */
void	heap_large_apart(void);
/* Less than a millisecond for some megabytes: for quiet moments. */
void	heap_give_back(void);

#endif
