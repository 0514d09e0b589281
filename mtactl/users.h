/*
 * users - who root's workers will be
 */
#ifndef MTACTL_USERS_H
#define MTACTL_USERS_H

/* On standard error, if root starts the instance in `dir` and a user that a
 * program should run as does not exist. */
void	users_warn(const char *dir);

#endif
