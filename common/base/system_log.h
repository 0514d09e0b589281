/*
 * system_log - lines for the system's log
 *
 * syslog(3) waits for as long as nobody reads: a syslogd that hangs would
 * stop mail.  This waits a moment (fd_room()), and then the line is lost.
 *
 * Ownership  path and ident are borrowed.
 * Failure    -1: the line is lost.  Where syslog(3) took it, nobody knows.
 */
#ifndef BASE_SYSTEM_LOG_H
#define BASE_SYSTEM_LOG_H

/* Where no socket for datagrams is at path, syslog(3) does what it does. */
void	system_log_open(const char *path, const char *ident, int facility);
int	system_log(int level, const char *text);

#endif
