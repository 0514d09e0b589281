/*
 * notify - tells the system's service manager how a service is
 *
 * The protocol of sd_notify(3): one datagram to $NOTIFY_SOCKET.  Nothing
 * happens where there is no such variable.
 *
 * Failure    is silent: a service manager that does not listen is no reason
 *            not to serve.
 */
#ifndef COMPAT_NOTIFY_H
#define COMPAT_NOTIFY_H

/* "READY=1", "RELOADING=1", "STOPPING=1" ... */
void	service_notify(const char *state);

#endif
