/*
 * filled - numbers of sub-queues whose window is full
 *
 * What such a one has more on disk is not even read, and what is new waits
 * behind that.
 *
 * Ownership  the map is the caller's; what is in it goes by filled_clear().
 */
#ifndef QMGR_FILLED_H
#define QMGR_FILLED_H

#include <stdint.h>

#include "base/hmap.h"

bool	filled_has(struct hmap *filled, uint64_t number);
void	filled_add(struct hmap *filled, uint64_t number);
void	filled_remove(struct hmap *filled, uint64_t number);
void	filled_clear(struct hmap *filled);

#endif
