/* The inside of a connection: client.c moves bytes, client_fsm.c decides. */
#ifndef SEND_CLIENT_PRIVATE_H
#define SEND_CLIENT_PRIVATE_H

#include "client.h"

enum client_ev { CLIENT_EV_CONNECTED, CLIENT_EV_REPLY, CLIENT_EV_TLS,
	CLIENT_EV_CLOSED, CLIENT_EV_TLS_FAILED, CLIENT_EV_TIMER,
	CLIENT_EV_BAD, CLIENT_EV_MAX };

/* c may be dead afterwards; call between client_enter() and _leave(). */
void	client_event(struct client *c, enum client_ev ev, const char *why);
int64_t	client_reply_ms(const struct client *c);
/* Behind a refused transaction, with no reply due. */
void	client_reset(struct client *c);

#endif
