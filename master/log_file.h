/*
 * log_file - the file that lines of the log go to
 *
 * One that is made here has mode 0640, and the group adm where root makes it
 * and the system has that group; one that was there is left as it is.
 *
 * Failure    -1 with errno.
 */
#ifndef MASTER_LOG_FILE_H
#define MASTER_LOG_FILE_H

int	log_file_open(const char *path);

#endif
