/*
 * The inside of vault.h, for vault.c and vault_list.c.
 */
#ifndef SHARE_VAULT_PRIVATE_H
#define SHARE_VAULT_PRIVATE_H

#include "base/hmap.h"

#include "lease.h"
#include "vault.h"
#include "window.h"

struct item {
	struct hmap_entry	 entry;		/* first */
	uint64_t		 version;
	char			*bytes;
	size_t			 len;
	struct window		 window;
	struct lease		 lease;
	char			 key[];
};

struct vault {
	struct hmap		 items;
	size_t			 limit;
	size_t			 used;
	size_t			 leased;	/* of that: has a lease */
	struct leases		 leases;
	uint64_t		 version;
	int64_t			 now_ms;
};

void	vault_item_free(struct vault *s, struct item *i);

#endif
