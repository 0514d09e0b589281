/*
 * notice - what the sender of an entry is told (dsn/order.h)
 *
 * Ownership  texts of an order are the passage's, and what it borrows.
 * Process    pure, but for a new identity.
 */
#ifndef DELIVER_NOTICE_H
#define DELIVER_NOTICE_H

#include <stdbool.h>

#include "spool/entry.h"

struct dsn_order;
struct passage;

/* Is there somebody to be told of that, and a way? */
bool	notice_may(const struct passage *p, enum entry_action action);
/* What a next hop that took it leaves to us: enum entry_action. */
enum entry_action notice_of_success(const struct passage *p);
/* Status and diagnostics of an order, as they are known. */
void	notice_facts(struct passage *p);
/* It is one from now on; it keeps the identity that it has. */
void	notice_order(struct passage *p, enum entry_action action);
/* What a script asks for, over it. */
void	notice_lay(struct dsn_order *o, const struct dsn_order *asked);

#endif
