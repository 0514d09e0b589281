/*
 * tls - TLS on a client's connection
 *
 * By STARTTLS, or from the first byte (smtpd_tls_wrapper).
 */
#ifndef SMTPD_TLS_H
#define SMTPD_TLS_H

struct server;
struct session;

/* Certificates and keys; -1 after worker_refuse(). */
int	server_load_tls(struct server *srv);
/* Starts the handshake: 0, or -1. */
int	session_tls_start(struct session *s);
/* It is done: what it agreed on goes to $connection, what was said in clear
 * is forgotten. */
void	session_tls_done(struct session *s);
void	session_tls_forget(struct session *s);

#endif
