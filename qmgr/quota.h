/*
 * quota - what scripts ask about quotas
 *
 * Failure    -1: what no honest peer sends, or does.
 */
#ifndef QMGR_QUOTA_H
#define QMGR_QUOTA_H

struct channel;
struct rbuf;
struct worker;

void	quota_prepare(void);
/* A worker of smtpd has come: 0, the descriptor is taken; -1: it has enough
 * connections. */
int	quota_accept(struct worker *w, int fd);
/* A frame QUOTA_ASK. */
int	quota_on_ask(struct channel *c, struct rbuf *r);

#endif
