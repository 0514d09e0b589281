/*
 * A file is the same if its device and inode are; anything else at its path is
 * somebody else's and is left alone.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "socket_file.h"

int
socket_file_note(struct socket_file *f, const char *path)
{
	struct stat	st;

	if (lstat(path, &st) == -1)
		return -1;
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	return 0;
}

bool
socket_file_there(const struct socket_file *f, const char *path)
{
	struct stat	st;

	return lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) &&
	    st.st_dev == f->dev && st.st_ino == f->ino;
}

void
socket_file_remove(const struct socket_file *f, const char *path)
{
	if (socket_file_there(f, path))
		(void)unlink(path);
}
