/*
 * log_address - how much of an address of mail the log tells
 *
 *	full	all of it
 *	domain	"@example.org", without who it is there
 *	hash	the first 16 hexadecimal digits of the SHA-256 of the address
 *		in lower case: lines of one address can still be told to
 *		belong together, and be found by who knows the address
 *
 * The one place where that is decided: whatever puts an address in a line of
 * the log calls this.
 *
 * Failure    none.
 * Process    the mode is global, as the log is; set before the first line.
 */
#ifndef BASE_LOG_ADDRESS_H
#define BASE_LOG_ADDRESS_H

#include <stdbool.h>

#include "buf.h"
#include "str.h"

enum log_addresses { LOG_ADDRESSES_FULL, LOG_ADDRESSES_DOMAIN,
	LOG_ADDRESSES_HASH };

void	log_set_addresses(enum log_addresses how);
bool	log_addresses_full(void);
/* The address at the end of out, as the log may tell it.  Empty, the null
 * sender, stays empty.  It need not be a good one: of what has no domain the
 * mode domain tells nothing but "?". */
void	log_address(struct buf *out, struct str address);
/* What stands in out from `start` on is an address: it becomes that. */
void	log_address_hide(struct buf *out, size_t start);

#endif
