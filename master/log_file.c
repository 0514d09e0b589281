/*
 * Whether the file is ours to set up is told by making it: of one that was
 * there, mode and group are what somebody chose.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <unistd.h>

#include "log_file.h"

#define LOG_MODE	0640
#define LOG_MODE_OWNER	0600
#define LOG_GROUP	"adm"	/* who may read logs, on some systems */

int
log_file_open(const char *path)
{
	const int		 how = O_WRONLY | O_APPEND | O_CLOEXEC;
	const struct group	*adm = NULL;
	mode_t			 mode = LOG_MODE;
	int			 fd;

	fd = open(path, how | O_CREAT | O_EXCL, LOG_MODE);
	if (fd == -1 && errno == EEXIST)
		return open(path, how | O_CREAT, LOG_MODE);
	if (fd == -1)
		return -1;
	if (geteuid() == 0)
		adm = getgrnam(LOG_GROUP);
	/* What its group could not be given is for its owner alone. */
	if (adm != NULL && fchown(fd, (uid_t)-1, adm->gr_gid) == -1)
		mode = LOG_MODE_OWNER;
	if (fchmod(fd, mode) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}
