/*
 * The inside of a transaction: txn.c decides what comes next, txn_command.c
 * writes it.
 */
#ifndef SEND_TXN_PRIVATE_H
#define SEND_TXN_PRIVATE_H

#include "txn.h"

bool	txn_has(const struct txn *t, unsigned exts);
/* Each adds a command to the feed; of recipients the next one. */
void	txn_add_mail(struct txn *t);
void	txn_add_rcpt(struct txn *t);
void	txn_add_data(struct txn *t);
/* `body`: the whole body goes with it. */
void	txn_add_bdat(struct txn *t, bool body, bool last);

/* TXN_UNFIT, with code and reason, or TXN_GOES_ON. */
enum txn_outcome txn_check_fit(struct txn *t);
bool	txn_drops_dsn(const struct txn *t);

#endif
